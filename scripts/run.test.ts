import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";

const entry = path.join(import.meta.dirname, "run.cjs");

/** Runs the entry of every command on a Node that says it is of that version. */
function runOn(version: string) {
  const code = `
    const real = process;
    globalThis.process = new Proxy(real, { get: (target, key) => key === "versions" ? { node: ${JSON.stringify(version)} } : Reflect.get(target, key) });
    require(${JSON.stringify(entry)});`;
  return spawnSync(process.execPath, ["-e", code], { encoding: "utf8" });
}

test.each(["18.20.4", "20.20.2", "23.11.1"])("Node %s is told in one sentence what is needed, and nothing else runs", (version) => {
  const { status, stdout, stderr } = runOn(version);
  expect(status).toBe(1);
  expect(stdout).toBe("");
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toContain("Node 24");
  expect(stderr).toContain(version);
});

test("Node 24 comes past the check", () => {
  expect(runOn("24.0.0").stderr).toContain("Usage");
});
