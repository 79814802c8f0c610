"use client";

import { type FormEvent, useState } from "react";
import { readFailure } from "@/components/failure";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardFooter, CardHeader, CardTitle } from "@/components/ui/card";
import { Field, fieldAria } from "@/components/ui/field";
import { Input } from "@/components/ui/input";

export interface RenameFormProps {
  readonly name: string;
  readonly slug: string;
  readonly mayRename: boolean;
  /** Renames; rejects with the API's error. */
  readonly rename: (change: { name: string; slug: string }) => Promise<void>;
}

type Step = { readonly at: "form"; readonly error: unknown } | { readonly at: "working" };

/** The workspace's name and its part of every address. */
export function RenameForm({ name, slug, mayRename, rename }: RenameFormProps) {
  const [nextName, setNextName] = useState(name);
  const [nextSlug, setNextSlug] = useState(slug);
  const [step, setStep] = useState<Step>({ at: "form", error: null });
  const changed = nextName.trim() !== name || nextSlug !== slug;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setStep({ at: "working" });
    rename({ name: nextName.trim(), slug: nextSlug }).then(
      () => setStep({ at: "form", error: null }),
      (error: unknown) => setStep({ at: "form", error }),
    );
  };

  return (
    <form onSubmit={submit}>
      <Card>
        <CardHeader>
          <div>
            <CardTitle>Name and address</CardTitle>
            <CardDescription>
              {mayRename ? "How this workspace is called, and where it is." : "An admin or the owner of this workspace can change these."}
            </CardDescription>
          </div>
        </CardHeader>
        <CardContent className="grid gap-4">
          <Field id="workspace-name" label="Name">
            <Input
              {...fieldAria("workspace-name", {})}
              value={nextName}
              onChange={(event) => setNextName(event.target.value)}
              required
              maxLength={80}
              readOnly={!mayRename}
              className="max-w-sm"
            />
          </Field>
          <Field
            id="workspace-slug"
            label="Address"
            hint="Lower-case letters, digits and hyphens. After a change, links to the old address lead nowhere."
          >
            <Input
              {...fieldAria("workspace-slug", { hint: true })}
              value={nextSlug}
              onChange={(event) => setNextSlug(event.target.value.toLowerCase())}
              required
              maxLength={48}
              pattern="[a-z0-9]([a-z0-9\-]{0,46}[a-z0-9])?"
              spellCheck={false}
              autoCapitalize="none"
              readOnly={!mayRename}
              className="max-w-sm font-mono"
            />
          </Field>
          {step.at === "form" && step.error !== null ? (
            <Alert variant="danger" role="alert">
              {readFailure(step.error).message}
            </Alert>
          ) : null}
        </CardContent>
        {mayRename ? (
          <CardFooter>
            <Button type="submit" disabled={!changed || step.at === "working"}>
              {step.at === "working" ? "Saving" : "Save"}
            </Button>
          </CardFooter>
        ) : null}
      </Card>
    </form>
  );
}
