"use client";

import { type RefObject, useCallback, useLayoutEffect, useState } from "react";

export interface RowsInView {
  /** Index of the first row to draw. */
  readonly first: number;
  /** Index after the last one. */
  readonly end: number;
  /** Scrolls no further than it takes to show the row wholly. */
  readonly scrollTo: (index: number) => void;
}

/** Rows beyond the edges, so that a quick scroll meets no gap. */
const overscanRows = 12;

/** Which rows of one height, in pixels, a scrolling box shows. None until it has been measured. */
export function useRowsInView(scroller: RefObject<HTMLElement | null>, count: number, rowHeight: number): RowsInView {
  const [range, setRange] = useState({ first: 0, end: 0 });
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const measure = (): void => {
      const first = Math.max(0, Math.floor(box.scrollTop / rowHeight) - overscanRows);
      const end = Math.ceil((box.scrollTop + box.clientHeight) / rowHeight) + overscanRows;
      setRange((before) => (before.first === first && before.end === end ? before : { first, end }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    box.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener("scroll", measure);
    };
  }, [scroller, rowHeight]);
  const scrollTo = useCallback(
    (index: number): void => {
      const box = scroller.current;
      if (box === null) return;
      const top = index * rowHeight;
      if (top < box.scrollTop) box.scrollTop = top;
      else if (top + rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + rowHeight - box.clientHeight;
    },
    [scroller, rowHeight],
  );
  return { first: Math.min(range.first, count), end: Math.min(range.end, count), scrollTo };
}
