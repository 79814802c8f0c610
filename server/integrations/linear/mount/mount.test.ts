import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestSandbox, testClient } from "@/sandbox/linear/testing";
import { HubError } from "@/server/errors";
import type { Change, DraftPlan, Entry, Location, MountContext, ToolMount } from "@/server/vfs/tool-mount";
import type { IntegrationSettings } from "../../contract";
import { createTestContext, createTestTransport } from "../../testing";
import { createLinearApi } from "../api";
import { linear } from "../index";
import { linearManifest } from "../manifest";
import { graphqlUrl } from "../oauth";
import { createLinearMount } from "./linear-mount";
import { locations } from "./place";
import { toUuidV4 } from "./steps";

const everything = Object.keys(linearManifest.capabilityScopes);

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let mount: ToolMount;
let context: MountContext;
let team: string;
let settings: IntegrationSettings;

async function openMount(scopes = "read,write", capabilities = everything): Promise<ToolMount> {
  const { access_token } = await sandbox.connect(scopes);
  const { send } = createTestTransport(linear, settings);
  return createLinearMount({ api: createLinearApi({ send: send(access_token), url: graphqlUrl(settings) }), capabilities });
}

beforeAll(async () => {
  sandbox = await startTestSandbox();
  settings = {
    clientId: testClient.clientId,
    clientSecret: testClient.clientSecret ?? "",
    origins: { app: sandbox.origin, api: sandbox.origin },
    redirectUri: testClient.redirectUris[0] ?? "",
  };
});
afterAll(() => sandbox.close());

beforeEach(async () => {
  await sandbox.control.reset();
  context = createTestContext();
  mount = await openMount();
  const teams = await list(locations.teams);
  team = idOf(teams.find((entry) => entry.title === "ENG"));
});

const list = async (directory: Location): Promise<readonly Entry[]> =>
  (await mount.list(directory, { cursor: null, limit: 250 }, context)).entries;

function idOf(entry: Entry | undefined): string {
  if (entry?.segment.type !== "object") throw new Error("no such object");
  return entry.segment.externalId;
}

/** The first issue of ENG. */
async function anIssue(): Promise<{ id: string; location: Location; text: string; revision: string | null }> {
  const id = idOf((await list(locations.issues(team)))[0]);
  const location = locations.issue({ team, issue: id, archived: false });
  const { text, entry } = await mount.read(location, null, context);
  return { id, location, text, revision: entry.revision };
}

async function perform(plan: DraftPlan): Promise<readonly (Location | null)[]> {
  const made: (Location | null)[] = [];
  for (const step of plan.steps) made.push((await mount.perform(step, context)).location);
  return made;
}

async function failureOf(work: Promise<unknown>): Promise<HubError> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof HubError) return outcome;
  throw new Error(outcome === null ? "nothing was refused" : `not a HubError: ${String(outcome)}`);
}

const withField = (text: string, key: string, value: string): string =>
  text.replace(new RegExp(`^${key}:.*(?:\\n {2}- .*)*`, "m"), `${key}: ${value}`);

async function planUpdate(edit: (text: string) => string): Promise<{ plan: DraftPlan; location: Location; change: Change }> {
  const { location, text, revision } = await anIssue();
  const change: Change = { type: "update", location, base: text, revision, text: edit(text) };
  return { plan: await mount.plan(change, context), location, change };
}

const operationsOf = async (name: string): Promise<number> => (await sandbox.control.journal()).operations[name] ?? 0;

describe("an edit of an issue", () => {
  it("shows each change in words, sends only those, and the file says so afterwards", async () => {
    const { plan, location } = await planUpdate((text) =>
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
    await perform(plan);
    const { text } = await mount.read(location, null, context);
    expect(text).toMatch(/^state: Done$/m);
    expect(text).toMatch(/^priority: Urgent$/m);
    expect(text).toMatch(/^assignee: Ben Okafor~[a-z2-7]{8}$/m);
    expect(text).toMatch(/^due_date: "2027-01-31"$/m);
  });

  it("of nothing sends nothing", async () => {
    const { plan } = await planUpdate((text) => text);
    expect(plan.steps).toEqual([]);
    expect((await planUpdate((text) => text.slice(0, text.indexOf("---\n", 4) + 4))).plan.steps).toEqual([]);
  });

  it("leaves what the file does not name, and clears what it names as null", async () => {
    const before = await planUpdate((text) => withField(withField(text, "assignee", "ann@acme.example"), "due_date", "2027-01-31"));
    await perform(before.plan);
    const { plan, location } = await planUpdate(() => "---\ndue_date: null\n---\n");
    await perform(plan);
    const { text } = await mount.read(location, null, context);
    expect(text).toMatch(/^assignee: Ann Smith~/m);
    expect(text).toMatch(/^due_date: null$/m);
  });

  it("of a state alone bothers nobody", async () => {
    expect((await planUpdate((text) => withField(text, "state", "Done"))).plan.effects).toEqual([]);
  });

  it("rewrites the description when the file has one, and clears it when it is empty", async () => {
    const { plan, location } = await planUpdate((text) => `${text.slice(0, text.indexOf("---\n", 4) + 4)}\n# New\n\nwords\n`);
    expect(plan.steps[0]?.changes).toMatchObject([{ field: "description", to: "# New\n\nwords" }]);
    await perform(plan);
    expect((await mount.read(location, null, context)).text).toMatch(/---\n\n# New\n\nwords\n$/);
    await perform((await planUpdate((text) => `${text.slice(0, text.indexOf("---\n", 4) + 4)}\n`)).plan);
    expect((await mount.read(location, null, context)).text).toMatch(/---\n$/);
  });

  it("adds and removes labels by name, of the team and of the workspace, and no group", async () => {
    await perform((await planUpdate((text) => withField(text, "labels", "[Bug, Auth]"))).plan);
    const { plan, location } = await planUpdate((text) => withField(text, "labels", "[Bug, Docs]"));
    await perform(plan);
    expect((await mount.read(location, null, context)).text).toMatch(/^labels:\n {2}- Bug\n {2}- Docs\n/m);
    const group = await failureOf(planUpdate((text) => withField(text, "labels", "[Area]")));
    expect(group).toMatchObject({ code: "EINVAL", details: { key: "labels" } });
    expect((await failureOf(planUpdate((text) => withField(text, "labels", "[Accessibility]")))).code).toBe("EINVAL");
  });

  it("finds projects and cycles by name, by number and by handle", async () => {
    const cycles = await list(locations.cycles(team));
    const cycle = cycles[0];
    const number = /^Cycle (\d+)/.exec(cycle?.title ?? "")?.[1] ?? "";
    await perform((await planUpdate((text) => withField(withField(text, "project", "Courier app 3.0"), "cycle", number))).plan);
    const read = await anIssue();
    expect(read.text).toMatch(/^project: Courier app 3\.0~[a-z2-7]{8}$/m);
    const printed = /^cycle: (.*)$/m.exec(read.text)?.[1] ?? "";
    expect(printed).toContain(`Cycle ${number}`);
    await perform((await planUpdate((text) => withField(text, "cycle", "null"))).plan);
    const back = await planUpdate((text) => withField(text, "cycle", printed.replace(/^.*~/, "whatever the name~")));
    await perform(back.plan);
    expect((await anIssue()).text).toContain(`cycle: ${printed}`);
  });

  it("refuses what cannot be, naming key and line, before anything is sent", async () => {
    expect(await failureOf(planUpdate((text) => withField(text, "state", "Someday")))).toMatchObject({
      code: "EINVAL",
      details: { key: "state", candidates: expect.arrayContaining(["Todo", "Done"]) },
    });
    expect(await failureOf(planUpdate((text) => withField(text, "assignee", "Nobody")))).toMatchObject({ details: { key: "assignee" } });
    expect(await failureOf(planUpdate((text) => withField(text, "team", "DES")))).toMatchObject({
      code: "EINVAL",
      details: { key: "team" },
    });
    expect(await failureOf(planUpdate((text) => text.replace("---\n", "---\nmodified: now\n")))).toMatchObject({
      code: "EINVAL",
      details: { key: "modified", line: 2 },
    });
    expect(await operationsOf("issueUpdate")).toBe(0);
  });

  it("is ESTALE when the issue changed in between, at planning and at running", async () => {
    const mine = await planUpdate((text) => withField(text, "state", "Done"));
    const theirs = await planUpdate((text) => withField(text, "state", "Canceled"));
    await perform(theirs.plan);
    expect((await failureOf(mount.plan(mine.change, context))).code).toBe("ESTALE");
    expect((await failureOf(perform(mine.plan))).code).toBe("ESTALE");
    expect((await anIssue()).text).toMatch(/^state: Canceled$/m);
  });

  it("is not stale because somebody commented", async () => {
    await sandbox.control.set({ commentTouchesIssue: true });
    const edit = await planUpdate((text) => withField(text, "state", "Done"));
    const { id, location } = await anIssue();
    await perform(
      await mount.plan(
        { type: "append", location: locations.comments({ team, issue: id, archived: false }), text: "Hello", seed: randomUUID() },
        context,
      ),
    );
    expect((await mount.stat(location, context)).revision).not.toBe((edit.change as { revision: string }).revision);
    await perform(await mount.plan(edit.change, context));
    expect((await anIssue()).text).toMatch(/^state: Done$/m);
  });

  it("whose answer was lost is found done, and is not sent again", async () => {
    const { plan } = await planUpdate((text) => `${withField(text, "state", "Done")}and   \n\n\n\nmore`);
    await perform(plan);
    const sent = await operationsOf("issueUpdate");
    await perform(plan);
    expect(await operationsOf("issueUpdate")).toBe(sent);
  });

  it("survives a lost answer on the wire", async () => {
    const { plan } = await planUpdate((text) => withField(text, "priority", "Low"));
    await sandbox.control.addFault({ match: { operation: "issueUpdate" }, effect: { kind: "lost_answer" } });
    await perform(plan);
    expect((await anIssue()).text).toMatch(/^priority: Low$/m);
  });
});

describe("a new issue", () => {
  const create = (name: string, text: string, seed = randomUUID()): Change => ({
    type: "create",
    parent: locations.issues(team),
    name,
    extension: ".md",
    text,
    seed,
  });

  it("is made from its front matter and body, and is where the receipt says", async () => {
    const plan = await mount.plan(
      create("Fix: login / SSO?", "---\ntitle: 'Fix: login / SSO?'\nstate: Todo\nlabels: [Bug]\n---\n\nIt fails.\n"),
      context,
    );
    expect(plan.steps[0]?.call).toBe("issueCreate in ENG");
    const [location] = await perform(plan);
    expect(location).toBeTruthy();
    const file = await mount.read(location ?? [], null, context);
    expect(file.entry.title).toMatch(/^ENG-\d+ Fix: login \/ SSO\?$/);
    expect(file.text).toMatch(/^state: Todo$/m);
    expect(file.text).toMatch(/\n\nIt fails\.\n$/);
  });

  it("takes its title from the file's name where the file has none", async () => {
    const [location] = await perform(await mount.plan(create("Just a name", ""), context));
    expect((await mount.stat(location ?? [], context)).title).toMatch(/Just a name$/);
  });

  it("is made once, however often the same step runs, even when the first answer is lost", async () => {
    const plan = await mount.plan(create("Once", "", "0190b7e4-7a6b-7cc3-98c4-dc0c0c07398f"), context);
    await sandbox.control.addFault({ match: { operation: "issueCreate" }, effect: { kind: "lost_answer" } });
    const [first] = await perform(plan);
    const [second] = await perform(plan);
    expect(second).toEqual(first);
    expect((await list(locations.issues(team))).filter((entry) => entry.title.endsWith("Once"))).toHaveLength(1);
  });

  it("refuses a name that says otherwise, Linear's own keys, and another kind of file", async () => {
    expect(await failureOf(mount.plan(create("One", "---\ntitle: Two\n---\n"), context))).toMatchObject({
      code: "EINVAL",
      details: { key: "title" },
    });
    expect((await failureOf(mount.plan(create("One", "---\ntitle: One more\n---\n"), context))).code).toBe("EINVAL");
    const long = "word ".repeat(40).trim();
    expect((await mount.plan(create(long.slice(0, 110), `---\ntitle: ${long}\n---\n`), context)).steps).toHaveLength(1);
    expect(await failureOf(mount.plan(create("One", "---\nidentifier: ENG-9\n---\n"), context))).toMatchObject({
      details: { key: "identifier" },
    });
    expect((await failureOf(mount.plan({ ...create("One", ""), extension: ".txt" } as Change, context))).code).toBe("EINVAL");
    expect((await failureOf(mount.plan({ ...create("One", ""), parent: locations.users } as Change, context))).code).toBe("ENOTSUP");
  });
});

describe("comments", () => {
  it("are appended once, and read back quoted and in the thread", async () => {
    const { id, location } = await anIssue();
    const comments = locations.comments({ team, issue: id, archived: false });
    const plan = await mount.plan(
      { type: "append", location: comments, text: "\nLooks **good**.\n\n## Really\n", seed: randomUUID() },
      context,
    );
    expect(plan.steps[0]).toMatchObject({
      call: expect.stringMatching(/^commentCreate on ENG-/),
      changes: [{ field: "comment", from: null }],
    });
    expect(plan.effects).toEqual([expect.stringMatching(/^Linear may notify the people subscribed to ENG-\d+\.$/)]);
    await sandbox.control.addFault({ match: { operation: "commentCreate" }, effect: { kind: "lost_answer" } });
    await perform(plan);
    await perform(plan);
    const { text } = await mount.read(comments, null, context);
    expect(text.match(/> Looks \*\*good\*\*\./g)).toHaveLength(1);
    expect((await mount.read(location, "thread", context)).text).toContain("> ## Really");
    expect(JSON.parse((await mount.read(comments, "json", context)).text).at(-1)).toMatchObject({ author: { name: "Ann Smith" } });
  });

  it("are never rewritten, removed or empty", async () => {
    const { id } = await anIssue();
    const location = locations.comments({ team, issue: id, archived: false });
    expect((await failureOf(mount.plan({ type: "update", location, base: "", revision: null, text: "x" }, context))).code).toBe("ENOTSUP");
    expect((await failureOf(mount.plan({ type: "remove", location, revision: null }, context))).code).toBe("ENOTSUP");
    expect((await failureOf(mount.plan({ type: "append", location, text: " \n", seed: randomUUID() }, context))).code).toBe("EINVAL");
  });
});

describe("removing an issue", () => {
  it("archives it: it leaves the list and its path, and twice is once", async () => {
    const { id, location, revision } = await anIssue();
    const plan = await mount.plan({ type: "remove", location, revision }, context);
    expect(plan.undo).toMatch(/from archive back/);
    const archived = locations.issue({ team, issue: id, archived: true });
    expect(await perform(plan)).toEqual([archived]);
    expect(await perform(plan)).toEqual([archived]);
    expect((await list(locations.archive(team))).map((entry) => entry.segment)).toContainEqual(location.at(-1));
    expect((await mount.read(archived, null, context)).text).toMatch(/^archived_at: "\d{4}-/m);
    expect((await failureOf(mount.stat(location, context))).code).toBe("ENOENT");
    expect((await list(locations.issues(team))).map((entry) => entry.segment)).not.toContainEqual(location.at(-1));
  });

  it("is ESTALE when it changed since it was read", async () => {
    const { location, revision } = await anIssue();
    await perform((await planUpdate((text) => withField(text, "priority", "Low"))).plan);
    expect((await failureOf(mount.plan({ type: "remove", location, revision }, context))).code).toBe("ESTALE");
  });
});

describe("moving an issue", () => {
  const at = (id: string, archived: boolean) => locations.issue({ team, issue: id, archived });
  const moveOf = (location: Location, to: Location, name: string | null = null): Change => ({
    type: "move",
    location,
    to,
    name,
    revision: null,
    seed: randomUUID(),
  });

  it("into the archive and back changes nothing of it", async () => {
    const { id, location, text } = await anIssue();
    expect(await perform(await mount.plan(moveOf(location, locations.archive(team)), context))).toEqual([at(id, true)]);
    const back = await mount.plan(moveOf(at(id, true), locations.issues(team)), context);
    expect(back.steps[0]?.changes).toEqual([{ field: "archived", from: "yes", to: "no" }]);
    expect(await perform(back)).toEqual([location]);
    expect(await perform(back)).toEqual([location]);
    expect((await mount.read(location, null, context)).text).toBe(text);
  });

  it("anywhere else, or under another name, is refused", async () => {
    const { location } = await anIssue();
    const other = idOf((await list(locations.teams)).find((entry) => entry.title === "DES"));
    for (const change of [
      moveOf(location, locations.issues(team)),
      moveOf(location, locations.archive(other)),
      moveOf(location, locations.issues(other)),
      moveOf(location, locations.archive(team), "Another name.md"),
      moveOf(locations.teamFile(team), locations.archive(team)),
    ]) {
      expect(await failureOf(mount.plan(change, context))).toMatchObject({ code: "ENOTSUP", details: { operation: "move" } });
    }
  });

  it("leaves an archived one to be read only", async () => {
    const { id, location } = await anIssue();
    await perform(await mount.plan(moveOf(location, locations.archive(team)), context));
    const { text, entry } = await mount.read(at(id, true), null, context);
    expect(entry.schemaKind).toBe("archived_issue");
    const update: Change = { type: "update", location: at(id, true), base: text, revision: null, text: withField(text, "state", "Done") };
    expect((await failureOf(mount.plan(update, context))).code).toBe("ENOTSUP");
    const comments = locations.comments({ team, issue: id, archived: true });
    expect((await failureOf(mount.plan({ type: "append", location: comments, text: "x", seed: randomUUID() }, context))).code).toBe(
      "ENOTSUP",
    );
    expect((await failureOf(mount.plan({ type: "remove", location: at(id, true), revision: null }, context))).code).toBe("ENOTSUP");
    expect((await failureOf(mount.stat(location, context))).code).toBe("ENOENT");
  });
});

describe("a parent", () => {
  it("is set by identifier or handle, cleared by null, and never the issue itself", async () => {
    const entries = await list(locations.issues(team));
    const above = entries[3];
    const identifier = above?.title.split(" ")[0] ?? "";
    await perform((await planUpdate((text) => withField(text, "parent", identifier))).plan);
    const { text, location } = await anIssue();
    expect(text).toContain(`parent: ${above?.title}~`);
    expect((await planUpdate((same) => same)).plan.steps).toEqual([]);
    const { plan } = await planUpdate((same) => withField(same, "parent", "null"));
    expect(plan.steps[0]?.changes).toMatchObject([{ field: "parent", to: null }]);
    await perform(plan);
    expect((await mount.read(location, null, context)).text).toMatch(/^parent: null$/m);
    for (const wrong of ["ENG-99999", "the other one"]) {
      expect(await failureOf(planUpdate((same) => withField(same, "parent", wrong)))).toMatchObject({
        code: "EINVAL",
        details: { key: "parent" },
      });
    }
    const own = (await planUpdate((same) => withField(same, "parent", /^identifier: "(.*)"$/m.exec(same)?.[1] ?? ""))).plan;
    expect((await failureOf(perform(own))).code).toBe("EINVAL");
  });
});

describe("what the connection may do", () => {
  it("follows what was ticked", async () => {
    const { location, text, revision } = await anIssue();
    const change: Change = { type: "update", location, base: text, revision, text: withField(text, "state", "Done") };
    const reader = await openMount("read,write", ["read:issues"]);
    expect(await failureOf(reader.plan(change, context))).toMatchObject({
      code: "ESCOPE",
      details: { scope: "write", capability: "write:issues" },
    });
    expect(await failureOf(reader.list(locations.projects, { cursor: null, limit: 1 }, context))).toMatchObject({
      code: "ESCOPE",
      details: { scope: "read", capability: "read:projects" },
    });
    expect((await reader.read(location, null, context)).text).toBe(text);
    const step = (await mount.plan(change, context)).steps[0];
    expect(step && (await failureOf(reader.perform(step, context))).code).toBe("ESCOPE");
  });

  it("follows what Linear granted", async () => {
    const { location, text, revision } = await anIssue();
    const reader = await openMount("read");
    const plan = await reader.plan({ type: "update", location, base: text, revision, text: withField(text, "state", "Done") }, context);
    const [step] = plan.steps;
    expect(step && (await failureOf(reader.perform(step, context)))).toMatchObject({ code: "ESCOPE", details: { scope: "write" } });
  });

  it("ends with the grant", async () => {
    await sandbox.control.revokeGrants();
    expect((await failureOf(mount.list(locations.teams, { cursor: null, limit: 1 }, context))).code).toBe("ENOTCONN");
  });
});

describe("formats", () => {
  it("that a file lacks are ENOTSUP", async () => {
    const { location } = await anIssue();
    expect((await failureOf(mount.read(location, "raw", context))).code).toBe("ENOTSUP");
    expect((await failureOf(mount.read(locations.organization, "markdown", context))).code).toBe("ENOTSUP");
    expect(JSON.parse((await mount.read(location, "json", context)).text)).toMatchObject({ team: { key: "ENG" } });
  });
});

describe("a seed", () => {
  it("makes one UUID of version 4, always the same", () => {
    const seed = "0190b7e4-7a6b-7cc3-18c4-dc0c0c07398f";
    expect(toUuidV4(seed)).toBe("0190b7e4-7a6b-4cc3-98c4-dc0c0c07398f");
    expect(toUuidV4(toUuidV4(seed))).toBe(toUuidV4(seed));
  });
});
