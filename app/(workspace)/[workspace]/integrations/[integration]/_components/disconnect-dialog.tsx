"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleCheck, TriangleAlert, Unplug } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { readFailure } from "@/components/failure";
import { Revocation } from "@/components/revocation";
import { useTRPC } from "@/components/trpc/provider";
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
import { useWorkspace } from "@/components/workspace-context";
import type { DisconnectReceipt } from "@/server/connections/receipts";
import type { DisconnectPreview } from "@/server/connections/revocation";
import type { ConnectionView } from "@/server/integrations/catalogue";

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
  const { slug } = useWorkspace();
  const trpc = useTRPC();
  const preview = useQuery(
    trpc.connections.disconnectPreview.queryOptions(
      { workspace: slug, connection: connection.id },
      { enabled: open && step.at !== "done" },
    ),
  );

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
          <Receipt receipt={step.receipt} preview={preview.data} toolName={toolName} onClose={() => change(false)} />
        ) : (
          <>
            <AlertDialogHeader>
              <AlertDialogTitle>
                Disconnect {connection.accountName} from {toolName}?
              </AlertDialogTitle>
              <AlertDialogDescription>
                {preview.data?.ends === null
                  ? `${toolName} offers no way to end the access from here, so you end it there as well. The hub deletes its tokens`
                  : `The hub asks ${toolName} to end its access, then deletes its tokens`}{" "}
                and everything it kept of this account. The files under{" "}
                <code className="break-all font-mono text-xs">{connection.path}</code> go away here. Nothing is deleted in {toolName}.
              </AlertDialogDescription>
              <Reach preview={preview.data} toolName={toolName} />
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
              <Button variant="danger" onClick={run} disabled={step.at === "working" || preview.isPending}>
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

/** What ends beyond this connection, and what is left to do by hand: said before it is done. */
function Reach({ preview, toolName }: { readonly preview: DisconnectPreview | undefined; readonly toolName: string }) {
  if (preview === undefined) return null;
  if (preview.ends === "account") {
    return (
      <Alert variant="warning" className="mt-2">
        <p>{toolName} ends every access of this account to the hub’s app at once, wherever else it is connected to this hub.</p>
        {preview.alsoEnds.length === 0 ? null : (
          <>
            <p className="mt-1">In this workspace these end with it and need a new sign-in:</p>
            <ul className="mt-1 list-disc ps-5">
              {preview.alsoEnds.map(({ id, accountName, path }) => (
                <li key={id} className="break-words">
                  {accountName}, {path === null ? "your private connection" : <code className="break-all font-mono text-xs">{path}</code>}
                </li>
              ))}
            </ul>
          </>
        )}
      </Alert>
    );
  }
  return preview.ends === null && preview.byHand !== null ? <ByHand {...preview.byHand} /> : null;
}

function ByHand({ steps, url }: { readonly steps: string; readonly url: string }) {
  return (
    <Alert variant="warning" className="mt-2">
      {steps}{" "}
      <a href={url} target="_blank" rel="noreferrer" className="underline underline-offset-4">
        How and where
      </a>
    </Alert>
  );
}

function Receipt({
  receipt,
  preview,
  toolName,
  onClose,
}: {
  readonly receipt: DisconnectReceipt;
  readonly preview: DisconnectPreview | undefined;
  readonly toolName: string;
  readonly onClose: () => void;
}) {
  const { slug } = useWorkspace();
  const { outcome } = receipt.revoked;
  const isProven = outcome === "revoked" || outcome === "already_revoked";
  const others = receipt.alsoEnded.length;
  return (
    <>
      <AlertDialogHeader>
        <AlertDialogTitle>{toolName} is disconnected</AlertDialogTitle>
        <AlertDialogDescription>
          What was done, and what proves it. This receipt is kept under{" "}
          <Link href={`/${slug}/settings#ended`} className="underline underline-offset-4">
            Settings, Ended connections
          </Link>
          .
        </AlertDialogDescription>
        <div className="mt-2 grid gap-2 text-sm">
          <Revocation {...receipt.revoked} />
          {isProven || preview === undefined || preview.byHand === null ? null : <ByHand {...preview.byHand} />}
          {others === 0 ? null : (
            <p className="flex gap-2">
              <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warning" />
              {others === 1 ? "Another connection" : `${others} other connections`} of this account ended with it and{" "}
              {others === 1 ? "needs" : "need"} a new sign-in.
            </p>
          )}
          {["The tokens are deleted from the vault.", purgedWords(receipt.purged.files)].map((line) => (
            <p key={line} className="flex gap-2">
              <CircleCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-success" />
              {line}
            </p>
          ))}
        </div>
      </AlertDialogHeader>
      <AlertDialogFooter>
        <Button onClick={onClose}>Done</Button>
      </AlertDialogFooter>
    </>
  );
}

function purgedWords(files: number): string {
  if (files === 0) return "No copy of a file was kept.";
  return files === 1 ? "The copy of 1 file is deleted." : `The copies of ${files.toLocaleString("en")} files are deleted.`;
}
