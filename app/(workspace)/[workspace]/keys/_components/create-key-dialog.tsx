"use client";

import { Plus } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { readFailure } from "@/components/failure";
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
import { Field, fieldAria } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { KeyRow } from "./key-list";
import { Snippets } from "./snippets";

type Access = KeyRow["access"];

const accesses: readonly { readonly access: Access; readonly label: string; readonly may: string }[] = [
  { access: "read", label: "Read", may: "lists and reads what is shared with the workspace" },
  { access: "read_write", label: "Read and write", may: "also creates, edits and removes, in the connected tools too" },
];

export interface CreateKeyDialogProps {
  /** Makes the key; rejects with the API's error. */
  readonly create: (fields: { name: string; access: Access }) => Promise<{ key: string }>;
}

type Step = { readonly at: "form"; readonly error: unknown } | { readonly at: "working" } | { readonly at: "made"; readonly key: string };

/** Names a key, chooses what it may do, and shows it, once: only its hash is kept. */
export function CreateKeyDialog({ create }: CreateKeyDialogProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [access, setAccess] = useState<Access>("read");
  const [step, setStep] = useState<Step>({ at: "form", error: null });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setStep({ at: "working" });
    create({ name: name.trim(), access }).then(
      ({ key }) => setStep({ at: "made", key }),
      (error: unknown) => setStep({ at: "form", error }),
    );
  };

  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        setName("");
        setAccess("read");
        setStep({ at: "form", error: null });
      }}
    >
      <DialogTrigger asChild>
        <Button>
          <Plus /> New key
        </Button>
      </DialogTrigger>
      <DialogContent>
        {step.at === "made" ? (
          <>
            <DialogHeader>
              <DialogTitle>Copy the key</DialogTitle>
              <DialogDescription>Give it to the app as a secret. Whoever has it can do what it may.</DialogDescription>
            </DialogHeader>
            <DialogBody className="grid content-start gap-3">
              <div className="flex gap-2">
                <Input
                  readOnly
                  aria-label="API key"
                  value={step.key}
                  className="font-mono text-xs"
                  onFocus={(event) => event.target.select()}
                />
                <CopyButton value={step.key} label="Copy key" showLabel variant="default" />
              </div>
              <Alert variant="warning">The key is shown only now. If it gets lost, revoke it and make another.</Alert>
              <Snippets />
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
              <DialogTitle>New API key</DialogTitle>
              <DialogDescription>It belongs to the workspace, not to you, and works until somebody revokes it.</DialogDescription>
            </DialogHeader>
            <DialogBody className="grid content-start gap-4">
              <Field id={`${id}-name`} label="Name" hint="The app or agent that will use it; the logs name it so.">
                <Input
                  {...fieldAria(`${id}-name`, { hint: true })}
                  value={name}
                  onChange={(event) => setName(event.target.value)}
                  required
                  maxLength={80}
                  autoComplete="off"
                />
              </Field>
              <fieldset className="grid gap-2">
                <legend className="mb-1.5 font-medium text-sm">What it may do</legend>
                {accesses.map((choice) => (
                  <label
                    key={choice.access}
                    htmlFor={`${id}-${choice.access}`}
                    className="flex cursor-pointer items-center gap-2.5 rounded-md border px-3 py-2 transition-colors hover:bg-accent has-checked:border-ring has-checked:bg-selected"
                  >
                    <Radio
                      id={`${id}-${choice.access}`}
                      name={`${id}-access`}
                      checked={access === choice.access}
                      onChange={() => setAccess(choice.access)}
                    />
                    <span>
                      <span className="font-medium">{choice.label}</span> <span className="text-muted-foreground">{choice.may}</span>
                    </span>
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
              <Button type="submit" disabled={step.at === "working" || name.trim() === ""}>
                {step.at === "working" ? "Making the key" : "Make the key"}
              </Button>
            </DialogFooter>
          </form>
        )}
      </DialogContent>
    </Dialog>
  );
}
