import { benchBundle } from "./bundle";
import { benchStart } from "./start";
import { benchTransport } from "./transport";
import { benchVfs } from "./vfs";

/**
 * `npm run bench [-- <name>…]`: one JSON line a metric, each with its ratio to a baseline of the same run. Reported, never a pass or
 * fail: machines differ, ratios less so.
 */
const benches: Readonly<Record<string, () => Promise<void>>> = {
  vfs: benchVfs,
  transport: benchTransport,
  bundle: benchBundle,
  start: benchStart,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}.`);
  process.exit(1);
}
for (const [name, bench] of Object.entries(benches)) if (wanted.length === 0 || wanted.includes(name)) await bench();
process.exit(0);
