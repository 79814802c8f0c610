import Link from "next/link";
import { ConnectionStatusLabel } from "@/components/connection-status";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { type ConnectionState, connectionStates } from "@/server/integrations/catalogue";
import type { Node } from "@/server/vfs/node";
import { Details } from "./details";
import { NodeIcon } from "./node-icon";
import { UploadButton } from "./upload-button";

const isState = (text: string): text is ConnectionState => connectionStates.some((state) => state === text);

/** What stands beside a folder's list: what it is, and for a tool how its connection is doing. */
export function DirectoryPane({ workspace, node }: { readonly workspace: string; readonly node: Node | undefined }) {
  if (node === undefined) {
    return (
      <div className="grid content-start gap-3 p-5" aria-hidden="true">
        <Skeleton className="h-5 w-40" />
        <Skeleton className="h-4 w-64 max-w-full" />
        <Skeleton className="h-4 w-56 max-w-full" />
      </div>
    );
  }
  const { connection } = node;
  return (
    <section aria-label={`About ${node.name}`} className="overflow-y-auto p-5">
      <h2 dir="auto" className="flex items-center gap-2 break-words font-semibold">
        <NodeIcon node={node} /> {node.name}
      </h2>
      <p className="mt-1 mb-5 max-w-prose text-muted-foreground text-sm">{describe(node)}</p>
      {connection === null || node.mount !== node.path ? null : (
        <div className="mb-5 rounded-lg border bg-card p-4 text-sm">
          {isState(connection.status) ? <ConnectionStatusLabel state={connection.status} /> : null}
          {connection.reason === null ? null : <p className="mt-1 text-muted-foreground">{connection.reason}</p>}
          {connection.actionUrl === null ? null : (
            <Button asChild size="sm" className="mt-3">
              <Link href={connection.actionUrl}>{connection.status === "stopped" ? "Open the settings" : "Open its integration page"}</Link>
            </Button>
          )}
        </div>
      )}
      {node.uploadBytes === null ? null : (
        <div className="mb-5">
          <UploadButton workspace={workspace} path={node.path} maxBytes={node.uploadBytes} />
        </div>
      )}
      <Details node={node} />
    </section>
  );
}

const descriptions: Readonly<Record<string, string>> = {
  "/context": "Everything this workspace's people, apps and agents share: its tools, its memory, and what is yours alone.",
  "/context/tools": "The connected tools. Each is a folder; what stands in it is the tool's own data, read and written there.",
  "/context/memory": "What the workspace remembers, in four tiers by how long.",
  "/context/memory/scratchpad": "Working notes: gone 24 hours after their last use, and at the latest 72 hours after they were made.",
  "/context/memory/episodic": "What happened: gone 30 days after its last use, and at the latest after 90.",
  "/context/memory/facts": "What is true: kept until someone removes it.",
  "/context/memory/experiential": "What was learnt by doing: kept until someone removes it.",
  "/context/user": "Yours alone: nobody else in the workspace sees it.",
  "/context/user/preferences": "How you like things done, for the agents that work for you.",
  "/context/user/history": "Your conversations, a file a day; they are added to, never changed.",
};

function describe(node: Node): string {
  const known = descriptions[node.path];
  if (known !== undefined) return known;
  if (node.integration !== null) return "A folder of the tool. Its files are the tool's own records; changing one changes it there.";
  return "A folder.";
}
