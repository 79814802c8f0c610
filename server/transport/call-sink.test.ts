import { describe, expect, it } from "vitest";
import type { CallRecord } from "./call-log";
import { createCallSink } from "./call-sink";
import { VirtualClock } from "./testing";

function record(workspaceId: string, attempt: number): CallRecord {
  return {
    id: `${workspaceId}-${attempt}`,
    workspaceId,
    connectionId: null,
    integration: "plain",
    callId: "call",
    attempt,
    operation: "op",
    method: "GET",
    url: "https://tool.test/",
    status: 200,
    errorCode: null,
    durationMs: 1,
    waitMs: 0,
    requestBytes: 0,
    responseBytes: 0,
    vendorRequestId: null,
    limits: {},
    path: null,
    actorUserId: null,
    actorKeyId: null,
    actorJob: "test",
    at: new Date(0),
    sent: true,
    reason: null,
  };
}

function setUp(options: { failures?: number; maxBatch?: number; maxQueued?: number } = {}) {
  const clock = new VirtualClock();
  const batches: { workspaceId: string; ids: string[] }[] = [];
  const lost: { workspaceId: string; count: number }[] = [];
  let failures = options.failures ?? 0;
  const sink = createCallSink({
    clock,
    random: () => 0.5,
    onLost: ({ workspaceId, count }) => lost.push({ workspaceId, count }),
    maxBatch: options.maxBatch,
    maxQueued: options.maxQueued,
    async write(workspaceId, calls) {
      if (failures > 0) {
        failures -= 1;
        throw new Error("database away");
      }
      batches.push({ workspaceId, ids: calls.map((call) => call.id) });
    },
  });
  return { clock, sink, batches, lost };
}

describe("the call sink", () => {
  it("writes what came within the interval as one batch a workspace", async () => {
    const { clock, sink, batches } = setUp();
    sink.record(record("a", 1));
    sink.record(record("b", 2));
    sink.record(record("a", 3));
    expect(batches).toEqual([]);
    await clock.advance(200);
    expect(batches).toEqual([
      { workspaceId: "a", ids: ["a-1", "a-3"] },
      { workspaceId: "b", ids: ["b-2"] },
    ]);
  });

  it("does not wait for the interval once a batch is full", async () => {
    const { clock, sink, batches } = setUp({ maxBatch: 2 });
    for (let n = 1; n <= 5; n += 1) sink.record(record("a", n));
    await clock.advance(0);
    expect(batches.flatMap((batch) => batch.ids)).toEqual(["a-1", "a-2", "a-3", "a-4"]);
  });

  it("writes everything on flush, whatever comes in meanwhile", async () => {
    const { clock, sink, batches } = setUp({ maxBatch: 3 });
    for (let n = 1; n <= 10; n += 1) sink.record(record("a", n));
    await clock.run(sink.flush());
    expect(batches.flatMap((batch) => batch.ids).length).toBe(10);
  });

  it("keeps records over a failure of the database and writes each once, in order", async () => {
    const { clock, sink, batches, lost } = setUp({ failures: 3 });
    sink.record(record("a", 1));
    sink.record(record("a", 2));
    await clock.run(sink.flush());
    expect(batches).toEqual([{ workspaceId: "a", ids: ["a-1", "a-2"] }]);
    expect(lost).toEqual([]);
  });

  it("says how many records were lost when the database stays away, and goes on with the next", async () => {
    const { clock, sink, batches, lost } = setUp({ failures: 5 });
    sink.record(record("a", 1));
    sink.record(record("a", 2));
    await clock.run(sink.flush());
    expect(lost).toEqual([{ workspaceId: "a", count: 2 }]);
    sink.record(record("a", 3));
    await clock.run(sink.flush());
    expect(batches).toEqual([{ workspaceId: "a", ids: ["a-3"] }]);
  });

  it("makes callers wait when it is behind, and lets them go when there is room", async () => {
    const { clock, sink } = setUp({ maxBatch: 2, maxQueued: 3, failures: 1 });
    // The first two are being written, for as long as the database is away.
    for (let n = 1; n <= 4; n += 1) expect(sink.record(record("a", n))).toBeUndefined();
    const room = sink.record(record("a", 5));
    expect(room).toBeInstanceOf(Promise);
    await clock.run(Promise.resolve(room));
    expect(sink.record(record("a", 6))).toBeUndefined();
    await clock.run(sink.flush());
  });
});
