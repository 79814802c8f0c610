import { createEmulator, type Emulator } from "emulate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import type { Entry, Location, ToolMount } from "@/server/vfs/tool-mount";
import type { IntegrationSettings } from "../contract";
import { createTestContext, createTestTransport, testCall } from "../testing";
import { type CalendarApi, createCalendarApi } from "./api/calendar";
import { createGmailApi, type GmailApi } from "./api/gmail";
import { createGoogleHttp } from "./api/http";
import { googleWorkspace } from "./index";
import { createCapabilityCheck, fixed, object } from "./mount/area";
import { createCalendarArea } from "./mount/calendar/calendar-area";
import { createGmailArea } from "./mount/gmail/gmail-area";

/**
 * Calendar and Gmail against `emulate`'s Google, somebody else's reading of the same vendor. What it does not have, or does otherwise, is
 * written down here and in docs/tools/google-workspace.md, so that a new version which covers more is noticed.
 */

let emulator: Emulator;
let calendarApi: CalendarApi;
let gmailApi: GmailApi;
let calendar: Pick<ToolMount, "list" | "stat" | "read">;
let gmail: Pick<ToolMount, "list" | "stat" | "read">;
const context = createTestContext();

beforeAll(async () => {
  emulator = await createEmulator({ service: "google", port: 0 });
  const settings: IntegrationSettings = {
    clientId: "example.apps.googleusercontent.com",
    clientSecret: "example_client_secret",
    origins: Object.fromEntries(Object.keys(googleWorkspace.manifest.origins).map((role) => [role, emulator.url])),
    redirectUri: "http://localhost:3000/oauth/callback/google-workspace",
  };
  const send = createTestTransport(googleWorkspace, settings).send("any-token");
  const http = createGoogleHttp({ send, settings });
  const check = createCapabilityCheck(["read:calendar", "write:calendar", "read:gmail"]);
  calendarApi = createCalendarApi(http);
  gmailApi = createGmailApi(http);
  calendar = createCalendarArea({ api: calendarApi, check });
  gmail = createGmailArea({ api: gmailApi, check });
});
afterAll(() => emulator.close());

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HubError)) throw error ?? new Error("A refusal was expected.");
  return error.code;
};

const rows = async (mount: Pick<ToolMount, "list">, directory: Location): Promise<readonly Entry[]> =>
  (await mount.list(directory, { cursor: null, limit: 1_000 }, context)).entries;

const calendars = [fixed("calendar")];
const primary = [...calendars, object("calendar", "primary")];

describe("Calendar at emulate", () => {
  it("lists calendars, months and what is in them", async () => {
    expect((await rows(calendar, calendars)).map(({ title }) => title)).toEqual(["testuser@gmail.com", "Team Calendar"]);
    const month = new Date().toISOString().slice(0, 7);
    expect((await rows(calendar, primary)).map(({ title }) => title)).toContain(month);
    const events = await rows(calendar, [...primary, fixed(month)]);
    expect(events.map(({ title }) => title)).toContainEqual(expect.stringMatching(/^\d{4}-\d{2}-\d{2} Daily Standup$/));
  });

  it("makes and deletes an event, but takes no id of ours and no etag", async () => {
    const made = await calendarApi.insertEvent(
      "primary",
      { id: "abcdef0", summary: "Made", start: { date: "2027-01-01" }, end: { date: "2027-01-02" } },
      testCall,
    );
    expect(made).toMatchObject({ summary: "Made", start: { date: "2027-01-01" } });
    expect(made.id).not.toBe("abcdef0");
    await calendarApi.deleteEvent("primary", made.id, '"stale"', testCall);
    expect((await calendarApi.listEvents("primary", { cursor: null, limit: 250 }, testCall)).items.map(({ id }) => id)).not.toContain(
      made.id,
    );
  });

  it("has no call for one event, one calendar or a patch", async () => {
    const [event] = (await calendarApi.listEvents("primary", { cursor: null, limit: 1 }, testCall)).items;
    expect(await codeOf(calendarApi.getEvent("primary", event?.id ?? "", testCall))).toBe("ENOENT");
    expect(await codeOf(calendarApi.patchEvent("primary", event?.id ?? "", event?.etag ?? "", {}, testCall))).toBe("ENOENT");
    expect(await codeOf(calendarApi.getCalendar("primary", testCall))).toBe("ENOENT");
  });
});

describe("Gmail at emulate", () => {
  it("lists labels and messages, and reads one with its parts", async () => {
    expect((await rows(gmail, [fixed("gmail"), fixed("labels")])).map(({ title }) => title)).toEqual(
      expect.arrayContaining(["INBOX", "SENT"]),
    );
    const { items } = await gmailApi.listMessages({ label: "INBOX" }, { cursor: null, limit: 500 }, testCall);
    const heads = await Promise.all(items.map((id) => gmailApi.getHead(id, testCall)));
    const [head] = heads;
    if (head === undefined) throw new Error("emulate has no mail.");
    const day = new Date(Number(head.internalDate)).toISOString().slice(0, 10);
    const at = [fixed("gmail"), fixed("messages"), fixed(day), object("message", head.id)];
    expect((await gmail.stat(at, context)).title).not.toBe("");
    const file = await gmail.read(at, null, context);
    expect(file.text).toMatch(/^---\nsubject: .+\nfrom: .+@.+\n/);
    expect(file.text).toMatch(/^labels:\n/m);
    expect((await rows(gmail, at.slice(0, 3))).map(({ segment }) => segment)).toContainEqual(at[3]);
    expect((await gmail.read(at, "thread", context)).text).toMatch(/^# .+\n\n## /);
    expect((await gmail.read(at, "raw", context)).text).toMatch(/^Subject:|^From:|^[A-Z][\w-]+:/);
  });

  it("pages its messages to the end", async () => {
    const ids: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const page = await gmailApi.listMessages({}, { cursor, limit: 2 }, testCall);
      ids.push(...page.items);
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(2);
  });
});
