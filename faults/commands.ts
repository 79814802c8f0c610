import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/client";
import { seedWorkspace } from "@/db/testing";
import type { Hub } from "@/server/compose/hub";
import { storeConnection } from "@/server/connections/connection-store";
import type { Integration, IntegrationSettings } from "@/server/integrations/contract";
import type { CallContext, ToolRequest } from "@/server/transport/send";
import { getScope, jobScope } from "@/server/workspaces/scopes";
import type { Holder } from "./hold";
import type { CommandName, ConnectionState, HubCommands, MadeConnection } from "./protocol";
import { createTally, type RunningTally } from "./tally";

/** What the commands of a hub process work with; a module that `run` calls is given the same. */
export interface HubWorld {
  readonly hub: Hub;
  readonly holder: Holder;
  readonly toolOf: (id: string) => { readonly integration: Integration; readonly settings: IntegrationSettings };
}

const stateRow = z.object({
  version: z.number(),
  intent_pending: z.boolean(),
  leased: z.boolean(),
  failures: z.number(),
  terminal_error: z.string().nullable(),
  status: z.string(),
  status_reason: z.string().nullable(),
});

/** What the rows say of a connection now. */
export async function lookAt(db: Database, { workspaceId, connectionId }: MadeConnection): Promise<ConnectionState> {
  const { rows } = await db.withScope(
    jobScope(workspaceId, "faults"),
    (tx) =>
      tx.execute(sql`select t.version, t.intent_at is not null as intent_pending, coalesce(t.lease_until > clock_timestamp(), false) as leased,
        t.failures, t.terminal_error, c.status, c.status_reason
        from connection_token t join connection c on c.id = t.connection_id where t.connection_id = ${connectionId}::uuid`),
    { readOnly: true },
  );
  const row = stateRow.parse(rows[0]);
  return {
    version: row.version,
    intentPending: row.intent_pending,
    leased: row.leased,
    failures: row.failures,
    terminalError: row.terminal_error,
    status: row.status,
    statusReason: row.status_reason,
  };
}

/** A read that costs the tool little. */
function viewerRequest(apiOrigin: string): ToolRequest {
  return {
    method: "POST",
    url: `${apiOrigin}/graphql`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "query viewer { viewer { id } }" }),
    repeatability: "safe",
    operation: "viewer",
    authorization: "connection",
  };
}

/** One read through the connection's authorised `Send`, with everything that a person's request goes through. */
async function callOnce(world: HubWorld, made: MadeConnection, over: Partial<CallContext> = {}): Promise<void> {
  const { hub, toolOf } = world;
  const { workspaceId, slug, userId, connectionId } = made;
  const scope = await getScope(hub.db, { type: "person", userId }, slug);
  const send = await hub.connections.mounted.authorizedSend(scope, connectionId);
  const context: CallContext = { workspaceId, connectionId, actor: { userId, job: null }, path: null, ...over };
  await send(viewerRequest(toolOf(made.tool).settings.origins.api ?? ""), context);
}

/** A workspace with a person and a connection in it, the tokens stored as a consent stores them. */
async function connect(world: HubWorld, { tool, tokens }: HubCommands["connect"]["input"]): Promise<MadeConnection> {
  const { hub, toolOf } = world;
  const { integration, settings } = toolOf(tool);
  const { scope, workspaceId, slug, userId } = await seedWorkspace(hub.db, { slug: `faults-${randomBytes(6).toString("hex")}` });
  const answer = integration.oauth.readTokens(tokens);
  const identity = {
    accountId: workspaceId,
    orgId: settings.clientId,
    accountName: "Ann",
    accountEmail: null,
    orgName: null,
    timeZone: null,
  };
  const consented = {
    manifest: integration.manifest,
    visibility: "workspace" as const,
    ownerId: userId,
    identity,
    tokens: answer,
    askedScopes: [],
    capabilities: [],
    meantFor: null,
  };
  const connectionId = (await storeConnection(hub.db, hub.tools.tokens, scope, consented, async () => {}, new Date()))?.id ?? "";
  return { tool, workspaceId, slug, userId, connectionId };
}

/** The commands over one hub. */
export function createCommands(world: HubWorld): (name: CommandName, input: unknown) => Promise<unknown> {
  const { hub, holder } = world;
  const loads = new Map<number, { readonly tally: RunningTally; readonly timer: NodeJS.Timeout }>();

  const commands: { [Name in CommandName]: (input: HubCommands[Name]["input"]) => Promise<HubCommands[Name]["answer"]> } = {
    connect: (input) => connect(world, input),
    calls({ made, count, maxWaitMs }) {
      const tally = createTally();
      for (let call = 0; call < count; call += 1) tally.add(() => callOnce(world, made, { maxWaitMs }));
      return tally.end();
    },
    async startLoad({ made, perSecond }) {
      const tally = createTally();
      const load = loads.size;
      loads.set(load, { tally, timer: setInterval(() => tally.add(() => callOnce(world, made)), 1000 / perSecond) });
      return { load };
    },
    async stopLoad({ load }) {
      const found = loads.get(load);
      if (found === undefined) throw new Error("There is no such load.");
      clearInterval(found.timer);
      return found.tally.end();
    },
    look: ({ made }) => lookAt(hub.db, made),
    async hold({ made, step }) {
      await holder.hold(made, step);
      return null;
    },
    async release({ made }) {
      holder.release(made);
      return null;
    },
    async run({ module, input }) {
      const { run } = (await import(module)) as { run: (given: HubWorld, input: unknown) => Promise<unknown> };
      return run(world, input);
    },
    async stop() {
      await hub.close();
      return null;
    },
  };
  // Both ends are compiled against `HubCommands`, so the name says what the input is.
  return (name, input) => (commands[name] as (input: unknown) => Promise<unknown>)(input);
}
