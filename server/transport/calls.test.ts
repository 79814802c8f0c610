import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import { createTestDb, type SeededWorkspace, seedMember, seedWorkspace } from "@/db/testing";
import { seedConnection } from "@/server/connections/test-connection";
import { encodeId, newId } from "@/server/ids";
import type { CallRecord } from "./call-log";
import { createCallWriter } from "./call-store";
import { getCall, listCalls } from "./calls";
import { callRecord } from "./test-calls";

let db: Database;
let workspace: SeededWorkspace;
let other: SeededWorkspace;
let write: ReturnType<typeof createCallWriter>;

beforeAll(async () => {
  db = await createTestDb();
  workspace = await seedWorkspace(db, { slug: "calls" });
  other = await seedWorkspace(db, { slug: "calls-other" });
  const scopes = new Map([workspace, other].map(({ workspaceId, jobScope }) => [workspaceId, jobScope]));
  write = createCallWriter(db, (id) => scopes.get(id) ?? workspace.jobScope);
});
afterAll(() => db.close());

const record = (over: Partial<CallRecord> = {}): CallRecord =>
  callRecord({ workspaceId: workspace.workspaceId, actorUserId: workspace.userId, ...over });
const ids = (page: { calls: readonly { id: string }[] }) => page.calls.map((call) => call.id);
const idOf = ({ callId }: CallRecord) => encodeId("call", callId);
const plus = (at: Date, ms: number) => new Date(at.getTime() + ms);

/** One call of several attempts, each 100 ms long and 200 ms after the last. */
function attempts(over: Partial<CallRecord>, endings: readonly Partial<CallRecord>[]): CallRecord[] {
  const callId = newId();
  const base = over.at ?? new Date();
  return endings.map((ending, n) =>
    record({ ...over, callId, attempt: n + 1, at: plus(base, n * 300), durationMs: 100, waitMs: n === 0 ? 0 : 200, ...ending }),
  );
}
const limited = { status: 429, errorCode: "EAGAIN" };
const failed = { status: 503, errorCode: "EIO" };

describe("the call log", () => {
  it("shows a call as it was recorded, with who it was for", async () => {
    const connectionId = await seedConnection(db, workspace.scope);
    const person = record({ connectionId });
    const job = record({ connectionId, actorUserId: null, actorJob: "token-refresh", at: plus(person.at, 1) });
    await write(workspace.workspaceId, [person, job]);
    const { calls, nextCursor } = await listCalls(db, workspace.scope, { connection: encodeId("connection", connectionId), limit: 10 });
    expect(nextCursor).toBeNull();
    expect(calls.map((call) => call.actor)).toEqual(["The hub (token-refresh)", "owner"]);
    const { operation, method, path, url, status, errorCode, durationMs, waitMs, requestBytes, responseBytes, vendorRequestId } = person;
    expect(calls[1]).toEqual({
      id: idOf(person),
      connection: encodeId("connection", connectionId),
      integration: "plain",
      operation,
      method,
      path,
      actor: "owner",
      actorId: encodeId("user", workspace.userId),
      outcome: "ok",
      status,
      errorCode,
      elapsedMs: durationMs,
      waitMs,
      at: person.at.toISOString(),
      attempts: [
        {
          ...{ id: encodeId("attempt", person.id), attempt: 1, sent: true, reason: null, at: person.at.toISOString() },
          ...{ url, status, errorCode, durationMs, waitMs, requestBytes, responseBytes, vendorRequestId, limits: person.limits },
        },
      ],
    });
  });

  it("folds the attempts of a call into one, which ended as its last attempt did", async () => {
    const connectionId = await seedConnection(db, workspace.scope);
    const [first, ...later] = attempts({ connectionId }, [failed, limited, { vendorRequestId: "third" }]);
    await write(workspace.workspaceId, later.reverse());
    await write(workspace.workspaceId, first === undefined ? [] : [first]);
    const { calls } = await listCalls(db, workspace.scope, { connection: encodeId("connection", connectionId), limit: 10 });
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({ outcome: "ok", status: 200, errorCode: null, waitMs: 400, elapsedMs: 700 });
    expect(calls[0]?.attempts.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 503],
      [2, 429],
      [3, 200],
    ]);
  });

  it("pages newest first without a repeated or a missing call, also among equal times and while calls and attempts arrive", async () => {
    const connectionId = await seedConnection(db, workspace.scope);
    const base = Date.now();
    const records = Array.from({ length: 23 }, (_, n) => record({ connectionId, ...failed, at: new Date(base + Math.floor(n / 5)) }));
    await write(workspace.workspaceId, records);
    const connection = encodeId("connection", connectionId);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listCalls(db, workspace.scope, { connection, cursor, limit: 4 });
      seen.push(...ids(page));
      const again = records.map(({ callId }) => record({ connectionId, callId, attempt: 2 + seen.length, at: new Date(base + 50_000) }));
      await write(workspace.workspaceId, [record({ connectionId, at: new Date(base + 60_000) }), ...again]);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen.length).toBe(23);
    expect(new Set(seen)).toEqual(new Set(records.map(idOf)));
  });

  it("shows a private connection's calls to its owner only, after it is gone too, and another workspace's to nobody", async () => {
    const member = await seedMember(db, workspace.scope, { email: "reader@calls.test", role: "admin" });
    const shared = record({ connectionId: await seedConnection(db, workspace.scope) });
    const secret = record({ connectionId: await seedConnection(db, workspace.scope, { visibility: "private" }) });
    const gone = record({ connectionId: newId() });
    const connecting = record({ connectionId: null, path: null });
    // A departed member's private grant, ended by the hub: the record is written when the connection's row is gone already.
    const ending = record({ connectionId: newId(), actorUserId: null, actorJob: "departure", operation: "POST /oauth/revoke" });
    const theirs = record({ connectionId: newId(), actorUserId: member.userId });
    await write(workspace.workspaceId, [shared, secret, gone, connecting, ending, theirs]);
    await write(other.workspaceId, [record({ workspaceId: other.workspaceId, actorUserId: other.userId })]);
    const owner = ids(await listCalls(db, workspace.scope, { limit: 200 }));
    const reader = ids(await listCalls(db, member.scope, { limit: 200 }));
    for (const call of [shared, secret, gone, connecting]) expect(owner).toContain(idOf(call));
    for (const call of [shared, theirs]) expect(reader).toContain(idOf(call));
    for (const call of [secret, gone, connecting, ending]) {
      expect(reader).not.toContain(idOf(call));
      await expect(getCall(db, member.scope, idOf(call))).rejects.toMatchObject({ code: "ENOENT" });
    }
    expect(ids(await listCalls(db, other.scope, { limit: 200 })).length).toBe(1);
    await expect(getCall(db, other.scope, idOf(shared))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("refuses a cursor or an id that it did not give", async () => {
    const printed = (place: unknown) => Buffer.from(JSON.stringify(place)).toString("base64url");
    for (const cursor of ["x", "", printed(["now", "me"]), printed({}), printed(["0000-01-01T00:00:00Z", newId()])]) {
      await expect(listCalls(db, workspace.scope, { cursor, limit: 5 })).rejects.toMatchObject({ code: "EINVAL" });
    }
    const wrong = encodeId("attempt", newId());
    await expect(listCalls(db, workspace.scope, { connection: wrong, limit: 5 })).rejects.toMatchObject({ code: "EINVAL" });
    await expect(getCall(db, workspace.scope, wrong)).rejects.toMatchObject({ code: "EINVAL" });
  });

  it("takes every time of ISO 8601 that the database has, whatever its offset, and refuses the others", async () => {
    const connectionId = await seedConnection(db, workspace.scope);
    const call = record({ connectionId });
    await write(workspace.workspaceId, [call]);
    const between = { from: "2000-01-01T00:00:00+23:00", to: "9999-12-31T23:59:59+23:59" };
    expect(ids(await listCalls(db, workspace.scope, { connection: encodeId("connection", connectionId), ...between, limit: 5 }))).toEqual([
      idOf(call),
    ]);
    for (const time of ["0000-06-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"]) {
      await expect(listCalls(db, workspace.scope, { from: time, limit: 5 })).rejects.toMatchObject({ code: "EINVAL" });
      await expect(listCalls(db, workspace.scope, { to: time, limit: 5 })).rejects.toMatchObject({ code: "EINVAL" });
    }
  });
});

describe("one call", () => {
  it("comes with the renewals of its connection's token that were under way, and with no others", async () => {
    const connectionId = await seedConnection(db, workspace.scope);
    const at = new Date();
    const call = record({ connectionId, at: plus(at, 3_000), waitMs: 2_900 });
    const renewal = (over: Partial<CallRecord>) => record({ connectionId, actorUserId: null, actorJob: "token-refresh", ...over });
    const during = renewal({ at: plus(at, 150) });
    const before = renewal({ at: plus(at, -60_000) });
    const after = renewal({ at: plus(at, 60_000) });
    const elsewhere = renewal({ connectionId: await seedConnection(db, workspace.scope), at: plus(at, 150) });
    const otherJob = renewal({ actorJob: "sync", at: plus(at, 150) });
    await write(workspace.workspaceId, [call, during, before, after, elsewhere, otherJob]);
    const { renewals } = await getCall(db, workspace.scope, idOf(call));
    expect(renewals.map(({ id }) => id)).toEqual([idOf(during)]);
    expect((await getCall(db, workspace.scope, idOf(during))).renewals).toEqual([]);
  });
});

describe("a search", () => {
  let connection: string;
  let connectionId: string;
  const at = new Date("2026-11-01T12:00:00Z");
  const read = async (filter: Partial<Parameters<typeof listCalls>[2]>, scope = workspace.scope) =>
    (await listCalls(db, scope, { connection, limit: 200, ...filter })).calls.map(({ operation }) => operation);

  beforeAll(async () => {
    connectionId = await seedConnection(db, workspace.scope);
    connection = encodeId("connection", connectionId);
    const on = (operation: string, minute: number, over: Partial<CallRecord> = {}) =>
      record({ connectionId, operation, at: plus(at, minute * 60_000), vendorRequestId: `req-${operation}`, ...over });
    const many = (operation: string, minute: number, endings: readonly Partial<CallRecord>[]) =>
      attempts({ connectionId, operation, at: plus(at, minute * 60_000) }, endings);
    await write(workspace.workspaceId, [
      on("plain", 1, { path: "/context/tools/plain/a/one.md" }),
      on("beside", 2, { path: "/context/tools/plain/ab/one.md", url: "https://tool.test/100%_sure" }),
      on("refused", 3, { status: 400 }),
      on("broken", 4, { status: null, errorCode: "EIO", reason: "The tool did not answer within 30000 ms.", vendorRequestId: null }),
      ...many("recovered", 5, [{ ...failed, vendorRequestId: "Needle-7" }, { vendorRequestId: "last" }]),
      ...many("worn out", 6, [limited, limited, { ...failed, url: "https://tool.test/Ärger" }]),
      on("job", 7, { actorUserId: null, actorJob: "sync", integration: "other" }),
    ]);
  });

  it.each([
    ["everything", {}, ["job", "worn out", "recovered", "broken", "refused", "beside", "plain"]],
    ["what ended well", { outcome: "ok" }, ["job", "recovered", "beside", "plain"]],
    ["what ended badly", { outcome: "failed" }, ["worn out", "broken", "refused"]],
    ["what took several attempts", { outcome: "retried" }, ["worn out", "recovered"]],
    ["a code that any attempt met", { errorCode: "EIO" }, ["worn out", "recovered", "broken"]],
    ["a class of status that any attempt met", { status: "5xx" }, ["worn out", "recovered"]],
    ["client refusals", { status: "4xx" }, ["worn out", "refused"]],
    ["no answer", { status: "none" }, ["broken"]],
    ["a directory, not what only begins like it", { path: "/context/tools/plain/a" }, ["plain"]],
    ["a file", { path: "/context/tools/plain/ab/one.md" }, ["beside"]],
    ["a tool", { integration: "other" }, ["job"]],
    ["an operation", { operation: "worn out" }, ["worn out"]],
    ["the hub's own work", { actor: "hub" }, ["job"]],
    ["one job", { actor: "hub:sync" }, ["job"]],
    ["another job", { actor: "hub:expiry" }, []],
    ["a request id of any attempt, in any case", { text: "needle-7" }, ["recovered"]],
    ["a URL of a late attempt", { text: "TOOL.TEST/Ärger" }, ["worn out"]],
    ["signs that are patterns elsewhere", { text: "100%_s" }, ["beside"]],
    ["no pattern", { text: "1%sure" }, []],
    ["a reason", { text: "did not answer" }, ["broken"]],
    ["a code, as text", { text: "eagain" }, ["worn out"]],
    ["a path, as text", { text: "/ab/ONE" }, ["beside"]],
    ["all conditions at once", { outcome: "failed", status: "4xx", text: "worn" }, ["worn out"]],
    ["a time", { from: "2026-11-01T12:04:00Z", to: "2026-11-01T14:06:00+02:00" }, ["recovered", "broken"]],
  ] as const)("finds %s", async (_name, filter, wanted) => {
    expect(await read(filter)).toEqual(wanted);
  });

  it("finds one person's calls, without a connection named as well", async () => {
    expect(await read({ actor: encodeId("user", workspace.userId) })).toHaveLength(6);
    expect(await read({ actor: encodeId("user", newId()) })).toEqual([]);
    expect(await read({ connection: undefined, text: "needle-7" })).toEqual(["recovered"]);
    expect(await read({ connection: undefined, text: "needle-7" }, other.scope)).toEqual([]);
  });

  it("looks through so much at a time, says how far, and goes on from there to the end", async () => {
    const limits = { stretch: 2, most: 4, mostMs: 60_000 };
    const look = (cursor?: string) => listCalls(db, workspace.scope, { connection, text: "req-plain", limit: 5, cursor }, limits);
    const first = await look();
    expect(first).toMatchObject({ calls: [], lookedBackTo: "2026-11-01T12:04:00.000000Z", nextCursor: expect.any(String) });
    const second = await look(first.nextCursor ?? undefined);
    expect(second).toMatchObject({ calls: [{ operation: "plain" }], lookedBackTo: null, nextCursor: null });
  });

  it("begins no further look once its time is over", async () => {
    const page = await listCalls(db, workspace.scope, { connection, text: "nowhere", limit: 5 }, { stretch: 2, most: 1_000, mostMs: 0 });
    expect(page).toMatchObject({ calls: [], lookedBackTo: "2026-11-01T12:06:00.000000Z" });
  });

  it("fills pages from several looks, without a gap or a repetition", async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listCalls(
        db,
        workspace.scope,
        { connection, outcome: "ok", limit: 1, cursor },
        { stretch: 3, most: 3, mostMs: 60_000 },
      );
      seen.push(...page.calls.map(({ operation }) => operation));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(["job", "recovered", "beside", "plain"]);
  });
});
