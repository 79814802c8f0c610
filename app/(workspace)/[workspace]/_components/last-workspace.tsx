"use client";

import { useEffect } from "react";

const yearMs = 365 * 24 * 60 * 60 * 1000;

/**
 * Remembers which workspace was open last, so that `/` leads back to it. The cookie holds the slug and grants nothing; a browser without
 * the Cookie Store API is led to the first workspace instead.
 */
export function LastWorkspace({ slug }: { readonly slug: string }) {
  useEffect(() => {
    if (!("cookieStore" in window)) return;
    void window.cookieStore.set({ name: "last-workspace", value: slug, path: "/", sameSite: "lax", expires: Date.now() + yearMs });
  }, [slug]);
  return null;
}
