"use client";

import { CallLink } from "@/components/calls/call-link";
import { readFailure } from "@/components/failure";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { Dialog, DialogBody, DialogContent, DialogDescription, DialogFooter, DialogHeader, DialogTitle } from "@/components/ui/dialog";
import { Spinner } from "@/components/ui/spinner";
import { nameOf } from "./path-url";
import { PlanView, ReceiptView } from "./plan-view";
import type { ChangeState, useChange } from "./use-change";

export interface ChangeDialogProps {
  readonly change: ReturnType<typeof useChange>;
  /** Called when the person is through with a change that was made. */
  readonly onDone: (state: Extract<ChangeState, { step: "done" }>) => void;
  /** Offered on ESTALE: read the file again. */
  readonly onReload?: () => void;
}

const titles = {
  planning: "Making the plan",
  planned: "Review the change",
  executing: "Saving",
  done: "Receipt",
  failed: "Not saved",
} as const;

/** A change on its way: first the plan (the calls and a field-by-field diff), then, once approved, the receipt. */
export function ChangeDialog({ change, onDone, onReload }: ChangeDialogProps) {
  const { state, execute, reset } = change;
  // A change made without a plan shows itself only when it failed; whoever asked for it says that it worked.
  const quiet = (state.step === "executing" && state.plan === null) || (state.step === "done" && !state.planned);
  const shown = state.step === "idle" || quiet ? null : state;
  const close = (): void => {
    if (state.step === "executing") return;
    reset();
    if (state.step === "done") onDone(state);
  };
  return (
    <Dialog open={shown !== null} onOpenChange={(next) => (next ? undefined : close())}>
      {shown === null ? null : (
        <DialogContent className="max-w-2xl">
          <DialogHeader>
            <DialogTitle>{titles[shown.step]}</DialogTitle>
            <DialogDescription dir="auto" className="break-all font-mono text-xs">
              {nameOf(shown.step === "done" ? shown.receipt.path : shown.wanted.path)}
            </DialogDescription>
          </DialogHeader>
          <DialogBody aria-live="polite">
            <Content state={shown} />
          </DialogBody>
          <DialogFooter>
            <Buttons state={shown} onExecute={execute} onClose={close} onReload={onReload} />
          </DialogFooter>
        </DialogContent>
      )}
    </Dialog>
  );
}

function Content({ state }: { readonly state: Exclude<ChangeState, { step: "idle" }> }) {
  switch (state.step) {
    case "planned":
      return <PlanView plan={state.plan} />;
    case "done":
      return <ReceiptView receipt={state.receipt} />;
    case "failed": {
      const failure = readFailure(state.error);
      return (
        <Alert variant="danger" role="alert">
          <p>{failure.message}</p>
          {failure.details.call === undefined ? null : <CallLink call={failure.details.call} />}
          {failure.requestId === null ? null : (
            <p className="mt-1 text-xs">
              Request <code className="select-all font-mono">{failure.requestId}</code>
            </p>
          )}
        </Alert>
      );
    }
    default:
      return (
        <p className="flex items-center gap-2 text-muted-foreground text-sm">
          <Spinner /> {state.step === "planning" ? "Comparing with what the tool has now…" : "Sending…"}
        </p>
      );
  }
}

interface ButtonsProps {
  readonly state: Exclude<ChangeState, { step: "idle" }>;
  readonly onExecute: () => Promise<void>;
  readonly onClose: () => void;
  readonly onReload: (() => void) | undefined;
}

function Buttons({ state, onExecute, onClose, onReload }: ButtonsProps) {
  if (state.step === "done") return <Button onClick={onClose}>Close</Button>;
  if (state.step === "failed") {
    const stale = readFailure(state.error).code === "ESTALE";
    return (
      <>
        {stale && onReload !== undefined ? (
          <Button variant="outline" onClick={onReload}>
            Load what is there now
          </Button>
        ) : null}
        <Button onClick={onClose}>Back</Button>
      </>
    );
  }
  if (state.step === "planned" && state.plan.steps.length > 0) {
    return (
      <>
        <Button variant="outline" onClick={onClose}>
          Cancel
        </Button>
        <Button onClick={() => void onExecute()} autoFocus>
          Apply
        </Button>
      </>
    );
  }
  return (
    <Button variant="outline" onClick={onClose} disabled={state.step === "executing"}>
      {state.step === "planned" ? "Close" : "Cancel"}
    </Button>
  );
}
