import { expect, test } from "vitest";
import { companies, companiesOf } from "./companies";
import { largeCounts } from "./large";
import { meetingTimes, momentOf } from "./moments";
import type { Company, PostSeed } from "./work";

const withReplies = (posts: readonly PostSeed[]): readonly PostSeed[] =>
  posts.flatMap((post) => [post, ...withReplies(post.replies ?? [])]);
const postsOf = ({ channels, directMessages }: Company) => [...channels, ...directMessages].flatMap(({ posts }) => withReplies(posts));
const textsOf = (company: Company) => [
  ...postsOf(company).map(({ text }) => text),
  ...company.mails.flatMap(({ subject, text }) => [subject, text]),
  ...company.meetings.map(({ text }) => text),
  ...company.documents.map(({ text }) => text),
  ...company.channels.map(({ topic }) => topic),
];

/** Identifiers as every tool that numbers them gives them: by team, the oldest first. */
function identifiersOf(company: Company): Set<string> {
  const next = new Map<string, number>();
  return new Set(
    company.items.map(({ team }) => {
      next.set(team, (next.get(team) ?? 0) + 1);
      return `${team}-${next.get(team)}`;
    }),
  );
}

test.each(companies.map((company) => [company.name, company] as const))("%s: everything that is named exists", (_, company) => {
  const handles = new Set(company.people.map(({ handle }) => handle));
  const projects = new Set(company.projects.map(({ slug }) => slug));
  const channels = new Set(company.channels.map(({ name }) => name));
  const titles = new Set([...company.documents, ...company.meetings].map(({ title }) => title));
  const expectHandles = (named: readonly string[], where: string) => {
    for (const name of named) if (!/<.+@.+>$/.test(name)) expect(handles, `${name} in ${where}`).toContain(name);
  };
  for (const { name, members, posts } of company.channels) {
    expectHandles(members, name);
    for (const { by } of withReplies(posts)) expect(members, `${by} writes in #${name}`).toContain(by);
  }
  for (const { between, posts } of company.directMessages) {
    expectHandles(between, "a direct message");
    for (const { by } of withReplies(posts)) expect(between).toContain(by);
  }
  for (const { reactions = [], text } of postsOf(company)) for (const [, who] of reactions) expectHandles(who, text);
  for (const mail of company.mails) expectHandles([mail.from, ...mail.to, ...(mail.cc ?? [])], mail.key);
  for (const meeting of company.meetings) expectHandles([meeting.organizer, ...meeting.attendees], meeting.key);
  for (const { owner, key } of company.documents) expectHandles([owner], key);
  for (const { of, name } of company.contacts) expectHandles([of], name);
  for (const { project, key } of [...company.documents, ...company.meetings])
    if (project !== undefined) expect(projects, key).toContain(project);
  const identifiers = identifiersOf(company);
  for (const text of textsOf(company)) {
    for (const [named] of text.matchAll(/\b(ENG|DES|OPS|GAME)-\d+/g)) expect(identifiers, text).toContain(named);
    for (const [, named] of text.matchAll(/(?:document|Sheet:|sheet|Runbook:|notes in|plan is in) “([^”]+)”/g))
      expect(titles, text).toContain(named);
    for (const [, named] of text.matchAll(/(?<![\w&/[])#([a-z][a-z-]+)\b/g)) expect(channels, text).toContain(named);
    for (const [, named] of text.matchAll(/(?<![\w.])@([a-z]+)\b(?!\.)/g)) expect(handles, text).toContain(named);
  }
});

test("keys are unique, and conversations are told in the order in which they happened, early in the day too", () => {
  const nowMs = Date.parse("2026-11-23T01:00:00Z");
  for (const company of companies) {
    for (const list of [company.channels, company.meetings, company.documents, company.mails]) {
      expect(new Set(list.map(({ key }) => key)).size).toBe(list.length);
    }
    const expectOrder = (told: readonly { daysAgo: number; at: string }[]) => {
      const times = told.map((thing) => momentOf(nowMs, thing));
      expect(times).toEqual([...times].sort((left, right) => left - right));
      expect(new Set(times).size).toBe(times.length);
      expect(Math.max(0, ...times)).toBeLessThanOrEqual(nowMs - 1_800_000);
    };
    for (const { posts } of [...company.channels, ...company.directMessages]) {
      expectOrder(posts);
      for (const post of posts) expectOrder([post, ...(post.replies ?? [])]);
    }
    for (const thread of new Set(company.mails.map((mail) => mail.thread)))
      expectOrder(company.mails.filter((mail) => mail.thread === thread));
  }
});

test("the hard texts are there: emoji, right to left, CRLF, four bytes, HTML, no title, 300 slashes", () => {
  const [acme] = companies;
  const titles = [...(acme?.documents ?? []), ...(acme?.meetings ?? [])].map(({ title }) => title);
  const subjects = (acme?.mails ?? []).map(({ subject }) => subject);
  for (const list of [titles, subjects]) {
    expect(list).toContain("");
    expect(list).toContain("/".repeat(300));
  }
  const all = acme === undefined ? "" : textsOf(acme).join("\n");
  for (const hard of ["👨‍👩‍👧‍👦", "מפת המסלול", "\r\n", "𠮷"]) expect(all).toContain(hard);
  expect(acme?.mails.some(({ html }) => html?.includes("<script>"))).toBe(true);
});

test("a meeting is at its hour on its own clock, and a series begins on a day of its own", () => {
  const meeting = companies[0]?.meetings.find(({ key }) => key === "standup");
  if (meeting === undefined) throw new Error("There is no stand-up.");
  // A Sunday evening in UTC: four weeks before is a Sunday too, and the series begins on the Monday.
  const times = meetingTimes(Date.parse("2026-11-22T20:00:00Z"), meeting);
  expect(times).toMatchObject({ startLocal: "2026-10-26T09:30:00", endLocal: "2026-10-26T09:45:00" });
  expect(new Date(times.startMs).toISOString()).toBe("2026-10-26T08:30:00.000Z");
  expect(times.endMs - times.startMs).toBe(15 * 60_000);
});

test("the large company has what load needs, the same in every run, and long lists", () => {
  const [large] = companiesOf("large");
  const [again] = companiesOf("large");
  if (large === undefined || again === undefined) throw new Error("There is no large company.");
  const count = (of: Company) => ({
    people: of.people.length,
    teams: of.teams.length,
    projects: of.projects.length,
    items: of.items.length,
    posts: postsOf(of).length,
    mails: of.mails.length,
    documents: of.documents.length,
    meetings: of.meetings.length,
  });
  expect(count(large)).toEqual(largeCounts);
  expect(large.items.filter(({ project }) => project === "project-1").length).toBe(10_000);
  expect(withReplies(large.channels.find(({ name }) => name === "firehose")?.posts ?? []).length).toBe(12_000);
  expect(large.mails.filter(({ to }) => to.includes("ann")).length).toBeGreaterThanOrEqual(19_990);
  for (const list of ["items", "channels", "mails"] as const) expect(again[list].at(-1)).toEqual(large[list].at(-1));
  const people = new Set(large.people.map(({ handle }) => handle));
  for (const { by, to } of large.items) expect(people.has(by) && (to === undefined || people.has(to))).toBe(true);
  const times = large.channels.map(({ posts }) => posts.map((post) => momentOf(Date.parse("2026-11-23T09:00:00Z"), post)));
  for (const list of times) expect(list.every((time, index) => index === 0 || time > (list[index - 1] ?? 0))).toBe(true);
});
