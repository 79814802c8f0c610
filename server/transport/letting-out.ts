import { sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { remainingWaitMs } from "./retry";
import type { CallContext, Clock, Layer } from "./send";
import { staleToken } from "./token";

/** Said by every door that a stopped workspace closes. */
export const accessStopped = "All access to tools is stopped in this workspace. An admin can resume it in the settings.";

/**
 * For so long an answer of the database lets an attempt out; an older one is asked for anew. Whoever stops a workspace waits for so long
 * before saying that it is stopped: what was let out before has been sent by then.
 */
export const letOutMs = 2_000;

/** Whether access to tools is stopped in the workspace, or the workspace is going or gone. */
export type IsStopped = (workspaceId: string) => Promise<boolean>;

/** Asks the workspace's row, one round trip. EAGAIN when the database does not answer. */
export function createStopReader(db: Database, scopeOf: (workspaceId: string) => WorkspaceScope): IsStopped {
  return async (workspaceId) => {
    const asked = db.batchInScope(scopeOf(workspaceId), [
      sql`select 1 from workspace w where w.id = ${workspaceId} and w.stopped_at is null and w.deleting_at is null`,
    ]);
    const [rows] = await asked.catch((cause: unknown) => {
      // Said in so many words, or a renewal that never left would count as one whose answer was lost.
      throw new HubError("EAGAIN", "The hub's database did not answer; nothing was sent.", { details: { outcome: "not_done" }, cause });
    });
    return rows?.[0] === undefined;
  };
}

/**
 * The last door before the call log: nothing leaves for a stopped workspace. The budget's take has looked for calls with a connection's
 * token; for OAuth's own calls, which pay no budget, the look is here. Either look counts for `letOutMs`. Only calls that end an access
 * (`CallContext.endsAccess`) leave all the same.
 */
export function lettingOut(options: { readonly isStopped: IsStopped; readonly clock: Clock }): Layer {
  const { isStopped, clock } = options;

  /** Whether what the database said at `askedAtMs` still counts. EAGAIN when the caller has no time left to ask again. */
  function counts(askedAtMs: number, context: CallContext): boolean {
    if (clock.now() - askedAtMs < letOutMs) return true;
    if (remainingWaitMs(context, clock) > 0) return false;
    throw new HubError("EAGAIN", "The hub's database is slow at the moment; nothing was sent.", {
      retryAfterMs: letOutMs,
      details: { outcome: "not_done" },
    });
  }

  return (next) => async (request, context) => {
    const { progress } = context;
    if (progress?.paidAtMs !== undefined) {
      // The token layer starts the attempt again, and the budget with it.
      if (!counts(progress.paidAtMs, context)) throw staleToken();
      return next(request, context);
    }
    if (context.endsAccess === true) return next(request, context);
    for (let looks = 1; ; looks += 1) {
      const askedAtMs = clock.now();
      if (await isStopped(context.workspaceId)) {
        // EAGAIN and not ENOTCONN, which would say of a refresh that the grant is dead.
        throw new HubError("EAGAIN", accessStopped, { retryable: false, details: { outcome: "not_done" } });
      }
      // A crowd that queues for the database makes one look old; a second one is given to callers without a wait too.
      if (clock.now() - askedAtMs >= letOutMs && looks === 1) continue;
      if (counts(askedAtMs, context)) return next(request, context);
    }
  };
}
