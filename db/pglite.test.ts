import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createDb } from "./client";
import { DatabaseOpenError } from "./errors";

// PostgreSQL makes its first files in three seconds on an idle machine and in fifteen on a busy one.
vi.setConfig({ testTimeout: 60_000 });

const parent = mkdtempSync(join(tmpdir(), "hub-pglite-"));
const folder = join(parent, "data");
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const open = (path = folder) => createDb({ url: `pglite:${path}` });
const openingError = async (path: string): Promise<DatabaseOpenError> => {
  const error = await open(path).then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(DatabaseOpenError);
  return error as DatabaseOpenError;
};

/** A process that writes to the folder, and the rows it has had acknowledged so far. */
class Writer {
  readonly process: ChildProcess;
  acknowledged = 0;
  #waiting: (() => void)[] = [];

  constructor() {
    this.process = spawn(process.execPath, ["--import", "tsx", join(import.meta.dirname, "pglite.child.ts"), folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (this.process.stdout !== null) {
      createInterface(this.process.stdout).on("line", (line) => {
        this.acknowledged = Number(line) || 0;
        for (const notify of this.#waiting.splice(0)) {
          notify();
        }
      });
    }
  }

  async until(count: number): Promise<void> {
    do {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } while (this.acknowledged < count);
  }

  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGKILL");
    await gone;
  }
}

describe("a data folder", () => {
  let writer: Writer;
  beforeAll(async () => {
    writer = new Writer();
    await writer.until(0);
  });
  afterEach(() => {
    expect(existsSync(`${folder}.creating`)).toBe(false);
  });

  it("has one process at a time; the second is told which folder, in one sentence", async () => {
    const error = await openingError(folder);
    expect(error.code).toBe("locked");
    expect(error.message).toBe(
      `The data folder ${folder} is in use by another process of the hub; stop that one first, or give this one its own folder.`,
    );
  });

  it("keeps every acknowledged row when its process is killed, and no half of a transaction; the lock dies with the process", async () => {
    await writer.until(30);
    await writer.kill();
    const db = await open();
    const { rows } = await db.executeSql<{ id: number; twin: number }>("select id, twin from proof");
    const ids = new Set(rows.map((row) => row.id));
    expect(writer.acknowledged).toBeGreaterThanOrEqual(30);
    for (let id = 1; id <= writer.acknowledged; id++) {
      expect(ids.has(id), `row ${id}`).toBe(true);
    }
    expect(rows.filter((row) => !ids.has(row.twin))).toEqual([]);
    await db.close();
  });

  it("can be opened again after it was closed, in the same process, and a second time not", async () => {
    const db = await open();
    expect((await openingError(folder)).code).toBe("locked");
    await db.close();
    await (await open()).close();
  });

  it("answers a statement it has run before with the table's columns of now, and runs more statements than it keeps", async () => {
    const db = await open();
    const all = async () => (await db.executeSql("select * from shape where a = $1", [1])).rows;
    await db.executeSql("create table shape (a int); insert into shape values (1)");
    for (let round = 0; round < 8; round++) expect(await all()).toEqual([{ a: 1 }]);
    await db.executeSql("alter table shape add column b int");
    expect(await all()).toEqual([{ a: 1, b: null }]);
    for (let index = 0; index < 1000; index++) {
      const text = `select $1::int + ${index % 500} as sum`;
      expect((await db.executeSql(text, [1])).rows).toEqual([{ sum: 1 + (index % 500) }]);
    }
    await db.executeSql("select $1::int / 0 as q", [1]).catch(() => undefined);
    await expect(db.executeSql("select $1::int / 0 as q", [1])).rejects.toMatchObject({ code: "22012" });
    await expect(db.executeSql("select $1::int / 0 as q", [1])).rejects.toMatchObject({ code: "22012" });
    expect(await all()).toEqual([{ a: 1, b: null }]);
    await db.close();
  });

  it("does not keep its process alive when nothing is asked of it", async () => {
    const script = `import { createDb } from ${JSON.stringify(join(import.meta.dirname, "client.ts"))};
      const db = await createDb({ url: ${JSON.stringify(`pglite:${folder}`)} }); await db.executeSql("select 1");`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      stdio: "inherit",
      timeout: 50_000,
    });
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
  });
});

describe("a broken data folder is one sentence, whatever is wrong with it", () => {
  const expectBroken = async (path: string, said: string | RegExp) => {
    const error = await openingError(path);
    expect(error.code).toBe("broken");
    expect(error.message).toMatch(said);
    expect(error.message).toContain(path);
    expect(error.message).not.toContain("\n");
    expect(error.message).toMatch(/restore it from a copy, or move it away to start with an empty one\.$/);
  };

  it("other files", async () => {
    const path = join(parent, "documents");
    mkdirSync(path);
    writeFileSync(join(path, "letter.txt"), "Dear Ann");
    await expectBroken(path, "it holds other files");
    expect(existsSync(join(path, "letter.txt"))).toBe(true);
  });

  it("another version's", async () => {
    const path = join(parent, "old");
    mkdirSync(path);
    writeFileSync(join(path, "PG_VERSION"), "16\n");
    await expectBroken(path, "it was made by PostgreSQL 16, not 18");
  });

  it("damaged, and stays as it was for whoever can repair it", async () => {
    truncateSync(join(folder, "global", "pg_control"), 100);
    await expectBroken(folder, /cannot be opened/);
    expect(existsSync(join(folder, "PG_VERSION"))).toBe(true);
  });

  it("cut short while it was made: that one is made anew", async () => {
    const path = join(parent, "unfinished");
    mkdirSync(path);
    writeFileSync(join(path, "PG_VERSION"), "18\n");
    writeFileSync(`${path}.creating`, "");
    const db = await open(path);
    expect((await db.executeSql("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await db.close();
    expect(existsSync(`${path}.creating`)).toBe(false);
  });
});
