import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OidcHub, startOidcHub } from "./oidc-hub";
import { hashOf } from "./server";

/**
 * Connecting, refreshing, revoking against `oidc-provider`, with rotation and reuse detection on: proof that nothing of the hub's OAuth
 * is made for one vendor. Nothing is simulated: what the hub may do is what this server grants, and what it did is what this server saw.
 */

let world: OidcHub;
beforeAll(async () => {
  world = await startOidcHub([{ id: "oidc" }, { id: "unnamed", change: (made) => ({ ...made, oauth: { ...made.oauth, issuer: null } }) }]);
});
afterAll(() => world.close());

const until = async (condition: () => Promise<boolean>) => {
  while (!(await condition())) await setTimeout(50);
};
/** The refresh tokens that the server was sent since, as hashes. */
function watchRefreshes() {
  const { requests } = world.tool("oidc").server;
  const since = requests.length;
  return () => requests.slice(since).flatMap(({ refreshTokenHash }) => (refreshTokenHash === null ? [] : [refreshTokenHash]));
}
const statusOf = async (browser: Parameters<OidcHub["connect"]>[0], id: string) =>
  (await world.hub.connections.get(browser.scope, id)).status;

describe("connecting", () => {
  it("ends with the person, the scopes and the file that the server grants, after its own login and consent", async () => {
    const ann = await world.browser("connecting");
    const { id, accessToken } = await world.connect(ann, { login: "ann" });
    expect(await world.hub.connections.get(ann.scope, id)).toMatchObject({
      accountName: "The person ann",
      scopes: ["openid", "profile", "offline_access"],
      capabilityStates: { "read:profile": "granted", "read:email": "not_connected" },
      renews: true,
      status: { state: "connected" },
    });
    expect(JSON.parse(await world.readProfile(ann))).toEqual({ sub: "ann", name: "The person ann" });
    expect(await world.tool("oidc").server.isActive(accessToken)).toBe(true);
  });

  it("opens what was ticked: another scope of the same server", async () => {
    const ann = await world.browser("ticked");
    const { id } = await world.connect(ann, { fields: { capabilities: ["read:profile", "read:email"] } });
    const view = await world.hub.connections.get(ann.scope, id);
    expect(view).toMatchObject({ accountEmail: "ann@oidc.test", capabilityStates: { "read:email": "granted" } });
    expect(JSON.parse(await world.readProfile(ann))).toMatchObject({ email: "ann@oidc.test" });
  });

  it("says that the person declined, in words, and asks the server for nothing", async () => {
    const ann = await world.browser("declined");
    const { server } = world.tool("oidc");
    const before = server.requests.length;
    const { url, flow } = await ann.begin("oidc");
    const back = await server.consent(url, { decline: true });
    expect(new URL(back).searchParams.get("iss")).toBe(server.origin);
    await ann.follow(back);
    expect(await world.hub.connections.flows.view(ann.scope, flow)).toMatchObject({
      status: "denied",
      title: "OpenID Provider was not connected",
    });
    expect(server.requests.length).toBe(before);
  });

  it("needs no knowledge of the issuer: an `iss` and an ID token come all the same", async () => {
    const ann = await world.browser("unnamed");
    const { id } = await world.connect(ann, { integration: "unnamed" });
    expect((await statusOf(ann, id)).state).toBe("connected");
    expect(JSON.parse(await world.readProfile(ann, "unnamed"))).toMatchObject({ sub: "ann" });
  });

  it("keeps two people of the same server apart, by its stable ids", async () => {
    const ann = await world.browser("apart");
    const first = await world.connect(ann, { login: "ann" });
    const second = await world.connect(ann, { login: "bob" });
    const again = await world.connect(ann, { login: "ann" });
    expect(second.id).not.toBe(first.id);
    expect(again.id).toBe(first.id);
  });
});

describe("refreshing", () => {
  it("rotates: each refresh token is sent once, and the old one is worth nothing afterwards", async () => {
    const ann = await world.browser("rotating");
    const { server } = world.tool("oidc");
    const refreshes = watchRefreshes();
    const first = await world.connect(ann);
    const held = [first.refreshToken];
    for (let round = 0; round < 3; round++) {
      await server.expire((await world.tokensOf(ann, first.id)).accessToken);
      expect(JSON.parse(await world.readProfile(ann))).toMatchObject({ sub: "ann" });
      held.push((await world.tokensOf(ann, first.id)).refreshToken);
    }
    expect(new Set(held).size).toBe(4);
    expect(refreshes()).toEqual(held.slice(0, 3).map(hashOf));
    expect(await Promise.all(held.map((token) => server.isActive(token)))).toEqual([false, false, false, true]);
    expect((await statusOf(ann, first.id)).state).toBe("connected");
  });

  it("is done once for a hundred callers whose token the server has refused", async () => {
    const ann = await world.browser("hundred");
    const { server } = world.tool("oidc");
    const { id, accessToken, refreshToken } = await world.connect(ann);
    const refreshes = watchRefreshes();
    await server.expire(accessToken);
    const read = await Promise.all(Array.from({ length: 100 }, () => world.readProfile(ann)));
    expect(read.map((text) => JSON.parse(text).sub)).toEqual(Array(100).fill("ann"));
    expect(refreshes()).toEqual([hashOf(refreshToken)]);
    expect((await statusOf(ann, id)).state).toBe("connected");
  });

  it("is done once for a hundred callers whose token has expired, before any of them is refused", async () => {
    const ann = await world.browser("expired");
    const { server } = world.tool("oidc");
    server.setLifetime(1);
    const { accessToken, refreshToken } = await world.connect(ann);
    server.setLifetime(3600);
    const refreshes = watchRefreshes();
    await until(async () => !(await server.isActive(accessToken)));
    const since = server.requests.length;
    const read = await Promise.all(Array.from({ length: 100 }, () => world.readProfile(ann)));
    expect(read).toHaveLength(100);
    expect(refreshes()).toEqual([hashOf(refreshToken)]);
    expect(server.requests.slice(since).filter(({ status }) => status !== 200)).toEqual([]);
  });
});

describe("reuse detection", () => {
  it("ends the grant when a thief replays an old token; the hub then asks for a person, and for one connection only", async () => {
    const ann = await world.browser("replayed");
    const { server } = world.tool("oidc");
    const stolen = await world.connect(ann, { login: "ann" });
    const other = await world.connect(ann, { login: "bob" });
    await server.expire(stolen.accessToken);
    await world.readProfile(ann);
    const after = await world.tokensOf(ann, stolen.id);
    expect(await server.replay(stolen.refreshToken)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect([await server.isActive(after.accessToken), await server.isActive(after.refreshToken)]).toEqual([false, false]);

    const refreshes = watchRefreshes();
    await expect(world.readProfile(ann)).rejects.toMatchObject({
      code: "ENOTCONN",
      actionUrl: expect.stringContaining("/integrations/oidc"),
    });
    expect(await statusOf(ann, stolen.id)).toMatchObject({ state: "reauth_required", reason: expect.stringContaining("has ended") });
    expect((await statusOf(ann, other.id)).state).toBe("connected");
    await expect(world.readProfile(ann)).rejects.toMatchObject({ code: "ENOTCONN" });
    expect(refreshes()).toEqual([hashOf(after.refreshToken)]);
  });

  it("ends the grant for the thief too when the thief came first", async () => {
    const ann = await world.browser("overtaken");
    const { server } = world.tool("oidc");
    const { id, accessToken, refreshToken } = await world.connect(ann);
    const loot = await server.replay(refreshToken);
    expect(loot.status).toBe(200);
    await server.expire(accessToken);
    await expect(world.readProfile(ann)).rejects.toMatchObject({ code: "ENOTCONN" });
    expect((await statusOf(ann, id)).state).toBe("reauth_required");
    expect([await server.isActive(String(loot.body.access_token)), await server.isActive(String(loot.body.refresh_token))]).toEqual([
      false,
      false,
    ]);
  });

  it("is no end of the connection: the person consents again and the same one works", async () => {
    const ann = await world.browser("mended");
    const { server } = world.tool("oidc");
    const { id, accessToken, refreshToken } = await world.connect(ann);
    await server.endGrant(refreshToken);
    expect(await server.userinfoStatus(accessToken)).toBe(401);
    await expect(world.readProfile(ann)).rejects.toMatchObject({ code: "ENOTCONN" });
    expect((await world.connect(ann)).id).toBe(id);
    expect(JSON.parse(await world.readProfile(ann))).toMatchObject({ sub: "ann" });
  });

  it("is never set off by the hub: a refresh whose answer was lost is not sent again, and the hub says so", async () => {
    const ann = await world.browser("lost");
    const { server } = world.tool("oidc");
    const { id, accessToken, refreshToken } = await world.connect(ann);
    const refreshes = watchRefreshes();
    await server.expire(accessToken);
    server.loseToken();
    const codes = new Set<string>();
    await until(async () => {
      const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => world.readProfile(ann)));
      for (const outcome of outcomes) codes.add(outcome.status === "rejected" ? outcome.reason.code : "read");
      return codes.has("ENOTCONN");
    });
    expect([...codes].filter((code) => !["ENOTCONN", "EAGAIN"].includes(code))).toEqual([]);
    expect(refreshes()).toEqual([hashOf(refreshToken)]);
    expect(await statusOf(ann, id)).toMatchObject({ state: "reauth_required", reason: expect.stringContaining("lost") });
  });
});

describe("disconnecting", () => {
  it("ends the grant at the server, which then takes neither token, and says so", async () => {
    const ann = await world.browser("ending");
    const { server } = world.tool("oidc");
    const { id, accessToken, refreshToken } = await world.connect(ann);
    const { revoked } = await world.hub.connections.disconnect(ann.scope, id);
    expect(revoked).toMatchObject({ outcome: "revoked", proof: "The OpenID Provider holds the token for inactive now." });
    expect([await server.isActive(accessToken), await server.isActive(refreshToken)]).toEqual([false, false]);
    expect(await server.userinfoStatus(accessToken)).toBe(401);
    expect(await server.replay(refreshToken)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    await expect(world.tokensOf(ann, id)).rejects.toThrow("no tokens");
  });

  it("says that there was nothing left when the person had ended it at the server", async () => {
    const ann = await world.browser("ended");
    const { id, refreshToken } = await world.connect(ann);
    await world.tool("oidc").server.endGrant(refreshToken);
    expect((await world.hub.connections.disconnect(ann.scope, id)).revoked.outcome).toBe("already_revoked");
  });
});
