import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditEvents, members } from "./schema/workspaces";
import { createTestDb, type SeededWorkspace, seedUser, seedWorkspace } from "./testing";

const db = await createTestDb();
afterAll(() => db.close());

const call = async (query: ReturnType<typeof sql>) => (await db.withSystem((tx) => tx.execute(query))).rows;

describe("the system actor's functions", () => {
  it("are these, all SECURITY DEFINER with an empty search path, owned by a role of their own, callable by hub_system alone", async () => {
    const { rows } = await db.executeSql<{ signature: string; definer: boolean; owner: string; config: string[]; grants: string }>(`
      select p.oid::regprocedure::text as signature, p.prosecdef as definer, pg_get_userbyid(p.proowner) as owner, p.proconfig as config,
        (select string_agg(a.grantee::regrole::text || ' ' || a.privilege_type, ', ' order by 1) from aclexplode(p.proacl) a
          where a.grantee <> p.proowner) as grants
      from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname <> 'rate_take' order by 1`);
    expect(rows.map((row) => row.signature)).toEqual([
      "hub_accept_invitation(text,uuid)",
      "hub_account_connected(text,text,text)",
      "hub_begin_vault_rotation()",
      "hub_begin_workspace_deletion(uuid,uuid)",
      "hub_create_workspace(uuid,text,text,uuid)",
      "hub_end_vault_rotation()",
      "hub_erase_workspace(uuid,integer)",
      "hub_find_invitation(text)",
      "hub_find_membership(uuid,text)",
      "hub_find_oauth_flow(text)",
      "hub_find_workspace(uuid)",
      "hub_list_endings(integer)",
      "hub_list_expired(text,timestamp with time zone,integer)",
      "hub_list_held_consents(timestamp with time zone,integer)",
      "hub_list_idle_buckets(timestamp with time zone,integer)",
      "hub_list_idle_tokens(integer)",
      "hub_list_kek_ids()",
      "hub_list_memberships(uuid)",
      "hub_list_orphaned_connections(integer)",
      "hub_list_overdue_call_logs(integer,timestamp with time zone,integer)",
      "hub_list_vault_work(timestamp with time zone,text,uuid,integer)",
      "hub_prune_audit_events(integer)",
      "hub_use_api_key(text)",
    ]);
    for (const { signature, ...rest } of rows) {
      expect(rest, signature).toEqual({
        definer: true,
        owner: "hub_definer",
        config: ['search_path=""'],
        grants: "hub_system EXECUTE",
      });
    }
  });
});

describe("the rate budget's function", () => {
  it("is the only other one: it runs as its caller, under row-level security, with an empty search path, and only hub_app may call it", async () => {
    const { rows } = await db.executeSql(`
      select p.proname as name, p.prosecdef as definer, p.proconfig as config,
        (select string_agg(a.grantee::regrole::text || ' ' || a.privilege_type, ', ' order by 1) from aclexplode(p.proacl) a
          where a.grantee <> p.proowner) as grants
      from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname not like 'hub\\_%'`);
    expect(rows).toEqual([{ name: "rate_take", definer: false, config: ['search_path=""'], grants: "hub_app EXECUTE" }]);
  });
});

describe("joining", () => {
  let acme: SeededWorkspace;
  beforeAll(async () => {
    acme = await seedWorkspace(db, { slug: "acme" });
  });

  const invite = async (options: { hash: string; expired?: boolean }) =>
    db.withScope(acme.scope, (tx) =>
      tx.execute(sql`insert into invitation (id, workspace_id, role, token_hash, invited_by, expires_at)
        values (${crypto.randomUUID()}, ${acme.workspaceId}, 'viewer', ${options.hash}, ${acme.userId},
          now() + ${options.expired ? "-1 second" : "1 hour"}::interval)`),
    );

  it("a workspace comes with its first owner, and is found by its members only", async () => {
    expect(await call(sql`select * from hub_find_membership(${acme.userId}, 'acme')`)).toEqual([
      { workspace_id: acme.workspaceId, slug: "acme", name: "acme", role: "owner" },
    ]);
    const stranger = await seedUser(db, "stranger@x.test");
    expect(await call(sql`select * from hub_find_membership(${stranger}, 'acme')`)).toEqual([]);
    expect(await call(sql`select * from hub_list_memberships(${stranger})`)).toEqual([]);
    expect(await call(sql`select * from hub_list_memberships(${acme.userId})`)).toHaveLength(1);
    expect(await call(sql`select * from hub_find_workspace(${acme.workspaceId})`)).toEqual([
      { workspace_id: acme.workspaceId, slug: "acme" },
    ]);
  });

  it("an invitation is used once, although many try at the same moment", async () => {
    await invite({ hash: "h1" });
    const people = await Promise.all(Array.from({ length: 5 }, (_, index) => seedUser(db, `p${index}@x.test`)));
    const outcomes = await Promise.all(people.map((id) => call(sql`select * from hub_accept_invitation('h1', ${id})`)));
    expect(outcomes.flat()).toEqual([{ outcome: "accepted", workspace_id: acme.workspaceId, slug: "acme", role: "viewer" }]);
    expect(await db.withScope(acme.scope, (tx) => tx.select().from(members))).toHaveLength(2);
  });

  it("an expired or unknown invitation lets nobody in", async () => {
    await invite({ hash: "h2", expired: true });
    const id = await seedUser(db, "late@x.test");
    expect(await call(sql`select * from hub_accept_invitation('h2', ${id})`)).toEqual([]);
    expect(await call(sql`select * from hub_accept_invitation('nothing', ${id})`)).toEqual([]);
    expect(await call(sql`select * from hub_find_membership(${id}, 'acme')`)).toEqual([]);
  });

  it("a member keeps their role, and the link stays for someone else", async () => {
    await invite({ hash: "h3" });
    expect(await call(sql`select outcome, role from hub_accept_invitation('h3', ${acme.userId})`)).toEqual([
      { outcome: "already_member", role: "owner" },
    ]);
    const [found] = await call(sql`select * from hub_find_invitation('h3')`);
    expect(found).toMatchObject({ workspace_slug: "acme", role: "viewer", invited_by: "owner", accepted_at: null });
  });

  it("no scope can join another workspace, nor change who it is", async () => {
    const bravo = await seedWorkspace(db, { slug: "bravo" });
    const work = db.withScope(bravo.scope, (tx) =>
      tx.insert(members).values({ workspaceId: bravo.workspaceId, userId: acme.userId, role: "owner" }),
    );
    await expect(work).rejects.toMatchObject({ code: "42501" });
  });
});

describe("expiry", () => {
  it("names the workspaces where something is due, of each kind", async () => {
    const { workspaceId, userId, scope } = await seedWorkspace(db, { slug: "old" });
    await db.withScope(scope, async (tx) => {
      await tx.insert(auditEvents).values({ id: crypto.randomUUID(), workspaceId, action: "a", subject: "s" });
      await tx.execute(sql`insert into vfs_node (workspace_id, path, parent_path, name, kind, node_id, expires_at)
        values (${workspaceId}, '/context/memory/scratchpad/a', '/context/memory/scratchpad', 'a', 'file', ${crypto.randomUUID()}, now() - interval '1 s')`);
      await tx.execute(sql`insert into vfs_plan (id, workspace_id, owner_id, path, plan, expires_at)
        values (${crypto.randomUUID()}, ${workspaceId}, ${userId}, '/x', '{}', now() - interval '1 s')`);
      await tx.execute(sql`insert into vfs_idempotency (workspace_id, owner_id, key, content_hash, expires_at)
        values (${workspaceId}, ${userId}, 'k', 'h', now() - interval '1 s')`);
      await tx.execute(sql`insert into vfs_alias (workspace_id, owner_id, parent_path, name, path, expires_at)
        values (${workspaceId}, ${userId}, '/p', 'n', '/p/n', now() - interval '1 s')`);
      await tx.execute(sql`insert into oauth_flow (id, workspace_id, user_id, integration, state_hash, visibility, capabilities, return_path, popup, expires_at)
        values (${crypto.randomUUID()}, ${workspaceId}, ${userId}, 'linear', 's', 'private', '{}', '/', true, now() - interval '1 s')`);
      await tx.execute(sql`insert into api_call (id, workspace_id, integration, call_id, attempt, operation, method, url, duration_ms, request_bytes, at)
        values (${crypto.randomUUID()}, ${workspaceId}, 'linear', ${crypto.randomUUID()}, 1, 'x', 'GET', 'https://x', 1, 0, now() - interval '40 days')`);
      const connectionId = crypto.randomUUID();
      await tx.execute(sql`insert into connection (id, workspace_id, integration, owner_id, visibility, mount_name, status, external_org_id,
          external_account_id, account_name, scopes, capabilities, time_zone)
        values (${connectionId}, ${workspaceId}, 'linear', ${userId}, 'workspace', 'linear', 'connected', 'o', 'a', 'Ann', '{}', '{}', 'UTC')`);
      await tx.execute(sql`insert into vfs_print (workspace_id, connection_id, path, etag, body, expires_at)
        values (${workspaceId}, ${connectionId}, '/p', 'e', 'b', now() - interval '1 s')`);
      await tx.execute(sql`insert into invitation (id, workspace_id, role, token_hash, expires_at)
        values (${crypto.randomUUID()}, ${workspaceId}, 'viewer', 'old', now() - interval '1 s')`);
    });
    for (const kind of ["node", "print", "plan", "idempotency", "alias", "flow", "call", "invitation"]) {
      const before = kind === "call" ? sql`now() - interval '30 days'` : sql`now()`;
      const rows = await call(sql`select * from hub_list_expired(${kind}, ${before}, 10)`);
      expect(rows, kind).toContainEqual({ workspace_id: workspaceId });
      expect(await call(sql`select * from hub_list_expired(${kind}, now() - interval '1 year', 10)`), kind).toEqual([]);
    }
    await expect(call(sql`select * from hub_list_expired('everything', now(), 10)`)).rejects.toMatchObject({ code: "20000" });
  });

  it("names the workspaces whose call log is overdue, each by the days that it keeps", async () => {
    const overdue = (days: number) => call(sql`select * from hub_list_overdue_call_logs(${days}, now(), 10)`);
    const own = async (days: number | null) => {
      const { workspaceId, scope } = await seedWorkspace(db, { slug: `keeps-${days ?? "default"}` });
      await db.withScope(scope, async (tx) => {
        await tx.execute(sql`update workspace set call_log_days = ${days}`);
        await tx.execute(sql`insert into api_call (id, workspace_id, integration, call_id, attempt, operation, method, url, duration_ms, request_bytes, at)
          values (${crypto.randomUUID()}, ${workspaceId}, 'linear', ${crypto.randomUUID()}, 1, 'x', 'GET', 'https://x', 1, 0, now() - interval '20 days')`);
      });
      return { workspace_id: workspaceId };
    };
    const [week, year, default_] = [await own(7), await own(365), await own(null)];
    const named = await overdue(30);
    expect(named).toContainEqual(week);
    expect(named).not.toContainEqual(year);
    expect(named).not.toContainEqual(default_);
    expect(await overdue(10)).toContainEqual(default_);
    expect(await call(sql`select * from hub_list_overdue_call_logs(1, now(), 1)`)).toHaveLength(1);
  });

  it("a job clears another person's expired plans, and only those", async () => {
    const { workspaceId, userId, scope, jobScope } = await seedWorkspace(db, { slug: "sweep" });
    const insert = (age: string) => sql`insert into vfs_plan (id, workspace_id, owner_id, path, plan, expires_at)
      values (${crypto.randomUUID()}, ${workspaceId}, ${userId}, '/x', '{}', now() + ${age}::interval)`;
    await db.withScope(scope, async (tx) => {
      await tx.execute(insert("-1 second"));
      await tx.execute(insert("1 hour"));
    });
    const swept = await db.withScope(jobScope, (tx) => tx.execute(sql`delete from vfs_plan`));
    expect(swept.rowCount).toBe(1);
  });

  it("an OAuth callback finds its flow by the hash alone", async () => {
    const [flow] = await call(sql`select * from hub_find_oauth_flow('s')`);
    expect(flow).toMatchObject({ flow_id: expect.any(String), workspace_id: expect.any(String), user_id: expect.any(String) });
    expect(await call(sql`select * from hub_find_oauth_flow('other')`)).toEqual([]);
  });
});
