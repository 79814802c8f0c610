"use client";

import { useRef } from "react";

/**
 * Gives the focus back to what had it when a dialog opened. Radix does so only for a dialog with a trigger of its own; one that is opened
 * by a row or a key would leave the focus on the body. Where that element is gone and the
 * focus with it, the page's main area gets it.
 */
export function useReturnFocus<E extends Event>(handlers: {
  readonly onOpenAutoFocus?: ((event: E) => void) | undefined;
  readonly onCloseAutoFocus?: ((event: E) => void) | undefined;
}) {
  const opener = useRef<Element | null>(null);
  return {
    onOpenAutoFocus(event: E) {
      opener.current = document.activeElement;
      handlers.onOpenAutoFocus?.(event);
    },
    onCloseAutoFocus(event: E) {
      handlers.onCloseAutoFocus?.(event);
      if (event.defaultPrevented) return;
      const back = opener.current?.isConnected === true && opener.current !== document.body ? opener.current : null;
      // Who closed the dialog may have put the focus where the work goes on.
      const lost = document.activeElement === null || document.activeElement === document.body;
      const target = back ?? (lost ? document.getElementById("content") : null);
      if (target instanceof HTMLElement) target.focus();
    },
  };
}
