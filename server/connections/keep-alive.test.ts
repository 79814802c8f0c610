import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connections, connectionTokens } from "@/db/schema/connections";
import { decodeId } from "@/server/ids";
import { type Browser, type ConnectHub, startConnectHub } from "./testing-hub";

let world: ConnectHub;
beforeAll(async () => {
  world = await startConnectHub();
});
afterAll(() => world.close());

/** A connection of this browser's person that is due to be kept alive; its uuid. */
async function idle(browser: Browser, accountId: string, visibility = "workspace"): Promise<string> {
  world.tool.account = { accountId, orgId: "org-1", accountName: accountId };
  const begun = await browser.begin("fake", { visibility });
  await browser.follow(await world.tool.consent(begun.url));
  const id = decodeId("connection", (await world.hub.connections.flows.view(browser.scope, begun.flow)).connection?.id ?? "");
  await world.hub.db.withScope(browser.scope, (tx) =>
    tx
      .update(connectionTokens)
      .set({ keepAliveAt: sql`clock_timestamp() - interval '1 day'` })
      .where(eq(connectionTokens.connectionId, id)),
  );
  return id;
}

const tokenOf = async (browser: Browser, id: string) => {
  const rows = await world.hub.db.withScope(browser.scope, (tx) =>
    tx.select().from(connectionTokens).where(eq(connectionTokens.connectionId, id)),
  );
  return rows[0];
};

describe("keeping tokens alive", () => {
  it("renews what nobody uses, in every workspace, private ones too, and each once", async () => {
    const [ann, bob] = [await world.browser("alive-a"), await world.browser("alive-b")];
    const due = [
      [ann, await idle(ann, "ann")],
      [ann, await idle(ann, "ann", "private")],
      [bob, await idle(bob, "bob", "private")],
    ] as const;
    const before = world.tool.asked.filter((path) => path === "/token").length;
    expect(await world.hub.connections.keepTokensAlive()).toEqual({ renewed: 3, left: 0 });
    expect(await world.hub.connections.keepTokensAlive()).toEqual({ renewed: 0, left: 0 });
    expect(world.tool.asked.filter((path) => path === "/token").length - before).toBe(3);
    for (const [browser, id] of due) expect(await tokenOf(browser, id)).toMatchObject({ version: 2 });
  });

  it("lets one that cannot be renewed keep no other waiting, and comes back to it later", async () => {
    const ann = await world.browser("alive-c");
    const [unknown, failing, broken, sound] = [await idle(ann, "1"), await idle(ann, "2"), await idle(ann, "3"), await idle(ann, "4")];
    const change = (id: string, set: Partial<typeof connections.$inferInsert>) =>
      world.hub.db.withScope(ann.scope, (tx) => tx.update(connections).set(set).where(eq(connections.id, id)));
    await change(unknown, { integration: "gone" });
    await change(failing, { status: "disconnecting" });
    await world.hub.db.withScope(ann.scope, (tx) =>
      tx.execute(
        sql`update connection_token set refresh_enc = set_byte(refresh_enc, length(refresh_enc) - 1, get_byte(refresh_enc, length(refresh_enc) - 1) # 1) where connection_id = ${broken}`,
      ),
    );
    expect(await world.hub.connections.keepTokensAlive()).toEqual({ renewed: 1, left: 3 });
    expect(await tokenOf(ann, sound)).toMatchObject({ version: 2 });
    for (const id of [unknown, failing, broken]) {
      const token = await tokenOf(ann, id);
      expect(token).toMatchObject({ version: 1 });
      expect(token?.keepAliveAt?.getTime()).toBeGreaterThan(Date.now());
    }
  });

  it("leaves a workspace alone whose access to tools is stopped", async () => {
    const ann = await world.browser("alive-d");
    const id = await idle(ann, "four");
    await world.hub.db.withScope(ann.scope, (tx) =>
      tx.execute(sql`update workspace set stopped_at = clock_timestamp() where id = ${ann.scope.workspaceId}`),
    );
    expect(await world.hub.connections.keepTokensAlive()).toEqual({ renewed: 0, left: 1 });
    expect(await tokenOf(ann, id)).toMatchObject({ version: 1, terminalError: null });
  });
});
