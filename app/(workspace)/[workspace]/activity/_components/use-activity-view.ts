"use client";

import { useSearchParams } from "next/navigation";
import { useCallback, useMemo } from "react";
import { type ActivityView, readView, writeView } from "./call-filter";

/** The view that the address names, and ways to change it without asking the server for the page again. */
export function useActivityView() {
  const params = useSearchParams();
  const view = useMemo(() => readView((name) => params.get(name)), [params]);

  const show = useCallback((next: Partial<ActivityView>, how: "push" | "replace" = "replace"): void => {
    // From the address and not from the last render: two changes may come in one moment.
    const current = new URLSearchParams(window.location.search);
    const query = writeView({ ...readView((name) => current.get(name)), ...next });
    const url = `${window.location.pathname}${query}`;
    if (how === "push") window.history.pushState(null, "", url);
    else window.history.replaceState(null, "", url);
  }, []);

  return { view, show };
}
