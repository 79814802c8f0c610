import { sql } from "drizzle-orm";
import { afterAll, expect, it } from "vitest";
import { workspaces } from "./schema/workspaces";
import { createTestDb, seedWorkspace } from "./testing";

const db = await createTestDb();
afterAll(() => db.close());

it("shows a scope its own workspace only", async () => {
  const acme = await seedWorkspace(db, { slug: "acme" });
  await seedWorkspace(db, { slug: "bravo", role: "viewer" });
  const seen = await db.withScope(acme.scope, (tx) => tx.select().from(workspaces));
  expect(seen.map((workspace) => workspace.slug)).toEqual(["acme"]);
  await expect(db.withIdentity((tx) => tx.execute(sql`select * from workspace`))).rejects.toThrow(/permission denied/);
});
