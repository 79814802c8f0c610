import { formatBytes } from "@/components/format-time";
import { RelativeTime } from "@/components/time";
import { cn } from "@/components/ui/cn";
import type { Node } from "@/server/vfs/node";
import { NodeIcon } from "./node-icon";
import { splitName } from "./path-url";

/** Pixels; the class of the row says the same. */
export const rowHeight = 34;

export interface NodeRowProps {
  readonly node: Node;
  readonly index: number;
  /** Pixels from the top where only the rows in view are drawn; null where the row stands in the flow. */
  readonly top: number | null;
  readonly active: boolean;
  readonly open: boolean;
  readonly onActive: (index: number) => void;
  readonly onOpen: (node: Node) => void;
}

/** One child of a directory, as a row of the grid. */
export function NodeRow({ node, index, top, active, open, onActive, onOpen }: NodeRowProps) {
  const { human, tail } = splitName(node.name, node.objectKind !== null);
  return (
    // Keys are the grid's: it holds the focus and names this row by aria-activedescendant.
    <div
      role="row"
      id={`row-${index}`}
      aria-rowindex={index + 2}
      aria-selected={open}
      tabIndex={-1}
      ref={(element) => {
        if (top !== null) element?.style.setProperty("transform", `translateY(${top}px)`);
      }}
      onClick={() => {
        onActive(index);
        onOpen(node);
      }}
      className={cn(
        "flex h-[34px] cursor-default items-center gap-3 px-3 text-sm hover:bg-accent",
        top !== null && "absolute inset-x-0 top-0",
        open && "bg-selected text-selected-foreground hover:bg-selected",
        active && "group-focus-visible/list:outline-2 group-focus-visible/list:outline-ring group-focus-visible/list:-outline-offset-2",
      )}
    >
      <div role="gridcell" className="flex min-w-0 flex-1 items-center gap-2">
        <NodeIcon node={node} />
        <span dir="auto" className="min-w-0 truncate" title={node.name}>
          {human === "" ? node.name : human}
        </span>
        {human === "" ? null : <span className="hidden shrink-0 font-mono text-2xs text-muted-foreground @2xl:inline">{tail}</span>}
      </div>
      <div role="gridcell" className="hidden w-24 shrink-0 truncate text-muted-foreground text-xs @sm:block">
        {node.modifiedAt === null ? "—" : <RelativeTime at={node.modifiedAt} />}
      </div>
      <div role="gridcell" className="hidden w-16 shrink-0 text-end text-muted-foreground text-xs tabular-nums @lg:block">
        {node.sizeBytes === null ? "—" : formatBytes(node.sizeBytes)}
      </div>
    </div>
  );
}
