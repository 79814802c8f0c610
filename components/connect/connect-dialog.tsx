"use client";

import { useState } from "react";
import { ToolIcon } from "@/components/tool-icon";
import { Dialog, DialogContent, DialogDescription, DialogHeader, DialogTitle } from "@/components/ui/dialog";
import { useWorkspace } from "@/components/workspace-context";
import type { CatalogueEntry, ConnectionView } from "@/server/integrations/catalogue";
import { ConnectForm } from "./connect-form";
import { ConnectProgress } from "./connect-progress";
import { useConnect } from "./use-connect";

export interface ConnectDialogProps {
  /** The tool to connect; null: closed. */
  readonly entry: CatalogueEntry | null;
  /** Where a full-page flow comes back to: a path of the hub. */
  readonly returnPath: string;
  readonly onClose: () => void;
  /** Runs once there is a connection; keep it the same between renders. */
  readonly onConnected: (connection: ConnectionView | null) => void;
}

/** Choosing, consenting and the end of it, in one dialog. */
export function ConnectDialog({ entry, returnPath, onClose, onConnected }: ConnectDialogProps) {
  const { slug, name, demo } = useWorkspace();
  const { state, connect, cancel, reset } = useConnect(onConnected);
  // The dialog fades out with the tool that it showed.
  const [shown, setShown] = useState(entry);
  if (entry !== null && entry !== shown) setShown(entry);

  const close = () => {
    if (state.status === "connecting") cancel();
    onClose();
  };

  return (
    <Dialog
      open={entry !== null}
      onOpenChange={(open) => {
        if (!open) close();
      }}
    >
      <DialogContent
        onCloseAutoFocus={reset}
        // A click beside the dialog must not lose a consent that is under way.
        onInteractOutside={(event) => {
          if (state.status === "connecting") event.preventDefault();
        }}
      >
        {shown === null ? null : (
          <>
            <DialogHeader className="grid-cols-[auto_minmax(0,1fr)] items-center gap-x-3">
              <ToolIcon icon={shown.icon} gradient={shown.gradient} size="lg" className="row-span-2" />
              <DialogTitle>Connect {shown.name}</DialogTitle>
              <DialogDescription>
                {state.status === "idle" ? `${shown.name} asks for your consent in a window of its own.` : shown.description}
              </DialogDescription>
            </DialogHeader>
            {state.status === "idle" ? (
              <ConnectForm
                entry={shown}
                workspaceName={name}
                demo={demo}
                onSubmit={(choice) => connect({ workspace: slug, integration: shown.id, returnPath, ...choice })}
              />
            ) : (
              <ConnectProgress state={state} toolName={shown.name} slug={slug} onCancel={cancel} onAgain={reset} onClose={close} />
            )}
          </>
        )}
      </DialogContent>
    </Dialog>
  );
}
