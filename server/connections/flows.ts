import type { Database } from "@/db/client";
import { auditEvents } from "@/db/schema/workspaces";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import type { IntegrationEnv } from "@/server/env";
import { HubError } from "@/server/errors";
import { decodeId, encodeId, newId, randomId } from "@/server/ids";
import type { ConnectionView } from "@/server/integrations/catalogue";
import type { Integration, IntegrationSettings, Manifest } from "@/server/integrations/contract";
import { findManifest, listCapabilities, scopesToAsk } from "@/server/integrations/manifests";
import type { Log } from "@/server/log";
import { safePath } from "@/server/safe-path";
import type { CallContext } from "@/server/transport/send";
import type { Permission } from "@/server/workspaces/roles";
import { type ConsentFailure, type FlowCookie, hashState, type OAuthSends, type SealedAuth } from "./auth";
import { getConnection, storeConnection } from "./connection-store";
import {
  claimFlow,
  completeFlow,
  type FlowLocation,
  type FlowRow,
  failFlow,
  findFlow,
  findFlowLocation,
  insertFlow,
  listPendingFlows,
} from "./flow-store";
import { describeProblem, type FlowProblem, type StrayProblem } from "./flow-words";
import { giveBack, requireManagerStill } from "./grants";
import type { Tokens } from "./token-contract";
import { connectionView } from "./views";

/**
 * Connecting a tool, from the click to the connection: `start` makes a single-use row bound to workspace, person and integration;
 * `callback` uses it up and stores what the tool granted; `view` tells how far it is. The browser is believed in nothing.
 */

/** Membership, as `server/workspaces` checks it. */
export interface ScopeMaker {
  getScope(actor: { readonly type: "person"; readonly userId: string }, slug: string): Promise<WorkspaceScope>;
  findJobScope(workspaceId: string, job: string): Promise<WorkspaceScope | null>;
  requirePermission(scope: WorkspaceScope, permission: Permission): void;
}

export interface FlowsOptions {
  readonly db: Database;
  readonly auth: SealedAuth;
  readonly tokens: Tokens;
  readonly workspaces: ScopeMaker;
  /** The built integration of that id, or null. */
  readonly findIntegration: (id: string) => Integration | null;
  readonly settingsOf: (manifest: Manifest) => IntegrationEnv;
  readonly sendsFor: (integration: Integration, settings: IntegrationSettings) => OAuthSends;
  readonly now: () => Date;
  readonly log: Log;
}

export interface StartInput {
  readonly integration: string;
  readonly capabilities: readonly string[];
  readonly visibility: "private" | "workspace";
  /** Where a flow without a popup ends; anything but a path of the hub itself becomes the integration's page. */
  readonly returnPath: string | null;
  readonly popup: boolean;
}

export interface StartedFlow {
  /** The tool's consent page. */
  readonly url: string;
  /** `flw_…` */
  readonly flow: string;
  readonly cookies: readonly FlowCookie[];
}

export interface CallbackInput {
  /** The integration whose callback path was asked for. */
  readonly integration: string;
  readonly answer: URLSearchParams;
  readonly cookieHeader: string | null;
  /** The uuid of the person who is signed in, or null. */
  readonly userId: string | null;
}

/** Where the browser goes after a callback. */
export type CallbackOutcome =
  | { readonly kind: "flow"; readonly flow: string; readonly workspace: string; readonly cookies: readonly FlowCookie[] }
  | { readonly kind: "stray"; readonly problem: StrayProblem; readonly cookies: readonly FlowCookie[] };

export type FlowStatus = "pending" | "exchanging" | "connected" | "denied" | "failed" | "expired";

export interface FlowView {
  /** `flw_…` */
  readonly id: string;
  readonly integration: string;
  readonly name: string;
  readonly status: FlowStatus;
  /** What went wrong, in words; null while nothing did. */
  readonly title: string | null;
  readonly reason: string | null;
  readonly next: string | null;
  readonly popup: boolean;
  readonly returnPath: string;
  readonly connection: ConnectionView | null;
}

export interface Flows {
  /** Starts a consent. The scope's permission was checked by the caller. ENOENT, ENOTSUP, ENOTCONN (not configured), EINVAL. */
  start(scope: WorkspaceScope, input: StartInput): Promise<StartedFlow>;
  /** Takes a tool's answer. Never throws for what the browser or the tool sent; the outcome says where to send the browser. */
  callback(input: CallbackInput): Promise<CallbackOutcome>;
  /** A flow of the person who asks. ENOENT for anyone else's. */
  view(scope: WorkspaceScope, flow: string): Promise<FlowView>;
  /** Gives a waiting flow up: its answer will not be accepted. */
  cancel(scope: WorkspaceScope, flow: string): Promise<FlowView>;
}

const flowLifeMs = 10 * 60 * 1000;
/** More waiting flows than this in one browser would make its cookies too long for a request; the oldest give way. */
const pendingAtMost = 4;

/** The consents of one process: start, callback, outcome, giving up. What decides is in the rows, so any process can take the answer. */
export function createFlows(options: FlowsOptions): Flows {
  const { db, auth, log } = options;

  const personOf = (scope: WorkspaceScope): string => {
    const userId = scopeUserId(scope);
    if (userId === null) throw new HubError("EACCES", "Only a person can connect a tool.");
    return userId;
  };

  const getAvailable = (id: string): { integration: Integration; settings: IntegrationSettings } => {
    const manifest = findManifest(id) ?? options.findIntegration(id)?.manifest;
    if (manifest === undefined) throw new HubError("ENOENT", "There is no such integration in the catalogue.");
    const integration = options.findIntegration(id);
    if (integration === null || !manifest.available) {
      throw new HubError("ENOTSUP", `${manifest.name} cannot be connected yet.`, { details: { operation: "connect" } });
    }
    const environment = options.settingsOf(manifest);
    if (!environment.configured) {
      throw new HubError("ENOTCONN", `${manifest.name} waits for ${environment.missingVariables.join(" and ")} in the hub's environment.`);
    }
    return { integration, settings: environment.settings };
  };

  const checkCapabilities = (manifest: Manifest, capabilities: readonly string[]): void => {
    const known = listCapabilities(manifest);
    const unknown = capabilities.find((capability) => !known.includes(capability));
    if (unknown !== undefined) {
      throw new HubError("EINVAL", `${manifest.name} has no capability "${unknown.slice(0, 64)}"; it has ${known.join(", ")}.`);
    }
  };

  const nameOf = (id: string): string => (findManifest(id) ?? options.findIntegration(id)?.manifest)?.name ?? id;

  const viewOf = async (scope: WorkspaceScope, row: FlowRow): Promise<FlowView> => {
    const now = options.now();
    const over = row.expiresAt <= now;
    const expired = (row.status === "pending" && over) || (row.status === "failed" && row.reason === "expired");
    // A process that stopped in the middle of an exchange leaves the flow there.
    const stuck = row.status === "exchanging" && over;
    const status: FlowStatus = expired ? "expired" : stuck ? "failed" : row.status;
    const ended = status === "denied" || status === "failed" || status === "expired";
    const words = ended ? describeProblem(expired ? "expired" : row.reason, nameOf(row.integration)) : null;
    const manifest = options.findIntegration(row.integration)?.manifest;
    const { connectionId } = row;
    let connection: ConnectionView | null = null;
    if (status === "connected" && connectionId !== null && manifest !== undefined) {
      connection = await db.withScope(scope, async (tx) => {
        // Disconnected since: the flow did succeed, and there is nothing to show.
        const record = await getConnection(tx, scope, connectionId).catch(() => null);
        return record === null ? null : connectionView(scope, record, manifest, now);
      });
    }
    return {
      id: encodeId("flow", row.id),
      integration: row.integration,
      name: nameOf(row.integration),
      status,
      title: words?.title ?? null,
      reason: words?.happened ?? null,
      next: words?.next ?? null,
      popup: row.popup,
      returnPath: row.returnPath,
      connection,
    };
  };

  const getOwnFlow = async (scope: WorkspaceScope, flow: string): Promise<FlowRow> => {
    const id = decodeId("flow", flow);
    const row = await db.withScope(scope, (tx) => findFlow(tx, scope, id), { readOnly: true });
    if (row === null || row.userId !== scopeUserId(scope)) throw new HubError("ENOENT", "There is no such flow.");
    return row;
  };

  const fail = (scope: WorkspaceScope, id: string, from: "pending" | "exchanging", code: FlowProblem, detail?: string) =>
    db.withScope(scope, (tx) => failFlow(tx, scope, id, from, detail === undefined ? { code } : { code, detail }, options.now()));

  /** For a flow whose person is not the one who is here, or is no member any more. */
  const failAsJob = async (location: FlowLocation, code: FlowProblem) => {
    const job = await options.workspaces.findJobScope(location.workspaceId, "connect");
    if (job !== null) await fail(job, location.flowId, "pending", code);
  };

  /** Exchanges, identifies and stores; the flow is claimed already. */
  const finish = async (scope: WorkspaceScope, row: FlowRow, input: CallbackInput): Promise<void> => {
    let available: ReturnType<typeof getAvailable>;
    try {
      available = getAvailable(row.integration);
    } catch (error) {
      log.warn({ integration: row.integration, flow: row.id, error }, "a flow's integration is no longer set up");
      return fail(scope, row.id, "exchanging", "not_configured");
    }
    const { integration, settings } = available;
    const { manifest } = integration;
    const scopes = scopesToAsk(manifest, row.capabilities);
    const context: CallContext = {
      workspaceId: scope.workspaceId,
      connectionId: null,
      actor: { userId: row.userId, job: null },
      path: null,
      priority: "person",
    };
    const consent = { integration, settings, scopes, flowId: row.id };
    const sends = options.sendsFor(integration, settings);
    const result = await auth.finish(consent, input.answer, input.cookieHeader, sends, context);
    if (!result.ok) {
      const { code, detail } = problemOf(result.failure);
      if (result.failure.kind === "failed") {
        log.warn({ integration: manifest.id, flow: row.id, error: result.failure.cause }, "connecting failed at the tool");
      }
      return fail(scope, row.id, "exchanging", code, detail);
    }
    const consented = {
      manifest,
      visibility: row.visibility,
      ownerId: row.userId,
      identity: result.identity,
      tokens: result.tokens,
      askedScopes: scopes,
      ticked: row.capabilities,
    };
    const now = options.now();
    try {
      await storeConnection(
        db,
        options.tokens,
        scope,
        consented,
        async (tx, stored) => {
          await requireManagerStill(tx, scope);
          await completeFlow(tx, scope, row.id, stored.id);
          await tx.insert(auditEvents).values({
            id: newId(),
            workspaceId: scope.workspaceId,
            actorUserId: row.userId,
            action: stored.reconnected ? "connection.reconnected" : "connection.connected",
            subject: encodeId("connection", stored.id),
            // A private connection's account is its owner's business.
            detail:
              row.visibility === "private"
                ? { integration: manifest.id, visibility: row.visibility }
                : {
                    integration: manifest.id,
                    visibility: row.visibility,
                    account: result.identity.accountName,
                    mount: stored.mountName,
                  },
            at: now,
          });
        },
        now,
      );
    } catch (error) {
      const problem = refusalOf(error);
      if (problem === null) log.error({ integration: manifest.id, flow: row.id, error }, "a connection could not be stored");
      else await giveBack({ integration, settings, tokens: result.tokens, send: sends.call, context, log });
      await fail(scope, row.id, "exchanging", problem ?? "tool_failed");
    }
  };

  return {
    async start(scope, input) {
      const userId = personOf(scope);
      const { integration, settings } = getAvailable(input.integration);
      const { manifest } = integration;
      const capabilities = [...new Set(input.capabilities)];
      checkCapabilities(manifest, capabilities);
      const id = randomId();
      const scopes = scopesToAsk(manifest, capabilities);
      const begun = await auth.begin({ integration, settings, scopes, flowId: id });
      const now = options.now();
      const replaced = await db.withScope(scope, async (tx) => {
        const pending = await listPendingFlows(tx, scope, userId, now);
        const old = pending.slice(pendingAtMost - 1);
        for (const flow of old) await failFlow(tx, scope, flow.id, "pending", { code: "replaced" }, now);
        await insertFlow(tx, scope, {
          id,
          userId,
          integration: manifest.id,
          stateHash: begun.stateHash,
          visibility: input.visibility,
          capabilities,
          returnPath: safePath(input.returnPath, `/${scope.slug}/integrations`),
          popup: input.popup,
          createdAt: now,
          expiresAt: new Date(now.getTime() + flowLifeMs),
        });
        return old;
      });
      const cleared = replaced.flatMap((flow) => auth.clear(flow.integration, flow.id));
      return { url: begun.url, flow: encodeId("flow", id), cookies: [...begun.cookies, ...cleared] };
    },

    async callback(input) {
      const state = input.answer.get("state");
      const location = state === null ? null : await findFlowLocation(db, hashState(state));
      if (location === null) return { kind: "stray", problem: "unknown", cookies: [] };
      const cookies = auth.clear(input.integration, location.flowId);
      if (input.userId !== location.userId) {
        // Somebody holds a state that is not theirs, or signed in anew on the way: it is spent either way.
        await failAsJob(location, "wrong_person");
        return { kind: "stray", problem: input.userId === null ? "signed_out" : "wrong_person", cookies };
      }
      const outcome: CallbackOutcome = {
        kind: "flow",
        flow: encodeId("flow", location.flowId),
        workspace: location.slug,
        cookies,
      };
      let scope: WorkspaceScope;
      try {
        scope = await options.workspaces.getScope({ type: "person", userId: location.userId }, location.slug);
        options.workspaces.requirePermission(scope, "connections.manage");
      } catch (error) {
        if (!(error instanceof HubError)) throw error;
        await failAsJob(location, "not_allowed");
        return error.code === "ENOENT" ? { kind: "stray", problem: "unknown", cookies } : outcome;
      }
      const row = await db.withScope(scope, (tx) => findFlow(tx, scope, location.flowId), { readOnly: true });
      if (row === null) return { kind: "stray", problem: "unknown", cookies };
      if (row.integration !== input.integration) {
        await fail(scope, row.id, "pending", "wrong_integration");
        return outcome;
      }
      if (await db.withScope(scope, (tx) => claimFlow(tx, scope, row.id, options.now()))) {
        await finish(scope, row, input);
        return outcome;
      }
      if (row.status === "pending" && row.expiresAt <= options.now()) {
        await fail(scope, row.id, "pending", "expired");
        return outcome;
      }
      return { kind: "stray", problem: "replayed", cookies };
    },

    async view(scope, flow) {
      return viewOf(scope, await getOwnFlow(scope, flow));
    },

    async cancel(scope, flow) {
      const row = await getOwnFlow(scope, flow);
      await fail(scope, row.id, "pending", "abandoned");
      return viewOf(scope, await getOwnFlow(scope, flow));
    },
  };
}

/** Why a grant was not stored, where that was the hub's decision; null for a failure, after which nobody knows whether it was. */
function refusalOf(error: unknown): FlowProblem | null {
  if (!(error instanceof HubError)) return null;
  return error.code === "EACCES" ? "not_allowed" : error.code === "EAGAIN" ? "disconnecting" : null;
}

function problemOf(failure: ConsentFailure): { code: FlowProblem; detail?: string } {
  switch (failure.kind) {
    case "denied":
      return { code: "denied" };
    case "refused":
      return { code: "refused", detail: failure.error };
    case "rejected":
      return { code: "rejected" };
    case "failed":
      return { code: "tool_failed" };
  }
}
