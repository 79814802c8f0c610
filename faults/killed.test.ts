import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectExpired, type FaultTool, type HubProcess, places, startWorld, type World } from "./harness";
import type { MadeConnection, RefreshStep } from "./protocol";

/**
 * Case 3: `kill -9` of the process that refreshes, at each step; then another process makes the next calls. Linear lets a lost answer be
 * asked for again; `never` is the same tool with reuse detection on and no grace, where a second sending ends the grant.
 */

/** `vendor`: the request has reached the vendor, who rotates the token and has not answered. */
type Step = RefreshStep | "vendor";

interface Expected {
  /** What the dead process left, and what the vendor had seen of it. */
  readonly left: { readonly version: number; readonly intentPending: boolean };
  readonly sentBefore: number;
  /** Requests in all, once the next callers are done; null where they are told to connect again. */
  readonly sentByGrace: number;
  readonly sentByNever: number | null;
}

const open = { version: 1, intentPending: true };
const steps: readonly [Step, Expected][] = [
  ["intent", { left: { version: 1, intentPending: false }, sentBefore: 0, sentByGrace: 1, sentByNever: 1 }],
  // Nothing was sent, but nobody can know it: between the journal and the wire lies no step that both would share.
  ["request", { left: open, sentBefore: 0, sentByGrace: 1, sentByNever: null }],
  ["vendor", { left: open, sentBefore: 1, sentByGrace: 2, sentByNever: null }],
  ["answer", { left: open, sentBefore: 1, sentByGrace: 2, sentByNever: null }],
  ["commit", { left: { version: 2, intentPending: false }, sentBefore: 1, sentByGrace: 1, sentByNever: 1 }],
];

const callers = 20;

describe.each(places)("$name", (place) => {
  describe.runIf(place.available)("the refresher is killed", () => {
    let world: World;
    /** On PGlite the next process can only come after the first is gone. */
    let survivor: HubProcess;
    beforeAll(async () => {
      world = await startWorld(place, {
        tools: {
          grace: {},
          never: { refreshReplay: "never", settings: { reuseDetection: true, refreshGraceSeconds: 0 } },
        },
        tokenTiming: { leaseMs: 1_500 },
      });
      survivor = world.hubs[0];
    });
    afterAll(() => world?.close());

    /** Makes one call, and kills the process when its refresh has come to the step. */
    async function killAt(step: Step, victim: HubProcess, cases: readonly { tool: FaultTool; made: MadeConnection; before: number }[]) {
      const reached = cases.map(async ({ tool, made, before }) => {
        const held = step === "vendor" ? null : await victim.holdAt(made, step);
        if (held === null) await tool.control.addFault({ match: { operation: "refresh_token" }, effect: { kind: "withheld" } });
        victim.calls(made, 1).catch(() => {});
        await (held?.reached ?? expect.poll(async () => (await tool.refreshes()).length, { timeout: 20_000 }).toBe(before + 1));
      });
      await Promise.all(reached);
      await victim.kill();
    }

    it.each(steps)("at the step %s, and nothing good is lost", async (step, expected) => {
      const victim = place.processes > 1 ? await world.startHub() : survivor;
      const connectOne = async (id: string) => {
        const tool = world.tool(id);
        return { tool, made: await connectExpired(victim, tool), before: (await tool.refreshes()).length };
      };
      const grace = await connectOne("grace");
      const never = await connectOne("never");
      await killAt(step, victim, [grace, never]);
      if (place.processes === 1) survivor = await world.startHub();
      const sent = async ({ tool, before }: typeof grace) => (await tool.refreshes()).slice(before);
      for (const one of [grace, never]) {
        expect(await survivor.look(one.made)).toMatchObject({ ...expected.left, status: "connected" });
        expect((await sent(one)).length).toBe(expected.sentBefore);
      }

      const after = await survivor.calls(grace.made, callers, { maxWaitMs: 60_000 });
      expect(after).toMatchObject({ succeeded: callers, failures: {} });
      expect(await survivor.look(grace.made)).toMatchObject({ version: 2, status: "connected", intentPending: false });
      expect((await sent(grace)).length).toBe(expected.sentByGrace);

      const ofNever = await survivor.calls(never.made, callers, { maxWaitMs: 60_000 });
      const state = await survivor.look(never.made);
      expect((await sent(never)).length).toBe(expected.sentByNever ?? expected.sentBefore);
      if (expected.sentByNever === null) {
        expect(state).toMatchObject({
          status: "reauth_required",
          statusReason: expect.stringMatching(/answer .* lost.* Connect Linear again/),
        });
        expect(ofNever.failures).toEqual({ [`ENOTCONN: ${state.statusReason}`]: callers });
      } else {
        expect(ofNever).toMatchObject({ succeeded: callers, failures: {} });
        expect(state).toMatchObject({ version: 2, status: "connected" });
      }
    });

    it("and no grant was ended by it", async () => {
      for (const id of ["grace", "never"]) {
        const { grants } = await world.tool(id).control.state();
        expect(grants.liveGrants).toBe(steps.length);
      }
    });
  });
});
