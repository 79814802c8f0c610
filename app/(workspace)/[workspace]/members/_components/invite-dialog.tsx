"use client";

import { UserPlus } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { readFailure } from "@/components/failure";
import { RelativeTime } from "@/components/time";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { Radio } from "@/components/ui/checkbox";
import { CopyButton } from "@/components/ui/copy-button";
import {
  Dialog,
  DialogBody,
  DialogClose,
  DialogContent,
  DialogDescription,
  DialogFooter,
  DialogHeader,
  DialogTitle,
  DialogTrigger,
} from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { type RoleName, roleChoices } from "./roles";

export interface NewInvitation {
  readonly url: string;
  readonly expiresAt: string;
}

export interface InviteDialogProps {
  readonly workspaceName: string;
  readonly myRole: RoleName;
  /** Makes the invitation; rejects with the API's error. */
  readonly invite: (role: RoleName) => Promise<NewInvitation>;
}

type Step =
  | { readonly at: "form"; readonly error: unknown }
  | { readonly at: "working" }
  | { readonly at: "made"; readonly invitation: NewInvitation };

/** Chooses a role and shows the link, once: only its hash is kept. */
export function InviteDialog({ workspaceName, myRole, invite }: InviteDialogProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [role, setRole] = useState<RoleName>("member");
  const [step, setStep] = useState<Step>({ at: "form", error: null });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setStep({ at: "working" });
    invite(role).then(
      (invitation) => setStep({ at: "made", invitation }),
      (error: unknown) => setStep({ at: "form", error }),
    );
  };

  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        if (next) setStep({ at: "form", error: null });
      }}
    >
      <DialogTrigger asChild>
        <Button>
          <UserPlus /> Invite
        </Button>
      </DialogTrigger>
      <DialogContent>
        {step.at === "made" ? (
          <>
            <DialogHeader>
              <DialogTitle>Send this link</DialogTitle>
              <DialogDescription>
                Whoever opens it first joins {workspaceName}. It ends <RelativeTime at={step.invitation.expiresAt} />.
              </DialogDescription>
            </DialogHeader>
            <DialogBody className="grid content-start gap-3">
              <div className="flex gap-2">
                <Input
                  readOnly
                  aria-label="Invitation link"
                  value={step.invitation.url}
                  className="font-mono text-xs"
                  onFocus={(event) => event.target.select()}
                />
                <CopyButton value={step.invitation.url} label="Copy link" showLabel variant="default" />
              </div>
              <Alert variant="warning">The link is shown only now. If it gets lost, revoke the invitation and make another.</Alert>
            </DialogBody>
            <DialogFooter>
              <DialogClose asChild>
                <Button variant="outline">Done</Button>
              </DialogClose>
            </DialogFooter>
          </>
        ) : (
          <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
            <DialogHeader>
              <DialogTitle>Invite to {workspaceName}</DialogTitle>
              <DialogDescription>You get a link that works once. Choose what the person may do.</DialogDescription>
            </DialogHeader>
            <DialogBody className="grid content-start gap-2">
              <fieldset className="grid gap-2">
                <legend className="sr-only">Role</legend>
                {roleChoices
                  .filter((choice) => choice.role !== "owner" || myRole === "owner")
                  .map((choice) => (
                    <label
                      key={choice.role}
                      htmlFor={`${id}-${choice.role}`}
                      className="flex cursor-pointer items-center gap-2.5 rounded-md border px-3 py-2 transition-colors hover:bg-accent has-checked:border-ring has-checked:bg-selected"
                    >
                      <Radio
                        id={`${id}-${choice.role}`}
                        name={`${id}-role`}
                        checked={role === choice.role}
                        onChange={() => setRole(choice.role)}
                      />
                      <span className="font-medium">{choice.label}</span>
                      <span className="text-muted-foreground">{choice.may}</span>
                    </label>
                  ))}
              </fieldset>
              {step.at === "form" && step.error !== null ? (
                <Alert variant="danger" role="alert">
                  {readFailure(step.error).message}
                </Alert>
              ) : null}
            </DialogBody>
            <DialogFooter>
              <DialogClose asChild>
                <Button variant="ghost">Cancel</Button>
              </DialogClose>
              <Button type="submit" disabled={step.at === "working"}>
                {step.at === "working" ? "Making the link" : "Make a link"}
              </Button>
            </DialogFooter>
          </form>
        )}
      </DialogContent>
    </Dialog>
  );
}
