import { WebClient } from "@slack/web-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestTool } from "../testing";
import { slackScopes } from "./oauth";

/** Slack's own client against the sandbox. */

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}
let sandbox: Awaited<ReturnType<typeof startTestTool<Tokens>>>;
let client: WebClient;
let channel = "";

beforeAll(async () => {
  sandbox = await startTestTool<Tokens>("slack");
  const { access_token } = await sandbox.connect(Object.keys(slackScopes));
  client = new WebClient(access_token, {
    slackApiUrl: `${sandbox.origin}/api/`,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  });
  const { channels } = await client.conversations.list({ types: "public_channel" });
  channel = channels?.find(({ name }) => name === "general")?.id ?? "";
});
afterAll(() => sandbox.close());

describe("the official client", () => {
  it("knows who it is, and finds conversations, people and messages", async () => {
    expect(await client.auth.test()).toMatchObject({ ok: true, team: "Acme Parcels" });
    expect((await client.users.list({ limit: 5 })).members).toHaveLength(5);
    const pages = [];
    for await (const page of client.paginate("conversations.history", { channel, limit: 3 })) pages.push(page);
    expect(pages.length).toBeGreaterThan(1);
    expect((await client.conversations.info({ channel })).channel).toMatchObject({ name: "general", is_member: true });
    expect((await client.team.info()).team?.domain).toBe("acme");
  });

  it("posts, replies, edits, reacts and deletes", async () => {
    const { ts = "" } = await client.chat.postMessage({ channel, text: "*Hello*", metadata: { event_type: "x", event_payload: { a: 1 } } });
    await client.chat.postMessage({ channel, text: "reply", thread_ts: ts });
    const replies = await client.conversations.replies({ channel, ts, include_all_metadata: true });
    expect(replies.messages?.map(({ text }) => text)).toEqual(["*Hello*", "reply"]);
    expect((await client.chat.update({ channel, ts, text: "edited" })).text).toBe("edited");
    await client.reactions.add({ channel, timestamp: ts, name: "tada" });
    await expect(client.reactions.add({ channel, timestamp: ts, name: "tada" })).rejects.toMatchObject({
      data: { error: "already_reacted" },
    });
    await client.reactions.remove({ channel, timestamp: ts, name: "tada" });
    expect((await client.chat.getPermalink({ channel, message_ts: ts })).permalink).toContain(`/archives/${channel}/p`);
    expect(await client.chat.delete({ channel, ts })).toMatchObject({ ok: true, ts });
  });

  it("is told of a missing channel, a wrong token and a spent limit as Slack tells it", async () => {
    await expect(client.conversations.info({ channel: "C0NOWHERE" })).rejects.toMatchObject({ data: { error: "channel_not_found" } });
    const other = new WebClient("xoxb-wrong", { slackApiUrl: `${sandbox.origin}/api/` });
    await expect(other.auth.test()).rejects.toMatchObject({ data: { error: "invalid_auth" } });
    await sandbox.control.set({ tiers: { tier1: 1, tier2: 1, tier3: 1, tier4: 1 } });
    await client.users.info({ user: "U0NOBODY" }).catch(() => undefined);
    await expect(client.users.info({ user: "U0NOBODY" })).rejects.toMatchObject({ retryAfter: expect.any(Number) });
  });
});
