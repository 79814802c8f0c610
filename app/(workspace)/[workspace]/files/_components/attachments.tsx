"use client";

import { useQuery } from "@tanstack/react-query";
import { Download, Paperclip } from "lucide-react";
import Link from "next/link";
import { ErrorState } from "@/components/error-state";
import { filesUrl } from "@/components/files-url";
import { formatBytes } from "@/components/format-time";
import { useTRPC } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { Skeleton } from "@/components/ui/skeleton";
import { bytesUrl } from "./bytes-url";
import { directoryInput, firstSort } from "./directory-query";
import { splitName } from "./path-url";
import { UploadButton } from "./upload-button";

/** How often a directory that the hub is still reading from the tool is looked at again, in milliseconds. */
const walkPollMs = 1_000;

/** An item's attachments: each opens as a file of its own, or is saved; and room for one more where the tool takes it. */
export function Attachments({ workspace, path }: { readonly workspace: string; readonly path: string }) {
  const trpc = useTRPC();
  const directory = useQuery(trpc.vfs.stat.queryOptions({ workspace, path }));
  const list = useQuery({
    ...trpc.vfs.list.queryOptions({ ...directoryInput(workspace, path, firstSort), limit: 200 }),
    refetchInterval: ({ state }) => (state.data?.complete === false ? walkPollMs : false),
  });
  const maxBytes = directory.data?.uploadBytes ?? null;
  if (list.error !== null)
    return <ErrorState error={list.error} title="The attachments were not read" onRetry={() => void list.refetch()} />;
  if (list.data === undefined) {
    return (
      <div role="status" aria-label="Reading the attachments" className="grid gap-2 p-4">
        <Skeleton className="h-9" />
        <Skeleton className="h-9" />
      </div>
    );
  }
  const { nodes } = list.data;
  return (
    <div className="grid content-start gap-3 p-4">
      {nodes.length === 0 && list.data.complete ? <EmptyState icon={Paperclip} title="No attachments" className="py-8" /> : null}
      {nodes.length === 0 ? null : (
        <ul aria-label="Attachments" className="divide-y rounded-lg border bg-card">
          {nodes.map((node) => (
            <li key={node.path} className="flex items-center gap-3 px-3 py-1.5">
              <Paperclip aria-hidden="true" className="size-4 shrink-0 text-muted-foreground" />
              <Link href={filesUrl(workspace, node.path)} dir="auto" className="min-w-0 flex-1 truncate text-sm hover:underline">
                {splitName(node.name, node.objectKind !== null).human}
              </Link>
              <span className="shrink-0 text-muted-foreground text-xs tabular-nums">
                {node.sizeBytes === null ? "" : formatBytes(node.sizeBytes)}
              </span>
              <Button asChild variant="ghost" size="icon-sm">
                <a href={bytesUrl(workspace, node.path)} download aria-label={`Download ${node.name}`}>
                  <Download />
                </a>
              </Button>
            </li>
          ))}
        </ul>
      )}
      {maxBytes === null ? null : (
        <div>
          <UploadButton workspace={workspace} path={path} maxBytes={maxBytes} />
        </div>
      )}
    </div>
  );
}
