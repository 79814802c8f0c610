import type { WorkspaceScope } from "@/db/scope";

/** Who asks, in one word that is nobody else's: what cursors and the seeds of idempotency keys are bound to. */
export function actorName({ actor }: WorkspaceScope): string {
  switch (actor.type) {
    case "person":
      return actor.userId;
    case "key":
      return `key:${actor.keyId}`;
    case "job":
      return `job:${actor.name}`;
  }
}
