import { parseArgs } from "node:util";
import { writeDerivedSchema } from "@/sandbox/linear/schema/derive";
import { assertPortFree, onStop, portFrom, runCommand, StartError } from "./processes";
import { portsOf } from "./sandbox-ports";

/**
 * `npm run sandbox`: the simulated tools alone, for a hub that runs elsewhere, or for a partner's own program. `--only slack,asana` starts
 * some, `--size large` fills them for load. `SANDBOX_PORT` moves them, `HUB_ORIGIN` says where the hub is. `--derive-linear-schema <vendor.graphql>` cuts the schema out of
 * Linear's published one again.
 */
runCommand(async () => {
  const { values } = parseArgs({
    options: { only: { type: "string" }, size: { type: "string" }, "derive-linear-schema": { type: "string" } },
  });
  const vendorFile = values["derive-linear-schema"];
  if (vendorFile !== undefined) {
    writeDerivedSchema(vendorFile);
    console.log("Wrote sandbox/linear/schema/*.graphql.");
    return;
  }
  // Only here: the schema that they load may be the one that is about to be written.
  const { startSandbox } = await import("@/sandbox/start");
  const { sandboxTools } = await import("@/sandbox/tools");
  const { sandboxClients, sandboxVariables } = await import("./sandbox-variables");

  const picked = values.only?.split(",").map((id) => id.trim());
  const unknown = picked?.filter((id) => !sandboxTools.some((tool) => tool.id === id)) ?? [];
  if (unknown.length > 0) {
    throw new StartError(`--only names ${unknown.join(", ")}: the sandbox has ${sandboxTools.map(({ id }) => id).join(", ")}.`);
  }
  const size = values.size ?? "small";
  if (size !== "small" && size !== "large") throw new StartError(`--size is "${size}": it is small or large.`);
  const tools = sandboxTools.filter(({ id }) => picked?.includes(id) ?? true);
  const ports = portsOf(portFrom("SANDBOX_PORT", 4000));
  for (const port of [...tools.map(({ id }) => ports.tools[id] ?? 0), ports.control]) {
    await assertPortFree(port, "127.0.0.1", "SANDBOX_PORT");
  }
  const app = { clientId: "sandbox-client", clientSecret: "sandbox-secret" };
  const sandbox = await startSandbox({
    size,
    tools: tools.map(({ id }) => id),
    ports: ports.tools,
    controlPort: ports.control,
    clients: sandboxClients(process.env.HUB_ORIGIN ?? "http://localhost:3000", app),
  });
  onStop(() => sandbox.close());
  for (const { id, name } of tools) console.log(`${name.padEnd(18)}${sandbox.origins[id]}`);
  console.log(`${"Control".padEnd(18)}${sandbox.controlOrigin}`);
  console.log("\nPoint the hub at it with these variables:");
  for (const [name, value] of Object.entries(sandboxVariables(sandbox.origins, app))) console.log(`  ${name}=${value}`);
});
