import { describe } from "vitest";
import { createDb, type Database } from "@/db/client";
import { scopeUserId } from "@/db/scope";
import { createTestDb, seedMember, seedWorkspace } from "@/db/testing";
import { createThrowAwayDatabase, testDatabaseUrl } from "@/db/testing-postgres";
import { createHubFileSystem } from "@/server/compose/file-system";
import { mountConformance } from "./conformance";
import type { MountHarness } from "./conformance-cases";
import type { FileSystem } from "./file-system";
import { createFixtureDesk, someBytes } from "./fixture-desk";
import { createFixtureTool } from "./fixture-tool";
import type { MirroredConnection } from "./layers/mirrored/mirror";
import { mirrored } from "./layers/mirrored/mirrored";
import { createWalkRunner } from "./layers/mirrored/walk-runner";
import type { MountTable } from "./mount";
import type { Operation } from "./node";
import { type StoragePolicy, storagePolicies } from "./storage/policies";
import { seedConnection } from "./storage/testing";

interface Host {
  readonly start: (
    slug: string,
    tableOf: (db: Database, scope: MountHarness["scope"]) => Promise<MountTable>,
  ) => Promise<{
    readonly db: Database;
    readonly files: FileSystem;
    readonly scope: MountHarness["scope"];
    readonly other: MountHarness["scope"];
    readonly member: MountHarness["scope"];
  }>;
  readonly release: () => Promise<void>;
}

/** One database for all suites of a kind; a workspace for each mount. */
function hostOn(open: () => Promise<{ readonly db: Database; close(): Promise<void> }>): Host {
  let opened: ReturnType<typeof open> | undefined;
  let running = 0;
  return {
    async start(slug, tableOf) {
      running += 1;
      opened ??= open();
      const { db } = await opened;
      const { scope } = await seedWorkspace(db, { slug });
      const { scope: member } = await seedMember(db, scope, { email: `member@${slug}.test`, role: "member" });
      const { scope: other } = await seedWorkspace(db, { slug: `${slug}-other` });
      const table = await tableOf(db, scope);
      const files = createHubFileSystem({
        db,
        connections: async (who) => (who.workspaceId === scope.workspaceId ? table : { mounts: [], placeholders: [] }),
        allows: () => true,
        cursorSecret: "secret",
      });
      return { db, files, scope, other, member };
    },
    async release() {
      running -= 1;
      if (running > 0) return;
      const last = opened;
      opened = undefined;
      await (await last)?.close();
    },
  };
}

const none = async (): Promise<MountTable> => ({ mounts: [], placeholders: [] });

function conformStorage(host: Host, policy: StoragePolicy): void {
  const { path: root, shape, personal } = policy;
  const name = root.split("/").at(-1) ?? "";
  if (shape === "daily") {
    const today = `${root}/${new Date().toISOString().slice(0, 10)}.md`;
    mountConformance(name, {
      operations: ["stat", "list", "read", "append", "execute"],
      words: [],
      async start() {
        const { files, scope, member } = await host.start(`conform-${name}`, none);
        await files.append(scope, { path: today, text: "Hello, wörld.\nA second line.\n" });
        return { files, scope, root, stranger: member, close: host.release };
      },
      cases: [
        { does: "list", path: root, atLeast: 1 },
        { does: "read", path: today, contains: "wörld" },
        { does: "append", path: today, text: "asked: what\n", contains: "asked: what" },
      ],
    });
    return;
  }
  mountConformance(name, {
    operations: ["stat", "list", "read", "write", "append", "edit", "mkdir", "move", "remove", "execute"],
    words: [],
    async start() {
      const { files, scope, other, member } = await host.start(`conform-${name}`, none);
      await files.mkdir(scope, { path: `${root}/people` });
      for (const file of ["Ann.md", "ann.md", "😀 ~x.md", "empty.txt"]) {
        await files.write(scope, { path: `${root}/people/${file}`, text: file === "empty.txt" ? "" : `# ${file}\nlikes tea\n` });
      }
      await files.write(scope, { path: `${root}/data.json`, text: '{"a":1}' });
      return { files, scope, root, stranger: personal ? member : other, close: host.release };
    },
    cases: [
      { does: "list", path: `${root}/people`, atLeast: 4 },
      { does: "read", path: `${root}/data.json`, as: "json", contains: '"a"' },
      { does: "create", path: `${root}/new.md`, text: "one\n", contains: "one" },
      { does: "append", path: `${root}/new.md`, text: "two\n", contains: "two" },
      { does: "edit", path: `${root}/new.md`, find: "one", replace: "1" },
      { does: "remove", path: `${root}/new.md` },
    ],
  });
}

const operations: readonly Operation[] = ["stat", "list", "read", "write", "append", "edit", "remove", "execute"];
const root = "/context/tools/fixture";
const items = `${root}/teams/ENG/items`;

/** A new shared connection, and what its mirror is told of it. */
async function connectionOf(db: Database, owner: MountHarness["scope"], mountPath: string): Promise<MirroredConnection> {
  const id = crypto.randomUUID();
  await seedConnection(db, owner, id, "workspace");
  return {
    id,
    integration: "fixture",
    ownerId: null,
    mountPath,
    view: {
      id: `con_${id.replaceAll("-", "")}`,
      integration: "fixture",
      status: "connected",
      since: null,
      reason: null,
      actionUrl: null,
      visibility: "workspace",
      accountName: "Ann",
      timeZone: "UTC",
    },
    actsAs: { type: "person", name: "Ann" },
    timeZone: "UTC",
    mirrorPolicy: "titles",
    capabilities: [],
    use: { capabilities: [], scopes: [] },
    isAuthorized: true,
  };
}

function conformMirrored(host: Host, many: number): void {
  mountConformance("a mirrored tool", {
    operations,
    words: ["read:teams", "read:items", "write:items", "write:comments"],
    async start() {
      const tool = createFixtureTool({ pageSize: 250 });
      for (const title of ["ENG", "Many", "Empty", "Twins", "Twins"]) {
        const id = `${title}-${tool.teams.size}`;
        tool.teams.set(id, { id, title, items: new Map() });
      }
      for (let index = 0; index < many; index += 1) tool.addItem("Many-1", { id: `many-${index}`, title: `Item ${index % 500}` });
      for (const title of ["Fix login", "fix login", "a~b", "x/y", "😀", "/".repeat(300), "", ".hidden", "name.md"]) {
        tool.addItem("ENG-0", {
          id: title,
          title,
          body: `About ${title.slice(0, 10)}`,
          comments: ["first ünïcode"],
          starred: title === "😀",
        });
      }
      const walks = createWalkRunner({ warn: () => undefined });
      const { files, scope, other } = await host.start("conform-tool", async (db, owner) => {
        const connection = await connectionOf(db, owner, root);
        return { mounts: [mirrored({ db, tool: tool.mount, connection, walks })], placeholders: [] };
      });
      return {
        files,
        scope,
        root,
        stranger: other,
        settle: () => walks.idle(),
        close: async () => {
          await walks.stop();
          await host.release();
        },
      };
    },
    cases: [
      { words: ["read:teams"], does: "list", path: `${root}/teams`, atLeast: 5 },
      { words: ["read:items"], does: "list", path: `${root}/teams/Many/items`, atLeast: many },
      { words: ["read:items"], does: "read", path: `${items}/Fix login.md`, as: "json", contains: "About" },
      { does: "read", path: `${root}/starred/😀.md`, contains: "About" },
      { words: ["write:items"], does: "create", path: `${items}/Brand new.md`, text: "hello", contains: "hello" },
      { words: ["write:items"], does: "edit", path: `${items}/Brand new.md`, find: "hello", replace: "goodbye" },
      { words: ["write:comments"], does: "append", path: `${items}/Brand new.d/comments.md`, text: "well done", contains: "well done" },
      { words: ["write:items"], does: "remove", path: `${items}/Brand new.md` },
    ],
  });
}

const desk = "/context/tools/desk";

/** Files of bytes, moves, uploads, what no list shows, and what is personal. */
function conformDesk(host: Host): void {
  mountConformance("a tool with bytes", {
    operations: ["stat", "list", "read", "write", "move", "remove", "execute"],
    words: ["read:files", "write:files", "read:mail", "write:mail", "read:log", "write:log"],
    async start() {
      const tool = createFixtureDesk();
      for (const [index, name] of ["Ground plan.png", "empty.bin", "/".repeat(300), "😀.pdf", ""].entries()) {
        const bytes = someBytes(name === "empty.bin" ? 0 : 70_000 + index);
        tool.addFile({ id: `f${index}`, name, folder: "plans", mediaType: "application/octet-stream", bytes });
      }
      const bytes = new Uint8Array(Buffer.from("a note\r\nwith ünïcode"));
      tool.addFile({ id: "note", name: "note.txt", folder: "plans", mediaType: "text/plain", bytes });
      for (const id of ["one", "two", "three"]) tool.mails.set(id, { id, subject: `Mail ${id}`, text: "Words." });
      tool.log.push("The first line.");
      const walks = createWalkRunner({ warn: () => undefined });
      const { db, scope, other, member } = await host.start("conform-desk", none);
      const connection = await connectionOf(db, scope, desk);
      const files = createHubFileSystem({
        db,
        connections: async (who) => {
          if (who.workspaceId !== scope.workspaceId) return none();
          const capabilities = ["write:things"];
          const personal = { names: ["mail"], isOwner: scopeUserId(who) === scopeUserId(scope) };
          return {
            mounts: [mirrored({ db, tool: tool.mount, connection: { ...connection, capabilities, personal }, walks })],
            placeholders: [],
          };
        },
        allows: () => true,
        cursorSecret: "secret",
      });
      return {
        files,
        scope,
        root: desk,
        stranger: other,
        colleague: { scope: member, hidden: ["mail"] },
        settle: () => walks.idle(),
        close: async () => {
          await walks.stop();
          await host.release();
        },
      };
    },
    cases: [
      { words: ["read:files"], does: "open", path: `${desk}/files/plans/Ground plan.png`, mediaType: "application/octet-stream" },
      { words: ["read:files"], does: "read", path: `${desk}/files/plans/note.txt`, contains: "ünïcode" },
      {
        words: ["write:files"],
        does: "upload",
        path: `${desk}/files/archive/New.pdf`,
        mediaType: "application/pdf",
        bytes: someBytes(200_000),
      },
      { words: ["write:files"], does: "move", path: `${desk}/files/archive/New.pdf`, to: `${desk}/files/plans/Newer.pdf` },
      { words: ["write:files"], does: "move", path: `${desk}/files/plans/Newer.pdf`, to: `${desk}/files/archive` },
      { words: ["write:files"], does: "remove", path: `${desk}/files/archive/Newer.pdf` },
      {
        words: ["read:mail"],
        does: "open",
        path: `${desk}/mail/inbox/Mail one.md`,
        as: "raw",
        mediaType: "message/rfc822",
        contains: "Subject:",
      },
      { words: ["write:mail"], does: "move", path: `${desk}/mail/inbox/Mail two.md`, to: `${desk}/mail/outbox`, leaves: true },
      { words: ["read:log"], does: "find", path: `${desk}/log/0.md` },
      { words: ["write:log"], does: "remove", path: `${desk}/log/0.md` },
    ],
  });
}

const embedded = hostOn(async () => {
  const db = await createTestDb();
  return { db, close: () => db.close() };
});
for (const policy of storagePolicies) conformStorage(embedded, policy);
conformMirrored(embedded, 10_000);
conformDesk(embedded);

/** One of each kind of mount: what differs between them is not the database's. */
describe.runIf(testDatabaseUrl !== null)("on PostgreSQL", () => {
  const postgres = hostOn(async () => {
    const database = await createThrowAwayDatabase();
    const db = await createDb({ url: database.url });
    return {
      db,
      close: async () => {
        await db.close();
        await database.drop();
      },
    };
  });
  for (const policy of storagePolicies.filter(({ path }) => /\/(?:scratchpad|history)$/.test(path))) conformStorage(postgres, policy);
  conformMirrored(postgres, 1500);
  conformDesk(postgres);
});
