import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import { createTestDb, type SeededWorkspace, seedWorkspace } from "@/db/testing";
import { HubError } from "@/server/errors";
import { newId } from "@/server/ids";
import { createKeyStore } from "./key-store";
import { createStaticKeys } from "./keys";
import { createVault, type Sealed, type VaultOptions } from "./vault";

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
  createVault({ keys: createStaticKeys({ current: masterKey }), store: createKeyStore(db), ...over });

const canary = "canary-refresh-token-ä";
const binding = { connectionId: newId(), field: "refresh" };

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
    expect(Buffer.from(first.ciphertext)).not.toEqual(Buffer.from(second.ciphertext));
    expect(await vaultWith().open(a.jobScope, binding, first)).toBe(canary);
    expect(await vaultWith().open(a.scope, binding, second)).toBe(canary);
    expect(Buffer.from(first.ciphertext).includes(canary)).toBe(false);
  });

  it("opens nothing that was moved to another connection, field or workspace, or changed anywhere", async () => {
    const vault = vaultWith();
    const sealed = await vault.seal(a.scope, binding, canary);
    await vault.seal(b.scope, binding, "makes b's key");
    const flipped = (index: number): Sealed => {
      const ciphertext = Uint8Array.from(sealed.ciphertext);
      ciphertext[index] = (ciphertext[index] ?? 0) ^ 1;
      return { ...sealed, ciphertext };
    };
    const attempts = [
      () => vault.open(a.scope, { ...binding, connectionId: newId() }, sealed),
      () => vault.open(a.scope, { ...binding, field: "access" }, sealed),
      () => vault.open(b.scope, binding, sealed),
      () => vault.open(a.scope, binding, { ...sealed, keyVersion: 2 }),
      () => vault.open(a.scope, binding, { ...sealed, ciphertext: sealed.ciphertext.subarray(0, 20) }),
      () => vault.open(a.scope, binding, { ...sealed, ciphertext: Buffer.from(canary.padEnd(60)) }),
      ...[0, 12, 28, sealed.ciphertext.byteLength - 1].map((index) => () => vault.open(a.scope, binding, flipped(index))),
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

  it("keeps a data key in memory for its time, then reads it again", async () => {
    let nowMs = 0;
    let lists = 0;
    const store = createKeyStore(db);
    const counting = {
      ...store,
      list: (scope: Parameters<typeof store.list>[0]) => {
        lists += 1;
        return store.list(scope);
      },
    };
    const vault = vaultWith({ store: counting, now: () => nowMs, cacheTtlMs: 300_000 });
    await vault.seal(a.scope, binding, canary);
    await vault.seal(a.scope, binding, canary);
    expect(lists).toBe(1);
    nowMs = 300_000;
    await vault.seal(a.scope, binding, canary);
    expect(lists).toBe(2);
    vault.forget(a.workspaceId);
    await vault.seal(a.scope, binding, canary);
    expect(lists).toBe(3);
  });

  it("says in one sentence at start that another VAULT_KEY is needed, and starts with the right one or with both", async () => {
    await vaultWith().seal(a.scope, binding, canary);
    await expect(vaultWith().verify()).resolves.toBeUndefined();
    const otherKey = randomBytes(32).toString("base64");
    const other = vaultWith({ keys: createStaticKeys({ current: otherKey }) });
    const error = await refusal(other.verify());
    expect(error.code).toBe("EINVAL");
    expect(error.message).toContain("VAULT_KEY does not fit");
    expect(error.message).not.toContain(masterKey);
    expect(await refusal(other.open(a.scope, binding, await vaultWith().seal(a.scope, binding, canary)))).toMatchObject({ code: "EINVAL" });
    await expect(vaultWith({ keys: createStaticKeys({ current: otherKey, previous: [masterKey] }) }).verify()).resolves.toBeUndefined();
  });

  it("starts on an empty database with any key", async () => {
    const empty = { ...createKeyStore(db), listKekIds: async () => [] };
    await expect(vaultWith({ store: empty }).verify()).resolves.toBeUndefined();
  });
});

describe("a master key", () => {
  it("is 32 bytes in base64 and nothing else, and is not repeated in the refusal", () => {
    for (const value of ["", "canary", randomBytes(31).toString("base64"), `${masterKey}AAAA`, `canary!${masterKey}`]) {
      try {
        createStaticKeys({ current: value });
        throw new Error(`"${value}" was taken for a key.`);
      } catch (error) {
        expect(error).toMatchObject({ code: "EINVAL" });
        expect(String(error)).not.toContain("canary");
      }
    }
  });

  it("is known by an id that tells keys apart", () => {
    const one = createStaticKeys({ current: masterKey });
    expect(createStaticKeys({ current: masterKey }).currentKekId).toBe(one.currentKekId);
    expect(createStaticKeys({ current: randomBytes(32).toString("base64") }).currentKekId).not.toBe(one.currentKekId);
  });
});
