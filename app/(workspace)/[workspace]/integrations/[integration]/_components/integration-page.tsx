"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, Clock, KeyRound, Plug, Settings2 } from "lucide-react";
import Link from "next/link";
import { useCallback, useState } from "react";
import { CapabilityList } from "@/components/capability-list";
import { ConnectDialog } from "@/components/connect/connect-dialog";
import { ConnectionStatusLabel } from "@/components/connection-status";
import { ErrorState } from "@/components/error-state";
import { PageFrame } from "@/components/page-frame";
import { ToolIcon } from "@/components/tool-icon";
import { useTRPC } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { useWorkspace } from "@/components/workspace-context";
import type { CatalogueEntry } from "@/server/integrations/catalogue";
import { MissingVariables } from "../../_components/missing-variables";
import { ConnectionSection } from "./connection-section";
import { IntegrationSkeleton } from "./integration-skeleton";

export function IntegrationPage({ integration }: { readonly integration: string }) {
  const { slug, can } = useWorkspace();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const entry = useQuery(trpc.catalogue.get.queryOptions({ workspace: slug, integration }));
  const [connecting, setConnecting] = useState<CatalogueEntry | null>(null);
  const reload = useCallback(() => {
    for (const queryKey of [trpc.catalogue.pathKey(), trpc.vfs.pathKey(), trpc.connections.pathKey()]) {
      void queries.invalidateQueries({ queryKey });
    }
  }, [queries, trpc]);
  const back = (
    <Link
      href={`/${slug}/integrations`}
      className="mb-3 inline-flex items-center gap-1.5 text-muted-foreground text-sm hover:text-foreground"
    >
      <ArrowLeft aria-hidden="true" className="size-4" /> Integrations
    </Link>
  );

  if (entry.data === undefined) {
    return (
      <PageFrame back={back} title={entry.isError ? "Integration" : <span className="text-muted-foreground">Loading</span>}>
        {entry.isError ? (
          <ErrorState
            error={entry.error}
            title="This integration did not load"
            onRetry={() => void entry.refetch()}
            retrying={entry.isFetching}
          />
        ) : (
          <IntegrationSkeleton />
        )}
      </PageFrame>
    );
  }

  const tool = entry.data;
  const mayConnect = can("connections.manage") && tool.available && tool.status.state !== "not_configured";
  return (
    <PageFrame
      back={back}
      title={
        <span className="flex items-center gap-3">
          <ToolIcon icon={tool.icon} gradient={tool.gradient} size="lg" />
          {tool.name}
        </span>
      }
      lead={tool.description}
      actions={
        mayConnect ? (
          <Button
            variant={tool.connections.length === 0 || tool.status.state === "reauth_required" ? "default" : "outline"}
            onClick={() => setConnecting(tool)}
          >
            {tool.status.state === "reauth_required" ? <KeyRound /> : <Plug />}
            {tool.status.state === "reauth_required"
              ? "Sign in again"
              : tool.connections.length === 0
                ? "Connect"
                : "Connect another account"}
          </Button>
        ) : null
      }
    >
      {tool.connections.length === 0 ? (
        <NotConnected tool={tool} mayManage={can("connections.manage")} />
      ) : (
        <div className="grid gap-8">
          {tool.connections.map((connection) => (
            <ConnectionSection key={connection.id} tool={tool} connection={connection} onChanged={reload} />
          ))}
        </div>
      )}
      <ConnectDialog
        entry={connecting}
        returnPath={`/${slug}/integrations/${tool.id}`}
        onClose={() => {
          setConnecting(null);
          void entry.refetch();
        }}
        onConnected={reload}
      />
    </PageFrame>
  );
}

function NotConnected({ tool, mayManage }: { readonly tool: CatalogueEntry; readonly mayManage: boolean }) {
  const unset = tool.status.state === "not_configured" ? tool.status.missingVariables : null;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <Card>
        <EmptyState
          icon={tool.available ? (unset === null ? Plug : Settings2) : Clock}
          title={
            tool.available ? (unset === null ? `${tool.name} is not connected` : `${tool.name} is not configured`) : "Not available yet"
          }
        >
          {tool.available ? null : <p>{tool.name} can be connected in a later version of the hub.</p>}
          {unset === null ? null : (
            <div className="grid justify-items-center gap-1">
              <p>{tool.available ? "Whoever runs this hub sets these variables and restarts it:" : "It will need these variables:"}</p>
              <MissingVariables names={unset} />
              <p className="mt-3">
                The app registered at {tool.name} needs this redirect address:
                <code className="mt-1 block break-all font-mono text-foreground text-xs">{tool.oauth.redirectUri}</code>
              </p>
            </div>
          )}
          {tool.available && unset === null ? (
            <p>
              {mayManage ? `Its records will be files under ${tool.vfsPath}.` : "An admin or the owner of this workspace can connect it."}
            </p>
          ) : null}
        </EmptyState>
      </Card>
      <Card>
        <CardHeader>
          <CardTitle>Capabilities</CardTitle>
          <ConnectionStatusLabel state={tool.status.state} available={tool.available} className="ms-auto" />
        </CardHeader>
        <CardContent className="py-1.5">
          <CapabilityList capabilities={tool.capabilities} states={tool.capabilityStates} />
        </CardContent>
      </Card>
    </div>
  );
}
