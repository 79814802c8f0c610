import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDb, type Database } from "@/db/client";
import { atOnce, createThrowAwayDatabase, type ThrowAwayDatabase, testDatabaseUrl } from "@/db/testing-postgres";
import { systemClock } from "@/server/transport/clock";
import { answerOf, changeTokenRow, connectIn, openTokenWorld, refusal, startProcess, type TokenWorld, tokenRowOf } from "./test-tokens";
import { createTokenStore } from "./token-store";

/** Races between two processes of the hub, each with its own connections to one PostgreSQL. */
describe.runIf(testDatabaseUrl !== null)("on PostgreSQL, with two processes", () => {
  let database: ThrowAwayDatabase;
  let dbs: readonly [Database, Database];
  let worlds: readonly [TokenWorld, TokenWorld];
  beforeAll(async () => {
    database = await createThrowAwayDatabase();
    dbs = [await createDb({ url: database.url }), await createDb({ url: database.url })];
    const first = await openTokenWorld(dbs[0]);
    worlds = [first, { ...first, db: dbs[1] }];
  });
  afterAll(async () => {
    for (const db of dbs) await db.close();
    await database.drop();
  });

  const stores = () => dbs.map(createTokenStore) as [ReturnType<typeof createTokenStore>, ReturnType<typeof createTokenStore>];
  const change = (connectionId: string, set: SQL) => changeTokenRow(worlds[0], connectionId, set);

  it("an expired token is renewed by one call, however many wait in both, also where a refresh token may be sent once only", async () => {
    for (const refreshReplay of ["never", { graceMs: 60_000 }] as const) {
      const { connectionId, context, endpoint } = await connectIn(worlds[0], { expiresInSeconds: 0 }, { refreshReplay });
      const sources = worlds.map((world) => startProcess(world, systemClock, endpoint).sourceFor(connectionId));
      const held = await Promise.all(sources.flatMap((source) => Array.from({ length: 50 }, () => source.current(context))));
      expect(new Set(held.map((token) => token.accessToken))).toEqual(new Set(["access-1"]));
      expect(endpoint.sent).toEqual(["refresh-0"]);
    }
  });

  it("a holder that lost its lease while it waited wins by the version, and what the other got is given back", async () => {
    const [firstMay, secondMay] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { connectionId, context, endpoint } = await connectIn(worlds[0], { expiresInSeconds: 0 });
    endpoint.answer = async () => {
      const number = endpoint.sent.length;
      await (number === 1 ? firstMay : secondMay).promise;
      return answerOf(number);
    };
    const [one, two] = [startProcess(worlds[0], systemClock, endpoint), startProcess(worlds[1], systemClock, endpoint)];
    const first = one.sourceFor(connectionId).current(context);
    await endpoint.called;
    await change(connectionId, sql`lease_until = clock_timestamp()`);
    const second = two.sourceFor(connectionId).current(context);
    await expect.poll(() => endpoint.sent.length).toBe(2);
    firstMay.resolve();
    expect(await first).toMatchObject({ accessToken: "access-1", version: 2 });
    secondMay.resolve();
    expect(await second).toMatchObject({ accessToken: "access-1", version: 2 });
    await expect.poll(() => endpoint.revoked).toEqual(["access-2", "refresh-2"]);
  });

  it("of a good answer and a refusal that come at once the answer stays, in either order, and nobody waits for ever", async () => {
    for (let round = 0; round < 10; round += 1) {
      const { connectionId, tokens } = await connectIn(worlds[0]);
      const [one, two] = stores();
      const { scope, jobScope } = worlds[0].workspace;
      const sealed = await tokens.seal(scope, { connectionId, ownerId: null }, answerOf(1));
      const works: (() => Promise<unknown>)[] = [
        () => one.store(jobScope, 1, sealed, ["read"]),
        () => two.end(jobScope, connectionId, { version: 1, reason: "It ended.", accessEndedAt: new Date() }),
      ];
      const done = await atOnce(dbs[0], database.url, "connection_token", round % 2 === 0 ? works : works.reverse());
      expect(done.every(({ status }) => status === "fulfilled")).toBe(true);
      expect(await tokenRowOf(worlds[0], connectionId)).toMatchObject({ version: 2, status: "connected", terminal_error: null });
    }
  });

  it("a reconnection and a refusal of the old grant leave the new one alive", async () => {
    for (let round = 0; round < 10; round += 1) {
      const { connectionId, tokens, source, context } = await connectIn(worlds[0]);
      const { scope, jobScope } = worlds[0].workspace;
      const sealed = await tokens.seal(scope, { connectionId, ownerId: null }, answerOf(5));
      const reconnect = () =>
        dbs[0].withScope(scope, async (tx) => {
          await tx.execute(sql`update connection set status = 'connected', status_reason = null where id = ${connectionId}`);
          await tokens.save(tx, sealed);
        });
      const refused = () => stores()[1].end(jobScope, connectionId, { version: 1, reason: "It ended.", accessEndedAt: null });
      const done = await Promise.allSettled(round % 2 === 0 ? [reconnect(), refused()] : [refused(), reconnect()]);
      expect(done.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
      expect(await tokenRowOf(worlds[0], connectionId)).toMatchObject({ version: 2, status: "connected", terminal_error: null });
      expect(await source.reload(context)).toMatchObject({ accessToken: "access-5" });
    }
  });

  it("an idle token is claimed by one", async () => {
    const { connectionId } = await connectIn(worlds[0]);
    await change(connectionId, sql`keep_alive_at = clock_timestamp()`);
    const claims = await atOnce(
      dbs[0],
      database.url,
      "connection_token",
      stores().map((store) => () => store.claimKeepAlive(worlds[0].workspace.jobScope, connectionId, 60_000)),
    );
    expect(claims.filter((claim) => claim.status === "fulfilled" && claim.value)).toHaveLength(1);
  });

  it("a grant that ended is known to both at their next look", async () => {
    const { connectionId, context, endpoint } = await connectIn(worlds[0]);
    const [one, two] = [startProcess(worlds[0], systemClock, endpoint), startProcess(worlds[1], systemClock, endpoint)];
    await one.tokens.end(worlds[0].workspace.jobScope, connectionId, "The vendor ended it.");
    expect(await refusal(two.sourceFor(connectionId).reload(context))).toMatchObject({ code: "ENOTCONN", message: "The vendor ended it." });
    expect(endpoint.sent).toEqual([]);
  });
});
