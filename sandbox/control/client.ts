import type { LinearSandbox } from "../linear/server";
import type { LinearSettings } from "../linear/settings";
import type { ControlCommandInput } from "./commands";
import type { FaultInput } from "./faults";
import type { JournalEntry } from "./journal";

export interface SandboxState {
  readonly linear: ReturnType<LinearSandbox["inspect"]> & { readonly faults: readonly FaultInput[] };
}

export interface SandboxJournal {
  readonly linear: {
    readonly endpoints: Readonly<Record<string, number>>;
    readonly operations: Readonly<Record<string, number>>;
    readonly entries: readonly JournalEntry[];
  };
}

/** A typed client of the control port, for tests and scripts. Every call throws when the port refuses it. */
export function createControlClient(controlOrigin: string, fetcher: typeof fetch = fetch) {
  async function ask(path: string, init?: RequestInit): Promise<unknown> {
    const response = await fetcher(`${controlOrigin}${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`The sandbox's control port refused: ${text}`);
    return JSON.parse(text);
  }
  const send = (command: ControlCommandInput) =>
    ask("/", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(command) });

  return {
    send,
    /** The answer of the token endpoint, without a consent page. */
    connect: async (app: { clientId: string; email: string; scopes: string[] }) =>
      (await send({ command: "connect", ...app })) as { access_token: string; refresh_token: string; expires_in: number; scope: string },
    /** Everybody's, or one person's. */
    expireAccessTokens: (email?: string) => send({ command: "expire_access_tokens", email }),
    /** Everybody's, or one person's. */
    revokeGrants: (email?: string) => send({ command: "revoke_grants", email }),
    /** Of a person's limits with an app, as another installation of it would. */
    spend: (spent: { clientId: string; email: string; requests?: number; complexity?: number }) => send({ command: "spend", ...spent }),
    /** For example `addFault({ match: { operation: "issueUpdate" }, effect: { kind: "lost_answer" } })`. */
    addFault: (fault: FaultInput) => send({ command: "add_fault", fault }),
    clearFaults: () => send({ command: "clear_faults" }),
    set: (settings: Partial<LinearSettings>) => send({ command: "set", settings }),
    advanceClock: (byMs: number) => send({ command: "advance_clock", byMs }),
    reset: () => send({ command: "reset" }),
    state: async () => (await ask("/state")) as SandboxState,
    journal: async () => (await ask("/journal")) as SandboxJournal,
  };
}
