import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestAsana } from "./testing";

let sandbox: Awaited<ReturnType<typeof startTestAsana>>;
let token: string;
let workspace: string;
let projects: readonly Row[];

interface Row {
  readonly gid: string;
  readonly name: string;
  readonly modified_at: string;
  readonly [field: string]: unknown;
}

beforeAll(async () => {
  sandbox = await startTestAsana();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  await sandbox.control.reset();
  token = (await sandbox.connect(["default"])).access_token;
  workspace = ((await sandbox.api(token, "GET", "/workspaces")).body.data as readonly Row[])[0]?.gid ?? "";
  projects = (await sandbox.api(token, "GET", `/projects?workspace=${workspace}`)).body.data as readonly Row[];
});

async function done(method: string, path: string, data?: unknown): Promise<Row> {
  const { status, body } = await sandbox.api(token, method, path, data);
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${body.errors?.[0]?.message}`);
  return body.data as Row;
}
async function refused(method: string, path: string, data?: unknown): Promise<readonly [number, string]> {
  const { status, body } = await sandbox.api(token, method, path, data);
  return [status, body.errors?.[0]?.message ?? ""];
}
const makeTask = (data: Readonly<Record<string, unknown>> = {}) => done("POST", "/tasks", { name: "A task", workspace, ...data });
const project = (index: number): string => projects[index]?.gid ?? "";

describe("a task", () => {
  it("is made with 201 and where it is, and changed by what is sent alone", async () => {
    const made = await sandbox.api(token, "POST", "/tasks", { name: "New", projects: [project(0)], due_on: "2031-01-31" });
    const { gid } = made.body.data as Row;
    expect([made.status, made.headers.get("location")]).toEqual([201, expect.stringContaining(`/tasks/${gid}`)]);
    const changed = await done("PUT", `/tasks/${gid}`, { completed: true });
    expect(changed).toMatchObject({ name: "New", completed: true, due_on: "2031-01-31", completed_at: expect.any(String) });
  });

  it("takes no projects, parents and unknown fields by PUT, and nothing at all where one field is wrong", async () => {
    const { gid } = await makeTask();
    expect(await refused("PUT", `/tasks/${gid}`, { projects: [project(0)] })).toEqual([400, "projects: Cannot write this property"]);
    expect((await refused("PUT", `/tasks/${gid}`, { name: "Changed", colour: "red" }))[0]).toBe(400);
    expect((await refused("PUT", `/tasks/${gid}`, { due_on: "2031-01-31", due_at: "2031-01-31T10:00:00Z" }))[0]).toBe(400);
    expect(await done("GET", `/tasks/${gid}`)).toMatchObject({ name: "A task", due_on: null });
    expect((await refused("POST", "/tasks", { name: "Nowhere" }))[0]).toBe(400);
  });

  it("moves `modified_at` with its fields and its comments, and not with projects and sections", async () => {
    const task = await makeTask();
    const modified = async () => (await done("GET", `/tasks/${task.gid}`)).modified_at;
    const first = await modified();
    await done("POST", `/tasks/${task.gid}/addProject`, { project: project(0) });
    const [section] = (await sandbox.api(token, "GET", `/projects/${project(0)}/sections`)).body.data as readonly Row[];
    await done("POST", `/sections/${section?.gid}/addTask`, { task: task.gid });
    expect(await modified()).toBe(first);
    await done("POST", `/tasks/${task.gid}/stories`, { text: "Seen" });
    const second = await modified();
    expect(second > first).toBe(true);
    await done("PUT", `/tasks/${task.gid}`, { name: "Renamed" });
    expect((await modified()) > second).toBe(true);
  });

  it("stands in one section of a project, and leaves only what it is in", async () => {
    const { gid } = await makeTask({ projects: [project(0)] });
    const sections = (await sandbox.api(token, "GET", `/projects/${project(0)}/sections`)).body.data as readonly Row[];
    await done("POST", `/sections/${sections[2]?.gid}/addTask`, { task: gid });
    const { memberships } = await done("GET", `/tasks/${gid}?opt_fields=memberships.section`);
    expect(memberships).toEqual([{ section: { gid: sections[2]?.gid, resource_type: "section" } }]);
    expect((await refused("POST", `/tasks/${gid}/removeProject`, { project: project(1) }))[0]).toBe(400);
    await done("POST", `/tasks/${gid}/removeProject`, { project: project(0) });
    expect((await done("GET", `/tasks/${gid}`)).memberships).toEqual([]);
  });

  it("is a subtask where it was made so or put so, never of itself", async () => {
    const parent = await makeTask();
    const child = await done("POST", `/tasks/${parent.gid}/subtasks`, { name: "Child" });
    expect(await done("GET", `/tasks/${parent.gid}?opt_fields=num_subtasks`)).toMatchObject({ num_subtasks: 1 });
    expect((await refused("POST", `/tasks/${parent.gid}/setParent`, { parent: child.gid }))[0]).toBe(400);
    await done("POST", `/tasks/${child.gid}/setParent`, { parent: null });
    expect((await sandbox.api(token, "GET", `/tasks/${parent.gid}/subtasks`)).body.data).toEqual([]);
  });

  it("is gone when it is deleted, with subtasks that are in no project", async () => {
    const parent = await makeTask({ projects: [project(0)] });
    const below = await done("POST", `/tasks/${parent.gid}/subtasks`, { name: "Below" });
    expect(await done("DELETE", `/tasks/${parent.gid}`)).toEqual({});
    for (const gid of [parent.gid, below.gid]) expect((await refused("GET", `/tasks/${gid}`))[0]).toBe(404);
  });

  it("is found by an app's own id, which is that app's alone", async () => {
    const { gid } = await makeTask({ external: { gid: "mine-1", data: "x" } });
    expect((await done("GET", "/tasks/external:mine-1")).gid).toBe(gid);
    expect((await refused("GET", "/tasks/external:other"))[0]).toBe(404);
    await makeTask({ external: { gid: "mine-1" } });
    await sandbox.control.set({ refusesDuplicateExternal: true });
    expect((await refused("POST", "/tasks", { name: "Again", workspace, external: { gid: "mine-1" } }))[0]).toBe(400);
  });
});

describe("rich text", () => {
  it.each([
    ["no XML", "<body><b>x</body>"],
    ["a bare &", "<body>a & b</body>"],
    ["no body", "<strong>x</strong>"],
    ["a tag that there is not", "<body><p>x</p></body>"],
    ["attributes on other tags", '<body><strong class="x">x</strong></body>'],
    ["headings in a list", "<body><ul><li><h1>x</h1></li></ul></body>"],
    ["text between list items", "<body><ul>x<li>y</li></ul></body>"],
  ])("is refused with %s", async (_what, html_notes) => {
    const { gid } = await makeTask();
    expect((await refused("PUT", `/tasks/${gid}`, { html_notes }))[0]).toBe(400);
  });

  it("spells mentions out, and keeps the author's words where they are not to follow", async () => {
    const named = await makeTask({ name: "Fix <login>" });
    const html_notes = `<body>After <a data-asana-gid="${named.gid}"/> and <a data-asana-gid="${named.gid}" data-asana-dynamic="false">that</a></body>`;
    const { gid } = await makeTask({ html_notes });
    const kept = String((await done("GET", `/tasks/${gid}?opt_fields=html_notes`)).html_notes);
    expect(kept).toMatch(
      /data-asana-type="task" data-asana-dynamic="true">Fix &lt;login&gt;<\/a> and .*data-asana-dynamic="false">that<\/a>/,
    );
  });

  it("has no headings in comments, and exactly one text", async () => {
    const { gid } = await makeTask();
    expect((await refused("POST", `/tasks/${gid}/stories`, { html_text: "<body><h1>x</h1></body>" }))[0]).toBe(400);
    expect((await refused("POST", `/tasks/${gid}/stories`, { text: "a", html_text: "<body>b</body>" }))[0]).toBe(400);
    const story = await done("POST", `/tasks/${gid}/stories`, { html_text: "<body><strong>a</strong> &amp; b</body>" });
    expect(story).toMatchObject({ text: "a & b", type: "comment", resource_subtype: "comment_added" });
    const ben = (await sandbox.connect(["default"], "ben@acme.example")).access_token;
    expect((await sandbox.api(ben, "DELETE", `/stories/${story.gid}`)).status).toBe(403);
    expect(await done("DELETE", `/stories/${story.gid}`)).toEqual({});
  });
});

describe("attachments", () => {
  it("come back from an address that needs no token, takes ranges, and ends", async () => {
    const { gid } = await makeTask();
    const form = new FormData();
    form.set("parent", gid);
    form.set("file", new Blob(["0123456789"], { type: "text/plain" }), "ten.txt");
    const answer = await fetch(`${sandbox.origin}/api/1.0/attachments`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: form,
    });
    const made = ((await answer.json()) as { readonly data: Row }).data;
    expect([answer.status, made.size, made.host]).toEqual([200, 10, "asana"]);
    const url = String(made.download_url);
    expect(await (await fetch(url)).text()).toBe("0123456789");
    const part = await fetch(url, { headers: { range: "bytes=-3" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, "bytes 7-9/10", "789"]);
    expect((await fetch(url, { headers: { range: "bytes=10-" } })).status).toBe(416);
    expect((await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status).toBe(400);
    expect((await fetch(`${url}x`)).status).toBe(403);
    await sandbox.control.advanceClock(121_000);
    expect((await fetch(url)).status).toBe(403);
  });
});

describe("events", () => {
  it("begin with 412 and a token, then tell what happened since, in pages of a hundred", async () => {
    const path = `/events?resource=${project(0)}`;
    const first = await sandbox.api(token, "GET", path);
    expect([first.status, first.body.errors?.[0]?.message]).toEqual([412, expect.stringContaining("Sync token invalid or too old")]);
    const task = await makeTask({ projects: [project(0)] });
    await done("PUT", `/tasks/${task.gid}`, { name: "Renamed" });
    await done("POST", `/tasks/${task.gid}/stories`, { text: "Said" });
    const heard = await sandbox.api(token, "GET", `${path}&sync=${first.body.sync}`);
    expect((heard.body.data as readonly Row[]).map(({ type, action }) => [type, action])).toEqual([
      ["task", "added"],
      ["task", "changed"],
      ["story", "added"],
    ]);
    expect(heard.body.has_more).toBe(false);
    expect((await sandbox.api(token, "GET", `${path}&sync=${heard.body.sync}`)).body.data).toEqual([]);
    for (let count = 0; count < 101; count += 1) await done("PUT", `/tasks/${task.gid}`, { name: `Renamed ${count}` });
    const many = await sandbox.api(token, "GET", `${path}&sync=${heard.body.sync}`);
    expect([(many.body.data as readonly Row[]).length, many.body.has_more]).toEqual([100, true]);
    expect((await sandbox.api(token, "GET", `/events?resource=${project(1)}&sync=${heard.body.sync}`)).status).toBe(412);
    await sandbox.control.set({ accessTokenSeconds: 200_000 });
    token = (await sandbox.connect(["default"])).access_token;
    await sandbox.control.advanceClock(86_400_000);
    expect((await sandbox.api(token, "GET", `${path}&sync=${heard.body.sync}`)).status).toBe(412);
  });
});

describe("webhooks", () => {
  interface Delivery {
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly body: string;
  }
  let server: Server;
  let target: string;
  let status = 200;
  let secret = "";
  let deliveries: Delivery[] = [];
  let waiting: (() => void)[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += String(chunk);
      });
      request.on("end", () => {
        const offered = request.headers["x-hook-secret"];
        if (typeof offered === "string") {
          secret = offered;
          if (request.url === "/silent") response.end();
          else response.writeHead(204, { "x-hook-secret": offered }).end();
          return;
        }
        deliveries.push({ headers: request.headers, body });
        response.writeHead(status).end();
        for (const wake of waiting.splice(0)) wake();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    target = `http://localhost:${typeof address === "object" && address !== null ? address.port : 0}/hook`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    deliveries = [];
    waiting = [];
    status = 200;
  });

  /** Resolves when so many deliveries have come. */
  async function delivered(count: number): Promise<readonly Delivery[]> {
    while (deliveries.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    return deliveries;
  }
  const open = (data: Readonly<Record<string, unknown>> = {}) =>
    sandbox.api(token, "POST", "/webhooks", { resource: project(0), target, ...data });

  it("are made by a handshake during the call, with a heartbeat after it, and signed from then on", async () => {
    const made = await open();
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ data: { active: true, target }, "X-Hook-Secret": secret });
    expect(JSON.parse((await delivered(1))[0]?.body ?? "")).toEqual({ events: [] });
    await makeTask({ projects: [project(0)] });
    const [, delivery] = await delivered(2);
    expect(delivery?.headers["x-hook-signature"]).toBe(
      createHmac("sha256", secret)
        .update(delivery?.body ?? "")
        .digest("hex"),
    );
    expect(JSON.parse(delivery?.body ?? "").events).toMatchObject([{ action: "added", resource: { resource_type: "task" } }]);
  });

  it("are refused without the handshake's echo, a second time, and for this computer where that is not allowed", async () => {
    expect((await open({ target: target.replace("/hook", "/silent") })).status).toBe(400);
    expect((await open()).status).toBe(201);
    expect(await open()).toMatchObject({ status: 403, body: { errors: [{ message: expect.stringContaining("Duplicated webhook") }] } });
    await sandbox.control.set({ localWebhookTargets: false });
    expect((await open({ target: `${target}/other` })).status).toBe(403);
    expect((await open({ resource: workspace })).status).toBe(400);
  });

  it("are tried again after a failure, and given up after a day of them", async () => {
    await sandbox.control.set({ accessTokenSeconds: 200_000 });
    token = (await sandbox.connect(["default"])).access_token;
    const { gid } = (await open()).body.data as Row;
    await delivered(1);
    status = 500;
    await makeTask({ projects: [project(0)] });
    await delivered(2);
    status = 200;
    await sandbox.control.advanceClock(10_000);
    const again = (await delivered(3))[2];
    expect(again?.body).toBe(deliveries[1]?.body);
    status = 500;
    await makeTask({ projects: [project(0)] });
    await delivered(4);
    await sandbox.control.advanceClock(86_400_000);
    await delivered(5);
    await expect.poll(async () => (await sandbox.api(token, "GET", `/webhooks/${gid}`)).status).toBe(404);
  });
});
