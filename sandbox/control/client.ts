import type { ControlCommandInput } from "./commands";
import type { FaultInput } from "./faults";
import type { JournalEntry } from "./journal";

/** What a tool has in it, as its `inspect` says, with its settings and the faults that wait. */
export type ToolState<Inspected> = Inspected & {
  readonly name: string;
  readonly origin: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly faults: readonly FaultInput[];
};

export interface ToolJournal {
  readonly endpoints: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, number>>;
  readonly entries: readonly JournalEntry[];
}

/**
 * A typed client of the control port for one tool, for tests and scripts. Every call throws when the port refuses it. `Tokens` is the
 * tool's token answer, `Inspected` what its `inspect` tells.
 */
export function createControlClient<Tokens = unknown, Inspected = Readonly<Record<string, unknown>>>(
  controlOrigin: string,
  tool: string,
  fetcher: typeof fetch = fetch,
) {
  async function ask(path: string, init?: RequestInit): Promise<unknown> {
    const response = await fetcher(`${controlOrigin}${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`The sandbox's control port refused: ${text}`);
    return JSON.parse(text);
  }
  async function ofTool(path: string): Promise<unknown> {
    const answer = (await ask(path)) as Readonly<Record<string, unknown>>;
    if (!Object.hasOwn(answer, tool)) throw new Error(`The tool ${tool} does not run in this sandbox.`);
    return answer[tool];
  }
  const send = (command: ControlCommandInput) =>
    ask("/", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(command) });

  return {
    /** Any command, as it is. */
    send,
    /** The answer of the token endpoint, without a consent page. */
    connect: async (app: { clientId: string; email: string; scopes: readonly string[] }) =>
      (await send({ command: "connect", tool, ...app, scopes: [...app.scopes] })) as Tokens,
    /** Everybody's, or one person's. */
    expireAccessTokens: (email?: string) => send({ command: "expire_access_tokens", tool, email }),
    /** Everybody's, or one person's. */
    revokeGrants: (email?: string) => send({ command: "revoke_grants", tool, email }),
    /** Of a limit, as another installation would; each tool's page in docs/sandbox.md says what it takes. */
    spend: (spent: Readonly<Record<string, unknown>>) => send({ command: "spend", tool, spent: { ...spent } }),
    /** For example `addFault({ match: { operation: "issueUpdate" }, effect: { kind: "lost_answer" } })`. */
    addFault: (fault: FaultInput) => send({ command: "add_fault", tool, fault }),
    clearFaults: () => send({ command: "clear_faults", tool }),
    set: (settings: Readonly<Record<string, unknown>>) => send({ command: "set", tool, settings: { ...settings } }),
    /** Of every tool in the sandbox. */
    advanceClock: (byMs: number) => send({ command: "advance_clock", byMs }),
    /** This tool's; the clock of all goes back to the true time. */
    reset: () => send({ command: "reset", tool }),
    state: async () => (await ofTool("/state")) as ToolState<Inspected>,
    journal: async () => (await ofTool("/journal")) as ToolJournal,
  };
}

export type ControlClient<Tokens = unknown, Inspected = Readonly<Record<string, unknown>>> = ReturnType<
  typeof createControlClient<Tokens, Inspected>
>;
