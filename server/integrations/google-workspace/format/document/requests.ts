import type { DocsRequest } from "../../api/docs";
import type { GoogleDocument } from "../../schema/docs";
import type { AppendedParagraph } from "./append";
import { inOrder, type TextEdit } from "./edit";
import { listTabs } from "./print";

/** Changes as requests of `batchUpdate`, with the marker by which a change whose answer was lost is found again. */

/** A named range of ours: private to the API, seen by nobody who reads the document. */
const markerPrefix = "byte-hub ";

const markerName = (marker: string, atMs: number): string => `${markerPrefix}${new Date(atMs).toISOString()} ${marker}`;

/** Whether a change with this marker was made. */
export function hasMarker(document: GoogleDocument, marker: string): boolean {
  return listTabs(document).some(({ tab }) =>
    Object.keys(tab.namedRanges ?? {}).some((name) => name.startsWith(markerPrefix) && name.endsWith(` ${marker}`)),
  );
}

/** How long a marker is kept: as long as an idempotency key. */
const markerLifetimeMs = 24 * 3_600_000;

/** Takes away the markers that have had their time. */
function withoutOldMarkers(document: GoogleDocument, nowMs: number): readonly DocsRequest[] {
  return listTabs(document).flatMap(({ tab }) =>
    Object.entries(tab.namedRanges ?? {}).flatMap(([name, { namedRanges }]) => {
      const madeAtMs = name.startsWith(markerPrefix) ? Date.parse(name.slice(markerPrefix.length).split(" ")[0] ?? "") : Number.NaN;
      if (!(nowMs - madeAtMs > markerLifetimeMs)) return [];
      return (namedRanges ?? []).map(({ namedRangeId }) => ({ deleteNamedRange: { namedRangeId } }));
    }),
  );
}

/** The requests of edits, from the last place to the first. */
export function editRequests(document: GoogleDocument, edits: readonly TextEdit[], marker: string, nowMs: number): readonly DocsRequest[] {
  const ordered = inOrder(edits);
  const first = ordered.at(-1);
  const requests = ordered.flatMap(({ tabId, start, end, insertAt, text, style }): readonly DocsRequest[] => {
    const range = (from: number, to: number) => ({ startIndex: from, endIndex: to, tabId });
    const behind = insertAt + text.length;
    return [
      ...(text === "" ? [] : [{ insertText: { location: { index: insertAt, tabId }, text } }]),
      ...(style === null || text === "" ? [] : [{ updateTextStyle: { range: range(insertAt, behind), textStyle: style, fields: "*" } }]),
      ...(end > insertAt ? [{ deleteContentRange: { range: range(behind, end + text.length) } }] : []),
      ...(insertAt > start ? [{ deleteContentRange: { range: range(start, insertAt) } }] : []),
    ];
  });
  if (first === undefined) return [];
  const range = { startIndex: first.start, endIndex: first.start + 1, tabId: first.tabId };
  return [...requests, { createNamedRange: { name: markerName(marker, nowMs), range } }, ...withoutOldMarkers(document, nowMs)];
}

/** The requests that add paragraphs at the end of the last tab. */
export function appendRequests(
  document: GoogleDocument,
  paragraphs: readonly AppendedParagraph[],
  marker: string,
  nowMs: number,
): readonly DocsRequest[] {
  const last = listTabs(document).at(-1);
  const content = last?.tab.body?.content ?? [];
  const tail = content.at(-1);
  const tabId = last?.tabId ?? "";
  // The last line end of a body stays the last: text is put before it.
  const end = (tail?.endIndex ?? 2) - 1;
  const isBlank = (tail?.paragraph?.elements ?? []).every(({ textRun }) => textRun !== undefined && (textRun.content ?? "").trim() === "");
  const start = isBlank ? end : end + 1;
  let text = "";
  const styles: DocsRequest[] = [];
  const lists: { from: number; to: number; readonly isOrdered: boolean }[] = [];
  paragraphs.forEach(({ texts, namedStyle, list }, number) => {
    if (number > 0) text += "\n";
    const from = start + text.length;
    text += "\t".repeat(list?.level ?? 0);
    for (const { text: part, style } of texts) {
      const range = { startIndex: start + text.length, endIndex: start + text.length + part.length, tabId };
      text += part;
      if (part !== "" && Object.keys(style).length > 0)
        styles.push({ updateTextStyle: { range, textStyle: style, fields: Object.keys(style).join(",") } });
    }
    const to = start + text.length + 1;
    if (namedStyle !== "NORMAL_TEXT") {
      styles.push({
        updateParagraphStyle: {
          range: { startIndex: from, endIndex: to, tabId },
          paragraphStyle: { namedStyleType: namedStyle },
          fields: "namedStyleType",
        },
      });
    }
    const open = lists.at(-1);
    if (list !== null && open !== undefined && open.to === from && open.isOrdered === list.isOrdered) open.to = to;
    else if (list !== null) lists.push({ from, to, isOrdered: list.isOrdered });
  });
  const whole = { startIndex: start, endIndex: start + text.length + 1, tabId };
  return [
    { insertText: { location: { index: end, tabId }, text: isBlank ? text : `\n${text}` } },
    // New paragraphs are made like the one before them.
    { deleteParagraphBullets: { range: whole } },
    { updateParagraphStyle: { range: whole, paragraphStyle: { namedStyleType: "NORMAL_TEXT" }, fields: "namedStyleType" } },
    { updateTextStyle: { range: { ...whole, endIndex: Math.max(whole.endIndex - 1, start + 1) }, textStyle: {}, fields: "*" } },
    ...styles,
    { createNamedRange: { name: markerName(marker, nowMs), range: { startIndex: start, endIndex: start + 1, tabId } } },
    // From the last to the first: making a list takes its leading tabs away.
    ...lists.toReversed().map(({ from, to, isOrdered }) => ({
      createParagraphBullets: {
        range: { startIndex: from, endIndex: to, tabId },
        bulletPreset: isOrdered ? "NUMBERED_DECIMAL_ALPHA_ROMAN" : "BULLET_DISC_CIRCLE_SQUARE",
      },
    })),
    ...withoutOldMarkers(document, nowMs),
  ];
}
