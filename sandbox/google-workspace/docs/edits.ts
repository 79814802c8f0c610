import { GoogleRefusal } from "../failures";
import {
  bodyStart,
  findPlaced,
  type Layout,
  layOut,
  lengthOf,
  type ParagraphBlock,
  type Placed,
  paragraphLength,
  splitRunsAt,
  type TabRow,
  type TextStyle,
} from "./model";

/** Changes of one tab's body, by index, as the requests of `batchUpdate` describe them. */

const invalid = (message: string): GoogleRefusal => new GoogleRefusal(400, "badRequest", message);

/** "Some control characters (U+0000-U+0008, U+000C-U+001F) and … Private Use Area … will be stripped out of the inserted text." */
const stripped = (text: string): string =>
  Array.from(text)
    .filter((character) => /[\t\n\v]/.test(character) || !/[\p{Cc}\ue000-\uf8ff]/u.test(character))
    .join("");

export const layoutOf = (tab: TabRow): Layout => layOut(tab.body, bodyStart);

/** The index at which the body's text ends: before its last line end. */
export const endOfBody = (tab: TabRow): number => layoutOf(tab).end - 1;

function inheritedStyle(paragraph: ParagraphBlock, offset: number): TextStyle {
  let at = 0;
  let before: TextStyle | null = null;
  for (const run of paragraph.runs) {
    if (at >= offset) return before ?? run.style;
    before = run.style;
    at += lengthOf(run);
  }
  return before ?? {};
}

function splitsSurrogate(paragraph: ParagraphBlock, offset: number): boolean {
  let at = 0;
  for (const run of paragraph.runs) {
    const inside = offset - at;
    if (run.kind === "text" && inside > 0 && inside < run.text.length) {
      const code = run.text.charCodeAt(inside);
      return code >= 0xdc00 && code <= 0xdfff;
    }
    at += lengthOf(run);
  }
  return false;
}

/** Inserts text inside an existing paragraph; a line feed makes a new paragraph of the same style. */
export function insertText(tab: TabRow, index: number, text: string): void {
  const { paragraph, start, container } = findPlaced(layoutOf(tab), index, "requests[0].insertText");
  const offset = index - start;
  if (splitsSurrogate(paragraph, offset)) throw invalid("Invalid requests[0].insertText: The index is inside a grapheme cluster.");
  const clean = stripped(text);
  const style = inheritedStyle(paragraph, offset);
  const tail = paragraph.runs.splice(splitRunsAt(paragraph, offset));
  let current = paragraph;
  clean.split("\n").forEach((part, number) => {
    if (number > 0) {
      const next: ParagraphBlock = { type: "paragraph", runs: [], namedStyleType: paragraph.namedStyleType, bullet: paragraph.bullet };
      container.splice(container.indexOf(current) + 1, 0, next);
      current = next;
    }
    if (part !== "") current.runs.push({ kind: "text", text: part, style });
  });
  current.runs.push(...tail);
  for (const range of tab.namedRanges) {
    if (range.start >= index) range.start += clean.length;
    if (range.end > index) range.end += clean.length;
  }
}

/** The paragraphs that a range touches; 400 for a range that is empty or leaves the body. */
export function paragraphsIn(tab: TabRow, start: number, end: number, request: string): readonly Placed[] {
  if (end <= start) throw invalid(`Invalid ${request}: The range should not be empty.`);
  const layout = layoutOf(tab);
  if (start < bodyStart || end > layout.end) {
    throw invalid(`Invalid ${request}: Index ${end} must be less than or equal to the end index of the referenced segment, ${layout.end}.`);
  }
  return layout.paragraphs.filter((placed) => placed.start < end && placed.end > start);
}

/** Deleting over a suggestion fails inside Google. */
function refuseSuggestions(touched: readonly Placed[], start: number, end: number): void {
  for (const { paragraph, start: from } of touched) {
    let at = from;
    for (const run of paragraph.runs) {
      const isSuggested = run.kind === "text" && (run.suggestedDeletionIds !== undefined || run.suggestedInsertionIds !== undefined);
      if (isSuggested && at < end && at + lengthOf(run) > start)
        throw new GoogleRefusal(500, "backendError", "Internal error encountered.");
      at += lengthOf(run);
    }
  }
}

/** Deletes text; what is left of two paragraphs becomes one. 400 for what would break the document's structure. */
export function deleteRange(tab: TabRow, start: number, end: number): void {
  const request = "requests[0].deleteContentRange";
  const touched = paragraphsIn(tab, start, end, request);
  const [first] = touched;
  const last = touched.at(-1);
  if (first === undefined || last === undefined || touched.some(({ container }) => container !== first.container)) {
    throw invalid(`Invalid ${request}: Cannot delete the requested range.`);
  }
  if (end === last.end && last.isLast) {
    throw invalid(`Invalid ${request}: The range cannot include the newline character at the end of the segment.`);
  }
  if (splitsSurrogate(first.paragraph, start - first.start) || splitsSurrogate(last.paragraph, end - last.start)) {
    throw invalid(`Invalid ${request}: The range splits a surrogate pair.`);
  }
  refuseSuggestions(touched, start, end);
  const { container } = first;
  const takesLineEnd = end === last.end;
  const following = container[container.indexOf(last.paragraph) + 1];
  if (takesLineEnd && following?.type !== "paragraph") {
    throw invalid(`Invalid ${request}: The newline before a table cannot be deleted.`);
  }
  if (first === last && !takesLineEnd) {
    const from = splitRunsAt(first.paragraph, start - first.start);
    const to = splitRunsAt(first.paragraph, end - first.start);
    first.paragraph.runs.splice(from, to - from);
  } else {
    const merged = takesLineEnd && following?.type === "paragraph" ? following : last.paragraph;
    const rest = takesLineEnd ? merged.runs : merged.runs.slice(splitRunsAt(merged, end - last.start));
    first.paragraph.runs.splice(splitRunsAt(first.paragraph, start - first.start));
    first.paragraph.runs.push(...rest);
    if (start === first.start) {
      first.paragraph.namedStyleType = merged.namedStyleType;
      first.paragraph.bullet = merged.bullet;
    }
    const from = container.indexOf(first.paragraph) + 1;
    container.splice(from, container.indexOf(merged) + 1 - from);
  }
  const moved = (index: number) => (index <= start ? index : Math.max(start, index - (end - start)));
  for (const range of tab.namedRanges) {
    range.start = moved(range.start);
    range.end = moved(range.end);
  }
  tab.namedRanges = tab.namedRanges.filter((range) => range.end > range.start);
}

/** Sets the named properties of the text; `*` sets all of them, and a named one that is missing goes back to the default. */
export function styleText(tab: TabRow, start: number, end: number, style: TextStyle, fields: readonly string[]): void {
  const isNamed = (name: string) => fields.includes("*") || fields.includes(name);
  for (const { paragraph, start: from } of paragraphsIn(tab, start, end, "requests[0].updateTextStyle")) {
    const first = splitRunsAt(paragraph, Math.max(0, start - from));
    const last = splitRunsAt(paragraph, Math.min(paragraphLength(paragraph), end - from));
    for (const run of paragraph.runs.slice(first, last)) {
      const kept = Object.entries(run.style).filter(([name]) => !isNamed(name));
      run.style = Object.fromEntries([...kept, ...Object.entries(style).filter(([name]) => isNamed(name))]);
    }
  }
}
