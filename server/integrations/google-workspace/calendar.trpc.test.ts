import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConnectedHub, connectedHub, failureOf } from "@/server/compose/testing-tool";
import { googleWorkspace } from "./index";

/** Google's calendars through the API, in a hub whose workspace has it connected by Ann of Acme. */

let hub: ConnectedHub<{ access_token: string }, Readonly<Record<string, unknown>>>;
let root = "";
/** Ann's own calendar. */
let calendar = "";

beforeAll(async () => {
  hub = await connectedHub("google-workspace", { integration: googleWorkspace });
  root = `${hub.root}/calendar`;
  const calendars = await hub.listAll(hub.admin.vfs, root);
  calendar = calendars.find(({ name }) => name.startsWith("ann@acme.example~"))?.path ?? "";
});
afterAll(() => hub.close());

/** Calendar as another person sees it, asked directly. */
async function eventsOf(person: string, query: Readonly<Record<string, string>>): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { access_token } = await hub.sandbox.connect(["openid", "email", "https://www.googleapis.com/auth/calendar.readonly"], person);
  const url = new URL(`/calendar/v3/calendars/primary/events?${new URLSearchParams(query)}`, hub.sandbox.origin);
  const answer = (await (await fetch(url, { headers: { authorization: `Bearer ${access_token}` } })).json()) as { items: [] };
  return answer.items;
}

const list = (path: string) => hub.listAll(hub.admin.vfs, path, { fresh: true });

describe("calendars over the API", () => {
  it("stand with their series and months, from the first event to two years ahead", async () => {
    const names = (await list(calendar)).map(({ name }) => name);
    const today = new Date();
    const month = (ahead: number) => new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + ahead, 1)).toISOString().slice(0, 7);
    expect(names).toContain("series");
    expect(names).toContain(month(24));
    expect(names).not.toContain(month(25));
    expect(names.length).toBeGreaterThan(25);
    expect((await list(root)).length).toBe(2);
  });

  it("show a series once, and its occurrences in their months, named by day and title", async () => {
    const series = await list(`${calendar}/series`);
    const standup = series.find(({ name }) => name.startsWith("Engineering stand-up~"));
    const { text } = await hub.admin.vfs.read({ path: standup?.path ?? "" });
    expect(text).toMatch(/^recurrence:\n {2}- RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR$/m);
    expect(text).toMatch(/^attendees:\n {2}- Ann Smith <ann@acme\.example>$/m);
    const month = new Date().toISOString().slice(0, 7);
    const occurrences = (await list(`${calendar}/${month}`)).filter(({ name }) => name.includes(" Engineering stand-up~"));
    expect(occurrences.length).toBeGreaterThan(5);
    expect(occurrences.every(({ name }) => /^\d{4}-\d{2}-\d{2} Engineering stand-up~[a-z2-7]{8}\.md$/.test(name))).toBe(true);
    const occurrence = await hub.admin.vfs.read({ path: occurrences[0]?.path ?? "" });
    expect(occurrence.text).toMatch(/^series: Engineering stand-up~[a-z2-7]{8}$/m);
    expect(occurrence.text).not.toMatch(/^recurrence:/m);
  });

  it("give an event as .ics, a series with its zone", async () => {
    const [series] = await list(`${calendar}/series`);
    const ics = await hub.admin.vfs.read({ path: series?.path ?? "", as: "raw" });
    expect(ics.mediaType).toBe("text/calendar; charset=utf-8");
    expect(ics.text).toMatch(/^BEGIN:VCALENDAR\r\n[\s\S]*BEGIN:VTIMEZONE[\s\S]*RRULE:[\s\S]*END:VCALENDAR\r\n$/);
    expect(JSON.parse((await hub.admin.vfs.read({ path: series?.path ?? "", as: "json" })).text)).toMatchObject({ event_type: "default" });
  });
});

describe("writing events over the API", () => {
  const matter = (lines: readonly string[], body = "") => `---\n${lines.join("\n")}\n---\n${body === "" ? "" : `\n${body}\n`}`;
  const planning = matter(
    ['start: "2027-03-01T10:00:00"', 'end: "2027-03-01T11:00:00"', "time_zone: Europe/Paris", "attendees: [ben@acme.example]"],
    "Bring **numbers**.\nAnd 😀.",
  );

  it("makes an event once for one idempotency key, and it is in the attendee's calendar too", async () => {
    const path = `${calendar}/2027-03/Planning.md`;
    const plan = await hub.admin.vfs.write({ path, text: planning, ifNoneMatch: "*", dryRun: true });
    expect(plan).toMatchObject({ kind: "plan", plan: { effects: [expect.stringMatching(/ben@acme\.example.*mails nobody/)] } });
    const write = () => hub.admin.vfs.write({ path, text: planning, ifNoneMatch: "*", idempotencyKey: "planning" });
    const first = await write();
    expect(await write()).toEqual(first);
    if (first.kind !== "receipt") throw new Error("A receipt was expected.");
    expect(first.receipt.canonicalPath).toMatch(/\/2027-03\/2027-03-01 Planning~[a-z2-7]{8}\.md$/);
    const { text } = await hub.admin.vfs.read({ path: first.receipt.canonicalPath });
    expect(text).toContain('start: "2027-03-01T10:00:00"');
    expect(text).toContain("Bring **numbers**.\nAnd 😀.");
    const theirs = await eventsOf("ben@acme.example", { q: "Planning" });
    expect(theirs).toHaveLength(1);
    expect(theirs[0]).toMatchObject({
      organizer: { email: "ann@acme.example" },
      description: "<p>Bring <strong>numbers</strong>.<br>And 😀.</p>",
    });
  });

  it("sends only what the caller changed, of the event that was read", async () => {
    const [node] = (await list(`${calendar}/2027-03`)).filter(({ name }) => name.includes("Planning"));
    const path = node?.path ?? "";
    const { text, etag } = await hub.admin.vfs.read({ path });
    const wanted = text.replace("2027-03-01T11:00:00", "2027-03-01T12:30:00").replace(/^location: null$/m, "location: Room 4");
    const plan = await hub.admin.vfs.write({ path, text: wanted, ifMatch: etag, dryRun: true });
    expect(plan).toMatchObject({ plan: { steps: [{ changes: [{ field: "end" }, { field: "location", from: null, to: "Room 4" }] }] } });
    expect(await hub.admin.vfs.write({ path, text: wanted, ifMatch: etag })).toMatchObject({ kind: "receipt", receipt: { changed: true } });
    expect((await failureOf(hub.admin.vfs.write({ path, text, ifMatch: etag }))).code).toBe("ESTALE");
    expect((await hub.admin.vfs.read({ path, fresh: true })).text).toBe(wanted);
    expect(await eventsOf("ben@acme.example", { q: "Planning" })).toMatchObject([
      { location: "Room 4", attendees: [{ responseStatus: "needsAction" }] },
    ]);
  });

  it("moves an event to another month by its start", async () => {
    const [node] = (await list(`${calendar}/2027-03`)).filter(({ name }) => name.includes("Planning"));
    const path = node?.path ?? "";
    const { text, etag } = await hub.admin.vfs.read({ path });
    const moved = text.replaceAll("2027-03-01T", "2027-04-02T");
    const answer = await hub.admin.vfs.write({ path, text: moved, ifMatch: etag });
    expect(answer).toMatchObject({ receipt: { canonicalPath: expect.stringMatching(/\/2027-04\/2027-04-02 Planning~/) } });
    expect((await list(`${calendar}/2027-03`)).filter(({ name }) => name.includes("Planning"))).toEqual([]);
    expect((await list(`${calendar}/2027-04`)).filter(({ name }) => name.includes("Planning"))).toHaveLength(1);
  });

  it("changes and removes one occurrence, or the whole series, as the path says", async () => {
    const text = matter([
      'start: "2027-05-03T09:00:00"',
      'end: "2027-05-03T09:15:00"',
      "time_zone: Europe/Paris",
      'recurrence: ["RRULE:FREQ=WEEKLY;COUNT=4"]',
    ]);
    const made = await hub.admin.vfs.write({ path: `${calendar}/series/Check-in.md`, text, ifNoneMatch: "*" });
    if (made.kind !== "receipt") throw new Error("A receipt was expected.");
    const inMay = async () =>
      (await list(`${calendar}/2027-05`)).filter(({ name }) => name.includes("Check-in") || name.includes("Longer"));
    const [first, second] = await inMay();
    expect(await inMay()).toHaveLength(4);
    const one = await hub.admin.vfs.read({ path: first?.path ?? "" });
    await hub.admin.vfs.write({
      path: first?.path ?? "",
      text: one.text.replace("title: Check-in", "title: Longer check-in"),
      ifMatch: one.etag,
    });
    await hub.admin.vfs.remove({ path: second?.path ?? "" });
    expect((await inMay()).map(({ name }) => name.replace(/~.*/, ""))).toEqual([
      "2027-05-03 Longer check-in",
      "2027-05-17 Check-in",
      "2027-05-24 Check-in",
    ]);
    const ics = await hub.admin.vfs.read({ path: made.receipt.canonicalPath, as: "raw" });
    expect(ics.text).toContain("RECURRENCE-ID;TZID=Europe/Paris:20270503T090000");
    expect(ics.text).toContain("EXDATE:20270510T070000Z");
    const series = await hub.admin.vfs.read({ path: made.receipt.canonicalPath });
    await hub.admin.vfs.write({
      path: made.receipt.canonicalPath,
      text: series.text.replace("location: null", "location: Online"),
      ifMatch: series.etag,
    });
    expect((await hub.admin.vfs.read({ path: (await inMay())[2]?.path ?? "", fresh: true })).text).toMatch(/^location: Online$/m);
    await hub.admin.vfs.remove({ path: made.receipt.canonicalPath });
    expect(await inMay()).toEqual([]);
  });

  it("says where an event belongs, key and line of what is wrong, and what it cannot carry back", async () => {
    const write = (path: string, text: string) => failureOf(hub.admin.vfs.write({ path: `${calendar}/${path}`, text, ifNoneMatch: "*" }));
    expect(await write("2027-03/Else.md", matter(['start: "2027-04-01"', 'end: "2027-04-02"']))).toMatchObject({
      code: "EINVAL",
      details: { key: "start", line: 2 },
    });
    expect(await write("series/Once.md", matter(['start: "2027-04-01"', 'end: "2027-04-02"']))).toMatchObject({ code: "EINVAL" });
    expect(await write("2027-04/Often.md", matter(['start: "2027-04-01"', 'end: "2027-04-02"', "recurrence: [FREQ=DAILY]"]))).toMatchObject(
      {
        code: "EINVAL",
        details: { key: "recurrence" },
      },
    );
    expect(
      await write("2027-04/Mine.md", matter(['start: "2027-04-01"', 'end: "2027-04-02"', "organizer: ben@acme.example"])),
    ).toMatchObject({
      code: "EINVAL",
      details: { key: "organizer" },
    });
  });
});
