import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "./client";
import { ScopeMisuseError, SqlError } from "./errors";
import { connections, workspaceKeys } from "./schema/connections";
import { auditEvents, members, workspaces } from "./schema/workspaces";
import { createScope, type WorkspaceScope } from "./scope";
import { seedMember, seedUser, seedWorkspace } from "./testing";

export interface OpenedDatabase {
  readonly db: Database;
  close(): Promise<void>;
}

/** A connection of a workspace, private to its owner or shared. */
export async function seedConnection(
  db: Database,
  scope: WorkspaceScope,
  options: { ownerId: string; visibility: "private" | "workspace"; mountName: string },
): Promise<string> {
  const id = crypto.randomUUID();
  await db.withScope(scope, (tx) =>
    tx.insert(connections).values({
      id,
      workspaceId: scope.workspaceId,
      integration: "linear",
      externalOrgId: "org",
      externalAccountId: id,
      accountName: "Ann",
      scopes: ["read"],
      capabilities: ["read:issues"],
      status: "connected",
      timeZone: "UTC",
      ...options,
    }),
  );
  return id;
}

/** What every driver has to keep. `open` gives a migrated database that nobody else uses. */
export function describeDatabase(name: string, open: () => Promise<OpenedDatabase>): void {
  describe(name, () => {
    let opened: OpenedDatabase;
    let db: Database;
    let acme: Awaited<ReturnType<typeof seedWorkspace>>;
    let bravo: Awaited<ReturnType<typeof seedWorkspace>>;
    let ben: { userId: string; scope: WorkspaceScope };

    beforeAll(async () => {
      opened = await open();
      db = opened.db;
      acme = await seedWorkspace(db, { slug: "acme" });
      bravo = await seedWorkspace(db, { slug: "bravo" });
      ben = await seedMember(db, acme.scope, { email: "ben@acme.test", role: "member" });
    });
    afterAll(async () => {
      await opened?.close();
    });

    const audit = (scope: WorkspaceScope, subject: string) => ({
      id: crypto.randomUUID(),
      workspaceId: scope.workspaceId,
      action: "test",
      subject,
    });

    describe("values", () => {
      it("come back as they went in", async () => {
        const at = new Date("2026-02-28T23:59:59.123Z");
        const id = crypto.randomUUID();
        const bytes = new Uint8Array([0, 1, 92, 127, 128, 255]);
        const detail = { text: 'ä"\\😀\n', number: 1.5, flag: true, nothing: null };
        const [event] = await db.withScope(acme.scope, async (tx) => {
          await tx.insert(workspaceKeys).values({ workspaceId: acme.workspaceId, version: 7, kekId: "k", wrapped: bytes });
          return tx
            .insert(auditEvents)
            .values({ ...audit(acme.scope, "types"), id, at, detail })
            .returning();
        });
        expect(event).toMatchObject({ id, at, detail, actorUserId: null });
        const [key] = await db.withScope(acme.scope, (tx) => tx.select().from(workspaceKeys));
        expect(key?.wrapped).toEqual(bytes);
        expect(key?.createdAt).toBeInstanceOf(Date);
      });

      it("of raw statements too: numbers, arrays, bytes, dates, JSON, null", async () => {
        const words = ['a"b', "c\\d", "e,f", "", "NULL", "{}", "😀"];
        const at = new Date("2026-02-28T23:59:59.123Z");
        const { rows } = await db.executeSql(
          `select $1::int8 as big, $2::text[] as words, $3::bytea as bytes, $4::timestamptz as at, $5::jsonb as json, $6::text as nothing,
            $7::boolean as flag, $8::float8 as number, 'null'::jsonb as json_null, array[1,2]::int[] as numbers`,
          ["9007199254740993", words, new Uint8Array([0, 255]), at, { a: [1, "ü"] }, null, true, 0.1],
        );
        expect(rows[0]).toEqual({
          big: "9007199254740993",
          words,
          bytes: Buffer.from([0, 255]),
          at,
          json: { a: [1, "ü"] },
          nothing: null,
          flag: true,
          number: 0.1,
          json_null: null,
          numbers: [1, 2],
        });
      });

      it("are counted: an update says how many rows it changed", async () => {
        const change = await db.withScope(acme.scope, (tx) =>
          tx.update(workspaces).set({ name: "Acme" }).where(eq(workspaces.id, acme.workspaceId)),
        );
        expect(change.rowCount).toBe(1);
      });
    });

    describe("a transaction", () => {
      it("keeps nothing of work that throws, and passes the error on", async () => {
        const failure = new Error("changed my mind");
        const work = db.withScope(acme.scope, async (tx) => {
          await tx.insert(auditEvents).values(audit(acme.scope, "rolled back"));
          throw failure;
        });
        await expect(work).rejects.toBe(failure);
        const rows = await db.withScope(acme.scope, (tx) => tx.select().from(auditEvents).where(eq(auditEvents.subject, "rolled back")));
        expect(rows).toEqual([]);
      });

      it("whose failed statement was swallowed is reported as rolled back, not as done", async () => {
        const work = db.withScope(acme.scope, async (tx) => {
          await tx.insert(auditEvents).values(audit(acme.scope, "half"));
          await tx.execute(sql`select 1 / 0`).catch(() => undefined);
        });
        await expect(work).rejects.toMatchObject({ name: "SqlError", code: "25P02" });
      });

      it("inside a transaction is a savepoint: its failure undoes only itself", async () => {
        await db.withScope(acme.scope, async (tx) => {
          await tx.insert(auditEvents).values(audit(acme.scope, "outer"));
          await expect(
            tx.transaction(async (inner) => {
              await inner.insert(auditEvents).values(audit(acme.scope, "inner"));
              await inner.execute(sql`select 1 / 0`);
            }),
          ).rejects.toMatchObject({ code: "22012" });
        });
        const rows = await db.withScope(acme.scope, (tx) => tx.select({ subject: auditEvents.subject }).from(auditEvents));
        expect(rows.map((row) => row.subject)).toContain("outer");
        expect(rows.map((row) => row.subject)).not.toContain("inner");
      });

      it("that only reads refuses to write", async () => {
        const work = db.withScope(acme.scope, (tx) => tx.insert(auditEvents).values(audit(acme.scope, "no")), { readOnly: true });
        await expect(work).rejects.toMatchObject({ code: "25006" });
      });

      it("reports a violated constraint by name, without the row's values", async () => {
        const work = db.withSystem((tx) =>
          tx.execute(sql`select hub_create_workspace(${crypto.randomUUID()}, 'acme', 'secret name', ${acme.userId})`),
        );
        const error = await work.catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(SqlError);
        expect(error).toMatchObject({ code: "23505", constraint: "workspace_slug_unique", table: "workspace" });
        expect(JSON.stringify(error) + String(error)).not.toContain("secret name");
      });

      it("inside another one's work is refused instead of waiting for itself", async () => {
        const work = db.withScope(acme.scope, async () => db.withScope(acme.scope, async () => 1));
        await expect(work).rejects.toBeInstanceOf(ScopeMisuseError);
        const bare = db.withScope(acme.scope, async () => db.executeSql("select 1"));
        await expect(bare).rejects.toBeInstanceOf(ScopeMisuseError);
      });

      it("cannot be used after it has ended", async () => {
        const tx = await db.withScope(acme.scope, async (inner) => inner);
        await expect(Promise.resolve(tx.execute(sql`select 1`))).rejects.toBeInstanceOf(ScopeMisuseError);
      });
    });

    describe("a batch", () => {
      it("answers every statement in order, as the scope's person, in one round trip where the driver can", async () => {
        const before = db.roundTrips;
        const [written, seen] = await db.batchInScope(ben.scope, [
          sql`insert into audit_event (id, workspace_id, action, subject) values (${crypto.randomUUID()}, ${acme.workspaceId}, 'test', ${"batch"}) returning subject`,
          sql`select count(*)::int as n, current_user::text as role from workspace`,
        ]);
        // Neon's driver waits for each answer before it sends on.
        if (db.kind !== "neon") expect(db.roundTrips - before).toBe(1);
        expect(written).toEqual([{ subject: "batch" }]);
        expect(seen).toEqual([{ n: 1, role: "hub_app" }]);
      });

      it("keeps nothing when a statement fails, throws that one's error without its values, and leaves the connection usable", async () => {
        const work = db.batchInScope(acme.scope, [
          sql`insert into audit_event (id, workspace_id, action, subject) values (${crypto.randomUUID()}, ${acme.workspaceId}, 'test', 'half a batch')`,
          sql`select ${"secret"}::uuid`,
          sql`select 1`,
        ]);
        const error = await work.catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(SqlError);
        expect(error).toMatchObject({ code: "22P02" });
        const rows = await db.withScope(acme.scope, (tx) => tx.select().from(auditEvents).where(eq(auditEvents.subject, "half a batch")));
        expect(rows).toEqual([]);
      });

      it("inside a scope is refused", async () => {
        const work = db.withScope(acme.scope, async () => db.batchInScope(acme.scope, [sql`select 1`]));
        await expect(work).rejects.toBeInstanceOf(ScopeMisuseError);
      });
    });

    describe("a scope", () => {
      it("sees no row of another workspace, in any table", async () => {
        await db.withScope(bravo.scope, (tx) => tx.insert(auditEvents).values(audit(bravo.scope, "bravo's")));
        const tables = ["workspace", "member", "invitation", "audit_event", "workspace_key", "connection", "vfs_node", "api_call"];
        for (const table of tables) {
          const column = sql.raw(table === "workspace" ? "id" : "workspace_id");
          const { rows } = await db.withScope(bravo.scope, (tx) =>
            tx.execute(sql`select count(*)::int as n from ${sql.identifier(table)} where ${column} <> ${bravo.workspaceId}`),
          );
          expect(rows, table).toEqual([{ n: 0 }]);
        }
      });

      it("sees its own rows only, however often another scope has run the same statement before", async () => {
        const nameIn = (scope: WorkspaceScope) =>
          db.withScope(scope, async (tx) => (await tx.execute<{ id: string }>(sql`select id from workspace where name <> ${"-"}`)).rows);
        for (let round = 0; round < 8; round++) expect(await nameIn(acme.scope)).toEqual([{ id: acme.workspaceId }]);
        expect(await nameIn(bravo.scope)).toEqual([{ id: bravo.workspaceId }]);
        const asAuth = db.withIdentity((tx) => tx.execute(sql`select id from workspace where name <> ${"-"}`));
        await expect(asAuth).rejects.toMatchObject({ code: "42501" });
        expect(await nameIn(acme.scope)).toEqual([{ id: acme.workspaceId }]);
      });

      it("cannot write into another workspace, nor move a row there", async () => {
        const insert = db.withScope(acme.scope, (tx) => tx.insert(auditEvents).values(audit(bravo.scope, "planted")));
        await expect(insert).rejects.toMatchObject({ code: "42501" });
        const id = await seedConnection(db, acme.scope, { ownerId: acme.userId, visibility: "workspace", mountName: "stays" });
        const move = db.withScope(acme.scope, (tx) =>
          tx.update(connections).set({ workspaceId: bravo.workspaceId }).where(eq(connections.id, id)),
        );
        await expect(move).rejects.toMatchObject({ code: "42501" });
      });

      it("cannot refer to another workspace's connection, although foreign keys see past the policies", async () => {
        const id = await seedConnection(db, bravo.scope, { ownerId: bravo.userId, visibility: "workspace", mountName: "linear" });
        const work = db.withScope(acme.scope, (tx) =>
          tx.execute(sql`insert into rate_bucket (workspace_id, connection_id, method_group, tokens, capacity, refill_per_second)
            values (${acme.workspaceId}, ${id}, 'all', 1, 1, 1)`),
        );
        await expect(work).rejects.toMatchObject({ code: "23503", constraint: "rate_bucket_connection" });
      });

      it("hides a private connection from everyone but its owner and the jobs", async () => {
        const id = await seedConnection(db, ben.scope, { ownerId: ben.userId, visibility: "private", mountName: "mine" });
        const seenBy = async (scope: WorkspaceScope) =>
          (await db.withScope(scope, (tx) => tx.select().from(connections).where(eq(connections.id, id)))).length;
        expect(await seenBy(ben.scope)).toBe(1);
        expect(await seenBy(acme.jobScope)).toBe(1);
        expect(await seenBy(acme.scope)).toBe(0);
        expect(await seenBy(bravo.jobScope)).toBe(0);
      });

      it("hides what carries an owner: nodes, contents, calls, plans", async () => {
        const node = crypto.randomUUID();
        await db.withScope(ben.scope, async (tx) => {
          await tx.execute(sql`insert into vfs_node (workspace_id, path, parent_path, name, kind, node_id, owner_id)
            values (${acme.workspaceId}, ${`/context/user/${ben.userId}/a.md`}, ${`/context/user/${ben.userId}`}, 'a.md', 'file', ${node}, ${ben.userId})`);
          await tx.execute(sql`insert into vfs_content (workspace_id, node_id, owner_id, body, etag)
            values (${acme.workspaceId}, ${node}, ${ben.userId}, 'private', 'e')`);
          await tx.execute(sql`insert into vfs_plan (id, workspace_id, owner_id, path, plan, expires_at)
            values (${crypto.randomUUID()}, ${acme.workspaceId}, ${ben.userId}, '/x', '{}', now() + interval '1 hour')`);
        });
        const seenBy = async (scope: WorkspaceScope) =>
          (
            await db.withScope(scope, (tx) =>
              tx.execute(sql`select (select count(*)::int from vfs_node) as nodes, (select count(*)::int from vfs_content) as contents,
                (select count(*)::int from vfs_plan) as plans`),
            )
          ).rows[0];
        expect(await seenBy(ben.scope)).toEqual({ nodes: 1, contents: 1, plans: 1 });
        expect(await seenBy(acme.scope)).toEqual({ nodes: 0, contents: 0, plans: 0 });
        // A plan is its maker's until it has expired.
        expect(await seenBy(acme.jobScope)).toEqual({ nodes: 1, contents: 1, plans: 0 });
      });

      it("cannot make anything another person's", async () => {
        const work = seedConnection(db, acme.scope, { ownerId: ben.userId, visibility: "private", mountName: "planted" });
        await expect(work).rejects.toMatchObject({ code: "42501" });
      });

      it("knows the members' names, and nobody else's", async () => {
        await seedUser(db, "stranger@elsewhere.test");
        const { rows } = await db.withScope(ben.scope, (tx) => tx.execute(sql`select email from "user" order by email`));
        expect(rows).toEqual([{ email: "ben@acme.test" }, { email: "owner@acme.test" }]);
      });

      it("takes uuids only, as they stand in the opening statement", async () => {
        const scope = createScope({
          workspaceId: `${acme.workspaceId}'; set local role postgres; --`,
          slug: "x",
          role: "owner",
          actor: { type: "job", name: "x" },
        });
        await expect(db.withScope(scope, (tx) => tx.select().from(workspaces))).rejects.toBeInstanceOf(TypeError);
      });

      it("is denied what the roles are for", async () => {
        const forbidden = [
          "alter table connection no force row level security",
          "alter table connection disable row level security",
          "create policy mine on connection using (true)",
          "drop policy workspace on connection",
          "create table public.mine (a int)",
          "grant hub_definer to hub_app",
          "select * from session",
          "select * from account",
          'select email_verified from "user"',
          `select * from hub_find_workspace('${acme.workspaceId}')`,
          "select * from hub_list_expired('call', now(), 1)",
          `insert into member (workspace_id, user_id, role) values ('${acme.workspaceId}', '${bravo.userId}', 'owner')`,
          "update audit_event set subject = 'rewritten'",
          "delete from audit_event",
          "select * from hub_migration",
          "set local row_security = off; select * from connection",
        ];
        for (const statement of forbidden) {
          const parts = statement.split("; ");
          const work = db.withScope(ben.scope, async (tx) => {
            for (const part of parts) {
              await tx.execute(sql.raw(part));
            }
          });
          await expect(work, statement).rejects.toMatchObject({ code: "42501" });
        }
      });

      it("leaves nothing behind for the next user of its connection", async () => {
        const inScopes = Promise.all(Array.from({ length: 20 }, () => db.withScope(ben.scope, (tx) => tx.execute(sql`select 1`))));
        await inScopes;
        const probe = () =>
          db.executeSql<{ who: boolean; workspace: string; person: string; actor: string }>(
            `select current_user = session_user as who, coalesce(current_setting('app.workspace_id', true), '') as workspace,
              coalesce(current_setting('app.user_id', true), '') as person, coalesce(current_setting('app.actor', true), '') as actor`,
          );
        for (const { rows } of await Promise.all(Array.from({ length: 20 }, probe))) {
          expect(rows).toEqual([{ who: true, workspace: "", person: "", actor: "" }]);
        }
      });

      it("stays itself among fifty at once", async () => {
        const scopes = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? acme.scope : bravo.scope));
        await Promise.all(
          scopes.map((scope, index) =>
            db.withScope(scope, async (tx) => {
              await tx.insert(auditEvents).values(audit(scope, `fifty ${index}`));
              const seen = await tx.select({ id: workspaces.id }).from(workspaces);
              expect(seen).toEqual([{ id: scope.workspaceId }]);
            }),
          ),
        );
        for (const workspace of [acme, bravo]) {
          const rows = await db.withScope(workspace.scope, (tx) => tx.select().from(auditEvents).where(sql`subject like 'fifty %'`));
          expect(rows).toHaveLength(25);
        }
      });
    });

    describe("outside every scope", () => {
      it("the application's role sees no row", async () => {
        // Several statements in one message are one transaction, so the role ends with it.
        const result = await db.executeSql("set local role hub_app; select count(*)::int as n from workspace");
        expect(result.rows).toEqual([{ n: 0 }]);
      });

      it("the identity role sees people and no workspace, the system role no table at all", async () => {
        expect((await db.withIdentity((tx) => tx.execute(sql`select * from "user"`))).rows.length).toBeGreaterThan(2);
        await expect(db.withIdentity((tx) => tx.select().from(members))).rejects.toMatchObject({ code: "42501" });
        const find = sql`select * from hub_find_workspace(${acme.workspaceId}::uuid)`;
        await expect(db.withIdentity((tx) => tx.execute(find))).rejects.toMatchObject({ code: "42501" });
        await expect(db.withSystem((tx) => tx.select().from(workspaces))).rejects.toMatchObject({ code: "42501" });
        await expect(db.withSystem((tx) => tx.execute(sql`select * from "user"`))).rejects.toMatchObject({ code: "42501" });
      });
    });
  });
}
