"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Activity, ChevronDown, LockKeyhole, RefreshCw } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { CallDetails } from "@/components/calls/call-details";
import type { CallRow, ToolLooks } from "@/components/calls/call-row";
import { CallTable } from "@/components/calls/call-table";
import { CallTableSkeleton } from "@/components/calls/call-table-skeleton";
import { ErrorState } from "@/components/error-state";
import { readFailure } from "@/components/failure";
import { PageFrame } from "@/components/page-frame";
import { useTRPC } from "@/components/trpc/provider";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { useWorkspace } from "@/components/workspace-context";
import { callsPageSize } from "./calls-page-size";

export function ActivityPage({ tools }: { readonly tools: ToolLooks }) {
  const { slug, can } = useWorkspace();
  const mayRead = can("calls.read");
  const trpc = useTRPC();
  const log = useInfiniteQuery(
    trpc.calls.list.infiniteQueryOptions(
      { workspace: slug, limit: callsPageSize },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, enabled: mayRead },
    ),
  );
  const [opened, setOpened] = useState<CallRow | null>(null);
  const calls = log.data?.pages.flatMap((page) => page.calls) ?? [];
  const refreshing = log.isFetching && !log.isFetchingNextPage;

  return (
    <PageFrame
      title="Activity"
      lead="Every call to a tool, each attempt of it, newest first. Bodies and secrets are not kept."
      actions={
        mayRead && log.data !== undefined ? (
          <Button variant="outline" onClick={() => void log.refetch()} disabled={refreshing}>
            <RefreshCw className={refreshing ? "animate-spin" : undefined} /> Refresh
          </Button>
        ) : null
      }
    >
      {!mayRead ? (
        <EmptyState icon={LockKeyhole} title="Only members and up see the calls">
          Your role here is viewer. An admin or the owner can change it.
        </EmptyState>
      ) : log.data === undefined ? (
        log.isError ? (
          <ErrorState error={log.error} title="The calls did not load" onRetry={() => void log.refetch()} retrying={log.isFetching} />
        ) : (
          <CallTableSkeleton rows={12} />
        )
      ) : calls.length === 0 ? (
        <EmptyState
          icon={Activity}
          title="No calls yet"
          action={
            <Button variant="outline" asChild>
              <Link href={`/${slug}/integrations`}>Go to the integrations</Link>
            </Button>
          }
        >
          Once a tool is connected, each call that the hub makes to it is listed here.
        </EmptyState>
      ) : (
        <>
          {log.isRefetchError ? (
            <Alert variant="danger" role="alert" className="mb-4">
              These calls are not up to date. {readFailure(log.error).message}
            </Alert>
          ) : null}
          <CallTable calls={calls} tools={tools} caption="Calls to the tools, newest first" onOpen={setOpened} />
          <div className="mt-4 flex flex-col items-center gap-2 text-muted-foreground">
            {log.isFetchNextPageError ? <p role="alert">Older calls did not load. {readFailure(log.error).message}</p> : null}
            {log.hasNextPage ? (
              <Button variant="outline" onClick={() => void log.fetchNextPage()} disabled={log.isFetchingNextPage}>
                <ChevronDown /> {log.isFetchingNextPage ? "Loading older calls" : "Show older calls"}
              </Button>
            ) : (
              <p className="text-xs">That is all that is kept.</p>
            )}
          </div>
        </>
      )}
      <CallDetails
        call={opened}
        attempts={opened === null ? [] : calls.filter((call) => call.callId === opened.callId).reverse()}
        tools={tools}
        slug={slug}
        onClose={() => setOpened(null)}
      />
    </PageFrame>
  );
}
