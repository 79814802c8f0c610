"use client";

import { type FormEvent, useId, useState } from "react";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { Checkbox, Radio } from "@/components/ui/checkbox";
import { DialogBody, DialogClose, DialogFooter } from "@/components/ui/dialog";
import type { CatalogueEntry } from "@/server/integrations/catalogue";
import { ConsentWords } from "./consent-words";

export interface ConnectChoice {
  readonly visibility: "private" | "workspace";
  /** Keys of capabilities: `read:issues`. */
  readonly capabilities: readonly string[];
}

export interface ConnectFormProps {
  readonly entry: CatalogueEntry;
  readonly workspaceName: string;
  readonly demo: boolean;
  readonly onSubmit: (choice: ConnectChoice) => void;
}

/** Who will see the connection, and what it is for: the two things to decide before the tool asks for consent. */
export function ConnectForm({ entry, workspaceName, demo, onSubmit }: ConnectFormProps) {
  const id = useId();
  const groups = [
    { verb: "Read", keys: entry.capabilities.read.map((noun) => ({ key: `read:${noun}`, noun })) },
    { verb: "Write", keys: entry.capabilities.write.map((noun) => ({ key: `write:${noun}`, noun })) },
  ];
  const [visibility, setVisibility] = useState<ConnectChoice["visibility"]>("workspace");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set(groups.flatMap((group) => group.keys.map(({ key }) => key))));

  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit({ visibility, capabilities: [...chosen] });
  };
  const toggle = (key: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(key);
    else next.delete(key);
    setChosen(next);
  };
  const mountName = entry.vfsPath.slice(entry.vfsPath.lastIndexOf("/") + 1);

  return (
    <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
      <DialogBody className="grid content-start gap-5">
        {demo ? (
          <Alert variant="info">
            This is the demo: the window that opens is a sandbox of {entry.name} on this machine. No real account is touched.
          </Alert>
        ) : null}

        <fieldset className="grid gap-2">
          <legend className="mb-2 font-medium">Who can use this connection</legend>
          <Choice
            name={`${id}-visibility`}
            checked={visibility === "workspace"}
            onSelect={() => setVisibility("workspace")}
            title={`Everyone in ${workspaceName}`}
            detail={entry.vfsPath}
          />
          <Choice
            name={`${id}-visibility`}
            checked={visibility === "private"}
            onSelect={() => setVisibility("private")}
            title="Only me"
            detail={`/context/user/tools/${mountName}`}
          />
        </fieldset>

        <div className="grid grid-cols-2 gap-4">
          {groups.map(({ verb, keys }) => (
            <fieldset key={verb}>
              <legend className="mb-1 font-medium">{verb}</legend>
              {keys.map(({ key, noun }) => (
                <label
                  key={key}
                  htmlFor={`${id}-${key}`}
                  className="flex min-h-8 cursor-pointer items-center gap-2 rounded-sm pointer-coarse:min-h-11"
                >
                  <Checkbox id={`${id}-${key}`} checked={chosen.has(key)} onChange={(event) => toggle(key, event.target.checked)} />
                  {noun}
                </label>
              ))}
            </fieldset>
          ))}
        </div>
        <ConsentWords toolName={entry.name} scopes={[...new Set([...chosen].flatMap((key) => entry.capabilityAsks[key] ?? []))]} />
        <p className="text-muted-foreground text-xs">
          {entry.actsAs === "person"
            ? `Changes made through the hub appear in ${entry.name} under the account that you sign in with there.`
            : `Changes made through the hub appear in ${entry.name} under the hub's app.`}
        </p>
      </DialogBody>
      <DialogFooter>
        <DialogClose asChild>
          <Button variant="ghost">Cancel</Button>
        </DialogClose>
        <Button type="submit" disabled={chosen.size === 0}>
          Continue to {entry.name}
        </Button>
      </DialogFooter>
    </form>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly checked: boolean;
  readonly onSelect: () => void;
  readonly title: string;
  readonly detail: string;
}

function Choice({ name, checked, onSelect, title, detail }: ChoiceProps) {
  const id = useId();
  return (
    <label
      htmlFor={id}
      className="flex cursor-pointer items-start gap-2.5 rounded-md border px-3 py-2.5 transition-colors hover:bg-accent has-checked:border-ring has-checked:bg-selected"
    >
      <Radio id={id} name={name} checked={checked} onChange={onSelect} className="mt-0.5" />
      <span className="min-w-0">
        <span className="block font-medium">{title}</span>
        <code className="block break-all font-mono text-muted-foreground text-xs">{detail}</code>
      </span>
    </label>
  );
}
