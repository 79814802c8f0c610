import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import { createTestDb, type SeededWorkspace, seedMember, seedWorkspace } from "@/db/testing";
import { seedConnection } from "@/server/connections/test-connection";
import { encodeId, newId } from "@/server/ids";
import type { CallRecord } from "./call-log";
import { createCallWriter } from "./call-store";
import { listCalls } from "./calls";

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

function record(over: Partial<CallRecord> = {}): CallRecord {
  return {
    id: newId(),
    workspaceId: workspace.workspaceId,
    connectionId: null,
    integration: "plain",
    callId: newId(),
    attempt: 1,
    operation: "GET /thing",
    method: "GET",
    url: "https://tool.test/thing?code=…",
    status: 200,
    errorCode: null,
    durationMs: 12.5,
    waitMs: 0,
    requestBytes: 0,
    responseBytes: 7,
    vendorRequestId: "vendor-1",
    limits: { "default.remaining": "4" },
    path: "/context/tools/plain/thing",
    actorUserId: workspace.userId,
    actorJob: null,
    at: new Date(),
    ...over,
  };
}

const ids = (page: { calls: readonly { id: string }[] }) => page.calls.map((call) => call.id);

describe("the call log", () => {
  it("shows each attempt as it was recorded, with who it was for", async () => {
    const connectionId = await seedConnection(db, workspace.scope);
    const person = record({ connectionId });
    const job = record({ connectionId, actorUserId: null, actorJob: "token-refresh", at: new Date(person.at.getTime() + 1) });
    await write(workspace.workspaceId, [person, job]);
    const { calls, nextCursor } = await listCalls(db, workspace.scope, { connection: encodeId("connection", connectionId), limit: 10 });
    const { id, workspaceId, connectionId: _, actorUserId, actorJob, at, callId, ...rest } = person;
    expect(nextCursor).toBeNull();
    expect(calls.map((call) => call.actor)).toEqual(["The hub (token-refresh)", "owner"]);
    expect(calls[1]).toEqual({
      ...rest,
      id: encodeId("call", id),
      callId: encodeId("call", callId),
      connection: encodeId("connection", connectionId),
      actor: "owner",
      at: at.toISOString(),
    });
  });

  it("pages newest first without a repeated or a missing row, also among equal times and while rows arrive", async () => {
    const connectionId = await seedConnection(db, workspace.scope);
    const base = Date.now();
    const records = Array.from({ length: 23 }, (_, n) => record({ connectionId, at: new Date(base + Math.floor(n / 5)) }));
    await write(workspace.workspaceId, records);
    const connection = encodeId("connection", connectionId);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listCalls(db, workspace.scope, { connection, cursor, limit: 4 });
      seen.push(...ids(page));
      await write(workspace.workspaceId, [record({ connectionId, at: new Date(base + 60_000) })]);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen.length).toBe(23);
    expect(new Set(seen)).toEqual(new Set(records.map((call) => encodeId("call", call.id))));
  });

  it("shows a private connection's calls to its owner only, after it is gone too, and another workspace's to nobody", async () => {
    const member = await seedMember(db, workspace.scope, { email: "reader@calls.test", role: "admin" });
    const shared = record({ connectionId: await seedConnection(db, workspace.scope) });
    const secret = record({ connectionId: await seedConnection(db, workspace.scope, { visibility: "private" }) });
    const gone = record({ connectionId: newId() });
    const connecting = record({ connectionId: null, path: null });
    // A departed member's private grant, ended by the hub: the record is written when the connection's row is gone already.
    const ending = record({ connectionId: newId(), actorUserId: null, actorJob: "departure", operation: "POST /oauth/revoke" });
    await write(workspace.workspaceId, [shared, secret, gone, connecting, ending]);
    await write(other.workspaceId, [record({ workspaceId: other.workspaceId, actorUserId: other.userId })]);
    const own = ids(await listCalls(db, workspace.scope, { limit: 200 }));
    const theirs = ids(await listCalls(db, member.scope, { limit: 200 }));
    for (const call of [shared, secret, gone, connecting]) expect(own).toContain(encodeId("call", call.id));
    expect(theirs).toContain(encodeId("call", shared.id));
    for (const call of [secret, gone, connecting, ending]) expect(theirs).not.toContain(encodeId("call", call.id));
    expect(ids(await listCalls(db, other.scope, { limit: 200 })).length).toBe(1);
  });

  it("refuses a cursor or an id that it did not give", async () => {
    for (const cursor of ["x", "", Buffer.from('["now","me"]').toString("base64url"), Buffer.from("{}").toString("base64url")]) {
      await expect(listCalls(db, workspace.scope, { cursor, limit: 5 })).rejects.toMatchObject({ code: "EINVAL" });
    }
    await expect(listCalls(db, workspace.scope, { connection: encodeId("call", newId()), limit: 5 })).rejects.toMatchObject({
      code: "EINVAL",
    });
  });
});
