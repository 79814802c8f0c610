import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import type { DraftPlan, MountContext, ToolMount } from "@/server/vfs/tool-mount";
import { listCapabilities } from "../manifests";
import { createTestContext, createTestTransport, testCall } from "../testing";
import { slack } from "./index";
import { locations } from "./mount/place";
import { type SlackTokens, startSlackSandbox } from "./testing";

/** What a write leaves in Slack when answers get lost, others write too, and steps run twice. */

let sandbox: Awaited<ReturnType<typeof startSlackSandbox>>;
let mount: ToolMount;
let context: MountContext;
let tokens: SlackTokens;
let general: { channel: string; dm: boolean };

beforeAll(async () => {
  sandbox = await startSlackSandbox();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  await sandbox.control.reset();
  const settings = sandbox.settingsFor(slack.manifest);
  const transport = createTestTransport(slack, settings);
  const capabilities = listCapabilities(slack.manifest);
  tokens = await sandbox.connect([...new Set(Object.values(slack.manifest.capabilityScopes).flat())]);
  const identity = await slack.oauth.identify(tokens.access_token, settings, transport.send(null), testCall);
  mount = slack.mount({ send: transport.send(tokens.access_token), settings, capabilities, identity });
  context = createTestContext();
  const { channels } = await api("conversations.list", { types: "public_channel" });
  general = { channel: channels.find(({ name }: { name: string }) => name === "general").id, dm: false };
});

/** A call as another client of the same app makes it. */
async function api(method: string, args: Record<string, string>) {
  const response = await fetch(`${sandbox.origin}/api/${method}`, {
    method: "POST",
    headers: { authorization: `Bearer ${tokens.access_token}` },
    body: new URLSearchParams(args),
  });
  return JSON.parse(await response.text());
}

async function run(plan: DraftPlan): Promise<void> {
  for (const step of plan.steps) await mount.perform(step, context);
}

const planPost = (text: string, seed: string = crypto.randomUUID()) =>
  mount.plan({ type: "append", location: locations.today(general), text, seed }, context);

const countOf = async (text: string): Promise<number> => {
  const { messages } = await api("conversations.history", { channel: general.channel, limit: "200" });
  return messages.filter((message: { text: string }) => message.text === text).length;
};

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof HubError ? error.code : "thrown"),
  );

/** Posts and answers the message's timestamp. */
async function posted(text: string): Promise<string> {
  return (await api("chat.postMessage", { channel: general.channel, text })).ts;
}

describe("a post whose answer is lost", () => {
  it.each(["lost_answer", "cut_answer"] as const)("is found again and not repeated (%s)", async (kind) => {
    await sandbox.control.addFault({ match: { operation: "chat.postMessage" }, effect: { kind } });
    await run(await planPost("once only"));
    expect(await countOf("once only")).toBe(1);
  });

  it("that never arrived is sent again", async () => {
    await sandbox.control.addFault({ match: { operation: "chat.postMessage" }, effect: { kind: "status", status: 502 } });
    await run(await planPost("after a gateway's failure"));
    expect(await countOf("after a gateway's failure")).toBe(1);
  });

  it("and that cannot be looked for stays unknown, and is not sent again", async () => {
    await sandbox.control.addFault({ match: { operation: "chat.postMessage" }, effect: { kind: "lost_answer" } });
    await sandbox.control.addFault({ match: { operation: "conversations.history" }, effect: { kind: "status", status: 500 }, times: 50 });
    const error = await run(await planPost("nobody knows")).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "EIO", details: { outcome: "unknown" } });
    await sandbox.control.clearFaults();
    expect(await countOf("nobody knows")).toBe(1);
  });

  it("is found in its thread, when it was a reply", async () => {
    const ts = await posted("parent");
    await sandbox.control.addFault({ match: { operation: "chat.postMessage" }, effect: { kind: "lost_answer" } });
    await run(
      await mount.plan({ type: "append", location: locations.thread(general, ts), text: "reply", seed: crypto.randomUUID() }, context),
    );
    expect((await api("conversations.replies", { channel: general.channel, ts })).messages).toHaveLength(2);
  });
});

describe("a step that runs twice", () => {
  it("posts one message", async () => {
    const plan = await planPost("twice the same step");
    await run(plan);
    await run(plan);
    expect(await countOf("twice the same step")).toBe(1);
  });

  it("posts one message, in another process long after too", async () => {
    const { steps } = await planPost("by another process");
    const [step] = steps;
    if (step === undefined) throw new Error("no step");
    const marker = crypto.randomUUID();
    const metadata = JSON.stringify({ event_type: "byte_hub_post", event_payload: { id: marker } });
    await api("chat.postMessage", { channel: general.channel, text: "by another process", metadata });
    await mount.perform({ ...step, args: { ...step.args, marker, plannedAt: Date.now() - 120_000 } }, context);
    expect(await countOf("by another process")).toBe(1);
  });

  it("edits, deletes, reacts and takes back without a complaint", async () => {
    const ts = await posted("old");
    const location = locations.message(general, ts);
    const { text, entry } = await mount.read(location, null, context);
    const edit = await mount.plan(
      { type: "update", location, base: text, revision: entry.revision, text: text.replace("old", "new") },
      context,
    );
    await run(edit);
    await run(edit);
    expect(await countOf("new")).toBe(1);

    const reactions = locations.reactions(general, ts);
    const react = await mount.plan(
      { type: "create", parent: reactions, name: "eyes", extension: "", text: "", seed: crypto.randomUUID() },
      context,
    );
    await run(react);
    await run(react);
    const mine = locations.reaction(general, ts, "eyes", tokens.bot_user_id);
    const unreact = await mount.plan({ type: "remove", location: mine, revision: null }, context);
    await run(unreact);
    await run(unreact);
    expect(await codeOf(mount.stat(mine, context))).toBe("ENOENT");

    const { revision } = await mount.stat(location, context);
    const removal = await mount.plan({ type: "remove", location, revision }, context);
    await run(removal);
    await run(removal);
    expect(await codeOf(mount.stat(location, context))).toBe("ENOENT");
  });
});

describe("what somebody else did meanwhile", () => {
  it("is not written over: an edit of an edited message is stale", async () => {
    const ts = await posted("first");
    const location = locations.message(general, ts);
    const { text, entry } = await mount.read(location, null, context);
    const change = { type: "update", location, base: text, revision: entry.revision, text: text.replace("first", "mine") } as const;
    const plan = await mount.plan(change, context);
    await api("chat.update", { channel: general.channel, ts, text: "theirs" });
    expect(await codeOf(run(plan))).toBe("ESTALE");
    expect(await codeOf(mount.plan(change, context))).toBe("ESTALE");
    expect(await countOf("theirs")).toBe(1);
  });

  it("is not deleted: a removal of an edited message is stale", async () => {
    const ts = await posted("first");
    const location = locations.message(general, ts);
    const { revision } = await mount.stat(location, context);
    const plan = await mount.plan({ type: "remove", location, revision }, context);
    await api("chat.update", { channel: general.channel, ts, text: "theirs" });
    expect(await codeOf(run(plan))).toBe("ESTALE");
    expect(await countOf("theirs")).toBe(1);
  });
});

describe("what an edit would drop", () => {
  it("is refused, naming it: blocks of layout", async () => {
    const blocks = JSON.stringify([{ type: "section", text: { type: "mrkdwn", text: "*Deploy* of `web`" } }, { type: "divider" }]);
    const { ts } = await api("chat.postMessage", { channel: general.channel, text: "Deploy", blocks });
    const location = locations.message(general, ts);
    const { text, entry } = await mount.read(location, null, context);
    expect(text).toContain("**Deploy** of `web`");
    const change = { type: "update", location, base: text, revision: entry.revision, text: text.replace("web", "api") } as const;
    const error = await mount.plan(change, context).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ENOTSUP", message: expect.stringContaining("section, divider") });
  });

  it("is nothing where the front matter alone is sent: the text stays", async () => {
    const ts = await posted("stays");
    const location = locations.message(general, ts);
    const { text, entry } = await mount.read(location, null, context);
    const matter = text.slice(0, text.indexOf("\n---\n") + 5);
    expect((await mount.plan({ type: "update", location, base: text, revision: entry.revision, text: matter }, context)).steps).toEqual([]);
    for (const [wrong, key] of [
      [text.replace(/^id: .*$/m, 'id: "1.000000"'), "id"],
      [text.replace(/^---\n/, "---\nmood: good\n"), "mood"],
    ]) {
      const change = { type: "update", location, base: text, revision: entry.revision, text: wrong ?? "" } as const;
      expect(await mount.plan(change, context).catch((reason: unknown) => reason)).toMatchObject({ code: "EINVAL", details: { key } });
    }
  });
});

describe("reactions of many", () => {
  it("are all listed, though the message names some", async () => {
    const farewell = locations.day(general, new Date(Date.now() - 41 * 86_400_000).toISOString().slice(0, 10));
    const [, ts = ""] = /messages\/(\d+\.\d{6})\.md/.exec((await mount.read(farewell, null, context)).text) ?? [];
    await sandbox.control.set({ reactionUsersShown: 2 });
    const { entries } = await mount.list(locations.reactions(general, ts), { cursor: null, limit: 100 }, context);
    expect(entries).toHaveLength(5);
    await sandbox.control.set({ reactionUsersShown: 50 });
  });
});
