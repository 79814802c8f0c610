import { z } from "zod";
import { isDataKeyGone } from "@/db/errors";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import type { Identity } from "@/server/integrations/contract";
import { type AvailableTool, getAvailable } from "./available";
import { listConnections } from "./connection-store";
import { endFlow, giveBackGrant, refusalOf, storeConsent } from "./consents";
import type { FlowsOptions } from "./flow-contract";
import { claimAnswer, type FlowEnd, type FlowRow, failFlow, findFlow, forgetHeld, holdConsent, listHeld } from "./flow-store";
import type { FlowProblem } from "./flow-words";
import { type Granted, requireManagerStill } from "./grants";
import { isSealedAnew } from "./vault";

/**
 * What another account granted than the one that a consent was meant for, until the person has said what to do with it. It is sealed for
 * its flow's row, no call is made with it, and it is gone within ten minutes: stored, or given back at the tool.
 */
export interface HeldConsents {
  /** Holds what an exchanging flow was granted, and lets the flow ask. Gives it back when the flow or the person may not any more. */
  hold(scope: WorkspaceScope, row: FlowRow, tool: AvailableTool, granted: Granted): Promise<void>;
  /**
   * Stores what the flow holds as a connection of its own. ESTALE when it asks nothing any more; EACCES and ENOTCONN, with the question left
   * as it is, when the person may not connect tools any more or access to tools is stopped.
   */
  add(scope: WorkspaceScope, row: FlowRow): Promise<void>;
  /** Ends what the flow holds at the tool, and deletes it. ESTALE when it asks nothing any more. */
  giveBack(scope: WorkspaceScope, row: FlowRow): Promise<void>;
  /** The same for every flow of a workspace, or of one person, or whose time is over, answered or not; a job's scope. Answers how many. */
  giveBackAll(scope: WorkspaceScope, which: { readonly userId?: string; readonly expiredOnly?: boolean }): Promise<number>;
}

/** An answer is taken for so long. The job that gives back comes by every minute, so ten minutes are never passed. */
const askingMs = 8 * 60 * 1000;
/** How long storing an answer may take before the job takes it for interrupted. */
const storingMs = 2 * 60 * 1000;

const sealAttempts = 3;
const field = "held consent";
/** What is sealed. Times are absolute, in epoch milliseconds: it is opened later than it was given. */
const heldShape = z.object({
  accessToken: z.string(),
  refreshToken: z.string().nullable(),
  expiresAtMs: z.number().nullable(),
  refreshExpiresAtMs: z.number().nullable(),
  scopes: z.array(z.string()).nullable(),
});
const identityShape = z.object({
  accountId: z.string(),
  orgId: z.string(),
  accountName: z.string(),
  accountEmail: z.string().nullable(),
  orgName: z.string().nullable(),
  timeZone: z.string().nullable(),
}) satisfies z.ZodType<Identity>;

const answered = () => new HubError("ESTALE", "This question was answered already, or too late. Connect again if it is still wanted.");

export function createHeldConsents(options: FlowsOptions): HeldConsents {
  const { db, vault, now, log } = options;

  const print = ({ tokens }: Granted): string => {
    const until = (seconds: number | null | undefined) => (seconds == null ? null : now().getTime() + seconds * 1000);
    const held: z.output<typeof heldShape> = {
      accessToken: tokens.accessToken,
      refreshToken: tokens.refreshToken,
      expiresAtMs: until(tokens.expiresInSeconds),
      refreshExpiresAtMs: until(tokens.refreshExpiresInSeconds),
      scopes: tokens.scopes === null ? null : [...tokens.scopes],
    };
    return JSON.stringify(held);
  };

  /** What the row holds. EIO when it does not open. */
  const open = async (scope: WorkspaceScope, row: FlowRow): Promise<Granted> => {
    if (row.heldEnc === null) throw answered();
    const text = await vault.open(scope, { rowId: row.id, field }, row.heldEnc).catch(async (error: unknown) => {
      if (!isSealedAnew(error)) throw error;
      const again = await db.withScope(scope, (tx) => findFlow(tx, scope, row.id), { readOnly: true });
      if (again === null || again.heldEnc === null) throw answered();
      return vault.open(scope, { rowId: row.id, field }, again.heldEnc);
    });
    const held = heldShape.parse(JSON.parse(text));
    const left = (atMs: number | null) => (atMs === null ? null : Math.max(0, (atMs - now().getTime()) / 1000));
    const refreshLeft = left(held.refreshExpiresAtMs);
    return {
      identity: identityShape.parse(row.heldIdentity),
      tokens: {
        accessToken: held.accessToken,
        refreshToken: held.refreshToken,
        expiresInSeconds: left(held.expiresAtMs),
        scopes: held.scopes,
        ...(refreshLeft === null ? {} : { refreshExpiresInSeconds: refreshLeft }),
      },
    };
  };

  const tryHold = async (scope: WorkspaceScope, row: FlowRow, granted: Granted): Promise<boolean> => {
    for (let attempt = 1; ; attempt++) {
      const enc = await vault.seal(scope, { rowId: row.id, field }, print(granted));
      const until = new Date(now().getTime() + askingMs);
      try {
        return await db.withScope(scope, async (tx) => {
          await requireManagerStill(tx, scope);
          return holdConsent(tx, scope, row.id, { enc, identity: granted.identity, until });
        });
      } catch (error) {
        // A rotation deleted the data key after it was sealed.
        if (attempt === sealAttempts || !isDataKeyGone(error)) throw error;
      }
    }
  };

  /** Ends at the tool what an ended flow still holds, then deletes it. An interruption between the two is made good by the job. */
  const end = async (scope: WorkspaceScope, row: FlowRow, code: FlowProblem): Promise<void> => {
    let outcome: Awaited<ReturnType<typeof giveBackGrant>> = "failed";
    try {
      const granted = await open(scope, row);
      outcome = await giveBackGrant(options, scope, row, getAvailable(options, row.integration), granted);
    } catch (error) {
      log.warn({ integration: row.integration, flow: row.id, error }, "what a flow held could not be ended at the tool");
    }
    await db.withScope(scope, (tx) => forgetHeld(tx, scope, row.id, { code, detail: outcome }));
  };

  return {
    async hold(scope, row, tool, granted) {
      let refusal: FlowProblem | null;
      try {
        if (await tryHold(scope, row, granted)) return;
        refusal = "abandoned";
      } catch (error) {
        refusal = refusalOf(error);
        if (refusal === null) log.error({ integration: row.integration, flow: row.id, error }, "a consent could not be held");
      }
      await giveBackGrant(options, scope, row, tool, granted);
      const problem: FlowEnd = { code: refusal ?? "tool_failed" };
      await endFlow(options, scope, row.id, "exchanging", problem);
      // It may be asking after all, when only the answer to the commit was lost: what it holds is worth nothing by now.
      await db.withScope(scope, (tx) => failFlow(tx, scope, row.id, "asking", problem, now()));
    },

    async add(scope, row) {
      const until = new Date(now().getTime() + storingMs);
      const claimed = await db.withScope(scope, async (tx) => {
        await requireManagerStill(tx, scope);
        const claim = await claimAnswer(tx, scope, row.id, now(), until);
        if (claim === null) return null;
        const [meant] = claim.targetConnectionId === null ? [] : await listConnections(tx, scope, claim.targetConnectionId);
        // Used for what the connection is that it was meant for, and for what was to be switched on with it.
        return { ...claim, capabilities: [...(meant?.row.capabilities ?? []), ...claim.capabilities] };
      });
      if (claimed === null) throw answered();
      try {
        const tool = getAvailable(options, claimed.integration);
        const { capabilities } = claimed;
        await storeConsent(options, scope, claimed, tool, await open(scope, claimed), { meantFor: null, capabilities });
      } catch (error) {
        log.error({ integration: claimed.integration, flow: claimed.id, error }, "what a flow held could not be stored");
        await endFlow(options, scope, claimed.id, "exchanging", { code: "tool_failed" });
      }
    },

    async giveBack(scope, row) {
      const code = "given_back";
      if (!(await db.withScope(scope, (tx) => failFlow(tx, scope, row.id, "asking", { code }, now())))) throw answered();
      await end(scope, row, code);
    },

    async giveBackAll(scope, { userId, expiredOnly = false }) {
      const expiredAt = expiredOnly ? now() : undefined;
      const held = await db.withScope(scope, (tx) => listHeld(tx, scope, { userId, expiredAt }));
      for (const row of held) {
        const problem: FlowEnd = { code: row.status === "exchanging" ? "interrupted" : expiredOnly ? "unanswered" : "given_back" };
        const from = row.status;
        if (from === "asking" || from === "exchanging") {
          // Another process may be storing or ending it at this moment; whoever comes first does it.
          if (!(await db.withScope(scope, (tx) => failFlow(tx, scope, row.id, from, problem, now())))) continue;
        }
        await end(scope, row, problem.code);
      }
      return held.length;
    },
  };
}
