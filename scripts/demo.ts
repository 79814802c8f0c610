import path from "node:path";
import { type Sandbox, startSandbox } from "@/sandbox/start";
import { assertPortFree, onStop, portFrom, root, runCommand, StartError, stopProcess, waitUntilReady } from "./processes";
import { buildProduction, isBuildCurrent } from "./production-build";
import { startServer } from "./production-server";
import { sandboxClient, sandboxVariables } from "./sandbox-variables";

/**
 * `npm run demo`: the hub as in production, on an embedded database, with the sandbox tools beside it. HUB_MODE=demo is set here and
 * nowhere else. PORT moves the hub, SANDBOX_PORT the sandbox (its control port is the next one), HUB_DATA_DIR the data folder.
 */
runCommand(async () => {
  const started = performance.now();
  const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const port = portFrom("PORT", 3000);
  const sandboxPort = portFrom("SANDBOX_PORT", port + 1);
  const dataDir = path.resolve(process.env.HUB_DATA_DIR ?? path.join(root, ".data", "demo"));
  const origin = `http://localhost:${port}`;
  if (process.env.DATABASE_URL?.startsWith("postgres") === true) {
    throw new StartError(
      "DATABASE_URL is set to a Postgres, and the demo keeps its data in a folder: unset it, or use npm run build and npm start.",
    );
  }
  await assertPortFree(port, "127.0.0.1", "PORT");
  await assertPortFree(sandboxPort, "127.0.0.1", "SANDBOX_PORT");
  await assertPortFree(sandboxPort + 1, "127.0.0.1", "SANDBOX_PORT");

  if (!isBuildCurrent()) {
    console.log("build     making the production build; only the first start and changed sources need it");
    await buildProduction();
  }
  console.log(`build     ready (${seconds()})`);

  const client = sandboxClient(dataDir, origin);
  const hub = startServer(
    {
      HUB_MODE: "demo",
      HUB_DATA_DIR: dataDir,
      HOSTNAME: "127.0.0.1",
      HOST: "127.0.0.1",
      PORT: String(port),
      AUTH_URL: origin,
      LOG_LEVEL: process.env.LOG_LEVEL ?? "warn",
      ...sandboxVariables(`http://localhost:${sandboxPort}`, client),
    },
    { onlyLogs: true },
  );
  let sandbox: Sandbox | null = null;
  onStop(async () => {
    await stopProcess(hub);
    await sandbox?.close();
  });
  if (await waitUntilReady(`http://127.0.0.1:${port}/api/health/ready`, hub, 60_000)) {
    console.log(`database  ready (${seconds()})  embedded, in ${path.relative(process.cwd(), dataDir) || dataDir}`);
    console.log(`hub       ready (${seconds()})`);
    // After the hub, which holds the lock of the data folder: a second copy must not touch the sandbox's state in it.
    sandbox = await startSandbox({
      port: sandboxPort,
      controlPort: sandboxPort + 1,
      clients: [client],
      stateFile: path.join(dataDir, "sandbox.state"),
    });
    console.log(`sandbox   ready (${seconds()})  Linear, simulated: ${sandbox.origin}`);
    console.log(`\nOpen ${origin}   (sign-in links arrive at ${origin}/mailbox; Ctrl-C stops everything)`);
  }
  process.exitCode = await hub.exited;
  await sandbox?.close();
});
