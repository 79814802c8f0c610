import { appendFileSync } from "node:fs";
import { createDb } from "@/db/client";
import { createHub } from "@/server/compose/hub";
import { integrationSettings, parseEnv } from "@/server/env";
import type { Integration } from "@/server/integrations/contract";
import { findIntegration } from "@/server/integrations/registry";
import { createLog } from "@/server/log";
import { createCommands, lookAt } from "./commands";
import { createHolder } from "./hold";
import type { CommandName, FromHub, HubOptions, ToHub, ToolOptions } from "./protocol";
import { suiteClient, suiteVariables } from "./suite-variables";

/** A whole hub in a process of its own, joined as the product joins it, that does what the suite asks of it until it is killed. */

const tell = (message: FromHub) => {
  process.send?.(message);
};

function integrationOf(options: ToolOptions): Integration {
  const linear = findIntegration("linear");
  if (linear === null) throw new Error("The catalogue has no Linear.");
  const { refreshReplay = linear.oauth.refreshReplay, refreshTimeoutMs, rateGroups } = options;
  return {
    ...linear,
    manifest: { ...linear.manifest, id: options.id },
    rateGroups: rateGroups ?? linear.rateGroups.map((group) => ({ ...group, capacity: 1_000_000, refillPerSecond: 1_000_000 })),
    oauth: {
      ...linear.oauth,
      refreshReplay,
      refresh: (refreshToken, settings, send, context) =>
        linear.oauth.refresh(
          refreshToken,
          settings,
          refreshTimeoutMs === undefined ? send : (request, call) => send({ ...request, timeoutMs: refreshTimeoutMs }, call),
          context,
        ),
    },
  };
}

async function start(options: HubOptions): Promise<(name: CommandName, input: unknown) => Promise<unknown>> {
  const env = parseEnv({ ...suiteVariables, DATABASE_URL: options.databaseUrl, ...options.variables });
  const log = createLog({ level: env.logLevel, destination: { write: (line) => appendFileSync(options.logFile, line) } });
  const db = await createDb({ url: env.databaseUrl, driver: env.databaseDriver });
  const holder = createHolder({
    versionOf: async (made) => (await lookAt(db, made)).version,
    onHeld: ({ connectionId }) => tell({ type: "held", connectionId }),
  });
  const tools = options.tools.map((tool) => {
    const integration = holder.wrap(integrationOf(tool));
    const environment = integrationSettings({ ...integration.manifest, id: "linear" }, env.origin, {
      LINEAR_CLIENT_ID: suiteClient.clientId,
      LINEAR_CLIENT_SECRET: suiteClient.clientSecret,
      LINEAR_APP_ORIGIN: tool.origin,
      LINEAR_API_ORIGIN: tool.origin,
    });
    if (!environment.configured) throw new Error("The suite's variables do not configure Linear.");
    return { id: tool.id, integration, environment };
  });
  const toolOf = (id: string) => {
    const found = tools.find((tool) => tool.id === id);
    if (found === undefined) throw new Error(`This process has no tool ${id}.`);
    return { integration: found.integration, settings: found.environment.settings };
  };
  const catalogue = {
    manifests: tools.map(({ integration }) => integration.manifest),
    findIntegration: (id: string) => tools.find((tool) => tool.id === id)?.integration ?? null,
    settingsOf: ({ id }: { id: string }) => ({ configured: true as const, settings: toolOf(id).settings }),
  };
  const hub = createHub({ env, log, db: holder.watch(db), catalogue, tokenTiming: options.tokenTiming });
  await hub.tools.vault.verify();
  return createCommands({ hub, holder, toolOf });
}

let commands: ReturnType<typeof start> | null = null;
process.on("message", (message: ToHub) => {
  if (message.type === "start") {
    commands = start(message.options);
    commands.then(
      () => tell({ type: "ready" }),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
    return;
  }
  const { id, name, input } = message;
  Promise.resolve(commands)
    .then((run) => run?.(name, input))
    .then(
      (answer) => tell({ type: "answer", id, answer: answer ?? null }),
      (error: unknown) => tell({ type: "error", id, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
});
// The suite is gone, however it ended.
process.on("disconnect", () => process.exit(0));
