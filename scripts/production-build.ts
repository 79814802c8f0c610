import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root, StartError, startNode } from "./processes";

/** The production build: `next build`, completed to a folder that runs by itself, and remade only when a source changed. */

const sources = [
  "app",
  "components",
  "server",
  "db",
  "middleware.ts",
  "instrumentation.ts",
  "next.config.ts",
  "tsconfig.json",
  "postcss.config.mjs",
  "package-lock.json",
];
export const standaloneDir = path.join(root, ".next", "standalone");
const stampFile = path.join(root, ".next", "hub-sources.sha256");

/** SHA-256 over the names and bytes of everything that the build is made of; tests are not. */
function hashSources(): string {
  const hash = createHash("sha256").update(process.version);
  const add = (file: string): void => {
    const full = path.join(root, file);
    const stats = statSync(full, { throwIfNoEntry: false });
    if (stats === undefined) return;
    if (stats.isDirectory()) for (const name of readdirSync(full).sort()) add(path.join(file, name));
    else if (!/\.(test|spec|contract)\.tsx?$/.test(file)) hash.update(`\n${file}\n`).update(readFileSync(full));
  };
  for (const source of sources) add(source);
  return hash.digest("hex");
}

/** Whether the build on disk is of the sources on disk. */
export function isBuildCurrent(): boolean {
  return existsSync(path.join(standaloneDir, "server.js")) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === hashSources();
}

/** Builds; throws StartError when `next build` failed (its own output says why). */
export async function buildProduction(): Promise<void> {
  const hash = hashSources();
  const { exited } = startNode([path.join(root, "node_modules/next/dist/bin/next"), "build"], {
    env: { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
  });
  if ((await exited) !== 0) throw new StartError("The build failed; its messages above say where.");
  cpSync(path.join(root, ".next", "static"), path.join(standaloneDir, ".next", "static"), { recursive: true });
  writeFileSync(stampFile, hash);
}
