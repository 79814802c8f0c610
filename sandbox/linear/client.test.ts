import { AuthenticationLinearError, LinearClient, RatelimitedLinearError } from "@linear/sdk";
import { getOperationAST, isNonNullType, Kind, OperationTypeNode, typeFromAST } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { schema } from "./execute";
import { readClientDocuments } from "./schema/client-documents";
import { clientFile } from "./schema/derive";
import { startTestSandbox } from "./testing";

/** Linear's official client (npm `@linear/sdk`) against the simulated Linear: it gets what it expects of the true one. */

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let client: LinearClient;
let token: string;

const clientOf = (accessToken: string): LinearClient => new LinearClient({ accessToken, apiUrl: `${sandbox.origin}/graphql` });

beforeAll(async () => {
  sandbox = await startTestSandbox();
  token = (await sandbox.connect("read,write,admin")).access_token;
  client = clientOf(token);
});
afterAll(() => sandbox.close());

/** The first of a page; the test fails where there is none. */
async function first<T>(page: Promise<{ readonly nodes: readonly T[] }> | { readonly nodes: readonly T[] }): Promise<T> {
  const [node] = (await page).nodes;
  if (node === undefined) throw new Error("The page is empty.");
  return node;
}

describe("the official client reads", () => {
  it("who it is, the organization, and its teams", async () => {
    const viewer = await client.viewer;
    expect([viewer.email, viewer.isMe]).toEqual(["ann@acme.example", true]);
    expect((await client.organization).name).toBe("Acme Parcels");
    const team = await first(client.teams({ filter: { key: { eq: "ENG" } } }));
    expect((await team.states()).nodes.map(({ type }) => type)).toEqual(expect.arrayContaining(["backlog", "started", "completed"]));
    expect((await team.members()).nodes.length).toBeGreaterThan(2);
    expect((await team.labels()).nodes.map(({ name }) => name)).toContain("Bug");
    expect((await (await team.activeCycle)?.issues())?.nodes.length).toBeGreaterThan(0);
  });

  it("every issue, a page at a time", async () => {
    let page = await client.issues({ first: 7 });
    const seen = [...page.nodes];
    while (page.pageInfo.hasNextPage) {
      const before = page.nodes.length;
      page = await page.fetchNext();
      // The client appends to what it has.
      seen.push(...page.nodes.slice(before));
    }
    const whole = await client.issues({ first: 250 });
    expect(new Set(seen.map(({ id }) => id))).toEqual(new Set(whole.nodes.map(({ id }) => id)));
    expect(seen.length).toBe(new Set(seen.map(({ id }) => id)).size);
  });

  it("an issue with all that hangs on it, and projects with their people", async () => {
    const [issue] = (await client.issues({ filter: { attachments: { some: {} }, comments: { some: {} } } })).nodes;
    if (issue === undefined) throw new Error("No issue has both.");
    expect((await first(issue.attachments())).url).toMatch(/^https:\/\/github\.com\//);
    expect((await (await first(issue.comments())).user)?.name).toMatch(/ /);
    expect([(await issue.state)?.name, (await issue.team)?.key]).toEqual([expect.any(String), "ENG"]);
    expect((await issue.history()).nodes).toEqual([]);
    const project = await first(client.projects());
    expect((await project.lead)?.email).toMatch(/@/);
    expect((await project.teams()).nodes.length).toBeGreaterThan(0);
    expect((await client.issueLabels()).nodes.length).toBeGreaterThan(3);
    expect((await client.users({ includeDisabled: true })).nodes.length).toBeGreaterThan((await client.users()).nodes.length);
  });

  it("what a search finds", async () => {
    const issue = await first(client.issues({ first: 1 }));
    const words = issue.title.split(/\s+/).slice(0, 2).join(" ");
    const found = await client.searchIssues(words);
    expect(found.nodes.map(({ id }) => id)).toContain(issue.id);
    expect((await client.searchIssues("zzzunfindable")).totalCount).toBe(0);
  });
});

describe("the official client writes", () => {
  it("an issue through its life", async () => {
    const team = await first(client.teams({ filter: { key: { eq: "ENG" } } }));
    const made = await (await client.createIssue({ teamId: team.id, title: "From the client 👋", priority: 2 })).issue;
    expect(made?.identifier).toMatch(/^ENG-\d+$/);
    const id = made?.id ?? "";
    await client.updateIssue(id, { description: "Words", dueDate: "2031-01-31" });
    const comment = await (await client.createComment({ issueId: id, body: "Seen" })).comment;
    await client.updateComment(comment?.id ?? "", { body: "Seen twice" });
    const link = await (await client.createAttachment({ issueId: id, title: "Page", url: "https://example.com/a" })).attachment;
    // The same url on the same issue is the same attachment.
    const again = await (await client.createAttachment({ issueId: id, title: "Page 2", url: "https://example.com/a" })).attachment;
    expect([again?.id, again?.title]).toEqual([link?.id, "Page 2"]);
    const read = await client.issue(id);
    expect([read.description, String(read.dueDate)]).toEqual(["Words", "2031-01-31"]);
    expect((await read.comments()).nodes.map(({ body }) => body)).toEqual(["Seen twice"]);
    expect((await client.deleteAttachment(link?.id ?? "")).success).toBe(true);
    expect((await client.archiveIssue(id)).success).toBe(true);
    expect((await client.issue(id)).archivedAt).toBeInstanceOf(Date);
    expect((await client.unarchiveIssue(id)).success).toBe(true);
    expect((await client.deleteIssue(id)).success).toBe(true);
    expect((await client.issue(id)).trashed).toBe(true);
  });

  it("a webhook", async () => {
    const made = await (await client.createWebhook({ url: "https://hub.example.com/in", allPublicTeams: true, resourceTypes: ["Issue"] }))
      .webhook;
    expect(made?.secret).toMatch(/^lin_wh_/);
    expect((await client.webhooks()).nodes.map(({ id }) => id)).toEqual([made?.id]);
    expect((await client.deleteWebhook(made?.id ?? "")).success).toBe(true);
  });
});

describe("the official client understands", () => {
  it("a token that is not there, a limit, and a record that is not there", async () => {
    await expect(clientOf("lin_none").viewer).rejects.toBeInstanceOf(AuthenticationLinearError);
    await sandbox.control.addFault({ match: { path: "/graphql" }, times: 1, effect: { kind: "rate_limited", form: "vendor", seconds: 5 } });
    await expect(client.viewer).rejects.toBeInstanceOf(RatelimitedLinearError);
    await expect(client.issue("ENG-99999")).rejects.toThrow("Entity not found");
  });
});

describe("every document of the official client", () => {
  /** The first id of each table, by the name of its root field. */
  async function firstIds(): Promise<Readonly<Record<string, { readonly nodes: readonly { readonly id: string }[] }>>> {
    const { data } = (
      await sandbox.graphql(
        token,
        `{ issues(first: 1) { nodes { id } } comments(first: 1) { nodes { id } } projects(first: 1) { nodes { id } }
           cycles(first: 1) { nodes { id } } users(first: 1) { nodes { id } } workflowStates(first: 1) { nodes { id } } issueLabels(first: 1) { nodes { id } }
           teams(first: 1) { nodes { id } } projectStatuses(first: 1) { nodes { id } } attachments(first: 1) { nodes { id } } }`,
      )
    ).body;
    return data as Awaited<ReturnType<typeof firstIds>>;
  }

  it("that reads is answered without an error", async () => {
    const webhook = await (
      await client.createWebhook({ url: "https://hub.example.com/in", allPublicTeams: true, resourceTypes: ["Issue"] })
    ).webhook;
    const tables = await firstIds();
    let asked = 0;
    for (const { name, text, document } of readClientDocuments(clientFile)) {
      const operation = getOperationAST(document);
      if (operation?.operation !== OperationTypeNode.QUERY) continue;
      const [field] = operation.selectionSet.selections;
      const root = field?.kind === Kind.FIELD ? field.name.value : "";
      const id = root === "webhook" ? webhook?.id : tables[root === "projectStatus" ? "projectStatuses" : `${root}s`]?.nodes[0]?.id;
      const variables: Record<string, unknown> = {};
      for (const { variable, type } of operation.variableDefinitions ?? []) {
        const variableName = variable.name.value;
        if (variableName === "id") variables.id = id;
        else if (variableName === "first") variables.first = 2;
        else if (isNonNullType(typeFromAST(schema, type))) variables[variableName] = "pixel";
      }
      const { body } = await sandbox.graphql(token, text, variables);
      expect(
        body.errors?.map(({ message }) => message),
        name,
      ).toBeUndefined();
      asked += 1;
    }
    expect(asked).toBeGreaterThan(90);
  });
});
