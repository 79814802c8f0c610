import path from "node:path";
import { startSandbox } from "@/sandbox/start";
import { assertPortFree, onStop, portFrom, root, runCommand, startNode, stopProcess } from "./processes";
import { portsOf } from "./sandbox-ports";
import { sandboxApp, sandboxClients, sandboxVariables, simulatedTools } from "./sandbox-variables";

/** `npm run dev`: `next dev` in development mode, with the sandbox beside it and a data folder of its own (`.data/dev`). */
runCommand(async () => {
  const port = portFrom("PORT", 3000);
  const ports = portsOf(portFrom("SANDBOX_PORT", port + 1));
  const tools = simulatedTools.map(({ id }) => id);
  const dataDir = path.resolve(process.env.HUB_DATA_DIR ?? path.join(root, ".data", "dev"));
  const origin = `http://localhost:${port}`;
  await assertPortFree(port, "127.0.0.1", "PORT");
  for (const taken of [...tools.map((id) => ports.tools[id] ?? 0), ports.control]) await assertPortFree(taken, "127.0.0.1", "SANDBOX_PORT");
  const app = sandboxApp(dataDir);
  const sandbox = await startSandbox({
    tools,
    ports: ports.tools,
    controlPort: ports.control,
    clients: sandboxClients(origin, app),
    stateFolder: path.join(dataDir, "sandbox"),
  });
  for (const { id, name } of simulatedTools) console.log(`sandbox   ${name}, simulated: ${sandbox.origins[id]}`);
  const next = startNode([path.join(root, "node_modules/next/dist/bin/next"), "dev", "--hostname", "127.0.0.1", "--port", String(port)], {
    env: {
      HUB_MODE: "development",
      HUB_DATA_DIR: dataDir,
      PORT: String(port),
      AUTH_URL: origin,
      NEXT_TELEMETRY_DISABLED: "1",
      ...sandboxVariables(sandbox.origins, app),
    },
  });
  onStop(async () => {
    await stopProcess(next);
    await sandbox.close();
  });
  process.exitCode = await next.exited;
  await sandbox.close();
});
