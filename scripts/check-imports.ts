import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { checkDependencies } from "./imports/dependencies";
import { loadSources, readModules } from "./imports/modules";
import { checkModules } from "./imports/rules";

/** `npm run lint`: the import rules of the house over every TypeScript file of the tree, and the dependencies against what is imported. */
const root = path.resolve(import.meta.dirname, "..");
const listing = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", "*.ts", "*.tsx"], {
  cwd: root,
  encoding: "utf8",
});
const files = listing.split("\n").filter((file) => file !== "" && !file.endsWith(".d.ts") && existsSync(path.join(root, file)));
const modules = readModules(loadSources(root, files));
const violations = checkModules(modules);
for (const { file, line, rule, message } of violations) console.error(`${file}:${line} ${rule}: ${message}`);
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const { unused, unlisted, unpinned } = checkDependencies(modules, manifest);
for (const name of unused) console.error(`package.json: ${name} is used nowhere`);
for (const name of unlisted) console.error(`package.json: ${name} is imported but not listed`);
for (const name of unpinned) console.error(`package.json: ${name} is not an exact version`);
const faults = violations.length + unused.length + unlisted.length + unpinned.length;
console.log(`import rules: ${modules.length} modules read, ${faults} faults`);
if (modules.length === 0 || faults > 0) process.exitCode = 1;
