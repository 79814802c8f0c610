import path from "node:path";
import { type Sandbox, startSandbox } from "@/sandbox/start";
import { assertPortFree, onStop, portFrom, root, runCommand, StartError, stopProcess, waitUntilReady } from "./processes";
import { buildProduction, isBuildCurrent } from "./production-build";
import { startServer } from "./production-server";
import { portsOf } from "./sandbox-ports";
import { sandboxApp, sandboxClients, sandboxVariables, simulatedTools } from "./sandbox-variables";

/**
 * `npm run demo`: the hub as in production, on an embedded database, with the sandbox tools beside it. HUB_MODE=demo is set here and
 * nowhere else. PORT moves the hub, SANDBOX_PORT the sandbox (a port for each tool in the catalogue's order, then the control port),
 * HUB_DATA_DIR the data folder.
 */
runCommand(async () => {
  const started = performance.now();
  const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const port = portFrom("PORT", 3000);
  const ports = portsOf(portFrom("SANDBOX_PORT", port + 1));
  const tools = simulatedTools.map(({ id }) => id);
  const dataDir = path.resolve(process.env.HUB_DATA_DIR ?? path.join(root, ".data", "demo"));
  const origin = `http://localhost:${port}`;
  if (process.env.DATABASE_URL?.startsWith("postgres") === true) {
    throw new StartError(
      "DATABASE_URL is set to a Postgres, and the demo keeps its data in a folder: unset it, or use npm run build and npm start.",
    );
  }
  await assertPortFree(port, "127.0.0.1", "PORT");
  for (const taken of [...tools.map((id) => ports.tools[id] ?? 0), ports.control]) await assertPortFree(taken, "127.0.0.1", "SANDBOX_PORT");

  if (!isBuildCurrent()) {
    console.log("build     making the production build; only the first start and changed sources need it");
    await buildProduction();
  }
  console.log(`build     ready (${seconds()})`);

  const app = sandboxApp(dataDir);
  const hub = startServer(
    {
      HUB_MODE: "demo",
      HUB_DATA_DIR: dataDir,
      HOSTNAME: "127.0.0.1",
      HOST: "127.0.0.1",
      PORT: String(port),
      AUTH_URL: origin,
      LOG_LEVEL: process.env.LOG_LEVEL ?? "warn",
      ...sandboxVariables(Object.fromEntries(tools.map((id) => [id, `http://localhost:${ports.tools[id]}`])), app),
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
      tools,
      ports: ports.tools,
      controlPort: ports.control,
      clients: sandboxClients(origin, app),
      stateFolder: path.join(dataDir, "sandbox"),
    });
    console.log(`sandbox   ready (${seconds()})  simulated tools, each with a page that shows what is in it:`);
    for (const { id, name } of simulatedTools) console.log(`          ${name.padEnd(18)}${sandbox.origins[id]}`);
    console.log(`\nOpen ${origin}   (sign-in links arrive at ${origin}/mailbox; Ctrl-C stops everything)`);
  }
  process.exitCode = await hub.exited;
  await sandbox?.close();
});
