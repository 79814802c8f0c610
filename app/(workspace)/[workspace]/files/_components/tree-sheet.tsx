"use client";

import type { ReactNode } from "react";
import { Sheet, SheetContent, SheetDescription, SheetTitle } from "@/components/ui/sheet";

export interface TreeSheetProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly children: ReactNode;
}

/** The tree where there is no room for it beside the list. */
export function TreeSheet({ open, onOpenChange, children }: TreeSheetProps) {
  return (
    <Sheet open={open} onOpenChange={onOpenChange}>
      <SheetContent side="start" className="p-3 pt-12">
        <SheetTitle className="sr-only">Folders</SheetTitle>
        <SheetDescription className="sr-only">Every folder of this workspace</SheetDescription>
        <div className="min-h-0 overflow-y-auto">{children}</div>
      </SheetContent>
    </Sheet>
  );
}
