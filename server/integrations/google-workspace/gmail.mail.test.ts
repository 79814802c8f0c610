import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestTool, type TestTool } from "@/sandbox/testing";
import { HubError } from "@/server/errors";
import type { Entry, Location, MountContext, ToolMount } from "@/server/vfs/tool-mount";
import { addDays } from "../days";
import { createTestContext, createTestTransport, testCall } from "../testing";
import { createGmailApi, type GmailApi } from "./api/gmail";
import { createGoogleHttp } from "./api/http";
import { googleWorkspace } from "./index";
import { createCapabilityCheck, fixed, object } from "./mount/area";
import { createGmailArea } from "./mount/gmail/gmail-area";

/** Mail as the mount has it, against the sandbox with 20,000 mails in one mailbox. */

const scope = (name: string) => `https://www.googleapis.com/auth/${name}`;
const dayMs = 86_400_000;

let tool: TestTool<{ access_token: string }, Readonly<Record<string, unknown>>>;
let api: GmailApi;
let mount: Pick<ToolMount, "list" | "stat" | "read" | "open">;
let calls: ReturnType<typeof createTestTransport>["calls"];
let token = "";
const context: MountContext = { ...createTestContext(), timeZone: "Pacific/Auckland" };

beforeAll(async () => {
  tool = await startTestTool("google-workspace", { size: "large" });
  const settings = tool.settingsFor(googleWorkspace.manifest);
  const transport = createTestTransport(googleWorkspace, settings);
  const tokens = await tool.connect(["openid", "email", scope("gmail.readonly"), scope("gmail.modify")]);
  token = tokens.access_token;
  calls = transport.calls;
  api = createGmailApi(createGoogleHttp({ send: transport.send(token), settings }));
  mount = createGmailArea({ api, check: createCapabilityCheck(["read:gmail"]) });
}, 120_000);
afterAll(() => tool.close());

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HubError)) throw error ?? new Error("A refusal was expected.");
  return error.code;
};

async function listAll(directory: Location): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (let cursor: string | null = null; ; ) {
    const page = await mount.list(directory, { cursor, limit: 1_000 }, context);
    entries.push(...page.entries);
    cursor = page.nextCursor;
    if (cursor === null) return entries;
  }
}

const days = [fixed("gmail"), fixed("messages")];
const labels = [fixed("gmail"), fixed("labels")];
const message = (day: string, id: string): Location => [...days, fixed(day), object("message", id)];

/** Puts a mail into Ann's mailbox, as Gmail itself would take one in. */
async function arrive(subject: string, atMs: number, labelIds: readonly string[]): Promise<string> {
  const date = new Date(atMs).toUTCString().replace("GMT", "+0000");
  const raw = Buffer.from(`Date: ${date}\r\nFrom: a@b.example\r\nSubject: ${subject}\r\n\r\nHello`).toString("base64url");
  const answer = await fetch(`${tool.origin}/gmail/v1/users/me/messages?internalDateSource=dateHeader`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ raw, labelIds }),
  });
  return ((await answer.json()) as { id: string }).id;
}

describe("10,000 mails and more", () => {
  it("are walked to the end, each once, in pages that are no longer than Gmail's, without looking into one", async () => {
    calls.length = 0;
    const seen = new Set<string>();
    let given = 0;
    for (let cursor: string | null = null; ; ) {
      const page = await api.listMessages({}, { cursor, limit: 9_999 }, testCall);
      expect(page.items.length).toBeLessThanOrEqual(500);
      given += page.items.length;
      for (const id of page.items) seen.add(id);
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    expect(seen.size).toBeGreaterThan(10_000);
    expect(given).toBe(seen.size);
    expect(new Set(calls.map(({ operation }) => operation))).toEqual(new Set(["messages.list"]));
    for (const { url } of calls) expect(new URL(url).searchParams.get("maxResults")).toBe("500");
  }, 120_000);

  it("stand in days from the oldest on, which is found by a few cheap calls", async () => {
    calls.length = 0;
    const entries = await listAll(days);
    expect(calls.length).toBeLessThan(20);
    const [first] = entries.toReversed();
    const { items } = await mountFirst(first);
    expect(items.length).toBeGreaterThan(0);
    const before = addDays(first?.title ?? "", -1);
    expect((await mount.list([...days, fixed(before)], { cursor: null, limit: 10 }, context)).entries).toEqual([]);

    async function mountFirst(entry: Entry | undefined): Promise<{ items: readonly Entry[] }> {
      const here = await listAll([...days, fixed(entry?.title ?? "")]);
      // The bounds of a search are a second wider than the day's, so the first may be a day early.
      return { items: here.length > 0 ? here : await listAll([...days, fixed(addDays(entry?.title ?? "", 1))]) };
    }
  }, 60_000);

  it("cost a page of a day one list and one call a mail, fifty at most", async () => {
    const day = [...days, fixed("2017-03-04")];
    await Promise.all(Array.from({ length: 120 }, (_, index) => arrive(`Busy ${index}`, Date.UTC(2017, 2, 3, 20, index % 60), ["INBOX"])));
    calls.length = 0;
    const page = await mount.list(day, { cursor: null, limit: 1_000 }, context);
    expect(page.entries).toHaveLength(50);
    expect(calls.map(({ operation }) => operation).toSorted()).toEqual([
      ...Array.from({ length: 50 }, () => "messages.get"),
      "messages.list",
    ]);
    const whole = await listAll(day);
    expect(new Set(whole.map(({ title }) => title)).size).toBe(120);
    expect(whole).toHaveLength(120);
  }, 60_000);
});

describe("a mail's place", () => {
  it("is the day that it came in on the mount's clock, and no other", async () => {
    // 23:30 in UTC is half past eleven of the next morning in Auckland.
    const id = await arrive("Night mail", Date.UTC(2020, 4, 31, 23, 30), ["INBOX"]);
    expect((await listAll([...days, fixed("2020-06-01")])).map(({ title }) => title)).toEqual(["Night mail"]);
    expect(await listAll([...days, fixed("2020-05-31")])).toEqual([]);
    expect((await mount.stat(message("2020-06-01", id), context)).title).toBe("Night mail");
    expect(await codeOf(mount.stat(message("2020-05-31", id), context))).toBe("ENOENT");
    expect(await codeOf(mount.read(message("2020-06-01", "0123456789abcdef"), null, context))).toBe("ENOENT");
  });

  it("on the edge of two days is one day's: no second belongs to both or none", async () => {
    const midnightMs = Date.UTC(2019, 5, 30, 12);
    for (const [index, ms] of [-1, 0, 1].entries()) await arrive(`Edge ${index}`, midnightMs + ms * 1000, ["INBOX"]);
    expect((await listAll([...days, fixed("2019-06-30")])).map(({ title }) => title)).toEqual(["Edge 0"]);
    expect((await listAll([...days, fixed("2019-07-01")])).map(({ title }) => title).toSorted()).toEqual(["Edge 1", "Edge 2"]);
  });

  it("of spam and trash is a day that does not list it, reached by its label", async () => {
    const at = Date.UTC(2018, 0, 2);
    const id = await arrive("You won", at, ["SPAM"]);
    expect(await listAll([...days, fixed("2018-01-02")])).toEqual([]);
    const [link] = await listAll([...labels, object("label", "SPAM"), fixed("2018-01-02")]);
    expect(link).toMatchObject({ kind: "link", title: "You won", canonical: message("2018-01-02", id) });
    expect((await mount.stat([...days, fixed("2018-01-02")], context)).unlisted).toBe(true);
    expect((await mount.read(message("2018-01-02", id), null, context)).text).toMatch(/^labels:\n {2}- SPAM$/m);
    expect(await codeOf(mount.stat([...labels, object("label", "INBOX"), fixed("2018-01-02"), object("message", id)], context))).toBe(
      "ENOENT",
    );
  });
});

describe("a mailbox without mail", () => {
  it("has today, and its labels nothing", async () => {
    const settings = tool.settingsFor(googleWorkspace.manifest);
    const { access_token } = await tool.connect(
      ["openid", "email", scope("gmail.readonly"), scope("gmail.modify")],
      "hugo@freelance.example",
    );
    const send = createTestTransport(googleWorkspace, settings).send(access_token);
    const theirs = createGmailApi(createGoogleHttp({ send, settings }));
    for (let page = await theirs.listMessages({}, { cursor: null, limit: 500 }, testCall); page.items.length > 0; ) {
      await Promise.all(
        page.items.map((id) =>
          fetch(`${tool.origin}/gmail/v1/users/me/messages/${id}/trash`, {
            method: "POST",
            headers: { authorization: `Bearer ${access_token}` },
          }),
        ),
      );
      page = await theirs.listMessages({}, { cursor: null, limit: 500 }, testCall);
    }
    const empty = createGmailArea({ api: theirs, check: createCapabilityCheck(["read:gmail"]), now: () => Date.UTC(2026, 10, 23) - dayMs });
    expect(
      (await empty.list(days, { cursor: null, limit: 10 }, { ...context, timeZone: "UTC" })).entries.map(({ title }) => title),
    ).toEqual(["2026-11-22"]);
    expect((await empty.list([...labels, object("label", "INBOX")], { cursor: null, limit: 10 }, context)).entries).toEqual([]);
  });

  it("is not read where that was not switched on", async () => {
    const closed = createGmailArea({ api, check: createCapabilityCheck(["read:calendar"]) });
    expect(await codeOf(closed.list(days, { cursor: null, limit: 10 }, context))).toBe("ESCOPE");
  });
});
