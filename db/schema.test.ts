import { is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { afterAll, describe, expect, it } from "vitest";
import * as connectionTables from "./schema/connections";
import * as identityTables from "./schema/identity";
import * as vfsTables from "./schema/vfs";
import * as workspaceTables from "./schema/workspaces";
import { createTestDb } from "./testing";

const db = await createTestDb();
afterAll(() => db.close());

/** Tables that belong to no workspace, and why. A new one has to be argued for here. */
const outsideWorkspaces: Record<string, string> = {
  user: "a person may be in several workspaces",
  account: "identity",
  session: "identity",
  verification_token: "identity",
  sign_in_attempt: "counted before anyone is known",
  workspace: "its own id is the workspace's",
  workspace_deletion: "the workspace is gone; it is the person's who deleted it",
  hub_migration: "the schema's state",
  vault_rotation: "one rotation goes through all workspaces",
};

interface LiveTable {
  name: string;
  enabled: boolean;
  forced: boolean;
  workspace_not_null: boolean | null;
}
const { rows: tables } = await db.executeSql<LiveTable>(`
  select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
    (select a.attnotnull from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id') as workspace_not_null
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`);
const { rows: policies } = await db.executeSql<{
  table: string;
  roles: string[];
  using: string | null;
  check: string | null;
  command: string;
}>(
  `select tablename as table, roles::text[] as roles, qual as using, with_check as check, cmd as command from pg_policies where schemaname = 'public'`,
);
const workspaceTableNames = tables.map((table) => table.name).filter((name) => !(name in outsideWorkspaces));

describe("every table of a workspace", () => {
  it("is looked at", () => {
    expect(workspaceTableNames.length).toBeGreaterThan(15);
    expect(Object.keys(outsideWorkspaces).sort()).toEqual(
      tables
        .map((table) => table.name)
        .filter((name) => name in outsideWorkspaces)
        .sort(),
    );
  });

  it.each(workspaceTableNames)("%s: workspace_id is not null, row-level security forced, the workspace in the policy", (name) => {
    const table = tables.find((candidate) => candidate.name === name);
    expect(table).toEqual({ name, enabled: true, forced: true, workspace_not_null: true });
    const ofApplication = policies.filter((policy) => policy.table === name && policy.roles.includes("hub_app"));
    expect(ofApplication.map((policy) => policy.command)).toEqual(["ALL"]);
    for (const policy of ofApplication) {
      const ownWorkspace = "workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid";
      expect(policy.using).toContain(ownWorkspace);
      expect(policy.check).toContain(ownWorkspace);
    }
  });

  it.each(workspaceTableNames)("%s: its keys lead with the workspace, or are ids of their own", async (name) => {
    const { rows } = await db.executeSql<{ first: string }>(
      `select a.attname as first from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
       where i.indrelid = $1::regclass and i.indisprimary`,
      [`public.${name}`],
    );
    expect(["workspace_id", "id"]).toContain(rows[0]?.first);
  });
});

describe("every other table", () => {
  it.each(Object.keys(outsideWorkspaces).filter((name) => name !== "hub_migration"))("%s: row-level security is forced as well", (name) => {
    expect(tables.find((table) => table.name === name)).toMatchObject({ enabled: true, forced: true });
  });
});

describe("no policy", () => {
  it("is for everyone, and only the functions' owner sees all workspaces", () => {
    for (const policy of policies) {
      expect(policy.roles).toHaveLength(1);
      const identity = ["user", "account", "session", "verification_token", "sign_in_attempt", "workspace_deletion"];
      if (policy.using === "true" && !identity.includes(policy.table)) {
        expect(policy.roles).toEqual(["hub_definer"]);
      }
    }
  });
});

describe("the roles", () => {
  it("cannot log in, rule, or see past row-level security, and are members of nothing", async () => {
    const { rows } =
      await db.executeSql(`select rolname as name, rolcanlogin or rolsuper or rolbypassrls or rolcreaterole or rolcreatedb as mighty,
      exists (select from pg_auth_members m where m.member = r.oid) as member from pg_roles r where rolname like 'hub\\_%' order by 1`);
    expect(rows).toEqual(["hub_app", "hub_auth", "hub_definer", "hub_system"].map((name) => ({ name, mighty: false, member: false })));
  });

  it("have no right on a table beyond these", async () => {
    const { rows } = await db.executeSql<{ role: string; table: string; rights: string }>(`
      select grantee as role, table_name as table, string_agg(left(privilege_type, 1), '' order by privilege_type) as rights
      from information_schema.role_table_grants where table_schema = 'public' and grantee like 'hub\\_%' group by 1, 2 order by 1, 2`);
    const grants = Object.groupBy(rows, (row) => row.role);
    expect(Object.keys(grants)).toEqual(["hub_app", "hub_auth", "hub_definer"]);
    expect(grants.hub_auth?.map((grant) => grant.table)).toEqual([
      "account",
      "session",
      "sign_in_attempt",
      "user",
      "verification_token",
      "workspace_deletion",
    ]);
    // To erase a workspace that is being deleted; their policies let it reach no other.
    const erases = [
      "api_call",
      "audit_event",
      "oauth_flow",
      "vfs_alias",
      "vfs_content",
      "vfs_idempotency",
      "vfs_node",
      "vfs_plan",
      "workspace",
    ];
    expect(grants.hub_definer?.map((grant) => `${grant.table} ${grant.rights}`)).toEqual(erases.map((table) => `${table} D`));
    const narrow = grants.hub_app?.filter((grant) => grant.rights !== "DISU").map((grant) => `${grant.table} ${grant.rights}`);
    expect(narrow).toEqual(["api_call DIS", "api_key IS", "audit_event IS", "invitation DIS", "member DS", "workspace S"]);
  });
});

describe("the Drizzle schema", () => {
  const declared = [connectionTables, identityTables, vfsTables, workspaceTables]
    .flatMap((module) => Object.values<unknown>(module))
    .filter((value) => is(value, PgTable))
    .map((table) => getTableConfig(table));

  it("has the tables of the database, and no other", () => {
    expect(declared.map((table) => table.name).sort()).toEqual(
      tables
        .map((table) => table.name)
        .filter((name) => name !== "hub_migration")
        .sort(),
    );
  });

  it.each(declared.map((table) => [table.name, table] as const))(
    "%s: the same columns, types, constraints and indexes",
    async (name, table) => {
      const { rows: columns } = await db.executeSql(
        `select a.attname as name, a.attnotnull as required, format_type(a.atttypid, a.atttypmod)
        || case when c.collname = 'C' then ' COLLATE "C"' else '' end as type
       from pg_attribute a left join pg_collation c on c.oid = a.attcollation
       where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by 1`,
        [`public."${name}"`],
      );
      const wanted = table.columns.map((column) => ({ name: column.name, required: column.notNull, type: column.getSQLType() }));
      expect(columns).toEqual(wanted.sort((a, b) => (a.name < b.name ? -1 : 1)));

      const { rows: live } = await db.executeSql<{ name: string }>(
        `select conname as name from pg_constraint where conrelid = $1::regclass and contype in ('c', 'f', 'u')
       union select i.indexrelid::regclass::text from pg_index i
       where i.indrelid = $1::regclass and not exists (select from pg_constraint c where c.conindid = i.indexrelid) order by 1`,
        [`public."${name}"`],
      );
      const names = [
        ...table.checks.map((check) => check.name),
        ...table.foreignKeys.map((key) => key.getName()),
        ...table.uniqueConstraints.map((constraint) => constraint.name ?? ""),
        ...table.columns.flatMap((column) => (column.isUnique && column.uniqueName ? [column.uniqueName] : [])),
        ...table.indexes.map((index) => index.config.name ?? ""),
      ];
      expect(live.map((row) => row.name).sort()).toEqual(names.sort());
    },
  );
});
