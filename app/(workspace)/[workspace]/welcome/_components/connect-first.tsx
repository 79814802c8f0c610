"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowRight, Plug } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useCallback, useState } from "react";
import { ConnectDialog } from "@/components/connect/connect-dialog";
import { ConnectionStatusLabel } from "@/components/connection-status";
import { ErrorState } from "@/components/error-state";
import { filesUrl } from "@/components/files-url";
import { Steps } from "@/components/first-run-steps";
import { ToolIcon } from "@/components/tool-icon";
import { useTRPC } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { useWorkspace } from "@/components/workspace-context";
import type { CatalogueEntry, ConnectionView } from "@/server/integrations/catalogue";

/** Connects the first tool and goes on to its files; can be skipped. */
export function ConnectFirst() {
  const { slug, demo, can } = useWorkspace();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const catalogue = useQuery(trpc.catalogue.list.queryOptions({ workspace: slug }));
  const [connecting, setConnecting] = useState<CatalogueEntry | null>(null);
  const onConnected = useCallback(
    (connection: ConnectionView | null) => {
      void queries.invalidateQueries({ queryKey: trpc.catalogue.pathKey() });
      void queries.invalidateQueries({ queryKey: trpc.vfs.pathKey() });
      router.push(connection === null ? `/${slug}/files` : filesUrl(slug, connection.path));
    },
    [queries, trpc, router, slug],
  );

  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto w-full max-w-xl px-4 py-10 sm:py-16">
        <Steps current={1} />
        <h1 className="mt-6 font-semibold text-2xl">Connect your first tool</h1>
        <p className="mt-2 mb-6 text-base text-muted-foreground">
          Its records become files here. {demo ? "This is the demo, so its tools are a sandbox on this machine." : null}
        </p>
        {catalogue.data !== undefined ? (
          <ul className="divide-y rounded-lg border bg-card shadow-raised">
            {[...catalogue.data]
              .sort((a, b) => Number(canConnect(b)) - Number(canConnect(a)))
              .map((entry) => (
                <li key={entry.id} className="flex min-h-16 items-center gap-3 px-4 py-2.5">
                  <ToolIcon icon={entry.icon} gradient={entry.gradient} size="lg" quiet={!canConnect(entry)} />
                  <div className="min-w-0 flex-1">
                    <h2 className="font-medium">{entry.name}</h2>
                    <p className="truncate text-muted-foreground text-xs">{entry.description}</p>
                  </div>
                  <Action entry={entry} slug={slug} mayManage={can("connections.manage")} onConnect={() => setConnecting(entry)} />
                </li>
              ))}
          </ul>
        ) : catalogue.isError ? (
          <ErrorState
            error={catalogue.error}
            title="The tools did not load"
            onRetry={() => void catalogue.refetch()}
            retrying={catalogue.isFetching}
          />
        ) : (
          <div role="status" aria-label="Loading the tools" className="divide-y rounded-lg border bg-card">
            {["a", "b", "c", "d", "e"].map((key) => (
              <div key={key} className="flex h-16 items-center gap-3 px-4">
                <Skeleton className="size-10 rounded-lg" />
                <Skeleton className="h-5 w-36" />
              </div>
            ))}
          </div>
        )}
        <div className="mt-6">
          <Button variant="ghost" size="lg" asChild>
            <Link href={`/${slug}/files`}>
              Skip <ArrowRight />
            </Link>
          </Button>
        </div>
      </div>
      <ConnectDialog
        entry={connecting}
        returnPath={`/${slug}/files`}
        onClose={() => {
          setConnecting(null);
          void catalogue.refetch();
        }}
        onConnected={onConnected}
      />
    </div>
  );
}

const canConnect = (entry: CatalogueEntry) => entry.available && entry.status.state !== "not_configured";

function Action({
  entry,
  slug,
  mayManage,
  onConnect,
}: {
  readonly entry: CatalogueEntry;
  readonly slug: string;
  readonly mayManage: boolean;
  readonly onConnect: () => void;
}) {
  const first = entry.connections[0];
  if (first !== undefined) {
    return (
      <Button variant="outline" asChild>
        <Link href={filesUrl(slug, first.path)}>Open files</Link>
      </Button>
    );
  }
  if (!canConnect(entry) || !mayManage)
    return <ConnectionStatusLabel state={entry.status.state} available={entry.available} className="text-xs" />;
  return (
    <Button onClick={onConnect}>
      <Plug /> Connect<span className="sr-only"> {entry.name}</span>
    </Button>
  );
}
