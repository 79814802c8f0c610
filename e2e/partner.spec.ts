import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { expect, test } from "./fixtures";
import { connectTool, controlOf, mutate, newWorkspace, toolNames } from "./journeys";
import { baseURL } from "./playwright.config";

/** The first partner: a project of its own, with nothing in it but the packed client. */

const root = path.resolve(import.meta.dirname, "..");

/** The partner's program. It is compiled against the package's own types, in a project that knows nothing of the hub. */
const program = `
import { createHubClient, type HubClient, HubRequestError, type Node } from "byte-hub-client";

/** The first file with text below a directory, the nearest first; at most so many folders are looked into. */
async function firstText(hub: HubClient, root: string): Promise<{ path: string; text: string } | null> {
  const queue = [root];
  for (let looked = 0; looked < 40 && queue.length > 0; looked += 1) {
    const directory = queue.shift() ?? root;
    const nodes: Node[] = [];
    for await (const node of hub.listAll({ path: directory })) nodes.push(node);
    const file = nodes.find((node) => node.kind === "file" && !node.binary && !node.name.endsWith(".json"));
    if (file !== undefined) {
      const { text } = await hub.read({ path: file.path });
      if (text !== "") return { path: file.path, text };
    }
    queue.push(...nodes.filter((node) => node.kind === "directory").map((node) => node.path));
  }
  return null;
}

export async function run(url: string, apiKey: string) {
  const hub = createHubClient({ url, apiKey });
  const { nodes } = await hub.list({ path: "/context/tools" });
  const read: Record<string, string | null> = {};
  for (const tool of nodes) read[tool.name] = (await firstText(hub, tool.path))?.path ?? null;

  const [workspace] = (await hub.list({ path: "/context/tools/asana" })).nodes;
  if (workspace === undefined) throw new Error("no Asana workspace");
  const made = await hub.write({
    path: \`\${workspace.path}/tasks/Call the depot.md\`,
    text: "---\\nname: Call the depot\\n---\\nThey close at five.\\n",
    idempotencyKey: "partner-1",
  });
  if (made.kind !== "receipt") throw new Error("no receipt");
  const task = await hub.read({ path: made.receipt.canonicalPath });
  const hidden = await hub.list({ path: "/context/user" }).then(
    () => "seen",
    (error: unknown) => (error instanceof HubRequestError ? error.code : "unknown"),
  );
  return { read, task: task.text, hidden };
}
`;

const answer = z.object({ read: z.record(z.string(), z.string().nullable()), task: z.string(), hidden: z.string() });

test("in an empty project: installs the packed client, lists and reads across the five tools, and creates a task", async ({ page }) => {
  const { slug } = await newWorkspace(page, "Partner");
  for (const name of toolNames) await connectTool(page, slug, name);
  const key = z
    .object({ result: z.object({ data: z.object({ key: z.string() }) }) })
    .parse(JSON.parse((await mutate(page, "apiKeys.create", { workspace: slug, name: "Partner", access: "read_write" })).text)).result
    .data.key;

  const project = mkdtempSync(path.join(tmpdir(), "partner-"));
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: project, encoding: "utf8" });
  try {
    const packed = execFileSync("npm", ["run", "-s", "client:pack", "--", project], { cwd: root, encoding: "utf8" }).trim();
    writeFileSync(path.join(project, "package.json"), JSON.stringify({ name: "partner", private: true, type: "module" }));
    run("npm", "install", "--no-audit", "--no-fund", "--prefer-offline", packed);
    writeFileSync(path.join(project, "partner.ts"), program);
    const strict = ["--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2023,dom", "--types", ""];
    run(process.execPath, path.join(root, "node_modules/typescript/bin/tsc"), ...strict, "partner.ts");
    writeFileSync(
      path.join(project, "main.js"),
      'import { run } from "./partner.js";\nconsole.log(JSON.stringify(await run(process.env.HUB_URL, process.env.HUB_API_KEY)));\n',
    );
    const said = execFileSync(process.execPath, ["main.js"], {
      cwd: project,
      encoding: "utf8",
      env: { ...process.env, HUB_URL: baseURL, HUB_API_KEY: key },
    });
    const { read, task, hidden } = answer.parse(JSON.parse(said));
    expect(Object.keys(read).sort()).toEqual(["asana", "google", "linear", "ms365", "slack"]);
    for (const [tool, file] of Object.entries(read)) expect(file, `a file of ${tool} was read`).toContain(`/context/tools/${tool}/`);
    expect(task).toContain("name: Call the depot");
    expect(hidden).toBe("ENOENT");
    const journal = await controlOf("asana").journal();
    expect(journal.operations["POST /tasks"] ?? journal.endpoints["POST /api/1.0/tasks"]).toBe(1);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
});
