import { DateTime } from "luxon";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordsOf } from "@/sandbox/microsoft-365/testing";
import { failureOf } from "@/server/compose/testing-tool";
import type { Node } from "@/server/vfs/node";
import { named, receiptOf, root, startWorld, today, type World, withField } from "./testing";

/** Calendars through the API. */

const calendar = `${root}/calendar/Calendar`;
/** A month that the seed has nothing single in, two months from now. */
const month = DateTime.utc().plus({ months: 2 }).toFormat("yyyy-MM");
const day = `${month}-12`;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.hub.close());

/** Subjects and types of what takes place in the month, at Graph itself. */
async function viewOf(graph: World["ann"], of = month) {
  const end = DateTime.fromISO(`${of}-01`, { zone: "utc" }).plus({ months: 1 }).toISODate();
  return recordsOf(
    await graph("GET", `/me/calendarView?startDateTime=${of}-01T00:00:00Z&endDateTime=${end}T00:00:00Z&$top=500&$orderby=start/dateTime`),
  );
}

async function makeEvent(name: string, front: string, body = "Words.", directory = month) {
  const text = `---\n${front}---\n\n${body}\n`;
  return receiptOf(await world.vfs.write({ path: `${calendar}/${directory}/${name}.md`, text, ifNoneMatch: "*" }));
}

const occurrencesIn = async (of: string, title: string): Promise<readonly Node[]> =>
  (await world.freshNodesOf(`${calendar}/${of}`)).filter(({ name }) => name.slice(11).startsWith(title));

describe("calendars, read over the API", () => {
  it("stand with their series, and month by month to two years ahead, occurrences by day and title", async () => {
    expect(named(await world.nodesOf(`${root}/calendar`))).toEqual(["Birthdays", "Calendar"]);
    const names = (await world.nodesOf(calendar)).map(({ name }) => name);
    expect(names).toContain("series");
    expect(names).toContain(DateTime.utc().plus({ months: 24 }).toFormat("yyyy-MM"));
    expect(names).not.toContain(DateTime.utc().plus({ months: 25 }).toFormat("yyyy-MM"));
    const standups = await occurrencesIn(DateTime.utc().plus({ months: 1 }).toFormat("yyyy-MM"), "Engineering stand-up");
    expect(standups.length).toBeGreaterThan(18);
    expect(named(standups)[0]).toMatch(/^\d{4}-\d{2}-\d{2} Engineering stand-up\.md$/);
    expect(named(await world.nodesOf(`${calendar}/series`))).toContain("Engineering stand-up.md");
  });

  it("are wall times of the event's own zone, which Outlook names in Windows' words, and a rule", async () => {
    const { text } = await world.vfs.read({ path: `${calendar}/series/Engineering stand-up.md` });
    expect(text).toMatch(/^start: "\d{4}-\d{2}-\d{2}T09:30:00"$/m);
    expect(text).toMatch(/^time_zone: Europe\/Berlin$/m);
    expect(text).toMatch(/^recurrence:\n {2}- RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR$/m);
    expect(text).toMatch(/^join_url: https:\/\/teams\.example/m);
    const ics = await world.vfs.read({ path: `${calendar}/series/Engineering stand-up.md`, as: "raw" });
    expect(ics.mediaType).toMatch(/^text\/calendar/);
    expect(ics.text).toMatch(/BEGIN:VTIMEZONE[\s\S]*TZID:Europe\/Berlin[\s\S]*RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR/);
    const [one] = await occurrencesIn(month, "Engineering stand-up");
    expect((await world.vfs.read({ path: one?.path ?? "", as: "json" })).text).toContain('"type": "occurrence"');
  });

  it("show an event that reaches into the next month there as a link", async () => {
    const last = DateTime.fromISO(`${month}-01`, { zone: "utc" }).endOf("month").toISODate();
    const next = DateTime.fromISO(`${month}-01`, { zone: "utc" }).plus({ months: 1 });
    const { canonicalPath } = await makeEvent("Offsite", `start: "${last}"\nend: "${next.plus({ days: 2 }).toISODate()}"\n`);
    const [link] = await occurrencesIn(next.toFormat("yyyy-MM"), "Offsite");
    expect(link).toMatchObject({ kind: "link", canonicalPath });
    expect((await world.vfs.read({ path: link?.path ?? "" })).text).toBe(await world.textOf(canonicalPath));
  });
});

describe("events, written over the API", () => {
  it("are made with attendees, who have them in their calendars, after a plan that says who is told", async () => {
    const front = `start: "${day}T10:00:00"\nend: "${day}T11:00:00"\ntime_zone: Europe/Lisbon\nlocation: Room Kepler\nattendees: [ben@acme.example]\noptional_attendees: [Finn <finn@acme.example>]\n`;
    const write = {
      path: `${calendar}/${month}/Van tyres.md`,
      text: `---\n${front}---\n\n- **winter** 🛞\n- שלום\n`,
      ifNoneMatch: "*" as const,
    };
    const planned = await world.vfs.write({ ...write, dryRun: true });
    if (planned.kind !== "plan") throw new Error("a plan was expected");
    expect(planned.plan.effects).toEqual(["Outlook mails an invitation to 2 attendees: ben@acme.example, Finn <finn@acme.example>."]);
    expect((await viewOf(world.ben)).map(({ subject }) => subject)).not.toContain("Van tyres");
    const { canonicalPath } = receiptOf(await world.vfs.execute({ plan: planned.plan.id }));
    expect(named([await world.vfs.stat({ path: canonicalPath })])).toEqual([`${day} Van tyres.md`]);
    const text = await world.textOf(canonicalPath);
    expect(text).toMatch(new RegExp(`^start: "${day}T10:00:00"$`, "m"));
    expect(text).toMatch(/^time_zone: Europe\/Lisbon$|^time_zone: Europe\/London$/m);
    expect(text).toContain("- **winter** 🛞\n- שלום");
    expect((await viewOf(world.ben)).map(({ subject }) => subject)).toContain("Van tyres");
  });

  it("are edited, and moved to another month by their start", async () => {
    const { canonicalPath } = await makeEvent("Lease", `start: "${day}T10:00:00"\nend: "${day}T11:00:00"\n`);
    await world.change(canonicalPath, (text) =>
      withField(withField(text, "title", "Lease signed"), "show_as", "oof").replace("Words.", "Other _words_."),
    );
    const [event] = (await viewOf(world.ann)).filter(({ subject }) => subject === "Lease signed");
    expect(event).toMatchObject({ showAs: "oof", bodyPreview: "Other words." });
    const [now] = await occurrencesIn(month, "Lease signed");
    const next = DateTime.fromISO(`${month}-01`, { zone: "utc" }).plus({ months: 1 }).toFormat("yyyy-MM");
    const receipt = await world.change(now?.path ?? "", (text) =>
      withField(withField(text, "start", `"${next}-03T10:00:00"`), "end", `"${next}-03T11:00:00"`),
    );
    expect(receipt.canonicalPath).toContain(`/${next}/${next}-03 Lease signed~`);
    expect(await occurrencesIn(month, "Lease signed")).toEqual([]);
    expect((await viewOf(world.ann, next)).filter(({ subject }) => subject === "Lease signed")).toHaveLength(1);
  });

  it("are made once although the answer was lost, whichever way Graph answers the second time", async () => {
    for (const transactionConflict of [false, true]) {
      await world.hub.sandbox.control.set({ transactionConflict });
      const name = transactionConflict ? "Lost event, conflict" : "Lost event";
      await world.hub.sandbox.control.addFault({
        match: { operation: "POST /me/calendars/{calendar}/events" },
        effect: { kind: "lost_answer" },
      });
      expect((await makeEvent(name, `start: "${day}T14:00:00"\nend: "${day}T15:00:00"\n`)).changed).toBe(true);
      expect((await viewOf(world.ann)).filter(({ subject }) => subject === name)).toHaveLength(1);
    }
    await world.hub.sandbox.control.set({ transactionConflict: false });
  });

  it("are refused when somebody changed them meanwhile, and when only the plan is old", async () => {
    const { canonicalPath } = await makeEvent("Contested", `start: "${day}T10:00:00"\nend: "${day}T11:00:00"\n`);
    const { text, etag } = await world.vfs.read({ path: canonicalPath, fresh: true });
    const planned = await world.vfs.write({ path: canonicalPath, text: withField(text, "location", "Here"), ifMatch: etag, dryRun: true });
    const [event] = (await viewOf(world.ann)).filter(({ subject }) => subject === "Contested");
    await world.ann("PATCH", `/me/events/${String(event?.id)}`, { location: { displayName: "Elsewhere" } });
    if (planned.kind !== "plan") throw new Error("a plan was expected");
    expect((await failureOf(world.vfs.execute({ plan: planned.plan.id }))).code).toBe("ESTALE");
    expect((await failureOf(world.vfs.write({ path: canonicalPath, text: withField(text, "location", "Here"), ifMatch: etag }))).code).toBe(
      "ESTALE",
    );
    expect(await world.textOf(canonicalPath)).toMatch(/^location: Elsewhere$/m);
  });

  it("are one occurrence or the whole series, as the path says", async () => {
    const start = DateTime.fromISO(day, { zone: "utc" });
    const front = `start: "${day}T08:00:00"\nend: "${day}T08:30:00"\nrecurrence: ["RRULE:FREQ=DAILY;COUNT=4"]\n`;
    const series = (await makeEvent("Tyre check", front, "Pressure.", "series")).canonicalPath;
    const days = async () => named(await occurrencesIn(month, "Tyre")).map((name) => `${name.slice(8, 10)} ${name.slice(11)}`);
    const dayOf = (offset: number) => start.plus({ days: offset }).toFormat("dd");
    expect(await days()).toEqual([0, 1, 2, 3].map((offset) => `${dayOf(offset)} Tyre check.md`));

    const [first, second] = await occurrencesIn(month, "Tyre check");
    await world.change(second?.path ?? "", (text) => withField(text, "title", "Tyre change"));
    expect(await days()).toEqual([
      `${dayOf(0)} Tyre check.md`,
      `${dayOf(1)} Tyre change.md`,
      `${dayOf(2)} Tyre check.md`,
      `${dayOf(3)} Tyre check.md`,
    ]);
    expect(await world.textOf(series)).toMatch(/^title: Tyre check$/m);

    receiptOf(await world.vfs.remove({ path: first?.path ?? "" }));
    expect(await days()).toHaveLength(3);
    const rule = await failureOf(world.vfs.edit({ path: series, find: "FREQ=DAILY;COUNT=4", replace: "FREQ=SECONDLY" }));
    expect(rule).toMatchObject({ code: "EINVAL", details: { key: "recurrence" } });
    receiptOf(await world.vfs.remove({ path: series }));
    expect(await days()).toEqual([]);
  });

  it("keep the block to join an online meeting: their body is not rewritten, their fields are", async () => {
    const [meeting] = await occurrencesIn(month, "Engineering stand-up");
    const path = meeting?.path ?? "";
    const { text, etag } = await world.vfs.read({ path, fresh: true });
    const refused = await failureOf(world.vfs.write({ path, text: text.replace("Three sentences", "Four sentences"), ifMatch: etag }));
    expect(refused).toMatchObject({ code: "ENOTSUP", message: expect.stringContaining("join the online meeting") });
    await world.change(path, (now) => withField(now, "location", "Kitchen"));
    expect(await world.textOf(path)).toMatch(/^location: Kitchen$[\s\S]*^online_meeting: true$/m);
  });

  it("name what is wrong with them: key, line, month and directory", async () => {
    const write = (front: string, directory = month) =>
      failureOf(world.vfs.write({ path: `${calendar}/${directory}/X.md`, text: `---\n${front}---\n`, ifNoneMatch: "*" }));
    expect(await write(`start: "${today()}T10:00:00"\nend: "${today()}T11:00:00"\n`)).toMatchObject({
      code: "EINVAL",
      details: { key: "start" },
    });
    expect(await write(`start: "${day}T10:00:00"\nend: "${day}T09:00:00"\n`)).toMatchObject({ code: "EINVAL", details: { key: "end" } });
    expect(await write(`start: "${day}"\nend: "${day}"\nfoo: 1\n`)).toMatchObject({ code: "EINVAL", details: { key: "foo", line: 4 } });
    expect(await write(`start: "${day}"\nend: "${day}"\n`, "series")).toMatchObject({
      code: "EINVAL",
      details: { key: expect.any(String) },
    });
    expect(await write(`start: "${day}T10:00:00"\nend: "${day}T11:00:00"\nshow_as: maybe\n`)).toMatchObject({
      code: "EINVAL",
      details: { key: "show_as", line: 4 },
    });
  });
});
