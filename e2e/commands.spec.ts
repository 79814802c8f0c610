import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "@playwright/test";
import pg from "pg";
import { PgBoss } from "pg-boss";
import { createThrowAwayDatabase, type ThrowAwayDatabase, testDatabaseUrl } from "../db/testing-postgres";

/** The commands as a newcomer meets them: what goes wrong is one sentence that says what to do, and exit code 1. */

const root = path.resolve(import.meta.dirname, "..");
const demoDataDir = process.env.HUB_E2E_DATA_DIR ?? "";
const demoPort = Number(process.env.HUB_E2E_PORT ?? 3180);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const folders: string[] = [];
function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "hub-command-"));
  folders.push(folder);
  return folder;
}
test.afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** This machine's variables without any of the hub's. */
function bareEnvironment(): Record<string, string> {
  const kept = ["PATH", "HOME", "LANG", "TMPDIR", "TMP", "TEMP", "SystemRoot"];
  return Object.fromEntries(kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

function start(args: readonly string[], env: Record<string, string>, cwd = root) {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...bareEnvironment(), ...env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
  return { child, ended, output: () => stdout };
}

const run = (args: readonly string[], env: Record<string, string>, cwd?: string): Promise<Ended> => start(args, env, cwd).ended;
const script = (name: string): string[] => ["scripts/run.cjs", `scripts/${name}.ts`];

/** Exit code 1, and one line of message: no stack, no second sentence of another layer. */
function expectOneSentence({ code, stderr }: Ended, ...says: RegExp[]): void {
  expect(stderr.trim().split("\n"), stderr).toHaveLength(1);
  for (const pattern of says) expect(stderr).toMatch(pattern);
  expect(code).toBe(1);
}

test("a port in use is named, with how to choose another", async () => {
  expectOneSentence(
    await run(script("demo"), { PORT: String(demoPort), HUB_DATA_DIR: temporaryFolder() }),
    new RegExp(`Port ${demoPort} is in use`),
    /PORT=/,
  );
});

test("a second copy on the same data folder is refused, naming the folder", async () => {
  const port = await freePort();
  const ended = await run(script("demo"), { PORT: String(port), SANDBOX_PORT: String(await freePort()), HUB_DATA_DIR: demoDataDir });
  expectOneSentence(ended, new RegExp(demoDataDir.replaceAll("/", "\\/")));
});

test("a broken data folder is said, with what to do", async () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, "database"));
  writeFileSync(path.join(folder, "database", "PG_VERSION"), "not a database\n");
  const ended = await run(script("demo"), { PORT: String(await freePort()), SANDBOX_PORT: String(await freePort()), HUB_DATA_DIR: folder });
  expectOneSentence(ended, /database/);
});

test("Ctrl-C stops everything, with exit code 0", async () => {
  const port = await freePort();
  const demo = start(script("demo"), { PORT: String(port), SANDBOX_PORT: String(await freePort()), HUB_DATA_DIR: temporaryFolder() });
  await expect.poll(demo.output, { timeout: 40_000 }).toContain(`Open http://localhost:${port}`);
  expect((await fetch(`http://127.0.0.1:${port}/api/health/live`)).status).toBe(200);
  demo.child.kill("SIGINT");
  expect((await demo.ended).code).toBe(0);
  await expect(fetch(`http://127.0.0.1:${port}/api/health/live`)).rejects.toThrow();
});

const secure = {
  DATABASE_URL: "postgres://nobody@127.0.0.1:1/none",
  AUTH_URL: "https://hub.example.com",
  AUTH_SECRET: "0123456789abcdef0123456789abcdef",
  VAULT_KEY: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
  SMTP_URL: "smtp://127.0.0.1:25",
  MAIL_FROM: "hub@example.com",
};

for (const missing of ["DATABASE_URL", "AUTH_URL", "AUTH_SECRET", "VAULT_KEY", "SMTP_URL"] as const) {
  test(`production does not start without ${missing}`, async () => {
    const { [missing]: _, ...rest } = secure;
    expectOneSentence(await run(script("start"), { ...rest, PORT: String(await freePort()), HOST: "127.0.0.1" }), new RegExp(missing));
  });
}

test("production does not start on an address that is not https", async () => {
  expectOneSentence(
    await run(script("start"), { ...secure, AUTH_URL: "http://hub.example.com", PORT: String(await freePort()), HOST: "127.0.0.1" }),
    /AUTH_URL/,
    /https/,
  );
});

test("production says in one sentence that its database cannot be reached", async () => {
  expectOneSentence(await run(script("start"), { ...secure, PORT: String(await freePort()), HOST: "127.0.0.1" }), /DATABASE_URL/);
});

test("a built hub is never a demo that others can reach", async () => {
  const port = String(await freePort());
  const env = { HUB_MODE: "demo", PORT: port, HUB_DATA_DIR: temporaryFolder() };
  expectOneSentence(await run([path.join(root, ".next/standalone/server.js")], { ...env, HOSTNAME: "0.0.0.0" }), /127\.0\.0\.1/);
});

test("a worker is refused on the embedded database", async () => {
  const { DATABASE_URL: _, ...rest } = secure;
  const ended = await run(script("worker"), {
    ...rest,
    DATABASE_URL: `pglite:${temporaryFolder()}`,
    PORT: String(await freePort()),
    HOST: "127.0.0.1",
  });
  expectOneSentence(ended, /Postgres/);
});

test("the standalone folder runs wherever it is copied to", async () => {
  const folder = temporaryFolder();
  cpSync(path.join(root, ".next", "standalone"), folder, { recursive: true });
  const port = await freePort();
  const env = {
    HUB_MODE: "demo",
    HOSTNAME: "127.0.0.1",
    PORT: String(port),
    AUTH_URL: `http://localhost:${port}`,
    HUB_DATA_DIR: path.join(folder, "data"),
  };
  const hub = start(["server.js"], env, folder);
  const ready = async (): Promise<number> =>
    fetch(`http://127.0.0.1:${port}/api/health/ready`).then(
      ({ status }) => status,
      () => 0,
    );
  await expect.poll(ready, { timeout: 40_000 }).toBe(200);
  const page = await (await fetch(`http://127.0.0.1:${port}/sign-in`)).text();
  const asset = /\/_next\/static\/[^"]+\.css/.exec(page)?.[0] ?? "";
  expect((await fetch(`http://127.0.0.1:${port}${asset}`)).status).toBe(200);
  hub.child.kill("SIGTERM");
  await hub.ended;
});

/** Without TEST_DATABASE_URL these are reported as skipped. */
const withPostgres = testDatabaseUrl === null ? test.skip : test;

test.describe("production on PostgreSQL", () => {
  let database: ThrowAwayDatabase;
  let web: ReturnType<typeof start>;
  let worker: ReturnType<typeof start>;
  let webOrigin: string;
  let workerOrigin: string;

  /** Both at once on a database with nothing in it, as a first deployment starts them. */
  test.beforeAll(async () => {
    database = await createThrowAwayDatabase();
    const [webPort, workerPort] = [await freePort(), await freePort()];
    webOrigin = `http://localhost:${webPort}`;
    workerOrigin = `http://localhost:${workerPort}`;
    const env = { ...secure, DATABASE_URL: database.url, AUTH_URL: webOrigin, HOST: "127.0.0.1" };
    web = start(script("start"), { ...env, PORT: String(webPort) });
    worker = start(script("worker"), { ...env, AUTH_URL: workerOrigin, PORT: String(workerPort) });
  });
  test.afterAll(async () => {
    for (const { child, ended } of [web, worker]) {
      child.kill("SIGTERM");
      await ended;
    }
    await database.drop();
  });

  const status = (url: string): Promise<number> =>
    fetch(url, { redirect: "manual" }).then(
      (response) => response.status,
      () => 0,
    );
  async function untilReady(): Promise<void> {
    for (const origin of [webOrigin, workerOrigin]) {
      await expect.poll(() => status(`${origin}/api/health/ready`), { timeout: 40_000 }).toBe(200);
    }
  }

  withPostgres("web and worker start together on an empty database, and both become ready", async () => {
    await untilReady();
    expect(web.output() + worker.output()).not.toContain('"level":50');
  });

  withPostgres("people can sign in, and nothing of the demo is there", async () => {
    await untilReady();
    const answer = await fetch(`${webOrigin}/sign-in`);
    expect(answer.status).toBe(200);
    const pages = (await answer.text()) + (await (await fetch(webOrigin)).text());
    expect(pages).toContain("Sign in");
    expect(pages).not.toMatch(/\bdemo\b|mailbox/i);
    expect(await status(`${webOrigin}/mailbox`)).toBe(404);
  });

  withPostgres("the worker answers its health only", async () => {
    await untilReady();
    expect(await status(`${workerOrigin}/api/health/live`)).toBe(200);
    for (const path of [
      "/",
      "/sign-in",
      "/mailbox",
      "/oauth/callback/linear",
      "/api/trpc/account.me",
      "/api/auth/callback/oidc",
      "/none",
    ]) {
      expect(await status(`${workerOrigin}${path}`), path).toBe(404);
    }
  });

  withPostgres("the worker runs the jobs: what has expired is deleted", async () => {
    await untilReady();
    const client = new pg.Client({ connectionString: database.url });
    const queue = new PgBoss({ connectionString: database.url, supervise: false, schedule: false, migrate: false });
    await client.connect();
    await queue.start();
    try {
      await client.query("insert into sign_in_attempt (key, window_start, count) values ('late', now() - interval '2 days', 1)");
      const left = async (): Promise<number | null> => {
        // As the schedule does, every ten minutes.
        await queue.send("expire-sign-in", {});
        return (await client.query("select 1 from sign_in_attempt")).rowCount;
      };
      await expect.poll(left, { timeout: 50_000 }).toBe(0);
    } finally {
      await queue.stop({ graceful: false });
      await client.end();
    }
  });

  withPostgres("both end on SIGTERM, with what they held put down and code 0", async () => {
    await untilReady();
    for (const { child, ended } of [web, worker]) {
      child.kill("SIGTERM");
      const { code, stdout, stderr } = await ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain("hub stopped");
    }
  });
});
