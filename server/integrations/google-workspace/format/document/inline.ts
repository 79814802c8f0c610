import { parseAppended } from "./append";
import { plain, type Style, type StyledText, sameStyle, styleOf } from "./styled";

/**
 * Styled text as Markdown on one line, with a note of which characters of the line are which units of the document. What Markdown would
 * read as markup is escaped, and no more than that, so that people find their words again.
 */

/** A unit of text in the printed line: `text[start, end)` of the line is the unit at `index`, escaped. */
export interface Atom {
  readonly start: number;
  readonly end: number;
  readonly index: number;
  readonly length: number;
}

export interface PrintedLine {
  readonly text: string;
  readonly atoms: readonly Atom[];
}

export interface InlineOptions {
  /** In a table's cell `|` separates, and there are no lines. */
  readonly inTable: boolean;
  /** At the start of a block the marks of blocks are escaped. */
  readonly startsBlock: boolean;
  /** What a line break inside the paragraph prints as. */
  readonly lineBreak: string;
}

interface Unit {
  /** As the document has it: one character, or Markdown of a stand-in. */
  readonly raw: string;
  readonly style: Style;
  readonly index: number | null;
  readonly isMarkdown: boolean;
}

const isSpace = (character: string | undefined): boolean => character === undefined || /\s/u.test(character);
const isWord = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}]/u.test(character);
/** CommonMark 0.31 §2.1: punctuation is P or S. */
const isPunctuation = (character: string | undefined): boolean => character !== undefined && /[\p{P}\p{S}]/u.test(character);

/** Symbols beyond the first plane are punctuation to the specification, and letters to readers that look at single units. */
const isSurePunctuation = (character: string): boolean => character.length === 1 && isPunctuation(character);

/** Whether a character is of the same style as both of its neighbours, so that no mark stands beside it. */
const isInside = (units: readonly Unit[], at: number): boolean => {
  const { style = plain } = units[at] ?? {};
  return [units[at - 1], units[at + 1]].every((unit) => unit !== undefined && sameStyle(unit.style, style));
};

const startsLine = (units: readonly Unit[], at: number): boolean => at === 0 || units[at - 1]?.raw === "\v";

/** One Unicode character as Markdown, in its surroundings. */
function escaped(units: readonly Unit[], at: number, options: InlineOptions): string {
  const { raw, style } = units[at] ?? { raw: "", style: plain };
  const before = units[at - 1]?.raw;
  const after = units[at + 1]?.raw;
  if (raw === "\v") return style.code ? " " : options.lineBreak;
  if (raw === "\t") return blockSafe(units, at, options);
  // C0 controls and Docs' private placeholders are no text.
  if (/[\p{Cc}\p{Co}]/u.test(raw)) return "";
  if (style.code) return raw === "|" && options.inTable ? "\\|" : raw;
  switch (raw) {
    case "\\":
      return "\\\\";
    case "`":
      return "\\`";
    case "*":
      return isSpace(before) && isSpace(after) && isInside(units, at) && lineBefore(units, at).text.trim() !== "" ? raw : "\\*";
    case "_":
      return isInside(units, at) && isWord(before) && isWord(after) ? raw : "\\_";
    case "~":
      return "\\~";
    case "<":
      return after !== undefined && /[a-z!/?]/i.test(after) ? "\\<" : raw;
    case "&":
      return after !== undefined && /[a-z#]/i.test(after) ? "\\&" : raw;
    case "]":
      return after === "(" || after === "[" || after === ":" || style.link !== null ? "\\]" : raw;
    case "[":
      return after === "^" || style.link !== null || startsLine(units, at) ? "\\[" : raw;
    case "|":
      return options.inTable ? "\\|" : raw;
    case "!":
      return units[at + 1]?.style.link !== null && units[at + 1] !== undefined && style.link === null ? "\\!" : raw;
    default:
      return blockSafe(units, at, options);
  }
}

/** What stands before a character on its line, a little more than decides how it begins. */
function lineBefore(units: readonly Unit[], at: number): { readonly text: string; readonly isFirstLine: boolean } {
  let text = "";
  let from = at - 1;
  for (; from >= 0 && text.length <= 12 && units[from]?.raw !== "\v"; from -= 1) text = (units[from]?.raw ?? "") + text;
  return { text, isFirstLine: from < 0 };
}

/** Characters that begin a block, escaped where a line begins (CommonMark §4, §5), after a break inside the paragraph too. */
function blockSafe(units: readonly Unit[], at: number, options: InlineOptions): string {
  const { raw } = units[at] ?? { raw: "" };
  const { text: before, isFirstLine } = lineBefore(units, at);
  if (before.length > 12 || (isFirstLine && !options.startsBlock)) return raw;
  if (before.trim() === "") {
    // Four spaces or a tab would begin code; one to three would be lost.
    if (before === "" && (raw === " " || raw === "\t")) return raw === "\t" ? "&#9;" : "&#32;";
    if (raw === "#" || raw === ">" || raw === "+" || raw === "-" || raw === "=" || raw === ":") return `\\${raw}`;
  }
  if ((raw === "." || raw === ")") && /^\d{1,9}$/.test(before.trim()) && isSpace(units[at + 1]?.raw)) return `\\${raw}`;
  return raw;
}

type Mark = "link" | "strike" | "bold" | "italic";
const order: readonly Mark[] = ["link", "strike", "bold", "italic"];

const has = (style: Style, mark: Mark): boolean => (mark === "link" ? style.link !== null : style[mark]);
const same = (a: Style, b: Style, mark: Mark): boolean => (mark === "link" ? a.link === b.link : has(a, mark) === has(b, mark));

/** A link's target as Markdown: in angle brackets where it holds what ends it. */
export function linkTarget(url: string): string {
  const safe = url.replaceAll(/\p{Cc}/gu, "");
  return /^[^\s<>()\\]+$/.test(safe) ? safe : `<${safe.replaceAll(/[<>\\]/g, (character) => `\\${character}`)}>`;
}

class Line {
  text = "";
  readonly atoms: Atom[] = [];
  /** The mark character of the emphasis that just ended, so that the next one does not run into it. */
  ended: "*" | "_" | null = null;

  mark(text: string): void {
    this.text += text;
  }

  unit(text: string, unit: Unit): void {
    if (unit.index !== null) {
      this.atoms.push({ start: this.text.length, end: this.text.length + text.length, index: unit.index, length: unit.raw.length });
    }
    this.text += text;
    if (text !== "") this.ended = null;
  }
}

const reference = (character: string): string => `&#x${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()};`;

/** Spaces at the ends of styled text are left outside: inside, the marks would not be read as marks. */
function withoutEdgeSpaces(units: readonly Unit[]): readonly Unit[] {
  const result = [...units];
  const bare = (unit: Unit): Unit => ({ ...unit, style: { ...unit.style, strike: false, bold: false, italic: false } });
  const isEdge = (unit: Unit | undefined, neighbour: Unit | undefined): boolean => {
    if (unit === undefined || unit.isMarkdown || unit.style.code || !/^\s$/u.test(unit.raw)) return false;
    // Marks end at a link's edge, whatever goes on behind it.
    const goesOn = (mark: Mark) => neighbour !== undefined && has(neighbour.style, mark) && neighbour.style.link === unit.style.link;
    return (["strike", "bold", "italic"] as const).some((mark) => has(unit.style, mark) && !goesOn(mark));
  };
  // A blank that loses its marks may be the edge of the one beside it.
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const [at, unit] of result.entries()) {
      if (!isEdge(unit, result[at - 1]) && !isEdge(unit, result[at + 1])) continue;
      result[at] = bare(unit);
      isChanged = true;
    }
  }
  return result;
}

function toUnits(texts: readonly (StyledText & { readonly isMarkdown: boolean })[]): readonly Unit[] {
  return texts.flatMap(({ text, style, index, isMarkdown }): readonly Unit[] => {
    if (isMarkdown) return [{ raw: text, style, index: null, isMarkdown }];
    let at = index;
    return Array.from(text, (character) => {
      const unit: Unit = { raw: character, style, index: at, isMarkdown: false };
      if (at !== null) at += character.length;
      return unit;
    });
  });
}

/** What is left of a style, step by step, where Markdown cannot show all of it. */
const reductions: readonly ((style: Style) => Style)[] = [
  (style) => style,
  (style) => ({ ...style, strike: false }),
  (style) => ({ ...style, strike: false, italic: false }),
  (style) => ({ ...style, strike: false, italic: false, bold: false }),
  (style) => ({ ...plain, link: style.link }),
  () => plain,
];

/** Whether the line, read as Markdown, is these units again. Lines with objects are taken as they are. */
function readsAs({ text }: PrintedLine, units: readonly Unit[], options: InlineOptions): boolean {
  if (units.some(({ isMarkdown }) => isMarkdown)) return true;
  try {
    const read = parseAppended(options.startsBlock ? text : `# ${text}`);
    const parts = read
      .flatMap(({ texts }) => texts)
      .flatMap((part) => Array.from(part.text, (raw) => ({ raw, style: styleOf(part.style) })));
    const shown = units.filter(({ raw }) => !/[^\P{Cc}\t\v]|\p{Co}/u.test(raw));
    return (
      parts.length === shown.length &&
      shown.every(({ raw, style }, at) => parts[at]?.raw === raw && sameStyle(parts[at]?.style ?? plain, style))
    );
  } catch {
    // It would be read as something that is no paragraph of text.
    return false;
  }
}

/**
 * Prints one paragraph's text. Emphasis in the middle of words is beyond what Markdown's rules allow in some places; what would not be read
 * as it was meant is left out, the words never.
 */
export function printInline(texts: readonly (StyledText & { readonly isMarkdown: boolean })[], options: InlineOptions): PrintedLine {
  const all = toUnits(texts);
  const isPlain = all.every(({ style }) => sameStyle(style, plain));
  for (const reduce of isPlain ? [] : reductions) {
    const units = withoutEdgeSpaces(all.map((unit) => ({ ...unit, style: reduce(unit.style) })));
    const line = printUnits(units, options);
    if (readsAs(line, units, options)) return line;
  }
  return printUnits(all, options);
}

function printUnits(units: readonly Unit[], options: InlineOptions): PrintedLine {
  const pieces = units.map((unit, at) => (unit.isMarkdown ? unit.raw : escaped(units, at, options)));
  const line = new Line();

  function code(from: number, to: number): void {
    const text = pieces.slice(from, to).join("");
    const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
    const fence = "`".repeat(longest + 1);
    // One space is taken off at each end where both are there (CommonMark §6.1).
    const pad = /^`|`$|^ .* $/.test(text) && text.trim() !== "" ? " " : "";
    line.mark(fence + pad);
    emitUnits(from, to);
    line.mark(pad + fence);
  }

  function emitUnits(from: number, to: number): void {
    for (let at = from; at < to; at += 1) {
      const unit = units[at];
      if (unit !== undefined) line.unit(pieces[at] ?? "", unit);
    }
  }

  /** Units of [from, to), inside the marks already open. */
  function emit(from: number, to: number, open: readonly Mark[]): void {
    let at = from;
    while (at < to) {
      const style = units[at]?.style ?? plain;
      const wanted = order.filter((mark) => has(style, mark) && !open.includes(mark) && !(style.code && units[at]?.isMarkdown));
      const [mark, end] = longest(at, to, style, wanted);
      if (mark !== null) {
        wrap(mark, at, end, open);
        at = end;
        continue;
      }
      let next = at + 1;
      while (next < to && sameStyle(units[next]?.style ?? plain, style)) next += 1;
      if (style.code) code(at, next);
      else emitUnits(at, next);
      at = next;
    }
  }

  /** The mark that goes on longest from here is the outermost; links always are. */
  function longest(from: number, to: number, style: Style, wanted: readonly Mark[]): readonly [Mark | null, number] {
    let best: readonly [Mark | null, number] = [null, from];
    for (const mark of wanted) {
      let end = from + 1;
      while (end < to && has(units[end]?.style ?? plain, mark) && same(units[end]?.style ?? plain, style, mark)) end += 1;
      if (mark === "link") return [mark, end];
      // Marks do not reach across the edge of a link that begins later: a link holds whole marks.
      if (!style.link) {
        const linked = units.slice(from, end).findIndex((unit) => unit.style.link !== null);
        if (linked > 0 && end < to && units[end]?.style.link === units[end - 1]?.style.link && units[end]?.style.link !== null)
          end = from + linked;
      }
      if (end > best[1]) best = [mark, end];
    }
    return best;
  }

  function wrap(mark: Mark, from: number, to: number, open: readonly Mark[]): void {
    if (mark === "link") {
      const url = units[from]?.style.link ?? "";
      const text = units
        .slice(from, to)
        .map((unit) => unit.raw)
        .join("");
      const isBare =
        text === url &&
        /^https?:\/\/[^\s<>]+$/.test(url) &&
        units.slice(from, to).every(({ style }) => sameStyle({ ...style, link: null }, plain));
      if (isBare) {
        line.mark(`<${url}>`);
        line.ended = null;
        return;
      }
      line.mark("[");
      line.ended = null;
      emit(from, to, [...open, mark]);
      line.mark(`](${linkTarget(url)})`);
      line.ended = null;
      return;
    }
    const sign = mark === "strike" ? "~" : line.ended === "*" ? "_" : "*";
    const marks = mark === "italic" ? sign : sign + sign;
    guardOutside(from - 1, firstInside(from, [...open, mark], sign), sign);
    line.mark(marks);
    line.ended = null;
    emit(from, to, [...open, mark]);
    line.mark(marks);
    guardAfter(to, [...open], sign, marks);
    line.ended = sign === "~" ? null : sign;
  }

  /** The character that follows a run of opening marks in print. */
  function firstInside(at: number, open: readonly Mark[], sign: string): string | undefined {
    const style = units[at]?.style ?? plain;
    const opens = (mark: Mark): boolean => has(style, mark) && !open.includes(mark);
    if (opens("link")) return "[";
    if (opens("strike")) return "~";
    if ((opens("bold") || opens("italic")) && sign !== "*") return "*";
    return style.code ? "`" : pieces[at];
  }

  /** A mark opens only at a word's start (CommonMark §6.2): where a letter stands before it, the letter is written as a reference. */
  function guardOutside(at: number, inside: string | undefined, sign: string): void {
    const unit = units[at];
    const last = line.atoms.at(-1);
    if (unit === undefined || unit.index === null || last === undefined || last.end !== line.text.length) return;
    if (isSpace(unit.raw) || isSurePunctuation(unit.raw)) return;
    if (sign !== "_" && !isPunctuation(first(inside))) return;
    const text = reference(unit.raw);
    line.text = line.text.slice(0, last.start) + text;
    line.atoms[line.atoms.length - 1] = { ...last, end: last.start + text.length };
  }

  function guardAfter(at: number, open: readonly Mark[], sign: string, marks: string): void {
    const unit = units[at];
    if (unit === undefined || unit.isMarkdown || unit.style.code || isSpace(unit.raw) || isSurePunctuation(unit.raw)) return;
    // Where another mark begins, that is what follows.
    if (order.some((mark) => has(unit.style, mark) && !open.includes(mark))) return;
    const inside = line.text.slice(0, -marks.length);
    // Marks of the same sign are one run.
    const run = sign === "*" ? (/\**$/.exec(inside)?.[0].length ?? 0) : 0;
    const last = lastOf(inside.slice(0, inside.length - run));
    if (sign !== "_" && !isPunctuation(last)) return;
    pieces[at] = reference(unit.raw);
  }

  emit(0, units.length, []);
  return { text: line.text, atoms: line.atoms };
}

const first = (text: string | undefined): string | undefined => (text === undefined ? undefined : Array.from(text)[0]);
const lastOf = (text: string | undefined): string | undefined => (text === undefined ? undefined : Array.from(text).at(-1));
