"use client";

import { Plus, RotateCw, Undo2, UserRoundX } from "lucide-react";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { Spinner } from "@/components/ui/spinner";
import type { Decision } from "./connect-flow";

/** Who was expected and who came, in the hub's words. */
export function QuestionWords({ title, reason, next }: { readonly title: string; readonly reason: string; readonly next: string }) {
  return (
    <div className="flex gap-3">
      <UserRoundX aria-hidden="true" className="mt-0.5 size-5 shrink-0 text-warning" />
      <div className="min-w-0">
        <p className="font-medium text-base">{title}</p>
        <p className="mt-0.5 break-words">{reason}</p>
        <p className="mt-2 break-words text-muted-foreground">{next}</p>
      </div>
    </div>
  );
}

export interface QuestionChoicesProps {
  /** The decision that is on its way. */
  readonly deciding: Decision | null;
  readonly onDecide: (decision: Decision) => void;
  /** Null when the connection that was expected is gone. */
  readonly onRetry: (() => void) | null;
}

/** The three things that can be done with another account than the expected one. */
export function QuestionChoices({ deciding, onDecide, onRetry }: QuestionChoicesProps) {
  const busy = deciding !== null;
  return (
    <>
      <Button variant="ghost" onClick={() => onDecide("give_back")} disabled={busy}>
        {deciding === "give_back" ? <Spinner /> : <Undo2 />} Give it back
      </Button>
      <Button variant="outline" onClick={() => onDecide("add")} disabled={busy}>
        {deciding === "add" ? <Spinner /> : <Plus />} Add as its own connection
      </Button>
      {onRetry === null ? null : (
        <Button onClick={onRetry} disabled={busy}>
          <RotateCw /> Try again with the right account
        </Button>
      )}
    </>
  );
}

/** Why the last decision did not arrive. */
export function QuestionProblem({ problem }: { readonly problem: string | null }) {
  return problem === null ? null : (
    <Alert variant="danger" role="alert" className="mt-3">
      {problem}
    </Alert>
  );
}
