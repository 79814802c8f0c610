import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDb, type Database } from "@/db/client";
import { auditEvents, invitations } from "@/db/schema/workspaces";
import type { WorkspaceScope } from "@/db/scope";
import { createTestDb, seedMember, seedUser, seedWorkspace } from "@/db/testing";
import { createThrowAwayDatabase, type ThrowAwayDatabase, testDatabaseUrl } from "@/db/testing-postgres";
import { decodeId } from "@/server/ids";
import { createWorkspaces, type Workspaces } from "./workspaces";

let db: Database;
let workspaces: Workspaces;
beforeAll(async () => {
  db = await createTestDb();
  workspaces = createWorkspaces({ stopSettlesMs: 0, db, origin: "http://localhost:3000" });
});
afterAll(() => db.close());

const person = (userId: string) => ({ type: "person" as const, userId });
const tokenOf = (url: string) => url.split("/").at(-1) ?? "";
const auditOf = (scope: WorkspaceScope) =>
  db.withScope(scope, async (tx) => (await tx.select().from(auditEvents).orderBy(auditEvents.at, auditEvents.id)).map((row) => row.action));

describe("a workspace", () => {
  test("is made with its maker as owner, under an address made from the name", async () => {
    const ada = await seedUser(db, "ada@make.test");
    const made = await workspaces.create(ada, { name: "Ada & Søns" });
    expect(made).toMatchObject({ slug: "ada-s-ns", name: "Ada & Søns", role: "owner" });
    const scope = await workspaces.getScope(person(ada), made.slug);
    expect(scope).toMatchObject({ workspaceId: decodeId("workspace", made.id), role: "owner" });
    expect(await workspaces.list(ada)).toEqual([made]);
    expect(await workspaces.get(scope)).toEqual(made);
    expect(await auditOf(scope)).toEqual(["workspace.created"]);
  });

  test("of a name that is taken gets another address; an address asked for is refused when taken or reserved", async () => {
    const eve = await seedUser(db, "eve@make.test");
    const first = await workspaces.create(eve, { name: "Twice" });
    const second = await workspaces.create(eve, { name: "Twice" });
    expect(second.slug).toMatch(/^twice-[a-z0-9]{4}$/);
    await expect(workspaces.create(eve, { name: "Thrice", slug: first.slug })).rejects.toMatchObject({ code: "EEXIST" });
    await expect(workspaces.create(eve, { name: "Thrice", slug: "api" })).rejects.toMatchObject({ code: "EINVAL" });
    const scope = await workspaces.getScope(person(eve), second.slug);
    await expect(workspaces.rename(scope, { name: "Twice", slug: first.slug })).rejects.toMatchObject({ code: "EEXIST" });
    expect(await workspaces.rename(scope, { name: "Renamed", slug: "renamed" })).toMatchObject({ slug: "renamed", name: "Renamed" });
    await expect(workspaces.getScope(person(eve), second.slug)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("is not there for someone who is no member, in the same words as one that does not exist", async () => {
    const { slug } = await seedWorkspace(db, { slug: "closed" });
    const stranger = await seedUser(db, "stranger@make.test");
    const [closed, missing] = await Promise.allSettled([
      workspaces.getScope(person(stranger), slug),
      workspaces.getScope(person(stranger), "no-such-workspace"),
    ]);
    for (const slug of ["", "\0", "Closed", "../closed", "x".repeat(65)]) {
      await expect(workspaces.getScope(person(stranger), slug)).rejects.toMatchObject({ code: "ENOENT" });
    }
    expect(closed).toMatchObject({ status: "rejected", reason: { code: "ENOENT" } });
    expect(closed.status === "rejected" && missing.status === "rejected" && closed.reason.message).toBe(
      missing.status === "rejected" && missing.reason.message,
    );
  });

  test("gives a job a scope of its own, and none when it is gone", async () => {
    const seeded = await seedWorkspace(db, { slug: "for-jobs" });
    expect(await workspaces.findJobScope(seeded.workspaceId, "expiry")).toMatchObject({
      slug: "for-jobs",
      actor: { type: "job", name: "expiry" },
    });
    expect(await workspaces.findJobScope(crypto.randomUUID(), "expiry")).toBeNull();
  });
});

describe("roles of members", () => {
  test("change within one's own rank, and the last owner stays", async () => {
    const owner = await seedWorkspace(db, { slug: "ranks" });
    const admin = await seedMember(db, owner.scope, { email: "admin@ranks.test", role: "admin" });
    const viewer = await seedMember(db, owner.scope, { email: "viewer@ranks.test", role: "viewer" });
    const { members } = workspaces;

    await members.setRole(admin.scope, viewer.userId, "member");
    await expect(members.setRole(admin.scope, viewer.userId, "owner")).rejects.toMatchObject({ code: "EACCES" });
    await expect(members.setRole(admin.scope, owner.userId, "viewer")).rejects.toMatchObject({ code: "EACCES" });
    await expect(members.remove(admin.scope, owner.userId)).rejects.toMatchObject({ code: "EACCES" });
    await expect(members.setRole(admin.scope, admin.userId, "owner")).rejects.toMatchObject({ code: "EACCES" });
    await expect(members.setRole(viewer.scope, viewer.userId, "admin")).rejects.toMatchObject({ code: "EACCES" });
    await expect(members.remove(viewer.scope, admin.userId)).rejects.toMatchObject({ code: "EACCES" });

    await expect(members.setRole(owner.scope, owner.userId, "admin")).rejects.toThrow(/last owner/);
    await expect(members.remove(owner.scope, owner.userId)).rejects.toThrow(/last owner/);
    await members.setRole(owner.scope, admin.userId, "owner");
    await members.setRole(owner.scope, owner.userId, "admin");
    expect((await members.list(owner.scope)).map(({ email, role, me }) => [email, role, me])).toEqual([
      ["owner@ranks.test", "admin", true],
      ["admin@ranks.test", "owner", false],
      ["viewer@ranks.test", "member", false],
    ]);
    // The scope still says owner; the row decides.
    await expect(members.setRole(owner.scope, admin.userId, "viewer")).rejects.toMatchObject({ code: "EACCES" });
    expect(await auditOf(owner.scope)).toEqual(["member.role_changed", "member.role_changed", "member.role_changed"]);
  });

  test("of another workspace are not there", async () => {
    const here = await seedWorkspace(db, { slug: "here" });
    const there = await seedWorkspace(db, { slug: "there" });
    await expect(workspaces.members.setRole(here.scope, there.userId, "viewer")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(workspaces.members.remove(here.scope, there.userId)).rejects.toMatchObject({ code: "ENOENT" });
    expect(await workspaces.members.list(there.scope)).toHaveLength(1);
  });

  test("two owners who leave at the same moment leave one owner", async () => {
    const first = await seedWorkspace(db, { slug: "two-owners" });
    const second = await seedMember(db, first.scope, { email: "second@two.test", role: "owner" });
    const left = await Promise.allSettled([
      workspaces.members.remove(first.scope, first.userId),
      workspaces.members.remove(second.scope, second.userId),
    ]);
    expect(left.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("a removed member's scope is worth nothing for the next request", async () => {
    const owner = await seedWorkspace(db, { slug: "removal" });
    const member = await seedMember(db, owner.scope, { email: "gone@removal.test", role: "member" });
    await workspaces.members.remove(owner.scope, member.userId);
    await expect(workspaces.getScope(person(member.userId), "removal")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(workspaces.members.remove(member.scope, owner.userId)).rejects.toMatchObject({ code: "EACCES" });
  });
});

describe("an invitation", () => {
  test("lets one person in, once, and only its hash is stored", async () => {
    const owner = await seedWorkspace(db, { slug: "inviting" });
    const made = await workspaces.invitations.create(owner.scope, "member");
    const token = tokenOf(made.url);
    expect(made.url).toBe(`http://localhost:3000/invite/${token}`);
    const stored = await db.executeSql<{ dump: string }>("select string_agg(to_jsonb(i)::text, '') as dump from invitation i");
    expect(stored.rows[0]?.dump).toContain(decodeId("invitation", made.id));
    expect(stored.rows[0]?.dump).not.toContain(token);

    expect(await workspaces.invitations.preview(token)).toEqual({ workspaceName: "inviting", role: "member", invitedBy: "owner" });
    const guests = await Promise.all(["a", "b", "c"].map((name) => seedUser(db, `${name}@guests.test`)));
    const accepted = await Promise.allSettled(guests.map((guest) => workspaces.invitations.accept(guest, token)));
    expect(accepted.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(await workspaces.members.list(owner.scope)).toHaveLength(2);
    await expect(workspaces.invitations.preview(token)).rejects.toMatchObject({ code: "ENOENT" });
    expect((await workspaces.invitations.list(owner.scope))[0]?.acceptedAt).not.toBeNull();
    await expect(workspaces.invitations.revoke(owner.scope, decodeId("invitation", made.id))).rejects.toMatchObject({ code: "ENOENT" });
    expect(await auditOf(owner.scope)).toEqual(["invitation.created", "member.joined"]);
  });

  test("is not used up by a member, and does not change their role", async () => {
    const owner = await seedWorkspace(db, { slug: "already" });
    const { url } = await workspaces.invitations.create(owner.scope, "viewer");
    expect(await workspaces.invitations.accept(owner.userId, tokenOf(url))).toEqual({ slug: "already" });
    expect((await workspaces.members.list(owner.scope))[0]?.role).toBe("owner");
    const guest = await seedUser(db, "late@guests.test");
    expect(await workspaces.invitations.accept(guest, tokenOf(url))).toEqual({ slug: "already" });
  });

  test("revoked, expired or made up is refused in the same words", async () => {
    const owner = await seedWorkspace(db, { slug: "refusing" });
    const guest = await seedUser(db, "guest@refusing.test");
    const revoked = await workspaces.invitations.create(owner.scope, "viewer");
    await workspaces.invitations.revoke(owner.scope, decodeId("invitation", revoked.id));
    const expired = await workspaces.invitations.create(owner.scope, "viewer");
    await expireInvitation(owner.scope, decodeId("invitation", expired.id));
    const messages = new Set<string>();
    for (const token of [tokenOf(revoked.url), tokenOf(expired.url), "made-up"]) {
      const failure: unknown = await workspaces.invitations.accept(guest, token).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "ENOENT" });
      if (failure instanceof Error) messages.add(failure.message);
      await expect(workspaces.invitations.preview(token)).rejects.toMatchObject({ code: "ENOENT" });
    }
    expect(messages.size).toBe(1);
    expect(await workspaces.list(guest)).toEqual([]);
  });

  test("does not outlive its maker's right to make it: demoted or removed, they cannot come back by a link they kept", async () => {
    const owner = await seedWorkspace(db, { slug: "outlived" });
    const first = await seedMember(db, owner.scope, { email: "first@outlived.test", role: "owner" });
    const { invitations, members } = workspaces;
    const asOwner = await invitations.create(first.scope, "owner");
    const asAdmin = await invitations.create(first.scope, "admin");
    const others = await invitations.create(owner.scope, "viewer");
    await members.setRole(owner.scope, first.userId, "admin");
    await expect(invitations.preview(tokenOf(asOwner.url))).rejects.toMatchObject({ code: "ENOENT" });
    expect(await invitations.preview(tokenOf(asAdmin.url))).toMatchObject({ role: "admin" });
    await members.remove(owner.scope, first.userId);
    await expect(invitations.accept(first.userId, tokenOf(asAdmin.url))).rejects.toMatchObject({ code: "ENOENT" });
    // A request that began before the removal.
    await expect(invitations.create(first.scope, "viewer")).rejects.toMatchObject({ code: "EACCES" });
    const open = (await invitations.list(owner.scope)).filter(({ acceptedAt }) => acceptedAt === null);
    expect(open.map(({ id }) => id)).toEqual([others.id]);
    expect((await auditOf(owner.scope)).filter((action) => action === "invitation.revoked")).toHaveLength(2);
  });

  test("cannot carry a role above its maker's, nor be revoked from another workspace", async () => {
    const owner = await seedWorkspace(db, { slug: "above" });
    const admin = await seedMember(db, owner.scope, { email: "admin@above.test", role: "admin" });
    await expect(workspaces.invitations.create(admin.scope, "owner")).rejects.toMatchObject({ code: "EACCES" });
    const made = await workspaces.invitations.create(owner.scope, "owner");
    const other = await seedWorkspace(db, { slug: "beside" });
    await expect(workspaces.invitations.revoke(other.scope, decodeId("invitation", made.id))).rejects.toMatchObject({ code: "ENOENT" });
    expect(await workspaces.invitations.list(other.scope)).toEqual([]);
  });
});

describe.runIf(testDatabaseUrl !== null)("on PostgreSQL, where two requests really run at once", () => {
  const rounds = 6;
  let throwaway: ThrowAwayDatabase;
  let postgres: Database;
  let there: Workspaces;
  beforeAll(async () => {
    throwaway = await createThrowAwayDatabase();
    postgres = await createDb({ url: throwaway.url });
    there = createWorkspaces({ stopSettlesMs: 0, db: postgres, origin: "http://localhost:3000" });
  });
  afterAll(async () => {
    await postgres.close();
    await throwaway.drop();
  });

  test("owners who leave together always leave one", async () => {
    for (let round = 0; round < rounds; round += 1) {
      const first = await seedWorkspace(postgres, { slug: `leaving-${round}` });
      const second = await seedMember(postgres, first.scope, { email: `second@leaving-${round}.test`, role: "owner" });
      const left = await Promise.allSettled([
        there.members.remove(first.scope, first.userId),
        there.members.remove(second.scope, second.userId),
      ]);
      expect(left.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
    }
  });

  test("an invitation lets one of many in", async () => {
    const owner = await seedWorkspace(postgres, { slug: "racing" });
    for (let round = 0; round < rounds; round += 1) {
      const token = tokenOf((await there.invitations.create(owner.scope, "member")).url);
      const guests = await Promise.all(["a", "b", "c", "d"].map((name) => seedUser(postgres, `${name}${round}@racing.test`)));
      const accepted = await Promise.allSettled(guests.map((guest) => there.invitations.accept(guest, token)));
      expect(accepted.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    }
  });

  test("one person who opens two links at once joins by one, and the other stays usable", async () => {
    const owner = await seedWorkspace(postgres, { slug: "two-links" });
    for (let round = 0; round < rounds; round += 1) {
      const guest = await seedUser(postgres, `guest${round}@two-links.test`);
      const links = [await there.invitations.create(owner.scope, "member"), await there.invitations.create(owner.scope, "member")];
      await Promise.all(links.map(({ url }) => there.invitations.accept(guest, tokenOf(url))));
      const open = (await there.invitations.list(owner.scope)).filter(({ acceptedAt }) => acceptedAt === null);
      expect(open).toHaveLength(round + 1);
    }
  });

  test("one name asked for by many at once becomes as many addresses", async () => {
    const maker = await seedUser(postgres, "maker@racing.test");
    const made = await Promise.all(Array.from({ length: rounds }, () => there.create(maker, { name: "Same name" })));
    expect(new Set(made.map(({ slug }) => slug)).size).toBe(rounds);
  });
});

/** Rewrites an invitation with a deadline in the past: its own scope may insert and delete, not update. */
async function expireInvitation(scope: WorkspaceScope, id: string): Promise<void> {
  await db.withScope(scope, async (tx) => {
    const [row] = await tx.select().from(invitations).where(sql`id = ${id}`);
    if (row === undefined) throw new Error("no such invitation");
    await tx.delete(invitations).where(sql`id = ${id}`);
    await tx.insert(invitations).values({ ...row, expiresAt: new Date(Date.now() - 1000) });
  });
}
