"use client";

import { KeyRound } from "lucide-react";
import { useTRPCClient } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardFooter, CardHeader, CardTitle } from "@/components/ui/card";
import { useWorkspace } from "@/components/workspace-context";
import type { CatalogueEntry, ConnectionState, ConnectionView } from "@/server/integrations/catalogue";
import { CapabilitySwitches } from "./capability-switches";
import { ConnectionFacts } from "./connection-facts";
import { ConnectionHealth } from "./connection-health";
import { DisconnectDialog } from "./disconnect-dialog";
import { RecentCalls } from "./recent-calls";

export interface ConnectionSectionProps {
  readonly tool: CatalogueEntry;
  readonly connection: ConnectionView;
  /** Resolves once what has changed is shown. */
  readonly onChanged: () => Promise<unknown>;
  /** Opens a consent for this connection that switches these capabilities on; none: signs it in again. */
  readonly onConsent: (enable: readonly string[]) => void;
}

/** One connection in full: health, facts, capabilities, its newest calls, and the way out. */
export function ConnectionSection({ tool, connection, onChanged, onConsent }: ConnectionSectionProps) {
  const { slug, can } = useWorkspace();
  const client = useTRPCClient();
  return (
    <section aria-label={`Connection as ${connection.accountName}`} className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <Card>
        <CardContent className="border-b">
          <ConnectionHealth connection={connection} />
          {can("connections.manage") && signsInAgain.has(connection.status.state) ? (
            <Button className="mt-3" onClick={() => onConsent([])}>
              <KeyRound /> Sign in again
            </Button>
          ) : null}
        </CardContent>
        <CardContent className="py-1.5">
          <ConnectionFacts connection={connection} slug={slug} />
        </CardContent>
        {can("connections.manage") ? (
          <CardFooter>
            <p className="min-w-0 flex-1 basis-56 text-muted-foreground text-xs">
              Disconnecting ends the access at {tool.name} and deletes what the hub kept of it.
            </p>
            {signsInAgain.has(connection.status.state) || connection.status.state === "disconnecting" ? null : (
              <Button variant="outline" onClick={() => onConsent([])}>
                <KeyRound /> Sign in again
              </Button>
            )}
            <DisconnectDialog
              connection={connection}
              toolName={tool.name}
              disconnect={() => client.connections.disconnect.mutate({ workspace: slug, connection: connection.id })}
              onDone={() => void onChanged()}
            />
          </CardFooter>
        ) : null}
      </Card>
      <Card>
        <CardHeader>
          <div>
            <CardTitle>Capabilities</CardTitle>
            <CardDescription>
              Changes appear in {tool.name} {actor(tool, connection)}.
            </CardDescription>
          </div>
        </CardHeader>
        <CardContent className="py-1.5">
          <CapabilitySwitches
            tool={tool}
            connection={connection}
            onChanged={onChanged}
            onConsent={(capability) => onConsent([capability])}
          />
        </CardContent>
      </Card>
      {can("calls.read") ? <RecentCalls tool={tool} connection={connection.id} /> : null}
    </section>
  );
}

/** States that a new sign-in mends. */
const signsInAgain: ReadonlySet<ConnectionState> = new Set(["reauth_required", "failed"]);

const actor = (tool: CatalogueEntry, connection: ConnectionView) =>
  tool.actsAs === "person" ? `as ${connection.accountName}` : "as the hub’s app";
