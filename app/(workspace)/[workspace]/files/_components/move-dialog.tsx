"use client";

import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { useTRPC } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { Dialog, DialogBody, DialogContent, DialogDescription, DialogFooter, DialogHeader, DialogTitle } from "@/components/ui/dialog";
import { Field, fieldAria } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { Node } from "@/server/vfs/node";
import type { WantedChange } from "./use-change";

export interface MoveDialogProps {
  readonly workspace: string;
  readonly node: Node;
  readonly onClose: () => void;
  readonly onMove: (wanted: WantedChange) => void;
}

/** Another name or another folder: both are another path. */
export function MoveDialog({ workspace, node, onClose, onMove }: MoveDialogProps) {
  const id = useId();
  const trpc = useTRPC();
  const schema = useQuery({
    ...trpc.vfs.schema.queryOptions({ workspace, path: node.path }),
    enabled: node.integration !== null,
  });
  /** What moving such a record does in its tool. */
  const effect = schema.data?.kinds.find(({ kind }) => kind === node.objectKind)?.move;
  const [to, setTo] = useState(node.path);
  const clean = to.trim().replace(/\/+$/, "");
  const error = clean.startsWith("/context/") ? undefined : "A path starts with /context/.";
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (error !== undefined || clean === node.path) return;
    onMove({ operation: "move", path: node.path, to: clean, ...(node.etag === null ? {} : { ifMatch: node.etag }) });
    onClose();
  };
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent className="max-w-xl">
        <form className="contents" onSubmit={submit}>
          <DialogHeader>
            <DialogTitle>Rename or move</DialogTitle>
            <DialogDescription dir="auto">{node.name}</DialogDescription>
          </DialogHeader>
          <DialogBody>
            <Field id={id} label="New path" hint={effect} error={error}>
              <Input
                {...fieldAria(id, { hint: effect !== undefined, error })}
                value={to}
                dir="auto"
                autoComplete="off"
                spellCheck={false}
                className="font-mono text-xs"
                onChange={(event) => setTo(event.target.value)}
              />
            </Field>
          </DialogBody>
          <DialogFooter>
            <Button variant="outline" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={error !== undefined || clean === node.path}>
              Move
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
