"use client";

import dynamic from "next/dynamic";
import { useEffect } from "react";
import { Skeleton } from "@/components/ui/skeleton";

/** The parts of the explorer that a folder is shown without: fetched once the page stands, so that the list does not wait for them. */

export const FilePane = dynamic(() => import("./file-pane").then((module) => module.FilePane), {
  loading: () => (
    <div className="p-4">
      <Skeleton className="h-4 w-1/2" />
    </div>
  ),
});
/** What stands beside a folder's list, in the width that it keeps. */
export const DirectoryPane = dynamic(() => import("./directory-pane").then((module) => module.DirectoryPane), {
  ssr: false,
  loading: () => (
    <div className="grid content-start gap-3 p-5" aria-hidden="true">
      <Skeleton className="h-5 w-40" />
      <Skeleton className="h-4 w-64 max-w-full" />
      <Skeleton className="h-4 w-56 max-w-full" />
    </div>
  ),
});
/** Beside the list where there is room; it asks for its folders itself. */
export const Tree = dynamic(() => import("./tree").then((module) => module.Tree), { ssr: false });
export const QuickLook = dynamic(() => import("./quick-look").then((module) => module.QuickLook), { ssr: false });
export const TreeSheet = dynamic(() => import("./tree-sheet").then((module) => module.TreeSheet), { ssr: false });
export const KeysDialog = dynamic(() => import("./keys-dialog").then((module) => module.KeysDialog), { ssr: false });
export const NewFileDialog = dynamic(() => import("./new-file-dialog").then((module) => module.NewFileDialog), { ssr: false });
export const MoveDialog = dynamic(() => import("./move-dialog").then((module) => module.MoveDialog), { ssr: false });
export const ChangeDialog = dynamic(() => import("./change-dialog").then((module) => module.ChangeDialog), { ssr: false });

const imports = [
  () => import("./file-pane"),
  () => import("./quick-look"),
  () => import("./keys-dialog"),
  () => import("./new-file-dialog"),
  () => import("./move-dialog"),
  () => import("./change-dialog"),
  () => import("./tree-sheet"),
];

/** Fetches them when the browser has nothing else to do. What fails to arrive is asked for again when it is needed. */
export function useLaterParts(): void {
  useEffect(() => {
    const fetchAll = (): void => {
      for (const load of imports) load().catch(() => undefined);
    };
    // Safari has no idle callbacks.
    if (typeof requestIdleCallback !== "function") {
      const timer = setTimeout(fetchAll, 500);
      return () => clearTimeout(timer);
    }
    const handle = requestIdleCallback(fetchAll, { timeout: 2_000 });
    return () => cancelIdleCallback(handle);
  }, []);
}
