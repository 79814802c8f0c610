import type { CallContext } from "@/server/transport/send";
import type { FieldChange, ReadFormat } from "./node";

/**
 * What an integration gives the file system: a `ToolMount` only talks to the tool. It knows records, routes and formats; it knows
 * nothing of display paths, handles' storage, the mirror, roles or plans' storage, which `layers/` put around it.
 */

/** One step below the mount: a fixed name (`issues`, `team.json`), or an object of the tool. */
export type LocationSegment =
  | { readonly type: "fixed"; readonly name: string }
  /** `companion`: the item's `.d` directory instead of the item itself. */
  | { readonly type: "object"; readonly kind: string; readonly externalId: string; readonly companion?: boolean };

/** Where something stands below the mount's root; the empty array is the root. */
export type Location = readonly LocationSegment[];

/** A child as the tool has it. The layer makes segment, handle and path of it. */
export interface Entry {
  readonly segment: LocationSegment;
  readonly kind: "file" | "directory" | "link";
  /** The human part of the segment, unsanitised (`ENG-12 Fix login`); for fixed segments, the name itself. */
  readonly title: string;
  /** With the dot, `""` for directories. */
  readonly extension: string;
  readonly mediaType: string | null;
  /** Null where it is only known after printing. */
  readonly sizeBytes: number | null;
  readonly createdAt: string | null;
  readonly modifiedAt: string | null;
  /** The tool's own revision (`updatedAt`, an etag); null where it has none. */
  readonly revision: string | null;
  readonly webUrl: string | null;
  /** For links: where the object has its one canonical place. */
  readonly canonical?: Location;
  /** Whether the item has a companion directory. */
  readonly companion?: boolean;
  /** The kind whose schema applies, where the segment is fixed (`team.json` → `team`, `comments.md` → `comments`). */
  readonly schemaKind?: string;
  /** Directories: the kind that a new file here becomes (`issue`); absent where nothing can be created. */
  readonly creates?: string;
  /** Files whose content is bytes: they have no text, and `open` gives them. */
  readonly binary?: boolean;
  /**
   * Directories that know children which no list shows (`messages/<ts>.md`): a name below that the mirror does not have is asked of the
   * tool by `stat`, as a fixed segment.
   */
  readonly unlisted?: boolean;
}

export interface EntryPage {
  readonly entries: readonly Entry[];
  /** The tool's cursor of the next page, opaque; null at the end. */
  readonly nextCursor: string | null;
}

export interface PrintedFile {
  readonly text: string;
  readonly mediaType: string;
  readonly entry: Entry;
}

/** A name and handle pair, printed as `Ann Smith~handle`. */
export interface ReferencePrinter {
  /** The handle of an object; stable, made on first use. */
  handle(kind: string, externalId: string): Promise<string>;
  /** Which object a handle is; null when no object of this mount has it, and the text is a name. */
  find(handle: string): Promise<{ readonly kind: string; readonly externalId: string } | null>;
}

export interface MountContext extends ReferencePrinter {
  readonly call: CallContext;
  /** The mount's fixed IANA time zone. */
  readonly timeZone: string;
}

/** What a caller wants to change. `base` is the text that the hub printed for the etag the caller read. */
export type Change =
  | {
      readonly type: "create";
      readonly parent: Location;
      /** The file name the caller used, without extension; the front matter wins, a disagreement is EINVAL. */
      readonly name: string;
      readonly extension: string;
      readonly text: string;
      /** A uuid, derived from the idempotency key where there is one; the vendor's id or marker is made from it. */
      readonly seed: string;
    }
  | { readonly type: "update"; readonly location: Location; readonly base: string; readonly revision: string | null; readonly text: string }
  | { readonly type: "append"; readonly location: Location; readonly text: string; readonly seed: string }
  | { readonly type: "remove"; readonly location: Location; readonly revision: string | null }
  | {
      readonly type: "move";
      readonly location: Location;
      /** The directory that it is to stand in; its own where only the name changes. */
      readonly to: Location;
      /** The new human part, with extension, without handle; null keeps it. */
      readonly name: string | null;
      readonly revision: string | null;
      readonly seed: string;
    }
  | {
      readonly type: "upload";
      readonly parent: Location;
      /** With extension. */
      readonly name: string;
      readonly mediaType: string;
      readonly sizeBytes: number;
      readonly seed: string;
    };

/** Bytes that a step sends, whose number is known before the first leaves. */
export interface UploadContent {
  readonly sizeBytes: number;
  /** The bytes from the start, each time it is called. */
  stream(): ReadableStream<Uint8Array>;
}

/** A stretch of a file's bytes, both ends included. `end: null` reaches to the end. */
export interface ByteRange {
  readonly start: number;
  readonly end: number | null;
}

export interface OpenedFile {
  readonly entry: Entry;
  readonly mediaType: string;
  /** Of the whole file; null where the tool does not say. */
  readonly sizeBytes: number | null;
  /** What comes, both ends included; null: the whole file. */
  readonly range: { readonly start: number; readonly end: number } | null;
  /** Reading it to its end, or cancelling it, ends the call behind it. */
  readonly body: ReadableStream<Uint8Array>;
}

/** One call of a plan. `args` is what `perform` needs, JSON, without secrets; it is stored until the plan is executed. */
export interface DraftStep {
  readonly call: string;
  readonly changes: readonly FieldChange[];
  readonly args: JsonObject;
}

export interface DraftPlan {
  /** Empty when nothing would change. */
  readonly steps: readonly DraftStep[];
  readonly effects: readonly string[];
  /** How to take it back, in words; null where it cannot be. */
  readonly undo: string | null;
}

export interface StepResult {
  /** The record this step made or changed; null after a removal. */
  readonly location: Location | null;
  /** Merged into the args of the steps that follow, over their own keys. */
  readonly output?: JsonObject;
}

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

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
  /** What `read` takes as `as`, the one without being asked first; left out where there is only that of the media type. */
  readonly formats?: readonly [ReadFormat, ...ReadFormat[]];
  /** The fixed names in the companion directory of its items (`comments.md`, `attachments`); left out where they have none. */
  readonly parts?: readonly string[];
  /** Left out where the kind takes no uploaded bytes. */
  readonly upload?: { readonly maxBytes: number };
  /** The capability that changing this kind needs (`write:issues`); without it a change is ESCOPE. */
  readonly writeCapability?: string;
}

export interface ToolMountDescription {
  readonly actsAs: "person" | "app";
  /** `atomic`: the tool refuses a stale write itself. `checked`: compared just before. */
  readonly guard: "atomic" | "checked";
  readonly kinds: readonly KindSchema[];
  /**
   * Fixed names at the mount's root that hold a person's own things (mail, calendars, contacts, direct messages): of a shared connection
   * only its owner sees them, until the owner shares them by name.
   */
  readonly personal?: readonly string[];
}

/**
 * A tool as a tree. Errors are HubErrors: ENOENT for a record that is gone, ENOTDIR/EISDIR for the wrong kind, ENOTSUP naming the
 * operation, EINVAL naming key and line, ESTALE when the revision moved on, and what transport throws.
 */
export interface ToolMount {
  readonly description: ToolMountDescription;
  /** Children of a directory, in the tool's order; `limit` is a wish, the vendor's cap wins. */
  list(directory: Location, page: { readonly cursor: string | null; readonly limit: number }, context: MountContext): Promise<EntryPage>;
  /** The entry at a location, asked of the tool. */
  stat(location: Location, context: MountContext): Promise<Entry>;
  /** The file as text. `markdown` is the default of items with text, `json` of records without; formats it lacks are ENOTSUP. */
  read(location: Location, as: ReadFormat | null, context: MountContext): Promise<PrintedFile>;
  /**
   * The bytes of a file, for what `read` cannot print as text. A range that begins behind the end is EINVAL. Mounts without bytes leave it
   * out.
   */
  open?(location: Location, options: { readonly range: ByteRange | null }, context: MountContext): Promise<OpenedFile>;
  /** Turns a change into calls, sending nothing that changes anything. */
  plan(change: Change, context: MountContext): Promise<DraftPlan>;
  /**
   * Runs one step of a plan. Safe to repeat with the same args: it finds what a lost answer already did. `content` is there for the steps
   * of an upload.
   */
  perform(step: DraftStep, context: MountContext, content?: UploadContent): Promise<StepResult>;
}
