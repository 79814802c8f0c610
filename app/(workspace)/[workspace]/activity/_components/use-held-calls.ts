"use client";

import { useCallback, useEffect, useRef, useState } from "react";

/** So far from the top, new rows are held back: they would push away what is being read. */
const topPx = 80;

/**
 * Calls that came while the reader was further down, held until they return to the top or ask for them. `marker` goes into the page, and
 * `scroller` is then what scrolls around it.
 */
export function useHeldCalls() {
  const marker = useRef<HTMLSpanElement>(null);
  const scroller = useRef<HTMLElement | null>(null);
  const isAtTop = useRef(true);
  const [held, setHeld] = useState<ReadonlySet<string>>(new Set());

  useEffect(() => {
    const element = marker.current?.closest<HTMLElement>("[data-slot=page-frame]") ?? null;
    scroller.current = element;
    if (element === null) return;
    const onScroll = (): void => {
      const wasAtTop = isAtTop.current;
      isAtTop.current = element.scrollTop < topPx;
      if (isAtTop.current && !wasAtTop) setHeld(new Set());
    };
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => element.removeEventListener("scroll", onScroll);
  }, []);

  /** Holds these back, unless the reader is at the top. */
  const hold = useCallback((ids: readonly string[]): void => {
    if (ids.length > 0 && !isAtTop.current) setHeld((before) => new Set([...before, ...ids]));
  }, []);

  /** Shows all, from the top. */
  const release = useCallback((): void => {
    setHeld(new Set());
    scroller.current?.scrollTo({ top: 0 });
  }, []);

  return { marker, scroller, held, hold, release };
}
