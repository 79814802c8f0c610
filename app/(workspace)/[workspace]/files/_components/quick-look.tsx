"use client";

import { Dialog, DialogContent, DialogDescription, DialogTitle } from "@/components/ui/dialog";
import type { Node } from "@/server/vfs/node";
import { FilePane } from "./file-pane";

export interface QuickLookProps {
  readonly workspace: string;
  /** Null while it is closed. */
  readonly node: Node | null;
  readonly onClose: () => void;
}

/** A file over the list, to look at only. */
export function QuickLook({ workspace, node, onClose }: QuickLookProps) {
  return (
    <Dialog open={node !== null} onOpenChange={(open) => (open ? undefined : onClose())}>
      {node === null ? null : (
        <DialogContent className="h-[70dvh] max-w-3xl [&_header]:pe-12">
          <DialogTitle className="sr-only">Quick look</DialogTitle>
          <DialogDescription className="sr-only">{node.path}</DialogDescription>
          <FilePane
            workspace={workspace}
            node={{ ...node, can: [] }}
            editing={false}
            onEditing={() => undefined}
            onRemove={() => undefined}
            onMove={() => undefined}
            onBack={onClose}
          />
        </DialogContent>
      )}
    </Dialog>
  );
}
