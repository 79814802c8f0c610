"use client";

import { CircleAlert, CircleCheck, X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { Button } from "./button";

/**
 * Short messages about what just happened. Own code because the usual library inserts a style element without the page's nonce, which the
 * Content-Security-Policy refuses. Errors stay until dismissed; the rest leave after six seconds, and never while the pointer or focus is on them.
 */
interface Toast {
  readonly id: number;
  readonly kind: "success" | "error";
  readonly title: string;
  readonly description: string | undefined;
}

const shownMs = 6_000;
const none: readonly Toast[] = [];
let toasts: readonly Toast[] = none;
let nextId = 1;
const listeners = new Set<() => void>();
const timers = new Map<number, ReturnType<typeof setTimeout>>();

function publish(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function dismiss(id: number): void {
  hold(id);
  publish(toasts.filter((toast) => toast.id !== id));
}

function hold(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
}

function release(toast: Toast): void {
  if (toast.kind === "error" || timers.has(toast.id)) return;
  timers.set(
    toast.id,
    setTimeout(() => dismiss(toast.id), shownMs),
  );
}

function show(kind: Toast["kind"], title: string, description?: string): void {
  const toast: Toast = { id: nextId++, kind, title, description };
  publish([...toasts.slice(-2), toast]);
  release(toast);
}

/** Shows a message: `toast.success("Copied")`, `toast.error("Not saved", "The issue changed in Linear.")`. Browser only. */
export const toast = {
  success: (title: string, description?: string) => show("success", title, description),
  error: (title: string, description?: string) => show("error", title, description),
};

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function Toaster() {
  const shown = useSyncExternalStore(
    subscribe,
    () => toasts,
    () => none,
  );
  return (
    <section
      data-slot="toaster"
      aria-label="Messages"
      className="pointer-events-none fixed inset-x-4 bottom-4 z-60 flex flex-col items-end gap-2"
    >
      {shown.map((item) => (
        <div
          key={item.id}
          role="status"
          aria-live={item.kind === "error" ? "assertive" : "polite"}
          onPointerEnter={() => hold(item.id)}
          onPointerLeave={() => release(item)}
          onFocus={() => hold(item.id)}
          onBlur={() => release(item)}
          className="fade-in-0 slide-in-from-bottom-2 pointer-events-auto flex w-full max-w-sm animate-in items-start gap-2.5 rounded-lg border bg-popover p-3 text-popover-foreground shadow-floating duration-150"
        >
          {item.kind === "error" ? (
            <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-danger" />
          ) : (
            <CircleCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-success" />
          )}
          <div className="min-w-0 flex-1">
            <p className="break-words font-medium">{item.title}</p>
            {item.description === undefined ? null : <p className="mt-0.5 break-words text-muted-foreground text-xs">{item.description}</p>}
          </div>
          <Button
            variant="ghost"
            size="icon-sm"
            className="-m-1 text-muted-foreground"
            aria-label="Dismiss"
            onClick={() => dismiss(item.id)}
          >
            <X />
          </Button>
        </div>
      ))}
    </section>
  );
}

export { Toaster };
