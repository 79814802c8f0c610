"use client";

import { CircleCheck, TriangleAlert, Unplug } from "lucide-react";
import { useState } from "react";
import { readFailure } from "@/components/failure";
import { Alert } from "@/components/ui/alert";
import {
  AlertDialog,
  AlertDialogCancel,
  AlertDialogContent,
  AlertDialogDescription,
  AlertDialogFooter,
  AlertDialogHeader,
  AlertDialogTitle,
  AlertDialogTrigger,
} from "@/components/ui/alert-dialog";
import { Button } from "@/components/ui/button";
import { Spinner } from "@/components/ui/spinner";
import type { ConnectionView } from "@/server/integrations/catalogue";

/** What disconnecting answers with. */
export interface DisconnectReceipt {
  readonly revoked: { readonly outcome: string; readonly proof: string };
  /** What was deleted here, as lines a person reads. */
  readonly deleted: readonly string[];
}

export interface DisconnectDialogProps {
  readonly connection: ConnectionView;
  readonly toolName: string;
  /** Disconnects and resolves with the receipt; rejects with the API's error. */
  readonly disconnect: () => Promise<DisconnectReceipt>;
  /** Called when the person closes the receipt. */
  readonly onDone: () => void;
}

type Step =
  | { readonly at: "question" }
  | { readonly at: "working" }
  | { readonly at: "failed"; readonly error: unknown }
  | { readonly at: "done"; readonly receipt: DisconnectReceipt };

/** Asks, disconnects, and shows what was proven: that the tool ended the access, and what was deleted here. */
export function DisconnectDialog({ connection, toolName, disconnect, onDone }: DisconnectDialogProps) {
  const [open, setOpen] = useState(false);
  const [step, setStep] = useState<Step>({ at: "question" });

  const change = (next: boolean) => {
    if (step.at === "working") return;
    setOpen(next);
    if (next) setStep({ at: "question" });
    else if (step.at === "done") onDone();
  };
  const run = () => {
    setStep({ at: "working" });
    disconnect().then(
      (receipt) => setStep({ at: "done", receipt }),
      (error: unknown) => setStep({ at: "failed", error }),
    );
  };

  return (
    <AlertDialog open={open} onOpenChange={change}>
      <AlertDialogTrigger asChild>
        <Button variant="danger">
          <Unplug /> Disconnect
        </Button>
      </AlertDialogTrigger>
      <AlertDialogContent>
        {step.at === "done" ? (
          <Receipt receipt={step.receipt} toolName={toolName} onClose={() => change(false)} />
        ) : (
          <>
            <AlertDialogHeader>
              <AlertDialogTitle>
                Disconnect {connection.accountName} from {toolName}?
              </AlertDialogTitle>
              <AlertDialogDescription>
                The hub asks {toolName} to end its access, then deletes its tokens and everything it kept of this account. The files under{" "}
                <code className="break-all font-mono text-xs">{connection.path}</code> go away here. Nothing is deleted in {toolName}.
              </AlertDialogDescription>
              {step.at === "failed" ? (
                <Alert variant="danger" role="alert" className="mt-2">
                  {readFailure(step.error).message}
                </Alert>
              ) : null}
            </AlertDialogHeader>
            <AlertDialogFooter>
              <AlertDialogCancel asChild>
                <Button variant="ghost" disabled={step.at === "working"}>
                  Keep connected
                </Button>
              </AlertDialogCancel>
              <Button variant="danger" onClick={run} disabled={step.at === "working"}>
                {step.at === "working" ? <Spinner /> : <Unplug />}
                {step.at === "working" ? "Disconnecting" : step.at === "failed" ? "Try again" : "Disconnect"}
              </Button>
            </AlertDialogFooter>
          </>
        )}
      </AlertDialogContent>
    </AlertDialog>
  );
}

function Receipt({
  receipt,
  toolName,
  onClose,
}: {
  readonly receipt: DisconnectReceipt;
  readonly toolName: string;
  readonly onClose: () => void;
}) {
  const ended = receipt.revoked.outcome === "revoked" || receipt.revoked.outcome === "already_revoked";
  return (
    <>
      <AlertDialogHeader>
        <AlertDialogTitle>{toolName} is disconnected</AlertDialogTitle>
        <AlertDialogDescription>What was done, and what proves it.</AlertDialogDescription>
        <ul className="mt-2 grid gap-2">
          <li className="flex gap-2">
            {ended ? (
              <CircleCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-success" />
            ) : (
              <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warning" />
            )}
            <span>{receipt.revoked.proof}</span>
          </li>
          {receipt.deleted.map((line) => (
            <li key={line} className="flex gap-2">
              <CircleCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-success" />
              <span>{line}</span>
            </li>
          ))}
        </ul>
      </AlertDialogHeader>
      <AlertDialogFooter>
        <Button onClick={onClose}>Done</Button>
      </AlertDialogFooter>
    </>
  );
}
