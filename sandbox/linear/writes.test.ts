import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { normalizeMarkdown } from "./mutations/shared";
import { startTestSandbox } from "./testing";

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let token = "";
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
beforeEach(async () => {
  await sandbox.control.reset();
  token = (await sandbox.connect("read,write")).access_token;
});
afterAll(() => sandbox.close());

const fields =
  "id identifier title description priority dueDate updatedAt archivedAt trashed completedAt previousIdentifiers labelIds state { name type } assignee { displayName } project { name } team { key }";
const create = `mutation($input: IssueCreateInput!) { issueCreate(input: $input) { success lastSyncId issue { ${fields} } } }`;
const update = `mutation($id: String!, $input: IssueUpdateInput!) { issueUpdate(id: $id, input: $input) { success issue { ${fields} } } }`;

const ids = z.object({ nodes: z.array(z.object({ id: z.string(), name: z.string(), team: z.object({ key: z.string() }).nullish() })) });

async function idOf(
  kind: "teams" | "workflowStates" | "issueLabels" | "users" | "projects" | "cycles",
  name: string,
  team?: string,
): Promise<string> {
  const extra = kind === "workflowStates" || kind === "issueLabels" ? "team { key }" : "";
  const { body } = await sandbox.graphql(token, `{ found: ${kind}(first: 250) { nodes { id name ${extra} } } }`);
  const { nodes } = z.object({ found: ids }).parse(body.data).found;
  const row = nodes.find((node) => node.name === name && (team === undefined || node.team?.key === team));
  if (row === undefined) throw new Error(`No ${kind} is called ${name}.`);
  return row.id;
}

const firstError = async (query: string, variables: Record<string, unknown>, as = token) => {
  const { status, body } = await sandbox.graphql(as, query, variables);
  return { status, message: body.errors?.[0]?.message, extensions: body.errors?.[0]?.extensions };
};

test("an issue is created with the caller's id, in the team's first state, and stands on its page", async () => {
  const id = randomUUID();
  const teamId = await idOf("teams", "Operations");
  const { body } = await sandbox.graphql(token, create, {
    input: { id, teamId, title: "New <b>scanner</b> 📦", description: "a\r\n\r\n\r\n\r\nb  \n" },
  });
  expect(body.data).toMatchObject({
    issueCreate: {
      success: true,
      issue: { id, title: "New <b>scanner</b> 📦", description: "a\n\nb", state: { type: "backlog" }, assignee: null },
    },
  });
  const triaged = await sandbox.graphql(token, create, { input: { teamId: await idOf("teams", "Engineering"), title: "x" } });
  expect(triaged.body.data).toMatchObject({ issueCreate: { issue: { state: { type: "triage" } } } });
  const shown = await (await fetch(`${sandbox.origin}/acme`)).text();
  expect(shown).toContain("New &lt;b&gt;scanner&lt;/b&gt; 📦");
});

test("creating with an id that is taken is the documented conflict, and creates nothing", async () => {
  const input = { id: randomUUID(), teamId: await idOf("teams", "Operations"), title: "Once" };
  await sandbox.graphql(token, create, { input });
  const before = (await sandbox.control.state()).workspaces[0]?.issues;
  expect(await firstError(create, { input })).toMatchObject({
    status: 200,
    message: "conflict on insert of Issue",
    extensions: { code: "INPUT_ERROR", userPresentableMessage: `Entity Issue with id ${input.id} already exists.` },
  });
  expect((await sandbox.control.state()).workspaces[0]?.issues).toBe(before);
});

test("an update sets, clears with null, leaves what is absent, and moves updatedAt", async () => {
  const input = {
    stateId: await idOf("workflowStates", "Done", "ENG"),
    assigneeId: await idOf("users", "Finn O’Brien"),
    dueDate: "2027-01-31",
    priority: 1,
  };
  const set = await sandbox.graphql(token, update, { id: "ENG-2", input });
  expect(set.body.data).toMatchObject({
    issueUpdate: {
      issue: {
        state: { name: "Done" },
        assignee: { displayName: "finn" },
        dueDate: "2027-01-31",
        priority: 1,
        completedAt: expect.any(String),
      },
    },
  });
  const cleared = await sandbox.graphql(token, update, { id: "ENG-2", input: { assigneeId: null, dueDate: null } });
  expect(cleared.body.data).toMatchObject({
    issueUpdate: { issue: { assignee: null, dueDate: null, priority: 1, state: { name: "Done" } } },
  });
  const times = [set, cleared].map(
    ({ body }) =>
      z.object({ issueUpdate: z.object({ issue: z.object({ updatedAt: z.string() }) }) }).parse(body.data).issueUpdate.issue.updatedAt,
  );
  expect(times[1] !== undefined && times[0] !== undefined && times[1] > times[0]).toBe(true);
});

test("labels are replaced, added and removed", async () => {
  const bug = await idOf("issueLabels", "Bug");
  const docs = await idOf("issueLabels", "Docs");
  const labels = async (input: object) => {
    const { body } = await sandbox.graphql(token, update, { id: "ENG-1", input });
    return z.object({ issueUpdate: z.object({ issue: z.object({ labelIds: z.array(z.string()) }) }) }).parse(body.data).issueUpdate.issue
      .labelIds;
  };
  expect(await labels({ labelIds: [bug] })).toEqual([bug]);
  expect(await labels({ addedLabelIds: [docs] })).toEqual([bug, docs]);
  expect(await labels({ removedLabelIds: [bug] })).toEqual([docs]);
  expect(await labels({ labelIds: [] })).toEqual([]);
});

test("what belongs to another team, or is not assignable, is refused and changes nothing", async () => {
  const before = await sandbox.graphql(token, `{ issue(id: "ENG-1") { ${fields} } }`);
  for (const input of [
    { title: "x", stateId: await idOf("workflowStates", "Done", "OPS") },
    { title: "x", labelIds: [await idOf("issueLabels", "Accessibility")] },
    { title: "x", labelIds: [await idOf("issueLabels", "Area")] },
    { title: "x", projectId: await idOf("projects", "Porto / depot no. 4") },
    { title: "x", stateId: randomUUID() },
    { title: "x", parentId: "ENG-1" },
    { title: "" },
    { priority: 9 },
    { teamId: await idOf("teams", "Design") },
  ]) {
    const { extensions } = await firstError(update, { id: "ENG-1", input });
    expect(extensions, JSON.stringify(input)).toMatchObject({ type: "invalid input" });
  }
  expect((await firstError(update, { id: "ENG-1", input: { dueDate: "31.1.2027" } })).status).toBe(400);
  expect((await sandbox.graphql(token, `{ issue(id: "ENG-1") { ${fields} } }`)).body).toEqual(before.body);
});

test("a move to another team gives a new identifier, and the old one still finds the issue", async () => {
  const input = { teamId: await idOf("teams", "Design"), stateId: await idOf("workflowStates", "Todo", "DES") };
  const { body } = await sandbox.graphql(token, update, { id: "ENG-3", input });
  expect(body.data).toMatchObject({
    issueUpdate: { issue: { team: { key: "DES" }, previousIdentifiers: ["ENG-3"], state: { name: "Todo" } } },
  });
  const found = await sandbox.graphql(token, '{ issue(id: "ENG-3") { team { key } } }');
  expect(found.body.data).toEqual({ issue: { team: { key: "DES" } } });
});

test("archive, unarchive and trash hide and bring back; only an admin deletes for good", async () => {
  const run = async (mutation: string, as = token) =>
    sandbox.graphql(as, `mutation { ${mutation} { success entity { archivedAt trashed } } }`);
  expect((await run('issueArchive(id: "ENG-4")')).body.data).toMatchObject({
    issueArchive: { entity: { archivedAt: expect.any(String), trashed: null } },
  });
  expect((await run('issueUnarchive(id: "ENG-4")')).body.data).toMatchObject({
    issueUnarchive: { entity: { archivedAt: null, trashed: null } },
  });
  expect((await run('issueDelete(id: "ENG-4")')).body.data).toMatchObject({
    issueDelete: { entity: { archivedAt: expect.any(String), trashed: true } },
  });
  const ben = (await sandbox.connect("read,write", "ben@acme.example")).access_token;
  const refused = await run('issueDelete(id: "ENG-4", permanentlyDelete: true)', ben);
  expect(refused.status).toBe(403);
  expect((await run('issueDelete(id: "ENG-4", permanentlyDelete: true)')).body.data).toEqual({
    issueDelete: { success: true, entity: null },
  });
  expect(await firstError('{ issue(id: "ENG-4") { id } }', {})).toMatchObject({ message: "Entity not found: Issue" });
});

test("a comment is written, answered, edited and removed; another's is not touched", async () => {
  const comment =
    "mutation($input: CommentCreateInput!) { commentCreate(input: $input) { comment { id body issueId parentId editedAt user { displayName } url } } }";
  const id = randomUUID();
  const { body } = await sandbox.graphql(token, comment, { input: { id, issueId: "ENG-1", body: "Hello *you*" } });
  expect(body.data).toMatchObject({
    commentCreate: { comment: { id, body: "Hello *you*", parentId: null, editedAt: null, user: { displayName: "ann" } } },
  });
  expect(await firstError(comment, { input: { id, issueId: "ENG-1", body: "again" } })).toMatchObject({
    message: "conflict on insert of Comment",
  });
  expect(await firstError(comment, { input: { body: "nowhere" } })).toMatchObject({ extensions: { type: "invalid input" } });
  expect(await firstError(comment, { input: { issueId: "ENG-1", body: "  " } })).toMatchObject({ extensions: { type: "invalid input" } });
  expect(await firstError(comment, { input: { issueId: "ENG-2", parentId: id, body: "x" } })).toMatchObject({
    extensions: { type: "invalid input" },
  });
  const reply = await sandbox.graphql(token, comment, { input: { issueId: "ENG-1", parentId: id, body: "reply" } });
  expect(reply.body.data).toMatchObject({ commentCreate: { comment: { parentId: id } } });
  const edit = 'mutation($id: String!) { commentUpdate(id: $id, input: { body: "edited" }) { comment { body editedAt } } }';
  const ben = (await sandbox.connect("read,write", "ben@acme.example")).access_token;
  expect((await firstError(edit, { id }, ben)).status).toBe(403);
  expect((await sandbox.graphql(token, edit, { id })).body.data).toMatchObject({
    commentUpdate: { comment: { body: "edited", editedAt: expect.any(String) } },
  });
  const removed = await sandbox.graphql(token, "mutation($id: String!) { commentDelete(id: $id) { success entityId } }", { id });
  expect(removed.body.data).toEqual({ commentDelete: { success: true, entityId: id } });
});

test("each write needs its scope", async () => {
  const teamId = await idOf("teams", "Operations");
  const comment = 'mutation { commentCreate(input: { issueId: "ENG-1", body: "x" }) { success } }';
  const issue = "mutation($input: IssueCreateInput!) { issueCreate(input: $input) { success } }";
  const input = { teamId, title: "x" };
  const reader = (await sandbox.connect("read")).access_token;
  expect(await firstError(comment, {}, reader)).toMatchObject({
    status: 403,
    message: "Invalid scope: `comments:create` required",
    extensions: { type: "forbidden", statusCode: 403 },
  });
  const commenter = (await sandbox.connect("comments:create")).access_token;
  expect((await sandbox.graphql(commenter, comment)).status).toBe(200);
  expect((await firstError(issue, { input }, commenter)).status).toBe(403);
  const creator = (await sandbox.connect("issues:create")).access_token;
  expect((await sandbox.graphql(creator, issue, { input })).status).toBe(200);
  expect((await firstError(update, { id: "ENG-1", input: { priority: 1 } }, creator)).status).toBe(403);
});

test("Markdown is normalised outside code, and twice is once", () => {
  const text = "a  \r\n\r\n\r\nb\n\n```\nx  \n\n\n\ny\n```\n\n\n";
  expect(normalizeMarkdown(text)).toBe("a\n\nb\n\n```\nx  \n\n\n\ny\n```");
  expect(normalizeMarkdown(normalizeMarkdown(text))).toBe(normalizeMarkdown(text));
});
