"use client";

import { Sheet, SheetContent, SheetDescription, SheetTitle } from "@/components/ui/sheet";
import { ShellNav } from "./shell-nav";
import type { ShellWorkspace } from "./workspace-switcher";

export interface ShellSheetProps {
  readonly workspace: ShellWorkspace;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

/** The pages of the workspace on a phone. */
export function ShellSheet({ workspace, open, onOpenChange }: ShellSheetProps) {
  return (
    <Sheet open={open} onOpenChange={onOpenChange}>
      <SheetContent side="start" className="bg-sidebar text-sidebar-foreground">
        <SheetTitle className="px-4 pt-4 pb-2 text-sm">{workspace.name}</SheetTitle>
        <SheetDescription className="sr-only">Pages of this workspace</SheetDescription>
        <ShellNav slug={workspace.slug} labels="always" onNavigate={() => onOpenChange(false)} />
      </SheetContent>
    </Sheet>
  );
}
