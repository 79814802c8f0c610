import "server-only";
import type { WorkspaceScope } from "@/db/scope";
import { encodeId } from "@/server/ids";
import { beginDeletion, type DeletionParts, type DeletionView, getDeletion, listUnfinishedDeletions, runDeletion } from "./deletion";
import { beginEverything, countEnding, endMarked, finishEndings } from "./endings";

/** Long endings of one process: begun by a request, which does not wait for them, and gone on with by a job where the process dies. */
export interface Endings {
  /** Disconnects everything of the workspace, other people's private connections too. Answers how many are to be ended. */
  disconnectEverything(scope: WorkspaceScope): Promise<{ readonly total: number }>;
  /** How many connections of the workspace are still being disconnected. */
  progress(scope: WorkspaceScope): Promise<{ readonly left: number }>;
  /** Begins to delete the workspace. EINVAL when the typed name is not its name, EACCES when the person is no owner. `wsp_…` */
  deleteWorkspace(scope: WorkspaceScope, typedName: string): Promise<{ readonly deletion: string }>;
  /** How far a deletion is, for the person who asked for it. ENOENT for everybody else. */
  getDeletion(userId: string, deletion: string): Promise<DeletionView>;
  /** The job: takes up what was broken off, in all workspaces. */
  takeUp(): Promise<{ finished: number; orphaned: number; deleted: number }>;
  /** Resolves when what this process has begun is done. */
  settled(): Promise<void>;
}

/** Joins the endings of a process. */
export function createEndings(parts: DeletionParts): Endings {
  const { db, log } = parts;
  const running = new Set<Promise<void>>();

  const start = (workspaceId: string, work: () => Promise<unknown>): void => {
    const run = work().then(
      () => undefined,
      (error: unknown) => log.error({ error, workspaceId }, "an ending broke off; a job goes on with it"),
    );
    running.add(run);
    void run.then(() => running.delete(run));
  };

  return {
    async disconnectEverything(scope) {
      const total = await beginEverything(db, scope);
      start(scope.workspaceId, () => endMarked(parts, scope.workspaceId));
      return { total };
    },
    async progress(scope) {
      return { left: await countEnding(db, scope.workspaceId) };
    },
    async deleteWorkspace(scope, typedName) {
      const id = await beginDeletion(db, scope, typedName);
      start(id, () => runDeletion(parts, id));
      return { deletion: encodeId("workspace", id) };
    },
    getDeletion: (userId, deletion) => getDeletion(db, userId, deletion),
    async takeUp() {
      const ended = await finishEndings(parts);
      let deleted = 0;
      for (const id of await listUnfinishedDeletions(db)) {
        try {
          if (await runDeletion(parts, id)) deleted += 1;
        } catch (error) {
          log.error({ error, workspaceId: id }, "a deletion broke off; a job goes on with it");
        }
      }
      return { ...ended, deleted };
    },
    async settled() {
      await Promise.all(running);
    },
  };
}
