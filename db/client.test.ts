import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { createDb, type Database } from "./client";
import { describeDatabase } from "./client.contract";
import { createTestDb } from "./testing";
import { createThrowAwayDatabase, startWebSocketProxy, testDatabaseUrl } from "./testing-postgres";

const closing = (db: Database, ...after: (() => unknown)[]) => ({
  db,
  close: async () => {
    await db.close();
    for (const step of after) {
      await step();
    }
  },
});

describeDatabase("PGlite in memory", async () => closing(await createTestDb()));

describeDatabase("PGlite in a folder", async () => {
  const parent = mkdtempSync(join(tmpdir(), "hub-db-"));
  return closing(await createDb({ url: `pglite:${join(parent, "data")}` }), () => rmSync(parent, { recursive: true }));
});

describe.runIf(testDatabaseUrl !== null)("with TEST_DATABASE_URL", () => {
  describeDatabase("PostgreSQL", async () => {
    const { url, drop } = await createThrowAwayDatabase();
    return closing(await createDb({ url, driver: "pg" }), drop);
  });

  describeDatabase("Neon's driver", async () => {
    const { url, drop } = await createThrowAwayDatabase();
    const proxy = await startWebSocketProxy(url);
    return closing(await createDb({ url, driver: "neon", neonProxy: proxy }), proxy.close, drop);
  });
});
