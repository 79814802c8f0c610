import { readFileSync } from "node:fs";
import path from "node:path";
import { parseSync } from "oxc-parser";

/** One import of one module: what it names, and whether only types cross. */
export interface Import {
  readonly specifier: string;
  /** Repository path of the target when it is a module of ours, null for packages. */
  readonly target: string | null;
  readonly typeOnly: boolean;
  /** Names imported; `*` for a namespace, a bare import, a re-export of everything and a dynamic import. */
  readonly names: readonly string[];
  readonly line: number;
}

export interface Module {
  readonly path: string;
  readonly imports: readonly Import[];
  readonly isClient: boolean;
  /** Nothing but re-exports: a barrel. */
  readonly isBarrel: boolean;
  readonly readsEnvironment: boolean;
  readonly lines: number;
  readonly isTest: boolean;
}

const extensions = ["", ".ts", ".tsx", ".mjs", ".cjs", "/index.ts", "/index.tsx"];

function resolveTarget(from: string, specifier: string, known: ReadonlySet<string>): string | null {
  let base: string;
  if (specifier.startsWith("@/")) base = specifier.slice(2);
  else if (specifier.startsWith(".")) base = path.posix.join(path.posix.dirname(from), specifier);
  else return null;
  for (const extension of extensions) if (known.has(base + extension)) return base + extension;
  // Node's own resolution names the module that a source becomes.
  const source = base.replace(/\.js$/, ".ts");
  if (known.has(source)) return source;
  return base;
}

/** Reads one source text into the facts the rules need. Throws on a syntax error: an unread module must never pass. */
function readModule(file: string, source: string, known: ReadonlySet<string>): Module {
  const parsed = parseSync(file, source);
  const fatal = parsed.errors.find((error) => error.severity === "Error");
  if (fatal !== undefined) throw new Error(`${file}: ${fatal.message}`);
  const lineOf = (offset: number): number => source.slice(0, offset).split("\n").length;
  const imports: Import[] = [];
  const add = (specifier: string, typeOnly: boolean, names: readonly string[], offset: number): void => {
    imports.push({ specifier, target: resolveTarget(file, specifier, known), typeOnly, names, line: lineOf(offset) });
  };
  for (const entry of parsed.module.staticImports) {
    const values = entry.entries.filter((item) => !item.isType);
    const typeOnly = entry.entries.length > 0 && values.length === 0;
    const names = (typeOnly ? entry.entries : values).map((item) => item.importName.name ?? "*");
    add(entry.moduleRequest.value, typeOnly, names.length === 0 ? ["*"] : names, entry.start);
  }
  for (const statement of parsed.module.staticExports) {
    const from = statement.entries.filter((item) => item.moduleRequest !== null);
    const first = from[0]?.moduleRequest;
    if (first === undefined || first === null) continue;
    const typeOnly = from.every((item) => item.isType);
    add(
      first.value,
      typeOnly,
      from.map((item) => item.importName.name ?? "*"),
      statement.start,
    );
  }
  for (const dynamic of parsed.module.dynamicImports) {
    const text = source.slice(dynamic.moduleRequest.start, dynamic.moduleRequest.end);
    const literal = /^["'`](.*)["'`]$/s.exec(text)?.[1];
    if (literal !== undefined) add(literal, false, ["*"], dynamic.start);
  }
  const body = parsed.program.body;
  return {
    path: file,
    imports,
    isClient: body.some((node) => node.type === "ExpressionStatement" && node.directive === "use client"),
    isBarrel:
      body.length > 0 &&
      body.every((node) => node.type === "ExportAllDeclaration" || (node.type === "ExportNamedDeclaration" && node.source !== null)),
    readsEnvironment: /\bprocess\s*\.\s*env\b|\bprocess\s*\[\s*["']env["']\s*\]/.test(source),
    lines: source.split("\n").length - 1,
    isTest: /\.(test|spec|contract)\.tsx?$/.test(file) || /(^|\/)(conformance|testing)(-[a-z-]+)?(\.ts|\/)/.test(file),
  };
}

/** Reads many files, given as repository paths with their text. */
export function readModules(files: ReadonlyMap<string, string>): readonly Module[] {
  const known = new Set(files.keys());
  return [...files].map(([file, source]) => readModule(file, source, known));
}

/** The text of the repository's TypeScript files, read below `root`. */
export function loadSources(root: string, paths: readonly string[]): Map<string, string> {
  return new Map(paths.map((file) => [file, readFileSync(path.join(root, file), "utf8")]));
}
