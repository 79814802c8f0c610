"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useCallback, useState } from "react";
import { CallDetails } from "@/components/calls/call-details";
import type { CallRow } from "@/components/calls/call-row";
import { CallTable } from "@/components/calls/call-table";
import { CallTableSkeleton } from "@/components/calls/call-table-skeleton";
import { ErrorState } from "@/components/error-state";
import { useTRPC } from "@/components/trpc/provider";
import { useWorkspace } from "@/components/workspace-context";
import type { CatalogueEntry } from "@/server/integrations/catalogue";
import { recentCallCount } from "./recent-call-count";

/** A connection's newest calls. */
export function RecentCalls({ tool, connection }: { readonly tool: CatalogueEntry; readonly connection: string }) {
  const { slug } = useWorkspace();
  const trpc = useTRPC();
  const calls = useQuery(trpc.calls.list.queryOptions({ workspace: slug, connection, limit: recentCallCount }));
  const [opened, setOpened] = useState<string | null>(null);
  const open = useCallback((call: CallRow) => setOpened(call.id), []);
  const rows = calls.data?.calls ?? [];
  const tools = { [tool.id]: tool };
  return (
    <div className="min-w-0 lg:col-span-2">
      <div className="mb-3 flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h2 className="font-semibold text-base">Recent calls</h2>
        {rows.length === 0 ? null : (
          <Link href={`/${slug}/activity?connection=${connection}`} className="text-link text-sm">
            All calls of this connection
          </Link>
        )}
      </div>
      {calls.isError ? (
        <ErrorState error={calls.error} title="The calls did not load" onRetry={() => void calls.refetch()} retrying={calls.isFetching} />
      ) : calls.data === undefined ? (
        <CallTableSkeleton rows={2} />
      ) : rows.length === 0 ? (
        <p className="rounded-lg border border-dashed px-4 py-6 text-center text-muted-foreground">No calls yet.</p>
      ) : (
        <CallTable calls={rows} tools={tools} caption={`Newest calls to ${tool.name}`} onOpen={open} />
      )}
      <CallDetails
        callId={opened}
        known={rows.find((row) => row.id === opened) ?? null}
        tools={tools}
        slug={slug}
        onOpen={setOpened}
        onClose={() => setOpened(null)}
      />
    </div>
  );
}
