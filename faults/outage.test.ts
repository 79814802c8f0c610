import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, type ExpectStatic, it } from "vitest";
import type { FaultInput } from "@/sandbox/control/faults";
import { type HubProcess, type Place, places, startWorld, type World } from "./harness";

/** Case 2: the token endpoint is down for the last half of a token's life, under steady load. */

const lifeMs = 20_000;
/** Of the token whose refresher is killed, so that there is time left after it. */
const onceLifeMs = 30_000;
/** The hub never renews before half of a token's life is over. */
const downAtMs = lifeMs / 2 - 500;
/** Of each process, on each vendor. */
const perSecond = 2;

const outages: Readonly<Record<string, FaultInput["effect"]>> = {
  unavailable: { kind: "status", status: 503 },
  reset: { kind: "reset" },
  // It starts in the second half of the token's life and ends after it; the refresh that it holds up is the one that succeeds.
  slow: { kind: "slow", delayMs: lifeMs / 2 },
  nonsense: { kind: "nonsense" },
};

/** The time that a case is about: this suite waits for no result with it. */
const until = (timeMs: number) => sleep(Math.max(0, timeMs - Date.now()));

// All at once: they are a matter of waiting.
describe("the token endpoint is down for the last half of a token's life", { concurrent: true }, () => {
  const worlds = new Map<Place, World>();
  const victims = new Map<Place, HubProcess>();
  beforeAll(async () => {
    // As Linear does, the sandbox names a second less than it gives.
    const settings = { accessTokenSeconds: lifeMs / 1_000 + 1 };
    const lasting = { accessTokenSeconds: onceLifeMs / 1_000 + 1, reuseDetection: true, refreshGraceSeconds: 0 };
    const once = { refreshReplay: "never" as const, settings: lasting };
    const tools = { ...Object.fromEntries(Object.keys(outages).map((id) => [id, { settings }])), once };
    for (const place of places.filter(({ available }) => available)) {
      // So short that a dead process's refresh is given up while the access still works.
      const world = await startWorld(place, { tools, tokenTiming: { leaseMs: 3_000, lostAfterMs: 3_000 } });
      worlds.set(place, world);
      if (place.processes > 1) victims.set(place, await world.startHub());
    }
  });
  afterAll(async () => {
    for (const world of worlds.values()) await world.close();
  });

  async function survive(world: World, id: string, effect: FaultInput["effect"], expect: ExpectStatic): Promise<void> {
    const tool = world.tool(id);
    const [hub] = world.hubs;
    const made = await hub.connect(tool);
    const connectedAtMs = Date.now();
    const loads = await Promise.all(world.hubs.map((each) => each.startLoad(made, { perSecond })));
    await until(connectedAtMs + downAtMs);
    expect(await tool.refreshes()).toEqual([]);
    await tool.control.addFault({ match: { operation: "refresh_token" }, effect, times: 1_000_000 });
    await until(connectedAtMs + lifeMs);
    expect(await hub.look(made)).toMatchObject({ version: 1, status: "connected" });
    await tool.control.clearFaults();
    await expect.poll(async () => (await hub.look(made)).version, { timeout: 30_000 }).toBe(2);
    // A second refresh would follow the first at once.
    await until(Date.now() + 500);
    for (const tally of await Promise.all(loads.map((load) => load.stop()))) {
      expect(tally.failures).toEqual({});
      expect(tally.succeeded).toBeGreaterThan((perSecond * lifeMs) / 2_000);
    }
    const sent = await tool.refreshes();
    const answered = id === "slow" ? sent : sent.filter(({ fault }) => fault === null);
    expect(answered).toMatchObject([{ status: 200 }]);
    expect(sent.at(-1)).toEqual(answered[0]);
    if (id !== "slow") expect(sent.length).toBeGreaterThan(1);
  }

  for (const place of places) {
    it.runIf(place.processes > 1 && place.available)(
      `and the process that renews is killed (${place.name}): no other's call fails until the token ends`,
      async ({ expect }) => {
        const world = worlds.get(place);
        const victim = victims.get(place);
        if (world === undefined || victim === undefined) throw new Error("The world was not started.");
        const tool = world.tool("once");
        const made = await victim.connect(tool);
        const connectedAtMs = Date.now();
        await tool.control.addFault({ match: { operation: "refresh_token" }, effect: { kind: "withheld" } });
        await victim.startLoad(made, { perSecond });
        await expect.poll(async () => (await tool.refreshes()).length, { timeout: onceLifeMs }).toBe(1);
        await victim.kill();
        const load = await world.hubs[0].startLoad(made, { perSecond });
        await until(connectedAtMs + onceLifeMs - 4_000);
        const tally = await load.stop();
        expect(tally.failures).toEqual({});
        expect(tally.succeeded).toBeGreaterThan(perSecond);
        expect((await tool.refreshes()).length).toBe(1);
      },
    );

    for (const [id, effect] of Object.entries(outages)) {
      it.runIf(place.available)(`(${id}, ${place.name}): no call fails, and one refresh follows`, async ({ expect }) => {
        const world = worlds.get(place);
        if (world === undefined) throw new Error("The world was not started.");
        await survive(world, id, effect, expect);
      });
    }
  }
});
