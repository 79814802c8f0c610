"use client";

import { useEffect, useRef } from "react";

export type KeyAction = "address" | "edit" | "new" | "remove" | "up" | "look" | "keys";

const plain: Readonly<Record<string, KeyAction>> = { e: "edit", n: "new", Delete: "remove", Backspace: "up", " ": "look", "?": "keys" };

/** Whether the person is typing, or in a dialog or menu, where plain keys mean what they say. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest("input, textarea, select, [role=dialog], [role=alertdialog], [role=menu]") !== null;
}

/** The explorer's keys, anywhere on its page. `act` says whether it took the key. */
export function useExplorerKeys(act: (action: KeyAction) => boolean): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  }, [act]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      let action: KeyAction | undefined;
      if ((event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") action = "address";
      else if (!event.metaKey && !event.ctrlKey && !event.altKey && !isTyping(event.target)) action = plain[event.key];
      if (action === undefined) return;
      // Space presses the button or follows the link that has the focus.
      if (
        action === "look" &&
        event.target instanceof HTMLElement &&
        event.target.closest("button, a, [role=tab], [role=tabpanel]") !== null
      )
        return;
      if (latest.current(action)) event.preventDefault();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}
