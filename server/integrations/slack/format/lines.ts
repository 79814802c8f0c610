/**
 * A message between Slack's mrkdwn and Markdown: its lines, each a kind and runs of text with their marks. Both notations are printed of
 * it and parsed into it, so that what one of them cannot say shows as a difference and not as a silent loss.
 */

/** Marks of a run; `code` excludes the others' meaning inside it, as in both notations. */
export interface Marks {
  readonly bold?: true;
  readonly italic?: true;
  readonly strike?: true;
}

export type Run = Marks &
  (
    | { readonly type: "text"; readonly text: string }
    | { readonly type: "code"; readonly text: string }
    | { readonly type: "link"; readonly url: string; readonly text: string }
    /** What Slack writes in angle brackets: `@U1`, `#C1`, `!here`, `!subteam^S1`, `!date^1392734382^{date}|18 February`. */
    | { readonly type: "mention"; readonly target: string }
  );

/** The kinds of line; a blank line is a `text` without runs. */
export type Line =
  | { readonly type: "text"; readonly runs: readonly Run[] }
  | { readonly type: "quote"; readonly runs: readonly Run[] }
  /** `level` 0 is the outermost. */
  | { readonly type: "bullet"; readonly level: number; readonly runs: readonly Run[] }
  /** A whole block; its text may have several lines. */
  | { readonly type: "code"; readonly text: string };

export const blank: Line = { type: "text", runs: [] };
export const isBlank = (line: Line | undefined): boolean => line?.type === "text" && line.runs.length === 0;

/** Slack's own clients nest lists up to here. */
export const deepestLevel = 8;

const markNames = ["bold", "italic", "strike"] as const;
export type MarkName = (typeof markNames)[number];

/** The marks of a run, without its content. */
export function marksOf(run: Marks): Marks {
  return {
    ...(run.bold === true ? { bold: true } : {}),
    ...(run.italic === true ? { italic: true } : {}),
    ...(run.strike === true ? { strike: true } : {}),
  };
}

export const hasMark = (run: Marks, mark: MarkName): boolean => run[mark] === true;
const sameMarks = (one: Marks, other: Marks): boolean => markNames.every((mark) => one[mark] === other[mark]);

/** What two notations agree on: runs merged, no empty ones, and no mark on white space at the edge of what it marks. */
export function normalizeRuns(runs: readonly Run[]): readonly Run[] {
  return mergeRuns(unmarkEdges(mergeRuns(runs.flatMap(plainRun))));
}

function plainRun(run: Run): readonly Run[] {
  const marks = marksOf(run);
  switch (run.type) {
    case "mention":
      return [{ type: "mention", target: run.target, ...marks }];
    case "code":
      return run.text === "" ? [] : [{ type: "code", text: run.text.replaceAll(/\s*\n\s*/g, " "), ...marks }];
    case "link":
      return [{ type: "link", url: run.url, text: run.text.replaceAll(/\s+/g, " ").trim() || run.url, ...marks }];
    case "text":
      return run.text === "" ? [] : [{ type: "text", text: run.text, ...marks }];
  }
}

function mergeRuns(runs: readonly Run[]): readonly Run[] {
  const merged: Run[] = [];
  for (const run of runs) {
    const last = merged.at(-1);
    // Code beside code too: backticks that touch are none.
    const mergeable = (last?.type === "text" || last?.type === "code") && last.type === run.type && sameMarks(last, run);
    if (mergeable && "text" in run) {
      merged[merged.length - 1] = { ...last, text: last.text + run.text };
    } else merged.push(run);
  }
  return merged;
}

/** Neither notation marks a space at an edge (`* a*` is no bold), so a mark covers what stands between the spaces only. */
function unmarkEdges(runs: readonly Run[]): readonly Run[] {
  let result = runs;
  for (const mark of markNames) {
    const isEdge = (index: number, step: 1 | -1): boolean => {
      const neighbour = result[index + step];
      return neighbour === undefined || !hasMark(neighbour, mark);
    };
    result = mergeRuns(
      result.flatMap((run, index): readonly Run[] => {
        if (run.type !== "text" || !hasMark(run, mark)) return [run];
        const { [mark]: _dropped, ...bare } = run;
        const head = isEdge(index, -1) ? (/^\s*/.exec(run.text)?.[0] ?? "") : "";
        const rest = run.text.slice(head.length);
        const tail = isEdge(index, 1) ? (/\s*$/.exec(rest)?.[0] ?? "") : "";
        const middle = rest.slice(0, rest.length - tail.length);
        const parts: Run[] = [];
        if (head !== "") parts.push({ ...bare, text: head });
        if (middle !== "") parts.push({ ...run, text: middle });
        if (tail !== "") parts.push({ ...bare, text: tail });
        return parts;
      }),
    );
  }
  return result;
}

/** No white space at the end of a line; one that has nothing else is blank. */
function trimEnd(runs: readonly Run[]): readonly Run[] {
  const last = runs.at(-1);
  if (last?.type !== "text") return runs;
  const text = last.text.trimEnd();
  if (text === last.text) return runs;
  return text === "" ? trimEnd(runs.slice(0, -1)) : [...runs.slice(0, -1), { ...last, text }];
}

function trimStart(runs: readonly Run[]): readonly Run[] {
  const [first, ...rest] = runs;
  if (first?.type !== "text") return runs;
  const text = first.text.trimStart();
  return text === "" ? trimStart(rest) : [{ ...first, text }, ...rest];
}

const bulletText = "•";

/** A line as both notations have it. */
function normalizeLine(line: Line): Line {
  if (line.type === "code") return line;
  const runs = trimEnd(normalizeRuns(line.runs));
  if (line.type === "text") return { ...line, runs };
  if (line.type === "quote") return { ...line, runs: trimStart(runs) };
  const content = trimStart(runs);
  return content.length === 0 ? { type: "text", runs: [{ type: "text", text: bulletText }] } : { ...line, runs: content };
}

/** After these a line of text without a blank line between would belong to them (lazy continuation, CommonMark §5.1, §5.2). */
const swallows = (line: Line | undefined, next: Line): boolean =>
  (line?.type === "quote" && (next.type === "text" || next.type === "bullet")) ||
  (line?.type === "bullet" && (next.type === "text" || next.type === "quote"));

/**
 * The form in which equal messages are equal: no blank lines at the ends, nor at those of a quote; a blank line where Markdown needs one;
 * levels of a list that go up by one at a time.
 */
export function normalizeLines(lines: readonly Line[]): readonly Line[] {
  const result: Line[] = [];
  let quoted: Line[] = [];
  const endQuote = (): void => {
    while (quoted.length > 0 && isEmptyQuote(quoted.at(-1))) quoted.pop();
    if (quoted.length > 0 && (result.at(-1)?.type === "bullet" || isTightAfterQuote(result))) result.push(blank);
    result.push(...quoted);
    quoted = [];
  };
  for (const raw of lines) {
    const line = normalizeLine(raw);
    if (line.type === "quote") {
      if (quoted.length > 0 || !isEmptyQuote(line)) quoted.push(line);
      continue;
    }
    endQuote();
    if (isBlank(line)) {
      if (result.length > 0) result.push(line);
      continue;
    }
    if (swallows(result.at(-1), line)) result.push(blank);
    result.push(line.type === "bullet" ? { ...line, level: levelAfter(result, line.level) } : line);
  }
  endQuote();
  while (isBlank(result.at(-1))) result.pop();
  return result;
}

const isEmptyQuote = (line: Line | undefined): boolean => line?.type === "quote" && line.runs.length === 0;
const isTightAfterQuote = (lines: readonly Line[]): boolean => lines.at(-1)?.type === "quote";

/** At most one deeper than the bullet before it in the same list; blank lines do not end a list. */
function levelAfter(lines: readonly Line[], level: number): number {
  const before = lines.findLast((line) => !isBlank(line));
  return Math.max(0, Math.min(level, deepestLevel, before?.type === "bullet" ? before.level + 1 : 0));
}

/** Whether two messages say the same; both normalized. */
export const sameLines = (one: readonly Line[], other: readonly Line[]): boolean => JSON.stringify(one) === JSON.stringify(other);

/** The mentions of a message (`@U1`, `#C1`), each once. */
export function mentionsOf(lines: readonly Line[]): readonly string[] {
  const targets = lines.flatMap((line) =>
    line.type === "code" ? [] : line.runs.flatMap((run) => (run.type === "mention" ? [run.target] : [])),
  );
  return [...new Set(targets)];
}
