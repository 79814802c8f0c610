import type { WorkspaceScope } from "@/db/scope";
import type { RequestSpan } from "@/server/transport/send";
import type { ActsAs, Freshness, Node, NodeConnection, Operation, ReadFormat } from "./node";
import type { ByteRange, DraftStep, JsonObject, KindSchema, UploadContent } from "./tool-mount";

/**
 * The contract between the operations (`file-system.ts`) and what stands in the tree. Storage mounts and `mirrored(toolMount)` satisfy
 * it; the layers `authorize`, `capabilities` and `audit` wrap it, each `(mount) => mount`. Everything here speaks of display paths.
 */

export interface MountRequest {
  readonly scope: WorkspaceScope;
  /** What the caller asked for: an `edit` reads and writes, and stays an `edit` to every layer. */
  readonly operation: Operation;
  /** The whole display path, parsed and NFC. */
  readonly path: string;
  /** The segments below the mount's own path; empty at its root. */
  readonly segments: readonly string[];
  readonly now: Date;
  /** Ask the tool first. */
  readonly fresh: boolean;
  /** Milliseconds the caller waits for a limited tool in all. */
  readonly maxWaitMs: number | undefined;
  /** What the waits of all its calls are counted from. */
  readonly span: RequestSpan;
  /** Aborted when the caller has gone. */
  readonly signal?: AbortSignal;
}

/** What a mount is, without asking anything. */
export interface MountInfo {
  /** Display path of the mount. */
  readonly path: string;
  readonly kind: "storage" | "tool";
  readonly integration: string | null;
  readonly connection: NodeConnection | null;
  readonly actsAs: ActsAs;
  /** Where a person can switch on a missing capability, or mend the connection; absolute. */
  readonly settingsUrl: string | null;
  /** Who can do that, as a sentence for a caller who cannot; null for one who can. */
  readonly whoMends: string | null;
  /** Display paths below it that only one person sees, and whose names nobody else is to read in a log. */
  readonly ownersOnly: readonly string[];
  /** The operations this mount can do at all; anything else is ENOTSUP naming it. */
  readonly operations: ReadonlySet<Operation>;
}

export type SortKey = "name" | "modifiedAt" | "sizeBytes";

/** Where a page begins: after the row with this sort key and id path. */
export interface PageStart {
  readonly key: string | number | null;
  readonly path: string;
  /** True when an earlier page of this list was answered while the directory was not known wholly. */
  readonly partial: boolean;
}

export interface MountListRequest extends MountRequest {
  readonly after: PageStart | null;
  readonly limit: number;
  readonly sort: SortKey;
  readonly descending: boolean;
}

export interface MountOpenRequest extends MountRequest {
  readonly as: ReadFormat | null;
  /** Both ends included; `end: null` reaches to the end. Null: the whole file. */
  readonly range: ByteRange | null;
}

/** A file's bytes as they come. Whoever asked reads them to the end or cancels. */
export interface MountBytes {
  readonly node: Node;
  readonly mediaType: string;
  /** Null where the tool has no revision of the bytes. */
  readonly etag: string | null;
  /** Of the whole file; null where it is not known before it has come. */
  readonly sizeBytes: number | null;
  /** What comes, both ends included; null: the whole file. */
  readonly range: { readonly start: number; readonly end: number } | null;
  readonly body: ReadableStream<Uint8Array>;
}

export interface MountPage {
  readonly nodes: readonly Node[];
  readonly next: PageStart | null;
  readonly total: number | null;
  readonly complete: boolean;
  readonly freshness: Freshness;
}

export interface MountReadRequest extends MountRequest {
  readonly as: ReadFormat | null;
}

export interface MountFile {
  readonly node: Node;
  readonly as: ReadFormat;
  readonly mediaType: string;
  readonly text: string;
  readonly etag: string;
}

export type MountChange =
  | {
      readonly type: "write";
      readonly text: string;
      readonly ifMatch: string | null;
      readonly createOnly: boolean;
      readonly expiresAt: Date | null;
      readonly seed: string;
    }
  | { readonly type: "append"; readonly text: string; readonly ifMatch: string | null; readonly seed: string }
  | { readonly type: "mkdir" }
  | {
      readonly type: "move";
      readonly to: string;
      readonly toSegments: readonly string[];
      readonly ifMatch: string | null;
      readonly seed: string;
    }
  | { readonly type: "upload"; readonly mediaType: string; readonly sizeBytes: number; readonly seed: string }
  | { readonly type: "remove"; readonly recursive: boolean; readonly ifMatch: string | null };

export interface MountChangeRequest extends MountRequest {
  readonly change: MountChange;
  /** The plan is to be kept and shown: what it is based on must then be named in it, so that `perform` can compare. */
  readonly dryRun: boolean;
}

/** What a change would do. JSON all through: it may be stored until `execute`. */
export interface MountPlan {
  readonly operation: Operation;
  readonly path: string;
  readonly baseEtag: string | null;
  readonly steps: readonly DraftStep[];
  readonly effects: readonly string[];
  readonly undo: string | null;
  /** What the mount needs to run it. */
  readonly state: JsonObject;
}

export interface MountOutcome {
  readonly canonicalPath: string;
  /** The etag now; null after a removal and for directories. */
  readonly etag: string | null;
  readonly changed: boolean;
  readonly undo: string | null;
}

export interface MountSchema {
  readonly path: string;
  readonly kinds: readonly KindSchema[];
  readonly guard: "atomic" | "checked";
}

/**
 * A subtree. Errors are HubErrors; the file system adds the path. `plan` sends nothing that changes anything; `perform` runs exactly
 * that plan, or is ESTALE when what it is based on changed. A step that fails is thrown as the step's error with `details.receipt`.
 */
export interface Mount {
  readonly info: MountInfo;
  stat(request: MountRequest): Promise<Node>;
  list(request: MountListRequest): Promise<MountPage>;
  read(request: MountReadRequest): Promise<MountFile>;
  /** A file's bytes; of a text, those of the text. A range that the file does not reach is EINVAL with `details.key` `range`. */
  open(request: MountOpenRequest): Promise<MountBytes>;
  /** The most bytes of a file that is uploaded to the path; EEXIST where there is something, ENOTSUP where none can be. */
  uploadLimit(request: MountRequest): Promise<number>;
  plan(request: MountChangeRequest): Promise<MountPlan>;
  /** `content` is what an upload sends. */
  perform(plan: MountPlan, request: MountRequest, content?: UploadContent): Promise<MountOutcome>;
  schema(): MountSchema;
}

/** A tool without a live connection: an empty directory that says why, and where to mend it. */
export interface Placeholder {
  readonly path: string;
  readonly integration: string;
  readonly connection: NodeConnection;
}

/** What one caller's tree is made of. */
export interface MountTable {
  readonly mounts: readonly Mount[];
  readonly placeholders: readonly Placeholder[];
}

/**
 * Gives the tree of a scope, as far as the path with these segments needs it: another person's private connections are not in it, and
 * what certainly is not on the way may be left out.
 */
export type MountProvider = (scope: WorkspaceScope, segments: readonly string[]) => Promise<MountTable>;
