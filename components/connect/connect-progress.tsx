"use client";

import { CircleAlert, CircleCheck, FolderOpen, RotateCw } from "lucide-react";
import Link from "next/link";
import { filesUrl } from "@/components/files-url";
import { Button } from "@/components/ui/button";
import { DialogBody, DialogFooter } from "@/components/ui/dialog";
import { Spinner } from "@/components/ui/spinner";
import type { ConnectionView } from "@/server/integrations/catalogue";
import type { ConnectState, Decision } from "./connect-flow";
import { QuestionChoices, QuestionProblem, QuestionWords } from "./question";

export interface ConnectProgressProps {
  readonly state: Exclude<ConnectState<ConnectionView>, { readonly status: "idle" }>;
  readonly toolName: string;
  readonly slug: string;
  readonly onCancel: () => void;
  readonly onDecide: (decision: Decision) => void;
  readonly onRetry: () => void;
  readonly onAgain: () => void;
  readonly onClose: () => void;
}

/** What a person sees while the consent is open and after it ended, in the words of the hub. */
export function ConnectProgress({ state, toolName, slug, onCancel, onDecide, onRetry, onAgain, onClose }: ConnectProgressProps) {
  if (state.status === "connecting") {
    return (
      <>
        <DialogBody>
          <div role="status" className="flex gap-3">
            <Spinner className="mt-1 size-5 shrink-0 text-info" />
            <div>
              <p className="font-medium text-base">{state.fullPage ? `Going to ${toolName}` : `Waiting for your consent at ${toolName}`}</p>
              <p className="mt-0.5 text-muted-foreground">{connectingWords(state, toolName)}</p>
            </div>
          </div>
        </DialogBody>
        <DialogFooter>
          <Button variant="ghost" onClick={onCancel}>
            Cancel
          </Button>
        </DialogFooter>
      </>
    );
  }
  if (state.status === "asking") {
    return (
      <>
        <DialogBody>
          <div role="alert">
            <QuestionWords title={state.title} reason={state.reason} next={state.next} />
          </div>
          <QuestionProblem problem={state.problem} />
        </DialogBody>
        <DialogFooter>
          <QuestionChoices deciding={state.deciding} onDecide={onDecide} onRetry={state.canRetry ? onRetry : null} />
        </DialogFooter>
      </>
    );
  }
  if (state.status === "connected") {
    return (
      <>
        <DialogBody>
          <div role="status" className="flex gap-3">
            <CircleCheck aria-hidden="true" className="mt-0.5 size-5 shrink-0 text-success" />
            <div className="min-w-0">
              <p className="font-medium text-base">{toolName} is connected</p>
              {state.connection === null ? null : (
                <p className="mt-0.5 break-words text-muted-foreground">
                  As {state.connection.accountName}
                  {state.connection.orgName === null ? "" : ` in ${state.connection.orgName}`}. Its files are under
                  <code className="mt-0.5 block break-all font-mono text-foreground text-xs">{state.connection.path}</code>
                </p>
              )}
            </div>
          </div>
        </DialogBody>
        <DialogFooter>
          <Button variant="ghost" onClick={onClose}>
            Done
          </Button>
          {state.connection === null ? null : (
            <Button asChild>
              <Link href={filesUrl(slug, state.connection.path)}>
                <FolderOpen /> Open files
              </Link>
            </Button>
          )}
        </DialogFooter>
      </>
    );
  }
  return (
    <>
      <DialogBody>
        <div role="alert" className="flex gap-3">
          <CircleAlert aria-hidden="true" className="mt-0.5 size-5 shrink-0 text-danger" />
          <div className="min-w-0">
            <p className="font-medium text-base">{state.title}</p>
            <p className="mt-0.5 break-words text-muted-foreground">
              {state.reason} {state.next}
            </p>
          </div>
        </div>
      </DialogBody>
      <DialogFooter>
        <Button variant="ghost" onClick={onClose}>
          Close
        </Button>
        <Button onClick={onAgain}>
          <RotateCw /> Connect again
        </Button>
      </DialogFooter>
    </>
  );
}

function connectingWords(state: Extract<ConnectProgressProps["state"], { readonly status: "connecting" }>, toolName: string): string {
  if (state.fullPage) return `Your browser blocked the window, so this page goes to ${toolName} and comes back afterwards.`;
  if (state.windowGone) return "The window looks closed. If you finished there, this ends in a moment; otherwise cancel here.";
  return "Finish in the window that opened. This page goes on by itself.";
}
