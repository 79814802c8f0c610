import { z } from "zod";
import { GoogleRefusal } from "../failures";
import { deleteRange, endOfBody, insertText, layoutOf, paragraphsIn, styleText } from "./edits";
import { type DocumentRow, lengthOf, makeId, type ParagraphBlock, type TabRow } from "./model";

/** The requests of `documents.batchUpdate` that the sandbox has; any other is refused by name. All of a batch is done, or nothing. */

const range = z.strictObject({
  startIndex: z.int(),
  endIndex: z.int(),
  segmentId: z.literal("").optional(),
  tabId: z.string().optional(),
});
const location = z.strictObject({ index: z.int(), segmentId: z.literal("").optional(), tabId: z.string().optional() });
const endOfSegment = z.strictObject({ segmentId: z.literal("").optional(), tabId: z.string().optional() });
const fields = z.string().min(1);

const requestShapes = {
  insertText: z
    .strictObject({ text: z.string().min(1), location: location.optional(), endOfSegmentLocation: endOfSegment.optional() })
    .refine((value) => (value.location === undefined) !== (value.endOfSegmentLocation === undefined)),
  deleteContentRange: z.strictObject({ range }),
  updateTextStyle: z.strictObject({ range, textStyle: z.record(z.string(), z.unknown()), fields }),
  updateParagraphStyle: z.strictObject({ range, paragraphStyle: z.record(z.string(), z.unknown()), fields }),
  createParagraphBullets: z.strictObject({ range, bulletPreset: z.string() }),
  deleteParagraphBullets: z.strictObject({ range }),
  createNamedRange: z.strictObject({ name: z.string().min(1).max(256), range }),
  deleteNamedRange: z.strictObject({ name: z.string().optional(), namedRangeId: z.string().optional() }),
  replaceAllText: z.strictObject({
    containsText: z.strictObject({ text: z.string().min(1), matchCase: z.boolean().optional() }),
    replaceText: z.string(),
  }),
} as const;
type RequestName = keyof typeof requestShapes;

const batch = z.strictObject({
  requests: z.array(z.record(z.string(), z.unknown())),
  writeControl: z.strictObject({ requiredRevisionId: z.string().optional(), targetRevisionId: z.string().optional() }).optional(),
});

const invalid = (message: string): GoogleRefusal => new GoogleRefusal(400, "badRequest", message);

/** Properties of `TextStyle` (discovery document of Docs v1). */
const textFields = new Set([
  "*",
  "backgroundColor",
  "baselineOffset",
  "bold",
  "fontSize",
  "foregroundColor",
  "italic",
  "link",
  "smallCaps",
  "strikethrough",
  "underline",
  "weightedFontFamily",
]);
const namedStyles = new Set([
  "NORMAL_TEXT",
  "TITLE",
  "SUBTITLE",
  "HEADING_1",
  "HEADING_2",
  "HEADING_3",
  "HEADING_4",
  "HEADING_5",
  "HEADING_6",
]);

function tabOf(document: DocumentRow, tabId: string | undefined): TabRow {
  const tab = tabId === undefined ? document.tabs[0] : document.tabs.find(({ id }) => id === tabId);
  if (tab === undefined) throw invalid(`Invalid requests[0]: The tab with ID ${tabId} was not found.`);
  return tab;
}

function parse<N extends RequestName>(name: N, value: unknown, at: number): z.output<(typeof requestShapes)[N]> {
  const parsed = requestShapes[name].safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`Invalid JSON payload received. Invalid value at 'requests[${at}].${name}.${issue?.path.join(".") ?? ""}'`);
  }
  return parsed.data as z.output<(typeof requestShapes)[N]>;
}

function bullets(document: DocumentRow, value: z.output<typeof requestShapes.createParagraphBullets>): void {
  const tab = tabOf(document, value.range.tabId);
  if (!/^(BULLET|NUMBERED)_/.test(value.bulletPreset)) throw invalid("Invalid requests[0].createParagraphBullets: Invalid bullet preset.");
  const touched = paragraphsIn(tab, value.range.startIndex, value.range.endIndex, "requests[0].createParagraphBullets");
  const [first] = touched;
  if (first === undefined) return;
  const before = first.container[first.container.indexOf(first.paragraph) - 1];
  const joined = before?.type === "paragraph" && before.bullet !== null ? before.bullet.listId : null;
  const continues = joined !== null && tab.lists.get(joined)?.preset === value.bulletPreset;
  const listId = continues ? joined : makeId(document, "kix");
  if (!continues) tab.lists.set(listId, { preset: value.bulletPreset });
  // Counted from the last, so that the tabs that are taken out move nothing that is still to be done.
  for (const { paragraph, start } of touched.toReversed()) {
    const text = paragraph.runs.map((run) => (run.kind === "text" ? run.text : "\u0000")).join("");
    const level = /^\t*/.exec(text)?.[0].length ?? 0;
    if (level > 0) deleteRange(tab, start, start + level);
    paragraph.bullet = { listId, level: Math.min(level, 8) };
  }
}

function replaceAll(document: DocumentRow, value: z.output<typeof requestShapes.replaceAllText>): number {
  const { text, matchCase } = value.containsText;
  let changed = 0;
  for (const tab of document.tabs) {
    for (const { paragraph } of layoutOf(tab).paragraphs) {
      const whole = paragraph.runs.map((run) => (run.kind === "text" ? run.text : "\u0000".repeat(lengthOf(run)))).join("");
      const fold = (of: string) => (matchCase === true ? of : of.toLowerCase());
      for (
        let at = fold(whole).lastIndexOf(fold(text));
        at >= 0;
        at = at === 0 ? -1 : fold(whole).lastIndexOf(fold(text), at - text.length)
      ) {
        const placed = layoutOf(tab).paragraphs.find((one) => one.paragraph === paragraph);
        if (placed === undefined) break;
        const start = placed.start + at;
        if (value.replaceText !== "") insertText(tab, start + text.length, value.replaceText);
        deleteRange(tab, start, start + text.length);
        changed += 1;
        if (at < text.length) break;
      }
    }
  }
  return changed;
}

function run(document: DocumentRow, request: Readonly<Record<string, unknown>>, at: number): Readonly<Record<string, unknown>> {
  const [entry, another] = Object.entries(request);
  if (entry === undefined || another !== undefined) throw invalid(`Invalid requests[${at}]: Must specify one request type.`);
  const [name, value] = entry;
  switch (name) {
    case "insertText": {
      const { text, location: place, endOfSegmentLocation } = parse(name, value, at);
      const tab = tabOf(document, place?.tabId ?? endOfSegmentLocation?.tabId);
      insertText(tab, place?.index ?? endOfBody(tab), text);
      return {};
    }
    case "deleteContentRange": {
      const { range: of } = parse(name, value, at);
      deleteRange(tabOf(document, of.tabId), of.startIndex, of.endIndex);
      return {};
    }
    case "updateTextStyle": {
      const { range: of, textStyle, fields: mask } = parse(name, value, at);
      const names = mask.split(",").map((one) => one.trim().split(".")[0] ?? "");
      const wrong = [...names, ...Object.keys(textStyle)].find((one) => !textFields.has(one));
      if (wrong !== undefined) throw invalid(`Invalid requests[${at}].updateTextStyle: Invalid field: ${wrong}`);
      styleText(tabOf(document, of.tabId), of.startIndex, of.endIndex, textStyle, names);
      return {};
    }
    case "updateParagraphStyle": {
      const { range: of, paragraphStyle, fields: mask } = parse(name, value, at);
      const { namedStyleType } = paragraphStyle;
      if (mask !== "namedStyleType" || typeof namedStyleType !== "string" || !namedStyles.has(namedStyleType)) {
        throw invalid(`Invalid requests[${at}].updateParagraphStyle: the sandbox sets namedStyleType only.`);
      }
      const touched = paragraphsIn(tabOf(document, of.tabId), of.startIndex, of.endIndex, `requests[${at}].updateParagraphStyle`);
      for (const { paragraph } of touched) paragraph.namedStyleType = namedStyleType;
      return {};
    }
    case "createParagraphBullets":
      bullets(document, parse(name, value, at));
      return {};
    case "deleteParagraphBullets": {
      const { range: of } = parse(name, value, at);
      const touched = paragraphsIn(tabOf(document, of.tabId), of.startIndex, of.endIndex, `requests[${at}].deleteParagraphBullets`);
      for (const { paragraph } of touched) paragraph.bullet = null;
      return {};
    }
    case "createNamedRange": {
      const { name: called, range: of } = parse(name, value, at);
      const tab = tabOf(document, of.tabId);
      paragraphsIn(tab, of.startIndex, of.endIndex, `requests[${at}].createNamedRange`);
      const id = makeId(document, "kix");
      tab.namedRanges.push({ id, name: called, start: of.startIndex, end: of.endIndex });
      return { createNamedRange: { namedRangeId: id } };
    }
    case "deleteNamedRange": {
      const { name: called, namedRangeId } = parse(name, value, at);
      const isMeant = ({ id, name: its }: { id: string; name: string }) => id === namedRangeId || its === called;
      if (!document.tabs.some((tab) => tab.namedRanges.some(isMeant))) {
        throw invalid(`Invalid requests[${at}].deleteNamedRange: The named range ${namedRangeId ?? called} was not found.`);
      }
      for (const tab of document.tabs) tab.namedRanges = tab.namedRanges.filter((one) => !isMeant(one));
      return {};
    }
    case "replaceAllText":
      return { replaceAllText: { occurrencesChanged: replaceAll(document, parse(name, value, at)) } };
    default:
      throw invalid(`Invalid requests[${at}]: the sandbox has no ${name.slice(0, 60)} request.`);
  }
}

export interface BatchAnswer {
  readonly replies: readonly unknown[];
}

/** Reads a batch; 400 for what is not one. */
export function readBatch(body: string): z.output<typeof batch> {
  try {
    const parsed = batch.safeParse(JSON.parse(body));
    if (parsed.success) return parsed.data;
    throw invalid(`Invalid JSON payload received. Unknown name or value at '${parsed.error.issues[0]?.path.join(".") ?? ""}'`);
  } catch (error) {
    if (error instanceof GoogleRefusal) throw error;
    throw invalid("Invalid JSON payload received.");
  }
}

/** Runs the requests in their order on a copy; the answer is the changed document and a reply for each. */
export function runBatch(
  document: DocumentRow,
  requests: readonly Readonly<Record<string, unknown>>[],
): { readonly document: DocumentRow; readonly replies: readonly unknown[] } {
  const copy = structuredClone(document);
  const replies = requests.map((request, at) => run(copy, request, at));
  copy.revision += 1;
  return { document: copy, replies };
}

/** The text of a paragraph; what is no text is left out. */
export const textOf = (paragraph: ParagraphBlock): string => paragraph.runs.map((one) => (one.kind === "text" ? one.text : "")).join("");
