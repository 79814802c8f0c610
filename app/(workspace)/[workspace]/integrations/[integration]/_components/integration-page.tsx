"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, Clock, Plug, Settings2 } from "lucide-react";
import Link from "next/link";
import { useCallback, useState } from "react";
import { CapabilityList } from "@/components/capability-list";
import { ConnectDialog } from "@/components/connect/connect-dialog";
import { ConnectionStatusLabel } from "@/components/connection-status";
import { ErrorState } from "@/components/error-state";
import { PageFrame } from "@/components/page-frame";
import { ToolIcon } from "@/components/tool-icon";
import { useTRPC } from "@/components/trpc/provider";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { useWorkspace } from "@/components/workspace-context";
import type { CatalogueEntry } from "@/server/integrations/catalogue";
import { MissingVariables } from "../../_components/missing-variables";
import { ConnectionSection } from "./connection-section";
import { FlowQuestions } from "./flow-questions";
import { IntegrationSkeleton } from "./integration-skeleton";
import { type AskedConsent, useAskedConsent } from "./use-asked-consent";

export function IntegrationPage({ integration }: { readonly integration: string }) {
  const { slug, can } = useWorkspace();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const entry = useQuery(trpc.catalogue.get.queryOptions({ workspace: slug, integration }));
  const [isConnecting, setConnecting] = useState(false);
  const [chosen, setChosen] = useState<AskedConsent | null>(null);
  const { asked, clear } = useAskedConsent();
  const reload = useCallback(
    () =>
      Promise.all(
        [trpc.catalogue.pathKey(), trpc.vfs.pathKey(), trpc.connections.pathKey()].map((queryKey) =>
          queries.invalidateQueries({ queryKey }),
        ),
      ),
    [queries, trpc],
  );
  const reloadConnected = useCallback(() => void reload(), [reload]);
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
  // A choice on the page goes before the address; both are offered to those only who may.
  const wanted = chosen ?? asked;
  const wantedConnection = tool.connections.find(({ id }) => id === wanted?.connection);
  const target =
    mayConnect && wanted !== null && wantedConnection !== undefined ? { connection: wantedConnection, enable: wanted.enable } : null;
  const close = () => {
    setConnecting(false);
    setChosen(null);
    if (asked !== null) clear();
    void entry.refetch();
  };
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
          <Button variant={tool.connections.length === 0 ? "default" : "outline"} onClick={() => setConnecting(true)}>
            <Plug /> {tool.connections.length === 0 ? "Connect" : "Connect another account"}
          </Button>
        ) : null
      }
    >
      {asked !== null && target === null ? <AskedInVain asked={asked} tool={tool} mayManage={can("connections.manage")} /> : null}
      {isConnecting || target !== null ? null : <FlowQuestions integration={tool.id} onAnswered={() => void reload()} />}
      {tool.connections.length === 0 ? (
        <NotConnected tool={tool} mayManage={can("connections.manage")} />
      ) : (
        <div className="grid gap-8">
          {tool.connections.map((connection) => (
            <ConnectionSection
              key={connection.id}
              tool={tool}
              connection={connection}
              onChanged={reload}
              onConsent={(enable) => setChosen({ connection: connection.id, enable })}
            />
          ))}
        </div>
      )}
      <ConnectDialog
        entry={isConnecting || target !== null ? tool : null}
        target={isConnecting ? null : target}
        returnPath={`/${slug}/integrations/${tool.id}`}
        onClose={close}
        onConnected={reloadConnected}
      />
    </PageFrame>
  );
}

/** The address offers a consent of a connection that is not there, or to a person who cannot give it. */
function AskedInVain({
  asked,
  tool,
  mayManage,
}: {
  readonly asked: AskedConsent;
  readonly tool: CatalogueEntry;
  readonly mayManage: boolean;
}) {
  if (!tool.connections.some(({ id }) => id === asked.connection)) {
    return <Alert className="mb-6">The connection that this address names is not there any more, or is somebody else’s.</Alert>;
  }
  if (mayManage) return null;
  const words = asked.enable.map((capability) => capability.replace(":", " ")).join(", ");
  return (
    <Alert variant="info" className="mb-6">
      An admin or the owner of this workspace can {words === "" ? `sign in to ${tool.name} again` : `switch on ${words}`}. Send them the
      address of this page.
    </Alert>
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
