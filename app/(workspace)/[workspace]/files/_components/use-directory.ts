"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTRPC } from "@/components/trpc/provider";
import { directoryInput, directoryPaging, type Sort } from "./directory-query";

/** How often a directory that the hub is still reading from the tool is looked at again, in milliseconds. */
const walkPollMs = 1_000;

/** The children of a directory, a page at a time; while the hub still walks the tool, what it has so far. */
export function useDirectory(workspace: string, path: string, sort: Sort, enabled: boolean) {
  const trpc = useTRPC();
  const query = useInfiniteQuery({
    ...trpc.vfs.list.infiniteQueryOptions(directoryInput(workspace, path, sort), directoryPaging),
    enabled,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.pages.at(-1)?.complete === false ? walkPollMs : false),
  });
  const pages = query.data?.pages;
  const nodes = useMemo(() => pages?.flatMap((page) => page.nodes) ?? [], [pages]);
  const last = pages?.at(-1);
  return {
    nodes,
    /** The number of children where it is known, otherwise how many were read. */
    count: last?.total ?? nodes.length,
    complete: last?.complete ?? false,
    freshness: last?.freshness ?? null,
    isPending: query.isPending && enabled,
    error: query.error,
    hasMore: query.hasNextPage,
    isFetchingMore: query.isFetchingNextPage,
    readMore: query.fetchNextPage,
    refetch: query.refetch,
  };
}
