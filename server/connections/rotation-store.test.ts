import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import { createTestDb, seedWorkspace } from "@/db/testing";
import { createKeyStore } from "./key-store";
import { createStaticKeys } from "./keys";
import { sealedTables } from "./rotation-store";
import { seedConnection } from "./test-connection";
import { answerOf, startProcess, virtualNow } from "./test-tokens";
import { createVault } from "./vault";
import { rotateVault } from "./vault-rotation";

let db: Database;
beforeAll(async () => {
  db = await createTestDb();
});
afterAll(() => db.close());

describe("every sealed column", () => {
  it("is known to the rotation, names its data key by a generated column, and keeps that key by a foreign key", async () => {
    const { rows: sealed } = await db.executeSql<{ table: string; column: string }>(`
      select table_name as table, column_name as column from information_schema.columns
      where table_schema = 'public' and data_type = 'bytea' and (table_name, column_name) <> ('workspace_key', 'wrapped') order by 1, 2`);
    const known = sealedTables.flatMap(({ table, columns }) => columns.map((column) => ({ table, column: column.sealed })));
    const byName = (a: { table: string; column: string }, b: { table: string; column: string }) =>
      `${a.table}.${a.column}`.localeCompare(`${b.table}.${b.column}`);
    expect([...known].sort(byName)).toEqual([...sealed].sort(byName));
    for (const { table, columns } of sealedTables) {
      for (const { sealed: column, version } of columns) {
        const { rows: generated } = await db.executeSql<{ expression: string }>(
          `select pg_get_expr(d.adbin, d.adrelid) as expression from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
           where a.attrelid = $1::regclass and a.attname = $2 and a.attgenerated = 's'`,
          [table, version],
        );
        expect(generated[0]?.expression, `${table}.${version}`).toContain(`get_byte(${column}, 1)`);
        const { rows: keys } = await db.executeSql<{ definition: string }>(
          `select pg_get_constraintdef(oid) as definition from pg_constraint
           where conrelid = $1::regclass and contype = 'f' and conname like '%\\_data\\_key'`,
          [table],
        );
        expect(keys.map(({ definition }) => definition)).toContain(
          `FOREIGN KEY (workspace_id, ${version}) REFERENCES workspace_key(workspace_id, version)`,
        );
      }
    }
  });

  it("cannot lose its data key, nor be written under one that is gone", async () => {
    const workspace = await seedWorkspace(db, { slug: "sealed" });
    const { scope, jobScope } = workspace;
    const keys = createStaticKeys({ VAULT_KEY: randomBytes(32).toString("base64") });
    const vault = createVault({ keys, store: createKeyStore(db) });
    const { tokens } = startProcess({ db, workspace, vault }, virtualNow());
    const row = { connectionId: await seedConnection(db, scope), ownerId: null };
    const first = await tokens.seal(scope, row, answerOf(0));
    await db.withScope(scope, (tx) => tokens.save(tx, first));
    const remove = (version: number) =>
      db.withScope(jobScope, (tx) => tx.execute(sql`delete from workspace_key where version = ${version}`));
    await expect(remove(1)).rejects.toMatchObject({ code: "23503" });
    const sealed = await tokens.seal(scope, row, answerOf(1));
    await rotateVault({ db, keys, scopeOf: () => jobScope });
    await expect(db.withScope(scope, (tx) => tokens.save(tx, sealed))).rejects.toMatchObject({
      code: "23503",
      constraint: "connection_token_access_data_key",
    });
    expect(await tokens.find(scope, row.connectionId)).toMatchObject({ accessToken: "access-0" });
  });
});
