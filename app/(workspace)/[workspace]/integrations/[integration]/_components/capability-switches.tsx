"use client";

import { useState } from "react";
import { CapabilityStateLabel } from "@/components/connection-status";
import { readFailure } from "@/components/failure";
import { useTRPCClient } from "@/components/trpc/provider";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { Switch } from "@/components/ui/switch";
import { toast } from "@/components/ui/toaster";
import { useWorkspace } from "@/components/workspace-context";
import type { CapabilityState, CapabilitySwitch, CatalogueEntry, ConnectionView } from "@/server/integrations/catalogue";

export interface CapabilitySwitchesProps {
  readonly tool: CatalogueEntry;
  readonly connection: ConnectionView;
  /** Resolves once what has changed is shown. */
  readonly onChanged: () => Promise<unknown>;
  /** Opens the consent that a capability waits for. */
  readonly onConsent: (capability: string) => void;
}

/** Each capability of a connection with its switch: what is granted, what is missing, and which consent a switch would ask for. */
export function CapabilitySwitches({ tool, connection, onChanged, onConsent }: CapabilitySwitchesProps) {
  const { slug } = useWorkspace();
  const client = useTRPCClient();
  const [changing, setChanging] = useState<{ readonly capability: string; readonly on: boolean } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const change = async (capability: string, on: boolean) => {
    setChanging({ capability, on });
    setProblem(null);
    try {
      await client.connections.switchCapability.mutate({ workspace: slug, connection: connection.id, capability, on });
      const kept = `${tool.name} still grants what it needs; the hub does not use it any more.`;
      toast.success(`${wordsOf(capability)} is switched ${on ? "on" : "off"}`, on ? undefined : kept);
      await onChanged();
    } catch (error) {
      setProblem(readFailure(error).message);
    } finally {
      setChanging(null);
    }
  };
  const turn = (capability: string, { asks }: CapabilitySwitch, on: boolean) => {
    if (on && asks.length > 0) onConsent(capability);
    else void change(capability, on);
  };

  return (
    <>
      <ul className="grid divide-y">
        {Object.entries(connection.switches).map(([capability, one]) => (
          <Row
            key={capability}
            capability={capability}
            state={connection.capabilityStates[capability] ?? "not_connected"}
            one={one}
            on={changing?.capability === capability ? changing.on : one.on}
            toolName={tool.name}
            busy={changing !== null || connection.status.state === "disconnecting"}
            onTurn={(on) => turn(capability, one, on)}
            onConsent={() => onConsent(capability)}
          />
        ))}
        {tool.capabilities.webhooks ? (
          <li className="flex min-h-9 items-center justify-between gap-4 py-1.5">
            <span>
              <span className="text-muted-foreground">Receive</span> webhooks
            </span>
            <CapabilityStateLabel state="not_available_yet" />
          </li>
        ) : null}
      </ul>
      {problem === null ? null : (
        <Alert variant="danger" role="alert" className="my-2">
          {problem}
        </Alert>
      )}
    </>
  );
}

/** `Write comments` of `write:comments`. */
function wordsOf(capability: string): string {
  const words = capability.replace(":", " ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

interface RowProps {
  readonly capability: string;
  readonly state: CapabilityState;
  readonly one: CapabilitySwitch;
  /** As the switch shows it, a change that is under way included. */
  readonly on: boolean;
  readonly toolName: string;
  readonly busy: boolean;
  readonly onTurn: (on: boolean) => void;
  readonly onConsent: () => void;
}

function Row({ capability, state, one, on, toolName, busy, onTurn, onConsent }: RowProps) {
  const { can } = useWorkspace();
  const [verb = "", noun = ""] = wordsOf(capability).split(" ");
  const isMissing = state === "missing_scope";
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 py-1.5">
      <span className="flex min-h-6 flex-wrap items-center gap-x-3">
        <span>
          <span className="text-muted-foreground">{verb}</span> {noun}
        </span>
        <CapabilityStateLabel state={state} isOff={!one.on} />
      </span>
      {can("connections.manage") ? (
        <span className="flex items-center gap-2">
          {isMissing ? (
            <Button size="sm" variant="outline" onClick={onConsent} disabled={busy}>
              Grant<span className="sr-only"> {wordsOf(capability)}</span>
            </Button>
          ) : null}
          <Switch aria-label={wordsOf(capability)} checked={on} onChange={(event) => onTurn(event.target.checked)} disabled={busy} />
        </span>
      ) : null}
      {one.missing.length > 0 ? (
        <span className="col-span-2 text-muted-foreground text-xs">
          {isMissing ? `${toolName} did not grant ` : `Asks ${toolName} for `}
          {one.missing.map((scope, index) => (
            <span key={scope}>
              {index === 0 ? "" : ", "}
              <code className="break-all font-mono">{scope}</code>
            </span>
          ))}
        </span>
      ) : null}
    </li>
  );
}
