import { and, asc, eq } from "drizzle-orm";
import { apiCalls } from "@/db/schema/connections";
import { startTestSandbox, testClient } from "@/sandbox/linear/testing";
import { type Browser, startConnectHub } from "@/server/connections/testing-hub";
import { integrationSettings } from "@/server/env";
import { HubError } from "@/server/errors";
import { decodeId } from "@/server/ids";
import { manifests } from "@/server/integrations/manifests";
import { findIntegration } from "@/server/integrations/registry";
import type { CallContext, Repeatability, ToolResponse } from "@/server/transport/send";

/** The product's own Linear in one process, over the strict sandbox; each connection in a workspace of its own, so with limits of its own. */

export type LinearHub = Awaited<ReturnType<typeof startLinearHub>>;
export type LinearConnection = Awaited<ReturnType<LinearHub["connect"]>>;

/** How a call ended, for comparing. */
export interface Ended {
  readonly code: string | null;
  readonly error: HubError | null;
}

/** Waits for the end of a call that may fail with a HubError; anything else is thrown. */
export async function endOf(work: Promise<unknown>): Promise<Ended> {
  try {
    await work;
    return { code: null, error: null };
  } catch (error) {
    if (error instanceof HubError) return { code: error.code, error };
    throw error;
  }
}

export async function startLinearHub() {
  const held: { sandbox: Awaited<ReturnType<typeof startTestSandbox>> | null } = { sandbox: null };
  const { tool: _unused, ...world } = await startConnectHub(async (origin) => {
    held.sandbox = await startTestSandbox({ client: { redirectUris: [`${origin}/oauth/callback/linear`] } });
    const variables = {
      LINEAR_CLIENT_ID: testClient.clientId,
      LINEAR_CLIENT_SECRET: testClient.clientSecret ?? "",
      LINEAR_APP_ORIGIN: held.sandbox.origin,
      LINEAR_API_ORIGIN: held.sandbox.origin,
    };
    return { manifests, findIntegration, settingsOf: (manifest) => integrationSettings(manifest, origin, variables) };
  });
  const { sandbox } = held;
  if (sandbox === null) throw new Error("The hub asked for no catalogue.");
  let workspaces = 0;

  const connectAs = async (browser: Browser) => {
    const begun = await browser.begin("linear");
    const back = await sandbox.consent(Object.fromEntries(new URL(begun.url).searchParams));
    await browser.follow(`${world.origin}/oauth/callback/linear?${back}`);
    const view = await world.hub.connections.flows.view(browser.scope, begun.flow);
    if (view.connection === null) throw new Error(`The flow ended as ${view.status}: ${view.reason}`);
    return view.connection.id;
  };

  return {
    ...world,
    sandbox,
    /** What the sandbox was asked from now on with that operation: each request's status (null: no answer) and fault. */
    async watch(operation: string): Promise<() => Promise<readonly (number | null)[]>> {
      const entries = async () => (await sandbox.control.journal()).entries;
      const since = (await entries()).length;
      return async () => (await entries()).slice(since).flatMap((entry) => (entry.operations.includes(operation) ? [entry.status] : []));
    },
    /** All issues and comments that the sandbox has. */
    async objects(): Promise<{ issues: number; comments: number }> {
      const { workspaces: all } = await sandbox.control.state();
      const sum = (of: (workspace: (typeof all)[number]) => number) => all.reduce((total, workspace) => total + of(workspace), 0);
      return { issues: sum(({ issues }) => issues), comments: sum(({ comments }) => comments) };
    },
    /** A new workspace, connected. */
    async connect() {
      workspaces += 1;
      const browser = await world.browser(`answers-${workspaces}`);
      const publicId = await connectAs(browser);
      const connectionId = decodeId("connection", publicId);
      const { scope, userId } = browser;
      const send = await world.hub.connections.mounted.authorizedSend(scope, connectionId);
      const graphql = (
        operation: string,
        query: string,
        repeatability: Repeatability,
        variables: Readonly<Record<string, unknown>> = {},
        over: Partial<CallContext> = {},
      ): Promise<ToolResponse> =>
        send(
          {
            method: "POST",
            url: `${sandbox.origin}/graphql`,
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ query, variables }),
            repeatability,
            operation,
            authorization: "connection",
          },
          { workspaceId: scope.workspaceId, connectionId, actor: { userId, job: null }, path: null, ...over },
        );
      const [team] = (
        (await graphql("teams", "query teams { teams(first: 1) { nodes { id } } }", "safe")).json() as {
          data: { teams: { nodes: { id: string }[] } };
        }
      ).data.teams.nodes;
      return {
        scope,
        files: world.hub.files,
        status: async () => (await world.hub.connections.get(scope, publicId)).status.state,
        /** A read through the authorised `Send`. */
        view: (over: Partial<CallContext> = {}) => graphql("viewer", "query viewer { viewer { id } }", "safe", {}, over),
        /** A create that carries no id of ours, so nothing tells a second one from the first. */
        createUnsafely: (title: string, over: Partial<CallContext> = {}) =>
          graphql(
            "issueCreate",
            "mutation issueCreate($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { id } } }",
            "unsafe",
            { input: { title, teamId: team?.id } },
            over,
          ),
        /** The attempts of the newest call of that operation, as the call log has them. */
        async attempts(operation: string) {
          await world.hub.tools.flush();
          const rows = await world.hub.db.withScope(scope, (tx) =>
            tx
              .select()
              .from(apiCalls)
              .where(and(eq(apiCalls.connectionId, connectionId), eq(apiCalls.operation, operation)))
              .orderBy(asc(apiCalls.at)),
          );
          const last = rows.at(-1)?.callId;
          return rows.filter(({ callId }) => callId === last).sort((a, b) => a.attempt - b.attempt);
        },
      };
    },
    async close() {
      await world.close();
      await sandbox.close();
    },
  };
}
