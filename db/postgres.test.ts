import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDb, type Database, databaseKind } from "./client";
import { isDatabaseBusy } from "./errors";
import { openPostgres } from "./postgres";
import { seedWorkspace } from "./testing";
import { asAdmin, createThrowAwayDatabase, startWebSocketProxy, type ThrowAwayDatabase, testDatabaseUrl } from "./testing-postgres";

describe("the driver", () => {
  it("is chosen by the URL: Neon's for Neon's hosts unless TCP is asked for, pg for all others", () => {
    const neon = "postgres://u:p@ep-cool-1-pooler.eu-central-1.aws.neon.tech/hub?sslmode=require";
    expect(databaseKind(neon)).toBe("neon");
    expect(databaseKind(neon, "pg")).toBe("pg");
    expect(databaseKind("postgresql://u@db.internal/hub")).toBe("pg");
    expect(databaseKind("postgres://u@neon.tech.evil.test/hub")).toBe("pg");
    expect(databaseKind("pglite:.data/db")).toBe("pglite");
    expect(databaseKind("memory:")).toBe("pglite");
  });
});

describe.runIf(testDatabaseUrl !== null).each(["pg", "neon"] as const)("a connection of %s that breaks", (driver) => {
  let database: ThrowAwayDatabase;
  let proxy: Awaited<ReturnType<typeof startWebSocketProxy>>;
  let db: Database;
  beforeAll(async () => {
    database = await createThrowAwayDatabase();
    proxy = await startWebSocketProxy(database.url);
    db = await createDb({ url: database.url, driver, neonProxy: proxy });
  });
  afterAll(async () => {
    await db?.close();
    await proxy?.close();
    await database?.drop();
  });

  it("fails the scope that is open, and nothing else: the next one gets a new connection", async () => {
    const acme = await seedWorkspace(db, { slug: "acme" });
    const work = db.withScope(acme.scope, async (tx) => {
      const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      await asAdmin([`select pg_terminate_backend(${Number(rows[0]?.pid)}, 5000)`]);
      await tx.execute(sql`select 1`);
    });
    await expect(work).rejects.toThrow();
    const { rows } = await db.withScope(acme.scope, (tx) => tx.execute(sql`select slug from workspace`));
    expect(rows).toEqual([{ slug: "acme" }]);
  });
});

describe.runIf(testDatabaseUrl !== null)("a process whose connections are all in use", () => {
  it("says so to who waits in vain, and serves the next once one is free", async () => {
    const driver = openPostgres(testDatabaseUrl ?? "", { connectTimeoutMs: 200 });
    const leases = await Promise.all(Array.from({ length: 10 }, () => driver.acquire()));
    const refused = await driver.acquire().catch((error: unknown) => error);
    expect(isDatabaseBusy(refused)).toBe(true);
    expect(refused).toMatchObject({ message: "No connection to the database came free within 0.2 s.", cause: expect.any(Error) });
    leases[0]?.release();
    const lease = await driver.acquire();
    expect((await lease.query({ text: "select 1 as one" })).rows).toEqual([{ one: 1 }]);
    for (const held of [...leases.slice(1), lease]) held.release();
    await driver.close();
  });
});
