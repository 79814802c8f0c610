"use client";

import { useQuery } from "@tanstack/react-query";
import { FilePlus, Keyboard, PanelLeft } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { ErrorState } from "@/components/error-state";
import { useTRPC } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { toast } from "@/components/ui/toaster";
import { useOnce } from "@/components/use-once";
import type { Node } from "@/server/vfs/node";
import { AddressBar } from "./address-bar";
import { firstSort, type Sort } from "./directory-query";
import {
  ChangeDialog,
  DirectoryPane,
  FilePane,
  KeysDialog,
  MoveDialog,
  NewFileDialog,
  QuickLook,
  Tree,
  TreeSheet,
  useLaterParts,
} from "./later-parts";
import { NodeList } from "./node-list";
import { parentOf, rootPath } from "./path-url";
import { useChange, type WantedChange } from "./use-change";
import { useDirectory } from "./use-directory";
import { type KeyAction, useExplorerKeys } from "./use-explorer-keys";
import { useLocation } from "./use-location";

/** Tree, list and file side by side over the one file system; the URL is the path. */
export function Explorer({ workspace }: { readonly workspace: string }) {
  const trpc = useTRPC();
  const { path, go } = useLocation(workspace);
  const [sort, setSort] = useState<Sort>(firstSort);
  const [active, setActive] = useState(0);
  const [editing, setEditing] = useState(false);
  const [looking, setLooking] = useState<Node | null>(null);
  const [dialog, setDialog] = useState<"keys" | "new" | "move" | "tree" | null>(null);
  const [revision, setRevision] = useState(0);
  const address = useRef<HTMLInputElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const change = useChange(workspace);
  const seen = {
    tree: useOnce(dialog === "tree"),
    keys: useOnce(dialog === "keys"),
    fresh: useOnce(dialog === "new"),
    look: useOnce(looking !== null),
    change: useOnce(change.state.step !== "idle"),
  };
  useLaterParts();

  const current = useQuery(trpc.vfs.stat.queryOptions({ workspace, path }));
  const node = current.data;
  const isFile = node !== undefined && node.kind !== "directory";
  const directoryPath = node === undefined || isFile ? parentOf(path) : path;
  const directory = useDirectory(workspace, directoryPath, sort, node !== undefined);
  const parent = useQuery({ ...trpc.vfs.stat.queryOptions({ workspace, path: directoryPath }), enabled: node !== undefined });
  const directoryNode = isFile ? parent.data : node;

  const openPath = useCallback(
    (to: string) => {
      setEditing(false);
      setLooking(null);
      setDialog(null);
      go(to);
    },
    [go],
  );
  useEffect(() => {
    const found = isFile ? directory.nodes.findIndex((item) => item.path === path) : -1;
    if (found >= 0) setActive(found);
  }, [directory.nodes, isFile, path]);
  const focusList = useCallback(() => (grid.current ?? document.getElementById("content"))?.focus(), []);
  // What had the focus goes away with the editor, and a list with a path that cannot be opened: the keys must go on.
  const failed = current.error !== null && node === undefined;
  const shown = `${path} ${editing} ${failed}`;
  const lastShown = useRef(shown);
  useEffect(() => {
    if (lastShown.current === shown) return;
    lastShown.current = shown;
    if (document.activeElement === document.body) focusList();
  }, [shown, focusList]);
  // The directory itself is what a new first row belongs to.
  const lastDirectory = useRef(directoryPath);
  useEffect(() => {
    if (lastDirectory.current === directoryPath) return;
    lastDirectory.current = directoryPath;
    if (!isFile) setActive(0);
  }, [directoryPath, isFile]);

  // The last row may go away under the keyboard.
  const rows = directory.nodes.length;
  useEffect(() => setActive((index) => Math.max(0, Math.min(index, rows - 1))), [rows]);

  const remove = useCallback(
    (target: Node): boolean => {
      if (!target.can.includes("remove")) return false;
      const wanted: WantedChange = {
        operation: "remove",
        path: target.path,
        ...(target.kind === "directory" && target.integration === null ? { recursive: true } : {}),
      };
      void change.plan(wanted);
      return true;
    },
    [change.plan],
  );

  /** Our own storage is changed at once; an item of a tool is planned first. */
  const make = async (wanted: WantedChange, done: string): Promise<void> => {
    if (directoryNode?.integration !== null) return change.plan(wanted);
    const receipt = await change.run(wanted);
    if (receipt === null) return;
    setRevision((value) => value + 1);
    toast.success(done);
    openPath(receipt.canonicalPath);
  };

  useExplorerKeys((action: KeyAction): boolean => {
    const focused = directory.nodes[active];
    switch (action) {
      case "address":
        address.current?.focus();
        return true;
      case "up":
        if (editing || path === rootPath) return false;
        openPath(parentOf(path));
        focusList();
        return true;
      case "edit":
        if (!isFile || !node.can.includes("write")) return false;
        setEditing(true);
        return true;
      case "new":
        if (directoryNode?.can.includes("write") !== true) return false;
        setDialog("new");
        return true;
      case "remove": {
        const target = isFile ? node : focused;
        return target === undefined ? false : remove(target);
      }
      case "look":
        if (focused === undefined || focused.kind === "directory") return false;
        setLooking(focused);
        return true;
      case "keys":
        setDialog("keys");
        return true;
    }
  });

  const tree = <Tree workspace={workspace} directory={directoryPath} onOpen={openPath} revision={revision} />;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <h1 className="sr-only">Files</h1>
      <div className="flex h-12 shrink-0 items-center gap-2 border-b bg-background px-3">
        <Button variant="ghost" size="icon" aria-label="Folders" className="lg:hidden" onClick={() => setDialog("tree")}>
          <PanelLeft />
        </Button>
        <AddressBar workspace={workspace} path={path} onGo={openPath} onLeave={focusList} inputRef={address} />
        {directoryNode?.can.includes("write") === true ? (
          <Button variant="outline" onClick={() => setDialog("new")}>
            <FilePlus /> <span className="max-sm:sr-only">New</span>
          </Button>
        ) : null}
        <Button variant="ghost" size="icon" aria-label="Keys" className="max-sm:hidden" onClick={() => setDialog("keys")}>
          <Keyboard />
        </Button>
      </div>
      <div className="flex min-h-0 flex-1">
        <aside className="hidden w-56 shrink-0 overflow-y-auto border-e bg-canvas px-2 lg:block">{tree}</aside>
        {current.error !== null && node === undefined ? (
          <Pane className="flex-1">
            <ErrorState error={current.error} title="This path cannot be opened" onRetry={() => void current.refetch()} />
          </Pane>
        ) : (
          <>
            <Pane className={cn("flex-1", isFile && "max-md:hidden")}>
              {directory.error !== null && directory.nodes.length === 0 ? (
                <ErrorState error={directory.error} title="The folder was not read" onRetry={() => void directory.refetch()} />
              ) : (
                <NodeList
                  gridRef={grid}
                  directory={directory}
                  label={`Contents of ${directoryPath}`}
                  openPath={isFile ? path : null}
                  active={active}
                  onActive={setActive}
                  onOpen={(item) => openPath(item.path)}
                  sort={sort}
                  onSort={setSort}
                  emptyReason={emptyReasonOf(directoryNode)}
                />
              )}
            </Pane>
            <Pane
              className={cn(
                "w-[48%] max-w-3xl shrink-0 lg:w-[44%] border-s max-md:w-full max-md:max-w-none max-md:border-0",
                !isFile && "max-md:hidden",
              )}
            >
              {isFile ? (
                <FilePane
                  key={node.path}
                  workspace={workspace}
                  node={node}
                  editing={editing}
                  onEditing={setEditing}
                  onRemove={() => remove(node)}
                  onMove={() => setDialog("move")}
                  onBack={() => openPath(parentOf(path))}
                />
              ) : (
                <DirectoryPane workspace={workspace} node={node} />
              )}
            </Pane>
          </>
        )}
      </div>
      {seen.tree ? (
        <TreeSheet open={dialog === "tree"} onOpenChange={(open) => setDialog(open ? "tree" : null)}>
          {tree}
        </TreeSheet>
      ) : null}
      {seen.look ? <QuickLook workspace={workspace} node={looking} onClose={() => setLooking(null)} /> : null}
      {seen.keys ? <KeysDialog open={dialog === "keys"} onOpenChange={(open) => setDialog(open ? "keys" : null)} /> : null}
      {directoryNode === undefined || !seen.fresh ? null : (
        <NewFileDialog
          workspace={workspace}
          directory={directoryNode}
          open={dialog === "new"}
          onOpenChange={(open) => setDialog(open ? "new" : null)}
          onCreate={(wanted) => void make(wanted, "Created")}
        />
      )}
      {dialog === "move" && node !== undefined ? (
        <MoveDialog workspace={workspace} node={node} onClose={() => setDialog(null)} onMove={(wanted) => void make(wanted, "Moved")} />
      ) : null}
      {seen.change ? (
        <ChangeDialog
          change={change}
          onDone={({ wanted, receipt }) => {
            setRevision((value) => value + 1);
            if (wanted.operation === "remove") {
              toast.success("Removed", receipt.undo ?? undefined);
              if (path === wanted.path) openPath(parentOf(path));
            } else openPath(receipt.canonicalPath);
          }}
        />
      ) : null}
    </div>
  );
}

/** A tool without a live connection is an empty folder: its connection says why. */
function emptyReasonOf(node: Node | undefined): string | null {
  const connection = node?.mount === node?.path ? (node?.connection ?? null) : null;
  return connection === null || connection.status === "connected" ? null : connection.reason;
}

function Pane({ className, children }: { readonly className?: string; readonly children: ReactNode }) {
  return <div className={cn("flex min-h-0 min-w-0 flex-col bg-background [&>*]:min-h-0 [&>*]:flex-1", className)}>{children}</div>;
}
