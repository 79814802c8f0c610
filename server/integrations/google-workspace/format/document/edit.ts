import { diffWordsWithSpace } from "diff";
import { HubError } from "@/server/errors";
import type { GoogleDocument, ParagraphElement, StructuralElement, TextStyle } from "../../schema/docs";
import { listTabs, type PrintedDocument, printDocumentBody, type TextSpan } from "./print";
import { styleOf } from "./styled";

/**
 * A changed file as changes of the document's text, each inside one paragraph. Whether a change means what the file says is proven, not
 * guessed: it is made in a copy, the copy is printed, and the print must be the file. What does not come out is ENOTSUP naming it.
 */

export interface TextEdit {
  readonly tabId: string;
  /** The text that goes: [start, end), in the document's indices; empty for a pure insertion. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Where the new text is put, from `start` to `end`: it takes the style of what is before it. */
  readonly insertAt: number;
  /** The style to set on the new text, where what is before it has another; null: none. */
  readonly style: TextStyle | null;
}

function refuse(what: string): HubError {
  return new HubError("ENOTSUP", `A document's text can be edited inside a paragraph only: ${what}`, { details: { operation: "edit" } });
}

interface Hunk {
  /** In the printed body. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly line: number;
}

/** The changed places of each line, as small as they can be. */
function hunksOf(base: string, wanted: string): readonly Hunk[] {
  const [old, next] = [base.split("\n"), wanted.split("\n")];
  if (old.length !== next.length) {
    throw refuse("this adds or removes lines. Append to add paragraphs at the end; delete and move them in Google Docs.");
  }
  const hunks: Hunk[] = [];
  let offset = 0;
  old.forEach((line, number) => {
    const changed = next[number] ?? "";
    if (line !== changed) hunks.push(...lineHunks(line, changed, offset, number));
    offset += line.length + 1;
  });
  return hunks;
}

function lineHunks(line: string, changed: string, offset: number, number: number): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let at = 0;
  let open: { from: number; to: number; text: string } | null = null;
  for (const { value, added, removed } of diffWordsWithSpace(line, changed)) {
    if (added !== true && removed !== true) {
      if (open !== null) hunks.push({ ...open, line: number });
      open = null;
      at += value.length;
      continue;
    }
    open ??= { from: at, to: at, text: "" };
    if (removed === true) {
      at += value.length;
      open.to = at;
    } else open.text += value;
  }
  if (open !== null) hunks.push({ ...open, line: number });
  return hunks.map((hunk) => {
    const trimmed = trim(line.slice(hunk.from, hunk.to), hunk.text);
    return { line: number, from: offset + hunk.from + trimmed.start, to: offset + hunk.from + trimmed.end, text: trimmed.text };
  });
}

const isLow = (text: string, at: number): boolean => /[\udc00-\udfff]/.test(text.charAt(at));

/** Without what is the same at both ends; a character of two units stays whole. */
function trim(old: string, text: string): { readonly start: number; readonly end: number; readonly text: string } {
  let start = 0;
  while (start < old.length && start < text.length && old[start] === text[start]) start += 1;
  if (isLow(old, start) || isLow(text, start)) start -= start > 0 ? 1 : 0;
  let tail = 0;
  while (tail < old.length - start && tail < text.length - start && old.at(-1 - tail) === text.at(-1 - tail)) tail += 1;
  if (tail > 0 && (isLow(old, old.length - tail) || isLow(text, text.length - tail))) tail -= 1;
  return { start, end: old.length - tail, text: text.slice(start, text.length - tail) };
}

/** Markdown's text as it is meant: escapes and references resolved. */
export function unescapeMarkdown(text: string): string {
  return text.replaceAll(
    /\\([!-/:-@[-`{-~])|&#x([0-9a-f]{1,6});|&#(\d{1,7});|<br>/gi,
    (all: string, escaped?: string, hex?: string, decimal?: string) => {
      if (escaped !== undefined) return escaped;
      if (hex === undefined && decimal === undefined) return "\v";
      const code = Number.parseInt(hex ?? decimal ?? "", hex === undefined ? 10 : 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
    },
  );
}

/** The text runs of a tab's body, by where they stand. */
function runsOf(document: GoogleDocument, tabId: string): readonly ParagraphElement[] {
  const walk = (content: readonly StructuralElement[]): readonly ParagraphElement[] =>
    content.flatMap(({ paragraph, table }) => [
      ...(paragraph?.elements ?? []).filter((element) => element.textRun !== undefined),
      ...(table?.tableRows ?? []).flatMap((row) => (row.tableCells ?? []).flatMap((cell) => walk(cell.content ?? []))),
    ]);
  return walk(listTabs(document).find((tab) => tab.tabId === tabId)?.tab.body?.content ?? []);
}

function runAt(runs: readonly ParagraphElement[], index: number): ParagraphElement {
  const found = runs.find(({ startIndex = 0, textRun }) => index >= startIndex && index < startIndex + (textRun?.content?.length ?? 0));
  if (found?.textRun === undefined) throw refuse("what is there is no text.");
  const { suggestedInsertionIds, suggestedDeletionIds } = found.textRun;
  if ((suggestedInsertionIds?.length ?? 0) + (suggestedDeletionIds?.length ?? 0) > 0) {
    throw refuse("somebody suggested a change of this text. Accept or reject the suggestion in Google Docs first.");
  }
  return found;
}

/** The possible edits of one hunk, the likeliest first: they differ in whose style the new text takes. */
function candidates(hunk: Hunk, printed: PrintedDocument, document: GoogleDocument): readonly TextEdit[] {
  let { from, to, text } = hunk;
  const touched = printed.spans.filter((span) => (from === to ? span.start < from && span.end > from : span.end > from && span.start < to));
  const [first] = touched;
  const last = touched.at(-1);
  if (first !== undefined && first.start < from) {
    text = printed.text.slice(first.start, from) + text;
    from = first.start;
  }
  if (last !== undefined && last.end > to) {
    text += printed.text.slice(to, last.end);
    to = last.end;
  }
  if (first === undefined || last === undefined) {
    if (from !== to)
      throw refuse(`${JSON.stringify(printed.text.slice(from, to))} is formatting or an object that Markdown cannot carry back.`);
    return insertions(from, text, printed, document);
  }
  requireText(touched, from, to, printed);
  const [start, end] = [first.index, last.index + last.length];
  const common = { tabId: first.tabId, start, end, style: null };
  const runs = runsOf(document, first.tabId);
  for (const span of touched) runAt(runs, span.index);
  const plainIn = (span: TextSpan) => plainText(text, runAt(runs, span.index));
  return [
    { ...common, insertAt: end, text: plainIn(last) },
    { ...common, insertAt: start + first.length, text: plainIn(first) },
  ];
}

/** All of [from, to) must be text of one paragraph, in one piece. */
function requireText(touched: readonly TextSpan[], from: number, to: number, printed: PrintedDocument): void {
  let at = from;
  let index: number | null = null;
  for (const span of touched) {
    if (span.segmentId !== null) throw refuse("this is a footnote; change it in Google Docs.");
    const isNext = span.start === at && span.paragraph === touched[0]?.paragraph && (index === null || span.index === index);
    if (!isNext)
      throw refuse(
        `${JSON.stringify(printed.text.slice(at, Math.max(span.start, at + 1)))} is formatting or an object that Markdown cannot carry back.`,
      );
    at = span.end;
    index = span.index + span.length;
  }
  if (at !== to) throw refuse(`${JSON.stringify(printed.text.slice(at, to))} is formatting or an object that Markdown cannot carry back.`);
}

function insertions(at: number, text: string, printed: PrintedDocument, document: GoogleDocument): readonly TextEdit[] {
  const before = printed.spans.findLast((span) => span.end === at && span.start < at);
  const after = printed.spans.find((span) => span.start === at && span.end > at);
  if (before?.segmentId != null || after?.segmentId != null) throw refuse("this is a footnote; change it in Google Docs.");
  const found: TextEdit[] = [];
  if (before !== undefined) {
    const run = runAt(runsOf(document, before.tabId), before.index);
    const index = before.index + before.length;
    found.push({ tabId: before.tabId, start: index, end: index, insertAt: index, text: plainText(text, run), style: null });
  }
  if (after !== undefined) {
    const run = runAt(runsOf(document, after.tabId), after.index);
    const { index, tabId } = after;
    found.push({ tabId, start: index, end: index, insertAt: index, text: plainText(text, run), style: run.textRun?.textStyle ?? {} });
  }
  if (found.length === 0) throw refuse(`there is no text beside which ${JSON.stringify(text.slice(0, 80))} could be written.`);
  return found;
}

function plainText(text: string, run: ParagraphElement): string {
  const plain = styleOf(run.textRun?.textStyle).code ? text : unescapeMarkdown(text);
  if (/[^\P{Cc}\t\v]|\p{Co}/u.test(plain)) throw refuse("control and private-use characters cannot be written.");
  return plain;
}

/** The edits made in the document itself, from the last to the first. */
function applyEdits(document: GoogleDocument, edits: readonly TextEdit[]): void {
  for (const edit of inOrder(edits)) {
    const runs = runsOf(document, edit.tabId);
    const index = edit.style === null ? edit.insertAt - 1 : edit.insertAt;
    const target = runAt(runs, index);
    for (const { startIndex = 0, textRun } of runs) {
      if (textRun?.content === undefined) continue;
      const { content } = textRun;
      const within = (at: number): number => Math.min(Math.max(at - startIndex, 0), content.length);
      textRun.content =
        content.slice(0, within(edit.start)) + (textRun === target.textRun ? edit.text : "") + content.slice(within(edit.end));
    }
  }
}

/** From the last place to the first, so that no edit moves another's indices. */
export const inOrder = (edits: readonly TextEdit[]): readonly TextEdit[] =>
  edits.toSorted((a, b) => (a.tabId === b.tabId ? b.start - a.start : a.tabId < b.tabId ? -1 : 1));

/** What turns the document into one that prints as `wanted`. Empty where nothing changes; ENOTSUP for what cannot be carried back. */
export function planEdits(document: GoogleDocument, wanted: string): readonly TextEdit[] {
  const printed = printDocumentBody(document);
  const hunks = hunksOf(printed.text, wanted);
  const choices = hunks.map((hunk) => ({ hunk, edits: candidates(hunk, printed, document) }));
  const chosen = choices.map(() => 0);
  const printWith = (): readonly string[] => {
    const copy = structuredClone(document);
    applyEdits(
      copy,
      choices.flatMap(({ edits }, at) => edits[chosen[at] ?? 0] ?? []),
    );
    return printDocumentBody(copy).text.split("\n");
  };
  const lines = wanted.split("\n");
  // Lines do not depend on each other: those that come out wrong are tried with the other style.
  const first = printWith();
  choices.forEach(({ hunk, edits }, at) => {
    if (first[hunk.line] !== lines[hunk.line] && edits.length > 1) chosen[at] = 1;
  });
  const second = printWith();
  const wrong = second.length === lines.length ? lines.findIndex((line, at) => line !== second[at]) : (hunks[0]?.line ?? 0);
  if (wrong >= 0) {
    throw refuse(
      `line ${wrong + 1} of the text would read ${JSON.stringify((second[wrong] ?? "").slice(0, 200))}: its formatting cannot be carried back.`,
    );
  }
  return choices.flatMap(({ edits }, at) => edits[chosen[at] ?? 0] ?? []);
}
