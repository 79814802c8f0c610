import type { Import, Module } from "./modules";

/** A broken rule, with where and why. */
export interface Violation {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

interface Rule {
  readonly name: string;
  readonly why: string;
  /** Called for each import of a module of ours or of a package. Returns true when it breaks the rule. */
  broken(module: Module, imported: Import): boolean;
}

/**
 * Modules of `server` that may be part of the browser's bundle: pure data and pure functions. Each must itself import only modules of
 * this list (and packages), which the rule `browser-safe` checks.
 */
const browserSafe: readonly RegExp[] = [
  /^server\/integrations\/[^/]+\/manifest\.ts$/,
  /^server\/integrations\/manifests\.ts$/,
  /^server\/integrations\/(catalogue|contract)\.ts$/,
  /^server\/workspaces\/roles\.ts$/,
  /^server\/(errors|safe-path)\.ts$/,
  /^server\/vfs\/(node|operations|display-path)\.ts$/,
];
const isBrowserSafe = (file: string): boolean => browserSafe.some((pattern) => pattern.test(file));

const inside = (file: string | null, folder: string): boolean => file?.startsWith(`${folder}/`) ?? false;
const isServer = (file: string | null): boolean => inside(file, "server");
const integrationOf = (file: string | null): string | null => /^server\/integrations\/([^/]+)\//.exec(file ?? "")?.[1] ?? null;
const isVfsCore = (file: string): boolean =>
  inside(file, "server/vfs") && !inside(file, "server/vfs/storage") && !/^server\/vfs\/layers\/mirrored(\.ts$|\/)/.test(file);
const folders = ["app", "components", "server", "db", "sandbox", "client", "faults", "e2e", "bench", "scripts"] as const;

const rules: readonly Rule[] = [
  {
    name: "app-imports",
    why: "app imports server and components only; data comes by tRPC, never from db",
    broken: (module, { target }) =>
      inside(module.path, "app") && target !== null && !inside(target, "app") && !isServer(target) && !inside(target, "components"),
  },
  {
    name: "client-imports",
    why: 'a "use client" module imports from server only types and the browser-safe modules',
    broken: (module, { target, typeOnly }) =>
      module.isClient && !typeOnly && (inside(target, "db") || (isServer(target) && !isBrowserSafe(target ?? ""))),
  },
  {
    name: "components-imports",
    why: "components import types of server only, or the browser-safe modules",
    broken: (module, { target, typeOnly }) =>
      inside(module.path, "components") &&
      !module.isTest &&
      target !== null &&
      !inside(target, "components") &&
      !(isServer(target) && (typeOnly || isBrowserSafe(target))),
  },
  {
    name: "browser-safe",
    why: "a browser-safe module imports only types and other browser-safe modules of ours, and no Node module",
    broken: (module, { target, typeOnly, specifier }) =>
      isBrowserSafe(module.path) && !typeOnly && (specifier.startsWith("node:") || (target !== null && !isBrowserSafe(target))),
  },
  {
    name: "server-imports",
    why: "server imports server and db only",
    broken: (module, { target }) =>
      isServer(module.path) && !module.isTest && target !== null && !isServer(target) && !inside(target, "db"),
  },
  {
    name: "db-imports",
    why: "db imports nothing of ours",
    broken: (module, { target }) => inside(module.path, "db") && target !== null && !inside(target, "db"),
  },
  {
    name: "vfs-core",
    why: "the file system's core imports neither integrations nor db (the scope's type aside); only vfs/storage and vfs/layers/mirrored do",
    broken: (module, { target, typeOnly }) =>
      isVfsCore(module.path) &&
      !module.isTest &&
      (inside(target, "server/integrations") || (inside(target, "db") && !(typeOnly && target === "db/scope.ts"))),
  },
  {
    name: "integration-apart",
    why: "one integration never imports another",
    broken: (module, { target }) => {
      const from = integrationOf(module.path);
      const to = integrationOf(target);
      return from !== null && to !== null && from !== to;
    },
  },
  {
    name: "integration-entry",
    why: "only the registry (and the tool's own tests) import an integration's index",
    broken: (module, { target }) =>
      /^server\/integrations\/[^/]+\/index\.ts$/.test(target ?? "") && module.path !== "server/integrations/registry.ts" && !module.isTest,
  },
  {
    name: "integration-imports",
    why: "integrations import contracts, not connections, db, trpc or app",
    broken: (module, { target }) =>
      inside(module.path, "server/integrations") &&
      !module.isTest &&
      (inside(target, "server/connections") || inside(target, "server/trpc") || inside(target, "db") || inside(target, "app")),
  },
  {
    name: "scope-constructor",
    why: "only server/workspaces makes scopes: a scope in hand is proof that membership was checked",
    broken: (module, { target, typeOnly, names }) =>
      target === "db/scope.ts" &&
      !typeOnly &&
      (names.includes("createScope") || names.includes("*")) &&
      !inside(module.path, "server/workspaces") &&
      !inside(module.path, "bench") &&
      !module.isTest,
  },
  {
    name: "database-opened",
    why: "only compose opens the database, with the url it was given",
    broken: (module, { target, typeOnly, names }) =>
      target === "db/client.ts" &&
      !typeOnly &&
      names.includes("createDb") &&
      !inside(module.path, "server/compose") &&
      !inside(module.path, "bench") &&
      !inside(module.path, "faults") &&
      !inside(module.path, "db") &&
      !module.isTest,
  },
  {
    name: "sandbox-apart",
    why: "the sandbox is built from the vendors' documents: it imports nothing of the hub, and the hub nothing of it",
    broken: (module, { target }) =>
      !module.isTest &&
      ((inside(module.path, "sandbox") && target !== null && !inside(target, "sandbox")) ||
        ((isServer(module.path) || inside(module.path, "app") || inside(module.path, "components") || inside(module.path, "db")) &&
          inside(target, "sandbox"))),
  },
  {
    name: "client-apart",
    why: "the partner's client is a package of its own: it imports nothing of the hub, and only tests import it",
    broken: (module, { target }) => !module.isTest && target !== null && inside(module.path, "client") !== inside(target, "client"),
  },
  {
    name: "faults-apart",
    why: "the fault suite holds and kills what it is made of: nothing outside it imports it",
    broken: (module, { target }) => !inside(module.path, "faults") && inside(target, "faults"),
  },
];

/** Where the environment may be read. */
const environmentReaders = [
  /^server\/env\.ts$/,
  /^instrumentation\.ts$/,
  /^db\/testing-postgres\.ts$/,
  /^(scripts|bench|e2e|sandbox)\//,
  /\.config\.ts$/,
];

/** Runs every rule over the modules; an empty answer over more than zero modules means the tree is clean. */
export function checkModules(modules: readonly Module[]): readonly Violation[] {
  const violations: Violation[] = [];
  const report = (rule: string, module: Module, line: number, message: string) =>
    violations.push({ rule, file: module.path, line, message });
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const importedByApp = new Set<string>();

  for (const module of modules) {
    for (const imported of module.imports) {
      for (const rule of rules) {
        if (rule.broken(module, imported)) report(rule.name, module, imported.line, `imports ${imported.specifier}: ${rule.why}`);
      }
      if (
        imported.target !== null &&
        !byPath.has(imported.target) &&
        folders.some((folder) => inside(imported.target, folder)) &&
        !/\.(css|json|graphql)$/.test(imported.target)
      ) {
        report("unresolved", module, imported.line, `imports ${imported.specifier}, which is no file here`);
      }
      if (inside(module.path, "app") && !module.isTest && !imported.typeOnly && imported.target !== null)
        importedByApp.add(imported.target);
    }
    if (module.isBarrel) report("no-barrels", module, 1, "holds nothing but re-exports: import from the module that defines the name");
    if (module.readsEnvironment && !module.isTest && !environmentReaders.some((pattern) => pattern.test(module.path))) {
      report("environment", module, 1, "reads process.env: only server/env.ts does; take the value as a parameter");
    }
    if (module.lines > 400)
      report("file-length", module, module.lines, `has ${module.lines} lines: split it by what it knows (400 at most)`);
    const name = module.path.split("/").at(-1) ?? "";
    if (!/^(\[.*\]|[a-z0-9]+(-[a-z0-9]+)*)(\.[a-z0-9-]+)*\.tsx?$/.test(name)) report("file-name", module, 1, "is not kebab-case");
  }

  for (const target of importedByApp) {
    const module = byPath.get(target);
    if (module === undefined || !isServer(target) || isBrowserSafe(target)) continue;
    if (!module.imports.some((imported) => imported.specifier === "server-only")) {
      report("server-only", module, 1, 'is imported by app, so it must import "server-only"');
    }
  }
  for (const cycle of findCycles(byPath)) {
    const first = byPath.get(cycle[0] ?? "");
    if (first !== undefined) report("no-cycles", first, 1, `is in a cycle: ${[...cycle, cycle[0]].join(" → ")}`);
  }
  return violations.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

/** Cycles of run-time imports (types vanish), each once: Tarjan's strongly connected components of more than one module. */
function findCycles(byPath: ReadonlyMap<string, Module>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const cycles: string[][] = [];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file) ?? 0);
    stack.push(file);
    onStack.add(file);
    for (const { target, typeOnly } of byPath.get(file)?.imports ?? []) {
      if (typeOnly || target === null || !byPath.has(target)) continue;
      if (target === file) cycles.push([file]);
      if (!index.has(target)) {
        visit(target);
        low.set(file, Math.min(low.get(file) ?? 0, low.get(target) ?? 0));
      } else if (onStack.has(target)) low.set(file, Math.min(low.get(file) ?? 0, index.get(target) ?? 0));
    }
    if (low.get(file) !== index.get(file)) return;
    const component: string[] = [];
    for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
      onStack.delete(member);
      component.push(member);
      if (member === file) break;
    }
    if (component.length > 1) cycles.push(component.reverse());
  };
  for (const file of byPath.keys()) if (!index.has(file)) visit(file);
  return cycles;
}
