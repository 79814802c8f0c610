import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createDb, databaseOver } from "./client";
import { DatabaseOpenError } from "./errors";
import { migrate, readMigrations } from "./migrate";
import { openPglite, type PgliteDriver } from "./pglite";
import { workspaces } from "./schema/workspaces";
import { seedWorkspace } from "./testing";
import { asAdmin, createThrowAwayDatabase, type ThrowAwayDatabase, testDatabaseUrl } from "./testing-postgres";

vi.setConfig({ testTimeout: 60_000 });

const parent = mkdtempSync(join(tmpdir(), "hub-migrate-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));
const own = join(import.meta.dirname, "migrations");

describe("migrations, by an owner with no special rights", () => {
  let driver: PgliteDriver;
  beforeAll(async () => {
    driver = await openPglite({ folder: null });
    // PostgreSQL 18's rules for roles: who makes a role may administer it, and has yet to be allowed to take it.
    const lease = await driver.acquire();
    await lease.query({
      text: "create role plain_owner login nosuperuser createrole; alter database template1 owner to plain_owner; alter database postgres owner to plain_owner; set session authorization plain_owner",
    });
    lease.release();
    await migrate(driver);
  });
  afterAll(() => driver.close());

  it("leave nothing to do the second time", async () => {
    const before = driver.roundTrips;
    await migrate(driver);
    expect(driver.roundTrips - before).toBe(2);
  });

  it("make scopes that work, and an owner that sees nothing outside them", async () => {
    const db = databaseOver(driver);
    const { rows: who } = await db.executeSql("select rolsuper or rolbypassrls as mighty from pg_roles where rolname = current_user");
    expect(who).toEqual([{ mighty: false }]);
    const acme = await seedWorkspace(db, { slug: "acme", role: "member" });
    await seedWorkspace(db, { slug: "bravo" });
    expect(await db.withScope(acme.scope, (tx) => tx.select().from(workspaces))).toHaveLength(1);
    expect((await db.executeSql("select * from workspace")).rows).toEqual([]);
  });

  it("are refused when one has changed since, or the database is ahead, or one fails; the database stays as it was", async () => {
    const changed = join(parent, "changed");
    cpSync(own, changed, { recursive: true });
    const [first] = readdirSync(changed);
    writeFileSync(join(changed, first ?? ""), "select 1;");
    await expect(migrate(driver, changed)).rejects.toThrow(/another state of migration 0000_hub/);

    const older = join(parent, "older");
    cpSync(own, older, { recursive: true });
    rmSync(join(older, "0002_system_functions.sql"));
    await expect(migrate(driver, older)).rejects.toThrow(/newer version of the hub/);

    const failing = join(parent, "failing");
    cpSync(own, failing, { recursive: true });
    writeFileSync(join(failing, "0900_failing.sql"), "create table half (id int); select 1 / 0;");
    const error = await migrate(driver, failing).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DatabaseOpenError);
    expect(error).toMatchObject({ code: "refused", message: expect.stringContaining("division by zero") });
    expect((await databaseOver(driver).executeSql("select to_regclass('half') as half")).rows).toEqual([{ half: null }]);
  });
});

describe.runIf(testDatabaseUrl !== null)("on a server", () => {
  let database: ThrowAwayDatabase;
  beforeAll(async () => {
    database = await createThrowAwayDatabase();
  });
  afterAll(async () => {
    await database?.drop();
  });

  it("several processes may start at once: the migrations run once", async () => {
    const opened = await Promise.all(Array.from({ length: 4 }, () => createDb({ url: database.url, driver: "pg" })));
    const [db] = opened;
    const { rows } = (await db?.executeSql<{ name: string }>("select name from hub_migration order by name")) ?? { rows: [] };
    expect(rows.map((row) => row.name)).toEqual(readMigrations().map((migration) => migration.name));
    await Promise.all(opened.map((one) => one.close()));
  });

  it("an owner with no special rights runs them too, and works", async () => {
    const role = `hub_owner_${crypto.randomUUID().slice(0, 8)}`;
    await asAdmin([`create role ${role} login createrole password '${role}'`]);
    const own = await createThrowAwayDatabase();
    try {
      // The server's roles are there already; from PostgreSQL 16 on only who made them may hand them on.
      await asAdmin([
        `alter database ${new URL(own.url).pathname.slice(1)} owner to ${role}`,
        `grant hub_app, hub_auth, hub_system, hub_definer to ${role}`,
      ]);
      const url = new URL(own.url);
      url.username = role;
      url.password = role;
      const db = await createDb({ url: url.href, driver: "pg" });
      const acme = await seedWorkspace(db, { slug: "acme" });
      expect(await db.withScope(acme.scope, (tx) => tx.select().from(workspaces))).toHaveLength(1);
      await db.close();
    } finally {
      await own.drop();
      await asAdmin([`drop role ${role}`]);
    }
  });

  it("takes one round trip to read inside a scope, and two to write", async () => {
    const db = await createDb({ url: database.url, driver: "pg" });
    const acme = await seedWorkspace(db, { slug: "trips" });
    const tripsOf = async (work: () => Promise<unknown>) => {
      const before = db.roundTrips;
      await work();
      return db.roundTrips - before;
    };
    const read = sql`select name from workspace`;
    expect(await tripsOf(() => db.withScope(acme.scope, (tx) => tx.execute(read), { readOnly: true }))).toBe(1);
    expect(await tripsOf(() => db.withScope(acme.scope, (tx) => tx.execute(read)))).toBe(2);
    expect(await tripsOf(() => db.withScope(acme.scope, (tx) => Promise.all([tx.execute(read), tx.execute(read)])))).toBe(2);
    await db.close();
  });

  it("says in one sentence why it cannot be opened, and no password", async () => {
    const cases = [
      ["postgres://ann:hunter2@127.0.0.1:1/hub", "unreachable", /^The database hub at 127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)/],
      [
        database.url.replace(/\/hub_test_\w+/, "/no_such_database"),
        "refused",
        /refuses the connection \(database "no_such_database" does not exist\)/,
      ],
      ["mysql://ann:hunter2@h/x", "refused", /none of postgres/],
    ] as const;
    for (const [url, code, said] of cases) {
      const error = await createDb({ url }).catch((caught: unknown) => caught);
      expect(error, url).toBeInstanceOf(DatabaseOpenError);
      expect(error).toMatchObject({ code, message: expect.stringMatching(said) });
      expect(String(error)).not.toContain("hunter2");
    }
  });
});
