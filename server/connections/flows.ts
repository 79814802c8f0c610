import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { decodeId, encodeId, randomId } from "@/server/ids";
import type { Manifest } from "@/server/integrations/contract";
import { scopesToAsk } from "@/server/integrations/manifests";
import { safePath } from "@/server/safe-path";
import { type ConsentFailure, hashState } from "./auth";
import { type AvailableTool, checkCapabilities, getAvailable } from "./available";
import { scopesOfConsent } from "./capabilities";
import { getConnection, isAlive } from "./connection-store";
import { consentContext, endFlow, giveBackGrant, storeConsent } from "./consents";
import type { CallbackOutcome, Flows, FlowsOptions, StartInput } from "./flow-contract";
import {
  claimFlow,
  type FlowLocation,
  type FlowRow,
  failFlow,
  findFlow,
  findFlowLocation,
  insertFlow,
  listHeld,
  listPendingFlows,
} from "./flow-store";
import { flowView } from "./flow-view";
import type { FlowProblem } from "./flow-words";
import { requireRunning } from "./grants";
import { createHeldConsents } from "./held-consents";

/**
 * Connecting a tool, from the click to the connection: `start` makes a single-use row bound to workspace, person and integration, and to the
 * connection that it is meant for; `callback` uses it up and stores what the tool granted, or asks when another account came back; `view`
 * tells how far it is. The browser is believed in nothing.
 */

const flowLifeMs = 10 * 60 * 1000;
/** An exchange that is not over by then was interrupted; transport gives up long before. */
const exchangeMs = 2 * 60 * 1000;
/** More waiting flows than this in one browser would make its cookies too long for a request; the oldest give way. */
const pendingAtMost = 4;

/** The consents of one process: start, callback, outcome, giving up. What decides is in the rows, so any process can take the answer. */
export function createFlows(options: FlowsOptions): Flows {
  const { db, auth, log } = options;
  const held = createHeldConsents(options);

  const personOf = (scope: WorkspaceScope): string => {
    const userId = scopeUserId(scope);
    if (userId === null) throw new HubError("EACCES", "Only a person can connect a tool.");
    return userId;
  };

  const getOwnFlow = async (scope: WorkspaceScope, flow: string): Promise<FlowRow> => {
    const id = decodeId("flow", flow);
    const row = await db.withScope(scope, (tx) => findFlow(tx, scope, id), { readOnly: true });
    if (row === null || row.userId !== scopeUserId(scope)) throw new HubError("ENOENT", "There is no such flow.");
    return row;
  };

  const fail = (scope: WorkspaceScope, id: string, from: "pending" | "exchanging", code: FlowProblem, detail?: string) =>
    endFlow(options, scope, id, from, detail === undefined ? { code } : { code, detail });

  /** For a flow whose person is not the one who is here, or is no member any more. */
  const failAsJob = async (location: FlowLocation, code: FlowProblem) => {
    const job = await options.workspaces.findJobScope(location.workspaceId, "connect");
    if (job !== null) await fail(job, location.flowId, "pending", code);
  };

  /** Exchanges, identifies, and stores or asks; the flow is claimed already. */
  const finish = async (scope: WorkspaceScope, row: FlowRow, answer: URLSearchParams, cookieHeader: string | null): Promise<void> => {
    let tool: AvailableTool;
    try {
      tool = getAvailable(options, row.integration);
    } catch (error) {
      log.warn({ integration: row.integration, flow: row.id, error }, "a flow's integration is no longer set up");
      await fail(scope, row.id, "exchanging", "not_configured");
      return;
    }
    const { integration, settings } = tool;
    const consent = { integration, settings, scopes: row.askedScopes, flowId: row.id };
    const sends = options.sendsFor(integration, settings);
    const result = await auth.finish(consent, answer, cookieHeader, sends, consentContext(scope, row));
    if (!result.ok) {
      const { code, detail } = problemOf(result.failure);
      if (result.failure.kind === "foreign") {
        log.warn({ integration: row.integration, flow: row.id }, "an answer named another server than the tool's");
      }
      if (result.failure.kind === "failed") {
        log.warn({ integration: row.integration, flow: row.id, error: result.failure.cause }, "connecting failed at the tool");
        if (result.failure.tokens !== null) {
          await giveBackGrant(options, scope, row, tool, { tokens: result.failure.tokens, identity: null });
        }
      }
      await fail(scope, row.id, "exchanging", code, detail);
      return;
    }
    const { tokens, identity } = result;
    const outcome = await storeConsent(
      options,
      scope,
      row,
      tool,
      { tokens, identity },
      { meantFor: row.targetConnectionId, capabilities: row.capabilities },
    );
    if (outcome === "other_account") await held.hold(scope, row, tool, { tokens, identity });
  };

  /** What the consent is for, and what it asks the tool for. A connection's own visibility, and what is switched on there, are kept. */
  const planOf = async (scope: WorkspaceScope, manifest: Manifest, { target, capabilities }: StartInput) => {
    const chosen = [...new Set(capabilities)];
    checkCapabilities(manifest, chosen);
    if ("visibility" in target) {
      const { visibility } = target;
      return { targetConnectionId: null, visibility, capabilities: chosen, scopes: scopesToAsk(manifest, chosen) };
    }
    const id = decodeId("connection", target.connection);
    const record = await db.withScope(scope, (tx) => getConnection(tx, scope, id), { readOnly: true });
    const { row } = record;
    if (row.integration !== manifest.id) throw new HubError("EINVAL", `This connection is not one of ${manifest.name}.`);
    if (row.status === "disconnecting") {
      throw new HubError("EAGAIN", "This connection is being disconnected. Connect again when that is done.");
    }
    const scopes = scopesOfConsent(manifest, { ...row, isAlive: isAlive(record) }, chosen);
    return { targetConnectionId: row.id, visibility: row.visibility, capabilities: chosen, scopes };
  };

  const view = (scope: WorkspaceScope, row: FlowRow) => flowView(options, scope, row);

  return {
    async start(scope, input) {
      const userId = personOf(scope);
      const { integration, settings } = getAvailable(options, input.integration);
      const { manifest } = integration;
      const { targetConnectionId, visibility, capabilities, scopes } = await planOf(scope, manifest, input);
      const id = randomId();
      const begun = await auth.begin({ integration, settings, scopes, flowId: id });
      const now = options.now();
      const replaced = await db.withScope(scope, async (tx) => {
        await requireRunning(tx, scope);
        const pending = await listPendingFlows(tx, scope, userId, now);
        const old = pending.slice(pendingAtMost - 1);
        for (const flow of old) await failFlow(tx, scope, flow.id, "pending", { code: "replaced" }, now);
        await insertFlow(tx, scope, {
          id,
          userId,
          integration: manifest.id,
          stateHash: begun.stateHash,
          visibility,
          capabilities: [...capabilities],
          askedScopes: [...scopes],
          targetConnectionId,
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
      const now = options.now();
      if (await db.withScope(scope, (tx) => claimFlow(tx, scope, row.id, now, new Date(now.getTime() + exchangeMs)))) {
        await finish(scope, row, input.answer, input.cookieHeader);
        return outcome;
      }
      if (row.status === "pending" && row.expiresAt <= options.now()) {
        await fail(scope, row.id, "pending", "expired");
        return outcome;
      }
      return { kind: "stray", problem: "replayed", cookies };
    },

    async view(scope, flow) {
      return view(scope, await getOwnFlow(scope, flow));
    },

    async listQuestions(scope) {
      const userId = scopeUserId(scope);
      if (userId === null) return [];
      const rows = await db.withScope(scope, (tx) => listHeld(tx, scope, { userId }), { readOnly: true });
      const views = await Promise.all(rows.map((row) => view(scope, row)));
      return views.filter(({ status }) => status === "asking");
    },

    async answer(scope, flow, answer) {
      const row = await getOwnFlow(scope, flow);
      await (answer === "add" ? held.add(scope, row) : held.giveBack(scope, row));
      return view(scope, await getOwnFlow(scope, flow));
    },

    async cancel(scope, flow) {
      const row = await getOwnFlow(scope, flow);
      if (row.status === "asking") await held.giveBack(scope, row);
      else await fail(scope, row.id, "pending", "abandoned");
      return view(scope, await getOwnFlow(scope, flow));
    },

    giveBackHeld: (scope, which = {}) => held.giveBackAll(scope, which),
  };
}

function problemOf(failure: ConsentFailure): { code: FlowProblem; detail?: string } {
  switch (failure.kind) {
    case "denied":
      return { code: "denied" };
    case "refused":
      return { code: "refused", detail: failure.error };
    case "rejected":
      return { code: "rejected" };
    case "foreign":
      return { code: "another_server" };
    case "failed":
      return { code: "tool_failed" };
  }
}
