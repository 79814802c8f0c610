import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";

/** Starting, watching and stopping the parts that the commands run. */

export const root = path.resolve(import.meta.dirname, "..");

/** A failure that its one sentence explains; printed without a stack, exit code 1. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** Runs a command's main function; a `StartError` is one sentence, anything else is ours to debug and keeps its stack. */
export function runCommand(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    console.error(error instanceof StartError ? error.message : error);
    process.exit(1);
  });
}

/** Throws unless the TCP port is free on the address. `variable` is what the person sets to move it. */
export async function assertPortFree(port: number, host: string, variable: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? "is in use" : `cannot be opened (${cause.code})`;
      reject(
        new StartError(
          `Port ${port} ${why}: stop what listens there, or choose another with ${variable}, for example ${variable}=${port + 100} npm run demo.`,
          { cause },
        ),
      );
    });
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve()));
  });
}

/** Reads a port number from the environment. */
export function portFrom(variable: string, fallback: number): number {
  const text = process.env[variable];
  if (text === undefined || text === "") return fallback;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new StartError(`${variable} is "${text}": set it to a port from 1 to 65535.`);
  return port;
}

export interface RunningProcess {
  readonly child: ChildProcess;
  /** Resolves with the exit code when it ends, by itself or not. */
  readonly exited: Promise<number>;
}

/** Environment variables set over this process's own. */
export type Variables = Readonly<Record<string, string>>;

export interface NodeOptions {
  readonly env?: Variables;
  readonly cwd?: string;
  /** Of standard output, passes on the structured log lines only, not a framework's banner. */
  readonly onlyLogs?: boolean;
}

/** Starts a Node program of ours with this Node, its output passed through. */
export function startNode(args: readonly string[], options: NodeOptions): RunningProcess {
  const child = spawn(process.execPath, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", options.onlyLogs === true ? "pipe" : "inherit", "inherit"],
  });
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("{")) console.log(line);
    });
  }
  const exited = new Promise<number>((resolve) => {
    child.once("error", () => resolve(1));
    child.once("exit", (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
  return { child, exited };
}

/** Asks a process to stop and waits; after `graceMs` it is killed. */
export async function stopProcess({ child, exited }: RunningProcess, graceMs = 10_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await exited;
  clearTimeout(timer);
}

/** Waits until `url` answers 200, or the process ends (false: it said why itself), at most `timeoutMs`. */
export async function waitUntilReady(url: string, running: RunningProcess, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  let ended = false;
  void running.exited.then(() => {
    ended = true;
  });
  while (!ended) {
    const ready = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.status === 200,
      () => false,
    );
    if (ready) return true;
    if (Date.now() > deadline)
      throw new StartError(
        `The hub did not become ready at ${url} within ${timeoutMs / 1000} s: its messages above say why; please report them.`,
      );
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/** Calls `stop` once, on the first Ctrl-C or termination; a second one ends at once. */
export function onStop(stop: () => Promise<void>): void {
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
  }
}
