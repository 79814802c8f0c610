"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { ConnectDialog, type ConsentTarget } from "@/components/connect/connect-dialog";
import { ErrorState } from "@/components/error-state";
import { PageFrame } from "@/components/page-frame";
import { useTRPC } from "@/components/trpc/provider";
import { useWorkspace } from "@/components/workspace-context";
import type { CatalogueEntry } from "@/server/integrations/catalogue";
import { integrationsLead } from "./integrations-lead";
import { IntegrationsSkeleton, IntegrationsView } from "./integrations-view";

/** States that end by themselves: the page looks again until they have. */
const passing: ReadonlySet<CatalogueEntry["status"]["state"]> = new Set(["connecting", "syncing", "limited", "disconnecting"]);
const passingMs = 4_000;
/** The cards count minutes. */
const refreshMs = 60_000;

export function IntegrationsPage() {
  const { slug, demo, can } = useWorkspace();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const catalogue = useQuery(
    trpc.catalogue.list.queryOptions(
      { workspace: slug },
      { refetchInterval: ({ state }) => (state.data?.some((entry) => passing.has(entry.status.state)) ? passingMs : refreshMs) },
    ),
  );
  const [connecting, setConnecting] = useState<CatalogueEntry | null>(null);
  const onConnected = useCallback(() => {
    void queries.invalidateQueries({ queryKey: trpc.catalogue.pathKey() });
    void queries.invalidateQueries({ queryKey: trpc.vfs.pathKey() });
  }, [queries, trpc]);

  return (
    <PageFrame title="Integrations" lead={integrationsLead}>
      {catalogue.data !== undefined ? (
        <IntegrationsView
          entries={catalogue.data}
          slug={slug}
          mayManage={can("connections.manage")}
          demo={demo}
          onConnect={setConnecting}
        />
      ) : catalogue.isError ? (
        <ErrorState
          error={catalogue.error}
          title="The integrations did not load"
          onRetry={() => void catalogue.refetch()}
          retrying={catalogue.isFetching}
        />
      ) : (
        <IntegrationsSkeleton />
      )}
      <ConnectDialog
        entry={connecting}
        target={connecting === null ? null : deadTarget(connecting)}
        returnPath={`/${slug}/integrations`}
        onClose={() => {
          setConnecting(null);
          void catalogue.refetch();
        }}
        onConnected={onConnected}
      />
    </PageFrame>
  );
}

/** "Sign in again" on a card is for the connection whose authorization died. */
function deadTarget({ connections }: CatalogueEntry): ConsentTarget | null {
  const dead = connections.find(({ status }) => status.state === "reauth_required");
  return dead === undefined ? null : { connection: dead, enable: [] };
}
