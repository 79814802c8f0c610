import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectExpired, places, startWorld, type World } from "./harness";

/** Case 1: a thousand callers find the token expired; and the race that the lease could not prevent, decided by the version. */

const leaseMs = 2_000;
const callers = 1_000;

describe.each(places)("$name", (place) => {
  describe.runIf(place.available)("a thousand callers on an expired token", () => {
    let world: World;
    beforeAll(async () => {
      world = await startWorld(place, {
        tools: { linear: {}, strict: { settings: { refreshGraceSeconds: 0 } } },
        tokenTiming: { leaseMs },
      });
    });
    afterAll(() => world?.close());

    it.each([
      ["50 ms", 50],
      ["2 s", 2_000],
      ["three terms of the lease", 3 * leaseMs],
    ])("make one call of a token endpoint that takes %s, and none fails", async (_, delayMs) => {
      const tool = world.tool("linear");
      const made = await connectExpired(world.hubs[0], tool);
      await tool.control.addFault({ match: { operation: "refresh_token" }, effect: { kind: "slow", delayMs }, times: 1_000 });
      const before = (await tool.refreshes()).length;
      // Each process has read the row, and found nobody refreshing, before any takes the lease.
      const held = await Promise.all(world.hubs.map((hub) => hub.holdAt(made, "intent")));
      const share = callers / world.hubs.length;
      const tallies = world.hubs.map((hub) => hub.calls(made, share, { maxWaitMs: 60_000 }));
      await Promise.all(held.map(({ reached }) => reached));
      await Promise.all(held.map(({ release }) => release()));
      for (const { failures, succeeded } of await Promise.all(tallies))
        expect({ failures, succeeded }).toEqual({ failures: {}, succeeded: share });
      expect((await tool.refreshes()).slice(before)).toMatchObject([{ status: 200 }]);
      expect(await world.hubs[0].look(made)).toMatchObject({ version: 2, status: "connected", intentPending: false });
      await tool.control.clearFaults();
    });

    it.runIf(place.processes > 1)(
      "in the process that comes too late, and is refused, use the token of the one that came first",
      async () => {
        const [late, first] = world.hubs;
        if (first === undefined) throw new Error("A second process is needed.");
        const tool = world.tool("strict");
        const made = await connectExpired(world.hubs[0], tool);
        const held = await late.holdAt(made, "request");
        const ofLate = late.calls(made, 100, { maxWaitMs: 60_000 });
        await held.reached;
        late.pause();
        expect((await first.calls(made, 100, { maxWaitMs: 60_000 })).failures).toEqual({});
        late.resume();
        await held.release();
        expect((await ofLate).failures).toEqual({});
        expect(await tool.refreshes()).toMatchObject([{ status: 200 }, { status: 400 }]);
        expect(await first.look(made)).toMatchObject({ version: 2, status: "connected" });
      },
    );
  });
});
