import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestAsana } from "@/sandbox/asana/testing";
import { HubError } from "@/server/errors";
import type { Send, ToolRequest } from "@/server/transport/send";
import type { Change, DraftPlan, Entry, Location, MountContext, ToolMount } from "@/server/vfs/tool-mount";
import { listCapabilities } from "../../manifests";
import { createTestContext, createTestTransport, toToolResponse } from "../../testing";
import { createAsanaApi } from "../api/asana-api";
import { asana } from "../index";
import { asanaManifest } from "../manifest";
import { apiBase } from "../oauth";
import { createAsanaMount } from "./asana-mount";
import { locations } from "./place";

const everything = listCapabilities(asanaManifest);

let sandbox: Awaited<ReturnType<typeof startTestAsana>>;
let mount: ToolMount;
let context: MountContext;
let workspace: string;
let project: string;
let other: string;
/** What left the connector, as it left. */
let sent: ToolRequest[] = [];

async function openMount(capabilities: readonly string[] = everything): Promise<ToolMount> {
  const tokens = await sandbox.connect(["default"]);
  const settings = sandbox.settingsFor(asanaManifest);
  const next = createTestTransport(asana, settings).send(tokens.access_token);
  const send: Send = (request, call) => {
    sent.push(request);
    return next(request, call);
  };
  return createAsanaMount({ api: createAsanaApi({ send, base: apiBase(settings) }), capabilities, account: tokens.data.gid });
}

beforeAll(async () => {
  sandbox = await startTestAsana();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  await sandbox.control.reset();
  context = createTestContext();
  mount = await openMount();
  workspace = idOf(await find([], "Acme Parcels"));
  project = idOf(await find(locations.projects(workspace), "Courier app 3.0"));
  other = idOf(await find(locations.projects(workspace), "Porto / depot no. 4"));
  sent = [];
});

const list = async (directory: Location): Promise<readonly Entry[]> =>
  (await mount.list(directory, { cursor: null, limit: 100 }, context)).entries;
const find = async (directory: Location, title: string): Promise<Entry | undefined> =>
  (await list(directory)).find((entry) => entry.title === title);

function idOf(entry: Entry | undefined): string {
  if (entry?.segment.type !== "object") throw new Error("no such object");
  return entry.segment.externalId;
}

async function failureOf(work: Promise<unknown>): Promise<HubError> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof HubError) return outcome;
  throw new Error(outcome === null ? "nothing was refused" : `not a HubError: ${String(outcome)}`);
}

/** Runs a plan as the layer does: what a step answers goes over the arguments of those after it. */
async function perform(plan: DraftPlan, times = 1): Promise<Location | null> {
  let location: Location | null = null;
  for (let time = 0; time < times; time += 1) {
    let output = {};
    for (const step of plan.steps) {
      const result = await mount.perform({ ...step, args: { ...step.args, ...output } }, context);
      location = result.location ?? location;
      output = { ...output, ...result.output };
    }
  }
  return location;
}

const inProject = () => locations.projectTasks(workspace, project);

async function make(name: string, text = "", parent: Location = inProject()): Promise<{ location: Location; id: string }> {
  const change: Change = { type: "create", parent, name, extension: ".md", text, seed: randomUUID() };
  const location = (await perform(await mount.plan(change, context))) ?? [];
  const last = location.at(-1);
  return { location, id: last?.type === "object" ? last.externalId : "" };
}

const textOf = async (location: Location): Promise<string> => (await mount.read(location, null, context)).text;

async function planEdit(location: Location, edit: (text: string) => string): Promise<DraftPlan> {
  const { text, entry } = await mount.read(location, null, context);
  return await mount.plan({ type: "update", location, base: text, revision: entry.revision, text: edit(text) }, context);
}
const withField = (text: string, key: string, value: string): string =>
  text.replace(new RegExp(`^${key}:.*(?:\\n {2}- .*)*`, "m"), `${key}: ${value}`);

describe("a list of ten thousand", () => {
  it("is walked to its end in pages of a hundred, one page at a time", async () => {
    const total = 10_000;
    let asked = 0;
    const send: Send = async ({ url }) => {
      const { pathname, searchParams } = new URL(url);
      if (pathname.endsWith("/projects/7")) {
        const row = { gid: "7", name: "Big", created_at: "x", modified_at: "x", workspace: { gid: "1" } };
        return toToolResponse(200, {}, JSON.stringify({ data: row }));
      }
      const limit = Number(searchParams.get("limit"));
      expect(limit).toBeLessThanOrEqual(100);
      asked += 1;
      const start = Number(searchParams.get("offset") ?? 0);
      const data = Array.from({ length: Math.min(limit, total - start) }, (_, index) => ({
        gid: String(start + index),
        name: `Task ${start + index}`,
        created_at: "2026-01-01T00:00:00.000Z",
        modified_at: "2026-01-01T00:00:00.000Z",
        workspace: { gid: "1" },
      }));
      const next = start + data.length;
      return toToolResponse(200, {}, JSON.stringify({ data, next_page: next < total ? { offset: String(next) } : null }));
    };
    const big = createAsanaMount({
      api: createAsanaApi({ send, base: "https://app.asana.com/api/1.0" }),
      capabilities: everything,
      account: "1",
    });
    const seen = new Set<string>();
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<ToolMount["list"]>> = await big.list(
        locations.projectTasks("1", "7"),
        { cursor, limit: 1_000 },
        context,
      );
      expect(page.entries.length).toBeLessThanOrEqual(100);
      for (const entry of page.entries) seen.add(idOf(entry));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect([seen.size, asked]).toEqual([total, 100]);
  });

  it("begins again where Asana has forgotten the place", async () => {
    const { nextCursor } = await mount.list(inProject(), { cursor: null, limit: 2 }, context);
    await sandbox.control.set({ offsetSeconds: 1 });
    await sandbox.control.advanceClock(2_000);
    expect(await failureOf(mount.list(inProject(), { cursor: nextCursor, limit: 2 }, context))).toMatchObject({
      code: "ESTALE",
      details: { restart: true },
    });
  });
});

describe("a step that is run again", () => {
  it("makes one task, in its section", async () => {
    const text = "---\nsection: Doing\n---\n\nOnce.\n";
    const plan = await mount.plan(
      { type: "create", parent: inProject(), name: "Once", extension: ".md", text, seed: randomUUID() },
      context,
    );
    expect(plan.steps.map(({ call }) => call)).toEqual(["POST /tasks", "POST /sections/{section_gid}/addTask"]);
    const location = await perform(plan, 3);
    expect(sent.filter(({ operation }) => operation === "POST /tasks")).toHaveLength(1);
    expect(await textOf(location ?? [])).toMatch(/^section: Doing~/m);
  });

  it("edits, places, reparents and deletes once", async () => {
    const [task, parent] = [await make("Changed often"), await make("The parent")];
    const plan = await planEdit(task.location, (text) => {
      const placed = withField(withField(text, "projects", "[Courier app 3.0, Porto / depot no. 4]"), "completed", "true");
      return withField(placed, "parent", "The parent");
    });
    expect(plan.steps.map(({ call }) => call)).toEqual([
      "PUT /tasks/{task_gid}",
      "POST /tasks/{task_gid}/setParent",
      "POST /tasks/{task_gid}/addProject",
    ]);
    sent = [];
    await perform(plan, 2);
    expect(sent.filter(({ method }) => method !== "GET").map(({ operation }) => operation)).toEqual(plan.steps.map(({ call }) => call));
    const canonical = locations.task(workspace, task.id);
    const { revision } = await mount.stat(canonical, context);
    const removal = await mount.plan({ type: "remove", location: canonical, revision }, context);
    expect(await perform(removal, 2)).toBeNull();
    expect((await failureOf(mount.stat(canonical, context))).code).toBe("ENOENT");
    expect((await mount.stat(locations.task(workspace, parent.id), context)).kind).toBe("file");
  });

  it("comments once, although another comment says the same", async () => {
    const { id } = await make("Commented");
    const location = locations.comments(workspace, id);
    const append = () => mount.plan({ type: "append", location, text: "Same **words**", seed: randomUUID() }, context);
    await perform(await append(), 2);
    await perform(await append(), 2);
    expect((await textOf(location)).match(/> Same \*\*words\*\*/g)).toHaveLength(2);
  });
});

describe("an edit of what changed meanwhile", () => {
  it("is refused where the field itself is another now, and goes through beside a change elsewhere", async () => {
    const { location, id } = await make("Fought over");
    const stale = await planEdit(location, (text) => withField(text, "completed", "true"));
    const [elsewhere, same] = [
      await planEdit(location, (text) => withField(text, "due_on", '"2031-01-31"')),
      await planEdit(location, (text) => withField(text, "name", "Mine")),
    ];
    await perform(elsewhere);
    await perform(stale);
    await sandbox.api((await sandbox.connect(["default"])).access_token, "PUT", `/tasks/${id}`, { name: "Theirs" });
    expect((await failureOf(perform(same))).code).toBe("ESTALE");
    expect(await textOf(location)).toMatch(/^name: Theirs\ncompleted: true\n/m);
  });

  it("is refused when it was planned against an older file", async () => {
    const { location, id } = await make("Read long ago");
    const { text, entry } = await mount.read(location, null, context);
    await sandbox.api((await sandbox.connect(["default"])).access_token, "PUT", `/tasks/${id}`, { name: "Newer" });
    const change: Change = { type: "update", location, base: text, revision: entry.revision, text: withField(text, "completed", "true") };
    expect((await failureOf(mount.plan(change, context))).code).toBe("ESTALE");
  });

  it("sees a move between sections, which Asana's own revision does not", async () => {
    const { location } = await make("Moved");
    const before = await mount.stat(location, context);
    await perform(await planEdit(location, (text) => withField(text, "section", "Review")));
    const after = await mount.stat(location, context);
    expect(after.modifiedAt).toBe(before.modifiedAt);
    expect(after.revision).not.toBe(before.revision);
  });
});

describe("moving and removing", () => {
  const move = (location: Location, to: Location, name: string | null = null) =>
    mount.plan({ type: "move", location, to, name, revision: null, seed: randomUUID() }, context);

  it("puts a subtask under another parent, and takes it out from under one", async () => {
    const [first, second] = [await make("First parent"), await make("Second parent")];
    const child = await make("Child", "", locations.subtasks(workspace, first.id));
    const moved = (await perform(await move(child.location, locations.subtasks(workspace, second.id), "Grown child.md"))) ?? [];
    expect(await textOf(moved)).toMatch(/^name: Grown child$[\s\S]*^parent: Second parent~/m);
    const { revision } = await mount.stat(moved, context);
    await perform(await mount.plan({ type: "remove", location: moved, revision }, context));
    expect(await textOf(locations.task(workspace, child.id))).toMatch(/^parent: null$/m);
    expect(await list(locations.subtasks(workspace, second.id))).toEqual([]);
  });

  it("renames in place, and refuses what Asana has no one call for", async () => {
    const { location, id } = await make("Old name");
    await perform(await move(location, inProject(), "New name.md"));
    expect(await textOf(location)).toMatch(/^name: New name$/m);
    for (const [from, to] of [
      [locations.task(workspace, id), inProject()],
      [location, locations.tasks(workspace)],
      [location, locations.users(workspace)],
      [location, locations.tasks("1")],
    ] as const) {
      expect(await failureOf(move(from, to))).toMatchObject({ code: "ENOTSUP", details: { operation: "move" } });
    }
    expect((await move(location, inProject(), "New name.md")).steps).toEqual([]);
  });

  it("leaves the other projects of a task alone", async () => {
    const { location, id } = await make("In two", "---\nprojects: [Porto / depot no. 4]\n---\n");
    const { revision } = await mount.stat(location, context);
    await perform(await mount.plan({ type: "remove", location, revision }, context));
    expect((await failureOf(mount.stat(location, context))).code).toBe("ENOENT");
    expect((await mount.stat(locations.taskIn(locations.projectTasks(workspace, other), id), context)).kind).toBe("link");
  });
});

describe("text", () => {
  it.each([
    ["emoji and right-to-left", "🎉 שלום 👩‍👩‍👧", "🎉 **שלום** 👩‍👩‍👧"],
    ["characters of four bytes", "𝒜𝓈𝒶𝓃𝒶 𠜎", "𠜎 `𝒜`"],
    ["three hundred slashes", "/".repeat(300), "a/b//c"],
    ["what looks like markup", "<b>&amp;</b>", "<script>alert(1)</script> & more"],
  ])("survives: %s", async (_what, name, body) => {
    const { location } = await make(name, `---\nname: ${JSON.stringify(name)}\n---\n\n${body}\n`);
    const task = await mount.read(location, "json", context);
    expect(JSON.parse(task.text).name).toBe(name);
    const first = await textOf(location);
    expect((await planEdit(location, (text) => text)).steps).toEqual([]);
    // Written back as it was printed, it reads the same: nothing is escaped twice.
    await perform(await planEdit(location, (text) => `${text.trimEnd()}!\n`));
    expect(await textOf(location)).toBe(`${first.trimEnd()}!\n`);
  });

  it("survives: line ends of both kinds, and a name of nothing", async () => {
    const { location } = await make("Lines", "---\r\nname: Lines\r\n---\r\n\r\none\r\ntwo\r\n\r\nthree\r\n");
    expect(await textOf(location)).toMatch(/\n\none\ntwo\n\nthree\n$/);
    await perform(await planEdit(location, (text) => withField(text, "name", '""')));
    expect(await textOf(location)).toMatch(/^name: ""$/m);
    expect((await mount.stat(location, context)).title).toBe("Untitled task");
  });
});

describe("an attachment", () => {
  const bytes = new TextEncoder().encode("0123456789");
  const content = { sizeBytes: bytes.byteLength, stream: () => new Blob([bytes]).stream() };

  async function attach(): Promise<Location> {
    const { id } = await make("Has a file");
    const parent = locations.attachments(workspace, id);
    const change: Change = { type: "upload", parent, name: "ten.txt", mediaType: "text/plain", sizeBytes: 10, seed: randomUUID() };
    const plan = await mount.plan(change, context);
    const results = [];
    for (let time = 0; time < 2; time += 1) {
      for (const step of plan.steps) results.push(await mount.perform(step, context, content));
    }
    expect(await list(parent)).toHaveLength(1);
    return results.at(-1)?.location ?? [];
  }

  it("comes from its own address, which is asked for each time and gets no token", async () => {
    const location = await attach();
    sent = [];
    const opened = await mount.open?.(location, { range: { start: 2, end: 4 } }, context);
    expect(opened).toMatchObject({ mediaType: "text/plain", sizeBytes: 10, range: { start: 2, end: 4 } });
    expect(await new Response(opened?.body).text()).toBe("234");
    const download = sent.find(({ operation }) => operation === "GET download_url");
    expect(download).toMatchObject({ authorization: "none", answer: "stream" });
    expect(JSON.stringify(download?.headers ?? {})).not.toContain("authorization");
    expect(sent.some(({ operation }) => operation === "GET /attachments/{attachment_gid}")).toBe(true);
    expect((await failureOf(mount.open?.(location, { range: { start: 10, end: null } }, context) ?? Promise.resolve())).code).toBe(
      "EINVAL",
    );
  });

  it("that is kept elsewhere is its record, and says where", async () => {
    const { id } = await make("Has a link");
    const form = new FormData();
    for (const [name, value] of Object.entries({
      parent: id,
      resource_subtype: "external",
      name: "Plan",
      url: "https://docs.example/plan",
    })) {
      form.set(name, value);
    }
    const { access_token } = await sandbox.connect(["default"]);
    await fetch(`${sandbox.origin}/api/1.0/attachments`, {
      method: "POST",
      headers: { authorization: `Bearer ${access_token}` },
      body: form,
    });
    const [entry] = await list(locations.attachments(workspace, id));
    const location = locations.attachment(workspace, id, idOf(entry));
    expect(JSON.parse(await textOf(location))).toMatchObject({ name: "Plan", host: "external", url: "https://docs.example/plan" });
    const refused = await failureOf(mount.open?.(location, { range: null }, context) ?? Promise.resolve());
    expect([refused.code, refused.message]).toEqual(["ENOTSUP", expect.stringContaining("https://docs.example/plan")]);
  });

  it("of more than a hundred megabytes is refused before anything is sent", async () => {
    const { id } = await make("Too big");
    const change: Change = {
      type: "upload",
      parent: locations.attachments(workspace, id),
      name: "big.bin",
      mediaType: "application/octet-stream",
      sizeBytes: 100_000_001,
      seed: randomUUID(),
    };
    expect(await failureOf(mount.plan(change, context))).toMatchObject({ code: "EFBIG", details: { limit: 100_000_000 } });
  });
});

describe("what was not switched on", () => {
  it.each([
    ["write:tasks", (): Change => ({ type: "create", parent: inProject(), name: "No", extension: ".md", text: "", seed: randomUUID() })],
    [
      "write:comments",
      (task: string): Change => ({ type: "append", location: locations.comments(workspace, task), text: "No", seed: randomUUID() }),
    ],
    [
      "write:attachments",
      (task: string): Change => ({
        type: "upload",
        parent: locations.attachments(workspace, task),
        name: "no.txt",
        mediaType: "text/plain",
        sizeBytes: 1,
        seed: randomUUID(),
      }),
    ],
  ])("is ESCOPE by its name: %s", async (word, change) => {
    const { id } = await make("Guarded");
    const allowed = await mount.plan(change(id), context);
    mount = await openMount(everything.filter((one) => one !== word));
    const [step] = allowed.steps;
    expect(await failureOf(mount.plan(change(id), context))).toMatchObject({ code: "ESCOPE", details: { capability: word } });
    expect(await failureOf(mount.perform(step ?? { call: "", changes: [], args: {} }, context))).toMatchObject({ code: "ESCOPE" });
  });
});

describe("a file that says what cannot be", () => {
  it.each([
    ["a section of another project", "section: Nowhere", "section"],
    ["nobody's address", "assignee: nobody@acme.example", "assignee"],
    ["a person's name that there is not", "assignee: Nobody At All", "assignee"],
    ["a project that there is not", "projects: [No such project]", "projects"],
    ["what Asana sets itself", 'created_at: "2026-01-01T00:00:00Z"', "created_at"],
    ["another name than the file's", "name: Something else", "name"],
  ])("names %s", async (_what, line, key) => {
    const change: Change = {
      type: "create",
      parent: inProject(),
      name: "Refused",
      extension: ".md",
      text: `---\n${line}\n---\n`,
      seed: randomUUID(),
    };
    expect(await failureOf(mount.plan(change, context))).toMatchObject({ code: "EINVAL", details: { key } });
  });

  it("does not leave a project's task without a section", async () => {
    const { location } = await make("Stands somewhere");
    expect(await failureOf(planEdit(location, (text) => withField(text, "section", "null")))).toMatchObject({
      code: "EINVAL",
      details: { key: "section" },
    });
  });
});
