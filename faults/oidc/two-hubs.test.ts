import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDb } from "@/db/client";
import { createThrowAwayDatabase, testDatabaseUrl } from "@/db/testing-postgres";
import type { Hub } from "@/server/compose/hub";
import { handleCallback } from "@/server/connections/http";
import type { Browser } from "@/server/connections/testing-hub";
import { type OidcHub, startOidcHub } from "./oidc-hub";
import { hashOf } from "./server";

/** Two hubs over one PostgreSQL: what one of them has done is done for both, however close together they are asked. */

describe.runIf(testDatabaseUrl !== null)("two hubs on PostgreSQL", () => {
  let world: OidcHub;
  let second: Hub;
  const closers: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    const { url, drop } = await createThrowAwayDatabase();
    closers.push(drop);
    world = await startOidcHub([{ id: "oidc" }], await createDb({ url }));
    closers.push(world.close);
    second = world.beside(await createDb({ url }));
    closers.push(second.close);
  });
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });

  const requests = () => world.tool("oidc").server.requests;

  /** Brings an answer to the second hub, in the same browser. */
  async function followAtSecond(browser: Browser, back: string): Promise<URLSearchParams> {
    const cookie = [...browser.jar].map(([name, { value }]) => `${name}=${value}`).join("; ");
    const answer = await handleCallback(second.tools.connectDoor, new Request(back, { headers: { cookie } }), "oidc");
    return new URL(answer.headers.get("location") ?? "").searchParams;
  }

  it("use an answer that both are brought at the same moment once", async () => {
    for (let round = 0; round < 5; round++) {
      const ann = await world.browser(`once-${round}`);
      const begun = await ann.begin("oidc");
      const back = await world.tool("oidc").server.consent(begun.url);
      const since = requests().length;
      const follow = async () => (await ann.follow(back)).query;
      const ends = await Promise.all([follow(), followAtSecond(ann, back), follow(), followAtSecond(ann, back)]);
      expect(ends.map((end) => end.get("problem")).filter((problem) => problem !== "replayed")).toEqual([null]);
      expect(
        requests()
          .slice(since)
          .map(({ route }) => route),
      ).toEqual(["token", "userinfo"]);
      expect((await second.connections.flows.view(ann.scope, begun.flow)).status).toBe("connected");
    }
  });

  it("refresh once for a hundred callers of both, and a token sent twice would have ended the grant", async () => {
    const ann = await world.browser("hundred");
    const { server } = world.tool("oidc");
    const { id, accessToken, refreshToken } = await world.connect(ann);
    const since = requests().length;
    await server.expire(accessToken);
    // So that every caller of both has been refused while the one refresh is under way.
    const refused = () =>
      requests()
        .slice(since)
        .filter(({ status }) => status === 401).length;
    server.holdTokensWhile(() => refused() < 100);
    const path = "/context/tools/oidc/person/profile.json";
    const read = await Promise.all(
      Array.from({ length: 100 }, (_, caller) =>
        (caller % 2 === 0 ? world.hub : second).files.read(ann.scope, { path, fresh: true, maxWaitMs: 60_000 }),
      ),
    );
    expect(read.map(({ text }) => JSON.parse(text).sub)).toEqual(Array(100).fill("ann"));
    expect(
      requests()
        .slice(since)
        .flatMap(({ refreshTokenHash }) => refreshTokenHash ?? []),
    ).toEqual([hashOf(refreshToken)]);
    expect((await second.connections.get(ann.scope, id)).status.state).toBe("connected");
  });
});
