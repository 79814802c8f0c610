"use client";

import { type ReactNode, useState } from "react";
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
import { Field, fieldAria } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Spinner } from "@/components/ui/spinner";

export interface ConfirmDialogProps {
  readonly trigger: ReactNode;
  readonly title: string;
  /** What will happen. */
  readonly children: ReactNode;
  readonly action: string;
  /** The action's word while it runs. */
  readonly working: string;
  /** What has to be typed first, letter for letter. */
  readonly typed?: { readonly label: string; readonly text: string };
  /** Does it; the dialog closes when it resolves, and shows why when it rejects. */
  readonly run: (typed: string) => Promise<void>;
}

type Step = { readonly at: "question"; readonly error: unknown } | { readonly at: "working" };

/** Asks before something that is felt by everyone, and shows what came of it. */
export function ConfirmDialog({ trigger, title, children, action, working, typed, run }: ConfirmDialogProps) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [step, setStep] = useState<Step>({ at: "question", error: null });
  const isWorking = step.at === "working";

  const change = (next: boolean) => {
    if (isWorking) return;
    setOpen(next);
    setText("");
    setStep({ at: "question", error: null });
  };
  const submit = () => {
    setStep({ at: "working" });
    run(text.trim()).then(
      () => {
        setStep({ at: "question", error: null });
        setOpen(false);
      },
      (error: unknown) => setStep({ at: "question", error }),
    );
  };

  return (
    <AlertDialog open={open} onOpenChange={change}>
      <AlertDialogTrigger asChild>{trigger}</AlertDialogTrigger>
      <AlertDialogContent>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <AlertDialogHeader>
            <AlertDialogTitle>{title}</AlertDialogTitle>
            <AlertDialogDescription>{children}</AlertDialogDescription>
            {typed === undefined ? null : (
              <Field id="confirm-text" label={typed.label} className="mt-3">
                <Input
                  {...fieldAria("confirm-text", {})}
                  value={text}
                  onChange={(event) => setText(event.target.value)}
                  autoComplete="off"
                  spellCheck={false}
                  required
                />
              </Field>
            )}
            {step.at === "question" && step.error !== null ? (
              <Alert variant="danger" role="alert" className="mt-2">
                {readFailure(step.error).message}
              </Alert>
            ) : null}
          </AlertDialogHeader>
          <AlertDialogFooter>
            <AlertDialogCancel asChild>
              <Button variant="ghost" disabled={isWorking}>
                Cancel
              </Button>
            </AlertDialogCancel>
            <Button type="submit" variant="danger" disabled={isWorking || (typed !== undefined && text.trim() !== typed.text)}>
              {isWorking ? <Spinner /> : null}
              {isWorking ? working : action}
            </Button>
          </AlertDialogFooter>
        </form>
      </AlertDialogContent>
    </AlertDialog>
  );
}
