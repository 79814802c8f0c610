import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Database } from "@/db/client";
import { createTestDb, seedWorkspace } from "@/db/testing";
import { HubError } from "@/server/errors";
import { createLog } from "@/server/log";
import { createBudgetStore } from "@/server/transport/budget-store";
import { createCallSink } from "@/server/transport/call-sink";
import { createCallWriter } from "@/server/transport/call-store";
import { systemClock } from "@/server/transport/clock";
import { createStopReader } from "@/server/transport/letting-out";
import { startTestTool, type TestTool } from "@/server/transport/test-tool";
import { createTransport } from "@/server/transport/transport";
import { createKeyStore } from "./key-store";
import { createStaticKeys } from "./keys";
import { seedConnection } from "./test-connection";
import { plainIntegration } from "./test-tokens";
import { createTokenStore } from "./token-store";
import { createTokens } from "./tokens";
import { createVault } from "./vault";

let db: Database;
let tool: TestTool;

beforeAll(async () => {
  db = await createTestDb();
  tool = await startTestTool();
});
afterAll(async () => {
  tool.close();
  await db.close();
});

/** Every row of every table, as text; the embedded database's own user sees them all. */
async function dump(): Promise<string> {
  const { rows: tables } = await db.executeSql<{ name: string }>(
    "select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await db.executeSql<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`);
    parts.push(...rows.map(({ row }) => row));
  }
  return parts.join("\n");
}

it("secrets that pass through vault, tokens and transport are in no table, no log line and no error", async () => {
  const masterKey = randomBytes(32).toString("base64");
  const canaries = [
    "canary-access-0",
    "canary-access-1",
    "canary-refresh-0",
    "canary-refresh-1",
    "canary-client-secret",
    "canary-code",
    "canary-body",
  ];
  let lines = "";
  const log = createLog({
    level: "debug",
    destination: {
      write(line: string) {
        lines += line;
      },
    },
  });
  const workspace = await seedWorkspace(db, { slug: "canary" });
  const scopeOf = () => workspace.jobScope;
  const calls = createCallSink({ write: createCallWriter(db, scopeOf), clock: systemClock, random: Math.random, onLost: () => {} });
  const vault = createVault({ keys: createStaticKeys({ VAULT_KEY: masterKey }), store: createKeyStore(db) });
  const transport = createTransport({ calls, budget: createBudgetStore({ db, scopeOf, log }), isStopped: createStopReader(db, scopeOf) });
  const origins = { api: tool.origin };

  // The token endpoint is the misbehaving tool too; its answers repeat what they were sent.
  const integration = plainIntegration(async (refreshToken) => {
    const send = transport.sendFor({ integration, origins, token: null });
    const body = `refresh_token=${refreshToken}&client_secret=canary-client-secret`;
    const request = tool.request({
      method: "POST",
      url: `${tool.origin}/token?code=canary-code`,
      body,
      repeatability: "unsafe",
      authorization: "none",
    });
    await send(request, {
      workspaceId: workspace.workspaceId,
      connectionId,
      actor: { userId: null, job: "test" },
      path: null,
      maxWaitMs: 0,
    });
    return { accessToken: "canary-access-1", refreshToken: "canary-refresh-1", expiresInSeconds: 3600, scopes: null };
  });
  const tokens = createTokens({
    store: createTokenStore(db),
    vault,
    scopeOf,
    sendFor: () => transport.sendFor({ integration, origins, token: null }),
    log,
  });
  const connectionId = await seedConnection(db, workspace.scope);
  const first = { accessToken: "canary-access-0", refreshToken: "canary-refresh-0", expiresInSeconds: 3600, scopes: null };
  const sealed = await tokens.seal(workspace.scope, { connectionId, ownerId: null }, first);
  await db.withScope(workspace.scope, (tx) => tokens.save(tx, sealed));
  const settings = { clientId: "id", clientSecret: "canary-client-secret", origins, redirectUri: "" };
  const source = tokens.sourceFor({ connectionId, workspaceId: workspace.workspaceId, integration, settings });
  const send = transport.sendFor({ integration, origins, token: source });
  const context = {
    workspaceId: workspace.workspaceId,
    connectionId,
    actor: { userId: workspace.userId, job: null },
    path: "/context/tools/plain/thing",
    maxWaitMs: 0,
  };

  const errors: unknown[] = [];
  for (const status of [401, 500, 401, 429, 403, 200]) {
    tool.handler = (request, response, body) => {
      const isRefresh = request.url?.startsWith("/token") === true;
      response.writeHead(isRefresh ? 200 : status, {
        "www-authenticate": request.headers.authorization ?? "",
      });
      response.end(JSON.stringify({ error: `${body} ${request.headers.authorization ?? ""} canary-body` }));
    };
    const url = `${tool.origin}/thing?access_token=canary-access-0&code=canary-code#canary-body`;
    await send(tool.request({ method: "POST", url, body: "canary-body", repeatability: "unsafe" }), context).catch((error: unknown) =>
      errors.push(error),
    );
    // The tool's refusal by limit closes the bucket; the next round is not about that.
    await db.executeSql("update rate_bucket set blocked_until = null, tokens = capacity");
  }
  await calls.flush();
  for (const error of errors) log.error({ error }, "a call failed");
  expect(errors.length).toBe(5);
  expect(errors.every((error) => error instanceof HubError)).toBe(true);
  expect(tool.seen.map((call) => call.body).join("\n")).toContain("refresh_token=canary-refresh-0");

  const tables = await dump();
  expect(tables).toContain("/token?code=…");
  expect(lines).toContain("a call failed");
  const printed = tables + lines + errors.map((error) => JSON.stringify(error)).join("\n");
  for (const secret of [...canaries, masterKey]) {
    for (const form of [secret, Buffer.from(secret).toString("hex"), Buffer.from(secret).toString("base64").replace(/=+$/, "")]) {
      expect(printed).not.toContain(form);
    }
  }
});
