"use client";

import { ArrowRight } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { readFailure } from "@/components/failure";
import { useTRPCClient } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { Field, fieldAria } from "@/components/ui/field";
import { Input } from "@/components/ui/input";

/** What a person who skips naming gets; it can be renamed in the settings. */
const defaultName = "My workspace";

export interface CreateWorkspaceFormProps {
  /** Where "Back" leads; null in the first run, where the step can be skipped instead. */
  readonly back: string | null;
}

export function CreateWorkspaceForm({ back }: CreateWorkspaceFormProps) {
  const client = useTRPCClient();
  const router = useRouter();
  const [name, setName] = useState("");
  const [step, setStep] = useState<{ at: "form"; error: string | undefined } | { at: "working" }>({ at: "form", error: undefined });

  const create = async (chosen: string) => {
    setStep({ at: "working" });
    try {
      const { slug } = await client.workspaces.create.mutate({ name: chosen });
      router.push(`/${slug}/welcome`);
    } catch (error) {
      setStep({ at: "form", error: readFailure(error).message });
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void create(name.trim());
  };
  const error = step.at === "form" ? step.error : undefined;

  return (
    <form onSubmit={submit} className="grid gap-4">
      <Field id="name" label="Name" hint="Your team’s or company’s name. You can change it later." error={error}>
        <Input
          {...fieldAria("name", { hint: true, error })}
          value={name}
          onChange={(event) => setName(event.target.value)}
          required
          maxLength={80}
          autoComplete="organization"
          className="h-10 text-base"
        />
      </Field>
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" size="lg" disabled={step.at === "working"}>
          {step.at === "working" ? "Making it" : "Continue"} <ArrowRight />
        </Button>
        {back === null ? (
          <Button variant="ghost" size="lg" disabled={step.at === "working"} onClick={() => void create(defaultName)}>
            Skip
          </Button>
        ) : (
          <Button variant="ghost" size="lg" asChild>
            <Link href={back}>Back</Link>
          </Button>
        )}
      </div>
    </form>
  );
}
