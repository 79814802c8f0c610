import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ConnectedHub, connectedHub, failureOf, type Member } from "@/server/compose/testing-tool";
import { answerFiles } from "@/server/files/door";
import { mountConformance } from "@/server/vfs/conformance";
import type { Node, Receipt } from "@/server/vfs/node";
import { listCapabilities } from "../manifests";
import { asanaManifest } from "./manifest";

/** Asana through the API, in a hub whose workspace has it connected. */

let hub: ConnectedHub<unknown, unknown>;
let company: string;
beforeAll(async () => {
  hub = await connectedHub("asana");
  company = `${hub.root}/Acme Parcels`;
});
afterAll(() => hub.close());

/** The receipt of a change that was done. */
function receiptOf(answer: { readonly kind: string; readonly receipt?: Receipt }): Receipt {
  if (answer.receipt === undefined) throw new Error("A plan came back.");
  return answer.receipt;
}

const nodesOf = (path: string): Promise<readonly Node[]> => hub.listAll(hub.member.vfs, path);
const textOf = async (path: string): Promise<string> => (await hub.member.vfs.read({ path, fresh: true })).text;
const project = (name: string): string => `${company}/projects/${name}/tasks`;
const app = (): string => project("Courier app 3.0");

/** Requests that reached the sandbox, by the vendor's name of the call. */
async function callsOf(operation: string): Promise<number> {
  const { operations } = (await hub.sandbox.control.journal()) as { readonly operations: Readonly<Record<string, number>> };
  return operations[operation] ?? 0;
}

/** A new task under that name; its path. */
async function makeTask(name: string, front = "", directory = app()): Promise<string> {
  const text = `---\n${front}---\n\nMade by a test.\n`;
  return receiptOf(await hub.member.vfs.write({ path: `${directory}/${name}.md`, text, ifNoneMatch: "*" })).canonicalPath;
}

async function change(path: string, edit: (text: string) => string, as: Member = hub.member): Promise<Receipt> {
  const { text, etag } = await as.vfs.read({ path, fresh: true });
  return receiptOf(await as.vfs.write({ path, text: edit(text), ifMatch: etag }));
}

const withField = (text: string, key: string, value: string): string =>
  text.replace(new RegExp(`^${key}:.*(?:\\n {2}- .*)*`, "m"), `${key}: ${value}`);

/** The streaming door, as the member's browser asks it. */
function door(path: string, init: RequestInit = {}): Promise<Response> {
  const { scope } = hub.member;
  const address = path.split("/").map(encodeURIComponent).join("/");
  const headers = { origin: hub.world.origin, "sec-fetch-site": "same-origin", ...init.headers };
  const request = new Request(`${hub.world.origin}/api/files/${scope.slug}${address}`, { ...init, headers });
  const person = { id: hub.member.browser.userId, email: "member@test", name: "member", image: null };
  return answerFiles(request, hub.world.origin, async () => ({ hub: hub.hub, person, requestId: "test", log: hub.hub.log }));
}

describe("what Asana has, over the API", () => {
  it("is workspaces, people, and projects with their sections", async () => {
    expect((await nodesOf(hub.root)).map(({ name }) => name.split("~")[0])).toEqual(["Acme Parcels", "Ann Smith’s own"]);
    const json = async (path: string) => JSON.parse((await hub.viewer.vfs.read({ path })).text);
    expect(await json(`${company}/workspace.json`)).toMatchObject({ name: "Acme Parcels", is_organization: true });
    expect(await json(`${company}/users/Ann Smith.json`)).toMatchObject({ email: "ann@acme.example" });
    const { text } = await hub.viewer.vfs.read({ path: `${company}/projects/Courier app 3.0/project.md` });
    expect(text).toMatch(/^owner: Ann Smith~[a-z2-7]{8}$/m);
    expect(text).toMatch(/^sections:\n {2}- New~[a-z2-7]{8}\n {2}- To do~/m);
    expect(text).toContain("# Courier app 3.0");
  });

  it("is tasks, once each: a project's are links to the workspace's", async () => {
    const [link] = await nodesOf(app());
    expect(link).toMatchObject({ kind: "link", objectKind: "task" });
    expect(link?.canonicalPath).toMatch(/^\/context\/tools\/asana\/Acme Parcels~[a-z2-7]{8}\/tasks\/.+~[a-z2-7]{8}\.md$/);
    const canonical = link?.canonicalPath ?? "";
    expect((await hub.viewer.vfs.read({ path: canonical })).text).toBe((await hub.viewer.vfs.read({ path: link?.path ?? "" })).text);
    expect(await hub.member.vfs.stat({ path: canonical })).toMatchObject({ kind: "file", externalId: link?.externalId });
  });

  it("is a task with its comments and subtasks in one text", async () => {
    const path = `${company}/tasks/Parent of two.md`;
    const parent = await makeTask("Parent of two", "", `${company}/tasks`);
    const below = parent.replace(/\.md$/, ".d/subtasks");
    await makeTask("First of them", "", below);
    await makeTask("Second of them", "", below);
    await hub.member.vfs.append({ path: `${parent.replace(/\.md$/, ".d")}/comments.md`, text: "Seen in **production**.\n" });
    const thread = (await hub.member.vfs.read({ path, as: "thread" })).text;
    expect(thread).toMatch(/# Subtasks\n\n- First of them~[a-z2-7]{8}\n- Second of them~/);
    expect(thread).toMatch(/## Ann Smith, \d{4}-.*\n\n> Seen in \*\*production\*\*\./);
    expect((await nodesOf(below)).map(({ kind, name }) => [kind, name.split("~")[0]])).toEqual([
      ["link", "First of them"],
      ["link", "Second of them"],
    ]);
  });
});

describe("a task over the API", () => {
  it("is made with every field that can be written, all of it in Asana afterwards", async () => {
    const path = await makeTask(
      "Label printer",
      'completed: false\nassignee: ben@acme.example\ndue_on: "2031-01-31"\nprojects: [Porto / depot no. 4]\n',
    );
    const text = await textOf(path);
    expect(text).toMatch(/^name: Label printer$/m);
    expect(text).toMatch(/^assignee: Ben Okafor~[a-z2-7]{8}$/m);
    expect(text).toMatch(/^due_on: "2031-01-31"$/m);
    expect(text).toMatch(/^projects:\n {2}- Courier app 3\.0~[a-z2-7]{8}\n {2}- Porto \/ depot no\. 4~[a-z2-7]{8}$/m);
    expect(text).toMatch(/\n\nMade by a test\.\n$/);
    expect((await nodesOf(app())).map((node) => node.path)).toContain(path);
  });

  it("is edited: name, notes, completed, assignee, due date, and only what changed is sent", async () => {
    const path = await makeTask("Edit me", "assignee: Ann Smith\n");
    const before = await callsOf("PUT /tasks/{task_gid}");
    const receipt = await change(path, (text) => {
      const named = withField(withField(text, "name", "Edited"), "completed", "true");
      return withField(withField(named, "assignee", "null"), "due_on", '"2031-02-01"').replace("Made by a test.", "# New\n\n- one\n- two");
    });
    expect(receipt.steps).toHaveLength(1);
    expect(receipt.steps[0]?.changes.map(({ field }) => field)).toEqual(["name", "completed", "assignee", "due_on", "notes"]);
    expect(await callsOf("PUT /tasks/{task_gid}")).toBe(before + 1);
    const text = await textOf(receipt.canonicalPath);
    for (const line of ["name: Edited", "completed: true", "assignee: null", 'due_on: "2031-02-01"']) expect(text).toContain(`\n${line}\n`);
    expect(text).toMatch(/\n\n# New\n\n- one\n- two\n$/);
    expect((await change(receipt.canonicalPath, (same) => same)).changed).toBe(false);
  });

  it("moves between sections by its front matter, although Asana's revision does not move with that", async () => {
    const path = await makeTask("Walks through sections");
    expect(await textOf(path)).toMatch(/^section: New~/m);
    const { etag } = await hub.member.vfs.read({ path });
    await change(path, (text) => withField(text, "section", "Doing"));
    expect(await textOf(path)).toMatch(/^section: Doing~[a-z2-7]{8}$/m);
    const stale = await failureOf(hub.member.vfs.write({ path, text: "---\nsection: Done\n---\n", ifMatch: etag }));
    expect(stale.code).toBe("ESTALE");
    const refused = await failureOf(change(path, (text) => withField(text, "section", "Nowhere")));
    expect(refused).toMatchObject({ code: "EINVAL", details: { key: "section" } });
  });

  it("moves from one project's tasks to another's, and is reparented", async () => {
    const path = await makeTask("Changes house");
    const to = `${project("Delivery estimates ±10 min")}/Changes house.md`;
    const receipt = receiptOf(await hub.member.vfs.move({ path, to }));
    expect(receipt.canonicalPath).toContain("/projects/Delivery estimates");
    expect(await textOf(receipt.canonicalPath)).toMatch(/^projects:\n {2}- Delivery estimates ±10 min~[a-z2-7]{8}$/m);
    expect((await failureOf(hub.member.vfs.read({ path, fresh: true }))).code).toBe("ENOENT");
    const parent = await hub.member.vfs.stat({ path: await makeTask("New parent") });
    await change(receipt.canonicalPath, (text) => withField(text, "parent", parent.name.replace(/\.md$/, "")));
    expect(await textOf(receipt.canonicalPath)).toMatch(/^parent: New parent~[a-z2-7]{8}$/m);
  });

  it("leaves a project when its link is removed, and goes to the trash when it is removed itself", async () => {
    const path = await makeTask("Leaves", "projects: [Porto / depot no. 4]\n");
    const { canonicalPath } = await hub.member.vfs.stat({ path });
    await hub.member.vfs.remove({ path });
    expect(await textOf(canonicalPath)).toMatch(/^projects:\n {2}- Porto/m);
    receiptOf(await hub.member.vfs.remove({ path: canonicalPath }));
    expect((await failureOf(hub.member.vfs.stat({ path: canonicalPath, fresh: true }))).code).toBe("ENOENT");
  });

  it("is changed by who may write, and seen by nobody of another workspace", async () => {
    const path = await makeTask("Guarded");
    expect((await failureOf(change(path, (text) => withField(text, "completed", "true"), hub.viewer))).code).toBe("EACCES");
    const stranger = await hub.stranger();
    expect((await failureOf(stranger.vfs.read({ path }))).code).toMatch(/ENOENT|ENOTCONN/);
  });

  it("names what Markdown cannot carry back, and still takes its fields", async () => {
    const path = await makeTask("Underlined");
    const { externalId } = await hub.member.vfs.stat({ path });
    const tokens = (await hub.sandbox.connect(["default"])) as { readonly access_token: string };
    await fetch(`${hub.sandbox.origin}/api/1.0/tasks/${externalId}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${tokens.access_token}`, "content-type": "application/json" },
      body: JSON.stringify({ data: { html_notes: "<body>very <u>important</u></body>" } }),
    });
    const refused = await failureOf(change(path, (text) => text.replace("important", "dull")));
    expect(refused.code).toBe("ENOTSUP");
    expect(refused.message).toContain("<u>");
    expect((await change(path, (text) => withField(text, "completed", "true"))).changed).toBe(true);
  });
});

describe("attachments over the API", () => {
  const bytes = new Uint8Array(300_000).map((_, index) => (index * 7) % 251);

  it("are uploaded by the streaming door, and come back whole and in parts", async () => {
    const { companion } = await hub.member.vfs.stat({
      path: (await hub.member.vfs.stat({ path: await makeTask("Has a file") })).canonicalPath,
    });
    const path = `${companion}/attachments/Fotó 1.bin`;
    const put = await door(path, {
      method: "PUT",
      body: bytes,
      headers: { "content-type": "application/octet-stream", "if-none-match": "*" },
    });
    expect(put.status).toBe(201);
    const [file] = await nodesOf(`${companion}/attachments`);
    expect(file).toMatchObject({ sizeBytes: bytes.byteLength, binary: true });
    expect(file?.name).toMatch(/^Fotó 1~[a-z2-7]{8}\.bin$/);
    expect(new Uint8Array(await (await door(file?.path ?? "")).arrayBuffer())).toEqual(bytes);
    const part = await door(file?.path ?? "", { headers: { range: "bytes=1000-1999" } });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 1000-1999/${bytes.byteLength}`]);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.subarray(1000, 2000));
    expect((await failureOf(hub.member.vfs.read({ path: file?.path ?? "" }))).code).toBe("ENOTSUP");
  });
});

describe("an answer that is lost", () => {
  beforeEach(() => hub.sandbox.control.clearFaults());
  const lose = (operation: string) => hub.sandbox.control.addFault({ match: { operation }, effect: { kind: "lost_answer" } });

  it("leaves one task", async () => {
    await lose("POST /tasks");
    await makeTask("Only once");
    expect((await nodesOf(app())).filter(({ name }) => name.startsWith("Only once~"))).toHaveLength(1);
    expect((await textOf(`${app()}/Only once.md`)).match(/Made by a test/g)).toHaveLength(1);
  });

  it("leaves one comment, and two where two were meant", async () => {
    const { canonicalPath } = await hub.member.vfs.stat({ path: await makeTask("Commented") });
    const path = `${canonicalPath.replace(/\.md$/, ".d")}/comments.md`;
    await lose("POST /tasks/{task_gid}/stories");
    await hub.member.vfs.append({ path, text: "Twice?" });
    expect((await textOf(path)).match(/> Twice\?/g)).toHaveLength(1);
    await hub.member.vfs.append({ path, text: "Twice?", idempotencyKey: "second" });
    await hub.member.vfs.append({ path, text: "Twice?", idempotencyKey: "second" });
    expect((await textOf(path)).match(/> Twice\?/g)).toHaveLength(2);
  });

  it("leaves one attachment", async () => {
    const { canonicalPath } = await hub.member.vfs.stat({ path: await makeTask("Attached") });
    const directory = `${canonicalPath.replace(/\.md$/, ".d")}/attachments`;
    await lose("POST /attachments");
    expect((await door(`${directory}/note.txt`, { method: "PUT", body: "words", headers: { "content-type": "text/plain" } })).status).toBe(
      201,
    );
    expect(await nodesOf(directory)).toHaveLength(1);
  });

  it("of an edit changes nothing twice", async () => {
    const path = await makeTask("Edited once");
    await lose("PUT /tasks/{task_gid}");
    await change(path, (text) => withField(text, "completed", "true"));
    expect(await textOf(path)).toMatch(/^completed: true$/m);
  });
});

/** The catalogue's words, each with a case that runs it. */
mountConformance("Asana", {
  operations: ["stat", "list", "read", "write", "append", "edit", "move", "remove", "execute"],
  words: listCapabilities(asanaManifest).filter((word) => word !== "write:attachments"),
  start: async () => ({
    files: hub.hub.files,
    scope: hub.member.scope,
    root: hub.root,
    stranger: (await hub.stranger()).scope,
    settle: () => hub.settle(),
  }),
  cases: [
    { words: ["read:workspaces"], does: "read", path: "/context/tools/asana/Acme Parcels/workspace.json", contains: '"Acme Parcels"' },
    { words: ["read:projects"], does: "list", path: "/context/tools/asana/Acme Parcels/projects", atLeast: 5 },
    { words: ["read:tasks"], does: "list", path: "/context/tools/asana/Acme Parcels/projects/Courier app 3.0/tasks", atLeast: 5 },
    { words: ["read:users"], does: "read", path: "/context/tools/asana/Acme Parcels/users/Ben Okafor.json", contains: "ben@acme.example" },
    {
      words: ["write:tasks"],
      does: "create",
      path: "/context/tools/asana/Acme Parcels/projects/Courier app 3.0/tasks/Parcel scanner.md",
      text: "---\nsection: To do\nassignee: ben@acme.example\n---\n\nIt beeps **twice**.\n",
      contains: "It beeps **twice**.",
    },
    {
      words: ["write:tasks"],
      does: "edit",
      path: "/context/tools/asana/Acme Parcels/projects/Courier app 3.0/tasks/Parcel scanner.md",
      find: "completed: false",
      replace: "completed: true",
    },
    {
      words: ["write:comments"],
      does: "append",
      path: "/context/tools/asana/Acme Parcels/projects/Courier app 3.0/tasks/Parcel scanner.d/comments.md",
      text: "Heard it too.",
      contains: "> Heard it too.",
    },
    {
      words: ["read:tasks"],
      does: "read",
      path: "/context/tools/asana/Acme Parcels/projects/Courier app 3.0/tasks/Parcel scanner.md",
      as: "thread",
      contains: "> Heard it too.",
    },
    { words: ["write:tasks"], does: "remove", path: "/context/tools/asana/Acme Parcels/projects/Courier app 3.0/tasks/Parcel scanner.md" },
  ],
});
