import { z } from "zod";
import type { MountChangeRequest, MountPlan } from "../../mount";
import type { DraftPlan, JsonObject } from "../../tool-mount";
import type { Mirror } from "./mirror";
import { type Chain, displayPathOf, locationOf } from "./nodes";

/** What the mirror needs to run a plan, as it is kept until `execute`. */

const segment = z.discriminatedUnion("type", [
  z.object({ type: z.literal("fixed"), name: z.string() }),
  z.object({ type: z.literal("object"), kind: z.string(), externalId: z.string(), companion: z.boolean().optional() }),
]);

const place = z.object({
  location: z.array(segment),
  /** Id path of the same. */
  path: z.string(),
  /** Display path of the same. */
  display: z.string(),
});

export const stateSchema = place.extend({
  // The place is the file's own; the directory's, for a new one.
  type: z.enum(["create", "update", "append", "remove", "move", "upload"]),
  /** Of a move: the directory that it goes to. */
  to: place.nullable(),
  /** The name that the caller used for a new or moved file. */
  name: z.string().nullable(),
  /** Whether it is a link: what its change says of where the object is, is not where the link is. */
  isLink: z.boolean(),
  /** Whether what the change leaves is a text that can be printed. */
  isText: z.boolean(),
  /** Compared before the first call; null where nothing is to be compared. */
  revision: z.string().nullable(),
  etag: z.string().nullable(),
});
export type PlanState = z.infer<typeof stateSchema>;

/** What a change of an existing file starts from. */
export interface Base {
  readonly text: string | null;
  readonly etag: string | null;
  readonly revision: string | null;
}

export const nothing: Base = { text: null, etag: null, revision: null };
export const emptyDraft: DraftPlan = { steps: [], effects: [], undo: null };

export function placeOf(mirror: Mirror, chain: Chain): z.infer<typeof place> {
  return { location: [...locationOf(chain)], path: chain.at(-1)?.path ?? mirror.root, display: displayPathOf(mirror, chain) };
}

/** The state of a change at the end of a chain. */
export function stateOf(mirror: Mirror, type: PlanState["type"], chain: Chain, base: Base): PlanState {
  const row = chain.at(-1);
  return {
    ...placeOf(mirror, chain),
    type,
    to: null,
    name: null,
    isLink: row?.kind === "link",
    isText: type !== "upload" && row?.attributes.binary !== true && (type === "create" || row?.kind !== "directory"),
    revision: base.revision,
    etag: base.etag,
  };
}

export function planOf(request: MountChangeRequest, draft: DraftPlan, state: PlanState, baseEtag: string | null): MountPlan {
  return {
    operation: request.operation,
    path: request.path,
    baseEtag,
    steps: draft.steps,
    effects: draft.effects,
    undo: draft.undo,
    state: state as unknown as JsonObject,
  };
}
