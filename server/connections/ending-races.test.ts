import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDb } from "@/db/client";
import { connections, connectionTokens } from "@/db/schema/connections";
import { createTestDb } from "@/db/testing";
import { createThrowAwayDatabase, testDatabaseUrl } from "@/db/testing-postgres";
import type { Hub } from "@/server/compose/hub";
import { HubError } from "@/server/errors";
import { decodeId } from "@/server/ids";
import { accessStopped } from "@/server/transport/letting-out";
import type { CallContext, Send } from "@/server/transport/send";
import { type Browser, type ConnectHub, startConnectHub } from "./testing-hub";

/** What ends while calls and refreshes are under way, in two processes: the hub's own memory must not outlive the decision. */

async function openThrowAway() {
  const throwaway = await createThrowAwayDatabase();
  return { db: await createDb({ url: throwaway.url }), drop: () => throwaway.drop() };
}
const databases = [
  { name: "the embedded database", open: async () => ({ db: await createTestDb(), drop: async () => {} }) },
  ...(testDatabaseUrl === null ? [] : [{ name: "PostgreSQL", open: openThrowAway }]),
];

describe.each(databases)("on $name", ({ open }) => {
  let world: ConnectHub;
  let other: Hub;
  let drop: () => Promise<void>;
  let ann: Browser;
  let id: string;
  let uuid: string;
  let number = 0;
  beforeAll(async () => {
    const opened = await open();
    drop = opened.drop;
    world = await startConnectHub(undefined, opened.db);
    other = world.process();
  });
  afterAll(async () => {
    await other.tools.flush();
    await world.close();
    await drop();
  });
  beforeEach(async () => {
    number += 1;
    ann = await world.browser(`race-${number}`);
    world.tool.account = { accountId: `acc-${number}`, orgId: "org-1", accountName: "Ann" };
    const begun = await ann.begin("fake", {});
    await ann.follow(await world.tool.consent(begun.url));
    id = (await world.hub.connections.flows.view(ann.scope, begun.flow)).connection?.id ?? "";
    uuid = decodeId("connection", id);
  });

  const context = (): CallContext => ({
    workspaceId: ann.scope.workspaceId,
    connectionId: uuid,
    actor: { userId: ann.userId, job: null },
    path: null,
  });
  const callMe = (send: Send) =>
    send({ method: "GET", url: `${world.tool.origin}/me`, repeatability: "safe", operation: "me", authorization: "connection" }, context());
  const sendIn = (hub: Hub) => hub.connections.mounted.authorizedSend(ann.scope, uuid);
  const expire = () =>
    world.hub.db.withScope(ann.scope, (tx) =>
      tx
        .update(connectionTokens)
        .set({ accessExpiresAt: new Date(0) })
        .where(eq(connectionTokens.connectionId, uuid)),
    );
  const rows = () => world.hub.db.withScope(ann.scope, async (tx) => [await tx.$count(connections), await tx.$count(connectionTokens)]);
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => "ok",
      (error: unknown) => (error instanceof HubError ? error.code : String(error)),
    );

  /** A refresh in the other process whose answer the tool holds back until `release`. */
  async function refreshHeld(): Promise<{ call: Promise<string>; release: () => void }> {
    const send = await sendIn(other);
    await expire();
    const atTool = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    world.tool.beforeToken = () => {
      atTool.resolve();
      return released.promise;
    };
    const call = codeOf(callMe(send));
    await atTool.promise;
    return { call, release: released.resolve };
  }

  it("a token answer that arrives after the deletion is given back, and brings nothing back to life", async () => {
    const { call, release } = await refreshHeld();
    // The tool still knows the old refresh token; it answers the renewal all the same, as one that was quicker would.
    world.tool.keepRevoked = true;
    await world.hub.connections.disconnect(ann.scope, id).finally(() => {
      world.tool.keepRevoked = false;
    });
    const before = world.tool.given.length;
    release();
    expect(await call).toBe("ENOTCONN");
    const late = world.tool.given.slice(before);
    expect(late.length).toBe(2);
    await expect.poll(() => world.tool.revoked.filter((token) => late.includes(token)).length).toBeGreaterThan(0);
    expect(await rows()).toEqual([0, 0]);
  });

  it("a token answer that arrives while the tool is asked to revoke is not stored, and given back", async () => {
    const { call, release } = await refreshHeld();
    const before = world.tool.given.length;
    world.tool.beforeRevoke = async () => {
      release();
      await call;
    };
    await world.hub.connections.disconnect(ann.scope, id);
    const late = world.tool.given.slice(before);
    expect(late.length).toBe(2);
    expect(await call).toBe("ENOTCONN");
    await expect.poll(() => world.tool.revoked.filter((token) => late.includes(token)).length).toBeGreaterThan(0);
    expect(await rows()).toEqual([0, 0]);
  });

  it("nothing reaches the tool once a stop has returned, whoever calls in whichever process", async () => {
    const sends = [await sendIn(world.hub), await sendIn(other)];
    await Promise.all(sends.map((send) => callMe(send)));
    // A process that has read no token yet: its first call would have to renew the one that has expired by then.
    const cold = world.process();
    const coldSend = await sendIn(cold);
    const outcomes = new Map<string, number>();
    const load = { on: true };
    const callers = sends.flatMap((send) =>
      Array.from({ length: 8 }, async () => {
        while (load.on) {
          const code = await codeOf(callMe(send));
          outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
          // A refusal is answered at once; callers that try again and again must leave the tool its turn.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }),
    );
    await expect.poll(() => outcomes.get("ok") ?? 0).toBeGreaterThan(20);
    const stop = await world.hub.workspaces.access.stop(ann.scope);
    expect(stop).toMatchObject({ by: "admin", at: expect.any(String) });
    const reached = world.tool.asked.length;
    const refused = outcomes.get("ENOTCONN") ?? 0;
    await expect.poll(() => outcomes.get("ENOTCONN") ?? 0).toBeGreaterThan(refused + 100);
    // Refreshes and connects stay as well, and none of it harms the connection.
    await expire();
    for (const hub of [world.hub, other]) {
      await expect(sendIn(hub)).rejects.toMatchObject({ code: "ENOTCONN" });
      await expect(hub.connections.flows.start(ann.scope, startInput)).rejects.toMatchObject({ code: "ENOTCONN" });
    }
    for (const send of [...sends, coldSend]) await expect(callMe(send)).rejects.toMatchObject({ code: "ENOTCONN", message: accessStopped });
    expect(await world.hub.connections.keepTokensAlive()).toEqual(expect.anything());
    load.on = false;
    await Promise.all(callers);
    expect(world.tool.asked.length).toBe(reached);
    expect(new Set(outcomes.keys())).toEqual(new Set(["ok", "ENOTCONN"]));
    expect((await world.hub.connections.get(ann.scope, id)).status).toMatchObject({
      state: "stopped",
      actionUrl: `/${ann.scope.slug}/settings`,
    });

    // Resumed, the token that ended meanwhile is renewed on demand, once.
    world.tool.expireAccessTokens();
    await world.hub.workspaces.access.resume(ann.scope);
    expect((await world.hub.connections.get(ann.scope, id)).status.state).toBe("connected");
    const before = world.tool.asked.filter((path) => path === "/token").length;
    expect(await Promise.all([...sends, coldSend].map((send) => codeOf(callMe(send))))).toEqual(["ok", "ok", "ok"]);
    expect(world.tool.asked.filter((path) => path === "/token").length).toBe(before + 1);
  });

  it("a consent that was under way when access was stopped is not exchanged", async () => {
    const begun = await ann.begin("other", {});
    const back = await world.tool.consent(begun.url);
    await world.hub.workspaces.access.stop(ann.scope);
    const before = world.tool.asked.length;
    await ann.follow(back);
    expect(world.tool.asked.slice(before)).toEqual([]);
    expect(await world.hub.connections.flows.view(ann.scope, begun.flow)).toMatchObject({ status: "failed" });
    expect((await rows())[0]).toBe(1);
  });

  it("what a tool granted before access was stopped, and after it would not say whose it is, is given back", async () => {
    const begun = await ann.begin("fake", {});
    const before = world.tool.given.length;
    world.tool.beforeToken = async () => void (await world.hub.workspaces.access.stop(ann.scope));
    await ann.follow(await world.tool.consent(begun.url));
    const granted = world.tool.given.slice(before);
    expect((await world.hub.connections.flows.view(ann.scope, begun.flow)).status).toBe("failed");
    expect(granted).toHaveLength(2);
    expect(world.tool.revoked.filter((token) => granted.includes(token))).not.toEqual([]);
  });

  it("a stopped workspace can still be disconnected: the tool is asked to end the access", async () => {
    await world.hub.workspaces.access.stop(ann.scope);
    const receipt = await other.connections.disconnect(ann.scope, id);
    expect(receipt.revoked.outcome).toBe("revoked");
    expect(await rows()).toEqual([0, 0]);
  });

  it("a stop is written down with who did it, once, and so is its end", async () => {
    const { access } = world.hub.workspaces;
    const first = await access.stop(ann.scope);
    expect(await access.stop(ann.scope)).toEqual(first);
    await access.resume(ann.scope);
    await access.resume(ann.scope);
    expect(await access.find(ann.scope)).toBeNull();
    const events = await world.hub.db.withScope(ann.scope, (tx) =>
      tx.execute(sql`select action, actor_user_id from audit_event where action like 'workspace.access%' order by at`),
    );
    expect(events.rows).toEqual([
      { action: "workspace.access_stopped", actor_user_id: ann.userId },
      { action: "workspace.access_resumed", actor_user_id: ann.userId },
    ]);
  });
});

const startInput = { integration: "fake", capabilities: [], target: { visibility: "workspace" as const }, returnPath: null, popup: true };
