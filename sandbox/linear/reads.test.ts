import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startTestSandbox, testClient } from "./testing";

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let token = "";
beforeAll(async () => {
  sandbox = await startTestSandbox();
  token = (await sandbox.connect("read,write")).access_token;
});
afterAll(() => sandbox.close());

const issuePage = z.object({
  issues: z.object({
    nodes: z.array(
      z.object({
        id: z.string(),
        identifier: z.string(),
        title: z.string(),
        createdAt: z.string(),
        updatedAt: z.string(),
        archivedAt: z.string().nullable(),
      }),
    ),
    pageInfo: z.object({
      hasNextPage: z.boolean(),
      hasPreviousPage: z.boolean(),
      startCursor: z.string().nullable(),
      endCursor: z.string().nullable(),
    }),
  }),
});

const issuesQuery = `query Issues($first: Int, $last: Int, $after: String, $before: String, $orderBy: PaginationOrderBy, $includeArchived: Boolean, $filter: IssueFilter) {
  issues(first: $first, last: $last, after: $after, before: $before, orderBy: $orderBy, includeArchived: $includeArchived, filter: $filter) {
    nodes { id identifier title createdAt updatedAt archivedAt } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

async function listIssues(variables: Record<string, unknown>) {
  const answer = await sandbox.graphql(token, issuesQuery, variables);
  expect(answer.body.errors).toBeUndefined();
  return issuePage.parse(answer.body.data).issues;
}

async function walk(variables: Record<string, unknown>) {
  const all = [];
  let after: string | null = null;
  for (let pages = 0; pages < 200; pages += 1) {
    const page: Awaited<ReturnType<typeof listIssues>> = await listIssues({ ...variables, after });
    all.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return all;
    after = page.pageInfo.endCursor;
  }
  throw new Error("The walk does not end.");
}

const titles = async (filter: unknown, more: Record<string, unknown> = {}) =>
  (await listIssues({ first: 250, filter, ...more })).nodes.map(({ title }) => title);
const count = async (filter: unknown) => (await titles(filter)).length;

test("every page size walks each issue once, newest first, in both orders and both directions", async () => {
  const total = (await listIssues({ first: 250, includeArchived: true })).nodes;
  expect(total.length).toBeGreaterThan(50);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 3, max: 60 }),
      fc.constantFrom("createdAt" as const, "updatedAt" as const),
      fc.boolean(),
      async (first, orderBy, includeArchived) => {
        const seen = await walk({ first, orderBy, includeArchived });
        const expected = total.filter(({ archivedAt }) => includeArchived || archivedAt === null);
        expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
        expect(seen.length).toBe(expected.length);
        const keys = seen.map((issue) => issue[orderBy]);
        expect(keys).toEqual([...keys].sort().reverse());
      },
    ),
    { numRuns: 20 },
  );
  const end = await listIssues({ last: 5 });
  const before = await listIssues({ last: 5, before: end.pageInfo.startCursor });
  expect(before.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
  expect([...before.nodes, ...end.nodes]).toEqual((await listIssues({ last: 10 })).nodes);
});

test("a walk by creation misses nothing while issues are created and changed", async () => {
  const team = (await sandbox.graphql(token, '{ team(id: "OPS") { id } }')).body.data as { team: { id: string } };
  const known = (await listIssues({ first: 250 })).nodes.map(({ id }) => id);
  const first = await listIssues({ first: 20 });
  await sandbox.graphql(token, "mutation($input: IssueCreateInput!) { issueCreate(input: $input) { success } }", {
    input: { teamId: team.team.id, title: "Created during the walk" },
  });
  await sandbox.graphql(token, 'mutation { issueUpdate(id: "ENG-1", input: { priority: 4 }) { success } }');
  const rest = await walk({ first: 7 });
  const after = rest.slice(rest.findIndex(({ id }) => id === first.nodes.at(-1)?.id) + 1);
  expect([...first.nodes, ...after].map(({ id }) => id)).toEqual(known);
  await sandbox.control.reset();
  token = (await sandbox.connect("read,write")).access_token;
});

test("a page has 50 rows unless asked, and never more than 250", async () => {
  expect((await listIssues({})).nodes).toHaveLength(50);
  for (const [variables, message] of [
    [{ first: 251 }, "first must not be greater than 250"],
    [{ last: 251 }, "last must not be greater than 250"],
    [{ first: 0 }, "first must not be less than 1"],
    [{ first: 5, last: 5 }, "first and last must not be given together"],
    [{ after: "garbage" }, "after is not a cursor of this connection"],
  ] as const) {
    const { status, body } = await sandbox.graphql(token, issuesQuery, variables);
    expect(status).toBe(200);
    expect(body.data).toBeNull();
    expect(body.errors?.[0]).toMatchObject({
      message: "Argument Validation Error",
      extensions: { type: "invalid input", userPresentableMessage: `${message}.` },
    });
  }
  const { pageInfo } = await listIssues({ first: 5, orderBy: "createdAt" });
  const other = await sandbox.graphql(token, issuesQuery, { after: pageInfo.endCursor, orderBy: "updatedAt" });
  expect(other.body.errors?.[0]?.message).toBe("Argument Validation Error");
});

test("archived and trashed issues are hidden unless asked for", async () => {
  const shown = await titles({ team: { key: { eq: "ENG" } } });
  expect(shown).not.toContain("Import depots from CSV");
  const all = await titles({ team: { key: { eq: "ENG" } } }, { includeArchived: true });
  expect(all).toEqual(expect.arrayContaining(["Import depots from CSV", "asdf test please ignore"]));
  const answer = await sandbox.graphql(
    token,
    "query($f: IssueFilter) { issues(includeArchived: true, filter: $f) { nodes { trashed archivedAt } } }",
    {
      f: { title: { startsWith: "asdf" } },
    },
  );
  expect(answer.body.data).toEqual({ issues: { nodes: [{ trashed: true, archivedAt: expect.any(String) }] } });
});

test("filters narrow by relation, comparator, and, or, null and duration", async () => {
  const all = await count({});
  expect(await titles({ team: { key: { eq: "ENG" } }, number: { eq: 1 } })).toHaveLength(1);
  expect(await count({ or: [{ assignee: { null: true } }, { assignee: { null: false } }] })).toBe(all);
  expect(await count({ assignee: { email: { eq: "ben@acme.example" } }, state: { type: { in: ["started"] } } })).toBeGreaterThan(0);
  expect(await count({ assignee: { isMe: { eq: true } } })).toBe(0);
  expect(await titles({ and: [{ labels: { name: { eq: "Security" } } }, { priority: { lte: 1 } }] })).toEqual([
    "Tracking page leaks the recipient’s full name in <title>",
  ]);
  expect(await titles({ title: { containsIgnoreCase: "PORTO" } })).toHaveLength(3);
  expect(await count({ createdAt: { gt: "-P2W" } })).toBe(
    (await listIssues({ first: 250 })).nodes.filter(({ createdAt }) => Date.parse(createdAt) > Date.now() - 14 * 86_400_000).length,
  );
  const [newest] = (await listIssues({ first: 1, orderBy: "updatedAt" })).nodes;
  expect(await count({ updatedAt: { gte: newest?.updatedAt } })).toBe(1);
  expect(await count({ updatedAt: { gt: newest?.updatedAt } })).toBe(0);
  expect(await count({ id: { in: [newest?.id, "none"] } })).toBe(1);
  expect(await count({ id: { in: ["ENG-1"] } })).toBe(0);
  expect(await titles({ dueDate: { lt: "P3D" } })).toEqual(["Couriers are signed out every night at 02:00"]);
  expect(await titles({ children: { length: { gte: 2 } } })).toHaveLength(3);
  expect(await titles({ comments: { some: { user: { displayName: { eq: "hugo" } } } } })).toEqual(["Empty states for the courier app"]);
  expect(await count({ cycle: { isActive: { eq: true } } })).toBeGreaterThan(3);
});

test("a filter or field that is not in the schema is refused, not ignored", async () => {
  for (const query of [
    '{ issues(filter: { identifier: { eq: "ENG-1" } }) { nodes { id } } }',
    "{ issues { nodes { nonsense } } }",
    '{ issues(filter: { createdAt: { gt: "yesterday" } }) { nodes { id } } }',
    "{ issues {",
  ]) {
    const { status, body } = await sandbox.graphql(token, query);
    expect(status).toBe(400);
    expect(body.data).toBeUndefined();
    expect(body.errors?.[0]?.extensions).toMatchObject({ type: "graphql error", code: "GRAPHQL_VALIDATION_FAILED" });
  }
  const variable = await sandbox.graphql(token, issuesQuery, { filter: { createdAt: { gt: 5 } } });
  expect(variable.status).toBe(400);
});

test("one object is found by id, and an issue by identifier, in the shapes of the fact sheet", async () => {
  const { body } = await sandbox.graphql(
    token,
    `{ issue(id: "ENG-1") { identifier number url state { id name type } team { id key } labelIds previousIdentifiers branchName priorityLabel creator { name } comments { nodes { body } } }
       teams { nodes { key cyclesEnabled activeCycle { number isActive } states { nodes { name type position } } } }
       projects { nodes { slugId url status { name type } lead { name } progress health teams { nodes { key } } } }
       users(includeDisabled: true) { nodes { email active url initials } } workflowStates { nodes { team { key } } } issueLabels { nodes { name isGroup parent { name } } } }`,
  );
  expect(body.errors).toBeUndefined();
  expect(body.data).toMatchObject({
    issue: { identifier: "ENG-1", number: 1, url: expect.stringMatching(new RegExp(`^${sandbox.origin}/acme/issue/ENG-1/`)) },
    teams: { nodes: expect.arrayContaining([expect.objectContaining({ key: "ENG", activeCycle: { number: 14, isActive: true } })]) },
  });
});

test("what does not exist is 'Entity not found', and takes the whole answer with it", async () => {
  const { status, body } = await sandbox.graphql(token, '{ a: issue(id: "ENG-1") { id } b: issue(id: "ENG-9999") { id } }');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    data: null,
    errors: [{ message: "Entity not found: Issue", path: ["b"], extensions: { type: "invalid input", code: "INPUT_ERROR" } }],
  });
});

test("another workspace's objects do not exist", async () => {
  const other = (await sandbox.connect("read", "maja@borealis.example")).access_token;
  const mine = (await listIssues({ first: 1 })).nodes[0];
  const asked = await sandbox.graphql(other, "query($id: String!) { issue(id: $id) { id } }", { id: mine?.id });
  expect(asked.body.errors?.[0]?.message).toBe("Entity not found: Issue");
  const listed = await sandbox.graphql(other, "{ teams { nodes { key } } }");
  expect(listed.body.data).toEqual({ teams: { nodes: [{ key: "GAME" }] } });
});

test("no token, a wrong one or a bare one is 401 in Linear's shape, and tells nothing of the query", async () => {
  const attempts: readonly Record<string, string>[] = [{}, { authorization: "Bearer lin_oauth_made_up" }, { authorization: token }];
  for (const headers of attempts) {
    const response = await fetch(`${sandbox.origin}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ query: "{ nonsense }" }),
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      errors: [
        {
          message: "Authentication required, not authenticated",
          extensions: {
            type: "authentication error",
            code: "AUTHENTICATION_ERROR",
            statusCode: 401,
            userError: true,
            userPresentableMessage: "You need to authenticate to access this operation.",
          },
        },
      ],
    });
  }
});

test("limits are counted by caller, said in headers, and refused with HTTP 400 RATELIMITED", async () => {
  await sandbox.control.set({ requestsPerHour: 3 });
  const fresh = (await sandbox.connect("read", "ben@acme.example")).access_token;
  const first = await sandbox.graphql(
    fresh,
    "{ issues(first: 10) { nodes { id title } } rateLimitStatus { limits { type remainingAmount reset } } }",
  );
  expect(first.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(Number(first.headers.get("x-complexity"))).toBeGreaterThan(10);
  expect(first.headers.get("x-ratelimit-requests-limit")).toBe("3");
  expect(first.headers.get("x-ratelimit-requests-remaining")).toBe("2");
  expect(Number(first.headers.get("x-ratelimit-requests-reset"))).toBeGreaterThan(Date.now());
  expect(first.headers.get("x-ratelimit-complexity-limit")).toBe("2000000");
  await sandbox.graphql(fresh, "{ viewer { id } }");
  await sandbox.graphql(fresh, "{ viewer { id } }");
  const refused = await sandbox.graphql(fresh, "{ viewer { id } }");
  expect(refused.status).toBe(400);
  expect(refused.body.errors?.[0]?.extensions).toMatchObject({ type: "ratelimited", code: "RATELIMITED", statusCode: 429 });
  await sandbox.control.advanceClock(3_600_000 / 3);
  expect((await sandbox.graphql(fresh, "{ viewer { id } }")).status).toBe(200);
  await sandbox.control.set({ requestsPerHour: 5_000 });
});

test("an endpoint may have a limit of its own, which its answers name and which leaves other endpoints alone", async () => {
  await sandbox.control.set({ endpointRequestsPerHour: { viewer: 2 } });
  const fresh = (await sandbox.connect("read", "ben@acme.example")).access_token;
  const first = await sandbox.graphql(fresh, "{ viewer { id } }");
  expect(first.headers.get("x-ratelimit-endpoint-name")).toBe("viewer");
  expect(first.headers.get("x-ratelimit-endpoint-requests-limit")).toBe("2");
  expect(first.headers.get("x-ratelimit-endpoint-requests-remaining")).toBe("1");
  expect(Number(first.headers.get("x-ratelimit-endpoint-requests-reset"))).toBeGreaterThan(Date.now());
  await sandbox.graphql(fresh, "{ viewer { id } }");
  const refused = await sandbox.graphql(fresh, "{ viewer { id } }");
  expect(refused.body.errors?.[0]?.extensions).toMatchObject({ code: "RATELIMITED" });
  const other = await sandbox.graphql(fresh, "{ organization { id } }");
  expect(other.status).toBe(200);
  expect(other.headers.has("x-ratelimit-endpoint-name")).toBe(false);
  await sandbox.control.set({ endpointRequestsPerHour: {} });
});

test("the hour of the limits can be scaled, and another installation of the app can spend what there is", async () => {
  await sandbox.control.reset();
  await sandbox.control.set({ requestsPerHour: 10, limitHourSeconds: 1_000 });
  const fresh = (await sandbox.connect("read", "ben@acme.example")).access_token;
  await sandbox.control.spend({ clientId: testClient.clientId, email: "ben@acme.example", requests: 50 });
  expect((await sandbox.graphql(fresh, "{ viewer { id } }")).status).toBe(400);
  await sandbox.control.advanceClock(100_000);
  const passed = await sandbox.graphql(fresh, "{ viewer { id } }");
  expect(passed.status).toBe(200);
  expect(Number(passed.headers.get("x-ratelimit-requests-reset"))).toBeGreaterThan(Date.now() + 900_000);
  await sandbox.control.reset();
  ({ access_token: token } = await sandbox.connect());
});

test("a query above 10,000 points is refused whole", async () => {
  const query = "{ issues(first: 250) { nodes { comments(first: 250) { nodes { id body } } } } }";
  const { status, body } = await sandbox.graphql(token, query);
  expect(status).toBe(400);
  expect(body.errors?.[0]?.message).toBe("Query too complex");
});
