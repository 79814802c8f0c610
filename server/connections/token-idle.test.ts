import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDb } from "@/db/testing";
import type { TokenAnswer } from "@/server/integrations/contract";
import { systemClock } from "@/server/transport/clock";
import {
  answerOf,
  changeTokenRow,
  connectIn,
  down,
  invalidGrant,
  openTokenWorld,
  startProcess,
  type TokenWorld,
  tokenRowOf,
} from "./test-tokens";
import type { ConnectionRef, Tokens } from "./token-contract";
import { createTokenStore } from "./token-store";

let world: TokenWorld;
beforeAll(async () => {
  world = await openTokenWorld(await createTestDb());
});
afterAll(() => world.db.close());

const connect = (first: Partial<TokenAnswer> = {}) => connectIn(world, first);
const rowOf = (connectionId: string) => tokenRowOf(world, connectionId);
const change = (connectionId: string, set: SQL) => changeTokenRow(world, connectionId, set);
const pauseIsOver = (connectionId: string) => change(connectionId, sql`backoff_until = clock_timestamp()`);
const refuses = (error: () => Error) => () => {
  throw error();
};

describe("a token that nobody uses", () => {
  const due = () => world.db.withSystem((tx) => tx.execute(sql`select connection_id from hub_list_idle_tokens(1000)`));
  const isDue = async (connectionId: string) => (await due()).rows.some((row) => row.connection_id === connectionId);
  const wait = (connectionId: string) => change(connectionId, sql`keep_alive_at = clock_timestamp()`);
  const keepAlive = (tokens: Tokens, ref: ConnectionRef) => tokens.keepAlive(world.workspace.jobScope, ref.connectionId, async () => ref);
  const daysLeft = async (connectionId: string) => {
    const at = new Date(String((await rowOf(connectionId)).keep_alive_at)).getTime();
    return (at - Date.now()) / 86_400_000;
  };

  it("is due within days, sooner where its refresh token ends sooner, and never where there is none", async () => {
    expect(await daysLeft((await connect()).connectionId)).toBeCloseTo(5.25, 1);
    expect(await daysLeft((await connect({ refreshExpiresInSeconds: 86_400 })).connectionId)).toBeCloseTo(0.5, 1);
    expect(await daysLeft((await connect({ refreshExpiresInSeconds: 60 })).connectionId)).toBeCloseTo(1 / 24, 2);
    expect((await rowOf((await connect({ refreshToken: null })).connectionId)).keep_alive_at).toBeNull();
  });

  it("is renewed once, though several processes find it due", async () => {
    const { connectionId, endpoint, refOf } = await connect();
    expect(await isDue(connectionId)).toBe(false);
    await wait(connectionId);
    expect(await isDue(connectionId)).toBe(true);
    const processes = [1, 2, 3].map(() => startProcess(world, systemClock, endpoint).tokens);
    const kept = await Promise.all(processes.map((tokens) => keepAlive(tokens, refOf(connectionId))));
    expect(kept.filter(Boolean)).toEqual([true]);
    expect(endpoint.sent).toEqual(["refresh-0"]);
    expect(await isDue(connectionId)).toBe(false);
    expect(await daysLeft(connectionId)).toBeGreaterThan(3);
  });

  it("keeps what is known of its refresh token's end when the answer does not repeat it", async () => {
    const { connectionId, endpoint, refOf, tokens } = await connect({ refreshExpiresInSeconds: 864_000 });
    const before = new Date(String((await rowOf(connectionId)).refresh_expires_at)).getTime();
    endpoint.answer = async () => answerOf(1, { refreshToken: null });
    await wait(connectionId);
    expect(await keepAlive(tokens, refOf(connectionId))).toBe(true);
    expect(new Date(String((await rowOf(connectionId)).refresh_expires_at)).getTime()).toBeCloseTo(before, -3);
    endpoint.answer = async () => answerOf(2);
    await wait(connectionId);
    await keepAlive(tokens, refOf(connectionId));
    expect((await rowOf(connectionId)).refresh_expires_at).toBeNull();
  });

  it("that cannot be renewed now is due again later, and its grant's end is said while the token works on", async () => {
    const { connectionId, endpoint, refOf, tokens, source, context } = await connect({ expiresInSeconds: null });
    endpoint.answer = refuses(down);
    await wait(connectionId);
    expect(await keepAlive(tokens, refOf(connectionId))).toBe(false);
    expect(await isDue(connectionId)).toBe(false);
    expect(await daysLeft(connectionId)).toBeLessThan(1 / 24);
    endpoint.answer = refuses(invalidGrant);
    await pauseIsOver(connectionId);
    await wait(connectionId);
    expect(await keepAlive(tokens, refOf(connectionId))).toBe(false);
    expect(await rowOf(connectionId)).toMatchObject({ status: "reauth_required", keep_alive_at: null });
    expect((await source.current(context)).accessToken).toBe("access-0");
  });

  it("whose process died in a renewal is looked after soon, within the vendor's grace", async () => {
    const { connectionId } = await connect();
    const take = { version: 1, holder: "dies", leaseMs: 30_000, intentSeen: false };
    await createTokenStore(world.db).acquire(world.workspace.jobScope, connectionId, take);
    expect(await daysLeft(connectionId)).toBeLessThan(31 / 86_400);
  });
});
