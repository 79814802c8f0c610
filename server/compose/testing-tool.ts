import { TRPCError } from "@trpc/server";
import type { Role, WorkspaceScope } from "@/db/scope";
import { answerConsent, startTestTool, type TestTool, type TestToolOptions } from "@/sandbox/testing";
import type { Hub } from "@/server/compose/hub";
import { type Browser, type ConnectHub, startConnectHub } from "@/server/connections/testing-hub";
import { integrationSettings, originVariable, variablePrefix } from "@/server/env";
import { HubError } from "@/server/errors";
import { answerFiles } from "@/server/files/door";
import type { ConnectionView } from "@/server/integrations/catalogue";
import type { Integration } from "@/server/integrations/contract";
import { findIntegration } from "@/server/integrations/registry";
import { createCallerFactory } from "@/server/trpc/init";
import { appRouter } from "@/server/trpc/root";
import type { ListPage, Node } from "@/server/vfs/node";

/** For tests of a tool through the whole hub: its sandbox, a hub with a workspace, the tool connected through the doors, and callers. */

const createCaller = createCallerFactory(appRouter);
export type Caller = ReturnType<typeof createCaller>;

/** The procedures of a router, in one workspace. */
type InWorkspace<Router> = {
  readonly [Name in keyof Router]: Router[Name] extends (input: infer Input) => infer Answer
    ? (input: Omit<Input & object, "workspace">) => Answer
    : never;
};

/** A member of the workspace, as whom a test calls. */
export interface Member {
  readonly role: Role;
  readonly scope: WorkspaceScope;
  readonly browser: Browser;
  /** Every procedure of the API. */
  readonly caller: Caller;
  /** The file system over tRPC, in the workspace. */
  readonly vfs: InWorkspace<Caller["vfs"]>;
  /** The streaming door, from a page of the hub: the path as people see it, `query` with its question mark. */
  door(path: string, init?: RequestInit, query?: string): Promise<Response>;
}

export interface ConnectOptions {
  /** Part of the name or address of who consents at the tool; Ann of Acme without it. */
  readonly person?: string;
  readonly visibility?: "workspace" | "private";
  /** What is ticked, `read:issues`; everything without it. */
  readonly capabilities?: readonly string[];
}

export interface ConnectedHubOptions<Tokens, Inspected> extends ConnectOptions {
  readonly tool?: TestToolOptions;
  /** Used instead of the registry's, before the tool stands in it. */
  readonly integration?: Integration;
  /** Variables of the environment over those that point at the sandbox. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Given, the sandbox is not started: what it plays is another tool's beside it. */
  readonly running?: TestTool<Tokens, Inspected>;
}

export interface ConnectedHub<Tokens, Inspected> {
  readonly hub: Hub;
  readonly world: ConnectHub;
  readonly sandbox: TestTool<Tokens, Inspected>;
  readonly admin: Member;
  readonly member: Member;
  readonly viewer: Member;
  /** The shared connection that `admin` made. */
  readonly connection: ConnectionView;
  /** Where it stands: `/context/tools/linear`. */
  readonly root: string;
  /** Connects once more, as that member. Throws the flow's own words when it did not end in a connection. */
  connect(as: Member, options?: ConnectOptions): Promise<ConnectionView>;
  /** A workspace of its own, with nothing connected. */
  stranger(): Promise<Member>;
  /** Every child of a directory, by pages, after it has been read to its end; `vfs` is whose. */
  listAll(vfs: Member["vfs"], path: string, options?: { readonly fresh?: boolean }): Promise<readonly Node[]>;
  /** Resolves when no directory is being read. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A hub whose workspace has a tool of the sandbox connected by its admin, through consent page, callback and code exchange. The tool is one of the
 * registry's, or the integration given.
 */
export async function connectedHub<Tokens = Readonly<Record<string, unknown>>, Inspected = Readonly<Record<string, unknown>>>(
  toolId: string,
  options: ConnectedHubOptions<Tokens, Inspected> = {},
): Promise<ConnectedHub<Tokens, Inspected>> {
  const built = options.integration ?? findIntegration(toolId);
  if (built === null) throw new Error(`The registry has no ${toolId}; give its integration.`);
  const integration: Integration = { ...built, manifest: { ...built.manifest, available: true } };
  const { manifest } = integration;
  const started: { sandbox: TestTool<Tokens, Inspected> | null } = { sandbox: null };

  const world = await startConnectHub(async (origin) => {
    const redirectUris = [`${origin}/oauth/callback/${toolId}`];
    const sandbox =
      options.running ??
      (await startTestTool<Tokens, Inspected>(toolId, { ...options.tool, client: { redirectUris, ...options.tool?.client } }));
    started.sandbox = sandbox;
    const prefix = variablePrefix(toolId);
    const variables = {
      [`${prefix}_CLIENT_ID`]: sandbox.client.clientId,
      [`${prefix}_CLIENT_SECRET`]: sandbox.client.clientSecret,
      ...Object.fromEntries(Object.keys(manifest.origins).map((role) => [originVariable(toolId, role), sandbox.origin])),
      ...options.variables,
    };
    return {
      manifests: [manifest],
      findIntegration: (id) => (id === toolId ? integration : null),
      settingsOf: (asked) => integrationSettings(asked, origin, variables),
    };
  });
  const { hub } = world;
  const { sandbox } = started;
  if (sandbox === null) throw new Error("The hub asked for no catalogue.");

  const memberOf = (browser: Browser): Member => {
    const { scope, userId } = browser;
    const person = { id: userId, email: `${userId}@test`, name: scope.role, image: null };
    const caller = createCaller({ hub, person, requestId: "test", log: hub.log });
    const door: Member["door"] = (path, init = {}, query = "") => {
      const headers = new Headers(init.headers);
      headers.set("origin", world.origin);
      const address = path.split("/").map(encodeURIComponent).join("/");
      const request = new Request(`${world.origin}/api/files/${scope.slug}${address}${query}`, { ...init, headers });
      return answerFiles(request, world.origin, async () => ({ hub, person, requestId: "test", log: hub.log }));
    };
    return { role: scope.role, scope, browser, caller, vfs: inWorkspace(caller.vfs, scope.slug), door };
  };

  const connect: ConnectedHub<Tokens, Inspected>["connect"] = async ({ browser, scope }, choice = {}) => {
    const begun = await browser.begin(toolId, {
      capabilities: choice.capabilities ?? Object.keys(manifest.capabilityScopes),
      visibility: choice.visibility ?? "workspace",
    });
    const back = await answerConsent(begun.url, choice.person === undefined ? {} : { person: choice.person });
    await browser.follow(`${world.origin}/oauth/callback/${toolId}?${back}`);
    const flow = await hub.connections.flows.view(scope, begun.flow);
    if (flow.connection === null) throw new Error(`The tool was not connected: ${flow.status}, ${flow.reason}`);
    return flow.connection;
  };

  const close = async (): Promise<void> => {
    await world.close();
    if (options.running === undefined) await sandbox.close();
  };
  try {
    const adminBrowser = await world.browser("acme", "admin");
    const admin = memberOf(adminBrowser);
    const member = memberOf(await world.colleague(adminBrowser, "member"));
    const viewer = memberOf(await world.colleague(adminBrowser, "viewer"));
    const connection = await connect(admin, options);
    let strangers = 0;
    return {
      hub,
      world,
      sandbox,
      admin,
      member,
      viewer,
      connection,
      root: connection.path,
      connect,
      async stranger() {
        strangers += 1;
        return memberOf(await world.browser(`stranger-${strangers}`));
      },
      async listAll(vfs, path, { fresh = false } = {}) {
        // The first page asks the tool; what it left is read afterwards.
        const { complete } = await vfs.list({ path, fresh });
        if (!complete) await hub.walks.idle();
        const nodes: Node[] = [];
        for (let cursor: string | null | undefined; cursor !== null; ) {
          const page: ListPage = await vfs.list({ path, limit: 1000, ...(cursor === undefined ? {} : { cursor }) });
          nodes.push(...page.nodes);
          cursor = page.nextCursor;
        }
        return nodes;
      },
      settle: () => hub.walks.idle(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function inWorkspace<Router extends object>(router: Router, workspace: string): InWorkspace<Router> {
  return new Proxy(router, {
    get(target, name) {
      const procedure: unknown = Reflect.get(target, name);
      return typeof procedure === "function" ? (input: object) => procedure({ ...input, workspace }) : procedure;
    },
  }) as InWorkspace<Router>;
}

/** The HubError that a call ends in; throws when it was answered, or failed otherwise. */
export async function failureOf(call: Promise<unknown>): Promise<HubError> {
  const error: unknown = await call.then(
    () => new Error("The call was answered."),
    (reason: unknown) => reason,
  );
  if (error instanceof HubError) return error;
  if (error instanceof TRPCError && error.cause instanceof HubError) return error.cause;
  throw error;
}
