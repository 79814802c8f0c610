import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "@playwright/test";
import { connectLinear, newWorkspace } from "@/e2e/journeys";
import { findBrowser } from "@/scripts/browser";
import { root } from "@/scripts/processes";

export async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

export interface RunningDemo {
  readonly origin: string;
  /** Milliseconds from the command to the line that says it is open. */
  readonly startedInMs: number;
  stop(): Promise<void>;
}

/** Starts `npm run demo`'s script on free ports and the given data folder, and waits until it says that it is open. */
export async function startDemo(dataDir: string): Promise<RunningDemo> {
  const port = await freePort();
  const started = performance.now();
  const child: ChildProcess = spawn(process.execPath, ["scripts/run.cjs", "scripts/demo.ts"], {
    cwd: root,
    env: { ...process.env, PORT: String(port), SANDBOX_PORT: String(await freePort()), HUB_DATA_DIR: dataDir, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      process.stderr.write(chunk);
      output += chunk.toString();
      if (output.includes("\nOpen http")) resolve();
    });
    void ended.then(() => reject(new Error("The demo ended before it was open.")));
  });
  return {
    origin: `http://localhost:${port}`,
    startedInMs: performance.now() - started,
    stop: async () => {
      child.kill("SIGINT");
      await ended;
    },
  };
}

export interface BenchHub {
  readonly origin: string;
  readonly workspace: string;
  readonly cookie: string;
  /**
   * One query over HTTP, unbatched and uncompressed, as a client on the same machine sends it, to the last byte of the answer; reading the
   * answer's objects is the client's own business. Throws unless it succeeded.
   */
  query(procedure: string, input: Readonly<Record<string, unknown>>): Promise<void>;
  mutate(procedure: string, input: Readonly<Record<string, unknown>>): Promise<unknown>;
  close(): Promise<void>;
}

/** The production build in demo mode with a person signed in, a workspace, and Linear connected to the sandbox. */
export async function openHub(): Promise<BenchHub> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "hub-bench-"));
  const demo = await startDemo(dataDir);
  const found = await findBrowser();
  const browser = await chromium.launch({ executablePath: found.executablePath, args: [...found.args] });
  const context = await browser.newContext({ baseURL: demo.origin });
  const page = await context.newPage();
  const { slug } = await newWorkspace(page, "Bench");
  await connectLinear(page, slug);
  const cookie = (await context.cookies(demo.origin)).map(({ name, value }) => `${name}=${value}`).join("; ");
  await browser.close();

  const read = async (response: Response): Promise<unknown> => {
    const answer = (await response.json()) as { result?: { data: unknown }; error?: unknown };
    if (!response.ok || answer.result === undefined) throw new Error(`${response.status} ${JSON.stringify(answer)}`);
    return answer.result.data;
  };
  return {
    origin: demo.origin,
    workspace: slug,
    cookie,
    query: async (procedure, input) => {
      const encoded = encodeURIComponent(JSON.stringify({ workspace: slug, ...input }));
      const response = await fetch(`${demo.origin}/api/trpc/${procedure}?input=${encoded}`, {
        headers: { cookie, "accept-encoding": "identity" },
      });
      const bytes = await response.arrayBuffer();
      if (!response.ok) throw new Error(`${response.status} ${Buffer.from(bytes).toString()}`);
    },
    mutate: async (procedure, input) =>
      read(
        await fetch(`${demo.origin}/api/trpc/${procedure}`, {
          method: "POST",
          headers: { cookie, origin: demo.origin, "content-type": "application/json" },
          body: JSON.stringify({ workspace: slug, ...input }),
        }),
      ),
    close: async () => {
      await demo.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
