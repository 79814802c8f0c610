import { inspect } from "node:util";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startTestSandbox, testClient } from "@/sandbox/linear/testing";
import { integrationSettings } from "@/server/env";
import { decodeId } from "@/server/ids";
import { manifests } from "@/server/integrations/manifests";
import { findIntegration } from "@/server/integrations/registry";
import { createJobs } from "@/server/jobs/jobs";
import { type CanaryProxy, startCanaryProxy } from "./canary-proxy";
import { type Browser, type ConnectHub, startConnectHub } from "./testing-hub";

/**
 * The whole way, with Linear's connector and the simulated Linear behind a proxy that learns every secret and repeats them all in its
 * failures. Whatever fails on the way, afterwards no secret stands in any row, any log line, any answer or any error.
 */

let world: ConnectHub;
let proxy: CanaryProxy;
let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let ann: Browser;
const clientSecret = "canary-client-secret-0123456789";
const errors: unknown[] = [];
const typed = new Set<string>();

beforeAll(async () => {
  world = await startConnectHub(async (origin) => {
    sandbox = await startTestSandbox({ client: { clientSecret, redirectUris: [`${origin}/oauth/callback/linear`] } });
    proxy = await startCanaryProxy(sandbox.origin);
    const variables = {
      LINEAR_CLIENT_ID: testClient.clientId,
      LINEAR_CLIENT_SECRET: clientSecret,
      LINEAR_APP_ORIGIN: proxy.origin,
      LINEAR_API_ORIGIN: proxy.origin,
    };
    return { manifests, findIntegration, settingsOf: (manifest) => integrationSettings(manifest, origin, variables) };
  });
  ann = await world.browser("canary");
});
afterAll(async () => {
  await world.close();
  await proxy.close();
  await sandbox.close();
});

/** Runs what may fail, and keeps how it failed. */
async function attempt<T>(work: Promise<T>): Promise<T | null> {
  return work.catch((error: unknown) => {
    errors.push(error);
    return null;
  });
}

/** Starts a consent and answers Linear's page; state and code are secrets that the browser carries. */
async function consent(fields: Record<string, unknown> = {}, answer: { person?: string; decision?: "authorize" | "cancel" } = {}) {
  const begun = await ann.begin("linear", fields);
  const asked = new URL(begun.url).searchParams;
  const back = await sandbox.consent(Object.fromEntries(asked), answer);
  for (const value of [asked.get("state"), new URLSearchParams(back).get("code")]) if (value !== null) typed.add(value);
  await ann.follow(`${world.origin}/oauth/callback/linear?${back}`);
  return world.hub.connections.flows.view(ann.scope, begun.flow);
}

const connect = async () => (await consent()).connection?.id ?? "";

/** Lets calls through again after refusals. */
const mend = () =>
  world.hub.db.executeSql(
    "update rate_bucket set blocked_until = null, tokens = capacity; update connection_token set backoff_until = null",
  );

/** Every row of every table, the queue's included, as text, with bytes also as text. */
async function dump(): Promise<string> {
  const { rows: tables } = await world.hub.db.executeSql<{ name: string }>(
    "select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'",
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await world.hub.db.executeSql<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`);
    parts.push(...rows.map(({ row }) => `${name} ${row}`));
  }
  return parts.join("\n");
}

it("no secret that passes on the whole way is kept, printed, answered or thrown", async () => {
  // Connecting: the code exchange fails in every form, the identity too, the person cancels, the browser lies.
  for (const how of [400, 401, 500, "reset", "nonsense"] as const) {
    proxy.fail("/oauth/token", how);
    await attempt(consent());
  }
  for (const how of [401, 500, "nonsense"] as const) {
    proxy.fail("/graphql", how, 5);
    await attempt(consent());
    proxy.heal();
  }
  await attempt(consent({}, { decision: "cancel" }));
  const lie = "canary-lie-state-0123456789";
  typed.add(lie);
  await attempt(ann.fetch(`/oauth/callback/linear?code=${lie}&state=${lie}&error=${lie}&error_description=${lie}`));
  const id = await connect();
  const connectionId = decodeId("connection", id);

  // Calls: secrets in the query, the fragment, a header and the body, refused in every form.
  const send = await world.hub.connections.mounted.authorizedSend(ann.scope, connectionId);
  const context = { workspaceId: ann.scope.workspaceId, connectionId, actor: { userId: ann.userId, job: null }, path: null, maxWaitMs: 0 };
  const planted = "canary-planted-0123456789";
  typed.add(planted);
  for (const how of [302, 400, 401, 403, 404, 500, "reset", "nonsense"] as const) {
    proxy.fail("/graphql", how, 2);
    const request = {
      method: "POST" as const,
      url: `${proxy.origin}/graphql?access_token=${planted}&code=${planted}&q=${planted}#${planted}`,
      headers: { "content-type": "application/json", "x-api-key": planted, cookie: planted },
      body: JSON.stringify({ query: "mutation { nothing }", variables: { planted } }),
      repeatability: "unsafe" as const,
      operation: "canary",
      authorization: "connection" as const,
    };
    await attempt(send(request, context));
    proxy.heal();
    // The tool's refusals close the bucket, and a second 401 ends it; the next round is not about that.
    await mend();
  }

  // Files: reading, a plan, and a change under an idempotency key whose failure is kept as the key's answer.
  const { files } = world.hub;
  const teams = await files.list(ann.scope, { path: "/context/tools/linear/teams" });
  const issues = await files.list(ann.scope, { path: `${teams.nodes[0]?.path}/issues` });
  const path = issues.nodes.find((node) => node.kind === "file")?.path ?? "";
  const read = await files.read(ann.scope, { path });
  const text = (read.text ?? "").replace(/^title: .*$/m, "title: Another title");
  await attempt(files.write(ann.scope, { path, text, ifMatch: read.node.etag ?? "", dryRun: true }));
  for (const how of [500, "reset", "nonsense"] as const) {
    proxy.fail("issueUpdate", how, 3);
    await attempt(files.write(ann.scope, { path, text, ifMatch: read.node.etag ?? "", idempotencyKey: `canary-${how}` }));
    proxy.heal();
    await mend();
  }

  // Renewal: failing, then done; and a job that meets a failure.
  await sandbox.control.expireAccessTokens();
  for (const how of [500, 429, "nonsense"] as const) {
    proxy.fail("/oauth/token", how);
    await attempt(files.list(ann.scope, { path: "/context/tools/linear/projects", maxWaitMs: 0 }));
    proxy.heal();
    await mend();
  }

  // A question that holds another account's tokens, and its giving back, which the tool refuses.
  const other = await consent({ connection: id }, { person: "ben@acme.example" });
  proxy.fail("/oauth/revoke", 500, 2);
  await attempt(world.hub.connections.flows.answer(ann.scope, other.id, "give_back"));
  proxy.heal();

  // A job that fails as any of these calls did; the queue keeps what is thrown.
  const { db, log, workspaces } = world.hub;
  const failing = { canary: { cron: "0 0 1 1 *", run: () => Promise.reject(errors.at(-1)) } };
  const jobs = createJobs({
    db,
    log,
    findJobScope: workspaces.findJobScope,
    callLogDays: 30,
    pollingSeconds: 0.5,
    giveBackHeld: async () => 0,
    also: failing,
  });
  await jobs.start();
  const thrown = "select 1 from pgboss.job where name = 'canary' and output is not null";
  await vi.waitUntil(async () => (await db.executeSql(thrown)).rowCount === 1, { timeout: 30_000, interval: 100 });
  await jobs.stop();

  await world.hub.tools.flush();
  const before = await dump();
  proxy.fail("/oauth/revoke", 400, 2);
  const receipt = await attempt(world.hub.connections.disconnect(ann.scope, id));
  await world.hub.tools.flush();

  for (const error of errors) world.hub.log.error({ error }, "canary");
  expect(proxy.secrets.size).toBeGreaterThan(10);
  expect(errors.length).toBeGreaterThan(8);
  const rows = `${before}\n${await dump()}`;
  for (const trace of ["api_call ", "audit_event ", "oauth_flow ", "vfs_idempotency ", "vfs_plan ", "pgboss."])
    expect(rows.includes(trace), trace).toBe(true);
  const places = {
    rows,
    lines: world.lines.join("\n"),
    errors: errors.map((error) => `${inspect(error, { depth: 12 })}${JSON.stringify(error)}`).join("\n"),
    answers: world.answered.filter((answer) => !answer.includes("/oauth/authorize?")).join("\n"),
    receipt: JSON.stringify(receipt),
  };
  const secrets = [
    ...proxy.secrets,
    ...typed,
    ...Object.values(world.hub.env.vaultKeys),
    world.hub.env.authSecret,
    ...[...ann.jar.values()].map(({ value }) => value),
  ];
  for (const [place, printed] of Object.entries(places)) {
    const found = secrets.flatMap((secret) => {
      if (typeof secret !== "string" || secret.length < 8) return [];
      const forms = [
        secret,
        encodeURIComponent(secret),
        Buffer.from(secret).toString("hex"),
        Buffer.from(secret).toString("base64").replace(/=+$/, ""),
      ];
      return forms
        .filter((form) => printed.includes(form))
        .map(
          (form) =>
            `${secret.slice(0, 24)}… at ${printed.indexOf(form)}: ${printed.slice(Math.max(0, printed.indexOf(form) - 150), printed.indexOf(form) + 20)}`,
        );
    });
    expect(found, place).toEqual([]);
  }
}, 60_000);
