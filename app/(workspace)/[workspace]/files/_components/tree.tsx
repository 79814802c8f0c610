"use client";

import { asyncDataLoaderFeature, hotkeysCoreFeature, type ItemInstance } from "@headless-tree/core";
import { useTree } from "@headless-tree/react";
import { useQueryClient } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTRPC } from "@/components/trpc/provider";
import { cn } from "@/components/ui/cn";
import { Spinner } from "@/components/ui/spinner";
import type { Node } from "@/server/vfs/node";
import { NodeIcon } from "./node-icon";
import { ancestorsOf, nameOf, rootPath, splitName } from "./path-url";

type Item = Pick<Node, "path" | "name" | "kind" | "mediaType" | "objectKind" | "integration" | "mount">;

const unknown = (path: string): Item => ({
  path,
  name: nameOf(path),
  kind: "directory",
  mediaType: null,
  objectKind: null,
  integration: null,
  mount: null,
});
const indents = ["ps-1", "ps-4", "ps-7", "ps-10", "ps-13", "ps-16", "ps-19"] as const;

export interface TreeProps {
  readonly workspace: string;
  /** The directory that is open. */
  readonly directory: string;
  readonly onOpen: (path: string) => void;
  /** Bumped when directories may have changed. */
  readonly revision: number;
}

/** The directories, read as they are opened. */
export function Tree({ workspace, directory, onOpen, revision }: TreeProps) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const known = useRef(new Map<string, Item>());
  const tree = useTree<Item>({
    rootItemId: "/",
    initialState: { expandedItems: ancestorsOf(directory), focusedItem: directory },
    getItemName: (item) => item.getItemData().name,
    isItemFolder: () => true,
    onPrimaryAction: (item) => onOpen(item.getId()),
    createLoadingItemData: () => unknown("…"),
    dataLoader: {
      getItem: (path) => known.current.get(path) ?? unknown(path),
      getChildren: async (path) => {
        if (path === "/") return [rootPath];
        try {
          const page = await queryClient.fetchQuery(trpc.vfs.list.queryOptions({ workspace, path, limit: 1000 }));
          const directories = page.nodes.filter((node) => node.kind === "directory");
          for (const node of directories) known.current.set(node.path, node);
          return directories.map((node) => node.path);
        } catch {
          // The list beside the tree says what is wrong with a directory; the tree shows it without children.
          return [];
        }
      },
    },
    features: [asyncDataLoaderFeature, hotkeysCoreFeature],
  });

  useEffect(() => {
    for (const ancestor of ancestorsOf(directory).slice(0, -1)) {
      const item = tree.getItemInstance(ancestor);
      if (!item.isExpanded()) item.expand();
    }
  }, [directory, tree]);

  useEffect(() => {
    if (revision === 0) return;
    for (const item of tree.getItems()) if (item.isExpanded()) void item.invalidateChildrenIds(true);
  }, [revision, tree]);

  return (
    <div {...tree.getContainerProps("Folders")} className="py-2 outline-none">
      {tree.getItems().map((item) => (
        <TreeRow key={item.getId()} item={item} open={item.getId() === directory} />
      ))}
    </div>
  );
}

function TreeRow({ item, open }: { readonly item: ItemInstance<Item>; readonly open: boolean }) {
  const data = item.getItemData();
  const level = item.getItemMeta().level;
  const { human } = splitName(data.name, data.objectKind !== null);
  return (
    <button
      {...item.getProps()}
      type="button"
      aria-current={open ? "page" : undefined}
      title={data.name}
      className={cn(
        "flex h-7 w-full items-center gap-1.5 rounded-md pe-2 text-start text-sm outline-none hover:bg-accent focus-visible:ring-2 focus-visible:ring-ring focus-visible:ring-inset pointer-coarse:h-9",
        indents[Math.min(level, indents.length - 1)],
        open && "bg-selected font-medium text-selected-foreground hover:bg-selected",
      )}
    >
      {item.isLoading() ? (
        <Spinner className="size-3.5 shrink-0" />
      ) : (
        <ChevronRight
          aria-hidden="true"
          className={cn("size-3.5 shrink-0 text-muted-foreground transition-transform", item.isExpanded() && "rotate-90")}
        />
      )}
      <NodeIcon node={data} />
      <span className="truncate" dir="auto">
        {human}
      </span>
    </button>
  );
}
