import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiCalls, connectionTokens } from "@/db/schema/connections";
import { startTestSandbox, testClient } from "@/sandbox/linear/testing";
import { integrationSettings } from "@/server/env";
import { decodeId } from "@/server/ids";
import { manifests } from "@/server/integrations/manifests";
import { findIntegration } from "@/server/integrations/registry";
import { type Browser, type ConnectHub, startConnectHub } from "./testing-hub";

/** The real connector and the whole of transport, against the simulated Linear. */

type Sandbox = Awaited<ReturnType<typeof startTestSandbox>>;
let world: ConnectHub;
let sandbox: Sandbox;
let ann: Browser;
beforeAll(async () => {
  world = await startConnectHub(async (origin) => {
    sandbox = await startTestSandbox({ client: { redirectUris: [`${origin}/oauth/callback/linear`] } });
    const variables = {
      LINEAR_CLIENT_ID: testClient.clientId,
      LINEAR_CLIENT_SECRET: testClient.clientSecret ?? "",
      LINEAR_APP_ORIGIN: sandbox.origin,
      LINEAR_API_ORIGIN: sandbox.origin,
    };
    return { manifests, findIntegration, settingsOf: (manifest) => integrationSettings(manifest, origin, variables) };
  });
  ann = await world.browser("acme");
});
afterAll(async () => {
  await world.close();
  await sandbox.close();
});

/** Answers Linear's consent page; the parameters that it sends the browser back with. */
async function consent(url: string, answer: { person?: string; decision?: "authorize" | "cancel" } = {}): Promise<string> {
  const back = await sandbox.consent(Object.fromEntries(new URL(url).searchParams), answer);
  return `${world.origin}/oauth/callback/linear?${back}`;
}

async function connect(answer: { person?: string } = {}, fields: Record<string, unknown> = {}) {
  const begun = await ann.begin("linear", fields);
  await ann.follow(await consent(begun.url, answer));
  return world.hub.connections.flows.view(ann.scope, begun.flow);
}

describe("connecting Linear", () => {
  it("ends in a connection with the identity that Linear gives", async () => {
    const view = await connect();
    expect(view).toMatchObject({ status: "connected", reason: null });
    expect(view.connection).toMatchObject({
      integration: "linear",
      path: "/context/tools/linear",
      accountEmail: "ann@acme.example",
      scopes: ["read", "write"],
      renews: true,
      status: { state: "connected" },
    });
    expect(Object.values(view.connection?.capabilityStates ?? {}).filter((state) => state === "granted")).toHaveLength(6);
    await world.hub.tools.flush();
    const calls = await world.hub.db.withScope(ann.scope, (tx) => tx.select().from(apiCalls));
    expect(calls.map((call) => [call.operation, call.status])).toEqual(
      expect.arrayContaining([
        ["POST /oauth/token", 200],
        ["identity", 200],
      ]),
    );
  });

  it("is said by the catalogue and by stat while the consent is open, to the person who started it", async () => {
    const bea = await world.browser("waiting");
    const carl = await world.colleague(bea, "admin");
    const path = "/context/tools/linear";
    const statesFor = async ({ scope }: Browser) => [
      (await world.hub.connections.getCatalogueEntry(scope, "linear")).status.state,
      (await world.hub.files.stat(scope, { path })).connection?.status,
    ];
    const { flow } = await bea.begin("linear");
    expect(await statesFor(bea)).toEqual(["connecting", "connecting"]);
    expect(await statesFor(carl)).toEqual(["disconnected", "disconnected"]);
    await world.hub.connections.flows.cancel(bea.scope, flow);
    expect(await statesFor(bea)).toEqual(["disconnected", "disconnected"]);
  });

  it("says that the person cancelled", async () => {
    const begun = await ann.begin("linear");
    await ann.follow(await consent(begun.url, { decision: "cancel" }));
    expect(await world.hub.connections.flows.view(ann.scope, begun.flow)).toMatchObject({ status: "denied" });
  });

  it("goes on working after a day, with a token that was renewed by rotation", async () => {
    const view = await connect();
    const id = decodeId("connection", view.connection?.id ?? "");
    const mounted = (await world.hub.connections.mounted.list(ann.scope)).connections.find((connection) => connection.id === id);
    const context = {
      call: { workspaceId: ann.scope.workspaceId, connectionId: id, actor: { userId: ann.userId, job: null }, path: null },
      timeZone: "UTC",
      handle: async () => "abcdefgh",
      find: async () => null,
    };
    const names = async () =>
      (await mounted?.tool?.mount.list([{ type: "fixed", name: "teams" }], { cursor: null, limit: 50 }, context))?.entries.length;
    const before = await names();
    expect(before).toBeGreaterThan(0);
    const refreshedAt = (await world.hub.connections.get(ann.scope, view.connection?.id ?? "")).tokenRefreshedAt;
    for (let day = 0; day < 2; day++) {
      await sandbox.control.advanceClock(25 * 3_600_000);
      expect(await names()).toBe(before);
    }
    expect((await world.hub.connections.get(ann.scope, view.connection?.id ?? "")).tokenRefreshedAt).not.toBe(refreshedAt);
  });

  it("asks for a person when Linear ended the grant, and mends the same connection", async () => {
    const view = await connect();
    const id = decodeId("connection", view.connection?.id ?? "");
    await sandbox.control.revokeGrants();
    const send = await world.hub.connections.mounted.authorizedSend(ann.scope, id);
    const request = {
      method: "POST" as const,
      url: `${sandbox.origin}/graphql`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "{ viewer { id } }" }),
      repeatability: "safe" as const,
      operation: "viewer",
      authorization: "connection" as const,
    };
    const context = { workspaceId: ann.scope.workspaceId, connectionId: id, actor: { userId: ann.userId, job: null }, path: null };
    await expect(send(request, context)).rejects.toMatchObject({ code: "ENOTCONN" });
    expect((await world.hub.connections.get(ann.scope, view.connection?.id ?? "")).status.state).toBe("reauth_required");
    const again = await connect();
    expect(again.connection).toMatchObject({ id: view.connection?.id, status: { state: "connected" } });
    expect((await send(request, context)).status).toBe(200);
  });

  it("goes on working to the token's end when Linear ends the grant but not the token, and says until when", async () => {
    const bea = await world.browser("lasting");
    const begun = await bea.begin("linear");
    await bea.follow(await consent(begun.url));
    const id = (await world.hub.connections.flows.view(bea.scope, begun.flow)).connection?.id ?? "";
    const listed = async (name: string) =>
      (await world.hub.files.list(bea.scope, { path: `/context/tools/linear/${name}`, fresh: true })).nodes.length;
    expect(await listed("teams")).toBeGreaterThan(0);
    await world.hub.db.withScope(bea.scope, (tx) => tx.update(connectionTokens).set({ keepAliveAt: new Date() }));
    await sandbox.control.addFault({
      match: { path: "/oauth/token" },
      effect: { kind: "status", status: 400, body: JSON.stringify({ error: "invalid_grant" }) },
    });
    await world.hub.connections.keepTokensAlive();

    const view = await world.hub.connections.get(bea.scope, id);
    expect(view).toMatchObject({ usable: true, status: { state: "reauth_required" } });
    expect(view.status.reason).toMatch(
      /^The authorization at Linear has ended\. .* It still works until .+; connect it again before then\.$/,
    );
    expect((await world.hub.connections.getCatalogueEntry(bea.scope, "linear")).connected).toBe(true);
    expect(await listed("teams")).toBeGreaterThan(0);
    await world.hub.connections.mounted.authorizedSend(bea.scope, decodeId("connection", id));

    await sandbox.control.expireAccessTokens();
    await expect(listed("teams")).rejects.toMatchObject({ code: "ENOTCONN" });
    const after = await world.hub.connections.get(bea.scope, id);
    expect(after).toMatchObject({ usable: false, status: { state: "reauth_required" } });
    expect(after.status.reason).not.toContain("still works");
    await expect(world.hub.connections.mounted.authorizedSend(bea.scope, decodeId("connection", id))).rejects.toMatchObject({
      code: "ENOTCONN",
    });
  });

  it("says how it does: in words, as data, the last failure to those alone who may see calls, and nothing to strangers", async () => {
    const bea = await world.browser("healthy");
    const begun = await bea.begin("linear");
    await bea.follow(await consent(begun.url));
    const id = (await world.hub.connections.flows.view(bea.scope, begun.flow)).connection?.id ?? "";
    await world.hub.files.list(bea.scope, { path: "/context/tools/linear/teams" });
    await sandbox.control.addFault({ match: { path: "/graphql" }, effect: { kind: "status", status: 400 }, times: 1 });
    const failed = world.hub.files.list(bea.scope, { path: "/context/tools/linear/projects" });
    await expect(failed).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });
    await world.hub.tools.flush();

    const health = await world.hub.connections.health(bea.scope, id);
    expect(health.sentences.join(" ")).toMatch(
      /^Connected as .+\. Token renews itself in (24|23) h\. .*Linear allows 4,99\d more calls this hour\..* The last call failed \d+ s ago\.$/,
    );
    expect(health).toMatchObject({
      status: { state: "connected" },
      token: { renews: true, failedRenewals: 0, lapsesAt: null },
      scopes: { granted: ["read", "write"], missing: [] },
      lastFailure: { status: 400, path: "/context/tools/linear/projects", isOver: false },
    });
    const viewer = await world.colleague(bea, "viewer");
    expect(await world.hub.connections.health(viewer.scope, id)).toMatchObject({ token: { renews: true }, lastFailure: null });
    await expect(world.hub.connections.health(ann.scope, id)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("stands in the tree as files, reads through, and takes its mirror with it when it is disconnected", async () => {
    const view = await connect();
    const { files } = world.hub;
    expect(view.connection?.lastSync).toBeNull();
    const teams = await files.list(ann.scope, { path: "/context/tools/linear/teams" });
    expect(teams.nodes.length).toBeGreaterThan(0);
    const issues = await files.list(ann.scope, { path: `${teams.nodes[0]?.path}/issues` });
    const issue = issues.nodes.find((node) => node.kind === "file");
    const entry = await world.hub.connections.getCatalogueEntry(ann.scope, "linear");
    expect(Date.parse(entry.lastSync ?? "")).toBeGreaterThanOrEqual(Date.parse(entry.connectionDate ?? ""));
    expect(entry.connections.map(({ lastSync }) => lastSync)).toEqual([entry.lastSync]);
    const read = await files.read(ann.scope, { path: issue?.path ?? "" });
    expect(read.text).toMatch(/^---\n/);
    expect(read.node.actsAs).toMatchObject({ type: "person", name: expect.stringContaining("ann@acme.example") });
    const bystander = await world.browser("elsewhere");
    await expect(files.read(bystander.scope, { path: issue?.path ?? "" })).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });
    const receipt = await world.hub.connections.disconnect(ann.scope, view.connection?.id ?? "");
    expect(receipt.purged.files).toBeGreaterThan(0);
    const actionUrl = `${world.origin}/acme/integrations/linear`;
    await expect(files.read(ann.scope, { path: issue?.path ?? "" })).rejects.toMatchObject({ code: "ENOTCONN", actionUrl });
    expect(await files.stat(ann.scope, { path: "/context/tools/linear" })).toMatchObject({
      kind: "directory",
      can: ["stat", "list"],
      connection: { id: null, status: "disconnected", actionUrl },
    });
    expect((await files.list(ann.scope, { path: "/context/tools/linear" })).nodes).toEqual([]);
  });

  it("connects for reading only; a write names the consent that it lacks, and who can give it; that consent opens it", async () => {
    const reads = ["read:issues", "read:projects", "read:teams", "read:cycles"];
    const begun = await ann.begin("linear", { capabilities: reads });
    expect(new URL(begun.url).searchParams.get("scope")).toBe("read");
    await ann.follow(await consent(begun.url));
    const { connection } = await world.hub.connections.flows.view(ann.scope, begun.flow);
    expect(connection).toMatchObject({ scopes: ["read"], status: { state: "connected" } });
    const id = connection?.id ?? "";

    const { files } = world.hub;
    const [team] = (await files.list(ann.scope, { path: "/context/tools/linear/teams" })).nodes;
    const write = ({ scope }: Browser, title: string) =>
      files.write(scope, { path: `${team?.path}/issues/${title}.md`, text: `---\ntitle: ${title}\n---\n` });
    const actionUrl = `${world.origin}/acme/integrations/linear?connection=${id}&enable=write%3Aissues`;
    const refusal = { code: "ESCOPE", details: { scope: "write", capability: "write:issues" }, actionUrl };
    await expect(write(ann, "New")).rejects.toMatchObject({ ...refusal, message: expect.not.stringContaining("An admin") });
    const member = await world.colleague(ann, "member");
    await expect(write(member, "New")).rejects.toMatchObject({
      ...refusal,
      message: expect.stringContaining("An admin or the owner of this workspace can do that."),
    });

    const more = await ann.begin("linear", { connection: id, capabilities: ["write:issues"] });
    expect(new URL(more.url).searchParams.get("scope")).toBe("read,write");
    await ann.follow(await consent(more.url));
    expect(await world.hub.connections.get(ann.scope, id)).toMatchObject({
      scopes: ["read", "write"],
      capabilities: [...reads, "write:issues"],
    });
    expect(await write(member, "New")).toMatchObject({ receipt: { steps: [{ outcome: "done" }] } });
    await world.hub.connections.switchCapability(ann.scope, id, { capability: "write:issues", on: false });
    await expect(write(ann, "Another")).rejects.toMatchObject({ code: "ESCOPE" });
    await world.hub.connections.disconnect(ann.scope, id);
  });

  it("asks, when another person of the company signs in than the one whose connection it is", async () => {
    const { connection } = await connect({ person: "ann@acme.example" });
    const begun = await ann.begin("linear", { connection: connection?.id, capabilities: [] });
    await ann.follow(await consent(begun.url, { person: "ben@acme.example" }));
    expect(await world.hub.connections.flows.view(ann.scope, begun.flow)).toMatchObject({
      status: "asking",
      reason: expect.stringMatching(/^This connection is Ann Smith at .+; you signed in as Ben Okafor at .+\.$/),
    });
    await world.hub.connections.flows.answer(ann.scope, begun.flow, "give_back");
    await world.hub.connections.disconnect(ann.scope, connection?.id ?? "");
  });

  it("revokes the grant when it is disconnected, and says so", async () => {
    const view = await connect();
    const receipt = await world.hub.connections.disconnect(ann.scope, view.connection?.id ?? "");
    expect(receipt.revoked.outcome).toBe("revoked");
    expect(await world.hub.connections.list(ann.scope)).toEqual([]);
  });
});
