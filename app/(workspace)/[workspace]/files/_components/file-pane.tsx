"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, Download, ExternalLink, FolderInput, Pencil, RefreshCw, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import { type ReactNode, useEffect, useState } from "react";
import { ErrorState } from "@/components/error-state";
import { readFailure } from "@/components/failure";
import { formatBytes } from "@/components/format-time";
import { useTRPC } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { CopyButton } from "@/components/ui/copy-button";
import { EmptyState } from "@/components/ui/empty-state";
import { toast } from "@/components/ui/toaster";
import { Tooltip, TooltipContent, TooltipTrigger } from "@/components/ui/tooltip";
import type { Node, ReadResult } from "@/server/vfs/node";
import { AppendBox, type AppendWords } from "./append-box";
import { Attachments } from "./attachments";
import { bytesUrl } from "./bytes-url";
import { ChangeDialog } from "./change-dialog";
import { Details } from "./details";
import { FileView, TextSkeleton } from "./file-view";
import { NodeIcon } from "./node-icon";
import { splitName } from "./path-url";
import { useChange } from "./use-change";

const CodeEditor = dynamic(() => import("./code-editor"), {
  ssr: false,
  loading: () => (
    <div className="p-4">
      <TextSkeleton />
    </div>
  ),
});

export interface FilePaneProps {
  readonly workspace: string;
  readonly node: Node;
  readonly editing: boolean;
  readonly onEditing: (editing: boolean) => void;
  readonly onRemove: () => void;
  readonly onMove: () => void;
  /** Back to the list, where there is room for one pane only. */
  readonly onBack: () => void;
}

type Tab = "preview" | "thread" | "attachments" | "raw" | "details";

const commenting: AppendWords = { label: "Comment", action: "Add comment", done: "Comment added" };
const adding: AppendWords = { label: "Add to this file", action: "Add", done: "Added" };

/** One file: read, its thread, its bytes, what is known of it; and the editor in its place. */
export function FilePane({ workspace, node, editing, onEditing, onRemove, onMove, onBack }: FilePaneProps) {
  const [tab, setTab] = useState<Tab>("preview");
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const read = useQuery({ ...trpc.vfs.read.queryOptions({ workspace, path: node.path }), enabled: !node.binary });
  const attachments = node.companion !== null && node.parts.includes("attachments") ? `${node.companion}/attachments` : null;
  const tabs: readonly (readonly [Tab, string])[] = [
    ["preview", "Preview"],
    ...(node.formats.includes("thread") ? [["thread", "Thread"] as const] : []),
    ...(attachments === null ? [] : [["attachments", "Attachments"] as const]),
    ...(node.binary ? [] : [["raw", "Raw"] as const]),
    ["details", "Details"],
  ];
  const refresh = async (): Promise<ReadResult> => {
    const fresh = await queryClient.fetchQuery({
      ...trpc.vfs.read.queryOptions({ workspace, path: node.path, fresh: true }),
      staleTime: 0,
    });
    queryClient.setQueryData(trpc.vfs.read.queryKey({ workspace, path: node.path }), fresh);
    return fresh;
  };

  if (editing && read.data !== undefined) {
    return <EditPane workspace={workspace} node={node} file={read.data} onClose={() => onEditing(false)} onReload={refresh} />;
  }
  const canRemove = node.can.includes("remove");
  return (
    <section aria-label={node.name} className="flex h-full min-h-0 flex-col">
      <PaneHeader node={node} onBack={onBack}>
        {node.webUrl === null ? null : (
          <Action label="Open in the tool">
            <Button asChild variant="ghost" size="icon-sm">
              <a href={node.webUrl} target="_blank" rel="noopener noreferrer" aria-label="Open in the tool">
                <ExternalLink />
              </a>
            </Button>
          </Action>
        )}
        <CopyButton value={node.path} label="Copy path" />
        {node.integration === null ? null : (
          <Action label={node.formats.includes("raw") ? "Download the original" : "Download"}>
            <Button asChild variant="ghost" size="icon-sm">
              <a href={bytesUrl(workspace, node.path, node.formats.includes("raw"))} download aria-label="Download">
                <Download />
              </a>
            </Button>
          </Action>
        )}
        <Action label="Read it again from its source">
          <Button variant="ghost" size="icon-sm" aria-label="Refresh" onClick={() => void refresh().catch(sayNotRead)}>
            <RefreshCw className={read.isFetching ? "animate-spin" : undefined} />
          </Button>
        </Action>
        {node.can.includes("move") ? (
          <Action label="Rename or move">
            <Button variant="ghost" size="icon-sm" aria-label="Rename or move" onClick={onMove}>
              <FolderInput />
            </Button>
          </Action>
        ) : null}
        {canRemove ? (
          <Action label={node.integration === null ? "Delete" : "Archive or delete in the tool"}>
            <Button variant="ghost" size="icon-sm" aria-label="Remove" onClick={onRemove}>
              <Trash2 />
            </Button>
          </Action>
        ) : null}
        {node.can.includes("write") ? (
          <Button size="sm" onClick={() => onEditing(true)} disabled={read.data === undefined || read.data.truncated}>
            <Pencil /> Edit
          </Button>
        ) : null}
      </PaneHeader>
      <div role="tablist" aria-label="View" className="flex h-9 shrink-0 items-stretch gap-1 border-b px-3">
        {tabs.map(([key, label], index) => (
          <button
            key={key}
            id={`tab-${key}`}
            role="tab"
            type="button"
            aria-selected={tab === key}
            aria-controls="file-view"
            tabIndex={tab === key ? 0 : -1}
            onClick={() => setTab(key)}
            onKeyDown={(event) => {
              const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
              const next = tabs[(index + by + tabs.length) % tabs.length];
              if (by === 0 || next === undefined) return;
              event.preventDefault();
              setTab(next[0]);
              document.getElementById(`tab-${next[0]}`)?.focus();
            }}
            className={cn(
              "-mb-px border-b-2 px-2 text-sm",
              tab === key ? "border-primary font-medium text-foreground" : "border-transparent text-muted-foreground hover:text-foreground",
            )}
          >
            {label}
          </button>
        ))}
      </div>
      <div
        id="file-view"
        role="tabpanel"
        aria-labelledby={`tab-${tab}`}
        tabIndex={0}
        className="-outline-offset-2 flex min-h-0 flex-1 flex-col overflow-y-auto"
      >
        {tab === "details" ? (
          <div className="p-4">
            <Details node={read.data?.node ?? node} />
          </div>
        ) : tab === "thread" ? (
          <Thread workspace={workspace} node={node} />
        ) : tab === "attachments" && attachments !== null ? (
          <Attachments workspace={workspace} path={attachments} />
        ) : node.binary ? (
          <Bytes workspace={workspace} node={node} />
        ) : (
          <div className="p-4 sm:p-5">
            <FileText file={read.data} error={read.error} raw={tab === "raw"} onRetry={() => void read.refetch()} />
          </div>
        )}
      </div>
      {node.integration !== null && node.can.includes("append") && tab === "preview" ? (
        <AppendBox workspace={workspace} path={node.path} actsAs={node.actsAs?.name ?? null} words={adding} />
      ) : null}
    </section>
  );
}

/** A file that is bytes: what it is, and the way to save it. */
function Bytes({ workspace, node }: { readonly workspace: string; readonly node: Node }) {
  return (
    <EmptyState
      icon={Download}
      title={node.mediaType ?? "A file"}
      action={
        <Button asChild>
          <a href={bytesUrl(workspace, node.path)} download>
            <Download /> Download
          </a>
        </Button>
      }
    >
      {node.sizeBytes === null ? "Its size is not known before it is read." : formatBytes(node.sizeBytes)}
    </EmptyState>
  );
}

/** What is on the page stays; that it was not read again is said. */
const sayNotRead = (error: unknown): void => toast.error("Not read again", readFailure(error).message);

function PaneHeader({ node, onBack, children }: { readonly node: Node; readonly onBack: () => void; readonly children: ReactNode }) {
  const { human, tail } = splitName(node.name, node.objectKind !== null);
  return (
    <header className="flex min-h-12 shrink-0 flex-wrap items-center gap-x-2 gap-y-1 px-3 py-2">
      <Button variant="ghost" size="icon-sm" aria-label="Back to the list" className="md:hidden" onClick={onBack}>
        <ArrowLeft className="rtl:rotate-180" />
      </Button>
      <NodeIcon node={node} />
      <h2 dir="auto" className="min-w-32 flex-1 break-words font-semibold text-sm">
        {human}
        <span className="ms-1 break-all font-mono font-normal text-2xs text-muted-foreground">{tail}</span>
      </h2>
      <div className="flex shrink-0 items-center gap-0.5">{children}</div>
    </header>
  );
}

function Action({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <Tooltip>
      <TooltipTrigger asChild>{children}</TooltipTrigger>
      <TooltipContent>{label}</TooltipContent>
    </Tooltip>
  );
}

interface FileTextProps {
  readonly file: ReadResult | undefined;
  readonly error: unknown;
  readonly raw: boolean;
  readonly onRetry: () => void;
}

function FileText({ file, error, raw, onRetry }: FileTextProps) {
  if (file === undefined)
    return error === null ? <TextSkeleton /> : <ErrorState error={error} title="The file was not read" onRetry={onRetry} />;
  return (
    <>
      {file.truncated ? (
        <p className="mb-4 text-sm text-warning">Only the beginning is shown: the file is larger than one answer carries.</p>
      ) : null}
      <FileView text={file.text} mediaType={file.mediaType} raw={raw} />
    </>
  );
}

/** The item and what was said about it, and room to say more. */
function Thread({ workspace, node }: { readonly workspace: string; readonly node: Node }) {
  const trpc = useTRPC();
  const thread = useQuery(trpc.vfs.read.queryOptions({ workspace, path: node.path, as: "thread" }));
  const comments = node.companion !== null && node.parts.includes("comments.md") ? `${node.companion}/comments.md` : null;
  return (
    <>
      <div className="min-h-0 flex-1 p-4 sm:p-5">
        <FileText file={thread.data} error={thread.error} raw={false} onRetry={() => void thread.refetch()} />
      </div>
      {comments !== null && node.can.includes("write") ? (
        <AppendBox workspace={workspace} path={comments} actsAs={node.actsAs?.name ?? null} words={commenting} />
      ) : null}
    </>
  );
}

interface EditPaneProps {
  readonly workspace: string;
  readonly node: Node;
  /** What the editor starts from; its etag is what the change is compared with. */
  readonly file: ReadResult;
  readonly onClose: () => void;
  /** Reads the file again and answers it: what the editor starts from after a collision. */
  readonly onReload: () => Promise<ReadResult>;
}

/** The editor in the file's place. What it started from stays the base of the change, whatever is read meanwhile. */
function EditPane({ workspace, node, file, onClose, onReload }: EditPaneProps) {
  const [base, setBase] = useState(file);
  const [text, setText] = useState(file.text);
  const change = useChange(workspace);
  const dirty = text !== base.text;
  const inTool = node.integration !== null;

  useEffect(() => {
    if (!dirty) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [dirty]);

  const save = async (): Promise<void> => {
    const wanted = { operation: "write", path: node.path, text, ifMatch: base.etag } as const;
    if (!dirty) onClose();
    else if (inTool) await change.plan(wanted);
    else if ((await change.run(wanted)) !== null) {
      toast.success("Saved");
      onClose();
    }
  };
  const reload = async (): Promise<void> => {
    const now = await onReload();
    setBase(now);
    setText(now.text);
    change.reset();
  };
  const cancel = (): void => {
    if (!dirty || window.confirm("Leave without saving? Your changes to this file are lost.")) onClose();
  };
  return (
    <section aria-label={`Edit ${node.name}`} className="flex h-full min-h-0 flex-col">
      <PaneHeader node={node} onBack={cancel}>
        <Button variant="outline" size="sm" onClick={cancel}>
          Cancel
        </Button>
        <Button size="sm" onClick={() => void save()} disabled={!dirty}>
          {inTool ? "Review and save" : "Save"}
        </Button>
      </PaneHeader>
      <div className="min-h-0 flex-1 border-t">
        <CodeEditor
          key={base.etag}
          initialText={base.text}
          label={`Text of ${node.name}`}
          isMarkdown={base.mediaType.startsWith("text/markdown")}
          onChange={setText}
          onSave={() => void save()}
          onCancel={cancel}
        />
      </div>
      <ChangeDialog change={change} onDone={onClose} onReload={() => void reload().catch(sayNotRead)} />
    </section>
  );
}
