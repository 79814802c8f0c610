"use client";

import { type FormEvent, useId, useState } from "react";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { DialogBody, DialogClose, DialogFooter } from "@/components/ui/dialog";
import type { CatalogueEntry, ConnectionView } from "@/server/integrations/catalogue";
import { ConsentWords } from "./consent-words";

export interface ConsentFormProps {
  readonly entry: CatalogueEntry;
  readonly connection: ConnectionView;
  /** Capabilities to switch on, ticked already. */
  readonly enable: readonly string[];
  readonly demo: boolean;
  /** Takes the capabilities to switch on; none: the connection is signed in again as it is. */
  readonly onSubmit: (capabilities: readonly string[]) => void;
}

/** `Write comments` of `write:comments`. */
const capabilityWords = (capability: string): string => {
  const words = capability.replace(":", " ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
};

/** The scopes that the tool's page will be asked for. */
function scopesOf(connection: ConnectionView, chosen: ReadonlySet<string>): readonly string[] {
  if (chosen.size === 0) return connection.signInAsks;
  return [...new Set([...chosen].flatMap((capability) => connection.switches[capability]?.asks ?? []))];
}

/** A consent for a connection that is there: whose it is, what to switch on with it, and what the tool will be asked for. */
export function ConsentForm({ entry, connection, enable, demo, onSubmit }: ConsentFormProps) {
  const id = useId();
  // What waits for a consent; what needs none has its switch.
  const choices = Object.entries(connection.switches).flatMap(([capability, { asks }]) => (asks.length === 0 ? [] : [capability]));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set(enable.filter((capability) => choices.includes(capability))));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit([...chosen]);
  };
  const toggle = (capability: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(capability);
    else next.delete(capability);
    setChosen(next);
  };
  const offered = choices.filter(
    (capability) => connection.switches[capability]?.on !== true || connection.capabilityStates[capability] !== "granted",
  );
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
      <DialogBody className="grid content-start gap-4">
        {demo ? (
          <Alert variant="info">
            This is the demo: the window that opens is a sandbox of {entry.name} on this machine. No real account is touched.
          </Alert>
        ) : null}
        <p>
          Sign in as <strong className="break-words font-semibold">{accountWords(connection)}</strong>. With any other account you are asked
          what to do; this connection stays as it is.
        </p>
        {offered.length === 0 ? null : (
          <fieldset>
            <legend className="mb-1 font-medium">Switch on</legend>
            {offered.map((capability) => (
              <label
                key={capability}
                htmlFor={`${id}-${capability}`}
                className="flex min-h-8 cursor-pointer items-center gap-2 rounded-sm pointer-coarse:min-h-11"
              >
                <Checkbox
                  id={`${id}-${capability}`}
                  checked={chosen.has(capability)}
                  onChange={(event) => toggle(capability, event.target.checked)}
                />
                {capabilityWords(capability)}
              </label>
            ))}
          </fieldset>
        )}
        <ConsentWords toolName={entry.name} scopes={scopesOf(connection, chosen)} />
      </DialogBody>
      <DialogFooter>
        <DialogClose asChild>
          <Button variant="ghost">Cancel</Button>
        </DialogClose>
        <Button type="submit">Continue to {entry.name}</Button>
      </DialogFooter>
    </form>
  );
}

function accountWords({ accountName, accountEmail, orgName }: ConnectionView): string {
  const email = accountEmail === null || accountEmail === accountName ? "" : ` (${accountEmail})`;
  return `${accountName}${email}${orgName === null ? "" : ` at ${orgName}`}`;
}
