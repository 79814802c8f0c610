import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Entry, Location, MountContext, ToolMount } from "@/server/vfs/tool-mount";
import { listCapabilities } from "../manifests";
import { createTestContext, createTestTransport, testCall } from "../testing";
import { createSlackApi, maxPageSize } from "./api";
import { slack } from "./index";
import { locations } from "./mount/place";
import { slackOrigin } from "./oauth";
import { startSlackSandbox } from "./testing";

/** Long lists, to their end: a channel of 12,000 messages in the large company. */

let sandbox: Awaited<ReturnType<typeof startSlackSandbox>>;
let mount: ToolMount;
let context: MountContext;
let firehose: { channel: string; dm: boolean };
let api: ReturnType<typeof createSlackApi>;
const asked: { method: string; limit: number }[] = [];

beforeAll(async () => {
  sandbox = await startSlackSandbox({ size: "large", settings: { shortPages: true } });
  const settings = sandbox.settingsFor(slack.manifest);
  const transport = createTestTransport(slack, settings);
  const capabilities = listCapabilities(slack.manifest);
  const { access_token } = await sandbox.connect([...new Set(Object.values(slack.manifest.capabilityScopes).flat())]);
  const identity = await slack.oauth.identify(access_token, settings, transport.send(null), testCall);
  const send: typeof through = async (request, call) => {
    const limit = new URLSearchParams(String(request.body)).get("limit");
    if (limit !== null) asked.push({ method: request.operation, limit: Number(limit) });
    return through(request, call);
  };
  const through = transport.send(access_token);
  mount = slack.mount({ send, settings, capabilities, identity });
  api = createSlackApi({ send, origin: slackOrigin(settings) });
  context = createTestContext();
  const { entries } = await mount.list(locations.channels, { cursor: null, limit: 1_000 }, context);
  const found = entries.find(({ title }) => title === "firehose")?.segment;
  firehose = { channel: found?.type === "object" ? found.externalId : "", dm: false };
}, 180_000);
afterAll(() => sandbox.close());

/** Walks a directory by pages; what a page held is let go of before the next. */
async function walk(
  location: Location,
  limit: number,
): Promise<{ pages: number; entries: number; names: ReadonlySet<string>; largest: number }> {
  const names = new Set<string>();
  let [pages, entries, largest] = [0, 0, 0];
  for (let cursor: string | null | undefined; cursor !== null; pages += 1) {
    const page: { entries: readonly Entry[]; nextCursor: string | null } = await mount.list(
      location,
      { cursor: cursor ?? null, limit },
      context,
    );
    for (const entry of page.entries) names.add(entry.segment.type === "fixed" ? entry.segment.name : entry.segment.externalId);
    entries += page.entries.length;
    largest = Math.max(largest, page.entries.length);
    cursor = page.nextCursor;
  }
  return { pages, entries, names, largest };
}

describe("long lists", () => {
  it("of messages end, each once, in short pages, and no call asks for more than Slack recommends", async () => {
    const seen = new Set<string>();
    let pages = 0;
    for (let cursor: string | null | undefined; cursor !== null; pages += 1) {
      const page: Awaited<ReturnType<typeof api.listMessages>> = await api.listMessages(
        firehose.channel,
        {},
        { cursor: cursor ?? null, limit: 1_000 },
        testCall,
      );
      for (const { ts } of page.items) {
        expect(seen.has(ts)).toBe(false);
        seen.add(ts);
      }
      cursor = page.nextCursor;
    }
    expect(seen.size).toBeGreaterThan(10_000);
    expect(pages).toBeGreaterThan(seen.size / maxPageSize);
    expect(Math.max(...asked.map(({ limit }) => limit))).toBe(200);
  }, 120_000);

  it("of threads are read page by page: none holds more than a page of messages", async () => {
    const threads = await walk(locations.threads(firehose), 250);
    expect(threads.entries).toBe(threads.names.size);
    expect(threads.entries).toBeGreaterThan(500);
    expect(threads.pages).toBeGreaterThan(50);
    expect(threads.largest).toBeLessThanOrEqual(maxPageSize);
  }, 120_000);

  it("of days, channels and people end, whatever the page's size", async () => {
    for (const [location, limit] of [
      [locations.conversation(firehose), 40],
      [locations.channels, 7],
      [locations.users, 30],
    ] as const) {
      const small = await walk(location, limit);
      expect(small.entries).toBe(small.names.size);
      expect([...small.names].toSorted()).toEqual([...(await walk(location, 1_000)).names].toSorted());
      expect(small.pages).toBeGreaterThan(2);
    }
  }, 120_000);

  it("of one day are printed whole, oldest first", async () => {
    const { entries } = await mount.list(locations.conversation(firehose), { cursor: null, limit: 400 }, context);
    const days = entries.filter(({ schemaKind }) => schemaKind === "day");
    const texts = await Promise.all(
      days.slice(200, 203).map(({ title }) => mount.read(locations.day(firehose, title.slice(0, 10)), null, context)),
    );
    const stamps = texts.map(({ text }) => [...text.matchAll(/messages\/(\d+\.\d{6})\.md/g)].map(([, ts]) => ts));
    for (const day of stamps) expect(day).toEqual([...new Set(day)].toSorted());
    expect(Math.max(...stamps.map(({ length }) => length))).toBeGreaterThan(10);
  });

  it("begin again when a cursor is too old", async () => {
    const { nextCursor } = await mount.list(locations.channels, { cursor: null, limit: 10 }, context);
    await sandbox.control.advanceClock(3_700_000);
    await expect(mount.list(locations.channels, { cursor: nextCursor, limit: 10 }, context)).rejects.toMatchObject({ code: "EINVAL" });
    await expect(mount.list(locations.conversation(firehose), { cursor: "made up", limit: 10 }, context)).rejects.toMatchObject({
      code: "EINVAL",
    });
  });
});
