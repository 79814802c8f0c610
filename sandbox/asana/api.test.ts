import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestAsana } from "./testing";

let sandbox: Awaited<ReturnType<typeof startTestAsana>>;
let token: string;
let workspace: string;
let project: string;

beforeAll(async () => {
  sandbox = await startTestAsana();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  await sandbox.control.reset();
  token = (await sandbox.connect(["default"])).access_token;
  workspace = (await rows("/workspaces"))[0]?.gid ?? "";
  project = (await rows(`/projects?workspace=${workspace}`)).find(({ name }) => name === "Courier app 3.0")?.gid ?? "";
});

interface Row {
  readonly gid: string;
  readonly name: string;
  readonly [field: string]: unknown;
}
const get = (path: string, as = token) => sandbox.api(as, "GET", path);
const rows = async (path: string): Promise<readonly Row[]> => (await get(path)).body.data as readonly Row[];
const refusalOf = async (path: string, as = token) => {
  const { status, body } = await get(path, as);
  return [status, body.errors?.[0]?.message ?? ""] as const;
};

describe("opt_fields", () => {
  it("lists come compact, records whole, and named fields alone with the gid", async () => {
    const [compact] = await rows(`/tasks?project=${project}&limit=1`);
    expect(Object.keys(compact ?? {}).toSorted()).toEqual(["gid", "name", "resource_subtype", "resource_type"]);
    const { data } = (await get(`/tasks/${compact?.gid}`)).body;
    expect(data).toMatchObject({ completed: expect.any(Boolean), memberships: expect.any(Array), notes: expect.any(String) });
    expect(data).not.toHaveProperty("html_notes");
    expect(await rows(`/tasks?project=${project}&limit=1&opt_fields=completed`)).toEqual([
      { gid: compact?.gid, completed: expect.any(Boolean) },
    ]);
    const [nested] = await rows(`/tasks?project=${project}&limit=1&opt_fields=memberships.section.name,workspace`);
    expect(nested).toEqual({
      gid: compact?.gid,
      memberships: [{ section: { gid: expect.any(String), name: expect.any(String) } }, { section: expect.anything() }],
      workspace: { gid: workspace, resource_type: "workspace" },
    });
  });
});

describe("pages", () => {
  it("hold at most a hundred, lead to the end once, and say where to go on only with a limit", async () => {
    expect(await refusalOf("/workspaces?limit=101")).toEqual([400, "limit: Must be between 1 and 100"]);
    expect((await get(`/projects/${project}/tasks`)).body).not.toHaveProperty("next_page");
    const whole = (await rows(`/projects/${project}/tasks`)).map(({ gid }) => gid);
    const seen: string[] = [];
    let path: string | null = `/projects/${project}/tasks?limit=4`;
    while (path !== null) {
      const { body } = await get(path);
      seen.push(...(body.data as readonly Row[]).map(({ gid }) => gid));
      path = body.next_page?.path ?? null;
    }
    expect(seen).toEqual(whole);
  });

  it("take an offset for its own list alone, and not for ever", async () => {
    const { body } = await get(`/projects/${project}/tasks?limit=2`);
    const offset = encodeURIComponent(body.next_page?.offset ?? "");
    expect((await get(`/projects/${project}/tasks?limit=2&offset=${offset}`)).status).toBe(200);
    expect((await refusalOf(`/users?workspace=${workspace}&limit=2&offset=${offset}`))[0]).toBe(400);
    expect((await refusalOf(`/projects/${project}/tasks?limit=2&offset=made-up`))[1]).toContain("pagination token is invalid");
    await sandbox.control.set({ accessTokenSeconds: 86_400 });
    token = (await sandbox.connect(["default"])).access_token;
    await sandbox.control.advanceClock(3_600_000);
    expect((await refusalOf(`/projects/${project}/tasks?limit=2&offset=${offset}`))[1]).toContain("pagination token has expired");
  });

  it("are needed where there is too much for one answer", async () => {
    await sandbox.control.set({ unpagedRecords: 3 });
    expect((await refusalOf(`/projects/${project}/tasks`))[1]).toContain("The result is too large.");
    expect((await get(`/projects/${project}/tasks?limit=3`)).status).toBe(200);
  });
});

describe("refusals", () => {
  it("say what was wrong, in Asana's words and statuses", async () => {
    expect(await refusalOf("/users/me", "wrong")).toEqual([401, "Not Authorized"]);
    expect(await refusalOf("/tasks/1")).toEqual([404, "task: Unknown object: 1"]);
    expect((await refusalOf("/no/such/route"))[0]).toBe(404);
    expect((await refusalOf(`/tasks?project=${project}&assignee=me&workspace=${workspace}`))[0]).toBe(400);
    const stray = await fetch(`${sandbox.origin}/api/1.0/tasks`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ name: "not in data", workspace }),
    });
    expect(stray.status).toBe(400);
  });

  it("keep another company's records closed", async () => {
    const maja = (await sandbox.connect(["default"], "maja@borealis.example")).access_token;
    expect((await refusalOf(`/projects/${project}`, maja))[0]).toBe(403);
    expect((await refusalOf(`/workspaces/${workspace}`, maja))[0]).toBe(403);
    expect((await refusalOf(`/tasks?project=${project}`, maja))[0]).toBe(403);
  });

  it("are 402 for search on the free plan", async () => {
    expect((await get(`/workspaces/${workspace}/tasks/search?text=courier`)).status).toBe(200);
    await sandbox.control.set({ plan: "free" });
    expect((await refusalOf(`/workspaces/${workspace}/tasks/search?text=courier`))[0]).toBe(402);
  });
});

describe("scopes", () => {
  it("open each endpoint by itself: writing does not include reading, and some have no scope at all", async () => {
    const reader = (await sandbox.connect(["tasks:read", "projects:read"])).access_token;
    expect((await get(`/tasks?project=${project}&limit=1`, reader)).status).toBe(200);
    expect((await refusalOf(`/users/me`, reader))[1]).toContain("users:read");
    expect((await refusalOf(`/projects/${project}/sections`, reader))[0]).toBe(403);
    expect((await refusalOf(`/events?resource=${project}`, reader))[0]).toBe(403);
    const writer = (await sandbox.connect(["tasks:write"])).access_token;
    const made = await sandbox.api(writer, "POST", "/tasks", { name: "Write only", workspace });
    expect(made.status).toBe(201);
    expect((await refusalOf(`/tasks/${(made.body.data as Row).gid}`, writer))[0]).toBe(403);
    expect((await sandbox.api(writer, "DELETE", `/tasks/${(made.body.data as Row).gid}`)).status).toBe(403);
  });

  it("show of other kinds' records the name and no more", async () => {
    const made = (await sandbox.api(token, "POST", "/tasks", { name: "Has a link", workspace })).body.data as Row;
    const form = new FormData();
    for (const [name, value] of Object.entries({
      parent: made.gid,
      resource_subtype: "external",
      name: "Plan",
      url: "https://x.example/",
    })) {
      form.set(name, value);
    }
    await fetch(`${sandbox.origin}/api/1.0/attachments`, { method: "POST", headers: { authorization: `Bearer ${token}` }, body: form });
    const reader = (await sandbox.connect(["attachments:read"])).access_token;
    const path = `/attachments?parent=${made.gid}&limit=10&opt_fields=parent`;
    expect((await get(`${path}.name`, reader)).body.data).toEqual([
      { gid: expect.any(String), parent: { gid: made.gid, name: "Has a link" } },
    ]);
    expect(await refusalOf(`${path}.created_by`, reader)).toEqual([403, expect.stringContaining("tasks:read")]);
  });
});

describe("limits", () => {
  it("count a token's minute, refused requests too, and say when to come back", async () => {
    await sandbox.control.set({ requestsPerMinutePaid: 5 });
    token = (await sandbox.connect(["default"], "ben@acme.example")).access_token;
    const statuses: number[] = [];
    for (let count = 0; count < 7; count += 1) statuses.push((await get("/users/me")).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    const refused = await get("/users/me");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    await sandbox.control.advanceClock(61_000);
    expect((await get("/users/me")).status).toBe(200);
  });

  it("let fifty reads and fifteen writes be under way", async () => {
    await sandbox.control.set({ latencyMs: 200 });
    const reads = await Promise.all(Array.from({ length: 51 }, () => get("/users/me")));
    expect(reads.filter(({ status }) => status === 429)).toHaveLength(1);
    const writes = await Promise.all(Array.from({ length: 16 }, () => sandbox.api(token, "POST", "/tasks", { name: "Many", workspace })));
    expect(writes.filter(({ status }) => status === 429)).toHaveLength(1);
  });

  it("are a tenth on the free plan", async () => {
    const spend = (requests: number) => sandbox.control.spend({ clientId: sandbox.client.clientId, email: "chloe@acme.example", requests });
    const chloe = (await sandbox.connect(["default"], "chloe@acme.example")).access_token;
    await spend(200);
    expect((await get("/users/me", chloe)).status).toBe(200);
    await sandbox.control.set({ plan: "free" });
    expect((await get("/users/me", chloe)).status).toBe(429);
  });
});

describe("the pages", () => {
  it("show the effect of a write, and nothing that runs", async () => {
    const made = await sandbox.api(token, "POST", "/tasks", { name: "<script>alert(1)</script>", projects: [project] });
    const { permalink_url } = made.body.data as Row;
    const page = await (await fetch(String(permalink_url))).text();
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(await (await fetch(`${sandbox.origin}/`)).text()).toContain("Courier app 3.0");
    expect((await fetch(`${sandbox.origin}/no-such-page`)).status).toBe(404);
  });
});

describe("a large company", () => {
  it("has its tens of thousands of tasks, all of them behind pages", async () => {
    const large = await startTestAsana({ size: "large" });
    try {
      const as = (await large.connect(["default"])).access_token;
      const [first] = (await large.api(as, "GET", "/workspaces")).body.data as readonly Row[];
      const projects: Row[] = [];
      for (let path: string | null = `/projects?workspace=${first?.gid}&limit=100`; path !== null; ) {
        const { body } = await large.api(as, "GET", path);
        projects.push(...(body.data as readonly Row[]));
        path = body.next_page?.path ?? null;
      }
      expect(projects.length).toBeGreaterThanOrEqual(200);
      expect(Number((await large.control.state()).tasks)).toBeGreaterThanOrEqual(20_000);
    } finally {
      await large.close();
    }
  }, 60_000);
});
