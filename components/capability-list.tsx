import { CapabilityStateLabel } from "@/components/connection-status";
import { cn } from "@/components/ui/cn";
import type { CapabilityState, CatalogueEntry } from "@/server/integrations/catalogue";

export interface CapabilityListProps {
  readonly capabilities: CatalogueEntry["capabilities"];
  /** Keyed `read:issues`, `write:comments`, `webhooks`. */
  readonly states: Readonly<Record<string, CapabilityState>>;
  readonly className?: string;
}

interface Row {
  readonly key: string;
  readonly verb: string;
  readonly noun: string;
}

function rowsOf(capabilities: CatalogueEntry["capabilities"]): readonly Row[] {
  return [
    ...capabilities.read.map((noun) => ({ key: `read:${noun}`, verb: "Read", noun })),
    ...capabilities.write.map((noun) => ({ key: `write:${noun}`, verb: "Write", noun })),
    ...(capabilities.webhooks ? [{ key: "webhooks", verb: "Receive", noun: "webhooks" }] : []),
  ];
}

/** Each capability in a row of its own: what it is, and its state in an icon and a word. */
export function CapabilityList({ capabilities, states, className }: CapabilityListProps) {
  return (
    <ul className={cn("grid divide-y", className)}>
      {rowsOf(capabilities).map(({ key, verb, noun }) => (
        <li key={key} className="flex min-h-9 items-center justify-between gap-4 py-1.5">
          <span>
            <span className="text-muted-foreground">{verb}</span> {noun}
          </span>
          <CapabilityStateLabel state={states[key] ?? "not_connected"} />
        </li>
      ))}
    </ul>
  );
}

/** The same in two lines for a card: `Read issues, projects · Write comments`, with those that are missing marked in words. */
export function CapabilitySummary({ capabilities, states, className }: CapabilityListProps) {
  const groups = [
    { verb: "Read", kind: "read", nouns: capabilities.read },
    { verb: "Write", kind: "write", nouns: capabilities.write },
  ] as const;
  return (
    <dl className={cn("grid grid-cols-[3rem_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-xs", className)}>
      {groups.map(({ verb, kind, nouns }) => (
        <div key={kind} className="contents">
          <dt className="leading-5 text-muted-foreground">{verb}</dt>
          <dd>
            <ul className="flex flex-wrap gap-1">
              {nouns.map((noun) => (
                <Chip key={noun} noun={noun} state={states[`${kind}:${noun}`] ?? "not_connected"} />
              ))}
            </ul>
          </dd>
        </div>
      ))}
    </dl>
  );
}

const words: Record<CapabilityState, string> = {
  granted: "granted",
  missing_scope: "missing",
  not_connected: "not connected",
  not_available_yet: "not available yet",
};

function Chip({ noun, state }: { readonly noun: string; readonly state: CapabilityState }) {
  return (
    <li
      title={`${noun}: ${words[state]}`}
      className={cn(
        "inline-flex h-5 items-center gap-1 rounded-sm border px-1.5 font-medium text-2xs",
        state === "granted" && "border-success-border bg-success-surface text-success",
        state === "missing_scope" && "border-warning-border border-dashed bg-warning-surface text-warning",
        (state === "not_connected" || state === "not_available_yet") && "bg-muted text-muted-foreground",
      )}
    >
      {state === "granted" ? <span aria-hidden="true">✓</span> : null}
      {state === "missing_scope" ? <span aria-hidden="true">!</span> : null}
      {noun}
      <span className="sr-only">, {words[state]}</span>
    </li>
  );
}
