import { blank, hasMark, type Line, type MarkName, type Marks, normalizeLines, normalizeRuns, type Run } from "./lines";

/**
 * Slack's mrkdwn (https://docs.slack.dev/messaging/formatting-message-text): `*bold* _italic_ ~strike~`, code in one or three backticks, `>` before
 * a quoted line, `<url|label>`, `<@U1>`, `<#C1>`, `<!here>`; only `&`, `<` and `>` can be escaped, and lists are lines that begin with a bullet.
 */

/** How each level of a list begins, as Slack's clients write it. */
const bullets = ["•", "◦", "▪"] as const;
const bulletLine = /^( *)[•◦▪▫‣⁃][ \u00a0]+(.*)$/u;
const indentWidth = 4;

const toEntities = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const fromEntities = (text: string): string => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** Sets a mark apart from a letter beside it, where Slack would take it for the character itself. */
const boundary = "\u200b";
const isWord = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}]/u.test(character);
const isSpace = (character: string | undefined): boolean => character === undefined || /\s/.test(character);

const markOf: Readonly<Record<string, MarkName>> = { "*": "bold", _: "italic", "~": "strike" };
const delimiterOf: Readonly<Record<MarkName, string>> = { bold: "*", italic: "_", strike: "~" };
const markOrder: readonly MarkName[] = ["bold", "italic", "strike"];

/** The lines of a message's text. Never fails: what is no markup is text. */
export function parseMrkdwn(text: string): readonly Line[] {
  const lines: Line[] = [];
  let quotesRest = false;
  const addText = (part: string): void => {
    for (const source of part.split("\n")) {
      const quote = /^(?:&gt;|>)/.exec(source);
      if (quotesRest) {
        lines.push({ type: "quote", runs: parseRuns(source) });
      } else if (/^(?:(?:&gt;|>){3})/.test(source)) {
        quotesRest = true;
        lines.push({ type: "quote", runs: parseRuns(source.replace(/^(?:&gt;|>){3} ?/, "")) });
      } else if (quote !== null) {
        lines.push({ type: "quote", runs: parseRuns(source.slice(quote[0].length).replace(/^ /, "")) });
      } else lines.push(parsePlain(source));
    }
  };
  const whole = text.replaceAll(/\r\n?/g, "\n");
  const fence = /```([\s\S]*?)```/g;
  let from = 0;
  for (let found = fence.exec(whole); found !== null; found = fence.exec(whole)) {
    const code = found[1] ?? "";
    if (code.trim() === "") continue;
    const before = whole.slice(from, found.index);
    if (before !== "") addText(before.endsWith("\n") ? before.slice(0, -1) : before);
    lines.push({ type: "code", text: fromEntities(code.replace(/^\n/, "").replace(/\n$/, "")) });
    from = fence.lastIndex;
    if (whole[from] === "\n") from += 1;
    quotesRest = false;
  }
  if (from < whole.length) addText(whole.slice(from));
  return normalizeLines(lines);
}

function parsePlain(source: string): Line {
  if (source.trim() === "") return blank;
  const bullet = bulletLine.exec(source);
  if (bullet === null) return { type: "text", runs: parseRuns(source) };
  return { type: "bullet", level: Math.floor((bullet[1]?.length ?? 0) / indentWidth), runs: parseRuns(bullet[2] ?? "") };
}

/** The runs of one line. */
export function parseRuns(source: string): readonly Run[] {
  return normalizeRuns(parseInline(source, {}));
}

function parseInline(source: string, marks: Marks): readonly Run[] {
  const runs: Run[] = [];
  let text = "";
  const flush = (): void => {
    if (text !== "") runs.push({ type: "text", text: fromEntities(text), ...marks });
    text = "";
  };
  for (let at = 0; at < source.length; ) {
    const span = spanAt(source, at, marks);
    if (span === null) {
      text += source[at];
      at += 1;
      continue;
    }
    if (span.type === "marked" && text.endsWith(boundary)) text = text.slice(0, -1);
    flush();
    at = span.end;
    if (span.type === "run") {
      runs.push({ ...span.run, ...marks });
      continue;
    }
    runs.push(...parseInline(span.inner, { ...marks, [span.mark]: true }));
    if (source[at] === boundary) at += 1;
  }
  flush();
  return runs;
}

type Span =
  | { readonly type: "run"; readonly run: Run; readonly end: number }
  | { readonly type: "marked"; readonly mark: MarkName; readonly inner: string; readonly end: number };

/** The markup that begins at `at`, or null. */
function spanAt(source: string, at: number, marks: Marks): Span | null {
  const character = source[at] ?? "";
  if (character === "<") return bracketAt(source, at);
  if (character === "`") {
    const end = source.indexOf("`", at + 1);
    if (end <= at + 1) return null;
    return { type: "run", run: { type: "code", text: fromEntities(source.slice(at + 1, end)) }, end: end + 1 };
  }
  const mark = markOf[character];
  if (mark === undefined || hasMark(marks, mark)) return null;
  const before = source[at - 1];
  if (isWord(before) || before === character || isSpace(source[at + 1]) || source[at + 1] === character) return null;
  const close = closingOf(source, at, character);
  return close === null ? null : { type: "marked", mark, inner: source.slice(at + 1, close), end: close + 1 };
}

/** Where the mark that opens at `open` closes; what is in code or in brackets does not count. */
function closingOf(source: string, open: number, delimiter: string): number | null {
  for (let at = open + 1; at < source.length; at += 1) {
    const character = source[at];
    if (character === "<" || character === "`") {
      const span = spanAt(source, at, {});
      if (span !== null) {
        at = span.end - 1;
        continue;
      }
    }
    if (character !== delimiter || at === open + 1) continue;
    const after = source[at + 1];
    if (!isSpace(source[at - 1]) && !isWord(after) && after !== delimiter) return at;
  }
  return null;
}

/** Schemes that Slack makes links of. */
const linkable = /^(?:https?|mailto|tel|ftp|slack|sms|facetime|spotify|skype|sip|vscode|zoommtg):/i;
export const isLinkable = (url: string): boolean => linkable.test(url) && !/[\s<>]/.test(url);

function bracketAt(source: string, at: number): Span | null {
  const end = source.indexOf(">", at);
  if (end === -1) return null;
  const inner = source.slice(at + 1, end);
  const [target = "", ...label] = inner.split("|");
  if (/^[@#][A-Z0-9]+$/.test(target)) return { type: "run", run: { type: "mention", target }, end: end + 1 };
  if (/^![a-z]/.test(target)) return { type: "run", run: { type: "mention", target: fromEntities(inner) }, end: end + 1 };
  const url = fromEntities(target);
  if (!isLinkable(url)) return null;
  const text = label.length === 0 ? url : fromEntities(label.join("|"));
  return { type: "run", run: { type: "link", url, text }, end: end + 1 };
}

/** The text of a message of these lines, normalized ones. */
export function printMrkdwn(lines: readonly Line[]): string {
  return lines.map(printLine).join("\n");
}

function printLine(line: Line): string {
  switch (line.type) {
    case "text":
      return printRuns(line.runs);
    case "quote":
      return `> ${printRuns(line.runs)}`.trimEnd();
    case "bullet":
      return `${" ".repeat(indentWidth * line.level)}${bullets[Math.min(line.level, bullets.length - 1)]} ${printRuns(line.runs)}`;
    case "code":
      return `\`\`\`\n${toEntities(line.text)}\n\`\`\``;
  }
}

function printRuns(runs: readonly Run[]): string {
  let printed = "";
  let open: readonly MarkName[] = [];
  /** The mark just closed touches what comes next; the text so far touches the one that opens next. */
  let closed = false;
  const add = (piece: string, opens: boolean): void => {
    if (closed && isWord(piece[0])) printed += boundary;
    if (opens && isWord(printed.at(-1))) printed += boundary;
    printed += piece;
    closed = false;
  };
  for (const run of runs) {
    const wanted = markOrder.filter((mark) => hasMark(run, mark));
    const keep = open.findIndex((mark) => !wanted.includes(mark));
    const kept = keep === -1 ? open : open.slice(0, keep);
    for (const mark of open.slice(kept.length).toReversed()) {
      printed += delimiterOf[mark];
      closed = true;
    }
    const opening = wanted.filter((mark) => !kept.includes(mark));
    for (const mark of opening) add(delimiterOf[mark], true);
    open = [...kept, ...opening];
    add(printRun(run), false);
  }
  for (const mark of open.toReversed()) printed += delimiterOf[mark];
  return printed;
}

function printRun(run: Run): string {
  switch (run.type) {
    case "text":
      return toEntities(run.text);
    case "code":
      return `\`${toEntities(run.text)}\``;
    case "mention":
      return `<${run.target.startsWith("!") ? toEntities(run.target) : run.target}>`;
    case "link": {
      const url = toEntities(run.url.replaceAll("|", "%7C"));
      return run.text === run.url ? `<${url}>` : `<${url}|${toEntities(run.text)}>`;
    }
  }
}
