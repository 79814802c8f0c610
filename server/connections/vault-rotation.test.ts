import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDb, type Database } from "@/db/client";
import { createTestDb, type SeededWorkspace, seedWorkspace } from "@/db/testing";
import { createThrowAwayDatabase, testDatabaseUrl } from "@/db/testing-postgres";
import { systemClock } from "@/server/transport/clock";
import { testContext } from "@/server/transport/testing";
import { jobScope } from "@/server/workspaces/scopes";
import { createKeyStore } from "./key-store";
import { newDataKey } from "./keyring";
import { createStaticKeys, type MasterKeys } from "./keys";
import { seedConnection } from "./test-connection";
import { answerOf, startProcess, type TokenWorld, virtualNow } from "./test-tokens";
import { createVault, type Vault } from "./vault";
import { type RotationSummary, rotateVault } from "./vault-rotation";

const newKey = () => randomBytes(32).toString("base64");
/** The master keys, switched: the one that was in use is the previous one now. */
const switched = ({ VAULT_KEY }: MasterKeys): MasterKeys => ({ VAULT_KEY: newKey(), VAULT_KEY_PREVIOUS: VAULT_KEY });

let db: Database;
let first: SeededWorkspace;
let second: SeededWorkspace;
let held: MasterKeys = { VAULT_KEY: newKey() };
let number = 0;

const vaultOver = (over: Database, keys: MasterKeys = held): Vault =>
  createVault({ keys: createStaticKeys(keys), store: createKeyStore(over) });
const worldOf = (workspace: SeededWorkspace, vault: Vault = vaultOver(db), over: Database = db): TokenWorld => ({
  db: over,
  workspace,
  vault,
});
const rotate = (keys: MasterKeys = held, over: Database = db, options: { batchSize?: number } = {}): Promise<RotationSummary> =>
  rotateVault({ db: over, keys: createStaticKeys(keys), scopeOf: (id) => jobScope(id, "vault-rotation"), ...options });

/** A connection with the tokens `access-0` and `refresh-0`. */
async function connect(workspace: SeededWorkspace, options: { private?: boolean; refresh?: boolean; over?: Database } = {}) {
  const over = options.over ?? db;
  const { tokens } = startProcess(worldOf(workspace, vaultOver(over), over), virtualNow());
  const connectionId = await seedConnection(over, workspace.scope, { visibility: options.private === true ? "private" : "workspace" });
  const answer = answerOf(0, options.refresh === false ? { refreshToken: null } : {});
  const sealed = await tokens.seal(workspace.scope, { connectionId, ownerId: options.private === true ? workspace.userId : null }, answer);
  await over.withScope(workspace.scope, (tx) => tokens.save(tx, sealed));
  return connectionId;
}

/** What a process that starts now with these keys reads. */
const read = (workspace: SeededWorkspace, connectionId: string, keys: MasterKeys = held, over: Database = db) =>
  startProcess(worldOf(workspace, vaultOver(over, keys), over), virtualNow()).tokens.find(workspace.jobScope, connectionId);

async function keysOf(workspace: SeededWorkspace, over: Database = db) {
  const { rows } = await over.withScope(workspace.jobScope, (tx) =>
    tx.execute<{ version: number; kek_id: string }>(sql`select version, kek_id from workspace_key order by version`),
  );
  return rows;
}

async function rowOf(workspace: SeededWorkspace, connectionId: string) {
  const { rows } = await db.withScope(workspace.jobScope, (tx) =>
    tx.execute(sql`select version, encode(access_enc, 'hex') as access, encode(refresh_enc, 'hex') as refresh, lease_by, access_key_version
      from connection_token where connection_id = ${connectionId}::uuid`),
  );
  return rows[0];
}

const contextFor = (workspace: SeededWorkspace, connectionId: string) =>
  testContext({ workspaceId: workspace.workspaceId, connectionId, maxWaitMs: 60_000 });

/** The database, which calls `before` ahead of each transaction with the number of those before it, and `after` when it is committed. */
function watched(over: Database, hooks: { before?: (index: number) => Promise<void>; after?: (index: number) => Promise<void> }): Database {
  let count = 0;
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    const index = count++;
    await hooks.before?.(index);
    const answer = await work();
    await hooks.after?.(index);
    return answer;
  };
  return {
    ...over,
    get roundTrips() {
      return over.roundTrips;
    },
    withScope: (scope, work, options) => around(() => over.withScope(scope, work, options)),
    withSystem: (work, options) => around(() => over.withSystem(work, options)),
    batchInScope: (scope, statements) => around(() => over.batchInScope(scope, statements)),
  };
}

beforeAll(async () => {
  db = await createTestDb();
});
beforeEach(async () => {
  number += 1;
  first = await seedWorkspace(db, { slug: `rotate-a${number}` });
  second = await seedWorkspace(db, { slug: `rotate-b${number}` });
});
afterAll(() => db.close());

describe("a rotation", () => {
  it("seals everything anew under new data keys and a new master key; the old ones are needed by nothing", async () => {
    const shared = await connect(first);
    const own = await connect(first, { private: true });
    const fixed = await connect(second, { refresh: false });
    const before = await rowOf(first, shared);
    const old = held;
    held = switched(held);
    expect(await rotate(held, db, { batchSize: 1 })).toMatchObject({ resumed: false, problems: [], otherKekIds: [] });

    const alone = { VAULT_KEY: held.VAULT_KEY };
    await expect(vaultOver(db, alone).verify()).resolves.toBeUndefined();
    expect(await read(first, shared, alone)).toMatchObject({ accessToken: "access-0", refreshToken: "refresh-0" });
    expect(await read(first, own, alone)).toMatchObject({ accessToken: "access-0", refreshToken: "refresh-0" });
    expect(await read(second, fixed, alone)).toMatchObject({ accessToken: "access-0", refreshToken: null });
    const kekId = createStaticKeys(alone).currentKekId;
    for (const workspace of [first, second]) expect(await keysOf(workspace)).toEqual([{ version: 2, kek_id: kekId }]);
    const after = await rowOf(first, shared);
    expect(after).toMatchObject({ version: before?.version, access_key_version: 2 });
    expect(after?.access).not.toBe(before?.access);
    expect(after?.refresh).not.toBe(before?.refresh);
    await expect(vaultOver(db, old).verify()).rejects.toMatchObject({ code: "EINVAL" });
  });

  it("rotates the workspaces' keys alone when the master key stays, each time once more", async () => {
    const id = await connect(first);
    expect(await rotate()).toMatchObject({ wrapped: 0, problems: [] });
    expect(await rotate()).toMatchObject({ resumed: false, wrapped: 0, problems: [] });
    expect((await keysOf(first)).map(({ version }) => version)).toEqual([3]);
    expect(await read(first, id)).toMatchObject({ accessToken: "access-0" });
  });

  it("is refused, and changes nothing, without a master key that stored data keys need", async () => {
    await connect(first);
    const before = await keysOf(first);
    await expect(rotate({ VAULT_KEY: newKey() })).rejects.toMatchObject({
      code: "EINVAL",
      message: expect.stringContaining("VAULT_KEY does not fit"),
    });
    expect(await keysOf(first)).toEqual(before);
    expect((await rotate()).resumed).toBe(false);
  });

  it("names what does not open, leaves it and its keys as they are, and rotates the rest", async () => {
    const broken = await connect(first);
    const whole = await connect(first);
    const elsewhere = await connect(second);
    await db.withScope(first.jobScope, (tx) =>
      tx.execute(
        sql`update connection_token set refresh_enc = set_byte(refresh_enc, 40, 255 - get_byte(refresh_enc, 40)) where connection_id = ${broken}::uuid`,
      ),
    );
    held = switched(held);
    const summary = await rotate();
    expect(summary.problems).toEqual([
      {
        workspaceId: first.workspaceId,
        row: { table: "connection_token", id: broken, field: "refresh" },
        message: expect.stringContaining("did not pass its authentication"),
      },
    ]);
    expect(JSON.stringify(summary)).not.toContain("refresh-0");
    // Kept, but wrapped with the new master key: the previous one is needed by nothing.
    const kekId = createStaticKeys(held).currentKekId;
    expect(await keysOf(first)).toEqual([1, 2].map((version) => ({ version, kek_id: kekId })));
    expect(summary.otherKekIds).toEqual([]);
    expect((await keysOf(second)).map(({ version }) => version)).toEqual([2]);
    expect(await read(first, whole)).toMatchObject({ refreshToken: "refresh-0" });
    expect(await read(second, elsewhere)).toMatchObject({ refreshToken: "refresh-0" });
    // Mended, the next rotation finishes it.
    await db.withScope(first.jobScope, (tx) => tx.execute(sql`delete from connection_token where connection_id = ${broken}::uuid`));
    expect(await rotate()).toMatchObject({ resumed: false, problems: [] });
    expect((await keysOf(first)).map(({ version }) => version)).toEqual([3]);
    expect(await read(first, whole, { VAULT_KEY: held.VAULT_KEY })).toMatchObject({ refreshToken: "refresh-0" });
  });

  it("says so when a process goes on wrapping data keys with another master key", async () => {
    await connect(first);
    const old = createStaticKeys(held);
    held = switched(held);
    const store = createKeyStore(db);
    // A process that was not started with the new VAULT_KEY makes a data key after each visit of the rotation.
    let version = 100;
    const meddled = watched(db, {
      async after() {
        if ((await keysOf(first)).every(({ kek_id }) => kek_id !== old.currentKekId)) {
          await store.add(first.jobScope, await newDataKey(old, first.workspaceId, version++));
        }
      },
    });
    const { problems, otherKekIds } = await rotate(held, meddled);
    expect(problems).toEqual([{ workspaceId: first.workspaceId, row: null, message: expect.stringContaining("another VAULT_KEY") }]);
    expect(otherKekIds).toEqual([old.currentKekId]);
    expect(await rotate()).toMatchObject({ problems: [] });
  });

  it("broken off ahead of any of its transactions, leaves every token readable, and goes on without a second data key", async () => {
    const connections = [
      [first, await connect(first)],
      [first, await connect(first, { private: true })],
      [second, await connect(second)],
    ] as const;
    let breaks = 0;
    for (let isThrough = false; !isThrough; ) {
      const [keysBefore] = await keysOf(first);
      held = switched(held);
      const broken = watched(db, {
        before: async (index) => {
          if (index >= breaks) throw new Error("killed");
        },
      });
      isThrough = await rotate(held, broken, { batchSize: 1 }).then(
        () => true,
        (error: Error) => {
          expect(error.message).toBe("killed");
          return false;
        },
      );
      for (const [workspace, id] of connections) {
        expect(await read(workspace, id), `after ${breaks}`).toMatchObject({ accessToken: "access-0", refreshToken: "refresh-0" });
      }
      if (!isThrough) {
        // Only the very first steps leave nothing to go on with.
        expect(await rotate()).toMatchObject({ resumed: breaks > 1, problems: [] });
      }
      for (const workspace of [first, second]) {
        expect(await keysOf(workspace), `after ${breaks}`).toEqual([
          { version: (keysBefore?.version ?? 0) + 1, kek_id: createStaticKeys(held).currentKekId },
        ]);
      }
      breaks += 1;
    }
    expect(breaks).toBeGreaterThan(20);
  });
});

describe("a rotation beside a running hub", () => {
  it("does not disturb a refresh under way, whose answer is stored however far the rotation came meanwhile", async () => {
    const id = await connect(first);
    const one = startProcess(worldOf(first), virtualNow(), {
      answer: async () => {
        // The tool is asked; the row was read under the old data key, which is gone when the answer is there.
        expect((await rotate()).problems).toEqual([]);
        return answerOf(1);
      },
    });
    const source = one.sourceFor(id);
    const context = contextFor(first, id);
    const before = await source.current(context);
    expect(await source.renew(before, context)).toMatchObject({ accessToken: "access-1", version: before.version + 1 });
    expect(await read(first, id)).toMatchObject({ accessToken: "access-1", refreshToken: "refresh-1" });
    expect(one.endpoint.sent).toEqual(["refresh-0"]);
    expect(one.lines).toEqual([]);
  });

  it("deletes the data key between sealing and storing: the answer is sealed again and stored", async () => {
    const id = await connect(first);
    const vault = vaultOver(db);
    let rotations = 0;
    const slow: Vault = {
      ...vault,
      async seal(scope, binding, plaintext) {
        const sealed = await vault.seal(scope, binding, plaintext);
        if (binding.field === "refresh" && rotations++ === 0) expect((await rotate()).problems).toEqual([]);
        return sealed;
      },
    };
    const one = startProcess(worldOf(first, slow), virtualNow());
    const context = contextFor(first, id);
    const source = one.sourceFor(id);
    const renewed = await source.renew(await source.current(context), context);
    expect(renewed.accessToken).toBe("access-1");
    expect(rotations).toBe(2);
    expect(await read(first, id)).toMatchObject({ accessToken: "access-1", refreshToken: "refresh-1" });
    expect(one.endpoint.sent).toEqual(["refresh-0"]);
  });

  it("never overwrites what a refresh stored between its reading and its writing", async () => {
    const id = await connect(first);
    const one = startProcess(worldOf(first), virtualNow());
    const source = one.sourceFor(id);
    const context = contextFor(first, id);
    const before = await source.current(context);
    const raced = watched(db, {});
    let races = 0;
    const racing: Database = {
      ...raced,
      batchInScope: async (scope, statements) => {
        if (scope.workspaceId === first.workspaceId && races++ === 0) await source.renew(before, context);
        return db.batchInScope(scope, statements);
      },
    };
    expect((await rotate(held, racing)).problems).toEqual([]);
    expect(await read(first, id)).toMatchObject({ accessToken: "access-1", refreshToken: "refresh-1" });
    expect(await keysOf(first)).toHaveLength(1);
    expect(await rowOf(first, id)).toMatchObject({ version: before.version + 1 });
  });

  it("deletes the data key between a reader's row and its opening: the reader reads the row again", async () => {
    const id = await connect(first);
    for (const field of ["access", "refresh"] as const) {
      const vault = vaultOver(db);
      let rotations = 0;
      const slow: Vault = {
        ...vault,
        async open(scope, binding, sealed) {
          if (binding.field === field && rotations++ === 0) {
            expect((await rotate()).problems).toEqual([]);
            vault.forget(scope.workspaceId);
          }
          return vault.open(scope, binding, sealed);
        },
      };
      const one = startProcess(worldOf(first, slow), systemClock);
      const context = contextFor(first, id);
      const source = one.sourceFor(id);
      const token = await source.current(context);
      if (field === "refresh") await source.renew(token, context);
      expect(rotations, field).toBeGreaterThan(0);
      rotations = 0;
      expect(await one.tokens.find(first.jobScope, id), field).not.toBeNull();
      expect(rotations, field).toBeGreaterThan(0);
    }
  });
});

describe.runIf(testDatabaseUrl !== null)("on PostgreSQL", () => {
  it("rotations in two processes at once do the work once, beside refreshes of every connection", async () => {
    const { url, drop } = await createThrowAwayDatabase();
    const here = await createDb({ url, driver: "pg" });
    const there = await createDb({ url, driver: "pg" });
    try {
      const workspaces = [await seedWorkspace(here, { slug: "two-a" }), await seedWorkspace(here, { slug: "two-b" })];
      const connections: { workspace: SeededWorkspace; id: string }[] = [];
      for (const workspace of workspaces) {
        for (let index = 0; index < 6; index += 1) connections.push({ workspace, id: await connect(workspace, { over: here }) });
      }
      const old = held;
      held = switched(old);
      // Processes that are switched already, and ones that are not yet.
      const vaults = [vaultOver(there, held), vaultOver(here, { VAULT_KEY: old.VAULT_KEY, VAULT_KEY_NEXT: held.VAULT_KEY })];
      const refreshes = connections.map(async ({ workspace, id }, index) => {
        const one = startProcess(worldOf(workspace, vaults[index % 2], index % 2 === 0 ? there : here), virtualNow(), {
          answer: async (sent) => answerOf(Number(sent.split("-")[1]) + 1),
        });
        const source = one.sourceFor(id);
        const context = contextFor(workspace, id);
        for (let round = 1; round <= 5; round += 1) {
          expect((await source.renew(await source.current(context), context)).accessToken).toBe(`access-${round}`);
        }
        expect(one.lines).toEqual([]);
      });
      const [one, two] = await Promise.all([rotate(held, here, { batchSize: 2 }), rotate(held, there, { batchSize: 2 }), ...refreshes]);
      expect([one.problems, two.problems]).toEqual([[], []]);
      expect(one.made + two.made).toBe(2);
      for (const workspace of workspaces) expect(await keysOf(workspace, here)).toMatchObject([{ version: 2 }]);
      for (const { workspace, id } of connections) {
        expect(await read(workspace, id, { VAULT_KEY: held.VAULT_KEY }, there)).toMatchObject({
          accessToken: "access-5",
          refreshToken: "refresh-5",
        });
      }
    } finally {
      await Promise.all([here.close(), there.close()]);
      await drop();
    }
  });
});
