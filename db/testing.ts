import { createHash } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { type Database, databaseOver } from "./client";
import { migrate, readMigrations } from "./migrate";
import { openPglite } from "./pglite";
import { users } from "./schema/identity";
import { createScope, type Role, type WorkspaceScope } from "./scope";

/** Helpers for tests; no product code imports this. */

/**
 * A migrated database in memory, one for each test file. The first one for a state of the migrations leaves a dump in the system's temporary
 * folder, from which the others start in half a second instead of three.
 */
export async function createTestDb(): Promise<Database> {
  const state = createHash("sha256");
  for (const migration of readMigrations()) {
    state.update(migration.hash);
  }
  const dumpFile = join(tmpdir(), `hub-test-db-${state.digest("hex").slice(0, 16)}.tar`);
  if (existsSync(dumpFile)) {
    return databaseOver(await openPglite({ folder: null, loadFile: dumpFile }));
  }
  const driver = await openPglite({ folder: null });
  await migrate(driver);
  // Written aside and renamed, because test files run in several processes.
  const draft = `${dumpFile}.${process.pid}`;
  await driver.dump(draft);
  renameSync(draft, dumpFile);
  return databaseOver(driver);
}

export interface SeededWorkspace {
  readonly workspaceId: string;
  readonly userId: string;
  readonly scope: WorkspaceScope;
  /** The same workspace, as a job of the hub. */
  readonly jobScope: WorkspaceScope;
  readonly slug: string;
}

/** A person; made of the e-mail's name. */
export async function seedUser(db: Database, email: string): Promise<string> {
  const id = crypto.randomUUID();
  await db.withIdentity((tx) => tx.insert(users).values({ id, email, name: email.split("@", 1)[0] ?? email, emailVerified: new Date() }));
  return id;
}

/** A workspace with one new person in it, by the same doors as the product. `role` other than owner: an owner is made beside the person. */
export async function seedWorkspace(db: Database, options: { slug: string; role?: Role }): Promise<SeededWorkspace> {
  const { slug } = options;
  const role = options.role ?? "owner";
  const workspaceId = crypto.randomUUID();
  const ownerId = await seedUser(db, `owner@${slug}.test`);
  await db.withSystem((tx) => tx.execute(sql`select hub_create_workspace(${workspaceId}, ${slug}, ${slug}, ${ownerId})`));
  const owner = createScope({ workspaceId, slug, role: "owner", actor: { type: "person", userId: ownerId } });
  const userId = role === "owner" ? ownerId : (await seedMember(db, owner, { email: `${role}@${slug}.test`, role })).userId;
  return {
    workspaceId,
    userId,
    slug,
    scope: createScope({ workspaceId, slug, role, actor: { type: "person", userId } }),
    jobScope: createScope({ workspaceId, slug, role: "owner", actor: { type: "job", name: "test" } }),
  };
}

/** One more person in a workspace, by an accepted invitation. */
export async function seedMember(
  db: Database,
  scope: WorkspaceScope,
  options: { email: string; role: Role },
): Promise<{ userId: string; scope: WorkspaceScope }> {
  const userId = await seedUser(db, options.email);
  const tokenHash = crypto.randomUUID();
  await db.withScope(scope, (tx) =>
    tx.execute(sql`insert into invitation (id, workspace_id, role, token_hash, expires_at)
      values (${crypto.randomUUID()}, ${scope.workspaceId}, ${options.role}, ${tokenHash}, now() + interval '1 hour')`),
  );
  await db.withSystem((tx) => tx.execute(sql`select * from hub_accept_invitation(${tokenHash}, ${userId})`));
  return {
    userId,
    scope: createScope({ workspaceId: scope.workspaceId, slug: scope.slug, role: options.role, actor: { type: "person", userId } }),
  };
}
