"use client";

import { useState } from "react";
import { ToolIcon } from "@/components/tool-icon";
import { Dialog, DialogContent, DialogDescription, DialogHeader, DialogTitle } from "@/components/ui/dialog";
import { useWorkspace } from "@/components/workspace-context";
import type { CatalogueEntry, ConnectionView } from "@/server/integrations/catalogue";
import type { ConnectRequest } from "./connect-flow";
import { ConnectForm } from "./connect-form";
import { ConnectProgress } from "./connect-progress";
import { ConsentForm } from "./consent-form";
import { useConnect } from "./use-connect";

/** A connection that is there, to be signed in again or given more. */
export interface ConsentTarget {
  readonly connection: ConnectionView;
  /** Capabilities to switch on, ticked already: `write:comments`. */
  readonly enable: readonly string[];
}

export interface ConnectDialogProps {
  /** The tool to connect; null: closed. */
  readonly entry: CatalogueEntry | null;
  /** The connection that the consent is for; null for a new one. */
  readonly target?: ConsentTarget | null;
  /** Where a full-page flow comes back to: a path of the hub. */
  readonly returnPath: string;
  readonly onClose: () => void;
  /** Runs once there is a connection; keep it the same between renders. */
  readonly onConnected: (connection: ConnectionView | null) => void;
}

/** Choosing, consenting and the end of it, in one dialog. */
export function ConnectDialog({ entry, target = null, returnPath, onClose, onConnected }: ConnectDialogProps) {
  const { slug, name, demo } = useWorkspace();
  const { state, connect, cancel, decide, retry, reset } = useConnect(onConnected);
  // The dialog fades out with what it showed. While a consent is under way it goes on showing what that was started for.
  const [shown, setShown] = useState({ entry, target });
  const isOther = entry !== shown.entry || target?.connection.id !== shown.target?.connection.id;
  if (entry !== null && isOther && state.status === "idle") setShown({ entry, target });
  const tool = shown.entry;

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
        {tool === null ? null : (
          <>
            <DialogHeader className="grid-cols-[auto_minmax(0,1fr)] items-center gap-x-3">
              <ToolIcon icon={tool.icon} gradient={tool.gradient} size="lg" className="row-span-2" />
              <DialogTitle>{titleOf(tool, shown.target)}</DialogTitle>
              <DialogDescription>
                {state.status === "idle" ? `${tool.name} asks for your consent in a window of its own.` : tool.description}
              </DialogDescription>
            </DialogHeader>
            {state.status !== "idle" ? (
              <ConnectProgress
                state={state}
                toolName={tool.name}
                slug={slug}
                onCancel={cancel}
                onDecide={decide}
                onRetry={retry}
                onAgain={reset}
                onClose={close}
              />
            ) : shown.target === null ? (
              <ConnectForm
                entry={tool}
                workspaceName={name}
                demo={demo}
                onSubmit={({ visibility, capabilities }) =>
                  connect({ workspace: slug, integration: tool.id, target: { visibility }, capabilities, returnPath })
                }
              />
            ) : (
              <TargetForm
                tool={tool}
                target={shown.target}
                demo={demo}
                onSubmit={(request) => connect({ workspace: slug, returnPath, ...request })}
              />
            )}
          </>
        )}
      </DialogContent>
    </Dialog>
  );
}

function titleOf(tool: CatalogueEntry, target: ConsentTarget | null): string {
  if (target === null) return `Connect ${tool.name}`;
  return target.enable.length === 0 ? `Sign in to ${tool.name} again` : `Switch on more of ${tool.name}`;
}

interface TargetFormProps {
  readonly tool: CatalogueEntry;
  readonly target: ConsentTarget;
  readonly demo: boolean;
  readonly onSubmit: (request: Pick<ConnectRequest, "integration" | "target" | "capabilities">) => void;
}

function TargetForm({ tool, target: { connection, enable }, demo, onSubmit }: TargetFormProps) {
  return (
    <ConsentForm
      key={connection.id}
      entry={tool}
      connection={connection}
      enable={enable}
      demo={demo}
      onSubmit={(capabilities) => onSubmit({ integration: tool.id, target: { connection: connection.id }, capabilities })}
    />
  );
}
