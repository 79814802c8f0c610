import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import { createTestDb, type SeededWorkspace, seedWorkspace } from "@/db/testing";
import { HubError } from "@/server/errors";
import { newId } from "@/server/ids";
import { createKeyStore } from "./key-store";
import { newDataKey, readKeyVersion } from "./keyring";
import { createStaticKeys, masterKeyVariables } from "./keys";
import { createVault, type VaultOptions } from "./vault";

let db: Database;
let a: SeededWorkspace;
let b: SeededWorkspace;
const masterKey = randomBytes(32).toString("base64");

beforeAll(async () => {
  db = await createTestDb();
  a = await seedWorkspace(db, { slug: "vault-a" });
  b = await seedWorkspace(db, { slug: "vault-b" });
});
afterAll(() => db.close());

const vaultWith = (over: Partial<VaultOptions> = {}) =>
  createVault({ keys: createStaticKeys({ VAULT_KEY: masterKey }), store: createKeyStore(db), ...over });

const canary = "canary-refresh-token-ä";
const binding = { rowId: newId(), field: "refresh" };

async function refusal(work: Promise<unknown>): Promise<HubError> {
  const error = await work.then(
    () => null,
    (caught: unknown) => caught,
  );
  if (!(error instanceof HubError)) throw new Error("A HubError was expected.");
  return error;
}

describe("the vault", () => {
  it("gives back what it sealed, in another process too, and seals the same secret differently each time", async () => {
    const first = await vaultWith().seal(a.scope, binding, canary);
    const second = await vaultWith().seal(a.scope, binding, canary);
    expect(Buffer.from(first)).not.toEqual(Buffer.from(second));
    expect(await vaultWith().open(a.jobScope, binding, first)).toBe(canary);
    expect(await vaultWith().open(a.scope, binding, second)).toBe(canary);
    expect(Buffer.from(first).includes(canary)).toBe(false);
  });

  it("opens nothing that was moved to another connection, field or workspace, or changed anywhere", async () => {
    const vault = vaultWith();
    const sealed = await vault.seal(a.scope, binding, canary);
    await vault.seal(b.scope, binding, "makes b's key");
    const flipped = (index: number): Uint8Array => {
      const bytes = Uint8Array.from(sealed);
      bytes[index] = (bytes[index] ?? 0) ^ 1;
      return bytes;
    };
    const attempts = [
      () => vault.open(a.scope, { ...binding, rowId: newId() }, sealed),
      () => vault.open(a.scope, { ...binding, field: "access" }, sealed),
      () => vault.open(b.scope, binding, sealed),
      () => vault.open(a.scope, binding, sealed.subarray(0, 20)),
      () => vault.open(a.scope, binding, Buffer.from(canary.padEnd(60))),
      // Format, key version, IV, tag and text, in this order.
      ...[0, 1, 4, 5, 17, 33, sealed.byteLength - 1].map((index) => () => vault.open(a.scope, binding, flipped(index))),
    ];
    for (const attempt of attempts) {
      const error = await refusal(attempt());
      expect(error.code).toBe("EIO");
      expect(`${error.stack}${JSON.stringify(error)}${error.cause}`).not.toContain("canary");
    }
  });

  it("makes one data key a workspace, however many ask for the first at once", async () => {
    const c = await seedWorkspace(db, { slug: "vault-c" });
    const sealed = await Promise.all(Array.from({ length: 8 }, () => vaultWith().seal(c.scope, binding, canary)));
    const { rows } = await db.withScope(c.scope, (tx) => tx.execute(sql`select version, wrapped from workspace_key`));
    expect(rows.length).toBe(1);
    for (const one of sealed) expect(await vaultWith().open(c.scope, binding, one)).toBe(canary);
  });

  it("names the data key inside the ciphertext, where a changed name does not open even under a key of that name", async () => {
    const d = await seedWorkspace(db, { slug: "vault-d" });
    const sealed = await vaultWith().seal(d.scope, binding, canary);
    expect(readKeyVersion(sealed)).toBe(1);
    // The same data key once more, as version 2: only the name in the header tells the two apart.
    const keys = createStaticKeys({ VAULT_KEY: masterKey });
    const [stored] = await createKeyStore(db).list(d.scope);
    if (stored === undefined) throw new Error("There is no data key.");
    const dataKey = await keys.unwrap(stored.kekId, stored.wrapped, `data key|${d.workspaceId}|1`);
    await createKeyStore(db).add(d.scope, { version: 2, ...(await keys.wrap(dataKey, `data key|${d.workspaceId}|2`)) });
    expect(await vaultWith().open(d.scope, binding, sealed)).toBe(canary);
    const renamed = Uint8Array.from(sealed);
    renamed[4] = 2;
    expect((await refusal(vaultWith().open(d.scope, binding, renamed))).message).toContain("did not pass its authentication");
    expect(readKeyVersion(await vaultWith().seal(d.scope, binding, canary))).toBe(2);
  });

  /** A store and a provider that count, over the real ones. */
  function counted() {
    const store = createKeyStore(db);
    const keys = createStaticKeys({ VAULT_KEY: masterKey });
    const count = { lists: 0, unwraps: 0 };
    const over: Pick<VaultOptions, "keys" | "store"> = {
      store: {
        ...store,
        list: (scope) => {
          count.lists += 1;
          return store.list(scope);
        },
      },
      keys: {
        ...keys,
        unwrap: (kekId, wrapped, bound) => {
          count.unwraps += 1;
          return keys.unwrap(kekId, wrapped, bound);
        },
      },
    };
    return { count, over };
  }

  it("keeps a data key in memory for its time, then reads it again; the keys are asked for, not kept, to seal", async () => {
    let nowMs = 0;
    const { count, over } = counted();
    const vault = vaultWith({ ...over, now: () => nowMs, cacheTtlMs: 300_000 });
    const sealed = await vault.seal(a.scope, binding, canary);
    expect(count).toEqual({ lists: 1, unwraps: 1 });
    await vault.open(a.scope, binding, sealed);
    expect(count).toEqual({ lists: 1, unwraps: 1 });
    await vault.seal(a.scope, binding, canary);
    expect(count).toEqual({ lists: 2, unwraps: 1 });
    nowMs = 300_000;
    await vault.open(a.scope, binding, sealed);
    expect(count).toEqual({ lists: 3, unwraps: 2 });
    vault.forget(a.workspaceId);
    await vault.open(a.scope, binding, sealed);
    expect(count).toEqual({ lists: 4, unwraps: 3 });
  });

  it("opens what another process sealed under a newer data key, and seals under the newest at once", async () => {
    const e = await seedWorkspace(db, { slug: "vault-e" });
    const vault = vaultWith();
    const before = await vault.seal(e.scope, binding, canary);
    const other = vaultWith();
    await other.open(e.scope, binding, before);
    await createKeyStore(db).add(e.scope, await newDataKey(createStaticKeys({ VAULT_KEY: masterKey }), e.workspaceId, 2));
    expect(readKeyVersion(await vault.seal(e.scope, binding, canary))).toBe(2);
    expect(await other.open(e.scope, binding, await vault.seal(e.scope, binding, canary))).toBe(canary);
    // A data key that is gone: the row has to be read again, which the mark says.
    await db.withScope(e.jobScope, (tx) => tx.execute(sql`delete from workspace_key where version = 1`));
    expect(await refusal(vaultWith().open(e.scope, binding, before))).toMatchObject({ code: "EIO", retryable: true });
  });

  it("says in one sentence at start that another VAULT_KEY is needed, and starts with the right one or with both", async () => {
    await vaultWith().seal(a.scope, binding, canary);
    await expect(vaultWith().verify()).resolves.toBeUndefined();
    const otherKey = randomBytes(32).toString("base64");
    const other = vaultWith({ keys: createStaticKeys({ VAULT_KEY: otherKey }) });
    const error = await refusal(other.verify());
    expect(error.code).toBe("EINVAL");
    expect(error.message).toContain("VAULT_KEY does not fit");
    expect(error.message).toContain(createStaticKeys({ VAULT_KEY: masterKey }).currentKekId);
    expect(error.message).toContain(`${createStaticKeys({ VAULT_KEY: otherKey }).currentKekId} (VAULT_KEY)`);
    expect(error.message).not.toContain(masterKey);
    expect(error.message).not.toContain("\n");
    expect(await refusal(other.open(a.scope, binding, await vaultWith().seal(a.scope, binding, canary)))).toMatchObject({ code: "EINVAL" });
    await expect(
      vaultWith({ keys: createStaticKeys({ VAULT_KEY: otherKey, VAULT_KEY_PREVIOUS: masterKey }) }).verify(),
    ).resolves.toBeUndefined();
  });

  it("starts on an empty database with any key", async () => {
    const empty = { ...createKeyStore(db), listKekIds: async () => [] };
    await expect(vaultWith({ store: empty }).verify()).resolves.toBeUndefined();
  });
});

describe("a master key", () => {
  const another = () => randomBytes(32).toString("base64");

  it("is 32 bytes in base64 and nothing else, in every variable, and is not repeated in the refusal", () => {
    for (const value of ["", "canary", randomBytes(31).toString("base64"), `${masterKey}AAAA`, `canary!${masterKey}`]) {
      for (const variable of masterKeyVariables) {
        const error = thrown(() => createStaticKeys({ VAULT_KEY: masterKey, [variable]: value }));
        expect(error).toMatchObject({ code: "EINVAL" });
        expect(String(error)).toContain(`${variable} must be 32 bytes`);
        expect(String(error)).not.toContain("canary");
        expect(String(error)).not.toContain(masterKey);
      }
    }
  });

  it("is not given twice: a rotation to the same key would be none", () => {
    const key = another();
    for (const [values, said] of [
      [{ VAULT_KEY: key, VAULT_KEY_PREVIOUS: key }, "VAULT_KEY_PREVIOUS is the same key as VAULT_KEY"],
      [{ VAULT_KEY: key, VAULT_KEY_NEXT: key }, "VAULT_KEY_NEXT is the same key as VAULT_KEY"],
      [{ VAULT_KEY: masterKey, VAULT_KEY_NEXT: key, VAULT_KEY_PREVIOUS: key }, "VAULT_KEY_PREVIOUS is the same key as VAULT_KEY_NEXT"],
    ] as const) {
      expect(String(thrown(() => createStaticKeys(values)))).toContain(said);
    }
  });

  it("is known by an id that tells keys apart", () => {
    const one = createStaticKeys({ VAULT_KEY: masterKey });
    expect(createStaticKeys({ VAULT_KEY: masterKey }).currentKekId).toBe(one.currentKekId);
    expect(createStaticKeys({ VAULT_KEY: another() }).currentKekId).not.toBe(one.currentKekId);
  });

  it("is named by what it wraps: bytes of another key than the row says do not unwrap", async () => {
    const [old, next] = [another(), another()];
    const before = createStaticKeys({ VAULT_KEY: old });
    const after = createStaticKeys({ VAULT_KEY: next, VAULT_KEY_PREVIOUS: old });
    const { kekId, wrapped } = await before.wrap(Buffer.alloc(32, 1), "a");
    expect(Buffer.from(await after.unwrap(kekId, wrapped, "a"))).toEqual(Buffer.alloc(32, 1));
    expect((await refusal(after.unwrap(after.currentKekId, wrapped, "a"))).message).toContain("names another master key than its row");
    expect((await refusal(after.unwrap(kekId, wrapped, "b"))).code).toBe("EIO");
  });

  it("may be switched process by process: each opens what the others wrap, at every step", async () => {
    const [old, next] = [another(), another()];
    const f = await seedWorkspace(db, { slug: "vault-f" });
    const g = await seedWorkspace(db, { slug: "vault-g" });
    const known = vaultWith({ keys: createStaticKeys({ VAULT_KEY: old, VAULT_KEY_NEXT: next }) });
    const switched = vaultWith({ keys: createStaticKeys({ VAULT_KEY: next, VAULT_KEY_PREVIOUS: old }) });
    const byKnown = await known.seal(f.scope, binding, canary);
    const bySwitched = await switched.seal(g.scope, binding, canary);
    expect(await switched.open(f.scope, binding, byKnown)).toBe(canary);
    expect(await known.open(g.scope, binding, bySwitched)).toBe(canary);
  });
});

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown.");
}
