import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Change } from "@/server/vfs/tool-mount";
import { locations } from "./place";
import { toUuidV4 } from "./steps";
import { failureOf, mountBench, withField } from "./testing";

const bench = mountBench();
const operationsOf = async (name: string): Promise<number> => (await bench.sandbox.control.journal()).operations[name] ?? 0;

describe("an edit of an issue", () => {
  it("shows each change in words, sends only those, and the file says so afterwards", async () => {
    const { plan, location } = await bench.planUpdate((text) =>
      withField(
        withField(withField(withField(text, "state", "Done"), "priority", "Urgent"), "assignee", "ben@acme.example"),
        "due_date",
        "2027-01-31",
      ),
    );
    expect(plan.steps.map((step) => step.call)).toEqual([expect.stringMatching(/^issueUpdate ENG-\d+$/)]);
    expect(plan.steps[0]?.changes.map(({ field, to }) => [field, to])).toEqual([
      ["state", "Done"],
      ["priority", "Urgent"],
      ["assignee", "ben@acme.example"],
      ["due_date", "2027-01-31"],
    ]);
    expect(plan.effects).toEqual(["Linear may notify the new assignee."]);
    expect(await operationsOf("issueUpdate")).toBe(0);
    await bench.perform(plan);
    const { text } = await bench.mount.read(location, null, bench.context);
    expect(text).toMatch(/^state: Done$/m);
    expect(text).toMatch(/^priority: Urgent$/m);
    expect(text).toMatch(/^assignee: Ben Okafor~[a-z2-7]{8}$/m);
    expect(text).toMatch(/^due_date: "2027-01-31"$/m);
  });

  it("of nothing sends nothing", async () => {
    const { plan } = await bench.planUpdate((text) => text);
    expect(plan.steps).toEqual([]);
    expect((await bench.planUpdate((text) => text.slice(0, text.indexOf("---\n", 4) + 4))).plan.steps).toEqual([]);
  });

  it("leaves what the file does not name, and clears what it names as null", async () => {
    const before = await bench.planUpdate((text) => withField(withField(text, "assignee", "ann@acme.example"), "due_date", "2027-01-31"));
    await bench.perform(before.plan);
    const { plan, location } = await bench.planUpdate(() => "---\ndue_date: null\n---\n");
    await bench.perform(plan);
    const { text } = await bench.mount.read(location, null, bench.context);
    expect(text).toMatch(/^assignee: Ann Smith~/m);
    expect(text).toMatch(/^due_date: null$/m);
  });

  it("of a state alone bothers nobody", async () => {
    expect((await bench.planUpdate((text) => withField(text, "state", "Done"))).plan.effects).toEqual([]);
  });

  it("rewrites the description when the file has one, and clears it when it is empty", async () => {
    const { plan, location } = await bench.planUpdate((text) => `${text.slice(0, text.indexOf("---\n", 4) + 4)}\n# New\n\nwords\n`);
    expect(plan.steps[0]?.changes).toMatchObject([{ field: "description", to: "# New\n\nwords" }]);
    await bench.perform(plan);
    expect((await bench.mount.read(location, null, bench.context)).text).toMatch(/---\n\n# New\n\nwords\n$/);
    await bench.perform((await bench.planUpdate((text) => `${text.slice(0, text.indexOf("---\n", 4) + 4)}\n`)).plan);
    expect((await bench.mount.read(location, null, bench.context)).text).toMatch(/---\n$/);
  });

  it("adds and removes labels by name, of the team and of the workspace, and no group", async () => {
    await bench.perform((await bench.planUpdate((text) => withField(text, "labels", "[Bug, Auth]"))).plan);
    const { plan, location } = await bench.planUpdate((text) => withField(text, "labels", "[Bug, Docs]"));
    await bench.perform(plan);
    expect((await bench.mount.read(location, null, bench.context)).text).toMatch(/^labels:\n {2}- Bug\n {2}- Docs\n/m);
    const group = await failureOf(bench.planUpdate((text) => withField(text, "labels", "[Area]")));
    expect(group).toMatchObject({ code: "EINVAL", details: { key: "labels" } });
    expect((await failureOf(bench.planUpdate((text) => withField(text, "labels", "[Accessibility]")))).code).toBe("EINVAL");
  });

  it("finds projects and cycles by name, by number and by handle", async () => {
    const cycles = await bench.list(locations.cycles(bench.team));
    const cycle = cycles[0];
    const number = /^Cycle (\d+)/.exec(cycle?.title ?? "")?.[1] ?? "";
    await bench.perform((await bench.planUpdate((text) => withField(withField(text, "project", "Courier app 3.0"), "cycle", number))).plan);
    const read = await bench.anIssue();
    expect(read.text).toMatch(/^project: Courier app 3\.0~[a-z2-7]{8}$/m);
    const printed = /^cycle: (.*)$/m.exec(read.text)?.[1] ?? "";
    expect(printed).toContain(`Cycle ${number}`);
    await bench.perform((await bench.planUpdate((text) => withField(text, "cycle", "null"))).plan);
    const back = await bench.planUpdate((text) => withField(text, "cycle", printed.replace(/^.*~/, "whatever the name~")));
    await bench.perform(back.plan);
    expect((await bench.anIssue()).text).toContain(`cycle: ${printed}`);
  });

  it("refuses what cannot be, naming key and line, before anything is sent", async () => {
    expect(await failureOf(bench.planUpdate((text) => withField(text, "state", "Someday")))).toMatchObject({
      code: "EINVAL",
      details: { key: "state", candidates: expect.arrayContaining(["Todo", "Done"]) },
    });
    expect(await failureOf(bench.planUpdate((text) => withField(text, "assignee", "Nobody")))).toMatchObject({
      details: { key: "assignee" },
    });
    expect(await failureOf(bench.planUpdate((text) => withField(text, "team", "DES")))).toMatchObject({
      code: "EINVAL",
      details: { key: "team" },
    });
    expect(await failureOf(bench.planUpdate((text) => text.replace("---\n", "---\nmodified: now\n")))).toMatchObject({
      code: "EINVAL",
      details: { key: "modified", line: 2 },
    });
    expect(await operationsOf("issueUpdate")).toBe(0);
  });

  it("is ESTALE when the issue changed in between, at planning and at running", async () => {
    const mine = await bench.planUpdate((text) => withField(text, "state", "Done"));
    const theirs = await bench.planUpdate((text) => withField(text, "state", "Canceled"));
    await bench.perform(theirs.plan);
    expect((await failureOf(bench.mount.plan(mine.change, bench.context))).code).toBe("ESTALE");
    expect((await failureOf(bench.perform(mine.plan))).code).toBe("ESTALE");
    expect((await bench.anIssue()).text).toMatch(/^state: Canceled$/m);
  });

  it("is not stale because somebody commented", async () => {
    await bench.sandbox.control.set({ commentTouchesIssue: true });
    const edit = await bench.planUpdate((text) => withField(text, "state", "Done"));
    const { id, location } = await bench.anIssue();
    await bench.perform(
      await bench.mount.plan(
        {
          type: "append",
          location: locations.comments({ team: bench.team, issue: id, archived: false }),
          text: "Hello",
          seed: randomUUID(),
        },
        bench.context,
      ),
    );
    expect((await bench.mount.stat(location, bench.context)).revision).not.toBe((edit.change as { revision: string }).revision);
    await bench.perform(await bench.mount.plan(edit.change, bench.context));
    expect((await bench.anIssue()).text).toMatch(/^state: Done$/m);
  });

  it("whose answer was lost is found done, and is not sent again", async () => {
    const { plan } = await bench.planUpdate((text) => `${withField(text, "state", "Done")}and   \n\n\n\nmore`);
    await bench.perform(plan);
    const sent = await operationsOf("issueUpdate");
    await bench.perform(plan);
    expect(await operationsOf("issueUpdate")).toBe(sent);
  });

  it("survives a lost answer on the wire", async () => {
    const { plan } = await bench.planUpdate((text) => withField(text, "priority", "Low"));
    await bench.sandbox.control.addFault({ match: { operation: "issueUpdate" }, effect: { kind: "lost_answer" } });
    await bench.perform(plan);
    expect((await bench.anIssue()).text).toMatch(/^priority: Low$/m);
  });
});

describe("a new issue", () => {
  const create = (name: string, text: string, seed = randomUUID()): Change => ({
    type: "create",
    parent: locations.issues(bench.team),
    name,
    extension: ".md",
    text,
    seed,
  });

  it("is made from its front matter and body, and is where the receipt says", async () => {
    const plan = await bench.mount.plan(
      create("Fix: login / SSO?", "---\ntitle: 'Fix: login / SSO?'\nstate: Todo\nlabels: [Bug]\n---\n\nIt fails.\n"),
      bench.context,
    );
    expect(plan.steps[0]?.call).toBe("issueCreate in ENG");
    const [location] = await bench.perform(plan);
    expect(location).toBeTruthy();
    const file = await bench.mount.read(location ?? [], null, bench.context);
    expect(file.entry.title).toMatch(/^ENG-\d+ Fix: login \/ SSO\?$/);
    expect(file.text).toMatch(/^state: Todo$/m);
    expect(file.text).toMatch(/\n\nIt fails\.\n$/);
  });

  it("takes its title from the file's name where the file has none", async () => {
    const [location] = await bench.perform(await bench.mount.plan(create("Just a name", ""), bench.context));
    expect((await bench.mount.stat(location ?? [], bench.context)).title).toMatch(/Just a name$/);
  });

  it("is made once, however often the same step runs, even when the first answer is lost", async () => {
    const plan = await bench.mount.plan(create("Once", "", "0190b7e4-7a6b-7cc3-98c4-dc0c0c07398f"), bench.context);
    await bench.sandbox.control.addFault({ match: { operation: "issueCreate" }, effect: { kind: "lost_answer" } });
    const [first] = await bench.perform(plan);
    const [second] = await bench.perform(plan);
    expect(second).toEqual(first);
    expect((await bench.list(locations.issues(bench.team))).filter((entry) => entry.title.endsWith("Once"))).toHaveLength(1);
  });

  it("refuses a name that says otherwise, Linear's own keys, and another kind of file", async () => {
    expect(await failureOf(bench.mount.plan(create("One", "---\ntitle: Two\n---\n"), bench.context))).toMatchObject({
      code: "EINVAL",
      details: { key: "title" },
    });
    expect((await failureOf(bench.mount.plan(create("One", "---\ntitle: One more\n---\n"), bench.context))).code).toBe("EINVAL");
    const long = "word ".repeat(40).trim();
    expect((await bench.mount.plan(create(long.slice(0, 110), `---\ntitle: ${long}\n---\n`), bench.context)).steps).toHaveLength(1);
    expect(await failureOf(bench.mount.plan(create("One", "---\nidentifier: ENG-9\n---\n"), bench.context))).toMatchObject({
      details: { key: "identifier" },
    });
    expect((await failureOf(bench.mount.plan({ ...create("One", ""), extension: ".txt" } as Change, bench.context))).code).toBe("EINVAL");
    expect((await failureOf(bench.mount.plan({ ...create("One", ""), parent: locations.users } as Change, bench.context))).code).toBe(
      "ENOTSUP",
    );
  });
});

describe("comments", () => {
  it("are appended once, and read back quoted and in the thread", async () => {
    const { id, location } = await bench.anIssue();
    const comments = locations.comments({ team: bench.team, issue: id, archived: false });
    const plan = await bench.mount.plan(
      { type: "append", location: comments, text: "\nLooks **good**.\n\n## Really\n", seed: randomUUID() },
      bench.context,
    );
    expect(plan.steps[0]).toMatchObject({
      call: expect.stringMatching(/^commentCreate on ENG-/),
      changes: [{ field: "comment", from: null }],
    });
    expect(plan.effects).toEqual([expect.stringMatching(/^Linear may notify the people subscribed to ENG-\d+\.$/)]);
    await bench.sandbox.control.addFault({ match: { operation: "commentCreate" }, effect: { kind: "lost_answer" } });
    await bench.perform(plan);
    await bench.perform(plan);
    const { text } = await bench.mount.read(comments, null, bench.context);
    expect(text.match(/> Looks \*\*good\*\*\./g)).toHaveLength(1);
    expect((await bench.mount.read(location, "thread", bench.context)).text).toContain("> ## Really");
    expect(JSON.parse((await bench.mount.read(comments, "json", bench.context)).text).at(-1)).toMatchObject({
      author: { name: "Ann Smith" },
    });
  });

  it("are never rewritten, removed or empty", async () => {
    const { id } = await bench.anIssue();
    const location = locations.comments({ team: bench.team, issue: id, archived: false });
    expect((await failureOf(bench.mount.plan({ type: "update", location, base: "", revision: null, text: "x" }, bench.context))).code).toBe(
      "ENOTSUP",
    );
    expect((await failureOf(bench.mount.plan({ type: "remove", location, revision: null }, bench.context))).code).toBe("ENOTSUP");
    expect((await failureOf(bench.mount.plan({ type: "append", location, text: " \n", seed: randomUUID() }, bench.context))).code).toBe(
      "EINVAL",
    );
  });
});

describe("what the connection may do", () => {
  it("follows what was ticked", async () => {
    const { location, text, revision } = await bench.anIssue();
    const change: Change = { type: "update", location, base: text, revision, text: withField(text, "state", "Done") };
    const reader = await bench.openMount("read,write", ["read:issues"]);
    expect(await failureOf(reader.plan(change, bench.context))).toMatchObject({
      code: "ESCOPE",
      details: { scope: "write", capability: "write:issues" },
    });
    expect(await failureOf(reader.list(locations.projects, { cursor: null, limit: 1 }, bench.context))).toMatchObject({
      code: "ESCOPE",
      details: { scope: "read", capability: "read:projects" },
    });
    expect((await reader.read(location, null, bench.context)).text).toBe(text);
    const step = (await bench.mount.plan(change, bench.context)).steps[0];
    expect(step && (await failureOf(reader.perform(step, bench.context))).code).toBe("ESCOPE");
  });

  it("follows what Linear granted", async () => {
    const { location, text, revision } = await bench.anIssue();
    const reader = await bench.openMount("read");
    const plan = await reader.plan(
      { type: "update", location, base: text, revision, text: withField(text, "state", "Done") },
      bench.context,
    );
    const [step] = plan.steps;
    expect(step && (await failureOf(reader.perform(step, bench.context)))).toMatchObject({ code: "ESCOPE", details: { scope: "write" } });
  });

  it("ends with the grant", async () => {
    await bench.sandbox.control.revokeGrants();
    expect((await failureOf(bench.mount.list(locations.teams, { cursor: null, limit: 1 }, bench.context))).code).toBe("ENOTCONN");
  });
});

describe("formats", () => {
  it("that a file lacks are ENOTSUP", async () => {
    const { location } = await bench.anIssue();
    expect((await failureOf(bench.mount.read(location, "raw", bench.context))).code).toBe("ENOTSUP");
    expect((await failureOf(bench.mount.read(locations.organization, "markdown", bench.context))).code).toBe("ENOTSUP");
    expect(JSON.parse((await bench.mount.read(location, "json", bench.context)).text)).toMatchObject({ team: { key: "ENG" } });
  });
});

describe("a seed", () => {
  it("makes one UUID of version 4, always the same", () => {
    const seed = "0190b7e4-7a6b-7cc3-18c4-dc0c0c07398f";
    expect(toUuidV4(seed)).toBe("0190b7e4-7a6b-4cc3-98c4-dc0c0c07398f");
    expect(toUuidV4(toUuidV4(seed))).toBe(toUuidV4(seed));
  });
});
