import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDb } from "@/db/testing";
import { HubError } from "@/server/errors";
import type { TokenAnswer } from "@/server/integrations/contract";
import { systemClock } from "@/server/transport/clock";
import {
  answerOf,
  changeTokenRow,
  connectIn,
  down,
  type Endpoint,
  invalidGrant,
  lostAnswer,
  openTokenWorld,
  refusal,
  startProcess,
  type TokenWorld,
  tokenRowOf,
  virtualNow,
} from "./test-tokens";
import { createTokenStore } from "./token-store";

/** What a token outlives, and how it ends: terminal answers while it still works, lost answers and late ones. */

let world: TokenWorld;
beforeAll(async () => {
  world = await openTokenWorld(await createTestDb());
});
afterAll(() => world.db.close());

const connect = (first: Partial<TokenAnswer> = {}, endpoint: Partial<Endpoint> = {}) => connectIn(world, first, endpoint);
const rowOf = (connectionId: string) => tokenRowOf(world, connectionId);

const change = (connectionId: string, set: SQL) => changeTokenRow(world, connectionId, set);
const pauseIsOver = (connectionId: string) => change(connectionId, sql`backoff_until = clock_timestamp()`);

const refuses = (error: () => HubError) => () => {
  throw error();
};

describe("a grant that has ended while its token still works", () => {
  const ended = async () => {
    const one = await connect({ expiresInSeconds: 3600 });
    one.endpoint.answer = refuses(invalidGrant);
    await one.source.current(one.context);
    await one.clock.advance(3_595_000);
    expect((await one.source.current(one.context)).accessToken).toBe("access-0");
    await expect.poll(async () => (await rowOf(one.connectionId)).status).toBe("reauth_required");
    return one;
  };

  it("says so at once, and goes on serving until the token's last second, in every process, without asking again", async () => {
    const { source, context, clock, connectionId, endpoint } = await ended();
    const other = startProcess(world, clock, endpoint).sourceFor(connectionId);
    expect((await other.current(context)).accessToken).toBe("access-0");
    const before = world.db.roundTrips;
    for (let second = 0; second < 5; second += 1) {
      expect((await source.current(context)).accessToken).toBe("access-0");
      expect((await other.current(context)).accessToken).toBe("access-0");
      await clock.advance(1000);
    }
    // Nor is the database asked again: what only a person can mend is not looked at with every call.
    expect(world.db.roundTrips).toBe(before);
    for (const one of [source, other]) {
      expect(await refusal(one.current(context))).toMatchObject({ code: "ENOTCONN", message: invalidGrant().message });
    }
    expect(endpoint.sent.length).toBe(1);
  });

  it("stops at a refusal of the token, and then for everybody", async () => {
    const { source, context, connectionId, endpoint, clock } = await ended();
    const since = (await rowOf(connectionId)).status_since;
    const error = await refusal(source.renew(await source.current(context), context));
    expect(error).toMatchObject({ code: "ENOTCONN", message: invalidGrant().message });
    const row = await rowOf(connectionId);
    expect(new Date(String(row.access_expires_at)).getTime()).toBeLessThanOrEqual(clock.now());
    expect(row).toMatchObject({ status: "reauth_required", status_since: since, keep_alive_at: null });
    expect(await refusal(startProcess(world, clock, endpoint).sourceFor(connectionId).current(context))).toMatchObject({
      code: "ENOTCONN",
    });
    expect(endpoint.sent.length).toBe(1);
  });

  it("is no ending when another process has stored a newer token meanwhile: that one is used", async () => {
    const { source, context, endpoint, connectionId, tokens } = await connect({ expiresInSeconds: 0 });
    endpoint.answer = async () => {
      const sealed = await tokens.seal(world.workspace.scope, { connectionId, ownerId: null }, answerOf(9));
      await createTokenStore(world.db).store(world.workspace.jobScope, 1, sealed, null);
      throw invalidGrant();
    };
    expect(await source.current(context)).toMatchObject({ accessToken: "access-9", version: 2 });
    expect(await rowOf(connectionId)).toMatchObject({ status: "connected", terminal_error: null });
  });

  it("that the vendor ended elsewhere is over for every process at once", async () => {
    const { tokens, context, connectionId, clock, endpoint } = await connect();
    await tokens.end(world.workspace.jobScope, connectionId, "Another connection's end ended this one. Connect it again.");
    const other = startProcess(world, clock, endpoint).sourceFor(connectionId);
    expect(await refusal(other.current(context))).toMatchObject({ message: "Another connection's end ended this one. Connect it again." });
    expect(await rowOf(connectionId)).toMatchObject({ status: "reauth_required" });
    expect(endpoint.sent).toEqual([]);
  });
});

describe("a renewal whose answer was lost", () => {
  it("is asked for again within the vendor's grace, counted from the first time", async () => {
    const { source, context, endpoint, connectionId } = await connect({ expiresInSeconds: 0 }, { refreshReplay: { graceMs: 60_000 } });
    endpoint.answer = refuses(lostAnswer);
    expect(await refusal(source.current(context))).toMatchObject({ code: "EAGAIN" });
    const first = (await rowOf(connectionId)).intent_at;
    // A refusal that proves nothing was done does not settle what the first time did.
    endpoint.answer = refuses(down);
    await pauseIsOver(connectionId);
    await refusal(source.current(context));
    expect((await rowOf(connectionId)).intent_at).toEqual(first);
    await pauseIsOver(connectionId);
    endpoint.answer = async () => answerOf(1);
    expect(await source.current(context)).toMatchObject({ accessToken: "access-1" });
    expect(endpoint.sent).toEqual(["refresh-0", "refresh-0", "refresh-0"]);
    expect(await rowOf(connectionId)).toMatchObject({ intent_at: null });
  });

  it("is not asked for again when the grace is over: the connection says so, and works on while its token does", async () => {
    const { source, context, endpoint, connectionId, clock } = await connect({}, { refreshReplay: { graceMs: 60_000 } });
    await change(connectionId, sql`intent_at = clock_timestamp() - interval '61 seconds'`);
    await source.current(context);
    await clock.advance(3_595_000);
    expect((await source.current(context)).accessToken).toBe("access-0");
    await expect.poll(async () => (await rowOf(connectionId)).status).toBe("reauth_required");
    expect((await rowOf(connectionId)).status_reason).toContain("the 60 seconds in which Plain lets the hub ask again are over");
    expect((await source.current(context)).accessToken).toBe("access-0");
    await clock.advance(10_000);
    expect(await refusal(source.current(context))).toMatchObject({ code: "ENOTCONN" });
    expect(endpoint.sent).toEqual([]);
  });

  it("is asked for again at any time where the old token stays valid", async () => {
    const { source, context, connectionId, endpoint } = await connect({ expiresInSeconds: 0 }, { refreshReplay: "always" });
    await change(connectionId, sql`intent_at = clock_timestamp() - interval '1 year', lease_by = 'dead', lease_until = clock_timestamp()`);
    expect(await source.current(context)).toMatchObject({ accessToken: "access-1" });
    expect(endpoint.sent).toEqual(["refresh-0"]);
  });

  it("is never asked for again where a refresh token may be used once, be it lost, broken or nonsense", async () => {
    const broken = () => new HubError("EIO", "It broke.", { retryable: true, details: { vendorStatus: 500 } });
    const nonsense = () => new HubError("EIO", "No token in it.", { details: { outcome: "unknown" } });
    for (const failure of [lostAnswer, broken, nonsense]) {
      const { source, context, connectionId, endpoint } = await connect({ expiresInSeconds: 0 }, { refreshReplay: "never" });
      endpoint.answer = refuses(failure);
      expect(await refusal(source.current(context))).toMatchObject({ code: "ENOTCONN" });
      endpoint.answer = async () => answerOf(1);
      expect((await refusal(source.current(context))).message).toContain("lets the hub ask only once");
      expect(await rowOf(connectionId)).toMatchObject({ status: "reauth_required" });
      expect(endpoint.sent).toEqual(["refresh-0"]);
    }
  });

  it("and that certainly changed nothing is made again even then", async () => {
    const { source, context, connectionId, endpoint } = await connect({ expiresInSeconds: 0 }, { refreshReplay: "never" });
    for (const failure of [
      down,
      () => new HubError("EAGAIN", "Too many.", { details: { vendorStatus: 429 } }),
      () => new HubError("EIO", "Not reached.", { retryable: true, details: { outcome: "not_done" } }),
    ]) {
      endpoint.answer = refuses(failure);
      expect(await refusal(source.current(context))).toMatchObject({ code: "EAGAIN" });
      await pauseIsOver(connectionId);
    }
    endpoint.answer = async () => answerOf(1);
    expect(await source.current(context)).toMatchObject({ accessToken: "access-1" });
  });

  it("because its holder is paused or cut off is waited for, and its late answer is taken", async () => {
    const { source, context, connectionId, endpoint, tokens } = await connect(
      { expiresInSeconds: 0 },
      { refreshReplay: "never", timing: { lostAfterMs: 60_000 } },
    );
    let looks = 0;
    const other = startProcess(world, systemClock, endpoint, (store) => ({
      ...store,
      find(...given) {
        looks += 1;
        return store.find(...given);
      },
    }));
    await change(connectionId, sql`intent_at = clock_timestamp(), lease_by = 'paused', lease_until = clock_timestamp()`);
    const waiting = other.sourceFor(connectionId).current(context);
    await expect.poll(() => looks).toBeGreaterThan(3);
    expect(await rowOf(connectionId)).toMatchObject({ status: "connected", terminal_error: null });
    const sealed = await tokens.seal(world.workspace.scope, { connectionId, ownerId: null }, answerOf(7));
    expect(await createTokenStore(world.db).store(world.workspace.jobScope, 1, sealed, null)).toBe("stored");
    expect(await waiting).toMatchObject({ accessToken: "access-7" });
    expect(await source.current(context)).toMatchObject({ accessToken: "access-7" });
    expect(endpoint.sent).toEqual([]);
  });

  it("and given up mends the connection all the same when its answer comes at last", async () => {
    const { source, context, connectionId, endpoint, tokens } = await connect({ expiresInSeconds: 0 }, { refreshReplay: "never" });
    await change(
      connectionId,
      sql`intent_at = clock_timestamp() - interval '1 hour', lease_by = 'paused', lease_until = clock_timestamp()`,
    );
    expect(await refusal(source.current(context))).toMatchObject({ code: "ENOTCONN" });
    expect(await rowOf(connectionId)).toMatchObject({ status: "reauth_required" });
    const sealed = await tokens.seal(world.workspace.scope, { connectionId, ownerId: null }, answerOf(7));
    expect(await createTokenStore(world.db).store(world.workspace.jobScope, 1, sealed, null)).toBe("stored");
    expect(await source.current(context)).toMatchObject({ accessToken: "access-7" });
    expect(await rowOf(connectionId)).toMatchObject({ status: "connected", status_reason: null, terminal_error: null });
    expect(endpoint.sent).toEqual([]);
  });
});

describe("an answer that comes too late", () => {
  /** Another process stores its answer while ours is under way. */
  const overtaken = async (over: Partial<Endpoint>, theirs: Partial<TokenAnswer> = {}) => {
    const one = await connect({ expiresInSeconds: 0 }, over);
    one.endpoint.answer = async () => {
      const sealed = await one.tokens.seal(world.workspace.scope, { connectionId: one.connectionId, ownerId: null }, answerOf(9, theirs));
      await createTokenStore(world.db).store(world.workspace.jobScope, 1, sealed, null);
      return answerOf(1);
    };
    expect(await one.source.current(one.context)).toMatchObject({ version: 2 });
    await expect.poll(() => JSON.stringify(one.lines)).toContain("came too late");
    return one;
  };

  it("is given back where that ends these tokens alone", async () => {
    const { endpoint } = await overtaken({ revocationEnds: "token" });
    await expect.poll(() => endpoint.revoked).toEqual(["access-1", "refresh-1"]);
  });

  it("is left to expire where that would end the live grant, or every connection of the account", async () => {
    for (const revocationEnds of ["grant", "account", null] as const) {
      const { endpoint, tokens, connectionId } = await overtaken({ revocationEnds });
      expect(endpoint.revoked).toEqual([]);
      expect(await tokens.find(world.workspace.scope, connectionId)).toMatchObject({ accessToken: "access-9" });
    }
  });

  it("is not given back as far as it is what was stored", async () => {
    const { endpoint, connectionId } = await overtaken({}, { refreshToken: "refresh-1" });
    await expect.poll(() => endpoint.revoked).toEqual(["access-1", null]);
    expect(await rowOf(connectionId)).toMatchObject({ status: "connected" });
  });

  it("for a connection that is being disconnected, or is gone, is given back whatever that ends, and never stored", async () => {
    const { db, workspace } = world;
    for (const leave of [sql`update connection set status = 'disconnecting' where id = `, sql`delete from connection where id = `]) {
      const { source, context, endpoint, connectionId } = await connect({ expiresInSeconds: 0 }, { revocationEnds: "account" });
      endpoint.answer = async () => {
        await db.withScope(workspace.scope, (tx) => tx.execute(sql`${leave}${connectionId}`));
        return answerOf(1);
      };
      expect(await refusal(source.current(context))).toMatchObject({ code: "ENOTCONN" });
      await expect.poll(() => endpoint.revoked).toEqual(["access-1", "refresh-1"]);
      expect((await rowOf(connectionId)).version ?? 1).toBe(1);
    }
  });
});

describe("a pause after a failed renewal", () => {
  const pauseMsOf = async (connectionId: string) => {
    const { rows } = await world.db.withScope(world.workspace.jobScope, (tx) =>
      tx.execute(sql`select extract(epoch from backoff_until - clock_timestamp())::float8 * 1000 as ms from connection_token
        where connection_id = ${connectionId}`),
    );
    return Number(rows[0]?.ms);
  };

  it("doubles up to its bound, shorter once people wait, and never outlasts the access by itself", async () => {
    const { source, context, endpoint, connectionId, clock } = await connect({}, { refreshReplay: "always" });
    endpoint.answer = refuses(down);
    await change(connectionId, sql`failures = 12`);
    await source.current(context);
    await clock.advance(3_595_000);
    await source.current(context);
    await expect.poll(async () => (await rowOf(connectionId)).failures).toBe(13);
    expect(await pauseMsOf(connectionId)).toBeLessThanOrEqual(5000);
    await clock.advance(5000);
    await pauseIsOver(connectionId);
    expect(await refusal(source.current(context))).toMatchObject({ code: "EAGAIN", retryAfterMs: 3000 });
  });

  it("is as long as the vendor asks, but not for ever", async () => {
    for (const [askedMs, expectedMs] of [
      [42_000, 42_000],
      [1e12, 3_600_000],
    ] as const) {
      const { source, context, endpoint } = await connect({ expiresInSeconds: 0 });
      endpoint.answer = refuses(() => new HubError("EAGAIN", "Too many.", { retryAfterMs: askedMs, details: { vendorStatus: 429 } }));
      expect(await refusal(source.current(context))).toMatchObject({ code: "EAGAIN", retryAfterMs: expectedMs });
    }
  });

  it("names the reason, which may be the hub's own configuration, and leaves the grant alive", async () => {
    const { source, context, endpoint, connectionId } = await connect({ expiresInSeconds: 0 }, { refreshReplay: "never" });
    const wrongSecret = () => new HubError("EIO", "Check PLAIN_CLIENT_SECRET.", { details: { vendorStatus: 401 } });
    endpoint.answer = refuses(wrongSecret);
    expect(await refusal(source.current(context))).toMatchObject({
      code: "EAGAIN",
      message: "Plain does not renew the access at the moment. Check PLAIN_CLIENT_SECRET.",
    });
    expect(await rowOf(connectionId)).toMatchObject({ status: "connected", terminal_error: null });
  });

  it("leaves time to ask again within the vendor's grace", async () => {
    const { source, context, endpoint, connectionId } = await connect({ expiresInSeconds: 0 }, { refreshReplay: { graceMs: 4000 } });
    await change(connectionId, sql`failures = 12`);
    endpoint.answer = refuses(lostAnswer);
    expect((await refusal(source.current(context))).retryAfterMs).toBeLessThanOrEqual(1000);
  });
});

describe("an answer that cannot be stored yet", () => {
  it("is kept until the database is back", async () => {
    const clock = virtualNow();
    const { connectionId, context, endpoint } = await connect({ expiresInSeconds: 0 });
    const away = 20;
    let tries = 0;
    const one = startProcess(world, clock, endpoint, (store) => ({
      ...store,
      store: async (...given) => {
        tries += 1;
        if (tries <= away) throw new Error("The database is away.");
        return store.store(...given);
      },
    }));
    const waiting = one.sourceFor(connectionId).current({ ...context, maxWaitMs: 3_600_000 });
    const look = async () => {
      await clock.advance(5000);
      return tries;
    };
    await expect.poll(look, { interval: 5 }).toBeGreaterThan(away);
    expect(await waiting).toMatchObject({ accessToken: "access-1" });
    expect(endpoint.sent).toEqual(["refresh-0"]);
  });
});
