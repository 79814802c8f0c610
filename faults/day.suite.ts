import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { maxPageSize } from "@/server/integrations/linear/api";
import { complexityOf } from "@/server/integrations/linear/cost";
import { type DayOutcome, type DayScript, pageRead } from "./day.traffic";
import { type HubProcess, type Place, startWorld, type World } from "./harness";
import type { MadeConnection } from "./protocol";
import { suiteClient } from "./suite-variables";

/** A day's traffic against the vendor's limits; an hour passes in two seconds. */

const hourSeconds = 2;
const requestsPerHour = 120;
const pointsPerHour = 24_000;
const accounts = ["ann@acme.example", "ben@acme.example", "chloe@acme.example"];
const same = (count: number, steady: number) => Array.from({ length: count }, () => ({ steady, burst: 0 }));
/** The script: the night, everybody at once in the morning and after the break, and the evening. */
const hours: DayScript["hours"] = [
  ...same(7, 2),
  { steady: 10, burst: 0 },
  { steady: 30, burst: 40 },
  { steady: 30, burst: 80 },
  ...same(2, 40),
  { steady: 10, burst: 0 },
  { steady: 30, burst: 80 },
  ...same(3, 40),
  { steady: 20, burst: 0 },
  ...same(6, 4),
];

/** The day in one place. A file a place, so that they pass side by side. */
export function describeDay(place: Place): void {
  describe.runIf(place.available)(`${place.name}: a day of people and background work over three connections`, () => {
    let world: World;
    let made: readonly MadeConnection[];
    beforeAll(async () => {
      world = await startWorld(place, {
        tools: {
          linear: {
            settings: { requestsPerHour, complexityPerHour: pointsPerHour, limitHourSeconds: hourSeconds },
            rateGroups: [
              { group: "default", capacity: requestsPerHour, refillPerSecond: requestsPerHour / hourSeconds },
              { group: "complexity", capacity: pointsPerHour, refillPerSecond: pointsPerHour / hourSeconds },
            ],
          },
        },
      });
      made = await Promise.all(accounts.map((email) => world.hubs[0].connect(world.tool("linear"), { email })));
    });
    afterAll(() => world?.close());

    /** What the vendor has refused since the last look. */
    const refusals = async () => {
      const { control } = world.tool("linear");
      return (await control.journal()).entries.filter(({ path, status }) => path === "/graphql" && status !== 200).length;
    };

    it("meets no refusal, serves every person, and background work gets what they leave", { timeout: 180_000 }, async () => {
      const share = hours.map(({ steady, burst }) => ({ steady: steady / world.hubs.length, burst: burst / world.hubs.length }));
      const script: DayScript = { connections: made, hours: share, hourMs: hourSeconds * 1000, walkers: 24 / world.hubs.length };
      const outcomes = (await Promise.all(world.hubs.map((hub) => hub.run("day.traffic.ts", script)))) as DayOutcome[];
      expect(await refusals()).toBe(0);
      const perConnection = share.reduce((sum, { steady, burst }) => sum + steady + burst, 0);
      let points = 0;
      for (const { people, background, waits } of outcomes) {
        expect(people).toEqual({ calls: accounts.length * perConnection, failures: {} });
        expect(background.failures).toEqual({});
        expect(background.calls).toBeGreaterThan(50);
        // Background work asks for more than there is all day, and people hardly notice.
        expect(waits.ofMostPeopleMs).toBeLessThan(waits.ofHalfTheBackgroundMs);
        points += background.calls * complexityOf(pageRead, { first: maxPageSize });
      }
      // The budget does not keep its promise by leaving the limits unused.
      expect(points).toBeGreaterThan((accounts.length * pointsPerHour * hours.length) / 2);
    });

    it("learns of another app's spending by one refusal, and then no process asks before the vendor's time", async () => {
      const [ann, ben] = made;
      if (ann === undefined || ben === undefined) throw new Error("Three were connected.");
      const { control } = world.tool("linear");
      const others: readonly HubProcess[] = world.hubs.slice(1);
      // An hour so long that what the test takes does not fill anything.
      await control.set({ limitHourSeconds: 60 });
      await control.spend({ clientId: suiteClient.clientId, email: "ann@acme.example", requests: requestsPerHour });
      const before = await refusals();
      expect(await world.hubs[0].calls(ann, 1, { maxWaitMs: 0 })).toMatchObject({ succeeded: 0 });
      expect((await refusals()) - before).toBe(1);
      for (const hub of [...others, world.hubs[0]]) {
        expect(await hub.calls(ann, 20, { maxWaitMs: 0 })).toMatchObject({ calls: 20, succeeded: 0 });
        expect(await hub.calls(ben, 1)).toMatchObject({ succeeded: 1 });
      }
      expect((await refusals()) - before).toBe(1);
    });
  });
}
