import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDb, type Database } from "@/db/client";
import { createTestDb, type SeededWorkspace, seedMember, seedWorkspace } from "@/db/testing";
import { createThrowAwayDatabase, type ThrowAwayDatabase, testDatabaseUrl } from "@/db/testing-postgres";
import { seedConnection } from "@/server/connections/test-connection";
import { encodeId, newId } from "@/server/ids";
import type { CallRecord } from "./call-log";
import { createCallWriter } from "./call-store";
import { tailCalls } from "./call-tail";
import { listCalls } from "./calls";
import { callRecord } from "./test-calls";

const idOf = ({ callId }: CallRecord) => encodeId("call", callId);
const ids = (answer: { calls: readonly { id: string }[] }) => answer.calls.map(({ id }) => id);

/** The live log of one database; every test has a workspace of its own. */
function setUp(db: () => Database, name: string) {
  let count = 0;
  return async () => {
    count += 1;
    const workspace = await seedWorkspace(db(), { slug: `${name}-${count}` });
    const write = createCallWriter(db(), () => workspace.jobScope);
    const connectionId = await seedConnection(db(), workspace.scope);
    const record = (over: Partial<CallRecord> = {}) => callRecord({ workspaceId: workspace.workspaceId, connectionId, ...over });
    const start = async () => (await listCalls(db(), workspace.scope, { limit: 10 })).tail ?? "";
    return { workspace, connectionId, record, start, write: (...calls: CallRecord[]) => write(workspace.workspaceId, calls) };
  };
}

describe("the live log", () => {
  let db: Database;
  beforeAll(async () => {
    db = await createTestDb();
  });
  afterAll(() => db.close());
  const begin = setUp(() => db, "tail");

  it("goes on where the list was loaded: what is new comes once, whatever its own time, and nothing before it", async () => {
    const { workspace, record, start, write } = await begin();
    await write(record());
    const tail = await start();
    expect(await tailCalls(db, workspace.scope, { tail })).toMatchObject({ calls: [], unmatched: [], behind: false });
    const late = record({ at: new Date(Date.now() - 3_600_000) });
    const now = record();
    await write(late, now);
    const first = await tailCalls(db, workspace.scope, { tail });
    expect(new Set(ids(first))).toEqual(new Set([idOf(late), idOf(now)]));
    expect(await tailCalls(db, workspace.scope, { tail: first.tail })).toMatchObject({ calls: [], behind: false });
  });

  it("brings a call whole when an attempt is added to it, and says so when it no longer matches", async () => {
    const { workspace, record, start, write } = await begin();
    const callId = newId();
    await write(record({ callId, status: 503, errorCode: "EIO" }));
    const tail = await start();
    await write(record({ callId, attempt: 2 }));
    const all = await tailCalls(db, workspace.scope, { tail });
    expect(all.calls).toMatchObject([{ outcome: "ok", attempts: [{ attempt: 1 }, { attempt: 2 }] }]);
    const failures = await tailCalls(db, workspace.scope, { tail, outcome: "failed" });
    expect(failures).toMatchObject({ calls: [], unmatched: [encodeId("call", callId)] });
  });

  it("holds to the filter, and shows nobody else's private calls", async () => {
    const { workspace, connectionId, record, start, write } = await begin();
    const member = await seedMember(db, workspace.scope, { email: `reader@${workspace.slug}.test`, role: "admin" });
    const hidden = await seedConnection(db, workspace.scope, { visibility: "private" });
    const tail = await start();
    const shared = record({ operation: "needle" });
    const mine = record({ connectionId: hidden, operation: "needle" });
    await write(shared, mine, record({ operation: "hay" }));
    const read = async (scope: SeededWorkspace["scope"], filter = {}) =>
      new Set(ids(await tailCalls(db, scope, { tail, text: "NEEDLE", ...filter })));
    expect(await read(workspace.scope)).toEqual(new Set([idOf(shared), idOf(mine)]));
    expect(await read(workspace.scope, { connection: encodeId("connection", connectionId) })).toEqual(new Set([idOf(shared)]));
    expect(await read(member.scope)).toEqual(new Set([idOf(shared)]));
    const other = await begin();
    expect(await read(other.workspace.scope)).toEqual(new Set());
  });

  it("answers so much at a time and says that it is behind, until all has come", async () => {
    const { workspace, record, start, write } = await begin();
    let tail = await start();
    const records = Array.from({ length: 950 }, () => record());
    for (let n = 0; n < records.length; n += 190) await write(...records.slice(n, n + 190));
    const seen: string[] = [];
    const behind: boolean[] = [];
    do {
      const answer = await tailCalls(db, workspace.scope, { tail });
      seen.push(...ids(answer));
      behind.push(answer.behind);
      tail = answer.tail;
    } while (behind.at(-1) === true);
    expect(behind).toEqual([true, true, false]);
    expect(seen.sort()).toEqual(records.map(idOf).sort());
  });

  it("does not catch up with what was left for long, and takes no place of another kind", async () => {
    const { workspace, start } = await begin();
    const tail = await start();
    const later = () => Date.now() + 16 * 60_000;
    await expect(tailCalls(db, workspace.scope, { tail }, later)).rejects.toMatchObject({ code: "ESTALE", details: { restart: true } });
    for (const wrong of ["x", Buffer.from('["1",2]').toString("base64url"), Buffer.from('["-1","x",1]').toString("base64url")]) {
      await expect(tailCalls(db, workspace.scope, { tail: wrong })).rejects.toMatchObject({ code: "EINVAL" });
    }
  });
});

describe.runIf(testDatabaseUrl !== null)("the live log on PostgreSQL, where many write at a time", () => {
  let throwaway: ThrowAwayDatabase;
  let db: Database;
  beforeAll(async () => {
    throwaway = await createThrowAwayDatabase();
    db = await createDb({ url: throwaway.url });
  });
  afterAll(async () => {
    await db.close();
    await throwaway.drop();
  });
  const begin = setUp(() => db, "busy");

  it("misses nothing that commits after later rows were seen, and shows those at once", async () => {
    const { workspace, record, start, write } = await begin();
    const slow = record();
    const client = new pg.Client({ connectionString: throwaway.url });
    await client.connect();
    try {
      let tail = await start();
      await client.query("begin");
      await client.query(
        `insert into api_call (id, workspace_id, integration, call_id, attempt, operation, method, url, duration_ms, request_bytes, at)
         values ($1, $2, 'plain', $3, 1, 'slow', 'GET', 'https://tool.test', 1, 0, now())`,
        [slow.id, slow.workspaceId, slow.callId],
      );
      const quick = record();
      await write(quick);
      const before = await tailCalls(db, workspace.scope, { tail });
      expect(ids(before)).toEqual([idOf(quick)]);
      // What was seen once is not asked for again without a pause, however much it is, while the slow one keeps the place where it is.
      for (let n = 0; n < 3; n += 1) await write(...Array.from({ length: 150 }, () => record()));
      expect((await tailCalls(db, workspace.scope, { tail: before.tail })).behind).toBe(false);
      // The list does not see it either, so its own beginning of the tail must lie before it.
      const reloaded = await listCalls(db, workspace.scope, { limit: 10 });
      expect(ids(reloaded)).not.toContain(idOf(slow));
      await client.query("commit");
      tail = before.tail;
      for (const from of [tail, reloaded.tail ?? ""]) {
        expect(ids(await tailCalls(db, workspace.scope, { tail: from }))).toContain(idOf(slow));
      }
    } finally {
      await client.end();
    }
  });

  it("loses none of what ten writers write while it is read", async () => {
    const { workspace, record, start, write } = await begin();
    let tail = await start();
    const records = Array.from({ length: 400 }, () => record());
    const seen = new Set<string>();
    let writing = true;
    const writers = Promise.all(
      Array.from({ length: 10 }, async (_, writer) => {
        for (let n = writer; n < records.length; n += 10) await write(...records.slice(n, n + 1));
      }),
    ).finally(() => {
      writing = false;
    });
    const read = async () => {
      const answer = await tailCalls(db, workspace.scope, { tail });
      for (const id of ids(answer)) seen.add(id);
      tail = answer.tail;
    };
    while (writing) await read();
    await writers;
    await read();
    expect(seen).toEqual(new Set(records.map(idOf)));
  });
});
