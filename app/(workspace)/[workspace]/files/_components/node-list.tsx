"use client";

import { ArrowDown, ArrowUp, FolderOpen } from "lucide-react";
import dynamic from "next/dynamic";
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";
import { cn } from "@/components/ui/cn";
import { EmptyState } from "@/components/ui/empty-state";
import { Skeleton } from "@/components/ui/skeleton";
import type { Node } from "@/server/vfs/node";
import type { Sort } from "./directory-query";
import { NodeRow, rowHeight } from "./node-row";
import type { useDirectory } from "./use-directory";

/** Fetched for long directories only: most are short, and then every row is in the document. */
const VirtualRows = dynamic(() => import("./virtual-rows").then((module) => module.VirtualRows), {
  ssr: false,
  loading: () => <ListSkeleton />,
});
const plainRows = 100;

const columns = [
  { key: "name", label: "Name", className: "min-w-0 flex-1" },
  { key: "modifiedAt", label: "Modified", className: "hidden w-24 shrink-0 @sm:flex" },
  { key: "sizeBytes", label: "Size", className: "hidden w-16 shrink-0 justify-end @lg:flex" },
] as const;

export interface NodeListProps {
  readonly directory: ReturnType<typeof useDirectory>;
  readonly label: string;
  /** The file that is open beside the list, null for none. */
  readonly openPath: string | null;
  /** Index of the row that the keyboard is on. */
  readonly active: number;
  readonly onActive: (index: number) => void;
  readonly onOpen: (node: Node) => void;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
  /** Why an empty directory is empty, where there is more to say. */
  readonly emptyReason: string | null;
  readonly gridRef: RefObject<HTMLDivElement | null>;
}

/** A directory as rows: sortable, of any length (only the rows in view are in the document), the keyboard on one row at a time. */
export function NodeList({ directory, label, openPath, active, onActive, onOpen, sort, onSort, emptyReason, gridRef }: NodeListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const { nodes, count, hasMore, isFetchingMore, readMore } = directory;
  const [lastShown, setLastShown] = useState(0);
  const isLong = hasMore || nodes.length > plainRows;

  useEffect(() => {
    if (hasMore && !isFetchingMore && lastShown >= nodes.length - 50) void readMore();
  }, [hasMore, isFetchingMore, lastShown, nodes.length, readMore]);
  useEffect(() => {
    if (!isLong) document.getElementById(`row-${active}`)?.scrollIntoView({ block: "nearest" });
  }, [active, isLong]);

  const pageRows = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowHeight) - 1);
  const onKeyDown = (event: KeyboardEvent): void => {
    const node = nodes[active];
    const to = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      Home: 0,
      End: nodes.length - 1,
      PageDown: active + pageRows,
      PageUp: active - pageRows,
    }[event.key];
    if (to !== undefined && !event.metaKey && !event.altKey) onActive(Math.max(0, Math.min(nodes.length - 1, to)));
    else if (event.key === "Enter" && event.target === event.currentTarget && node !== undefined) onOpen(node);
    else return;
    event.preventDefault();
  };

  return (
    <div className="@container flex h-full min-h-0 flex-col">
      <div
        ref={gridRef}
        role="grid"
        tabIndex={0}
        aria-label={label}
        aria-rowcount={count + 1}
        aria-colcount={columns.length}
        aria-busy={directory.isPending || !directory.complete}
        aria-activedescendant={nodes[active] === undefined ? undefined : `row-${active}`}
        onKeyDown={onKeyDown}
        // The focus shows on the row that it is on; without one, on the list.
        className={cn("group/list flex min-h-0 flex-1 flex-col", nodes[active] === undefined ? "-outline-offset-2" : "outline-none")}
      >
        <div role="row" aria-rowindex={1} className="flex h-8 shrink-0 items-center gap-3 border-b px-3 text-muted-foreground text-xs">
          {columns.map((column) => (
            <SortHeader key={column.key} column={column} sort={sort} onSort={onSort} enabled={directory.complete} />
          ))}
        </div>
        <div
          ref={scroller}
          role="rowgroup"
          aria-busy={directory.isPending}
          className="relative min-h-0 flex-1 overflow-y-auto"
          tabIndex={-1}
        >
          {directory.isPending ? <ListSkeleton /> : null}
          {isLong ? (
            <VirtualRows
              nodes={nodes}
              openPath={openPath}
              activeIndex={active}
              scroller={scroller}
              onShown={setLastShown}
              onActive={onActive}
              onOpen={onOpen}
            />
          ) : (
            nodes.map((node, index) => (
              <NodeRow
                key={node.path}
                node={node}
                index={index}
                top={null}
                active={index === active}
                open={node.path === openPath}
                onActive={onActive}
                onOpen={onOpen}
              />
            ))
          )}
          {!directory.isPending && directory.complete && nodes.length === 0 ? (
            <div role="row" tabIndex={-1}>
              <div role="gridcell">
                <EmptyState icon={FolderOpen} title="Empty">
                  {emptyReason ?? "This folder has nothing in it."}
                </EmptyState>
              </div>
            </div>
          ) : null}
        </div>
      </div>
      <p aria-live="polite" className="flex h-7 shrink-0 items-center gap-2 border-t px-3 text-muted-foreground text-xs">
        <span>
          {count.toLocaleString("en")} {count === 1 ? "item" : "items"}
          {directory.complete || directory.isPending ? "" : " so far: reading the rest from the tool"}
        </span>
        {directory.freshness?.stale === true ? (
          <span className="text-warning">· the tool could not be asked; shown as last seen</span>
        ) : null}
      </p>
    </div>
  );
}

interface SortHeaderProps {
  readonly column: (typeof columns)[number];
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
  /** Only a directory that is known wholly can be sorted by anything but its name. */
  readonly enabled: boolean;
}

function SortHeader({ column, sort, onSort, enabled }: SortHeaderProps) {
  const current = sort.sort === column.key;
  const Arrow = sort.order === "ascending" ? ArrowUp : ArrowDown;
  return (
    <div role="columnheader" aria-sort={current ? sort.order : "none"} className={cn("flex items-center", column.className)}>
      <button
        type="button"
        disabled={!enabled && column.key !== "name"}
        onClick={() => onSort({ sort: column.key, order: current && sort.order === "ascending" ? "descending" : "ascending" })}
        className="flex items-center gap-1 rounded-sm px-1 py-0.5 hover:text-foreground disabled:opacity-60"
      >
        {column.label}
        {current ? <Arrow aria-hidden="true" className="size-3" /> : null}
      </button>
    </div>
  );
}

const skeletonRows = ["w-48", "w-64", "w-40", "w-56", "w-72", "w-44", "w-60", "w-52"] as const;

function ListSkeleton() {
  return (
    <div role="presentation" className="px-3">
      {skeletonRows.map((width) => (
        <div key={width} className="flex h-[34px] items-center gap-2">
          <Skeleton className="size-4" />
          <Skeleton className={cn("h-3.5 max-w-full", width)} />
        </div>
      ))}
    </div>
  );
}
