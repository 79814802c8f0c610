import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { createDb, type Database } from "@/db/client";
import { seedWorkspace } from "@/db/testing";
import { createThrowAwayDatabase, testDatabaseUrl } from "@/db/testing-postgres";
import { createKeyStore } from "@/server/connections/key-store";
import { createStaticKeys } from "@/server/connections/keys";
import { seedConnection } from "@/server/connections/test-connection";
import { plainIntegration } from "@/server/connections/test-tokens";
import { createTokenStore } from "@/server/connections/token-store";
import { createTokens } from "@/server/connections/tokens";
import { createVault } from "@/server/connections/vault";
import { createBudgetStore } from "@/server/transport/budget-store";
import { createCallSink } from "@/server/transport/call-sink";
import { createCallWriter } from "@/server/transport/call-store";
import { systemClock } from "@/server/transport/clock";
import { createStopReader } from "@/server/transport/letting-out";
import type { CallContext, ToolRequest } from "@/server/transport/send";
import { createTransport } from "@/server/transport/transport";
import { emit as emitLine, type Measurement, measureLoad } from "./emit";

/** The tool: answers at once, from a thread of its own. */
const toolCode = `
const { createServer } = require("node:http");
const { parentPort } = require("node:worker_threads");
const body = JSON.stringify({ data: { issue: { id: "1", title: "x".repeat(400) } } });
const server = createServer((request, response) => {
  request.resume();
  response.setHeader("content-type", "application/json");
  response.setHeader("x-request-id", "vendor-1");
  response.end(body);
});
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

async function startTool(): Promise<{ origin: string; stop(): Promise<unknown> }> {
  const worker = new Worker(toolCode, { eval: true });
  const port = await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  return { origin: `http://127.0.0.1:${String(port)}`, stop: () => worker.terminate() };
}

/** PGlite on a folder, with commits that reach the disk; PostgreSQL, a database of its own, where TEST_DATABASE_URL says one is. */
async function openDatabase(): Promise<{ db: Database; drop(): Promise<void> }> {
  if (testDatabaseUrl === null) {
    const folder = mkdtempSync(join(tmpdir(), "hub-bench-"));
    const db = await createDb({ url: `pglite:${join(folder, "db")}` });
    return {
      db,
      async drop() {
        await db.close();
        rmSync(folder, { recursive: true });
      },
    };
  }
  const { url, drop } = await createThrowAwayDatabase();
  const db = await createDb({ url, driver: "pg" });
  return {
    db,
    async drop() {
      await db.close();
      await drop();
    },
  };
}

/** A transport as the hub makes it, with one connection whose token is valid and whose budget is never the limit. */
async function connect(db: Database, origin: string) {
  const workspace = await seedWorkspace(db, { slug: "bench" });
  const scopeOf = () => workspace.jobScope;
  const fail = (fields: unknown, message: string) => {
    throw new Error(`${message}: ${JSON.stringify(fields)}`);
  };
  const calls = createCallSink({
    write: createCallWriter(db, scopeOf),
    clock: systemClock,
    random: Math.random,
    onLost: ({ error }) => fail(String(error), "records of the call log were lost"),
  });
  const transport = createTransport({
    calls,
    budget: createBudgetStore({ db, scopeOf, log: { warn: fail } }),
    isStopped: createStopReader(db, scopeOf),
  });
  const integration = {
    ...plainIntegration(async () => fail({}, "a refresh was not expected")),
    rateGroups: [{ group: "default", capacity: 1_000_000, refillPerSecond: 1_000_000 }],
  };
  const vault = createVault({ keys: createStaticKeys({ VAULT_KEY: randomBytes(32).toString("base64") }), store: createKeyStore(db) });
  const tokens = createTokens({
    store: createTokenStore(db),
    vault,
    scopeOf,
    sendFor: () => () => fail({}, "the token endpoint was called"),
    log: { warn: fail },
  });
  const connectionId = await seedConnection(db, workspace.scope);
  const answer = { accessToken: "bench-access", refreshToken: "bench-refresh", expiresInSeconds: 86_400, scopes: null };
  const sealed = await tokens.seal(workspace.scope, { connectionId, ownerId: null }, answer);
  await db.withScope(workspace.scope, (tx) => tokens.save(tx, sealed));
  const settings = { clientId: "", clientSecret: "", origins: { api: origin }, redirectUri: "" };
  const token = tokens.sourceFor({ connectionId, workspaceId: workspace.workspaceId, integration, settings });
  const context: CallContext = {
    workspaceId: workspace.workspaceId,
    connectionId,
    actor: { userId: workspace.userId, job: null },
    path: "/context/tools/linear/teams/core/issues/COR-1",
  };
  return { send: transport.sendFor({ integration, origins: settings.origins, token }), calls, context };
}

/** A warm call, log on, against bare `fetch` of the same request in the same run; and what it costs the database. */
export async function benchTransport(emit: (line: Measurement) => void = emitLine): Promise<void> {
  const tool = await startTool();
  const { db, drop } = await openDatabase();
  try {
    const { send, calls, context } = await connect(db, tool.origin);
    const url = `${tool.origin}/graphql`;
    const body = JSON.stringify({ query: "query issue($id: String!) { issue(id: $id) { id title } }", variables: { id: "1" } });
    const headers = { "content-type": "application/json" };
    const request: ToolRequest = {
      method: "POST",
      url,
      headers,
      body,
      repeatability: "safe",
      operation: "issue",
      authorization: "connection",
    };
    const bare = async () => {
      const response = await fetch(url, { method: "POST", headers: { ...headers, authorization: "Bearer bench-access" }, body });
      return response.json();
    };
    const ours = async () => (await send(request, context)).json();
    for (const callers of [1, 16, 32]) {
      const baseline = await measureLoad(callers, bare);
      await measureLoad(callers, ours, { warmUp: 50, forMs: 0 });
      const tripsBefore = db.roundTrips;
      const load = await measureLoad(callers, ours, { warmUp: 0 });
      await calls.flush();
      const trips = (db.roundTrips - tripsBefore) / load.calls;
      const detail = { database: db.kind, calls: load.calls, p50Ms: load.p50Ms, p99Ms: load.p99Ms };
      if (callers === 1) {
        emit({
          bench: "transport",
          case: "warm c=1",
          value: load.p50Ms,
          unit: "ms",
          baseline: baseline.p50Ms,
          detail: { metric: "p50", ...detail, perSecond: load.perSecond },
        });
      } else {
        emit({
          bench: "transport",
          case: `warm c=${callers}`,
          value: load.perSecond,
          unit: "calls/s",
          baseline: baseline.perSecond,
          detail: { metric: "rate", ...detail },
        });
      }
      emit({
        bench: "transport",
        case: `round trips c=${callers}`,
        value: trips,
        unit: "SQL round trips/call",
        baseline: null,
        detail: { database: db.kind, calls: load.calls },
      });
    }
  } finally {
    await drop();
    await tool.stop();
  }
}
