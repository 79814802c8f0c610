import type { Database } from "@/db/client";
import type { Integration } from "@/server/integrations/contract";
import type { MadeConnection, RefreshStep } from "./protocol";

/**
 * Stops a connection's refresh at a step. What holds it is then killed, as a process dies in the middle of its work, or let go on together with
 * another.
 */
export interface Holder {
  hold(made: MadeConnection, step: RefreshStep): Promise<void>;
  release(made: MadeConnection): void;
  /** The database with the steps of its own in it. */
  watch(db: Database): Database;
  /** The integration with the steps around its refresh. */
  wrap(integration: Integration): Integration;
}

interface Hold {
  readonly made: MadeConnection;
  readonly step: RefreshStep;
  /** The token's, when the hold was set. */
  readonly version: number;
  readonly released: PromiseWithResolvers<void>;
}

export function createHolder(options: {
  versionOf: (made: MadeConnection) => Promise<number>;
  onHeld: (made: MadeConnection) => void;
}): Holder {
  const holds = new Map<string, Hold>();

  async function reach(workspaceId: string, step: RefreshStep): Promise<void> {
    const held = holds.get(workspaceId);
    if (held?.step !== step) return;
    options.onHeld(held.made);
    await held.released.promise;
  }

  return {
    async hold(made, step) {
      const version = await options.versionOf(made);
      holds.set(made.workspaceId, { made, step, version, released: Promise.withResolvers() });
    },

    release({ workspaceId }) {
      holds.get(workspaceId)?.released.resolve();
      holds.delete(workspaceId);
    },

    watch: (db) => ({
      ...db,
      get roundTrips() {
        return db.roundTrips;
      },
      async withScope(scope, work, how) {
        const held = holds.get(scope.workspaceId);
        if (held === undefined || how?.readOnly === true) return db.withScope(scope, work, how);
        // The intent is the first thing that a refresh writes.
        await reach(scope.workspaceId, "intent");
        const result = await db.withScope(scope, work, how);
        if (held.step === "commit" && (await options.versionOf(held.made)) > held.version) await reach(scope.workspaceId, "commit");
        return result;
      },
    }),

    wrap: (integration) => ({
      ...integration,
      oauth: {
        ...integration.oauth,
        async refresh(refreshToken, settings, send, context) {
          await reach(context.workspaceId, "request");
          const answer = await integration.oauth.refresh(refreshToken, settings, send, context);
          await reach(context.workspaceId, "answer");
          return answer;
        },
      },
    }),
  };
}
