"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
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
  const [opened, setOpened] = useState<CallRow | null>(null);
  const rows = calls.data?.calls ?? [];
  const tools = { [tool.id]: tool };
  return (
    <div className="min-w-0 lg:col-span-2">
      <h2 className="mb-3 font-semibold text-base">Recent calls</h2>
      {calls.isError ? (
        <ErrorState error={calls.error} title="The calls did not load" onRetry={() => void calls.refetch()} retrying={calls.isFetching} />
      ) : calls.data === undefined ? (
        <CallTableSkeleton rows={2} />
      ) : rows.length === 0 ? (
        <p className="rounded-lg border border-dashed px-4 py-6 text-center text-muted-foreground">No calls yet.</p>
      ) : (
        <CallTable calls={rows} tools={tools} caption={`Newest calls to ${tool.name}`} onOpen={setOpened} />
      )}
      <CallDetails
        call={opened}
        attempts={opened === null ? [] : rows.filter((row) => row.callId === opened.callId).reverse()}
        tools={tools}
        slug={slug}
        onClose={() => setOpened(null)}
      />
    </div>
  );
}
