import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { createTestDb, seedWorkspace } from "@/db/testing";
import { startTestSandbox, testClient } from "@/sandbox/linear/testing";
import { createHubFileSystem } from "@/server/compose/file-system";
import { encodeId } from "@/server/ids";
import { mountConformance } from "@/server/vfs/conformance";
import type { FileSystem } from "@/server/vfs/file-system";
import { mirrored } from "@/server/vfs/layers/mirrored/mirrored";
import { createWalkRunner, type WalkRunner } from "@/server/vfs/layers/mirrored/walk-runner";
import type { Node } from "@/server/vfs/node";
import { codeOf, failing, planOf, receiptOf, seedConnection } from "@/server/vfs/storage/testing";
import type { IntegrationSettings } from "../contract";
import { listCapabilities } from "../manifests";
import { createTestTransport, testCall } from "../testing";
import { linear } from "./index";

/** Linear through the whole file system: sandbox, transport, connector, mirror and operations, as a caller has it. */

const root = linear.manifest.vfsPath;
const issues = `${root}/teams/ENG/issues`;

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let db: Database;
let scope: WorkspaceScope;
let stranger: WorkspaceScope;
let fs: FileSystem;
let walks: WalkRunner;

beforeAll(async () => {
  [sandbox, db] = await Promise.all([startTestSandbox(), createTestDb()]);
  scope = (await seedWorkspace(db, { slug: "linear-files" })).scope;
  stranger = (await seedWorkspace(db, { slug: "linear-others" })).scope;
  const settings: IntegrationSettings = {
    clientId: testClient.clientId,
    clientSecret: testClient.clientSecret ?? "",
    origins: { app: sandbox.origin, api: sandbox.origin },
    redirectUri: testClient.redirectUris[0] ?? "",
  };
  const { access_token } = await sandbox.connect();
  const { send } = createTestTransport(linear, settings);
  const identity = await linear.oauth.identify(access_token, settings, send(null), testCall);
  const tool = linear.mount({ send: send(access_token), settings, capabilities: listCapabilities(linear.manifest), identity });
  const id = crypto.randomUUID();
  await seedConnection(db, scope, id, "workspace");
  walks = createWalkRunner({ warn: () => undefined });
  const connection = {
    id,
    integration: "linear",
    ownerId: null,
    mountPath: root,
    view: {
      id: encodeId("connection", id),
      integration: "linear",
      status: "connected",
      since: null,
      reason: null,
      actionUrl: null,
      visibility: "workspace" as const,
      accountName: identity.accountName,
      timeZone: identity.timeZone,
    },
    actsAs: { type: "person" as const, name: identity.accountName },
    timeZone: identity.timeZone ?? "UTC",
    mirrorPolicy: "titles" as const,
    capabilities: listCapabilities(linear.manifest),
    use: { capabilities: [], scopes: [] },
    isAuthorized: true,
  };
  fs = createHubFileSystem({
    db,
    connections: async (who) => ({
      mounts: who.workspaceId === scope.workspaceId ? [mirrored({ db, tool, connection, walks })] : [],
      placeholders: [],
    }),
    allows: () => true,
    cursorSecret: "secret",
  });
});
afterAll(async () => {
  await walks.idle();
  await Promise.all([sandbox.close(), db.close()]);
});

/** Lists until the directory is known wholly. */
async function listed(path: string): Promise<readonly Node[]> {
  await fs.list(scope, { path });
  await walks.idle();
  const page = await fs.list(scope, { path, limit: 1_000 });
  expect(page.complete).toBe(true);
  return page.nodes;
}

const first = async (): Promise<Node> => {
  const [node] = await listed(issues);
  if (node === undefined) throw new Error("no issue");
  return node;
};

describe("Linear in the file system", () => {
  it("stands where the catalogue says, with every word of it at its place", async () => {
    const names = (nodes: readonly Node[]) => nodes.map(({ name }) => name.replace(/~[a-z2-7]{8}/, "~"));
    expect(names(await listed(root))).toEqual(["organization.json", "projects", "teams", "users"]);
    expect(names(await listed(`${root}/teams`))).toEqual(expect.arrayContaining(["ENG~", "DES~", "OPS~"]));
    expect(names(await listed(`${root}/teams/ENG`))).toEqual(["archive", "cycles", "issues", "team.json"]);
    const [project] = await listed(`${root}/projects`);
    expect((await fs.read(scope, { path: `${project?.path}/project.md` })).text).toMatch(/^---\nname: /);
    const [cycle] = await listed(`${root}/teams/ENG/cycles`);
    expect((await fs.read(scope, { path: cycle?.path ?? "" })).text).toMatch(/^number: \d+$/m);
    expect(JSON.parse((await fs.read(scope, { path: `${root}/teams/ENG/team.json` })).text)).toMatchObject({ key: "ENG" });
    expect(JSON.parse((await fs.read(scope, { path: `${root}/organization.json` })).text)).toMatchObject({ name: "Acme Parcels" });
  });

  it("lists issues by identifier and title, with what can be done", async () => {
    const node = await first();
    expect(node.name).toMatch(/^ENG-\d+ .*~[a-z2-7]{8}\.md$/);
    expect(node).toMatchObject({ kind: "file", objectKind: "issue", can: ["stat", "read", "write", "edit", "move", "remove"] });
    expect((await fs.stat(scope, { path: `${root}/teams/ENG/issues` })).can).toContain("write");
    expect((await fs.stat(scope, { path: `${node.companion}/comments.md` })).can).toEqual(["stat", "read", "append"]);
  });

  it("plans an edit, executes exactly that, and the tool has it", async () => {
    const node = await first();
    const { text, etag } = await fs.read(scope, { path: node.path });
    const wanted = text.replace(/^state: .*$/m, "state: Done").replace(/^due_date: .*$/m, 'due_date: "2031-01-31"');
    const plan = planOf(await fs.write(scope, { path: node.path, text: wanted, ifMatch: etag, dryRun: true }));
    expect(plan.steps[0]?.call).toMatch(/^issueUpdate ENG-\d+$/);
    expect(plan.steps[0]?.changes.map(({ field }) => field)).toEqual(["state", "due_date"]);
    const receipt = receiptOf(await fs.execute(scope, { plan: plan.id }));
    expect(receipt).toMatchObject({ changed: true, steps: [{ outcome: "done" }] });
    const after = await fs.read(scope, { path: node.path });
    expect(after.text).toBe(wanted);
    expect(after.etag).toBe(receipt.etag);
    expect(await codeOf(fs.write(scope, { path: node.path, text, ifMatch: etag }))).toBe("ESTALE");
  });

  it("edits one word in place", async () => {
    const node = await first();
    const { etag } = await fs.read(scope, { path: node.path });
    receiptOf(await fs.edit(scope, { path: node.path, find: "state: Done", replace: "state: Todo", ifMatch: etag }));
    expect((await fs.read(scope, { path: node.path })).text).toMatch(/^state: Todo$/m);
  });

  it("comments by appending, once for one idempotency key", async () => {
    const path = `${(await first()).companion}/comments.md`;
    const append = () => fs.append(scope, { path, text: "Seen in **production**.\n", idempotencyKey: "comment-1" });
    const receipt = receiptOf(await append());
    expect(receiptOf(await append())).toEqual(receipt);
    const { text } = await fs.read(scope, { path, fresh: true });
    expect(text.match(/> Seen in \*\*production\*\*\./g)).toHaveLength(1);
    expect((await fs.read(scope, { path: (await first()).path, as: "thread" })).text).toContain("> Seen in");
  });

  it("creates an issue under its title, and archives it again", async () => {
    const receipt = receiptOf(
      await fs.write(scope, { path: `${issues}/Brand new.md`, text: "---\nstate: Todo\n---\n\nWords.\n", ifNoneMatch: "*" }),
    );
    expect(receipt.canonicalPath).toMatch(/\/ENG-\d+ Brand new~[a-z2-7]{8}\.md$/);
    const { text, etag } = await fs.read(scope, { path: receipt.canonicalPath });
    expect(text).toMatch(/^title: Brand new$/m);
    expect((await listed(issues)).map(({ path }) => path)).toContain(receipt.canonicalPath);
    receiptOf(await fs.remove(scope, { path: receipt.canonicalPath, ifMatch: etag }));
    expect(await codeOf(fs.stat(scope, { path: receipt.canonicalPath }))).toBe("ENOENT");
    expect((await listed(issues)).map(({ path }) => path)).not.toContain(receipt.canonicalPath);
  });

  it("names key and line of what it cannot write", async () => {
    const node = await first();
    const { text, etag } = await fs.read(scope, { path: node.path });
    const refused = await failing(
      fs.write(scope, { path: node.path, text: text.replace(/^state: .*$/m, "state: Someday"), ifMatch: etag }),
    );
    expect(refused).toMatchObject({ code: "EINVAL", details: { key: "state", line: 3 } });
  });
});

/** The catalogue's words, each with a case that runs it. */
mountConformance("Linear", {
  operations: ["stat", "list", "read", "write", "append", "edit", "move", "remove", "execute"],
  words: listCapabilities(linear.manifest),
  start: async () => ({ files: fs, scope, root, stranger, settle: () => walks.idle() }),
  cases: [
    { words: ["read:teams"], does: "list", path: `${root}/teams`, atLeast: 3 },
    { words: ["read:teams"], does: "read", path: `${root}/teams/DES/team.json`, contains: '"key": "DES"' },
    { words: ["read:issues"], does: "list", path: issues, atLeast: 10 },
    { words: ["read:cycles"], does: "list", path: `${root}/teams/ENG/cycles`, atLeast: 3 },
    { words: ["read:projects"], does: "read", path: `${root}/projects/Courier app 3.0/project.md`, contains: "# Courier app 3.0" },
    { does: "list", path: `${root}/users`, atLeast: 5 },
    { does: "read", path: `${root}/users/Ann Smith.json`, contains: '"email": "ann@acme.example"' },
    {
      words: ["write:issues"],
      does: "create",
      path: `${issues}/Parcel scanner.md`,
      text: "---\nstate: Todo\nlabels: [Bug]\n---\n\nIt beeps twice.\n",
      contains: "It beeps twice.",
    },
    { words: ["write:issues"], does: "edit", path: `${issues}/Parcel scanner.md`, find: "state: Todo", replace: "state: In Progress" },
    { words: ["read:issues"], does: "read", path: `${issues}/Parcel scanner.md`, as: "json", contains: '"In Progress"' },
    {
      words: ["write:comments"],
      does: "append",
      path: `${issues}/Parcel scanner.d/comments.md`,
      text: "Heard it too.",
      contains: "> Heard it too.",
    },
    { words: ["read:issues"], does: "read", path: `${issues}/Parcel scanner.md`, as: "thread", contains: "> Heard it too." },
    { words: ["write:issues"], does: "remove", path: `${issues}/Parcel scanner.md` },
  ],
});
