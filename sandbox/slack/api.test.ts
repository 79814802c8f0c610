import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestTool } from "../testing";
import { slackScopes } from "./oauth";

/** The simulated Slack is as strict as Slack: errors with HTTP 200, scopes, membership, limits, rotation, signed events. */

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}
let sandbox: Awaited<ReturnType<typeof startTestTool<Tokens>>>;
let tokens: Tokens;
beforeAll(async () => {
  sandbox = await startTestTool<Tokens>("slack");
});
beforeEach(async () => {
  await sandbox.control.reset();
  tokens = await sandbox.connect(Object.keys(slackScopes));
});
afterAll(() => sandbox.close());

async function ask(method: string, args: Record<string, string> = {}, token = tokens.access_token) {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${sandbox.origin}/api/${method}`, { method: "POST", headers, body: new URLSearchParams(args) });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

const channelOf = async (name: string): Promise<string> =>
  (await ask("conversations.list", { limit: "100" })).body.channels.find((one: { name: string }) => one.name === name).id;

describe("the Web API", () => {
  it("says what is wrong with HTTP 200: no token, a wrong one, an expired one, an unknown method", async () => {
    expect(JSON.parse(await (await fetch(`${sandbox.origin}/api/auth.test`, { method: "POST" })).text())).toEqual({
      ok: false,
      error: "not_authed",
    });
    expect(await ask("auth.test", {}, "xoxb-wrong")).toMatchObject({ status: 200, body: { ok: false, error: "invalid_auth" } });
    expect((await ask("no.such")).body.error).toBe("unknown_method");
    await sandbox.control.expireAccessTokens();
    expect((await ask("auth.test")).body.error).toBe("token_expired");
  });

  it("names the scope that is missing and those that are there", async () => {
    await sandbox.control.reset();
    const { access_token } = await sandbox.connect(["users:read"]);
    const answer = await ask("conversations.list", { types: "private_channel" }, access_token);
    expect(answer.body).toMatchObject({ error: "missing_scope", needed: expect.stringContaining("groups:read"), provided: "users:read" });
    expect(answer.headers.get("x-oauth-scopes")).toBe("users:read");
  });

  it("lets a bot read where it is a member, and hides what it may not know", async () => {
    expect((await ask("conversations.history", { channel: await channelOf("porto-depot") })).body.error).toBe("not_in_channel");
    expect((await ask("conversations.history", { channel: "C0NOWHERE" })).body.error).toBe("channel_not_found");
  });

  it("takes cursors of its own making, of the same method, for a while", async () => {
    const { body } = await ask("users.list", { limit: "2" });
    const cursor = body.response_metadata.next_cursor;
    expect((await ask("users.list", { limit: "2", cursor })).body.ok).toBe(true);
    expect((await ask("conversations.list", { cursor })).body.error).toBe("invalid_cursor");
    await sandbox.control.advanceClock(3_700_000);
    expect((await ask("users.list", { limit: "2", cursor })).body.error).toBe("invalid_cursor");
  });

  it("limits methods by their tier, and history to 15 once a minute where the app is sold elsewhere", async () => {
    await sandbox.control.set({ marketplaceCap: true });
    const channel = await channelOf("engineering");
    expect((await ask("conversations.history", { channel, limit: "200" })).body.messages.length).toBeLessThanOrEqual(15);
    const limited = await ask("conversations.history", { channel });
    expect([limited.status, limited.body.error]).toEqual([429, "ratelimited"]);
    expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await ask("auth.test")).body.ok).toBe(true);
  });
});

describe("rotation", () => {
  it("keeps two access tokens, takes a used refresh token for a short time only, and always gives twelve hours", async () => {
    const renew = async (token: string) => JSON.parse(await (await sandbox.refresh(token)).text());
    const second = await renew(tokens.refresh_token);
    expect(second).toMatchObject({ ok: true, token_type: "bot", expires_in: 43_200 });
    const third = await renew(second.refresh_token);
    expect((await ask("auth.test")).body.error).toBe("token_revoked");
    for (const { access_token } of [second, third]) expect((await ask("auth.test", {}, access_token)).body.ok).toBe(true);
    await sandbox.control.advanceClock(61_000);
    expect(await renew(tokens.refresh_token)).toEqual({ ok: false, error: "invalid_refresh_token" });
  });
});

describe("events", () => {
  it("come signed, after the handshake, and again when they were not taken", async () => {
    const seen: { headers: Record<string, unknown>; body: string }[] = [];
    const server = createServer(async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
      const body = Buffer.concat(chunks).toString("utf8");
      seen.push({ headers: incoming.headers, body });
      const { challenge } = JSON.parse(body);
      outgoing.writeHead(challenge === undefined && seen.length === 2 ? 500 : 200).end(challenge ?? "");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
    await sandbox.control.set({ eventsUrl: url, eventRetrySeconds: [0, 0, 0] });
    await expect.poll(() => seen.length).toBe(1);
    const channel = await channelOf("general");
    // The handshake's answer is read after it was sent.
    await expect.poll(async () => JSON.stringify(await sandbox.control.state())).toContain('"verified":true');
    await ask("chat.postMessage", { channel, text: "told" });
    await expect.poll(() => seen.length).toBe(3);
    const [, first, again] = seen;
    expect(JSON.parse(first?.body ?? "")).toMatchObject({
      type: "event_callback",
      event: { type: "message", channel, channel_type: "channel", text: "told" },
    });
    const stamp = String(first?.headers["x-slack-request-timestamp"]);
    const signature = createHmac("sha256", "sandbox-signing-secret").update(`v0:${stamp}:${first?.body}`).digest("hex");
    expect(first?.headers["x-slack-signature"]).toBe(`v0=${signature}`);
    expect(again?.body).toBe(first?.body);
    expect(again?.headers).toMatchObject({ "x-slack-retry-num": "1", "x-slack-retry-reason": "http_error" });
    await new Promise((resolve) => server.close(resolve));
  });
});
