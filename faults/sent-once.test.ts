import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FaultInput } from "@/sandbox/control/faults";
import { connectExpired, type FaultTool, type HubProcess, places, startWorld, type World } from "./harness";
import type { MadeConnection } from "./protocol";

/**
 * Case 5: a vendor with reuse detection and no grace (`refreshReplay: "never"`). A refresh token that came twice would look stolen, and end the
 * grant. `kill -9` is in `killed.test.ts`.
 */

const leaseMs = 1_500;
const callers = 200;

const lost: Readonly<Record<string, FaultInput["effect"]>> = {
  "the connection is reset": { kind: "reset" },
  "the answer is lost": { kind: "lost_answer" },
  "the answer breaks off": { kind: "cut_answer" },
  "no answer comes in time": { kind: "withheld" },
};

describe.each(places)("$name", (place) => {
  describe.runIf(place.available)("no refresh token is ever sent twice", () => {
    let world: World;
    let tool: FaultTool;
    beforeAll(async () => {
      const never = {
        refreshReplay: "never" as const,
        refreshTimeoutMs: 5_000,
        settings: { reuseDetection: true, refreshGraceSeconds: 0, accessTokenSeconds: 3_600 },
      };
      world = await startWorld(place, { tools: { never }, tokenTiming: { leaseMs, lostAfterMs: 20_000 } });
      tool = world.tool("never");
    });
    afterAll(() => world?.close());

    const newest = async () => {
      const before = (await tool.refreshes()).length;
      return async () => (await tool.refreshes()).slice(before);
    };

    const callFromAll = (made: MadeConnection, hubs: readonly HubProcess[] = world.hubs) =>
      Promise.all(hubs.map((hub) => hub.calls(made, callers / hubs.length, { maxWaitMs: 60_000 })));

    it("by many who find the token expired", async () => {
      const made = await connectExpired(world.hubs[0], tool);
      const sent = await newest();
      for (const tally of await callFromAll(made)) expect(tally.failures).toEqual({});
      expect(await sent()).toMatchObject([{ status: 200 }]);
    });

    it("by many whose token is refused", async () => {
      const made = await world.hubs[0].connect(tool);
      await callFromAll(made);
      const sent = await newest();
      await tool.control.expireAccessTokens();
      for (const tally of await callFromAll(made)) expect(tally.failures).toEqual({});
      expect(await sent()).toMatchObject([{ status: 200 }]);
    });

    it("by those who come when the endpoint cannot answer now, until it said so", async () => {
      const made = await connectExpired(world.hubs[0], tool);
      const sent = await newest();
      await tool.control.addFault({ match: { operation: "refresh_token" }, effect: { kind: "status", status: 503 } });
      for (const tally of await callFromAll(made)) expect(tally.failures).toEqual({});
      expect(await sent()).toMatchObject([{ status: 503 }, { status: 200 }]);
    });

    it.each(Object.entries(lost))("when %s: the connection says so and waits for a person", async (_, effect) => {
      const made = await connectExpired(world.hubs[0], tool);
      const sent = await newest();
      await tool.control.addFault({ match: { operation: "refresh_token" }, effect });
      const tallies = [...(await callFromAll(made)), ...(await callFromAll(made))];
      const { status, statusReason } = await world.hubs[0].look(made);
      expect(status).toBe("reauth_required");
      expect(statusReason).toMatch(/answer .* lost.* Connect Linear again/);
      for (const { failures, succeeded } of tallies) {
        expect(succeeded).toBe(0);
        expect(failures).toEqual({ [`ENOTCONN: ${statusReason}`]: callers / world.hubs.length });
      }
      expect((await sent()).length).toBe(1);
    });

    it.runIf(place.processes > 1)(
      "by the next process while the first sleeps longer than its lease, with the answer on its way",
      async () => {
        const [sleeper, other] = world.hubs;
        if (other === undefined) throw new Error("A second process is needed.");
        const made = await connectExpired(world.hubs[0], tool);
        const sent = await newest();
        await tool.control.addFault({ match: { operation: "refresh_token" }, effect: { kind: "slow", delayMs: 2_000 } });
        const asleep = sleeper.calls(made, 1, { maxWaitMs: 60_000 });
        await expect.poll(async () => (await other.look(made)).leased).toBe(true);
        sleeper.pause();
        const waiting = other.calls(made, callers, { maxWaitMs: 60_000 });
        await expect.poll(async () => (await other.look(made)).leased, { timeout: 4 * leaseMs }).toBe(false);
        // Long enough for the other to look again and find the lease free, for the answer to be there, and for its time to be over.
        await sleep(5_000);
        sleeper.resume();
        expect((await waiting).failures).toEqual({});
        expect((await asleep).failures).toEqual({});
        expect(await sent()).toMatchObject([{ status: 200 }]);
      },
    );

    it("in all of this but after an answer that it was not taken", async () => {
      const taken = (await tool.refreshes()).filter(({ status }) => status !== 503).map(({ credential }) => credential);
      expect(taken.length).toBeGreaterThan(5);
      expect(new Set(taken).size).toBe(taken.length);
    });
  });
});
