import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connections } from "@/db/schema/connections";
import { auditEvents } from "@/db/schema/workspaces";
import { type Browser, type ConnectHub, startConnectHub } from "./testing-hub";

/** Capabilities, one by one: switched on with the consent that is missing, honoured as far as it was granted, switched off. */

let world: ConnectHub;
let ann: Browser;
let number = 0;
beforeAll(async () => {
  world = await startConnectHub();
});
afterAll(() => world.close());
beforeEach(async () => {
  number += 1;
  ann = await world.browser(`switch-${number}`);
  world.tool.account = { accountId: "acc-ada", orgId: "org-acme", accountName: "Ada" };
});

const get = async () => {
  const [connection] = await world.hub.connections.list(ann.scope);
  if (connection === undefined) throw new Error("There is no connection.");
  return connection;
};
/** Consents; the scopes that the tool was asked for. `fake` replaces earlier scopes, `other` adds to them and names only new ones. */
async function consent(integration: "fake" | "other", fields: Record<string, unknown>, granted: string | null) {
  const { url, flow } = await ann.begin(integration, fields);
  world.tool.granted = granted;
  await ann.follow(await world.tool.consent(url));
  expect((await world.hub.connections.flows.view(ann.scope, flow)).status).toBe("connected");
  return new URL(url).searchParams.get("scope")?.split(" ");
}
const readThings = { capabilities: ["read:things"] };
const writeThings = async () => ({ connection: (await get()).id, capabilities: ["write:things"] });
const switchTo = async (capability: string, on: boolean) =>
  world.hub.connections.switchCapability(ann.scope, (await get()).id, { capability, on });

describe("switching a capability on", () => {
  it("asks for what is missing alone where consents add up, and the connection then has both", async () => {
    expect(await consent("other", readThings, "read")).toEqual(["read", "offline"]);
    expect((await get()).switches).toEqual({
      "read:things": { on: true, missing: [], asks: [] },
      "write:things": { on: false, missing: ["write"], asks: ["offline", "write"] },
    });
    expect(await consent("other", await writeThings(), "write")).toEqual(["offline", "write"]);
    expect(await get()).toMatchObject({
      scopes: ["read", "write"],
      capabilities: ["read:things", "write:things"],
      status: { state: "connected" },
    });
  });

  it("asks for what is used as well where a consent replaces the earlier one, so that nothing granted is lost", async () => {
    expect(await consent("fake", readThings, "read")).toEqual(["read", "offline"]);
    expect(await consent("fake", await writeThings(), "read write")).toEqual(["read", "offline", "write"]);
    expect(await get()).toMatchObject({ scopes: ["read", "write"], capabilities: ["read:things", "write:things"] });
  });

  it("believes the answer: what the new token does not cover is missing, and said, and the rest works", async () => {
    await consent("fake", readThings, "read");
    await consent("fake", await writeThings(), "write");
    expect(await get()).toMatchObject({
      capabilities: ["write:things"],
      capabilityStates: { "read:things": "missing_scope", "write:things": "granted" },
      status: { state: "missing_scope", reason: "Fake did not grant read, which it takes to read things. The rest works." },
    });
  });

  it("keeps nothing of a dead grant: everything is asked for again, and only what is answered counts", async () => {
    await consent("other", readThings, "read");
    await world.hub.db.withScope(ann.scope, (tx) => tx.update(connections).set({ status: "reauth_required" }));
    expect((await get()).switches["write:things"]?.asks).toEqual(["read", "offline", "write"]);
    expect(await consent("other", await writeThings(), "write")).toEqual(["read", "offline", "write"]);
    expect(await get()).toMatchObject({ scopes: ["write"], capabilityStates: { "read:things": "missing_scope" } });
  });

  it("needs no consent for what is granted already", async () => {
    await consent("fake", readThings, "read write");
    expect((await get()).switches["write:things"]).toEqual({ on: false, missing: [], asks: [] });
    expect(await switchTo("write:things", true)).toMatchObject({ capabilities: ["read:things", "write:things"] });
  });

  it("is refused without the grant, with the page that starts exactly that consent", async () => {
    await consent("fake", readThings, "read");
    await expect(switchTo("write:things", true)).rejects.toMatchObject({
      code: "ESCOPE",
      details: { scope: "write", capability: "write:things" },
      actionUrl: `/${ann.scope.slug}/integrations/fake?connection=${(await get()).id}&enable=write%3Athings`,
    });
    expect((await get()).capabilities).toEqual(["read:things"]);
  });
});

describe("switching a capability off", () => {
  it("ends its use and keeps the scopes, so that it needs no consent to come back; both are in the audit trail", async () => {
    await consent("fake", { capabilities: ["read:things", "write:things"] }, "read write");
    expect(await switchTo("write:things", false)).toMatchObject({
      scopes: ["read", "write"],
      capabilities: ["read:things"],
      capabilityStates: { "write:things": "not_connected" },
      status: { state: "connected" },
    });
    await switchTo("write:things", true);
    await switchTo("write:things", true);
    const events = await world.hub.db.withScope(ann.scope, (tx) => tx.select().from(auditEvents));
    expect(events.map(({ action }) => action).filter((action) => action.startsWith("connection.switched"))).toEqual([
      "connection.switched_off",
      "connection.switched_on",
    ]);
  });

  it("is not asked for again when the connection is mended", async () => {
    await consent("fake", { capabilities: ["read:things", "write:things"] }, "read write");
    await switchTo("write:things", false);
    expect((await get()).signInAsks).toEqual(["read", "offline"]);
    expect(await consent("fake", { connection: (await get()).id, capabilities: [] }, "read")).toEqual(["read", "offline"]);
    expect(await get()).toMatchObject({ scopes: ["read"], capabilities: ["read:things"], status: { state: "connected" } });
  });

  it("stays so when the connection is mended, also where it was switched off during the consent", async () => {
    await consent("fake", { capabilities: ["read:things", "write:things"] }, "read write");
    const { url } = await ann.begin("fake", { connection: (await get()).id, capabilities: [] });
    await switchTo("write:things", false);
    await ann.follow(await world.tool.consent(url));
    expect((await get()).capabilities).toEqual(["read:things"]);
    await switchTo("read:things", false);
    await consent("fake", { connection: (await get()).id, capabilities: [] }, "read write");
    expect((await get()).capabilities).toEqual([]);
  });

  it("takes what was missing out of the way", async () => {
    await consent("fake", { capabilities: ["read:things", "write:things"] }, "read");
    expect((await get()).status.state).toBe("missing_scope");
    expect((await switchTo("write:things", false)).status.state).toBe("connected");
  });

  it("is refused for what the tool does not have, and for a connection that the person does not see", async () => {
    await consent("fake", readThings, "read");
    await expect(switchTo("read:everything", false)).rejects.toMatchObject({ code: "EINVAL" });
    const stranger = await world.browser(`switch-stranger-${number}`);
    const change = { capability: "read:things", on: false };
    await expect(world.hub.connections.switchCapability(stranger.scope, (await get()).id, change)).rejects.toMatchObject({
      code: "ENOENT",
    });
  });
});

it("a plain consent of a connected account switches nothing off", async () => {
  await consent("fake", { capabilities: ["read:things", "write:things"] }, "read write");
  await consent("fake", readThings, "read");
  expect(await get()).toMatchObject({ capabilities: ["read:things"], capabilityStates: { "write:things": "missing_scope" } });
});
