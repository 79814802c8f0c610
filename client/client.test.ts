import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seedWorkspace } from "@/db/testing";
import type { Hub } from "@/server/compose/hub";
import { createTestHub } from "@/server/compose/testing";
import { decodeId } from "@/server/ids";
import { answerCall } from "@/server/trpc/http";
import { findRequestKey } from "@/server/trpc/request";
import { createHubClient, HubRequestError } from "./src/index";

/** The client against the API's own door, over real HTTP. */

let hub: Hub;
let door: Server;
let url: string;
let workspace: Awaited<ReturnType<typeof seedWorkspace>>;
let requests = 0;
beforeAll(async () => {
  hub = await createTestHub();
  workspace = await seedWorkspace(hub.db, { slug: "partner" });
  door = createServer(async (incoming, outgoing) => {
    requests += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const request = new Request(`${url}${incoming.url}`, {
      method: incoming.method ?? "GET",
      headers: Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]),
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
    });
    const answer = await answerCall(request, url, async () => ({
      hub,
      person: null,
      keyScope: await findRequestKey(request, hub),
      requestId: "req-partner",
      log: hub.log,
    }));
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
    outgoing.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  url = `http://localhost:${(door.address() as AddressInfo).port}`;
});
afterAll(async () => {
  door.closeAllConnections();
  await new Promise((resolve) => door.close(resolve));
  await hub.close();
});

const keyOf = async (access: "read" | "read_write") => hub.workspaces.apiKeys.create(workspace.scope, { name: "Partner", access });

async function failureOf(work: Promise<unknown>): Promise<HubRequestError> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof HubRequestError) return outcome;
  throw new Error(`no HubRequestError: ${String(outcome)}`);
}

test("writes, plans, executes, reads and lists to the end", async () => {
  const client = createHubClient({ url, apiKey: (await keyOf("read_write")).key });
  for (const name of ["a", "b", "c"]) {
    expect(await client.write({ path: `/context/memory/facts/${name}.md`, text: `${name}\n` })).toMatchObject({ kind: "receipt" });
  }
  const names: string[] = [];
  for await (const node of client.listAll({ path: "/context/memory/facts", limit: 2 })) names.push(node.name);
  expect(names).toEqual(["a.md", "b.md", "c.md"]);

  const { node } = await client.read({ path: "/context/memory/facts/a.md" });
  const planned = await client.edit({ path: node.path, find: "a", replace: "A", dryRun: true });
  if (planned.kind !== "plan") throw new Error("no plan");
  expect((await client.read({ path: node.path })).text).toBe("a\n");
  await client.execute({ plan: planned.plan.id });
  expect((await client.read({ path: node.path })).text).toBe("A\n");
});

test("calls of one moment share a request", async () => {
  const client = createHubClient({ url, apiKey: (await keyOf("read")).key });
  const before = requests;
  const nodes = await Promise.all(["/context", "/context/memory", "/context/tools"].map((path) => client.stat({ path })));
  expect(nodes.map(({ path }) => path)).toEqual(["/context", "/context/memory", "/context/tools"]);
  expect(requests - before).toBe(1);
});

test("a failure keeps the hub's code, words, facts and request id", async () => {
  const client = createHubClient({ url, apiKey: (await keyOf("read")).key });
  expect(await failureOf(client.read({ path: "/context/memory/facts/none.md" }))).toMatchObject({
    code: "ENOENT",
    path: "/context/memory/facts/none.md",
    retryable: false,
    requestId: "req-partner",
  });
  const refused = await failureOf(client.write({ path: "/context/memory/facts/x.md", text: "x" }));
  expect([refused.code, refused.message.includes("only reads")]).toEqual(["EACCES", true]);
});

test("a revoked key is EAUTH, and the key is in no error", async () => {
  const { id, key } = await keyOf("read");
  const client = createHubClient({ url, apiKey: key });
  await client.stat({ path: "/context" });
  await hub.workspaces.apiKeys.revoke(workspace.scope, decodeId("key", id));
  const refused = await failureOf(client.stat({ path: "/context" }));
  expect(refused.code).toBe("EAUTH");
  expect(JSON.stringify([refused, refused.message, String(refused.cause), refused.stack])).not.toContain(key.slice(4));
});

test.each([
  ["nothing there", async () => Promise.reject(new TypeError("fetch failed"))],
  [
    "a page that is not the hub's",
    async () => new Response("<html>welcome</html>", { status: 200, headers: { "content-type": "text/html" } }),
  ],
  ["a gateway's answer", async () => Response.json({ error: "bad gateway" }, { status: 502 })],
])("%s is UNREACHABLE and worth another try", async (_what, fetcher) => {
  const client = createHubClient({ url, apiKey: `bih_${"A".repeat(43)}`, fetch: fetcher as typeof fetch });
  const failure = await failureOf(client.stat({ path: "/context" }));
  expect(failure).toMatchObject({ code: "UNREACHABLE", retryable: true });
  expect(failure.cause).toBeDefined();
});

test.each([
  ["no address", { url: "hub.example.com", apiKey: `bih_${"A".repeat(43)}` }, "url"],
  ["the key in clear over the network", { url: "http://hub.example.com", apiKey: `bih_${"A".repeat(43)}` }, "https://"],
  ["a variable that is not set", { url: "https://hub.example.com", apiKey: undefined }, "apiKey"],
  ["something else's key", { url: "https://hub.example.com", apiKey: "sk-123" }, "apiKey"],
])("%s is refused when the client is made", (_what, options, named) => {
  expect(() => createHubClient(options)).toThrow(named);
});
