"use client";

import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { CallRow } from "@/components/calls/call-row";
import { CallTable, type CallTableProps, callRowHeight } from "@/components/calls/call-table";

export interface CallRowsProps extends Omit<CallTableProps, "window"> {
  /** What scrolls around the table. */
  readonly scroller: RefObject<HTMLElement | null>;
  readonly hasMore: boolean;
  /** Called when the last rows come into sight. */
  readonly onEnd: () => void;
}

const plainRows = 100;
const headHeight = 37;

/** The table of all loaded calls: a short list as it is, of a long one only the rows in sight. */
export function CallRows({ scroller, hasMore, onEnd, ...table }: CallRowsProps) {
  return table.calls.length <= plainRows ? (
    <CallTable {...table} />
  ) : (
    <WindowedRows scroller={scroller} hasMore={hasMore} onEnd={onEnd} {...table} />
  );
}

function WindowedRows({ calls, scroller, hasMore, onEnd, ...table }: CallRowsProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [marginPx, setMarginPx] = useState(0);
  useLayoutEffect(() => {
    const outer = scroller.current;
    const inner = frame.current;
    if (outer === null || inner === null) return;
    setMarginPx(inner.getBoundingClientRect().top - outer.getBoundingClientRect().top + outer.scrollTop + headHeight);
  }, [scroller]);
  const virtualizer = useVirtualizer<HTMLElement, Element>({
    count: calls.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => callRowHeight,
    scrollMargin: marginPx,
    overscan: 20,
    getItemKey: (index) => calls[index]?.id ?? index,
  });
  const rows = virtualizer.getVirtualItems();
  const first = rows[0]?.index ?? 0;
  const last = rows.at(-1)?.index ?? -1;
  useEffect(() => {
    if (hasMore && last >= calls.length - 10) onEnd();
  }, [hasMore, last, calls.length, onEnd]);
  const shown: CallRow[] = calls.slice(first, last + 1);
  return (
    <div ref={frame}>
      <CallTable
        {...table}
        calls={shown}
        window={{
          first,
          total: calls.length,
          before: <Gap heightPx={first * callRowHeight} />,
          after: <Gap heightPx={(calls.length - 1 - last) * callRowHeight} />,
        }}
      />
    </div>
  );
}

/** The room of rows that are not in the document. Set by script, because the content policy refuses style attributes. */
function Gap({ heightPx }: { readonly heightPx: number }) {
  if (heightPx <= 0) return null;
  return (
    <tr>
      <td colSpan={6} className="p-0" ref={(element) => element?.style.setProperty("height", `${heightPx}px`)} />
    </tr>
  );
}
