import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { auth, calendar, type calendar_v3 } from "@googleapis/calendar";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestTool, type TestTool } from "../../testing";

/** The simulated Calendar, driven by Google's own client. */

const scope = (name: string) => `https://www.googleapis.com/auth/${name}`;
const everything = ["openid", "email", scope("calendar.readonly"), scope("calendar.events")];

let tool: TestTool<{ access_token: string }, Readonly<Record<string, unknown>>>;
const clients = new Map<string, calendar_v3.Calendar>();

async function clientOf(person: string, scopes: readonly string[] = everything): Promise<calendar_v3.Calendar> {
  const known = clients.get(`${person} ${scopes.join()}`);
  if (known !== undefined) return known;
  const { access_token } = await tool.connect(scopes, person);
  const credentials = new auth.OAuth2();
  credentials.setCredentials({ access_token });
  const made = calendar({ version: "v3", auth: credentials, rootUrl: `${tool.origin}/` });
  clients.set(`${person} ${scopes.join()}`, made);
  return made;
}

beforeAll(async () => {
  tool = await startTestTool("google-workspace");
});
afterAll(() => tool.close());
beforeEach(async () => {
  await tool.control.set({ syncTokenSeconds: 604_800, calendarEmptyPages: false });
});

interface Refusal {
  readonly status: number;
  readonly reason: string | undefined;
}

async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  try {
    await work;
  } catch (error) {
    const { response } = error as { response?: { status: number; data?: { error?: { errors?: { reason?: string }[] } } } };
    return { status: response?.status ?? 0, reason: response?.data?.error?.errors?.[0]?.reason };
  }
  throw new Error("A refusal was expected.");
}

const primary = { calendarId: "primary" } as const;
let made = 0;
const nextId = () => `test${(made++).toString().padStart(6, "0")}`;
const tenTo = (hour: number) => ({
  start: { dateTime: `2027-03-01T${hour}:00:00+01:00`, timeZone: "Europe/Paris" },
  end: { dateTime: `2027-03-01T${hour + 1}:00:00+01:00`, timeZone: "Europe/Paris" },
});

async function insert(client: calendar_v3.Calendar, requestBody: calendar_v3.Schema$Event): Promise<calendar_v3.Schema$Event> {
  return (await client.events.insert({ ...primary, requestBody: { id: nextId(), ...tenTo(10), ...requestBody } })).data;
}

const weekly = {
  start: { dateTime: "2027-03-22T09:00:00+01:00", timeZone: "Europe/Paris" },
  end: { dateTime: "2027-03-22T09:30:00+01:00", timeZone: "Europe/Paris" },
  recurrence: ["RRULE:FREQ=WEEKLY;COUNT=4"],
};

describe("calendars and events", () => {
  it("lists a person's calendars and what the company planned", async () => {
    const ann = await clientOf("ann@acme.example");
    const { data } = await ann.calendarList.list();
    expect(data.items?.map(({ primary: own, accessRole }) => [own ?? false, accessRole])).toEqual([
      [true, "owner"],
      [false, "owner"],
    ]);
    const events = await ann.events.list({ ...primary, singleEvents: true, orderBy: "startTime", timeMin: new Date(0).toISOString() });
    expect(events.data.items?.length).toBeGreaterThan(5);
    const starts = (events.data.items ?? []).map(({ start }) => Date.parse(start?.dateTime ?? start?.date ?? ""));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  });

  it("takes an id once, also after the event was deleted", async () => {
    const ann = await clientOf("ann@acme.example");
    const { id } = await insert(ann, { summary: "Once" });
    expect(await refusalOf(ann.events.insert({ ...primary, requestBody: { id, ...tenTo(10) } }))).toEqual({
      status: 409,
      reason: "duplicate",
    });
    await ann.events.delete({ ...primary, eventId: id ?? "" });
    expect(await refusalOf(ann.events.insert({ ...primary, requestBody: { id, ...tenTo(10) } }))).toEqual({
      status: 409,
      reason: "duplicate",
    });
    expect(await refusalOf(ann.events.delete({ ...primary, eventId: id ?? "" }))).toEqual({ status: 410, reason: "deleted" });
    expect((await ann.events.get({ ...primary, eventId: id ?? "" })).data.status).toBe("cancelled");
  });

  it("changes only the event of that etag", async () => {
    const ann = await clientOf("ann@acme.example");
    const event = await insert(ann, { summary: "Guarded" });
    const patch = (summary: string) =>
      ann.events.patch({ ...primary, eventId: event.id ?? "", requestBody: { summary } }, { headers: { "If-Match": event.etag ?? "" } });
    expect((await patch("Changed")).data.summary).toBe("Changed");
    expect(await refusalOf(patch("Lost"))).toEqual({ status: 412, reason: "conditionNotMet" });
    expect(
      await refusalOf(ann.events.delete({ ...primary, eventId: event.id ?? "" }, { headers: { "If-Match": event.etag ?? "" } })),
    ).toMatchObject({ status: 412 });
  });

  it.each([
    ["an id of other letters", { id: "UPPER" }, "invalid"],
    ["an end before the start", { end: { dateTime: "2027-02-01T10:00:00Z" } }, "timeRangeEmpty"],
    ["a missing end", { end: null }, "required"],
    [
      "a series without a zone",
      { start: { dateTime: "2027-03-01T10:00:00Z" }, end: { dateTime: "2027-03-01T11:00:00Z" }, recurrence: ["RRULE:FREQ=DAILY"] },
      "required",
    ],
    ["a rule that is none", { recurrence: ["RRULE:FREQ=SOMETIMES"] }, "invalid"],
    ["an address that is none", { attendees: [{ email: "nobody" }] }, "invalid"],
    ["a name it does not have", { colour: "red" }, "badRequest"],
  ])("refuses %s", async (_, body, reason) => {
    const ann = await clientOf("ann@acme.example");
    const requestBody = { id: nextId(), ...tenTo(10), ...body } as calendar_v3.Schema$Event;
    expect(await refusalOf(ann.events.insert({ ...primary, requestBody }))).toEqual({ status: 400, reason });
  });

  it("lets write and read only who was given the scope", async () => {
    const reader = await clientOf("finn@acme.example", ["openid", "email", scope("calendar.readonly")]);
    expect(await refusalOf(insert(reader, {}))).toMatchObject({ status: 403, reason: "insufficientPermissions" });
    const writer = await clientOf("ines@acme.example", ["openid", "email", scope("calendar.events")]);
    expect(await refusalOf(writer.calendarList.list())).toMatchObject({ status: 403, reason: "insufficientPermissions" });
    expect(await refusalOf(reader.events.list({ calendarId: "ann@acme.example" }))).toMatchObject({ status: 404 });
  });
});

describe("series", () => {
  it("expand over a change of clocks, with exceptions and without deleted occurrences", async () => {
    const ann = await clientOf("ann@acme.example");
    const { id = "" } = await insert(ann, { summary: "Series", ...weekly });
    const eventId = id ?? "";
    const instances = async () => (await ann.events.instances({ ...primary, eventId })).data.items ?? [];
    const [first, second, third] = await instances();
    expect((await instances()).map(({ start }) => start?.dateTime)).toEqual([
      "2027-03-22T09:00:00+01:00",
      "2027-03-29T09:00:00+02:00",
      "2027-04-05T09:00:00+02:00",
      "2027-04-12T09:00:00+02:00",
    ]);
    expect(first?.id).toBe(`${eventId}_20270322T080000Z`);
    await ann.events.patch({ ...primary, eventId: second?.id ?? "", requestBody: { summary: "Another" } });
    await ann.events.delete({ ...primary, eventId: third?.id ?? "" });
    expect((await instances()).map(({ summary }) => summary)).toEqual(["Series", "Another", "Series"]);
    const plain = await ann.events.list({ ...primary, iCalUID: `${eventId}@google.com` });
    expect(plain.data.items?.map(({ status, recurringEventId }) => [status, recurringEventId ?? null])).toEqual([
      ["confirmed", null],
      ["confirmed", eventId],
      ["cancelled", eventId],
    ]);
    await ann.events.patch({ ...primary, eventId, requestBody: { summary: "Renamed" } });
    expect((await instances()).map(({ summary }) => summary)).toEqual(["Renamed", "Another", "Renamed"]);
    await ann.events.delete({ ...primary, eventId });
    expect(await refusalOf(ann.events.patch({ ...primary, eventId: first?.id ?? "", requestBody: { summary: "x" } }))).toMatchObject({
      status: 410,
    });
  });
});

describe("dates of a series", () => {
  it("are taken out and put in, in any zone", async () => {
    const ann = await clientOf("ann@acme.example");
    const recurrence = ["RRULE:FREQ=WEEKLY;UNTIL=20270412T065959Z", "EXDATE;TZID=Europe/Paris:20270329T090000", "RDATE:20270401T100000Z"];
    const { id } = await insert(ann, { summary: "Dated", ...weekly, recurrence });
    const { data } = await ann.events.instances({ ...primary, eventId: id ?? "" });
    // The last one would begin at 07:00 UTC, a second after the end of the rule.
    expect(data.items?.map(({ start }) => start?.dateTime)).toEqual([
      "2027-03-22T09:00:00+01:00",
      "2027-04-01T12:00:00+02:00",
      "2027-04-05T09:00:00+02:00",
    ]);
  });
});

describe("attendees", () => {
  it("have the event in their own calendars, and their answers are seen by all", async () => {
    const [ann, ben] = await Promise.all([clientOf("ann@acme.example"), clientOf("ben@acme.example")]);
    const event = await insert(ann, {
      summary: "Together",
      attendees: [{ email: "ben@acme.example" }, { email: "guest@elsewhere.example" }],
    });
    const eventId = event.id ?? "";
    const copy = (await ben.events.get({ ...primary, eventId })).data;
    expect(copy).toMatchObject({ summary: "Together", organizer: { email: "ann@acme.example" }, iCalUID: event.iCalUID });
    const answered = (copy.attendees ?? []).map((one) => (one.self === true ? { ...one, responseStatus: "accepted" } : one));
    await ben.events.patch({ ...primary, eventId, requestBody: { attendees: answered } });
    const seen = (await ann.events.get({ ...primary, eventId })).data.attendees?.find(({ email }) => email === "ben@acme.example");
    expect(seen?.responseStatus).toBe("accepted");
    expect(await refusalOf(ben.events.patch({ ...primary, eventId, requestBody: { guestsCanModify: true } }))).toMatchObject({
      reason: "forbiddenForNonOrganizer",
    });
    await ann.events.patch({ ...primary, eventId, requestBody: { location: "Room 1", attendees: [] } });
    expect((await ben.events.get({ ...primary, eventId })).data.status).toBe("cancelled");
  });
});

describe("lists", () => {
  it("page to the end, each event once, with at most 2,500 a page, and take a token for its own list only", async () => {
    const ann = await clientOf("chloe@acme.example");
    const daily = await insert(ann, {
      ...weekly,
      summary: "Daily",
      recurrence: ["RRULE:FREQ=DAILY;COUNT=2600"],
      start: { dateTime: "2020-01-01T09:00:00+01:00", timeZone: "Europe/Paris" },
      end: { dateTime: "2020-01-01T09:30:00+01:00", timeZone: "Europe/Paris" },
    });
    const whole = { ...primary, singleEvents: true, maxResults: 9_999, q: "Daily" };
    const first = (await ann.events.list(whole)).data;
    expect(first.items).toHaveLength(2_500);
    const second = (await ann.events.list({ ...whole, pageToken: first.nextPageToken ?? "" })).data;
    expect(new Set([...(first.items ?? []), ...(second.items ?? [])].map(({ id }) => id)).size).toBe(2_600);
    expect(second.nextPageToken).toBeUndefined();
    expect(await refusalOf(ann.events.list({ ...whole, q: "other", pageToken: first.nextPageToken ?? "" }))).toMatchObject({ status: 400 });
    expect(await refusalOf(ann.events.list({ ...primary, orderBy: "startTime" }))).toMatchObject({ status: 400 });
    await ann.events.delete({ ...primary, eventId: daily.id ?? "" });
  });

  it("may begin with an empty page", async () => {
    const ann = await clientOf("ann@acme.example");
    await tool.control.set({ calendarEmptyPages: true });
    const { data } = await ann.events.list(primary);
    expect(data.items).toEqual([]);
    expect((await ann.events.list({ ...primary, pageToken: data.nextPageToken ?? "" })).data.items?.length).toBeGreaterThan(0);
  });

  it("tell what changed since a sync token, deletions included, until it is too old", async () => {
    const ann = await clientOf("ann@acme.example");
    const { nextSyncToken } = (await ann.events.list({ ...primary, maxResults: 2_500 })).data;
    const since = async () =>
      (await ann.events.list({ ...primary, syncToken: nextSyncToken ?? "" })).data.items?.map(({ id, status }) => [id, status]);
    expect(await since()).toEqual([]);
    const event = await insert(ann, { summary: "New" });
    expect(await since()).toEqual([[event.id, "confirmed"]]);
    await ann.events.delete({ ...primary, eventId: event.id ?? "" });
    expect(await since()).toEqual([[event.id, "cancelled"]]);
    expect(await refusalOf(ann.events.list({ ...primary, syncToken: nextSyncToken ?? "", q: "x" }))).toMatchObject({ status: 400 });
    await tool.control.set({ syncTokenSeconds: 0.000_001 });
    expect(await refusalOf(ann.events.list({ ...primary, syncToken: nextSyncToken ?? "" }))).toEqual({
      status: 410,
      reason: "fullSyncRequired",
    });
  });
});

describe("watch channels", () => {
  it("say sync first, then that something changed, until they are stopped by who opened them", async () => {
    const seen: { state: string | undefined; number: string | undefined; token: string | undefined }[] = [];
    const receiver = createServer((request, response) => {
      const header = (name: string) => request.headers[name]?.toString();
      seen.push({ state: header("x-goog-resource-state"), number: header("x-goog-message-number"), token: header("x-goog-channel-token") });
      // The first delivery of a change fails for now, and is sent again.
      response.statusCode = seen.length === 2 ? 503 : 200;
      response.end();
    });
    await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", () => done()));
    const address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    try {
      const [ann, ben] = await Promise.all([clientOf("ann@acme.example"), clientOf("ben@acme.example")]);
      const { data } = await ann.events.watch({ ...primary, requestBody: { id: "channel-1", type: "web_hook", address, token: "secret" } });
      await expect.poll(() => seen).toEqual([{ state: "sync", number: "1", token: "secret" }]);
      await insert(ann, { summary: "Seen" });
      await expect
        .poll(() => seen.slice(1).map(({ state, number }) => [state, number]))
        .toEqual([
          ["exists", "2"],
          ["exists", "2"],
        ]);
      const stop = { requestBody: { id: "channel-1", resourceId: data.resourceId ?? "" } };
      expect(await refusalOf(ben.channels.stop(stop))).toMatchObject({ status: 404 });
      await ann.channels.stop(stop);
      expect(await refusalOf(ann.channels.stop(stop))).toMatchObject({ status: 404 });
      await insert(ann, { summary: "Unseen" });
      expect(seen).toHaveLength(3);
      expect(
        await refusalOf(ann.events.watch({ ...primary, requestBody: { id: "c2", type: "web_hook", address: "http://hub.example/x" } })),
      ).toMatchObject({
        reason: "push.webhookUrlNotHttps",
      });
    } finally {
      await new Promise((done) => receiver.close(done));
    }
  });
});
