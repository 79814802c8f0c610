import { TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { DatabaseBusyError } from "@/db/errors";
import { seedUser, seedWorkspace } from "@/db/testing";
import type { Hub } from "@/server/compose/hub";
import { createTestHub } from "@/server/compose/testing";
import { errorTable, HubError } from "@/server/errors";
import { decodeId } from "@/server/ids";
import { createLog } from "@/server/log";
import { answerCall } from "./http";
import { router } from "./init";
import { publicProcedure } from "./procedures";
import { findRequestKey, isSameOrigin } from "./request";
import { appRouter } from "./root";

const canary = "cnry_77aa01";
const lines: string[] = [];
const log = createLog({ level: "debug", destination: { write: (line: string) => void lines.push(line) } });
let hub: Hub;
let userId: string;
beforeAll(async () => {
  hub = await createTestHub();
  userId = await seedUser(hub.db, "http@example.com");
});
afterAll(() => hub.close());

const failing = router({
  stale: publicProcedure.query(() => {
    throw new HubError("ESTALE", "The file changed.", { path: "/context/x", details: { etag: "e1" }, retryAfterMs: 5 });
  }),
  unconnected: publicProcedure.query(() => {
    throw new HubError("ENOTCONN", "Connect first.", { actionUrl: "/acme/integrations" });
  }),
  crash: publicProcedure.query(() => {
    throw new Error(`row with token=${canary}`);
  }),
  busy: publicProcedure.query(() => {
    throw new DatabaseBusyError("No connection to the database came free within 10 s.");
  }),
  trpc: publicProcedure.query(() => {
    throw new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: canary });
  }),
  number: publicProcedure.input(z.object({ a: z.object({ b: z.number() }) })).query(() => 1),
});

async function get(path: string, input?: unknown, table: typeof failing | typeof appRouter = failing, person = true) {
  const query = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
  const response = await fetchRequestHandler({
    endpoint: "/api/trpc",
    req: new Request(`http://localhost:3000/api/trpc/${path}${query}`),
    router: table,
    createContext: () => ({
      hub,
      person: person ? { id: userId, email: "http@example.com", name: null, image: null } : null,
      requestId: "req-7",
      log,
    }),
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    body: z.object({ error: z.unknown().optional(), result: z.unknown().optional() }).parse(JSON.parse(text)),
  };
}
const hubOf = (error: unknown) =>
  z.object({ data: z.object({ hub: z.unknown(), requestId: z.string(), code: z.string() }) }).parse(error).data;

test("an error's code, status and facts reach the client in one form", async () => {
  const stale = await get("stale");
  expect(stale.status).toBe(errorTable.ESTALE.status);
  expect(hubOf(stale.body.error)).toMatchObject({
    code: "PRECONDITION_FAILED",
    requestId: "req-7",
    hub: { code: "ESTALE", message: "The file changed.", path: "/context/x", details: { etag: "e1" }, retryable: false, retryAfterMs: 5 },
  });
  expect((await get("unconnected")).status).toBe(424);
});

test("a database that has no room for more says so, and when to come again", async () => {
  const { status, body } = await get("busy");
  expect(status).toBe(errorTable.EAGAIN.status);
  expect(hubOf(body.error)).toMatchObject({ hub: { code: "EAGAIN", retryable: true, retryAfterMs: 1000 } });
});

test.each(["crash", "trpc"])(
  "what was not foreseen is EIO without detail or stack, and is logged with its request id (%s)",
  async (path) => {
    const { status, text, body } = await get(path);
    expect(status).toBe(502);
    expect(hubOf(body.error)).toMatchObject({ hub: { code: "EIO", message: "Something failed inside the hub. Try again." } });
    expect(text).not.toContain(canary);
    expect(text).not.toContain("stack");
    expect(lines.at(-1)).toContain(`"procedure":"${path}"`);
  },
);

test("an input that does not fit is EINVAL and names the field", async () => {
  const { status, body } = await get("number", { a: { b: "x" } });
  expect(status).toBe(400);
  expect(hubOf(body.error)).toMatchObject({ hub: { code: "EINVAL" } });
  expect(JSON.stringify(body.error)).toContain('\\"a.b\\"');
});

test("an unknown procedure and an unreadable input are refused without detail", async () => {
  expect(hubOf((await get("nothing")).body.error)).toMatchObject({ hub: { code: "ENOENT" } });
  expect((await get("number?input=%7B")).status).toBe(400);
});

test("nobody gets EAUTH with the way to sign in, a person their own account", async () => {
  const nobody = await get("account.me", undefined, appRouter, false);
  expect(nobody.status).toBe(401);
  expect(hubOf(nobody.body.error)).toMatchObject({ hub: { code: "EAUTH", actionUrl: "/sign-in" } });
  expect((await get("account.me", undefined, appRouter)).text).toContain("http@example.com");
});

test("a change is taken from the hub's own origin only", () => {
  const from = (origin: string | null) =>
    isSameOrigin(
      new Request("http://localhost:3000/api/trpc/x", { method: "POST", headers: origin === null ? {} : { origin } }),
      "http://localhost:3000",
    );
  expect(from("http://localhost:3000")).toBe(true);
  for (const origin of [null, "null", "http://localhost:4000", "https://localhost:3000", "http://localhost:3000.evil.example"]) {
    expect(from(origin)).toBe(false);
  }
});

const origin = "http://localhost:3000";
const post = (body: RequestInit["body"], headers: Record<string, string> = {}, path = "workspaces.create") =>
  answerCall(
    new Request(`${origin}/api/trpc/${path}`, {
      method: "POST",
      headers: { origin, "content-type": "application/json", ...headers },
      body: body ?? null,
      duplex: "half",
    } as RequestInit),
    origin,
    async () => ({ hub, person: { id: userId, email: "http@example.com", name: null, image: null }, requestId: "req-8", log }),
  );

test("a body is read up to its limit only, declared or not", async () => {
  const chunk = new Uint8Array(1024 * 1024).fill(0x20);
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1;
      controller.enqueue(chunk);
    },
  });
  expect((await post(endless)).status).toBe(413);
  expect(sent).toBeLessThan(20);
  expect((await post("{}", { "content-length": "900000000" })).status).toBe(413);
  expect((await post(JSON.stringify({ name: "Small enough" }))).status).toBe(200);
});

test("a POST of another origin is refused before its body is read, and a batch has a limit", async () => {
  const answer = await post("{}", { origin: "https://evil.example" });
  expect(answer.status).toBe(403);
  const call = (count: number) =>
    answerCall(new Request(`${origin}/api/trpc/${Array(count).fill("account.me").join(",")}?batch=1`), origin, async () => ({
      hub,
      person: null,
      requestId: "req-9",
      log,
    }));
  expect((await call(50)).status).toBe(401);
  expect((await call(51)).status).toBe(400);
});

/** A call as a partner's program sends it: no cookie, no Origin, a key. */
async function withKey(path: string, authorization: string, body?: unknown): Promise<{ status: number; body: unknown; text: string }> {
  const request = new Request(`http://localhost:3000/api/trpc/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const response = await answerCall(request, "http://localhost:3000", async () => ({
    hub,
    person: null,
    keyScope: await findRequestKey(request, hub),
    requestId: "req-8",
    log,
  }));
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text), text };
}
const listOf = (workspace: string) => `vfs.list?input=${encodeURIComponent(JSON.stringify({ workspace, path: "/context" }))}`;

test("an API key takes the place of a session and of Origin, in its own workspace, within its access", async () => {
  const [own, other] = [await seedWorkspace(hub.db, { slug: "http-own" }), await seedWorkspace(hub.db, { slug: "http-other" })];
  const reading = `Bearer ${(await hub.workspaces.apiKeys.create(own.scope, { name: "R", access: "read" })).key}`;
  const writing = `Bearer ${(await hub.workspaces.apiKeys.create(own.scope, { name: "W", access: "read_write" })).key}`;
  expect((await withKey(listOf("~"), reading)).status).toBe(200);
  expect((await withKey(listOf("http-own"), reading)).status).toBe(200);
  expect((await withKey(listOf(other.slug), reading)).status).toBe(errorTable.ENOENT.status);
  const write = { workspace: "~", path: "/context/memory/facts/x.md", text: "by a key\n" };
  expect((await withKey("vfs.write", reading, write)).status).toBe(errorTable.EACCES.status);
  expect((await withKey("vfs.write", writing, write)).status).toBe(200);
  expect((await withKey(`apiKeys.list?input=${encodeURIComponent('{"workspace":"~"}')}`, writing)).status).toBe(errorTable.EACCES.status);
  expect((await withKey("account.me", writing)).status).toBe(errorTable.EAUTH.status);
});

test.each(["Bearer", "Bearer nonsense", `Bearer bih_${"A".repeat(43)}`, "Basic dXNlcjpwYXNz"])(
  "what is no live key is refused, whatever else the request has: %s",
  async (authorization) => {
    const refused = await withKey(listOf("~"), authorization);
    expect([refused.status, refused.text.includes("unknown or was revoked")]).toEqual([401, true]);
    expect(refused.text).not.toContain(authorization.slice(8) || "\0");
  },
);

test("a revoked key is refused at its next call, and a person's workspace is never `~`", async () => {
  const own = await seedWorkspace(hub.db, { slug: "http-revoked" });
  const { id, key } = await hub.workspaces.apiKeys.create(own.scope, { name: "R", access: "read" });
  expect((await withKey(listOf("~"), `Bearer ${key}`)).status).toBe(200);
  await hub.workspaces.apiKeys.revoke(own.scope, decodeId("key", id));
  expect((await withKey(listOf("~"), `Bearer ${key}`)).status).toBe(401);
  expect((await get("vfs.list", { workspace: "~", path: "/context" }, appRouter)).status).toBe(errorTable.ENOENT.status);
});
