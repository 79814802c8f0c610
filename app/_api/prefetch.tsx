import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { cache, type ReactNode } from "react";
import { createQueryClient } from "@/components/trpc/query-client";
import { createCallerFactory } from "@/server/trpc/init";
import { createRequestContext } from "@/server/trpc/request";
import { appRouter } from "@/server/trpc/root";

/**
 * The API in server components, without HTTP: `await prefetch(trpc.members.list.queryOptions({ workspace }))` inside a page whose tree is
 * wrapped in `<Hydrate>`; or `(await getCaller()).workspaces.get(…)` where the page itself needs the answer.
 */
const getQueryClient = cache(createQueryClient);
const getContext = cache(createRequestContext);

export const trpc = createTRPCOptionsProxy({ ctx: getContext, router: appRouter, queryClient: getQueryClient });

const createCaller = createCallerFactory(appRouter);
/** Calls procedures as this request's person; failures are TRPCErrors whose cause is a HubError. */
export const getCaller = async () => createCaller(await getContext());

/** Fills the request's query cache; a failure is left for the client, which then asks itself and shows it. */
export const prefetch: ReturnType<typeof createQueryClient>["prefetchQuery"] = (options) => getQueryClient().prefetchQuery(options);

/** The same for the first page of a list that goes on by cursor. */
export const prefetchInfinite: ReturnType<typeof createQueryClient>["prefetchInfiniteQuery"] = (options) =>
  getQueryClient().prefetchInfiniteQuery(options);

/** What was prefetched for this request, for a page whose next question depends on it. */
export const readPrefetched: ReturnType<typeof createQueryClient>["getQueryData"] = (key) => getQueryClient().getQueryData(key);

/** Hands what was prefetched to the client components below. */
export function Hydrate({ children }: { readonly children: ReactNode }) {
  return <HydrationBoundary state={dehydrate(getQueryClient())}>{children}</HydrationBoundary>;
}
