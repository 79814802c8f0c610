"use client";

import { usePathname } from "next/navigation";
import { useCallback } from "react";
import { filesUrl } from "@/components/files-url";
import { pathOfUrl } from "./path-url";

/** Where the explorer is, and how to go elsewhere. Going changes the URL without a round trip to the server. */
export function useLocation(workspace: string): { readonly path: string; readonly go: (path: string) => void } {
  const path = pathOfUrl(usePathname());
  const go = useCallback((to: string) => window.history.pushState(null, "", filesUrl(workspace, to)), [workspace]);
  return { path, go };
}
