import path from "node:path";
import { startSandbox } from "@/sandbox/start";
import { assertPortFree, onStop, portFrom, root, runCommand, startNode, stopProcess } from "./processes";
import { sandboxClient, sandboxVariables } from "./sandbox-variables";

/** `npm run dev`: `next dev` in development mode, with the sandbox beside it and a data folder of its own (`.data/dev`). */
runCommand(async () => {
  const port = portFrom("PORT", 3000);
  const sandboxPort = portFrom("SANDBOX_PORT", port + 1);
  const dataDir = path.resolve(process.env.HUB_DATA_DIR ?? path.join(root, ".data", "dev"));
  const origin = `http://localhost:${port}`;
  await assertPortFree(port, "127.0.0.1", "PORT");
  await assertPortFree(sandboxPort, "127.0.0.1", "SANDBOX_PORT");
  await assertPortFree(sandboxPort + 1, "127.0.0.1", "SANDBOX_PORT");
  const client = sandboxClient(dataDir, origin);
  const sandbox = await startSandbox({
    port: sandboxPort,
    controlPort: sandboxPort + 1,
    clients: [client],
    stateFile: path.join(dataDir, "sandbox.state"),
  });
  console.log(`sandbox   Linear, simulated: ${sandbox.origin}`);
  const next = startNode([path.join(root, "node_modules/next/dist/bin/next"), "dev", "--hostname", "127.0.0.1", "--port", String(port)], {
    env: {
      HUB_MODE: "development",
      HUB_DATA_DIR: dataDir,
      PORT: String(port),
      AUTH_URL: origin,
      NEXT_TELEMETRY_DISABLED: "1",
      ...sandboxVariables(sandbox.origin, client),
    },
  });
  onStop(async () => {
    await stopProcess(next);
    await sandbox.close();
  });
  process.exitCode = await next.exited;
  await sandbox.close();
});
