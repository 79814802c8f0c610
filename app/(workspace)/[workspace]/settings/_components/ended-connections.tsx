"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { ReceiptText } from "lucide-react";
import { ErrorState } from "@/components/error-state";
import { Revocation } from "@/components/revocation";
import { RelativeTime } from "@/components/time";
import { useTRPC } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { Skeleton } from "@/components/ui/skeleton";
import { useWorkspace } from "@/components/workspace-context";

/** The receipts of connections that have ended: what each tool answered, and what was deleted here. */
export function EndedConnections() {
  const { slug } = useWorkspace();
  const trpc = useTRPC();
  const receipts = useInfiniteQuery(
    trpc.connections.receipts.infiniteQueryOptions(
      { workspace: slug, limit: 10 },
      { getNextPageParam: (page) => page.cursor ?? undefined },
    ),
  );
  const rows = receipts.data?.pages.flatMap((page) => page.receipts) ?? [];
  return (
    <Card id="ended">
      <CardHeader>
        <div>
          <CardTitle>Ended connections</CardTitle>
          <CardDescription>The receipt of every disconnect: what the tool answered, and what was deleted here.</CardDescription>
        </div>
      </CardHeader>
      <CardContent>
        {receipts.data === undefined ? (
          receipts.isError ? (
            <ErrorState
              error={receipts.error}
              title="The receipts did not load"
              onRetry={() => void receipts.refetch()}
              retrying={receipts.isFetching}
            />
          ) : (
            <Skeleton role="status" aria-label="Loading the receipts" className="h-24 w-full" />
          )
        ) : rows.length === 0 ? (
          <EmptyState icon={ReceiptText} title="No connection has ended yet" />
        ) : (
          <ul className="grid grid-cols-[minmax(0,1fr)] gap-4">
            {rows.map((receipt) => (
              <li key={receipt.connection} className="grid grid-cols-[minmax(0,1fr)] gap-1 border-b pb-4 last:border-b-0 last:pb-0">
                <p className="break-words">
                  <span className="font-medium">{receipt.tool}</span>
                  {receipt.account === null ? ", a private connection" : `, ${receipt.account}`}
                  <span className="text-muted-foreground">
                    , {receipt.by === null ? "by the hub" : `by ${receipt.by}`} <RelativeTime at={receipt.at} />
                  </span>
                </p>
                <Revocation {...receipt.revoked} />
                {receipt.alsoEnded.length === 0 ? null : (
                  <p className="text-warning">
                    {receipt.alsoEnded.length === 1 ? "Another connection" : `${receipt.alsoEnded.length} other connections`} of this
                    account ended with it.
                  </p>
                )}
                <p className="text-muted-foreground text-xs">
                  Deleted here: the tokens and {receipt.purged.files.toLocaleString("en")} mirrored entries.
                </p>
              </li>
            ))}
          </ul>
        )}
        {receipts.hasNextPage ? (
          <Button variant="outline" className="mt-4" onClick={() => void receipts.fetchNextPage()} disabled={receipts.isFetchingNextPage}>
            {receipts.isFetchingNextPage ? "Loading" : "Show more"}
          </Button>
        ) : null}
      </CardContent>
    </Card>
  );
}
