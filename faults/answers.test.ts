import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { FaultInput } from "@/sandbox/control/faults";
import { receiptOf } from "@/server/vfs/storage/testing";
import { endOf, type LinearConnection, type LinearHub, startLinearHub } from "./linear-hub";

/**
 * Case 4: answers that are not what was hoped for. The product's own Linear, whole: file system or authorised `Send`, transport, tokens,
 * over HTTP. What was sent is read from the sandbox's journal, and what came of it from what the sandbox has.
 */

let world: LinearHub;
let made: LinearConnection;
beforeAll(async () => {
  world = await startLinearHub();
});
afterAll(() => world?.close());
beforeEach(async () => {
  made = await world.connect();
});
afterEach(() => world.sandbox.control.clearFaults());

const strike = (operation: string, effect: FaultInput["effect"], times = 1) =>
  world.sandbox.control.addFault({ match: { operation }, effect, times });
const watch = (operation: string) => world.watch(operation);
/** How many issues and comments more there are after `act`. */
async function growth(act: () => Promise<unknown>) {
  const before = await world.objects();
  await act();
  const after = await world.objects();
  return { issues: after.issues - before.issues, comments: after.comments - before.comments };
}

const root = "/context/tools/linear";
const issues = `${root}/teams/ENG/issues`;
const text = "---\nstate: Todo\n---\n\nWords.\n";
const create = (title: string, over: { idempotencyKey?: string; maxWaitMs?: number } = {}) =>
  made.files.write(made.scope, { path: `${issues}/${title}.md`, text, ifNoneMatch: "*", ...over });
const readOrganization = (maxWaitMs?: number) =>
  made.files.read(made.scope, { path: `${root}/organization.json`, fresh: true, ...(maxWaitMs === undefined ? {} : { maxWaitMs }) });

describe("401 on a token that had not expired", () => {
  it("costs a read one refresh and one replay", async () => {
    await made.files.stat(made.scope, { path: root });
    const [reads, refreshes] = [await watch("organization"), await watch("refresh_token")];
    await world.sandbox.control.expireAccessTokens();
    expect((await readOrganization()).text).toContain("Acme Parcels");
    expect(await reads()).toEqual([401, 200]);
    expect(await refreshes()).toEqual([200]);
    expect((await made.attempts("organization")).map(({ status }) => status)).toEqual([401, 200]);
  });

  it("costs a call that is not safe to repeat the same, since nothing happened: one object is made", async () => {
    const [creates, refreshes] = [await watch("issueCreate"), await watch("refresh_token")];
    await world.sandbox.control.expireAccessTokens();
    expect(await growth(() => made.createUnsafely("After a refusal"))).toEqual({ issues: 1, comments: 0 });
    expect(await creates()).toEqual([401, 200]);
    expect(await refreshes()).toEqual([200]);
  });

  it.each(["safe", "unsafe"])(
    "ends a %s call at the second one, without a loop, and costs the next calls no refresh each",
    async (kind) => {
      const operation = kind === "safe" ? "viewer" : "issueCreate";
      const act = () => (kind === "safe" ? made.view() : made.createUnsafely("Refused twice"));
      const [calls, refreshes] = [await watch(operation), await watch("refresh_token")];
      await strike(operation, { kind: "status", status: 401 }, 1_000);
      expect(await growth(async () => expect((await endOf(act())).code).toBe("ENOTCONN"))).toEqual({ issues: 0, comments: 0 });
      expect(await calls()).toEqual([401, 401]);
      for (let more = 0; more < 3; more++) expect((await endOf(act())).code).toBe("ENOTCONN");
      expect(await refreshes()).toEqual([200]);
      await world.sandbox.control.clearFaults();
      expect((await endOf(act())).code).toBeNull();
      expect(await made.status()).toBe("connected");
    },
  );

  it("is waited out while the token endpoint is down: the call is made with the new token, once", async () => {
    const [creates, refreshes] = [await watch("issueCreate"), await watch("refresh_token")];
    await strike("refresh_token", { kind: "status", status: 503 });
    await world.sandbox.control.expireAccessTokens();
    expect(await growth(() => made.createUnsafely("After an outage"))).toEqual({ issues: 1, comments: 0 });
    expect((await creates()).at(-1)).toBe(200);
    expect((await creates()).slice(0, -1).every((status) => status === 401)).toBe(true);
    expect(await refreshes()).toEqual([503, 200]);
    expect(await made.status()).toBe("connected");
  });
});

const limitForms = [
  ["seconds", "retry_after_seconds", 429],
  ["a date", "retry_after_date", 429],
  ["Linear's own header and body", "vendor", 400],
] as const;

describe.each(limitForms)("a limit told in %s", (_words, form, status) => {
  it("is waited for as long as it says, and the read then succeeds", async () => {
    const reads = await watch("organization");
    // A date has no fractions, so of two seconds at least one is left.
    await strike("organization", { kind: "rate_limited", form, seconds: 2 });
    expect((await readOrganization()).text).toContain("Acme Parcels");
    expect(await reads()).toEqual([status, 200]);
    const attempts = await made.attempts("organization");
    expect(attempts.map((attempt) => attempt.status)).toEqual([status, 200]);
    expect(attempts[1]?.waitMs).toBeGreaterThan(form === "retry_after_date" ? 900 : 1_900);
  });

  it("holds a call that is not safe to repeat too: refused is not done, so it is sent again", async () => {
    const creates = await watch("issueCreate");
    await strike("issueCreate", { kind: "rate_limited", form, seconds: 1 });
    expect(await growth(() => made.createUnsafely("After a limit"))).toEqual({ issues: 1, comments: 0 });
    expect(await creates()).toEqual([status, 200]);
  });

  it("that lies past the caller's bound is EAGAIN at once with the time, and the next caller does not even ask", async () => {
    const reads = await watch("organization");
    await strike("organization", { kind: "rate_limited", form, seconds: 60 });
    for (let caller = 0; caller < 3; caller++) {
      const { code, error } = await endOf(readOrganization(500));
      expect(code).toBe("EAGAIN");
      expect(error?.retryAfterMs).toBeGreaterThan(50_000);
      expect(error?.retryAfterMs).toBeLessThanOrEqual(61_000);
    }
    expect(await reads()).toEqual([status]);
  });
});

describe("a failure", () => {
  it("of a read is repeated until it succeeds", async () => {
    const reads = await watch("organization");
    await strike("organization", { kind: "status", status: 500 }, 2);
    expect((await readOrganization()).text).toContain("Acme Parcels");
    expect(await reads()).toEqual([500, 500, 200]);
  });

  it("of a read that goes on ends within the caller's bound, after a few tries", async () => {
    const reads = await watch("organization");
    await strike("organization", { kind: "status", status: 503 }, 1_000);
    expect((await endOf(readOrganization(1_500))).code).toBe("EIO");
    expect((await reads()).length).toBeGreaterThan(1);
    expect((await reads()).length).toBeLessThanOrEqual(8);
  });

  it.each([500, 502, 503])(
    "with status %i of a POST that is not safe to repeat is sent once, and the caller is told that nobody knows",
    async (status) => {
      const creates = await watch("issueCreate");
      await strike("issueCreate", { kind: "status", status }, 1_000);
      const { code, error } = await endOf(made.createUnsafely("Failed"));
      expect([code, error?.retryable, error?.details.outcome]).toEqual(["EIO", false, "unknown"]);
      expect(error?.message).toContain("look before making it again");
      expect(await creates()).toEqual([status]);
    },
  );

  it("of a create that carries its own id is repeated: one object is made", async () => {
    const creates = await watch("issueCreate");
    await strike("issueCreate", { kind: "status", status: 500 });
    expect(await growth(() => create("Repeated"))).toEqual({ issues: 1, comments: 0 });
    expect(await creates()).toEqual([500, 200]);
  });
});

describe("a connection that is reset", () => {
  it("before anything was done costs a read another try", async () => {
    const reads = await watch("organization");
    await strike("organization", { kind: "reset" });
    expect((await readOrganization()).text).toContain("Acme Parcels");
    expect(await reads()).toEqual([null, 200]);
  });

  it("in the middle of the answer gives no half file: the read is repeated, whole", async () => {
    const whole = (await readOrganization()).text;
    const reads = await watch("organization");
    await strike("organization", { kind: "cut_answer" });
    expect((await readOrganization()).text).toBe(whole);
    expect(await reads()).toEqual([200, 200]);
  });

  it.each(["reset", "cut_answer", "lost_answer"] as const)(
    "(%s) under a call that is not safe to repeat leaves it sent once, and says that nobody knows",
    async (kind) => {
      const creates = await watch("issueCreate");
      await strike("issueCreate", { kind });
      const grown = await growth(async () => {
        const { code, error } = await endOf(made.createUnsafely("Cut off"));
        expect([code, error?.retryable, error?.details.outcome]).toEqual(["EIO", false, "unknown"]);
      });
      expect(grown).toEqual({ issues: kind === "reset" ? 0 : 1, comments: 0 });
      expect(await creates()).toHaveLength(1);
    },
  );
});

describe("a lost answer to a create", () => {
  it.each(["lost_answer", "cut_answer"] as const)("(%s) leaves one issue, and the caller has its receipt", async (kind) => {
    const creates = await watch("issueCreate");
    await strike("issueCreate", { kind });
    const grown = await growth(async () => {
      const receipt = receiptOf(await create("Lost once"));
      expect((await made.files.read(made.scope, { path: receipt.canonicalPath })).text).toMatch(/^title: Lost once$/m);
    });
    expect(grown).toEqual({ issues: 1, comments: 0 });
    expect(await creates()).toHaveLength(2);
  });

  it("leaves one comment", async () => {
    const { nodes } = await made.files.list(made.scope, { path: issues, limit: 1 });
    const comments = `${nodes[0]?.companion}/comments.md`;
    await strike("commentCreate", { kind: "lost_answer" });
    expect(await growth(() => made.files.append(made.scope, { path: comments, text: "Said once." }))).toEqual({ issues: 0, comments: 1 });
    expect((await made.files.read(made.scope, { path: comments, fresh: true })).text.match(/Said once\./g)).toHaveLength(1);
  });

  it("that goes on being lost tells the caller so; asked again with the same key, nothing is sent, and the one issue is there", async () => {
    await strike("issueCreate", { kind: "lost_answer" }, 1_000);
    const lost = { code: "EIO", error: { details: { outcome: "unknown" } } };
    const grown = await growth(async () => {
      expect(await endOf(create("Lost for long", { idempotencyKey: "one-key", maxWaitMs: 1_000 }))).toMatchObject(lost);
      await world.sandbox.control.clearFaults();
      const creates = await watch("issueCreate");
      expect(await endOf(create("Lost for long", { idempotencyKey: "one-key" }))).toMatchObject(lost);
      expect(await creates()).toEqual([]);
    });
    expect(grown).toEqual({ issues: 1, comments: 0 });
    const { nodes } = await made.files.list(made.scope, { path: issues, fresh: true, limit: 1_000 });
    expect(nodes.filter(({ name }) => name.includes("Lost for long"))).toHaveLength(1);
  });
});
