/** What the file system answers with: the shapes every caller (explorer, tRPC, agents) sees. Times are ISO 8601 in UTC, sizes bytes. */

export const operations = [
  "stat",
  "list",
  "read",
  "write",
  "append",
  "edit",
  "mkdir",
  "move",
  "copy",
  "remove",
  "glob",
  "grep",
  "search",
  "watch",
  "history",
  "restore",
  "batch",
  "explain",
  "execute",
] as const;
export type Operation = (typeof operations)[number];

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

export const readFormats = ["markdown", "thread", "json", "raw"] as const;
export type ReadFormat = (typeof readFormats)[number];

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
