import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDb, type Database } from "@/db/client";
import { connections, oauthFlows } from "@/db/schema/connections";
import { atOnce, createThrowAwayDatabase, type ThrowAwayDatabase, testDatabaseUrl } from "@/db/testing-postgres";
import { decodeId } from "@/server/ids";
import { jobScope } from "@/server/workspaces/scopes";
import { type Browser, type ConnectHub, startConnectHub } from "./testing-hub";

/** What two consents, or a consent and an end, do to each other at the same moment, on connections that are truly concurrent. */
describe.runIf(testDatabaseUrl !== null)("at once, on PostgreSQL", () => {
  let database: ThrowAwayDatabase;
  let db: Database;
  let world: ConnectHub;
  let ann: Browser;
  let number = 0;
  const ada = { accountId: "acc-ada", orgId: "org-acme", accountName: "Ada" };
  const bob = { accountId: "acc-bob", orgId: "org-acme", accountName: "Bob" };

  beforeAll(async () => {
    database = await createThrowAwayDatabase();
    db = await createDb({ url: database.url });
    world = await startConnectHub(undefined, db);
  });
  afterAll(async () => {
    await world?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    number += 1;
    ann = await world.browser(`race-${number}`);
    world.tool.account = ada;
    world.tool.granted = "read write";
  });

  const flows = () => world.hub.connections.flows;
  const listOf = (browser: Browser) => world.hub.connections.list(browser.scope);
  const rows = () => db.withScope(ann.scope, (tx) => tx.select().from(connections));
  const connect = async (integration = "fake", fields: Record<string, unknown> = {}): Promise<string> => {
    const { url, flow } = await ann.begin(integration, fields);
    await ann.follow(await world.tool.consent(url));
    return (await flows().view(ann.scope, flow)).connection?.id ?? "";
  };
  const asking = async () => {
    const id = await connect();
    const { url, flow } = await ann.begin("fake", { connection: id });
    world.tool.account = bob;
    const before = world.tool.given.length;
    await ann.follow(await world.tool.consent(url));
    return { id, flow, granted: world.tool.given.slice(before) };
  };
  const isRevoked = (granted: readonly string[]) => granted.some((token) => world.tool.revoked.includes(token));
  const heldNothing = async () =>
    (await db.withScope(ann.scope, (tx) => tx.select().from(oauthFlows))).every((row) => row.heldEnc === null);

  it("two admins who connect one account make one shared connection, whoever of them is first", async () => {
    const cora = await world.colleague(ann, "admin");
    const works = await Promise.all(
      [ann, cora].map(async (person) => {
        const { url } = await person.begin("fake");
        const back = await world.tool.consent(url);
        return () => person.follow(back);
      }),
    );
    await atOnce(db, database.url, "connection", works);
    expect(await rows()).toHaveLength(1);
  });

  it("two capabilities that are switched on at the same moment, each with its own consent, are both on, and both scopes are kept", async () => {
    world.tool.granted = "read";
    const id = await connect("other", { capabilities: ["read:things"] });
    await world.hub.connections.switchCapability(ann.scope, id, { capability: "read:things", on: false });
    const backs: string[] = [];
    for (const capability of ["read:things", "write:things"]) {
      const { url } = await ann.begin("other", { connection: id, capabilities: [capability] });
      backs.push(await world.tool.consent(url));
    }
    // The tool names to each what that one consent asked for.
    world.tool.granted = (asked) => asked;
    await atOnce(
      db,
      database.url,
      "connection",
      backs.map((back) => () => ann.follow(back)),
    );
    const [connection] = await listOf(ann);
    expect(connection).toMatchObject({ id, capabilities: ["read:things", "write:things"] });
    expect([...(connection?.scopes ?? [])].sort()).toEqual(["offline", "read", "write"]);
  });

  it("of two answers at the same moment one counts, and what was granted is stored or given back, never both", async () => {
    const { flow, granted } = await asking();
    const outcomes = await atOnce(db, database.url, "oauth_flow", [
      () => flows().answer(ann.scope, flow, "add"),
      () => flows().answer(ann.scope, flow, "give_back"),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "ESTALE" } });
    expect((await rows()).some((row) => row.accountName === "Bob")).toBe(!isRevoked(granted));
    expect(await heldNothing()).toBe(true);
  });

  it("an answer, and the person's leaving or the workspace's end at the same moment: stored, or given back, never both", async () => {
    const { flow, granted } = await asking();
    await atOnce<unknown>(db, database.url, "oauth_flow", [
      () => flows().answer(ann.scope, flow, "add"),
      () => flows().giveBackHeld(jobScope(ann.scope.workspaceId, "departure"), { userId: ann.userId }),
    ]);
    expect((await rows()).some((row) => row.accountName === "Bob")).toBe(!isRevoked(granted));
    expect(await heldNothing()).toBe(true);
  });

  it("an answer that is late by the job's clock is not taken from a connection that it became", async () => {
    const { flow, granted } = await asking();
    const late = { expiresAt: new Date(Date.now() - 1) };
    const made = await flows().answer(ann.scope, flow, "add");
    await db.withScope(ann.scope, (tx) =>
      tx
        .update(oauthFlows)
        .set(late)
        .where(eq(oauthFlows.id, decodeId("flow", flow))),
    );
    expect(await flows().giveBackHeld(jobScope(ann.scope.workspaceId, "expiry"), { expiredOnly: true })).toBe(0);
    expect(made.connection?.accountName).toBe("Bob");
    expect(isRevoked(granted)).toBe(false);
  });

  it("a sign-in and a disconnect at the same moment leave no connection, and no token that still works at the tool", async () => {
    const id = await connect();
    const { url } = await ann.begin("fake", { connection: id });
    const back = await world.tool.consent(url);
    const before = world.tool.given.length;
    await atOnce<unknown>(db, database.url, "connection", [() => ann.follow(back), () => world.hub.connections.disconnect(ann.scope, id)]);
    // Whoever came second had to wait: a consent that lost asks, since its connection is gone, or was refused.
    await flows().giveBackHeld(jobScope(ann.scope.workspaceId, "departure"));
    expect(await rows()).toEqual([]);
    expect(isRevoked(world.tool.given.slice(before))).toBe(true);
  });
});
