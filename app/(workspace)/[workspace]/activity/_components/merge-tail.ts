import type { CallRow } from "@/components/calls/call-row";

export interface LoadedPage {
  readonly calls: CallRow[];
  readonly nextCursor: string | null;
  readonly lookedBackTo: string | null;
  readonly tail: string | null;
}

export interface TailAnswer {
  readonly calls: readonly CallRow[];
  readonly unmatched: readonly string[];
  readonly tail: string;
}

/**
 * The loaded pages with what the live log brought: a known call is replaced where it stands, a new one comes to its place by time, one that no
 * longer matches goes. What is older than all that is loaded is left to the next page. `added`: the ids of the new ones.
 */
export function mergeTail(pages: readonly LoadedPage[], answer: TailAnswer): { pages: LoadedPage[]; added: string[] } {
  const [first, ...rest] = pages;
  if (first === undefined) return { pages: [], added: [] };
  const changed = new Map(answer.calls.map((call) => [call.id, call]));
  const gone = new Set(answer.unmatched);
  const known = new Set(pages.flatMap(({ calls }) => calls.map(({ id }) => id)));
  const bound = oldestLoaded(pages);
  const fresh = answer.calls.filter(({ id, at }) => !known.has(id) && (bound === null || at > bound));
  const update = (calls: readonly CallRow[]): CallRow[] =>
    calls.filter(({ id }) => !gone.has(id)).map((call) => changed.get(call.id) ?? call);
  const merged = { ...first, calls: [...fresh, ...update(first.calls)].sort(newestFirst), tail: answer.tail };
  return { pages: [merged, ...rest.map((page) => ({ ...page, calls: update(page.calls) }))], added: fresh.map(({ id }) => id) };
}

const newestFirst = (a: CallRow, b: CallRow): number => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0);

/** How far back the pages reach, ISO 8601; null: to the end. */
function oldestLoaded(pages: readonly LoadedPage[]): string | null {
  const last = pages.at(-1);
  if (last === undefined || last.nextCursor === null) return null;
  return last.lookedBackTo ?? last.calls.at(-1)?.at ?? null;
}

/** All loaded calls, each once: a late one may have come by the live log and again by a page. Its first place counts. */
export function callsOf(pages: readonly LoadedPage[]): CallRow[] {
  return [...new Map(pages.flatMap(({ calls }) => calls.map((call) => [call.id, call] as const))).values()];
}
