/**
 * The API's types, as published: what a call takes and what it answers. Times are ISO 8601 in UTC, sizes are bytes. The hub's own test
 * `server/trpc/client-contract.test.ts` fails when these and the server's differ.
 */

export type Operation =
  | "stat"
  | "list"
  | "read"
  | "write"
  | "append"
  | "edit"
  | "mkdir"
  | "move"
  | "copy"
  | "remove"
  | "glob"
  | "grep"
  | "search"
  | "watch"
  | "history"
  | "restore"
  | "batch"
  | "explain"
  | "execute";

export type NodeKind = "file" | "directory" | "link";

export interface Freshness {
  readonly asOf: string;
  readonly source: "live" | "mirror" | "storage";
  /** True when the tool could not be asked although it should have been (its authorization died, or it failed). */
  readonly stale: boolean;
}

/** The connection behind a mount, as `stat` of a mount shows it. */
export interface NodeConnection {
  /** `con_…`; null where nobody connected the tool. */
  readonly id: string | null;
  readonly integration: string;
  readonly status: string;
  readonly since: string | null;
  readonly reason: string | null;
  readonly actionUrl: string | null;
  readonly visibility: "private" | "workspace";
  readonly accountName: string | null;
  readonly timeZone: string | null;
}

export interface Node {
  /** `nod_…`; null for directories that exist by contract only (`/context`, a tool that is not connected). */
  readonly id: string | null;
  readonly path: string;
  readonly canonicalPath: string;
  readonly name: string;
  readonly kind: NodeKind;
  readonly mediaType: string | null;
  readonly sizeBytes: number | null;
  readonly etag: string | null;
  readonly createdAt: string | null;
  readonly modifiedAt: string | null;
  readonly expiresAt: string | null;
  readonly hardExpiresAt: string | null;
  readonly webUrl: string | null;
  /** Path of the mount this node is on, null above the mounts. */
  readonly mount: string | null;
  /** The integration's id where the node belongs to one, so that a view can show its icon. */
  readonly integration: string | null;
  readonly connection: NodeConnection | null;
  /** Whose identity a write here bears. */
  readonly actsAs: ActsAs | null;
  readonly externalId: string | null;
  /** The kind of record (`issue`, `team`), null for plain files and directories. */
  readonly objectKind: string | null;
  /** What this caller may do here, role and capability already considered. */
  readonly can: readonly Operation[];
  readonly freshness: Freshness;
  /** A rough count of model tokens the text has, null when unknown. */
  readonly tokenEstimate: number | null;
  /** Path of the item's companion directory (`<item>.d`), where it has one. */
  readonly companion: string | null;
  /** Whether its content is bytes and no text: `read` is ENOTSUP then, and `/api/files/…` gives them. */
  readonly binary: boolean;
  /** Directories of a tool: the kind of record that a new file here becomes. */
  readonly creates: string | null;
  /** Directories: the most bytes that a file uploaded here may have; null where none can be. */
  readonly uploadBytes: number | null;
  /** Files: what `read` takes as `as`, the one without being asked first; empty for directories and bytes. */
  readonly formats: readonly ReadFormat[];
  /** What its companion directory holds by fixed names (`comments.md`, `attachments`); empty without one. */
  readonly parts: readonly string[];
}

export interface ActsAs {
  readonly type: "person" | "app" | "hub";
  /** `Ann Smith (ann@acme.test)`, as the tool names it. */
  readonly name: string;
}

export interface ListPage {
  readonly nodes: readonly Node[];
  readonly nextCursor: string | null;
  /** The number of children, null while the mirror does not know them all. */
  readonly total: number | null;
  readonly complete: boolean;
  readonly freshness: Freshness;
}

export type ReadFormat = "markdown" | "thread" | "json" | "raw";

export interface ReadResult {
  readonly node: Node;
  readonly as: ReadFormat;
  readonly mediaType: string;
  /** The text, or the asked-for part of it. */
  readonly text: string;
  readonly etag: string;
  /** Bytes of the whole text; `offset` and the text's own length say which part this is. */
  readonly sizeBytes: number;
  readonly offset: number;
  readonly truncated: boolean;
  readonly freshness: Freshness;
}

/** One field of a change, as a person reads it: `state: "Todo" → "Done"`. */
export interface FieldChange {
  readonly field: string;
  readonly from: string | null;
  readonly to: string | null;
}

export interface PlanStep {
  /** The call in the vendor's words: `issueUpdate ENG-12`. */
  readonly call: string;
  readonly changes: readonly FieldChange[];
}

/** What would happen, before it does. */
export interface Plan {
  /** `pln_…`; hand it to `execute`. */
  readonly id: string;
  readonly path: string;
  readonly baseEtag: string | null;
  readonly expiresAt: string;
  /** Empty when the file already says what was to be written. */
  readonly steps: readonly PlanStep[];
  /** What people will notice beyond the change itself: "mails 12 attendees". */
  readonly effects: readonly string[];
  readonly actsAs: ActsAs;
}

export interface ReceiptStep extends PlanStep {
  readonly outcome: "done" | "failed" | "not_tried";
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** What happened. */
export interface Receipt {
  readonly operation: Operation;
  readonly path: string;
  readonly canonicalPath: string;
  /** The etag now; null after a removal. */
  readonly etag: string | null;
  readonly steps: readonly ReceiptStep[];
  readonly actsAs: ActsAs;
  /** How to take it back, in words, or null where it cannot be. */
  readonly undo: string | null;
  /** False when the tool was already as asked and nothing was sent. */
  readonly changed: boolean;
  readonly at: string;
}

/** A change answers with a receipt, or with the plan that `dryRun` asked for. */
export type ChangeAnswer = { readonly kind: "plan"; readonly plan: Plan } | { readonly kind: "receipt"; readonly receipt: Receipt };

/** A field of a kind's front matter, for the schema that a mount publishes. */
export interface FieldSchema {
  readonly name: string;
  readonly type: "string" | "number" | "date" | "datetime" | "enum" | "reference" | "references" | "url" | "boolean" | "strings";
  readonly writable: boolean;
  /** Required when creating. */
  readonly required?: boolean;
  readonly values?: readonly string[];
  readonly description: string;
}

export interface KindSchema {
  readonly kind: string;
  readonly fields: readonly FieldSchema[];
  /** Whether the text below the front matter can be written, and as what (`description`). */
  readonly body: string | null;
  readonly create: boolean;
  readonly update: boolean;
  readonly append: boolean;
  /** What removing does, in words ("archives the issue; undo in Linear"), null where it is not supported. */
  readonly remove: string | null;
  /** What moving does, in words ("puts the task into that section"); left out where it is not supported. */
  readonly move?: string;
  /** Left out where the kind takes no uploaded bytes. */
  readonly upload?: { readonly maxBytes: number };
  /** The capability that changing this kind needs (`write:issues`); without it a change is ESCOPE. */
  readonly writeCapability?: string;
}

/** What can be written on the mount of a path, by kind. */
export interface MountSchema {
  readonly path: string;
  readonly kinds: readonly KindSchema[];
  readonly guard: "atomic" | "checked";
}

export type ErrorCode =
  | "ENOENT"
  | "EACCES"
  | "EAUTH"
  | "ENOTCONN"
  | "ESCOPE"
  | "EEXIST"
  | "EISDIR"
  | "ENOTDIR"
  | "ENOTEMPTY"
  | "EINVAL"
  | "ESTALE"
  | "EFBIG"
  | "EDQUOT"
  | "ENOTSUP"
  | "EAGAIN"
  | "EIO";

/** Facts beside the sentence; each is safe to show to the caller. */
export interface ErrorDetails {
  /** The current etag, on ESTALE. */
  readonly etag?: string;
  /** ESTALE of a cursor: start the list again. */
  readonly restart?: boolean;
  /** EIO: whether the tool did what was asked. `unknown`: the answer was lost and could not be resolved; nothing is sent again. */
  readonly outcome?: "not_done" | "unknown";
  /** The tool's own status and request id, on EIO. */
  readonly vendorStatus?: number;
  readonly vendorRequestId?: string;
  /** `cal_…` of the call to the tool that failed, in the call log. */
  readonly call?: string;
  /** The scope that is missing, and the capability that needs it (`write:comments`), on ESCOPE. */
  readonly scope?: string;
  readonly capability?: string;
  /** The operation that is not supported, on ENOTSUP. */
  readonly operation?: string;
  /** The names that matched, when a reference or a segment was ambiguous. */
  readonly candidates?: readonly string[];
  /** Front matter: the key and the 1-based line that was wrong. */
  readonly key?: string;
  readonly line?: number;
  /** The limit that was passed, on EFBIG and EDQUOT. */
  readonly limit?: number;
  /** A change of several steps that broke off: which were done, which failed, which were not tried. */
  readonly receipt?: { readonly path: string; readonly steps: readonly ReceiptStep[] };
}

/** What a client is shown of an error: as it comes over the wire. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path?: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly actionUrl?: string;
  readonly details: ErrorDetails;
}

interface Asking {
  /** Absolute, `/context/…`. */
  readonly path: string;
  /** Milliseconds, at most 60,000, that the hub may wait in all for a tool that is at its limit or fails for a moment; default 10,000. */
  readonly maxWaitMs?: number;
}

interface Looking extends Asking {
  /** Asks the tool first, instead of answering what was seen before. */
  readonly fresh?: boolean;
}

interface Changing extends Asking {
  /** Answers the plan of what would be done, and does nothing; `execute` runs it. */
  readonly dryRun?: boolean;
  /** The same key and content within 24 hours answer the first receipt, and send nothing again. */
  readonly idempotencyKey?: string;
}

export type StatInput = Looking;

export interface ListInput extends Looking {
  readonly cursor?: string;
  /** 1 to 1,000, default 200. */
  readonly limit?: number;
  readonly sort?: "name" | "modifiedAt" | "sizeBytes";
  readonly order?: "ascending" | "descending";
}

export interface ReadInput extends Looking {
  readonly as?: ReadFormat;
  /** A range of bytes or of 1-based lines; not both. */
  readonly bytes?: { readonly offset: number; readonly length: number };
  readonly lines?: { readonly from: number; readonly to: number };
}

export interface WriteInput extends Changing {
  readonly text: string;
  /** The etag of what was read; over an existing item of a tool it is required. */
  readonly ifMatch?: string;
  /** Creates only: EEXIST when something is there. */
  readonly ifNoneMatch?: "*";
  /** Files with retention: when the file is to expire, inside its tier's range. */
  readonly expiresAt?: string;
}

export interface AppendInput extends Changing {
  readonly text: string;
  readonly ifMatch?: string;
}

export interface EditInput extends Changing {
  /** Replaced once, exactly; EINVAL when it stands there never or, without `all`, more often. */
  readonly find: string;
  readonly replace: string;
  readonly all?: boolean;
  readonly ifMatch?: string;
}

export type MkdirInput = Changing;

export interface MoveInput extends Changing {
  readonly to: string;
  readonly ifMatch?: string;
}

export interface RemoveInput extends Changing {
  readonly recursive?: boolean;
  readonly ifMatch?: string;
}

export interface ExecuteInput {
  /** `pln_…` */
  readonly plan: string;
  readonly idempotencyKey?: string;
  readonly maxWaitMs?: number;
}

/** The operations of the file system. */
export interface HubOperations {
  stat(input: StatInput): Promise<Node>;
  list(input: ListInput): Promise<ListPage>;
  read(input: ReadInput): Promise<ReadResult>;
  /** What can be written on the mount of a path, by kind. */
  schema(input: { readonly path: string }): Promise<MountSchema>;
  /** Creates or replaces a file. */
  write(input: WriteInput): Promise<ChangeAnswer>;
  /** Adds to the file that it names: to `comments.md` a comment, to `today.md` a message. */
  append(input: AppendInput): Promise<ChangeAnswer>;
  edit(input: EditInput): Promise<ChangeAnswer>;
  mkdir(input: MkdirInput): Promise<ChangeAnswer>;
  move(input: MoveInput): Promise<ChangeAnswer>;
  remove(input: RemoveInput): Promise<ChangeAnswer>;
  /** Runs exactly the plan that `dryRun` answered, once; ESTALE when what it is based on changed. */
  execute(input: ExecuteInput): Promise<ChangeAnswer>;
}
