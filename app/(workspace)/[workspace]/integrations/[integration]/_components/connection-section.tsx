"use client";

import { CapabilityList } from "@/components/capability-list";
import { useTRPCClient } from "@/components/trpc/provider";
import { Card, CardContent, CardDescription, CardFooter, CardHeader, CardTitle } from "@/components/ui/card";
import { useWorkspace } from "@/components/workspace-context";
import type { CatalogueEntry, ConnectionView } from "@/server/integrations/catalogue";
import { ConnectionFacts } from "./connection-facts";
import { ConnectionHealth } from "./connection-health";
import { DisconnectDialog } from "./disconnect-dialog";
import { RecentCalls } from "./recent-calls";

export interface ConnectionSectionProps {
  readonly tool: CatalogueEntry;
  readonly connection: ConnectionView;
  readonly onChanged: () => void;
}

/** One connection in full: health, facts, capabilities, its newest calls, and the way out. */
export function ConnectionSection({ tool, connection, onChanged }: ConnectionSectionProps) {
  const { slug, can } = useWorkspace();
  const client = useTRPCClient();
  return (
    <section aria-label={`Connection as ${connection.accountName}`} className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <Card>
        <CardContent className="border-b">
          <ConnectionHealth connection={connection} />
        </CardContent>
        <CardContent className="py-1.5">
          <ConnectionFacts connection={connection} slug={slug} />
        </CardContent>
        {can("connections.manage") ? (
          <CardFooter>
            <p className="min-w-0 flex-1 basis-56 text-muted-foreground text-xs">
              Disconnecting ends the access at {tool.name} and deletes what the hub kept of it.
            </p>
            <DisconnectDialog
              connection={connection}
              toolName={tool.name}
              disconnect={async () => {
                const receipt = await client.connections.disconnect.mutate({ workspace: slug, connection: connection.id });
                return {
                  revoked: receipt.revoked,
                  deleted: ["The tokens are deleted from the vault.", purgedWords(receipt.purged.files)],
                };
              }}
              onDone={onChanged}
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
          <CapabilityList capabilities={tool.capabilities} states={connection.capabilityStates} />
        </CardContent>
      </Card>
      {can("calls.read") ? <RecentCalls tool={tool} connection={connection.id} /> : null}
    </section>
  );
}

const actor = (tool: CatalogueEntry, connection: ConnectionView) =>
  tool.actsAs === "person" ? `as ${connection.accountName}` : "as the hub’s app";

function purgedWords(files: number): string {
  if (files === 0) return "No copy of a file was kept.";
  return files === 1 ? "The copy of 1 file is deleted." : `The copies of ${files.toLocaleString("en")} files are deleted.`;
}
