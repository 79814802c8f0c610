import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createThrowAwayDatabase, testDatabaseUrl } from "@/db/testing-postgres";
import { type ControlClient, createControlClient } from "@/sandbox/control/client";
import type { LinearInspected } from "@/sandbox/linear/server";
import type { LinearSettings } from "@/sandbox/linear/settings";
import type { Tokens } from "@/sandbox/linear/testing";
import { startSandbox } from "@/sandbox/start";
import { placeDataFolder } from "./pglite-folder";
import type {
  CommandName,
  ConnectionState,
  FromHub,
  HubCommands,
  HubOptions,
  MadeConnection,
  RefreshStep,
  Tally,
  ToHub,
  ToolOptions,
} from "./protocol";
import { suiteClient } from "./suite-variables";

/**
 * What the cases are made of: real hub processes over one database, and sandboxes that play the vendor over real HTTP. A case runs once for
 * each place of `places`; where there is no PostgreSQL its two processes are skipped, and counted so.
 */

export interface Place {
  readonly name: string;
  readonly processes: 1 | 2;
  readonly available: boolean;
}

export const onPostgres: Place = { name: "two processes on PostgreSQL", processes: 2, available: testDatabaseUrl !== null };
export const onPglite: Place = { name: "one process on PGlite", processes: 1, available: true };
export const places: readonly Place[] = [onPostgres, onPglite];

/** One simulated vendor. Its journal is the truth of what was sent. */
export interface FaultTool {
  readonly id: string;
  readonly origin: string;
  readonly control: ControlClient<Tokens, LinearInspected>;
  /** Requests for a refresh that have arrived and were dealt with, oldest first. */
  refreshes(): Promise<readonly RefreshRequest[]>;
}

export interface RefreshRequest {
  /** Null when it got no answer. */
  readonly status: number | null;
  readonly fault: string | null;
  /** Tells the refresh tokens from each other, and no more. */
  readonly credential: string | null;
}

export interface HubProcess {
  /**
   * A connection of a new person in a new workspace, to the account of `email` at the vendor (Ann's); what the sandbox says of the token's
   * time is what the hub believes.
   */
  connect(tool: FaultTool, options?: { email?: string }): Promise<MadeConnection>;
  calls(made: MadeConnection, count: number, options?: { maxWaitMs?: number }): Promise<Tally>;
  startLoad(made: MadeConnection, options: { perSecond: number }): Promise<{ stop(): Promise<Tally> }>;
  look(made: MadeConnection): Promise<ConnectionState>;
  /** From now on the connection's refresh stops at the step, until it is released or the process killed. */
  holdAt(made: MadeConnection, step: RefreshStep): Promise<{ readonly reached: Promise<void>; release(): Promise<unknown> }>;
  /** Calls `run(world, input)` of a module of this folder (`day.traffic.ts`) inside the process. Input and answer are JSON. */
  run(module: string, input: unknown): Promise<unknown>;
  /** Every line of its log so far. */
  readLog(): string;
  /** `kill -STOP` and `kill -CONT`: the machine sleeps, or gives others all its time. */
  pause(): void;
  resume(): void;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
  /** Ends in order, with everything written that it still held. */
  stop(): Promise<void>;
}

export interface WorldOptions {
  /** The vendors, each a sandbox of its own. */
  readonly tools: Readonly<Record<string, Omit<ToolOptions, "id" | "origin"> & { readonly settings?: Partial<LinearSettings> }>>;
  readonly tokenTiming?: HubOptions["tokenTiming"];
  readonly variables?: HubOptions["variables"];
}

export interface World {
  readonly databaseUrl: string;
  /** One on PGlite, two on PostgreSQL, all started. */
  readonly hubs: readonly [HubProcess, ...HubProcess[]];
  tool(id: string): FaultTool;
  /** One more process over the same database, such as after a kill; its variables are set over the world's. */
  startHub(variables?: HubOptions["variables"]): Promise<HubProcess>;
  /** Ends every process and sandbox, and drops the database. */
  close(): Promise<void>;
}

/** Starts sandboxes, database and processes of one case. */
export async function startWorld(place: Place, options: WorldOptions): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "hub-faults-"));
  const started: HubProcess[] = [];
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    await Promise.all(started.map((hub) => hub.kill()));
    for (const closer of closers.reverse()) await closer();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const tools = new Map<string, FaultTool>();
    const toolOptions: ToolOptions[] = [];
    for (const [id, { settings, ...rest }] of Object.entries(options.tools)) {
      const { tool, close: end } = await startTool(id, settings);
      closers.push(end);
      tools.set(id, tool);
      toolOptions.push({ ...rest, id, origin: tool.origin });
    }
    let databaseUrl = `pglite:${join(folder, "database")}`;
    if (place.processes > 1) {
      const database = await createThrowAwayDatabase();
      closers.push(() => database.drop());
      databaseUrl = database.url;
    } else {
      await placeDataFolder(join(folder, "database"));
    }
    const startHub = async (variables?: HubOptions["variables"]) => {
      const logFile = join(folder, `hub-${started.length}.log`);
      const { tokenTiming } = options;
      const hub = await startHubProcess({
        databaseUrl,
        tools: toolOptions,
        logFile,
        tokenTiming,
        variables: { ...options.variables, ...variables },
      });
      started.push(hub);
      return hub;
    };
    const first = await startHub();
    const others = await Promise.all(Array.from({ length: place.processes - 1 }, () => startHub()));
    const tool = (id: string) => {
      const found = tools.get(id);
      if (found === undefined) throw new Error(`The case has no tool ${id}.`);
      return found;
    };
    return { databaseUrl, hubs: [first, ...others], tool, startHub, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startTool(id: string, settings: Partial<LinearSettings> = {}): Promise<{ tool: FaultTool; close(): Promise<void> }> {
  const sandbox = await startSandbox({
    clients: [{ ...suiteClient, name: "Fault suite", redirectUris: ["http://localhost:3210/oauth/callback/linear"], pkce: "required" }],
    tools: ["linear"],
    settings: { linear: { requestsPerHour: 1_000_000, complexityPerHour: 1_000_000_000, ...settings } },
  });
  const control = createControlClient<Tokens, LinearInspected>(sandbox.controlOrigin, "linear");
  const tool: FaultTool = {
    id,
    origin: sandbox.origins.linear ?? "",
    control,
    async refreshes() {
      const { entries } = await control.journal();
      return entries
        .filter(({ operations }) => operations.includes("refresh_token"))
        .map(({ status, fault, credential }) => ({ status, fault, credential }));
    },
  };
  return { tool, close: () => sandbox.close() };
}

/** A connection whose next call must refresh; the token that it then gets lasts an hour. */
export async function connectExpired(hub: HubProcess, tool: FaultTool): Promise<MadeConnection> {
  await tool.control.set({ accessTokenSeconds: 1 });
  const made = await hub.connect(tool);
  await tool.control.set({ accessTokenSeconds: 3_600 });
  return made;
}

/** Starts one hub process; resolves when it is ready, and rejects with what it printed when it is not. */
async function startHubProcess(options: HubOptions): Promise<HubProcess> {
  writeFileSync(options.logFile, "");
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, "hub-process.mjs")], {
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  const held = new Map<string, () => void>();
  const ready = Promise.withResolvers<void>();
  let nextId = 1;
  let printed = "";
  child.stderr?.on("data", (data: Buffer) => {
    printed = (printed + data.toString("utf8")).slice(-10_000);
  });
  const exited = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      const error = new Error(`A hub process ended (${signal ?? code}). ${printed}`);
      ready.reject(error);
      for (const waiter of waiting.values()) waiter.reject(error);
      waiting.clear();
      resolve();
    });
  });
  child.on("message", (message: FromHub) => {
    if (message.type === "ready") ready.resolve();
    else if (message.type === "held") held.get(message.connectionId)?.();
    else {
      const waiter = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.type === "answer") waiter?.resolve(message.answer);
      else waiter?.reject(new Error(message.message));
    }
  });
  const post = (message: ToHub) => child.send(message);
  const ask = <Name extends CommandName>(name: Name, input: HubCommands[Name]["input"]): Promise<HubCommands[Name]["answer"]> => {
    if (child.exitCode !== null || child.signalCode !== null) return Promise.reject(new Error("The hub process has ended."));
    const id = nextId++;
    const answer = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
    post({ type: "command", id, name, input });
    return answer as Promise<HubCommands[Name]["answer"]>;
  };
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };

  post({ type: "start", options });
  await ready.promise;
  return {
    async connect(tool, { email = "ann@acme.example" } = {}) {
      const tokens = await tool.control.connect({ clientId: suiteClient.clientId, email, scopes: ["read", "write"] });
      return ask("connect", { tool: tool.id, tokens });
    },
    calls: (made, count, { maxWaitMs } = {}) => ask("calls", { made, count, maxWaitMs }),
    async startLoad(made, options) {
      const { load } = await ask("startLoad", { made, ...options });
      return { stop: () => ask("stopLoad", { load }) };
    },
    look: (made) => ask("look", { made }),
    async holdAt(made, step) {
      const reached = new Promise<void>((resolve) => held.set(made.connectionId, resolve));
      await ask("hold", { made, step });
      return { reached, release: () => ask("release", { made }) };
    },
    run: (module, input) => ask("run", { module: join(import.meta.dirname, module), input }),
    readLog: () => readFileSync(options.logFile, "utf8"),
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    kill,
    async stop() {
      await ask("stop", null);
      await kill();
    },
  };
}
