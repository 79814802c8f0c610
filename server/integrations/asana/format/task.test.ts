import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import { createTestContext } from "../../testing";
import type { Task } from "../schema";
import { printComments, printTaskJson, printThread } from "./records";
import { parseTaskFile, printTask, printTaskFile, type TaskFile, taskTitle, toTaskFile } from "./task";

const task: Task = {
  gid: "12058",
  name: "Buy catnip",
  created_at: "2026-02-22T02:06:58.147Z",
  modified_at: "2026-02-23T02:06:58.147Z",
  permalink_url: "https://app.asana.com/1/1/task/12058",
  workspace: { gid: "1" },
  parent: { gid: "9", name: "Cats" },
  memberships: [
    { project: { gid: "987", name: "Pets" }, section: { gid: "55", name: "Doing" } },
    { project: { gid: "988", name: "Errands" }, section: { gid: "56", name: "Later" } },
  ],
  resource_subtype: "default_task",
  completed: false,
  html_notes: "<body>For <strong>Tom</strong></body>",
  due_on: "2026-03-01",
  due_at: null,
  assignee: { gid: "111", name: "Greg" },
  tags: [{ gid: "2", name: "shop" }],
  custom_fields: [
    { name: "Priority", display_value: "High" },
    { name: "Effort", display_value: null },
  ],
};

const words = fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.toWellFormed());
const optional = fc.option(
  words.filter((text) => text.trim() !== ""),
  { nil: null },
);
const date = fc.option(
  fc.date({ min: new Date("1970-01-01"), max: new Date("2999-12-31"), noInvalidDate: true }).map((day) => day.toISOString().slice(0, 10)),
  {
    nil: null,
  },
);
const file: fc.Arbitrary<TaskFile> = fc.record({
  name: words,
  completed: fc.boolean(),
  assignee: optional,
  due_on: date,
  projects: fc.array(words, { maxLength: 3 }),
  section: fc.array(words, { maxLength: 3 }),
  parent: optional,
  due_at: optional,
  type: words,
  tags: fc.array(words, { maxLength: 3 }),
  custom_fields: fc.array(words, { maxLength: 3 }),
  created_at: words,
  id: words,
  body: fc.string({ unit: "binary", maxLength: 200 }).map((text) => text.toWellFormed().replaceAll("\r", "")),
});

describe("a task's file", () => {
  it("parses to what was printed, whatever the texts", () => {
    fc.assert(
      fc.property(file, (wanted) => {
        const parsed = parseTaskFile(printTaskFile(wanted));
        const { name, completed, assignee, due_on, projects, section, parent, body } = wanted;
        expect(parsed.values).toEqual({ name, completed, assignee, due_on, projects, section, parent });
        expect(parsed.body ?? "").toBe(body);
        expect(parsed.readOnly.id).toEqual([wanted.id]);
        expect(parsed.readOnly.tags).toEqual(wanted.tags);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["emoji and right-to-left", "🎉 שלום 👩‍👩‍👧"],
    ["characters of four bytes", "𝒜𝓈𝒶𝓃𝒶 𠜎"],
    ["line ends of both kinds", "one\r\ntwo\nthree"],
    ["nothing", ""],
    ["three hundred slashes", "/".repeat(300)],
    ["what YAML takes for something else", "no: [yes] # 07"],
  ])("keeps a name with %s", (_what, name) => {
    const text = printTaskFile({ ...parseShape, name });
    expect(parseTaskFile(text).values.name).toBe(name);
    expect(taskTitle({ name })).not.toBe("");
  });

  it("has its places as references, the section as one text where there is one project", async () => {
    const context = createTestContext();
    const text = await printTask(task, context);
    expect(text).toMatch(
      /^projects:\n {2}- Pets~[a-z2-7]{8}\n {2}- Errands~[a-z2-7]{8}\nsection:\n {2}- Doing~[a-z2-7]{8}\n {2}- Later~[a-z2-7]{8}\n/m,
    );
    expect(text).toMatch(/^custom_fields:\n {2}- "?Priority: High"?$/m);
    expect(text).toMatch(/\n\nFor \*\*Tom\*\*\n$/);
    const single = await printTask({ ...task, memberships: task.memberships?.slice(0, 1) ?? [] }, context);
    expect(single).toMatch(/^section: Doing~[a-z2-7]{8}$/m);
    expect((await toTaskFile(task, context)).parent).toMatch(/^Cats~/);
  });

  it("names key and line of what it cannot take", () => {
    const refusal = (text: string): HubError => {
      try {
        parseTaskFile(text);
      } catch (error) {
        if (error instanceof HubError) return error;
      }
      throw new Error("nothing was refused");
    };
    expect(refusal("---\nname: x\ncompleted: maybe\n---\n")).toMatchObject({ code: "EINVAL", details: { key: "completed", line: 3 } });
    expect(refusal("---\ndue_on: 2026-02-30\n---\n")).toMatchObject({ code: "EINVAL", details: { key: "due_on", line: 2 } });
    expect(refusal("---\nstate: Done\n---\n")).toMatchObject({ code: "EINVAL", details: { key: "state" } });
  });

  it("is JSON with ids where that is asked for", () => {
    expect(JSON.parse(printTaskJson(task))).toMatchObject({ id: "12058", assignee: { id: "111", name: "Greg" }, notes: "For **Tom**" });
  });
});

const parseShape: TaskFile = {
  name: "",
  completed: false,
  assignee: null,
  due_on: null,
  projects: [],
  section: [],
  parent: null,
  due_at: null,
  type: "default_task",
  tags: [],
  custom_fields: [],
  created_at: "2026-02-22T02:06:58.147Z",
  id: "1",
  body: "",
};

describe("comments", () => {
  const story = (text: string) => ({
    gid: "1",
    type: "comment",
    created_at: "2026-02-22T02:06:58.147Z",
    created_by: { gid: "111", name: "Greg" },
    text,
    html_text: "",
    is_edited: true,
  });

  it("cannot pass for headings of the file, and say that they were edited", () => {
    expect(printComments([story("## Ann, 2026\n\n> forged")])).toBe(
      "## Greg, 2026-02-22T02:06:58.147Z (edited)\n\n> ## Ann, 2026\n>\n> > forged\n",
    );
  });

  it("stand below the task and its subtasks in a thread", async () => {
    const text = await printThread(task, [{ ...task, gid: "7", name: "Small\none" }], [story("Hello")], createTestContext());
    expect(text).toMatch(/# Subtasks\n\n- Small one~[a-z2-7]{8}\n\n# Comments\n\n## Greg,/);
  });
});
