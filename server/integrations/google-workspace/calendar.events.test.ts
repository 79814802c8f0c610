import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestTool, type TestTool } from "@/sandbox/testing";
import { HubError } from "@/server/errors";
import type { DraftPlan, Entry, Location, MountContext, ToolMount } from "@/server/vfs/tool-mount";
import { createTestContext, createTestTransport, testCall } from "../testing";
import { type CalendarApi, createCalendarApi } from "./api/calendar";
import { createGoogleHttp } from "./api/http";
import { googleWorkspace } from "./index";
import { createCapabilityCheck } from "./mount/area";
import { createCalendarArea } from "./mount/calendar/calendar-area";
import { calendarLocations } from "./mount/calendar/place";
import { toEventId } from "./mount/calendar/steps";

/** Calendars as the mount has them, against the sandbox: what callers of the API cannot bring about, such as lost answers and races. */

const scopes = ["openid", "email", "https://www.googleapis.com/auth/calendar.readonly", "https://www.googleapis.com/auth/calendar.events"];
const own = "ann@acme.example";

let tool: TestTool<{ access_token: string }, Readonly<Record<string, unknown>>>;
let api: CalendarApi;
let mount: Pick<ToolMount, "list" | "stat" | "read" | "plan" | "perform">;
let calls: ReturnType<typeof createTestTransport>["calls"];
const context: MountContext = { ...createTestContext(), timeZone: "Europe/Berlin" };

beforeAll(async () => {
  tool = await startTestTool("google-workspace");
  const settings = tool.settingsFor(googleWorkspace.manifest);
  const transport = createTestTransport(googleWorkspace, settings);
  const { access_token } = await tool.connect(scopes);
  calls = transport.calls;
  api = createCalendarApi(createGoogleHttp({ send: transport.send(access_token), settings }));
  mount = createCalendarArea({ api, check: createCapabilityCheck(["read:calendar", "write:calendar"]) });
});
afterAll(() => tool.close());
beforeEach(() => tool.control.set({ calendarEmptyPages: false }));
afterEach(() => tool.control.clearFaults());

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HubError)) throw error ?? new Error("A refusal was expected.");
  return error.code;
};

const text = (lines: readonly string[], body = "") => `---\n${lines.join("\n")}\n---\n${body === "" ? "" : `\n${body}\n`}`;
const day = (date: string, next: string, ...more: readonly string[]) => text([`start: "${date}"`, `end: "${next}"`, ...more]);

const create = (name: string, content: string, seed: string = crypto.randomUUID(), month = "2028-02") =>
  mount.plan({ type: "create", parent: calendarLocations.month(own, month), name, extension: ".md", text: content, seed }, context);

async function perform(plan: DraftPlan): Promise<Location> {
  let at: Location | null = null;
  for (const step of plan.steps) at = (await mount.perform(step, context)).location;
  if (at === null) throw new Error("The plan made nothing.");
  return at;
}

async function update(location: Location, edit: (content: string) => string): Promise<DraftPlan> {
  const file = await mount.read(location, null, context);
  return await mount.plan({ type: "update", location, base: file.text, revision: file.entry.revision, text: edit(file.text) }, context);
}

const sent = (operation: string) => calls.filter((call) => call.operation === operation);
const inMonth = async (month: string) =>
  (await mount.list(calendarLocations.month(own, month), { cursor: null, limit: 250 }, context)).entries;

const titled = (word: string, entries: readonly Entry[]) => entries.map(({ title }) => title).filter((title) => title.includes(word));

describe("an answer that is lost", () => {
  it("leaves one event, made by the id from the seed", async () => {
    const seed = crypto.randomUUID();
    await tool.control.addFault({ match: { operation: "calendar.events.insert" }, effect: { kind: "lost_answer" } });
    const at = await perform(await create("Only once", day("2028-02-01", "2028-02-02"), seed));
    expect(at.at(-1)).toMatchObject({ externalId: toEventId(seed) });
    expect((await inMonth("2028-02")).filter(({ title }) => title === "2028-02-01 Only once")).toHaveLength(1);
  });

  it("leaves an edit that was done as done, and one removal", async () => {
    const at = await perform(await create("Edited", day("2028-02-03", "2028-02-04")));
    const plan = await update(at, (content) =>
      content.replace("location: null", "location: Depot").replace('end: "2028-02-04"', 'end: "2028-02-05"'),
    );
    await tool.control.addFault({ match: { operation: "calendar.events.patch" }, effect: { kind: "lost_answer" } });
    await perform(plan);
    expect((await mount.read(at, null, context)).text).toMatch(/^location: Depot$/m);
    const removal = await mount.plan({ type: "remove", location: at, revision: null }, context);
    await tool.control.addFault({ match: { operation: "calendar.events.delete" }, effect: { kind: "lost_answer" } });
    for (const step of removal.steps) expect(await mount.perform(step, context)).toEqual({ location: null });
    expect(await codeOf(mount.stat(at, context))).toBe("ENOENT");
  });

  it("never takes somebody else's event for its own", async () => {
    const seed = crypto.randomUUID();
    await api.insertEvent(own, { id: toEventId(seed), start: { date: "2028-02-05" }, end: { date: "2028-02-06" } }, testCall);
    expect(await codeOf(perform(await create("Mine", day("2028-02-05", "2028-02-06"), seed)))).toBe("EEXIST");
  });
});

describe("changes that meet", () => {
  it("are refused by Google's own etag: one of several wins", async () => {
    const at = await perform(await create("Contested", day("2028-02-07", "2028-02-08")));
    const plans = await Promise.all(
      ["One", "Two", "Three"].map((place) => update(at, (content) => content.replace("location: null", `location: ${place}`))),
    );
    const outcomes = await Promise.allSettled(plans.map((plan) => perform(plan)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "ESTALE" });
  });

  it("send the fields that changed, under the etag that was read, and mail nobody", async () => {
    const at = await perform(
      await create("Sent", day("2028-02-09", "2028-02-10", "attendees: [ben@acme.example, Guest <guest@elsewhere.example>]")),
    );
    const plan = await update(at, (content) => content.replace("transparency: opaque", "transparency: transparent"));
    expect(plan.steps[0]?.args).toMatchObject({ fields: { transparency: "transparent" } });
    expect(Object.keys((plan.steps[0]?.args.fields ?? {}) as object)).toEqual(["transparency"]);
    expect(plan.effects).toEqual(["The event changes in the calendars of its 2 other attendees. Google mails nobody."]);
    await perform(plan);
    for (const call of [...sent("events.insert"), ...sent("events.patch")]) expect(call.url).toContain("sendUpdates=none");
  });

  it("keep what attendees answered, whom the caller left in the list", async () => {
    const at = await perform(await create("Answered", day("2028-02-11", "2028-02-12", "attendees: [ben@acme.example]")));
    const id = at.at(-1);
    const event = id?.type === "object" ? id.externalId : "";
    const { etag } = await api.getEvent(own, event, testCall);
    await api.patchEvent(own, event, etag ?? "", { attendees: [{ email: "ben@acme.example", responseStatus: "accepted" }] }, testCall);
    await perform(await update(at, (content) => content.replace("optional_attendees: []", "optional_attendees: [finn@acme.example]")));
    const after = await mount.read(at, null, context);
    expect(after.text).toMatch(/^responses:\n {2}- "?ben@acme\.example: accepted"?\n {2}- "?finn@acme\.example: needsAction"?$/m);
  });
});

describe("what an event's file cannot say", () => {
  it("refuses a new body where the old one holds what Markdown does not have, and takes its fields", async () => {
    const description = "Hello<br><u>underlined</u>\n-::~:~::~:~:~\nJoin with Google Meet\n-::~:~::-";
    await api.insertEvent(
      own,
      { id: "blocked001", summary: "Block", description, start: { date: "2028-03-01" }, end: { date: "2028-03-02" } },
      testCall,
    );
    const at = calendarLocations.event(own, "2028-03", "blocked001");
    const error = await update(at, (content) => `${content}\nMore.\n`).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ENOTSUP", message: expect.stringMatching(/the join block of Google Meet, <u>/) });
    await perform(await update(at, (content) => content.replace("location: null", "location: Here")));
    expect((await api.getEvent(own, "blocked001", testCall)).description).toBe(description);
  });

  it("reads and links what began in an earlier month, and changes it only where it stands", async () => {
    const at = await perform(await create("Long", day("2028-04-28", "2028-05-03"), crypto.randomUUID(), "2028-04"));
    const [link] = (await inMonth("2028-05")).filter(({ title }) => title.endsWith("Long"));
    expect(link).toMatchObject({ kind: "link", canonical: at, title: "2028-04-28 Long" });
    expect(titled("Long", await inMonth("2028-06"))).toEqual([]);
    const there = [...calendarLocations.month(own, "2028-05"), ...at.slice(-1)];
    expect((await mount.read(there, null, context)).text).toContain('start: "2028-04-28"');
    expect(await codeOf(mount.plan({ type: "remove", location: there, revision: null }, context))).toBe("ENOTSUP");
    expect(await codeOf(mount.stat([...calendarLocations.month(own, "2028-06"), ...at.slice(-1)], context))).toBe("ENOENT");
  });

  it("keeps an all-day event out of the month that only its calendar's midnight touches", async () => {
    await perform(await create("Last day", day("2028-07-31", "2028-08-01"), crypto.randomUUID(), "2028-07"));
    expect(titled("Last day", await inMonth("2028-07"))).toEqual(["2028-07-31 Last day"]);
    expect(titled("Last day", await inMonth("2028-08"))).toEqual([]);
  });
});

describe("texts of events", () => {
  it("come back as they were written, whatever they are", async () => {
    const words = fc.constantFrom(
      "plain",
      "**bold**",
      "😀 𝒳",
      "مرحبا",
      "https://x.example/a_b",
      "- item",
      "a < b & c",
      "1. one",
      "snake_case",
      "`code`",
    );
    const body = fc.array(words, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("\n\n"));
    const title = fc.constantFrom("Plain", "😀 𝒳", "مرحبا", "/".repeat(300), "");
    await fc.assert(
      fc.asyncProperty(title, body, async (name, content) => {
        const lines = ['start: "2028-09-04"', 'end: "2028-09-05"', `title: ${JSON.stringify(name)}`];
        const at = await perform(
          await create(
            name === "" ? "untitled" : name.replaceAll("/", "-").slice(0, 100),
            text(lines, content),
            crypto.randomUUID(),
            "2028-09",
          ),
        );
        const { text: first } = await mount.read(at, null, context);
        expect(first).toContain(`title: ${name === "" ? '""' : name}\n`);
        // Written back as it was read, nothing changes.
        expect((await update(at, (same) => same)).steps).toEqual([]);
        expect((await update(at, (same) => same.replace("location: null", "location: null"))).steps).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });
});

describe("10,000 occurrences", () => {
  it("are walked to the end, page by page, none twice, and no call asks for more than Calendar gives", async () => {
    const series = {
      summary: "Pulse",
      start: { dateTime: "2030-01-01T00:00:00Z", timeZone: "UTC" },
      end: { dateTime: "2030-01-01T00:05:00Z", timeZone: "UTC" },
    };
    await api.insertEvent(own, { ...series, id: "pulse00001", recurrence: ["RRULE:FREQ=MINUTELY;INTERVAL=4;COUNT=10000"] }, testCall);
    await tool.control.set({ calendarEmptyPages: true });
    const seen = new Set<string>();
    let pages = 0;
    for (let cursor: string | null = null; ; ) {
      const page = await mount.list(calendarLocations.month(own, "2030-01"), { cursor, limit: 9_999 }, context);
      for (const { segment } of page.entries) {
        if (segment.type === "object" && segment.externalId.startsWith("pulse00001_")) seen.add(segment.externalId);
      }
      expect(page.entries.length).toBeLessThanOrEqual(2_500);
      pages += 1;
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    expect(seen.size).toBe(10_000);
    // The first page is empty here, and the company's own meetings are in the last.
    expect(pages).toBe(6);
    for (const { url } of sent("events.list")) expect(Number(new URL(url).searchParams.get("maxResults"))).toBeLessThanOrEqual(2_500);
  }, 60_000);
});
