import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import asana from "asana";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestAsana } from "./testing";

/** Asana's own client for Node against the sandbox: what it cannot do here is a mistake of the sandbox. */

let sandbox: Awaited<ReturnType<typeof startTestAsana>>;
let client: InstanceType<typeof asana.ApiClient>;
let workspace: string;

beforeAll(async () => {
  sandbox = await startTestAsana();
  client = new asana.ApiClient();
  client.basePath = `${sandbox.origin}/api/1.0`;
  const { access_token } = await sandbox.connect(["default"]);
  (client.authentications as unknown as { token: { accessToken: string } }).token.accessToken = access_token;
  const { data } = await new asana.WorkspacesApi(client).getWorkspaces({ limit: 10 });
  workspace = data.find(({ name }: { name: string }) => name === "Acme Parcels").gid;
});
afterAll(() => sandbox.close());

interface Failure {
  readonly status: number;
  readonly response: { readonly body: { readonly errors: readonly { readonly message: string }[]; readonly sync?: string } };
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  return (await work.then(
    () => {
      throw new Error("nothing was refused");
    },
    (error: unknown) => error,
  )) as Failure;
}

describe("the official client", () => {
  it("knows who it is, and pages through people and projects", async () => {
    const me = await new asana.UsersApi(client).getUser("me", {});
    expect(me.data).toMatchObject({ name: "Ann Smith", email: "ann@acme.example" });
    const names: string[] = [];
    let page = await new asana.UsersApi(client).getUsers({ workspace, limit: 3, opt_fields: "name,email" });
    for (;;) {
      names.push(...page.data.map(({ name }: { name: string }) => name));
      page = await page.nextPage();
      if (page.data === null) break;
    }
    expect(names).toContain("Ben Okafor");
    expect(new Set(names).size).toBe(names.length);
    const projects = await new asana.ProjectsApi(client).getProjectsForWorkspace(workspace, { limit: 100 });
    expect(projects.data.map(({ name }: { name: string }) => name)).toContain("Courier app 3.0");
  });

  it("makes, changes, places, comments and deletes a task", async () => {
    const tasks = new asana.TasksApi(client);
    const projects = await new asana.ProjectsApi(client).getProjectsForWorkspace(workspace, { limit: 100 });
    const project = projects.data.find(({ name }: { name: string }) => name === "Courier app 3.0").gid;
    const made = await tasks.createTask({ data: { name: "Made by the client", projects: [project], assignee: "me" } }, {});
    const { gid } = made.data;
    expect(made.data.memberships[0].section.name).toBe("New");
    const changed = await tasks.updateTask({ data: { completed: true, html_notes: "<body><strong>bold</strong></body>" } }, gid, {});
    expect(changed.data).toMatchObject({ completed: true, notes: "bold" });
    const sections = await new asana.SectionsApi(client).getSectionsForProject(project, {});
    // `addTaskForSection` of this client also sends its body as a query parameter, which Asana's description does not have.
    await tasks.addProjectForTask({ data: { project, section: sections.data.at(-1).gid } }, gid);
    expect((await tasks.getTask(gid, { opt_fields: "memberships.section.name" })).data.memberships[0].section.name).toBe("Done");
    const story = await new asana.StoriesApi(client).createStoryForTask({ data: { text: "Said <here>" } }, gid, {});
    expect(story.data).toMatchObject({ text: "Said <here>", type: "comment" });
    const stories = await new asana.StoriesApi(client).getStoriesForTask(gid, { limit: 5 });
    expect(stories.data.map(({ text }: { text: string }) => text)).toEqual(["Said <here>"]);
    await tasks.deleteTask(gid);
    expect((await failureOf(tasks.getTask(gid, {}))).status).toBe(404);
  });

  it("attaches a file, and reads where it is", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "asana-client-"));
    try {
      const file = path.join(folder, "words.txt");
      writeFileSync(file, "some words");
      const task = await new asana.TasksApi(client).createTask({ data: { name: "Has a file", workspace } }, {});
      const attachments = new asana.AttachmentsApi(client);
      // The client sends streams as files, though its types say text.
      const made = await attachments.createAttachmentForObject({
        file: createReadStream(file) as unknown as string,
        parent: task.data.gid,
      });
      expect(made.data).toMatchObject({ name: "words.txt", host: "asana", size: 10 });
      expect(await (await fetch(made.data.download_url)).text()).toBe("some words");
      const listed = await attachments.getAttachmentsForObject(task.data.gid, { limit: 10 });
      expect(listed.data).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("follows the events of a project from the sync token of the first refusal", async () => {
    const projects = await new asana.ProjectsApi(client).getProjectsForWorkspace(workspace, { limit: 100 });
    const project = projects.data[0].gid;
    const events = new asana.EventsApi(client);
    const first = await failureOf(events.getEvents(project, {}));
    expect(first.status).toBe(412);
    await new asana.TasksApi(client).createTask({ data: { name: "Heard of", projects: [project] } }, {});
    const heard = await events.getEvents(project, { sync: first.response.body.sync });
    expect(heard.data).toMatchObject([{ action: "added", type: "task", resource: { name: "Heard of" } }]);
  });

  it("searches, sends several requests as one, and is refused in words", async () => {
    const tasks = new asana.TasksApi(client);
    await tasks.createTask({ data: { name: "Needle in the hay", workspace } }, {});
    const found = await tasks.searchTasksForWorkspace(workspace, { text: "needle" });
    expect(found.data.map(({ name }: { name: string }) => name)).toEqual(["Needle in the hay"]);
    const batch = await new asana.BatchAPIApi(client).createBatchRequest(
      {
        data: {
          actions: [
            { method: "get", relative_path: "/users/me" },
            { method: "get", relative_path: "/tasks/1" },
          ],
        },
      },
      {},
    );
    expect(batch.data.map(({ status_code }: { status_code: number }) => status_code)).toEqual([200, 404]);
    const refused = await failureOf(tasks.getTasks({ limit: 10 }));
    expect([refused.status, refused.response.body.errors[0]?.message]).toEqual([400, expect.stringContaining("You should specify one of")]);
  });
});
