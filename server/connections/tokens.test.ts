import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import { createTestDb, type SeededWorkspace } from "@/db/testing";
import type { TokenAnswer } from "@/server/integrations/contract";
import { systemClock } from "@/server/transport/clock";
import type { HeldToken } from "@/server/transport/send";
import {
  answerOf,
  connectIn,
  down,
  type Endpoint,
  invalidGrant,
  openTokenWorld,
  refusal,
  startProcess,
  type TokenWorld,
  tokenRowOf,
  virtualNow,
} from "./test-tokens";
import { createTokenStore } from "./token-store";

let world: TokenWorld;
let db: Database;
let workspace: SeededWorkspace;

beforeAll(async () => {
  world = await openTokenWorld(await createTestDb());
  ({ db, workspace } = world);
});
afterAll(() => db.close());

const setUp = (first: Partial<TokenAnswer> = {}, endpoint: Partial<Endpoint> = {}) => connectIn(world, first, endpoint);
const rowOf = (connectionId: string) => tokenRowOf(world, connectionId);

describe("tokens", () => {
  it("are stored sealed, and read back by any process", async () => {
    const { connectionId, source, context, tokens } = await setUp();
    expect(await source.current(context)).toMatchObject({ accessToken: "access-0", version: 1 });
    const other = startProcess(world, virtualNow());
    expect(await other.sourceFor(connectionId).current(context)).toMatchObject({ accessToken: "access-0" });
    expect(await tokens.find(workspace.scope, connectionId)).toEqual({ accessToken: "access-0", refreshToken: "refresh-0" });
    const row = await rowOf(connectionId);
    for (const column of ["access_enc", "refresh_enc"]) expect(String(row[column])).not.toContain("-0");
  });

  it("in memory cost no query", async () => {
    const { source, context } = await setUp();
    await source.current(context);
    const before = db.roundTrips;
    await source.current(context);
    expect(db.roundTrips).toBe(before);
  });

  it("of a connection that was disconnected are gone for every process at its next look", async () => {
    const { connectionId, source, context, tokens } = await setUp();
    await source.current(context);
    await db.withScope(workspace.scope, (tx) => tokens.remove(tx, connectionId));
    expect(await refusal(source.reload(context))).toMatchObject({ code: "ENOTCONN" });
    expect(await tokens.find(workspace.scope, connectionId)).toBeNull();
  });

  it("stored over older ones raise the version and mend a connection that had ended", async () => {
    const { connectionId, source, context, tokens, endpoint } = await setUp({ expiresInSeconds: 0 });
    endpoint.answer = () => {
      throw invalidGrant();
    };
    await refusal(source.current(context));
    const sealed = await tokens.seal(workspace.scope, { connectionId, ownerId: null }, answerOf(7, { refreshToken: null }));
    await db.withScope(workspace.scope, async (tx) => {
      await tokens.save(tx, sealed);
      await tx.execute(sql`update connection set status = 'connected' where id = ${connectionId}`);
    });
    expect(await source.current(context)).toMatchObject({ accessToken: "access-7", version: 2 });
    expect(await rowOf(connectionId)).toMatchObject({ terminal_error: null, refresh_enc: null });
  });
});

describe("a refresh", () => {
  it("of an expired token is one call, however many wait for it", async () => {
    const { source, context, endpoint } = await setUp({ expiresInSeconds: 0 });
    const held = await Promise.all(Array.from({ length: 50 }, () => source.current(context)));
    expect(new Set(held.map((token) => token.accessToken))).toEqual(new Set(["access-1"]));
    expect(endpoint.sent).toEqual(["refresh-0"]);
  });

  it("is one call for several processes that find the token expired at once, and the losers get the winner's token", async () => {
    const { connectionId, context, endpoint } = await setUp({ expiresInSeconds: 0 });
    // The real clock: who finds the lease taken looks again after a moment.
    const processes = [1, 2, 3, 4].map(() => startProcess(world, systemClock, endpoint).sourceFor(connectionId));
    const held = await Promise.all(processes.flatMap((one) => [1, 2, 3].map(() => one.current(context))));
    expect(new Set(held.map((token) => token.accessToken))).toEqual(new Set(["access-1"]));
    expect(endpoint.sent.length).toBe(1);
  });

  it("keeps its lease for as long as the tool takes, so that nobody else calls", async () => {
    const slow = Promise.withResolvers<void>();
    const endpoint: Partial<Endpoint> = {
      answer: async () => {
        await slow.promise;
        return answerOf(1);
      },
    };
    const { connectionId, clock, source, context, ...one } = await setUp({ expiresInSeconds: 0 }, endpoint);
    const waiting = source.current(context);
    await one.endpoint.called;
    const leaseBefore = (await rowOf(connectionId)).lease_until;
    await clock.advance(15_000);
    await expect.poll(async () => (await rowOf(connectionId)).lease_until).not.toEqual(leaseBefore);
    slow.resolve();
    expect(await waiting).toMatchObject({ accessToken: "access-1" });
    expect(await rowOf(connectionId)).toMatchObject({ lease_by: null, lease_until: null, intent_at: null, failures: 0 });
  });

  it("is begun by one holder at a time, and an intent that came up unseen stops the next", async () => {
    const { connectionId } = await setUp();
    const store = createTokenStore(db);
    const take = (holder: string, intentSeen: boolean) =>
      store.acquire(workspace.jobScope, connectionId, { version: 1, holder, leaseMs: 60_000, intentSeen });
    expect(await take("one", false)).toBe(true);
    expect(await take("two", true)).toBe(false);
    await store.fail(workspace.jobScope, connectionId, { version: 1, holder: "one", leaseMs: 60_000, backoffMs: 0, keepIntent: true });
    expect(await take("two", false)).toBe(false);
    expect(await take("two", true)).toBe(true);
  });

  it("stores the rotated refresh token and the scopes of the answer, and keeps the old refresh token when the answer has none", async () => {
    const { connectionId, source, context, endpoint, tokens, clock } = await setUp({ expiresInSeconds: 0 });
    endpoint.answer = async () => answerOf(1, { scopes: ["read", "write"], expiresInSeconds: 100 });
    await source.current(context);
    expect(await tokens.find(workspace.scope, connectionId)).toEqual({ accessToken: "access-1", refreshToken: "refresh-1" });
    expect((await rowOf(connectionId)).scopes).toEqual(["read", "write"]);
    endpoint.answer = async () => answerOf(2, { refreshToken: null });
    await clock.advance(200_000);
    await source.current(context);
    expect(await tokens.find(workspace.scope, connectionId)).toEqual({ accessToken: "access-2", refreshToken: "refresh-1" });
  });

  it("happens ahead of expiry in the background, while the old token is given out", async () => {
    const { source, context, endpoint, clock, connectionId } = await setUp({ expiresInSeconds: 3600 });
    expect(await source.current(context)).toMatchObject({ accessToken: "access-0" });
    await clock.advance(3_595_000);
    expect(await source.current(context)).toMatchObject({ accessToken: "access-0" });
    await endpoint.called;
    await expect.poll(async () => (await rowOf(connectionId)).version).toBe(2);
    await expect.poll(async () => (await source.current(context)).accessToken).toBe("access-1");
    expect(endpoint.sent.length).toBe(1);
  });

  it("is not made for a token whose expiry is unknown, until the tool refuses it", async () => {
    const { source, context, endpoint, clock, connectionId } = await setUp({ expiresInSeconds: null });
    const held = await source.current(context);
    await clock.advance(365 * 86_400_000);
    expect((await source.current(context)).accessToken).toBe("access-0");
    // What would be under way behind it comes before these in the database's one queue.
    for (let look = 0; look < 5; look += 1)
      expect(await rowOf(connectionId)).toMatchObject({ version: 1, lease_by: null, intent_at: null });
    expect(endpoint.sent).toEqual([]);
    expect(await source.renew(held, context)).toMatchObject({ accessToken: "access-1", version: 2 });
  });
});

describe("a token that the tool refused", () => {
  it("is replaced once for all who were refused with it", async () => {
    const { source, context, endpoint } = await setUp();
    const held = await source.current(context);
    const renewed = await Promise.all([1, 2, 3, 4].map(() => source.renew(held, context)));
    expect(new Set(renewed.map((token) => token.version))).toEqual(new Set([2]));
    expect(await source.renew(held, context)).toMatchObject({ version: 2 });
    expect(endpoint.sent.length).toBe(1);
  });

  it("is not refreshed when another process has stored a newer one", async () => {
    const { source, context, endpoint, connectionId } = await setUp();
    const held = await source.current(context);
    await startProcess(world, virtualNow(), endpoint).sourceFor(connectionId).renew(held, context);
    expect(await source.renew(held, context)).toMatchObject({ accessToken: "access-1", version: 2 });
    expect(endpoint.sent.length).toBe(1);
  });

  it("though it was new, is not renewed again and again", async () => {
    const { source, context, endpoint, clock } = await setUp();
    const renewed = await source.renew(await source.current(context), context);
    source.refused(renewed);
    expect(await refusal(source.renew(renewed, context))).toMatchObject({ code: "ENOTCONN" });
    expect(endpoint.sent.length).toBe(1);
    await clock.advance(60_000);
    expect(await source.renew(renewed, context)).toMatchObject({ version: 3 });
  });

  it("and that nothing can renew ends the connection, saying so", async () => {
    const { source, context, connectionId } = await setUp({ refreshToken: null, expiresInSeconds: null });
    expect(await refusal(source.renew(await source.current(context), context))).toMatchObject({ code: "ENOTCONN" });
    expect(await rowOf(connectionId)).toMatchObject({ status: "reauth_required" });
  });
});

describe("a refresh that fails", () => {
  it("for good ends the connection, with the reason, for every process and without another call", async () => {
    const { source, context, endpoint, connectionId } = await setUp({ expiresInSeconds: 0 });
    endpoint.answer = () => {
      throw invalidGrant();
    };
    const errors = await Promise.all(Array.from({ length: 10 }, () => refusal(source.current(context))));
    for (const error of errors) expect(error).toMatchObject({ code: "ENOTCONN", message: invalidGrant().message });
    expect(await refusal(startProcess(world, virtualNow(), endpoint).sourceFor(connectionId).current(context))).toMatchObject({
      code: "ENOTCONN",
    });
    expect(endpoint.sent.length).toBe(1);
    expect(await rowOf(connectionId)).toMatchObject({ status: "reauth_required", status_reason: invalidGrant().message });
  });

  it("for now leaves a valid token working, and is tried again after a pause that all processes keep", async () => {
    const { source, context, endpoint, clock, connectionId } = await setUp({ expiresInSeconds: 3600 });
    endpoint.answer = () => {
      throw down();
    };
    await source.current(context);
    await clock.advance(3_595_000);
    expect((await source.current(context)).accessToken).toBe("access-0");
    await expect.poll(async () => (await rowOf(connectionId)).failures).toBe(1);
    for (let n = 0; n < 5; n += 1) expect((await source.current(context)).accessToken).toBe("access-0");
    expect(await rowOf(connectionId)).toMatchObject({ status: "connected", terminal_error: null, intent_at: null, lease_by: null });
    expect(endpoint.sent.length).toBe(1);
    // Another process, whose memory is fresh, keeps the same pause once the token has expired.
    await clock.advance(10_000);
    const other = startProcess(world, clock, endpoint);
    const error = await refusal(other.sourceFor(connectionId).current(context));
    expect(error).toMatchObject({ code: "EAGAIN", retryable: true });
    expect(error.retryAfterMs).toBeGreaterThan(0);
    expect(endpoint.sent.length).toBe(1);
    await db.withScope(workspace.jobScope, (tx) =>
      tx.execute(sql`update connection_token set backoff_until = clock_timestamp() where connection_id = ${connectionId}`),
    );
    endpoint.answer = async () => answerOf(1);
    expect((await source.current(context)).accessToken).toBe("access-1");
    expect(await rowOf(connectionId)).toMatchObject({ failures: 0, backoff_until: null });
  });

  it("because its process died in the middle is taken up by another when the lease is over", async () => {
    const { source, context, endpoint, connectionId } = await setUp({ expiresInSeconds: 0 });
    await db.withScope(workspace.jobScope, (tx) =>
      tx.execute(sql`update connection_token set lease_by = 'dead', lease_until = clock_timestamp() - interval '1 second', intent_at = clock_timestamp()
        where connection_id = ${connectionId}`),
    );
    expect(await source.current(context)).toMatchObject({ accessToken: "access-1" });
    expect(endpoint.sent.length).toBe(1);
  });

  it("because another stored an answer first gives that one's token", async () => {
    const { source, context, endpoint, connectionId, tokens } = await setUp({ expiresInSeconds: 0 });
    endpoint.answer = async () => {
      const sealed = await tokens.seal(workspace.scope, { connectionId, ownerId: null }, answerOf(9));
      await db.withScope(workspace.scope, (tx) => tokens.save(tx, sealed));
      return answerOf(1);
    };
    expect(await source.current(context)).toMatchObject({ accessToken: "access-9", version: 2 });
  });

  it("holds a caller no longer than its bound", async () => {
    const never = Promise.withResolvers<TokenAnswer>();
    const { source, context, clock, endpoint } = await setUp({ expiresInSeconds: 0 }, { answer: () => never.promise });
    const progress = {
      callId: "c",
      startedAtMs: clock.now(),
      idleSinceMs: clock.now(),
      attempts: 0,
      waitMs: 0,
      tokenVersion: null,
      tokenRenewed: false,
      answer: null,
    };
    const waiting = refusal(source.current({ ...context, maxWaitMs: 5000, progress }));
    await endpoint.called;
    await clock.advance(5000);
    expect(await waiting).toMatchObject({ code: "EAGAIN", retryAfterMs: 1000 });
    const abort = new AbortController();
    const leaving = source.current({ ...context, signal: abort.signal }).catch((error: unknown) => error);
    abort.abort(new Error("gone"));
    expect(await leaving).toMatchObject({ message: "gone" });
    never.resolve(answerOf(1));
    await expect.poll(async () => (await source.current(context)).version).toBe(2);
  });

  it("says nothing of the tokens in its errors and logs", async () => {
    const { source, context, endpoint, lines } = await setUp({ expiresInSeconds: 0 });
    endpoint.answer = () => {
      throw down();
    };
    const error = await refusal(source.current(context));
    const held: HeldToken = { accessToken: "access-0", version: 1 };
    const printed = JSON.stringify(lines) + error.stack + JSON.stringify(error) + String(error.cause);
    expect(lines.length).toBe(1);
    expect(printed).not.toContain(held.accessToken);
    expect(printed).not.toContain("refresh-0");
  });
});
