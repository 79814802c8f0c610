import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seedMember, seedWorkspace } from "@/db/testing";
import type { Hub } from "@/server/compose/hub";
import { createTestHub } from "@/server/compose/testing";
import { seedConnection } from "@/server/connections/test-connection";
import { HubError } from "@/server/errors";
import { decodeId, encodeId } from "@/server/ids";
import { planOf, receiptOf } from "@/server/vfs/storage/testing";

let hub: Hub;
let a: Awaited<ReturnType<typeof seedWorkspace>>;
let b: Awaited<ReturnType<typeof seedWorkspace>>;
beforeAll(async () => {
  hub = await createTestHub();
  [a, b] = [await seedWorkspace(hub.db, { slug: "keys-a" }), await seedWorkspace(hub.db, { slug: "keys-b" })];
});
afterAll(() => hub.close());

const keys = () => hub.workspaces.apiKeys;
const make = (access: "read" | "read_write", name = "Partner") => keys().create(a.scope, { name, access });

async function scopeOf(key: string) {
  const scope = await keys().findScope(key);
  if (scope === null) throw new Error("the key opens nothing");
  return scope;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const outcome = await work.then(
    () => "answered",
    (error: unknown) => error,
  );
  return outcome instanceof HubError ? outcome.code : String(outcome);
}

describe("a key", () => {
  test("is shown once: the database keeps its hash and its last four characters", async () => {
    const { key, id } = await make("read");
    expect(key).toMatch(/^bih_[A-Za-z0-9_-]{43}$/);
    const { rows } = await hub.db.executeSql<{ row: string }>(
      "select row_to_json(k)::text as row from api_key k union all select row_to_json(e)::text from audit_event e",
    );
    const kept = rows.map(({ row }) => row).join("\n");
    expect(kept).toContain(decodeId("key", id));
    expect(kept).not.toContain(key);
    expect(kept).not.toContain(key.slice(4, 20));
    expect((await keys().list(a.scope)).find((one) => one.id === id)).toMatchObject({
      hint: key.slice(-4),
      access: "read",
      revokedAt: null,
    });
  });

  test("opens its own workspace and no other, until it is revoked", async () => {
    const { key, id } = await make("read");
    expect(await scopeOf(key)).toMatchObject({ workspaceId: a.workspaceId, slug: "keys-a", role: "viewer" });
    expect(await codeOf(keys().revoke(b.scope, decodeId("key", id)))).toBe("ENOENT");
    await keys().revoke(a.scope, decodeId("key", id));
    expect(await keys().findScope(key)).toBeNull();
    expect(await codeOf(keys().revoke(a.scope, decodeId("key", id)))).toBe("ENOENT");
    expect(await keys().list(b.scope)).toEqual([]);
  });

  test.each(["", "bih_", "x".repeat(47), `bih_${"A".repeat(43)}`, `bih_${"A".repeat(42)}'`, "bih_\0"])(
    "that is none opens nothing: %j",
    async (key) => {
      expect(await keys().findScope(key)).toBeNull();
    },
  );

  test("notes its use to the minute", async () => {
    const { key, id } = await make("read");
    const used = async () => (await keys().list(a.scope)).find((one) => one.id === id)?.lastUsedAt ?? null;
    expect(await used()).toBeNull();
    await scopeOf(key);
    const first = await used();
    expect(first).not.toBeNull();
    await scopeOf(key);
    expect(await used()).toBe(first);
  });

  test("is not found while its workspace is being deleted", async () => {
    const gone = await seedWorkspace(hub.db, { slug: "keys-gone" });
    const { key } = await keys().create(gone.scope, { name: "Partner", access: "read" });
    await hub.db.executeSql("update workspace set deleting_at = now() where id = $1", [gone.workspaceId]);
    expect(await keys().findScope(key)).toBeNull();
  });

  test("is made by those who may, read again at that moment, and at most 50 live ones", async () => {
    const member = await seedMember(hub.db, b.scope, { email: "member@keys-b.test", role: "member" });
    expect(await codeOf(keys().create(member.scope, { name: "Mine", access: "read" }))).toBe("EACCES");
    for (let n = 0; n < 49; n += 1) await keys().create(b.scope, { name: `Key ${n}`, access: "read" });
    const last = await Promise.all([1, 2].map(() => codeOf(keys().create(b.scope, { name: "Last", access: "read" }))));
    expect(last.sort()).toEqual(["EDQUOT", "answered"]);
  });
});

describe("what a key may do", () => {
  test("a reading key reads files and nothing else; a writing one also changes them; neither is a person", async () => {
    const [reading, writing] = [await scopeOf((await make("read")).key), await scopeOf((await make("read_write")).key)];
    const may = (scope: typeof reading, permission: Parameters<typeof hub.workspaces.requirePermission>[1]) => {
      try {
        hub.workspaces.requirePermission(scope, permission);
        return true;
      } catch {
        return false;
      }
    };
    expect([may(reading, "files.read"), may(reading, "files.write"), may(writing, "files.write")]).toEqual([true, false, true]);
    for (const permission of [
      "calls.read",
      "members.read",
      "connections.read",
      "connections.manage",
      "keys.manage",
      "workspace.read",
    ] as const) {
      expect(may(writing, permission), permission).toBe(false);
    }
  });

  test("has no /context/user, sees nothing private, and keeps its own plans and receipts", async () => {
    const writing = await scopeOf((await make("read_write", "Robot")).key);
    const names = (await hub.files.list(writing, { path: "/context" })).nodes.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["memory", "tools"]));
    expect(names).not.toContain("user");
    expect(await codeOf(hub.files.stat(writing, { path: "/context/user/preferences" }))).toBe("ENOENT");
    await seedConnection(hub.db, a.scope, { integration: "linear", visibility: "private" });
    expect(await hub.db.withScope(writing, async (tx) => (await tx.execute(sql`select id from connection`)).rows)).toEqual([]);

    const path = "/context/memory/facts/robot.md";
    const write = () => hub.files.write(writing, { path, text: "one\n", idempotencyKey: "first" });
    const receipt = receiptOf(await write());
    expect(receiptOf(await write())).toEqual(receipt);
    // Another key's, and the person's, idempotency keys are their own.
    const other = await scopeOf((await make("read_write", "Other")).key);
    const theirs = await hub.files.write(other, { path: "/context/memory/facts/other.md", text: "two\n", idempotencyKey: "first" });
    expect(receiptOf(theirs).changed).toBe(true);
    expect((await hub.files.read(a.scope, { path })).text).toBe("one\n");
    const plan = planOf(await hub.files.write(writing, { path, text: "three\n", dryRun: true, ifMatch: receipt.etag ?? "" }));
    expect(await codeOf(hub.files.execute(other, { plan: plan.id }))).not.toBe("answered");
    await hub.files.execute(writing, { plan: plan.id });
    expect((await hub.files.read(a.scope, { path })).text).toBe("three\n");
  });

  test("is named in the audit trail", async () => {
    const { key, id } = await make("read_write", "Auditor's robot");
    await hub.files.write(await scopeOf(key), { path: "/context/memory/facts/audited.md", text: "x" });
    const { rows } = await hub.db.executeSql<{ actor_key_id: string | null; actor_user_id: string | null }>(
      "select actor_key_id, actor_user_id from audit_event where subject = '/context/memory/facts/audited.md'",
    );
    expect(rows).toEqual([{ actor_key_id: decodeId("key", id), actor_user_id: null }]);
    expect(encodeId("key", decodeId("key", id))).toBe(id);
  });
});
