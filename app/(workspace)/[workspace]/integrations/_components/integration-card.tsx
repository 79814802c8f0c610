"use client";

import { FolderOpen, KeyRound, Plug, SlidersHorizontal } from "lucide-react";
import Link from "next/link";
import { CapabilitySummary } from "@/components/capability-list";
import { ConnectionStatusLabel } from "@/components/connection-status";
import { filesUrl } from "@/components/files-url";
import { ToolIcon } from "@/components/tool-icon";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import type { CatalogueEntry, ConnectionView } from "@/server/integrations/catalogue";
import { ConnectionAccount } from "./connection-account";
import { MissingVariables } from "./missing-variables";
import { useConnectionHealth } from "./use-connection-health";

export interface IntegrationCardProps {
  readonly entry: CatalogueEntry;
  /** The workspace's slug. */
  readonly slug: string;
  readonly mayManage: boolean;
  readonly onConnect: () => void;
}

/** One tool: what it is, how it stands in words, whose account, how its connections do, what is granted, and the next thing to do. */
export function IntegrationCard({ entry, slug, mayManage, onConnect }: IntegrationCardProps) {
  const detail = `/${slug}/integrations/${entry.id}`;
  const first = entry.connections[0];
  return (
    <li data-slot="integration-card" className="flex flex-col rounded-lg border bg-card shadow-raised">
      <div className="flex items-start gap-3 p-4 pb-3">
        <ToolIcon
          icon={entry.icon}
          gradient={entry.gradient}
          size="lg"
          quiet={!entry.available || entry.status.state === "not_configured"}
        />
        <div className="min-w-0 flex-1">
          <div className="flex items-center gap-2">
            <h2 className="min-w-0 truncate font-semibold text-base">
              <Link href={detail} className="rounded-sm hover:text-link">
                {entry.name}
              </Link>
            </h2>
            <Badge className="ms-auto">{entry.category}</Badge>
          </div>
          <p className="text-muted-foreground">{entry.description}</p>
        </div>
      </div>

      <div className="grid flex-1 content-start gap-3 px-4 pb-4">
        <div className="grid gap-1">
          <ConnectionStatusLabel state={entry.status.state} available={entry.available} />
          <StatusReason entry={entry} mayManage={mayManage} />
        </div>

        {entry.connections.length === 0 ? null : (
          <dl className="grid grid-cols-[5.5rem_minmax(0,1fr)] gap-x-3 gap-y-1 border-t pt-3">
            <dt className="text-muted-foreground">{entry.connections.length === 1 ? "Account" : "Accounts"}</dt>
            <dd className="grid gap-1">
              {entry.connections.map((connection) => (
                <ConnectionAccount key={connection.id} connection={connection} />
              ))}
            </dd>
            <dt className="text-muted-foreground">Health</dt>
            <dd className="grid gap-1">
              {entry.connections.map((connection) => (
                <ConnectionWords key={connection.id} connection={connection} />
              ))}
            </dd>
          </dl>
        )}

        <CapabilitySummary capabilities={entry.capabilities} states={entry.capabilityStates} className="border-t pt-3" />
      </div>

      <div className="flex min-h-13 flex-wrap items-center gap-2 rounded-b-lg border-t bg-muted/50 px-4 py-2.5">
        {first === undefined ? (
          <ConnectAction entry={entry} mayManage={mayManage} onConnect={onConnect} />
        ) : entry.status.state === "reauth_required" && mayManage ? (
          <Button size="sm" onClick={onConnect}>
            <KeyRound /> Sign in again
          </Button>
        ) : (
          <Button size="sm" variant="outline" asChild>
            <Link href={filesUrl(slug, first.path)}>
              <FolderOpen /> Open files
            </Link>
          </Button>
        )}
        <Button size="sm" variant="ghost" asChild>
          <Link href={detail}>
            <SlidersHorizontal /> Details
            <span className="sr-only">of {entry.name}</span>
          </Link>
        </Button>
      </div>
    </li>
  );
}

/** How a connection does beside its status: token, sync, what the limits leave, what failed last. */
function ConnectionWords({ connection }: { readonly connection: ConnectionView }) {
  const { sentences } = useConnectionHealth(connection);
  return <p>{sentences.slice(1).join(" ")}</p>;
}

/** The status in words, where they say more than the label does. */
function StatusReason({ entry, mayManage }: Pick<IntegrationCardProps, "entry" | "mayManage">) {
  const { status } = entry;
  if (status.state === "not_configured") {
    return (
      <div className="text-muted-foreground">
        {entry.available ? "It waits for these variables:" : "Comes in a later version, and will wait for:"}
        <MissingVariables names={status.missingVariables} />
      </div>
    );
  }
  if (!entry.available) return <p className="text-muted-foreground">Comes in a later version.</p>;
  if (status.state === "connected" || status.state === "disconnected") return null;
  const grantUrl = status.state === "missing_scope" && mayManage ? status.actionUrl : null;
  return (
    <p className="text-muted-foreground">
      {status.reason}
      {grantUrl === null ? null : (
        <>
          {" "}
          <Link href={grantUrl} className="text-link">
            Grant it
          </Link>
        </>
      )}
    </p>
  );
}

function ConnectAction({ entry, mayManage, onConnect }: Pick<IntegrationCardProps, "entry" | "mayManage" | "onConnect">) {
  if (!entry.available || entry.status.state === "not_configured") return null;
  if (!mayManage) return <p className="text-muted-foreground text-xs">An admin or the owner can connect it.</p>;
  return (
    <Button size="sm" onClick={onConnect} disabled={entry.status.state === "disconnecting"}>
      <Plug /> Connect <span className="sr-only">{entry.name}</span>
    </Button>
  );
}
