"use client";

import { type InfiniteData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useTRPC } from "@/components/trpc/provider";
import type { CallFilter } from "@/server/transport/call-search";
import { callsPageSize } from "./call-filter";
import { callsOf, type LoadedPage, mergeTail, type TailAnswer } from "./merge-tail";

/** Past so many loaded calls the live log lets go of the older pages, so that a page left open for a day does not grow without end. */
const mostLive = 5_000;

/** The loaded part of the log under a filter, and what the live log adds to it. */
export function useCallLog(slug: string, filter: CallFilter, enabled: boolean) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const options = trpc.calls.list.infiniteQueryOptions(
    { workspace: slug, ...filter, limit: callsPageSize },
    {
      getNextPageParam: (page) => page.nextCursor ?? undefined,
      enabled,
      // The live log keeps it; loading many pages anew whenever the window is looked at would not be cheap.
      refetchOnWindowFocus: false,
      staleTime: Number.POSITIVE_INFINITY,
    },
  );
  const log = useInfiniteQuery(options);
  const pages: readonly LoadedPage[] | undefined = log.data?.pages;
  const calls = useMemo(() => callsOf(pages ?? []), [pages]);
  const { queryKey } = options;

  /** Loads the newest page anew, without the older ones. */
  const reload = useCallback((): void => {
    queries.setQueryData(queryKey, (data: InfiniteData<LoadedPage, string | null> | undefined) =>
      data === undefined ? data : { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) },
    );
    void queries.refetchQueries({ queryKey });
  }, [queries, queryKey]);

  /** Adds an answer of the live log; answers the ids of the calls that are new. */
  const merge = useCallback(
    (answer: TailAnswer): readonly string[] => {
      const data = queries.getQueryData<InfiniteData<LoadedPage, string | null>>(queryKey);
      if (data === undefined) return [];
      const merged = mergeTail(data.pages, answer);
      queries.setQueryData(queryKey, { ...data, pages: merged.pages });
      if (merged.added.length > 0 && callsOf(merged.pages).length > mostLive) reload();
      return merged.added;
    },
    [queries, queryKey, reload],
  );

  return { log, calls, pages, merge, reload };
}
