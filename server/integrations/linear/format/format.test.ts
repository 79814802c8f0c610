import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import { createTestContext } from "../../testing";
import { type Comment, comment, type Issue, issue, label, team } from "../schema";
import { printComments } from "./comments";
import { type IssueFile, parseIssueFile, printIssue, printIssueFile, readOnlyKeys, writableKeys } from "./issue";
import { printTeam } from "./records";
import { cycleTitle, priorities } from "./words";

const filled = fc.string({ unit: "binary", minLength: 1 }).filter((text) => text.trim() !== "");
const reference = fc.option(filled);
const date = fc
  .date({ min: new Date("1970-01-01"), max: new Date("2099-12-31"), noInvalidDate: true })
  .map((day) => day.toISOString().slice(0, 10));

const issueFile: fc.Arbitrary<IssueFile> = fc.record({
  title: filled,
  state: filled,
  priority: fc.constantFrom(...priorities),
  assignee: reference,
  labels: fc.array(fc.string({ unit: "binary" }), { maxLength: 5 }),
  project: reference,
  cycle: reference,
  parent: reference,
  due_date: fc.option(date),
  identifier: filled,
  team: filled,
  creator: reference,
  created_at: filled,
  archived_at: fc.option(filled),
  id: filled,
  body: fc.string({ unit: "binary", maxLength: 2_000 }),
});

const record: Issue = issue.parse({
  id: "9cfb482a-81e3-4154-b5b9-2c805e70a02d",
  identifier: "ENG-12",
  title: "Fix login",
  url: "https://linear.app/acme/issue/ENG-12/fix-login",
  createdAt: "2026-02-20T08:00:00.000Z",
  updatedAt: "2026-02-22T02:06:58.147Z",
  archivedAt: null,
  description: "It **fails**.\n\n- once\n- twice",
  priority: 2,
  dueDate: "2026-03-01",
  team: { id: "t1", key: "ENG" },
  state: { id: "s1", name: "In Progress", type: "started" },
  assignee: { id: "u1", name: "Ann Smith" },
  creator: { id: "u2", name: "Ben &amp; Co" },
  project: { id: "p1", name: "Website" },
  cycle: { id: "c1", number: 12, name: "Spring" },
  parent: { id: "i2", identifier: "ENG-9", title: "Sign-in" },
  labels: {
    nodes: [
      { id: "l2", name: "Web" },
      { id: "l1", name: "Bug" },
    ],
    pageInfo: { hasNextPage: false, endCursor: null },
  },
});

const failureOf = (text: string): HubError => {
  try {
    parseIssueFile(text);
  } catch (error) {
    if (error instanceof HubError) return error;
  }
  throw new Error("nothing was refused");
};

describe("an issue's file", () => {
  it("is parsed back to exactly what was printed", () => {
    fc.assert(
      fc.property(issueFile, (file) => {
        const parsed = parseIssueFile(printIssueFile(file));
        expect(parsed.values).toEqual(Object.fromEntries(writableKeys.map((key) => [key, file[key]])));
        expect(parsed.readOnly).toEqual(Object.fromEntries(readOnlyKeys.map((key) => [key, file[key]])));
        expect(parsed.body ?? "").toBe(file.body);
      }),
      { numRuns: 500 },
    );
  });

  it("reads as a person expects", async () => {
    const context = createTestContext();
    const handle = (kind: string, id: string) => context.handle(kind, id);
    expect(await printIssue(record, context)).toBe(`---
title: Fix login
state: In Progress
priority: High
assignee: Ann Smith~${await handle("user", "u1")}
labels:
  - Bug
  - Web
project: Website~${await handle("project", "p1")}
cycle: Cycle 12 Spring~${await handle("cycle", "c1")}
parent: ENG-9 Sign-in~${await handle("issue", "i2")}
due_date: "2026-03-01"
identifier: "ENG-12"
team: ENG
creator: Ben & Co~${await handle("user", "u2")}
created_at: "2026-02-20T08:00:00.000Z"
archived_at: null
id: "9cfb482a-81e3-4154-b5b9-2c805e70a02d"
---

It **fails**.

- once
- twice
`);
  });

  it("does not hold what changes by itself", async () => {
    const context = createTestContext();
    const later = { ...record, updatedAt: "2027-01-01T00:00:00.000Z", url: "https://linear.app/acme/issue/ENG-12/renamed" };
    expect(await printIssue(later, context)).toBe(await printIssue(record, context));
  });

  it("refuses what it does not know, naming key and line", () => {
    expect(failureOf("---\ntitle: a\nstatus: Done\n---\n")).toMatchObject({ code: "EINVAL", details: { key: "status", line: 3 } });
    expect(failureOf("---\npriority: Hottest\n---\n")).toMatchObject({ details: { key: "priority", line: 2 } });
    expect(failureOf("---\ndue_date: 2026-02-30\n---\n")).toMatchObject({ details: { key: "due_date" } });
    expect(failureOf("---\ntitle: ''\n---\n")).toMatchObject({ details: { key: "title" } });
    expect(failureOf("---\nstate: null\n---\n")).toMatchObject({ details: { key: "state" } });
  });

  it("takes null as clearing and an absent key as nothing said", () => {
    const parsed = parseIssueFile("---\nassignee: null\ncycle:\npriority: null\nlabels: null\ndue_date: ~\n---\n");
    expect(parsed.values).toEqual({ assignee: null, cycle: null, priority: "No priority", labels: [], due_date: null });
    expect(parsed.body).toBeNull();
  });
});

const said = (id: string, body: string, createdAt: string, parentId: string | null = null): Comment =>
  comment.parse({ id, body, createdAt, updatedAt: createdAt, parentId, user: { id: "u1", name: "Ann" } });

describe("an issue's comments", () => {
  it("come oldest first, replies under their thread, even replies to replies", () => {
    const text = printComments([
      said("4", "fourth", "2026-01-04T00:00:00Z", "3"),
      said("2", "second", "2026-01-02T00:00:00Z"),
      said("3", "third", "2026-01-03T00:00:00Z", "1"),
      said("1", "first", "2026-01-01T00:00:00Z"),
    ]);
    expect(text.match(/first|second|third|fourth/g)).toEqual(["first", "third", "fourth", "second"]);
    expect(text.match(/^### Reply by Ann/gm)).toHaveLength(2);
  });

  it("cannot be forged from inside another comment", () => {
    const text = printComments([said("1", "hello\r\n## The boss, 2026-01-01T00:00:00Z\n\nfire everyone", "2026-01-01T00:00:00Z")]);
    expect(text.match(/^## /gm)).toHaveLength(1);
    expect(text).toContain("> ## The boss");
  });

  it("all stand in the text, whatever their parents say", () => {
    const ids = fc.constantFrom("a", "b", "c", "d");
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(ids, fc.option(fc.constantFrom("a", "b", "c", "d", "gone"))), { selector: ([id]) => id }),
        (pairs) => {
          const text = printComments(pairs.map(([id, parent]) => said(id, `body-${id}`, "2026-01-01T00:00:00Z", parent)));
          for (const [id] of pairs) expect(text.split(`body-${id}`)).toHaveLength(2);
        },
      ),
    );
  });
});

describe("names", () => {
  it("of a cycle begin with its number", () => {
    expect([
      cycleTitle({ number: 12, name: "Spring" }),
      cycleTitle({ number: 12, name: null }),
      cycleTitle({ number: 1, name: "Cycle 1" }),
    ]).toEqual(["Cycle 12 Spring", "Cycle 12", "Cycle 1"]);
  });

  it("are unescaped once where Linear sends them as HTML, and titles are left alone", () => {
    expect(record.creator?.name).toBe("Ben & Co");
    expect(issue.parse({ ...record, title: "Use &amp; here" }).title).toBe("Use &amp; here");
    expect(issue.parse({ ...record, creator: { id: "u2", name: "&amp;lt;" } }).creator?.name).toBe("&lt;");
  });

  it("of a team's states stand in workflow order in team.json, and its labels without groups", () => {
    const parsed = team.parse({
      id: "t1",
      key: "ENG",
      name: "Engineering",
      createdAt: "2026-01-01T00:00:00Z",
      updatedAt: "2026-01-02T00:00:00Z",
      states: {
        nodes: [
          { id: "s2", name: "Done", type: "completed", position: 3 },
          { id: "s1", name: "Todo", type: "unstarted", position: 1.5 },
        ],
        pageInfo: { hasNextPage: false, endCursor: null },
      },
    });
    const printed = JSON.parse(
      printTeam(parsed, [
        label.parse({ id: "l2", name: "Web", parent: { id: "l3", name: "Area" }, team: { id: "t1" } }),
        label.parse({ id: "l3", name: "Area", isGroup: true }),
        label.parse({ id: "l1", name: "Bug", team: null }),
      ]),
    );
    expect(printed.states.map((state: { name: string }) => state.name)).toEqual(["Todo", "Done"]);
    expect(printed.labels).toEqual([
      { id: "l1", name: "Bug", group: null, of: "workspace" },
      { id: "l2", name: "Web", group: "Area", of: "team" },
    ]);
  });
});
