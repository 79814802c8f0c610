import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { at, type GraphClient, recordsOf, startTestMicrosoft365, type TestMicrosoft365, textAt } from "./testing";

/** Outlook's calendars as the fact sheet (§2, §3) has them. */

let tool: TestMicrosoft365;
let graph: GraphClient;
beforeAll(async () => {
  tool = await startTestMicrosoft365();
});
afterAll(() => tool.close());
beforeEach(async () => {
  await tool.control.reset();
  graph = await tool.graph();
});

const time = (dateTime: string, timeZone = "Europe/Berlin") => ({ dateTime, timeZone });
const at9 = { subject: "Nine", start: time("2030-03-29T09:00:00"), end: time("2030-03-29T09:30:00") };
/** What takes place in that time, the seed's own stand-ups aside. */
async function view(from: string, to: string, client = graph): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const path = `/me/calendarView?startDateTime=${from}T00:00:00Z&endDateTime=${to}T00:00:00Z&$top=100&$orderby=start/dateTime`;
  return recordsOf(await client("GET", path)).filter(({ subject }) => subject !== "Engineering stand-up");
}

const daily = {
  ...at9,
  recurrence: { pattern: { type: "daily", interval: 1 }, range: { type: "numbered", startDate: "2030-03-29", numberOfOccurrences: 4 } },
};

describe("a series", () => {
  it("is one master in the list, and occurrences in the view, on the clock of its zone across a change of it", async () => {
    const master = await graph("POST", "/me/events", daily);
    expect([master.status, at(master, "type"), at(master, "originalStartTimeZone")]).toEqual([
      201,
      "seriesMaster",
      "W. Europe Standard Time",
    ]);
    const found = await view("2030-03-29", "2030-04-05");
    // Clocks go forward on 31 March 2030.
    expect(found.map(({ start, type }) => [(start as { dateTime: string }).dateTime.slice(0, 16), type])).toEqual([
      ["2030-03-29T08:00", "occurrence"],
      ["2030-03-30T08:00", "occurrence"],
      ["2030-03-31T07:00", "occurrence"],
      ["2030-04-01T07:00", "occurrence"],
    ]);
    expect(found.every(({ seriesMasterId }) => seriesMasterId === at(master, "id"))).toBe(true);
    const listed = recordsOf(await graph("GET", "/me/events?$top=100&$select=subject,type")).filter(({ subject }) => subject === "Nine");
    expect(listed.map(({ type }) => type)).toEqual(["seriesMaster"]);
    const local = await graph("GET", `/me/events/${String(found[0]?.id)}`, undefined, { prefer: 'outlook.timezone="Tokyo Standard Time"' });
    expect(at(local, "start")).toEqual({ dateTime: "2030-03-29T17:00:00.0000000", timeZone: "Tokyo Standard Time" });
  });

  it("has occurrences of their own, and loses those that are deleted", async () => {
    await graph("POST", "/me/events", daily);
    const [first, second] = await view("2030-03-29", "2030-04-05");
    expect(
      (
        await graph("PATCH", `/me/events/${String(first?.id)}`, {
          subject: "Ten",
          start: time("2030-03-29T10:00:00"),
          end: time("2030-03-29T10:30:00"),
        })
      ).status,
    ).toBe(200);
    expect((await graph("DELETE", `/me/events/${String(second?.id)}`)).status).toBe(204);
    const now = await view("2030-03-29", "2030-04-05");
    expect(now.map(({ subject, type }) => [subject, type])).toEqual([
      ["Ten", "exception"],
      ["Nine", "occurrence"],
      ["Nine", "occurrence"],
    ]);
    expect(now[0]).toMatchObject({ originalStart: "2030-03-29T08:00:00Z" });
    expect((await graph("GET", `/me/events/${String(second?.id)}`)).status).toBe(404);
    expect((await graph("PATCH", `/me/events/${String(first?.id)}`, { recurrence: daily.recurrence })).status).toBe(400);
  });
});

describe("an event", () => {
  it("is made once for one transactionId, or refused with a conflict: which of the two is not documented", async () => {
    const first = await graph("POST", "/me/events", { ...at9, transactionId: "t-1" });
    expect(at(await graph("POST", "/me/events", { ...at9, transactionId: "t-1" }), "id")).toBe(at(first, "id"));
    await tool.control.set({ transactionConflict: true });
    expect((await graph("POST", "/me/events", { ...at9, transactionId: "t-1" })).status).toBe(409);
    expect((await graph("PATCH", `/me/events/${textAt(first, "id")}`, { transactionId: "t-2" })).status).toBe(400);
  });

  it("is in its attendees' calendars, changes there, and goes from there", async () => {
    const ben = await tool.graph(undefined, "ben@acme.example");
    const made = await graph("POST", "/me/events", {
      ...at9,
      attendees: [{ type: "required", emailAddress: { address: "ben@acme.example" } }],
    });
    const path = `/me/events/${textAt(made, "id")}`;
    const [copy] = await view("2030-03-29", "2030-03-30", ben);
    expect(copy).toMatchObject({
      subject: "Nine",
      iCalUId: at(made, "iCalUId"),
      isOrganizer: false,
      organizer: { emailAddress: { address: "ann@acme.example" } },
    });
    await graph("PATCH", path, { subject: "Later" });
    expect((await view("2030-03-29", "2030-03-30", ben)).map(({ subject }) => subject)).toEqual(["Later"]);
    await graph("DELETE", path);
    expect(await view("2030-03-29", "2030-03-30", ben)).toEqual([]);
  });

  it("of whole days is from midnight to midnight, whatever zone is preferred", async () => {
    const day = { isAllDay: true, start: time("2030-03-29T00:00:00", "UTC"), end: time("2030-03-30T00:00:00", "UTC") };
    const made = await graph("POST", "/me/events", { subject: "Day", ...day }, { prefer: 'outlook.timezone="Tokyo Standard Time"' });
    expect(at(made, "start", "dateTime")).toBe("2030-03-29T00:00:00.0000000");
    expect((await graph("POST", "/me/events", { subject: "Day", ...day, end: time("2030-03-29T12:00:00", "UTC") })).status).toBe(400);
    expect((await graph("POST", "/me/events", { ...at9, end: time("2030-03-29T08:00:00") })).status).toBe(400);
    expect((await graph("POST", "/me/events", { ...at9, start: time("2030-03-29T09:00:00", "Mars/Olympus") })).status).toBe(400);
  });

  it("stays an online meeting only while its body has the block to join it", async () => {
    const made = await graph("POST", "/me/events", { ...at9, isOnlineMeeting: true });
    const joinUrl = textAt(made, "onlineMeeting", "joinUrl");
    expect(at(made, "body", "content")).toContain(joinUrl);
    const rewritten = await graph("PATCH", `/me/events/${textAt(made, "id")}`, { body: { contentType: "html", content: "<p>New</p>" } });
    expect([at(rewritten, "isOnlineMeeting"), at(rewritten, "onlineMeeting")]).toEqual([false, null]);
  });

  it("is written by who read it last, where an etag is said; a calendar to look at takes none", async () => {
    const made = await graph("POST", "/me/events", at9);
    const path = `/me/events/${textAt(made, "id")}`;
    const etag = textAt(made, "@odata.etag");
    expect((await graph("PATCH", path, { subject: "A" }, { "if-match": etag })).status).toBe(200);
    expect((await graph("PATCH", path, { subject: "B" }, { "if-match": etag })).status).toBe(412);
    const birthdays = recordsOf(await graph("GET", "/me/calendars")).find(({ name }) => name === "Birthdays");
    expect((await graph("POST", `/me/calendars/${String(birthdays?.id)}/events`, at9)).status).toBe(403);
  });
});

describe("the view", () => {
  it("needs both ends of its window, and takes no filter", async () => {
    expect((await graph("GET", "/me/calendarView")).status).toBe(400);
    expect((await graph("GET", "/me/calendarView?startDateTime=2030-01-01T00:00:00Z&endDateTime=2029-01-01T00:00:00Z")).status).toBe(400);
    expect((await graph("GET", "/me/calendarView?startDateTime=2030-01-01&endDateTime=2030-02-01&$filter=subject eq 'x'")).status).toBe(
      400,
    );
  });
});
