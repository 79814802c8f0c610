import { describe, expect, it } from "vitest";
import { checkDependencies } from "./dependencies";
import { readModules } from "./modules";
import { checkModules } from "./rules";

/** A small tree that breaks no rule; each case adds one fault to it. */
const clean: Readonly<Record<string, string>> = {
  "app/page.tsx":
    'import { hub } from "@/server/compose/hub";\nimport { Button } from "@/components/ui/button";\nexport default () => [hub, Button];',
  "components/ui/button.tsx":
    '"use client";\nimport type { Node } from "@/server/vfs/node";\nimport { roleNames } from "@/server/workspaces/roles";\nexport const Button = (node: Node) => [node, roleNames];',
  "server/compose/hub.ts":
    'import "server-only";\nimport { createDb } from "@/db/client";\nimport { registry } from "@/server/integrations/registry";\nexport const hub = [createDb, registry];',
  "server/vfs/node.ts": "export interface Node { path: string }",
  "server/vfs/file-system.ts": 'import type { WorkspaceScope } from "@/db/scope";\nexport const stat = (scope: WorkspaceScope) => scope;',
  "server/vfs/storage/memory.ts": 'import { users } from "@/db/schema";\nexport const memory = users;',
  "server/workspaces/roles.ts": 'export const roleNames = ["viewer"];',
  "server/workspaces/scope.ts": 'import { createScope } from "@/db/scope";\nexport const make = createScope;',
  "server/integrations/registry.ts": 'import { linear } from "./linear/index";\nexport const registry = [linear];',
  "server/integrations/linear/index.ts": 'import { manifest } from "./manifest";\nexport const linear = manifest;',
  "server/integrations/linear/manifest.ts": 'export const manifest = { id: "linear" };',
  "server/integrations/slack/manifest.ts": 'export const manifest = { id: "slack" };',
  "db/client.ts": 'import { users } from "./schema";\nexport const createDb = () => users;',
  "db/scope.ts": "export interface WorkspaceScope { id: string }\nexport const createScope = () => ({});",
  "db/schema.ts": "export const users = {};",
  "sandbox/start.ts": "export const start = () => 1;",
  "client/src/index.ts": 'import type { Node } from "./contract.js";\nexport const list = (node: Node) => node;',
  "client/src/contract.ts": "export interface Node { path: string }",
  "faults/harness.ts":
    'import { createDb } from "@/db/client";\nimport { start } from "@/sandbox/start";\nexport const world = [createDb, start];',
};

function faultsOf(changes: Readonly<Record<string, string>>): { rule: string; file: string }[] {
  const modules = readModules(new Map(Object.entries({ ...clean, ...changes })));
  expect(modules.length).toBeGreaterThan(0);
  return checkModules(modules).map(({ rule, file }) => ({ rule, file }));
}

const faults: readonly [rule: string, file: string, source: string][] = [
  ["app-imports", "app/rows.tsx", 'import { users } from "@/db/schema";\nexport const rows = users;'],
  ["client-imports", "app/view.tsx", '"use client";\nimport { stat } from "@/server/vfs/file-system";\nexport const view = stat;'],
  ["components-imports", "components/tree.tsx", 'import { stat } from "@/server/vfs/file-system";\nexport const tree = stat;'],
  ["browser-safe", "server/workspaces/roles.ts", 'import { hash } from "node:crypto";\nexport const roleNames = [hash];'],
  ["server-imports", "server/page.ts", 'import page from "@/app/page";\nexport const it = page;'],
  ["db-imports", "db/schema.ts", 'import type { Node } from "@/server/vfs/node";\nexport const users: Node[] = [];'],
  ["vfs-core", "server/vfs/plan.ts", 'import type { WorkspaceScope } from "@/db/client";\nexport type Plan = WorkspaceScope;'],
  ["integration-apart", "server/integrations/slack/api.ts", 'import { manifest } from "../linear/manifest";\nexport const api = manifest;'],
  ["integration-entry", "server/jobs/sync.ts", 'import { linear } from "@/server/integrations/linear/index";\nexport const sync = linear;'],
  ["integration-imports", "server/integrations/linear/api.ts", 'import { users } from "@/db/schema";\nexport const api = users;'],
  ["scope-constructor", "server/vfs/storage/memory.ts", 'import { createScope } from "@/db/scope";\nexport const memory = createScope;'],
  ["database-opened", "server/jobs/boss.ts", 'import { createDb } from "@/db/client";\nexport const boss = createDb();'],
  ["sandbox-apart", "server/jobs/demo.ts", 'import { start } from "@/sandbox/start";\nexport const demo = start;'],
  ["client-apart", "client/src/contract.ts", 'import type { Node } from "@/server/vfs/node";\nexport type Own = Node;'],
  ["client-apart", "app/list.ts", 'import { list } from "@/client/src/index";\nexport const it = list;'],
  ["faults-apart", "scripts/kill.ts", 'import { world } from "@/faults/harness";\nexport const kill = world;'],
  ["no-barrels", "server/vfs/all.ts", 'export { stat } from "./file-system";\nexport * from "./node";'],
  ["environment", "server/jobs/role.ts", "export const role = process.env.HUB_ROLE;"],
  ["file-length", "server/vfs/long.ts", "export const line = 1;\n".repeat(1) + "// line\n".repeat(400)],
  ["file-name", "server/vfs/FileSystem.ts", "export const name = 1;"],
  ["unresolved", "server/vfs/broken.ts", 'import { gone } from "./gone";\nexport const broken = gone;'],
  ["server-only", "server/compose/hub.ts", 'import { createDb } from "@/db/client";\nexport const hub = createDb;'],
  [
    "no-cycles",
    "server/vfs/node.ts",
    'import { stat } from "./cycle";\nexport interface Node { path: string }\nexport const again = stat;',
  ],
];

describe("the import checker", () => {
  it("passes a clean tree", () => {
    expect(faultsOf({})).toEqual([]);
  });

  it.each(faults)("catches a seeded fault of %s", (rule, file, source) => {
    const extra: Record<string, string> =
      rule === "no-cycles" ? { "server/vfs/cycle.ts": 'import { again } from "./node";\nexport const stat = again;' } : {};
    expect(faultsOf({ ...extra, [file]: source }).map((fault) => fault.rule)).toContain(rule);
  });

  it("sees type imports, re-exports and dynamic imports too", () => {
    expect(faultsOf({ "server/integrations/linear/a.ts": 'export { users } from "@/db/schema";\nexport const b = 1;' })[0]?.rule).toBe(
      "integration-imports",
    );
    expect(faultsOf({ "server/integrations/linear/a.ts": 'export const a = () => import("@/db/schema");' })[0]?.rule).toBe(
      "integration-imports",
    );
  });

  it("refuses to pass a file that it cannot parse", () => {
    expect(() => readModules(new Map([["server/x.ts", "export const = ;"]]))).toThrow(/server\/x\.ts/);
  });
});

describe("the dependency check", () => {
  it("names what is unused, unlisted and not pinned", () => {
    const modules = readModules(
      new Map([["server/x.ts", 'import { z } from "zod";\nimport left from "left-pad/deep";\nexport const x = [z, left];']]),
    );
    expect(checkDependencies(modules, { dependencies: { zod: "^4.0.0", pino: "10.4.0" } })).toEqual({
      unused: ["pino"],
      unlisted: ["left-pad"],
      unpinned: ["zod@^4.0.0"],
    });
  });
});
