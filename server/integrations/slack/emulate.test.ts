import { createEmulator, type Emulator } from "emulate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import type { Location, MountContext, ToolMount } from "@/server/vfs/tool-mount";
import type { IntegrationSettings } from "../contract";
import { listCapabilities } from "../manifests";
import { createTestContext, createTestTransport, testCall } from "../testing";
import { slack } from "./index";
import { locations } from "./mount/place";
import { slackOAuth } from "./oauth";

/**
 * The connector against `emulate`'s Slack, somebody else's reading of the same vendor. What it lacks or does otherwise is written down here
 * and in docs/tools/slack.md, so that a new version which covers more is noticed.
 */

let emulator: Emulator;
let settings: IntegrationSettings;
let mount: ToolMount;
let context: MountContext;
let general: { channel: string; dm: boolean };

const token = "xoxb-emulated";

beforeAll(async () => {
  emulator = await createEmulator({ service: "slack", port: 0 });
  settings = {
    clientId: "12345.67890",
    clientSecret: "example_client_secret",
    origins: { app: emulator.url },
    redirectUri: "http://localhost:3000/api/auth/callback/slack",
  };
  const { send } = createTestTransport(slack, settings);
  const identity = await slackOAuth.identify(token, settings, send(null), testCall);
  mount = slack.mount({ send: send(token), settings, capabilities: listCapabilities(slack.manifest), identity });
  context = createTestContext();
  const { entries } = await mount.list(locations.channels, { cursor: null, limit: 10 }, context);
  const found = entries.find(({ title }) => title === "general")?.segment;
  general = { channel: found?.type === "object" ? found.externalId : "", dm: false };
});
afterAll(() => emulator.close());

async function ask(method: string, args: Readonly<Record<string, string>> = {}): Promise<{ status: number; text: string }> {
  const response = await fetch(`${emulator.url}/api/${method}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: new URLSearchParams(args),
  });
  return { status: response.status, text: await response.text() };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof HubError ? error.code : "thrown"),
  );

const append = async (location: Location, text: string): Promise<string> => {
  const plan = await mount.plan({ type: "append", location, text, seed: crypto.randomUUID() }, context);
  const [step] = plan.steps;
  if (step === undefined) throw new Error("no step");
  return String((await mount.perform(step, context)).output?.ts);
};

describe("the mount over emulate", () => {
  it("lists and reads what it covers: channels, people, days", async () => {
    expect((await mount.list(locations.users, { cursor: null, limit: 10 }, context)).entries.length).toBeGreaterThan(0);
    expect(JSON.parse((await mount.read(locations.conversationFile(general), null, context)).text)).toMatchObject({
      name: "general",
      member: true,
    });
    const ts = await append(locations.today(general), "Hello **emulate** & all");
    const { text } = await mount.read(locations.today(general), null, context);
    expect(text).toContain("Hello **emulate** & all");
    expect(text).toContain(ts);
  });

  it("replies, edits, reacts and deletes", async () => {
    const ts = await append(locations.today(general), "first");
    await append(locations.thread(general, ts), "second");
    expect((await mount.read(locations.thread(general, ts), null, context)).text).toMatch(/first[\s\S]*second/);

    const location = locations.message(general, ts);
    const { text, entry } = await mount.read(location, null, context);
    const edit = await mount.plan(
      { type: "update", location, base: text, revision: entry.revision, text: text.replace("first", "edited") },
      context,
    );
    for (const step of edit.steps) await mount.perform(step, context);
    expect((await mount.read(location, null, context)).text).toContain("edited");

    const react = {
      type: "create",
      parent: locations.reactions(general, ts),
      name: "tada",
      extension: "",
      text: "",
      seed: crypto.randomUUID(),
    } as const;
    for (const step of (await mount.plan(react, context)).steps) await mount.perform(step, context);
    expect((await mount.list(locations.reactions(general, ts), { cursor: null, limit: 10 }, context)).entries).toHaveLength(1);

    const { revision } = await mount.stat(location, context);
    const removal = await mount.plan({ type: "remove", location, revision }, context);
    for (const step of removal.steps) await mount.perform(step, context);
    expect(await codeOf(mount.stat(location, context))).toBe("ENOENT");
  });
});

describe("what emulate 0.12.2 has otherwise", () => {
  it("takes any bearer, where Slack says invalid_auth", async () => {
    const { send } = createTestTransport(slack, settings);
    expect(await codeOf(slackOAuth.identify("made-up", settings, send(null), testCall))).toBe("done");
  });

  it("has no rotation: a refresh grant is invalid_code", async () => {
    const { send } = createTestTransport(slack, settings);
    expect(await codeOf(slackOAuth.refresh("xoxe-1-x", settings, send(null), testCall))).toBe("EIO");
  });

  it("has no apps.uninstall and no auth.revoke", async () => {
    expect((await ask("apps.uninstall")).status).toBe(404);
    expect((await ask("auth.revoke")).status).toBe(404);
    const { send } = createTestTransport(slack, settings);
    const tokens = { accessToken: token, refreshToken: null };
    expect(await codeOf(slackOAuth.revoke?.(tokens, settings, send(null), testCall) ?? Promise.resolve())).toBe("EIO");
  });

  it("ignores oldest, latest and inclusive, so every day there is the whole channel", async () => {
    const inTheFuture = { channel: general.channel, oldest: "9999999999.000000", inclusive: "true" };
    expect((await ask("conversations.history", inTheFuture)).text).toContain('"messages":[{');
  });
});
