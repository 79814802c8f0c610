"use client";

import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect } from "react";
import { NodeRow, type NodeRowProps, rowHeight } from "./node-row";

export interface VirtualRowsProps extends Pick<NodeRowProps, "onActive" | "onOpen"> {
  readonly nodes: readonly NodeRowProps["node"][];
  readonly openPath: string | null;
  readonly activeIndex: number;
  readonly scroller: RefObject<HTMLElement | null>;
  /** Called with the index of the last row in the document. */
  readonly onShown: (last: number) => void;
}

/** The rows of a long directory: only those in view, and a few around them, are in the document. */
export function VirtualRows({ nodes, openPath, activeIndex, scroller, onShown, onActive, onOpen }: VirtualRowsProps) {
  const virtualizer = useVirtualizer({
    count: nodes.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    getItemKey: (index) => nodes[index]?.path ?? index,
  });
  const rows = virtualizer.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => onShown(last), [last, onShown]);
  useEffect(() => {
    if (activeIndex < nodes.length) virtualizer.scrollToIndex(activeIndex, { align: "auto" });
  }, [activeIndex, nodes.length, virtualizer]);
  return (
    <div
      role="presentation"
      className="relative"
      ref={(element) => element?.style.setProperty("height", `${virtualizer.getTotalSize()}px`)}
    >
      {rows.map((row) => {
        const node = nodes[row.index];
        if (node === undefined) return null;
        return (
          <NodeRow
            key={row.key}
            node={node}
            index={row.index}
            top={row.start}
            active={row.index === activeIndex}
            open={node.path === openPath}
            onActive={onActive}
            onOpen={onOpen}
          />
        );
      })}
    </div>
  );
}
