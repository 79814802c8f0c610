import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connections, connectionTokens, rateBuckets } from "@/db/schema/connections";
import { vfsContents, vfsDirectoryStates, vfsHandles, vfsIdempotency, vfsNodes, vfsPlans, vfsPrints } from "@/db/schema/vfs";
import { auditEvents, members } from "@/db/schema/workspaces";
import { decodeId, newId } from "@/server/ids";
import type { CallContext, ToolRequest } from "@/server/transport/send";
import { type Browser, type ConnectHub, startConnectHub } from "./testing-hub";

let world: ConnectHub;
let ann: Browser;
let number = 0;
beforeAll(async () => {
  world = await startConnectHub();
});
afterAll(() => world.close());
beforeEach(async () => {
  number += 1;
  ann = await world.browser(`leave-${number}`);
});

async function connect(browser: Browser, accountId: string, visibility = "workspace"): Promise<{ id: string; uuid: string }> {
  world.tool.account = { accountId, orgId: "org-1", accountName: accountId };
  const begun = await browser.begin("fake", { visibility });
  await browser.follow(await world.tool.consent(begun.url));
  const id = (await world.hub.connections.flows.view(browser.scope, begun.flow)).connection?.id ?? "";
  return { id, uuid: decodeId("connection", id) };
}

const callMe = (): ToolRequest => ({
  method: "GET",
  url: `${world.tool.origin}/me`,
  repeatability: "safe",
  operation: "me",
  authorization: "connection",
});
const callContext = (browser: Browser, connectionId: string): CallContext => ({
  workspaceId: browser.scope.workspaceId,
  connectionId,
  actor: { userId: browser.userId, job: null },
  path: null,
});

/** A mirror as the file system leaves it. */
async function mirror(browser: Browser, connectionId: string, count: number): Promise<void> {
  const root = `/context/con/${connectionId}`;
  const workspaceId = browser.scope.workspaceId;
  const nodes = Array.from({ length: count }, (_, index) => ({
    workspaceId,
    path: `${root}/n${index}`,
    parentPath: root,
    name: `n${index}`,
    kind: "file" as const,
    nodeId: newId(),
    connectionId,
  }));
  await world.hub.db.withScope(browser.scope, async (tx) => {
    for (let start = 0; start < nodes.length; start += 1000) await tx.insert(vfsNodes).values(nodes.slice(start, start + 1000));
    await tx
      .insert(vfsContents)
      .values(nodes.slice(0, 3).map(({ nodeId }) => ({ workspaceId, nodeId, connectionId, body: "b", etag: "e" })));
    await tx.insert(vfsPrints).values({ workspaceId, connectionId, path: `${root}/n1`, etag: "e", body: "b", expiresAt: new Date() });
    await tx.insert(vfsDirectoryStates).values({ workspaceId, path: root, connectionId });
    await tx.insert(vfsHandles).values({ workspaceId, connectionId, handle: "abcdefgh", objectKind: "thing", externalId: "1" });
  });
}

/** How many rows of each of the connection's tables the workspace still has. */
const left = (browser: Browser) =>
  world.hub.db.withScope(browser.scope, async (tx) => ({
    connections: (await tx.select({ id: connections.id }).from(connections)).map((row) => row.id),
    rest: [
      await tx.$count(connectionTokens),
      await tx.$count(rateBuckets),
      await tx.$count(vfsNodes),
      await tx.$count(vfsContents),
      await tx.$count(vfsPrints),
      await tx.$count(vfsDirectoryStates),
      await tx.$count(vfsHandles),
    ],
  }));

describe("disconnecting", () => {
  it("takes along the plans and receipts of everybody who changed something through it, and only those", async () => {
    const [kept, gone] = [await connect(ann, `kept-${number}`), await connect(ann, `gone-${number}`)];
    const cora = await world.colleague(ann, "member");
    const expiresAt = new Date(Date.now() + 3_600_000);
    for (const { scope, userId } of [ann, cora]) {
      for (const { uuid } of [kept, gone]) {
        const row = { workspaceId: scope.workspaceId, ownerId: userId, connectionId: uuid, expiresAt };
        await world.hub.db.withScope(scope, async (tx) => {
          await tx.insert(vfsPlans).values({ ...row, id: newId(), path: "/p", plan: {} });
          await tx.insert(vfsIdempotency).values({ ...row, key: uuid, contentHash: "h", receipt: { path: "/p" } });
        });
      }
    }
    await world.hub.connections.disconnect(ann.scope, gone.id);
    for (const { scope } of [ann, cora]) {
      const rest = await world.hub.db.withScope(scope, async (tx) => [
        ...(await tx.select({ connectionId: vfsPlans.connectionId }).from(vfsPlans)),
        ...(await tx.select({ connectionId: vfsIdempotency.connectionId }).from(vfsIdempotency)),
      ]);
      expect(rest).toEqual([{ connectionId: kept.uuid }, { connectionId: kept.uuid }]);
    }
  });

  it("revokes at the tool, deletes all that the connection brought and nothing else, and says so", async () => {
    const kept = await connect(ann, `kept-${number}`);
    const gone = await connect(ann, `gone-${number}`);
    const refreshToken = world.tool.given.at(-1);
    await mirror(ann, kept.uuid, 5);
    await mirror(ann, gone.uuid, 4321);
    const receipt = await world.hub.connections.disconnect(ann.scope, gone.id);
    expect(receipt).toEqual({
      connection: gone.id,
      integration: "fake",
      tool: "Fake",
      account: `gone-${number}`,
      visibility: "workspace",
      at: expect.any(String),
      by: "admin",
      revoked: { outcome: "revoked", proof: "The tool answered 200.", requestId: `revocation-${world.tool.revoked.length}` },
      alsoEnded: [],
      purged: { files: 4321 },
      summary: "The tool answered 200. The hub deleted its tokens and 4321 mirrored entries.",
    });
    expect(world.tool.revoked).toContain(refreshToken);
    expect(await left(ann)).toEqual({ connections: [kept.uuid], rest: [1, 0, 5, 3, 1, 1, 1] });
    const [event] = await world.hub.db.withScope(ann.scope, (tx) =>
      tx.select().from(auditEvents).where(eq(auditEvents.action, "connection.disconnected")),
    );
    expect(event).toMatchObject({ actorUserId: ann.userId, subject: gone.id, detail: { revoked: "revoked", files: 4321 } });
    expect(await world.hub.connections.receipt(ann.scope, gone.id)).toEqual(receipt);
    await expect(world.hub.connections.disconnect(ann.scope, gone.id)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("forgets the tokens and says what to do when the tool cannot be asked", async () => {
    const { id } = await connect(ann, `down-${number}`);
    world.tool.revokeStatus = 503;
    const receipt = await world.hub.connections.disconnect(ann.scope, id).finally(() => {
      world.tool.revokeStatus = 200;
    });
    expect(receipt.revoked).toEqual({
      outcome: "failed",
      proof: "Fake did not confirm that the access has ended: Fake answered 503. Open Fake's settings and remove the hub.",
      requestId: `revocation-${world.tool.revoked.length}`,
    });
    expect(await left(ann)).toEqual({ connections: [], rest: [0, 0, 0, 0, 0, 0, 0] });
  });

  it("goes on after an interruption, and lets nothing be read meanwhile", async () => {
    const { id, uuid } = await connect(ann, `half-${number}`);
    await world.hub.db.withScope(ann.scope, async (tx) => {
      await tx.update(connections).set({ status: "disconnecting" });
      await tx.delete(connectionTokens);
    });
    expect((await world.hub.connections.get(ann.scope, id)).status.state).toBe("disconnecting");
    await expect(world.hub.connections.mounted.authorizedSend(ann.scope, uuid)).rejects.toMatchObject({ code: "ENOTCONN" });
    expect((await world.hub.connections.mounted.list(ann.scope)).connections).toEqual([]);
    const receipt = await world.hub.connections.disconnect(ann.scope, id);
    expect(receipt.revoked.outcome).toBe("already_revoked");
    expect((await left(ann)).connections).toEqual([]);
  });

  it("does not let the account be connected again while it is under way", async () => {
    await connect(ann, `again-${number}`);
    await world.hub.db.withScope(ann.scope, (tx) => tx.update(connections).set({ status: "disconnecting" }));
    const begun = await ann.begin();
    await ann.follow(await world.tool.consent(begun.url));
    expect(await world.hub.connections.flows.view(ann.scope, begun.flow)).toMatchObject({ status: "failed", title: "Still disconnecting" });
  });

  it("keeps the account of a private connection out of the audit trail", async () => {
    const { id } = await connect(ann, `secret-account-${number}`, "private");
    await world.hub.connections.disconnect(ann.scope, id);
    const events = await world.hub.db.withScope(ann.scope, (tx) => tx.select().from(auditEvents));
    expect(events.map((event) => event.action).sort()).toEqual(["connection.connected", "connection.disconnected"]);
    expect(JSON.stringify(events)).not.toContain("secret-account");
  });

  it("that broke off after the tool had answered goes on with that answer, and does not ask again", async () => {
    const { id } = await connect(ann, `answered-${number}`);
    const revocation = { outcome: "revoked" as const, proof: "The tool answered 200.", requestId: "r-1", alsoEnded: [] };
    await world.hub.db.withScope(ann.scope, async (tx) => {
      await tx.update(connections).set({ status: "disconnecting", revocation, endingBy: ann.userId, endingUntil: new Date(0) });
      await tx.delete(connectionTokens);
    });
    const before = world.tool.revoked.length;
    const receipt = await world.hub.connections.disconnect(ann.scope, id);
    expect(receipt.revoked).toEqual({ outcome: "revoked", proof: "The tool answered 200.", requestId: "r-1" });
    expect(world.tool.revoked.length).toBe(before);
  });

  it("asked for twice at once is done once, and both get the one receipt", async () => {
    const { id } = await connect(ann, `twice-${number}`);
    const before = world.tool.revoked.length;
    const second = Promise.withResolvers<unknown>();
    world.tool.beforeRevoke = async () => {
      // The first one is at the tool now.
      world.hub.connections.disconnect(ann.scope, id).then(second.resolve, second.reject);
      // The embedded database answers in turn: after these the second one has looked.
      for (let turn = 0; turn < 3; turn += 1) await world.hub.connections.get(ann.scope, id);
    };
    const receipt = await world.hub.connections.disconnect(ann.scope, id);
    expect(await second.promise).toEqual(receipt);
    expect(world.tool.revoked.length).toBe(before + 1);
    const events = await world.hub.db.withScope(ann.scope, (tx) => tx.select().from(auditEvents).where(eq(auditEvents.subject, id)));
    expect(events.map((event) => event.action).sort()).toEqual(["connection.connected", "connection.disconnected"]);
  });

  it("makes a new connection when the account is connected again, which inherits nothing", async () => {
    const first = await connect(ann, `back-${number}`);
    await mirror(ann, first.uuid, 3);
    await world.hub.connections.disconnect(ann.scope, first.id);
    const second = await connect(ann, `back-${number}`);
    expect(second.id).not.toBe(first.id);
    expect((await left(ann)).rest[2]).toBe(0);
  });
});

describe("a tool that offers no revocation", () => {
  it("is told of as such, with what the person does and where", async () => {
    world.tool.revocationEnds = null;
    try {
      const { id } = await connect(ann, `manual-${number}`);
      const byHand = { steps: "Open Fake's settings and remove the hub.", url: "https://fake.example/settings" };
      expect(await world.hub.connections.disconnectPreview(ann.scope, id)).toEqual({ ends: null, alsoEnds: [], byHand });
      const before = world.tool.asked.length;
      const { revoked } = await world.hub.connections.disconnect(ann.scope, id);
      expect(revoked).toEqual({
        outcome: "not_offered",
        proof: "Fake offers no way to end the access from here. Open Fake's settings and remove the hub.",
        requestId: null,
      });
      expect(world.tool.asked.slice(before)).toEqual([]);
    } finally {
      world.tool.revocationEnds = "token";
    }
  });
});

describe("a tool whose revocation ends every access of the account", () => {
  beforeEach(() => {
    world.tool.revocationEnds = "account";
  });
  afterEach(() => {
    world.tool.revocationEnds = "token";
  });

  it("names before what will end with it, ends it in the hub too, and says so after", async () => {
    const bea = await world.colleague(ann, "admin");
    const account = `shared-${number}`;
    const shared = await connect(ann, account);
    const own = await connect(ann, account, "private");
    const theirs = await connect(bea, account, "private");
    const other = await connect(ann, `someone-else-${number}`);

    const preview = await world.hub.connections.disconnectPreview(ann.scope, own.id);
    // What is Bea's alone is not shown to Ann.
    expect(preview).toMatchObject({ ends: "account", alsoEnds: [{ id: shared.id, accountName: account, path: "/context/tools/fake" }] });

    const send = await world.hub.connections.mounted.authorizedSend(ann.scope, shared.uuid);
    await send(callMe(), callContext(ann, shared.uuid));
    const receipt = await world.hub.connections.disconnect(ann.scope, own.id);
    expect(receipt.alsoEnded).toEqual([shared.id]);
    expect(receipt.summary).toContain("Fake ends every access of this account to the hub's app at once");
    expect(receipt.summary).toContain("/context/tools/fake ended with it and needs a new sign-in.");

    for (const [browser, id] of [
      [ann, shared.id],
      [bea, theirs.id],
    ] as const) {
      const { status } = await world.hub.connections.get(browser.scope, id);
      expect(status).toMatchObject({ state: "reauth_required" });
      expect(status.reason).toContain("Another connection of this account was disconnected");
    }
    expect((await world.hub.connections.get(ann.scope, other.id)).status.state).toBe("connected");
    // A process that holds the dead token in memory notices at its next call, and sends nothing.
    const before = world.tool.asked.length;
    await expect(send(callMe(), callContext(ann, shared.uuid))).rejects.toMatchObject({ code: "ENOTCONN" });
    expect(world.tool.asked.slice(before)).toEqual([]);
  });

  it("that did not confirm ended nothing else", async () => {
    const account = `unsure-${number}`;
    const shared = await connect(ann, account);
    const own = await connect(ann, account, "private");
    world.tool.revokeStatus = 503;
    const receipt = await world.hub.connections.disconnect(ann.scope, own.id).finally(() => {
      world.tool.revokeStatus = 200;
    });
    expect(receipt).toMatchObject({ revoked: { outcome: "failed" }, alsoEnded: [] });
    expect((await world.hub.connections.get(ann.scope, shared.id)).status.state).toBe("connected");
  });
});

describe("receipts", () => {
  it("go on saying that a person asked, when that person has left", async () => {
    const cora = await world.colleague(ann, "admin");
    const { id } = await connect(ann, `left-${number}`);
    expect((await world.hub.connections.disconnect(cora.scope, id)).by).toEqual(expect.any(String));
    await world.hub.db.withScope(ann.scope, (tx) => tx.delete(members).where(eq(members.userId, cora.userId)));
    expect((await world.hub.connections.receipt(ann.scope, id)).by).toBe("a former member");
  });

  it("can be read again, newest first and page by page, by those who may", async () => {
    const bea = await world.colleague(ann, "admin");
    const cleo = await world.colleague(ann, "viewer");
    const shared = await connect(ann, `r-shared-${number}`);
    const own = await connect(ann, `r-own-${number}`, "private");
    const theirs = await connect(bea, `r-theirs-${number}`, "private");
    await world.hub.connections.disconnect(ann.scope, shared.id);
    await world.hub.connections.disconnect(ann.scope, own.id);
    await world.hub.connections.disconnect(bea.scope, theirs.id);

    const read = async (browser: Browser, limit: number) => {
      const found: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await world.hub.connections.receipts(browser.scope, { cursor, limit });
        found.push(...page.receipts.map((receipt) => `${receipt.connection} ${receipt.account}`));
        if (page.cursor === null) return found;
        cursor = page.cursor;
      }
    };
    // Admins answer for the workspace: they see that a private connection ended, and not whose account it was.
    const all = [`${theirs.id} null`, `${own.id} null`, `${shared.id} r-shared-${number}`];
    expect(await read(ann, 1)).toEqual(all);
    expect(await read(bea, 2)).toEqual(all);
    expect(await read(cleo, 20)).toEqual([`${shared.id} r-shared-${number}`]);
    await expect(world.hub.connections.receipt(cleo.scope, own.id)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(world.hub.connections.receipts(ann.scope, { cursor: "x", limit: 1 })).rejects.toMatchObject({ code: "EINVAL" });
  });
});
