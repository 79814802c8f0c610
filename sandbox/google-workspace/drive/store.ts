import { idAlphabets, stableId } from "../../ids";
import type { Account, AreaOptions } from "../area";
import { blankDocument, type DocumentRow } from "../docs/model";
import { type ChangeRow, type DriveRow, type FileRow, mime, type Role } from "./rows";

/** Files, shared drives, the documents inside files, and the log of changes; who may see and change what. */

/** What happened to a file, in the words of push notifications; `changed` says more of an update. */
export interface FileEvent {
  readonly change: ChangeRow;
  readonly state: "add" | "remove" | "update" | "trash" | "untrash";
  readonly changed?: "content" | "parents" | "properties";
}

export interface SavedDrive {
  readonly files: ReadonlyMap<string, FileRow>;
  readonly drives: ReadonlyMap<string, DriveRow>;
  readonly documents: ReadonlyMap<string, DocumentRow>;
  readonly changes: readonly ChangeRow[];
}

export interface NewFile {
  readonly id?: string;
  readonly name: string;
  readonly mimeType: string;
  readonly owner: string | null;
  readonly parentId: string | null;
  readonly driveId?: string | null;
  readonly at?: string;
  readonly by: string;
  readonly shortcutTo?: string;
  readonly content?: Uint8Array;
  readonly clientId?: string;
  readonly copyRestricted?: boolean;
}

const roles: readonly Role[] = ["reader", "commenter", "writer", "fileOrganizer", "organizer", "owner"];

export class DriveStore {
  readonly files = new Map<string, FileRow>();
  readonly drives = new Map<string, DriveRow>();
  readonly documents = new Map<string, DocumentRow>();
  readonly changes: ChangeRow[] = [];
  readonly #children = new Map<string, Set<string>>();
  readonly #options: AreaOptions;
  readonly #listeners = new Set<(event: FileEvent) => void>();
  #made = 0;

  constructor(options: AreaOptions) {
    this.#options = options;
  }

  clear(): void {
    for (const map of [this.files, this.drives, this.documents, this.#children]) map.clear();
    this.changes.length = 0;
    this.#made = 0;
  }

  save(): SavedDrive {
    return { files: this.files, drives: this.drives, documents: this.documents, changes: this.changes };
  }

  restore(saved: SavedDrive): void {
    this.clear();
    for (const [id, drive] of saved.drives) this.drives.set(id, drive);
    for (const [id, document] of saved.documents) this.documents.set(id, document);
    for (const file of saved.files.values()) this.#put(file);
    this.changes.push(...saved.changes);
    this.#made = saved.files.size;
  }

  onChange(listener: (event: FileEvent) => void): void {
    this.#listeners.add(listener);
  }

  rootOf(account: Account): string {
    return `0A${stableId(idAlphabets.base64url, 15, "my drive", account.sub)}PVA`;
  }

  newId(...words: readonly string[]): string {
    this.#made += 1;
    const unique = words.length > 0 ? words : [String(this.#made), String(this.#options.clock()), String(Math.random())];
    return `1${stableId(idAlphabets.base64url, 32, "file", ...unique)}`;
  }

  #put(file: FileRow): void {
    this.files.set(file.id, file);
    if (file.parentId !== null) this.#childrenOf(file.parentId).add(file.id);
  }

  #childrenOf(parentId: string): Set<string> {
    const known = this.#children.get(parentId) ?? new Set<string>();
    this.#children.set(parentId, known);
    return known;
  }

  childrenOf(parentId: string): readonly FileRow[] {
    return [...(this.#children.get(parentId) ?? [])].flatMap((id) => this.files.get(id) ?? []);
  }

  /** A file as the seed or a request makes it; of the seed, nothing is logged. */
  add(made: NewFile): FileRow {
    const at = made.at ?? this.#options.writeTime();
    const file: FileRow = {
      id: made.id ?? this.newId(),
      name: made.name,
      mimeType: made.mimeType,
      owner: made.owner,
      parentId: made.parentId,
      driveId: made.driveId ?? null,
      createdTime: at,
      modifiedTime: at,
      modifiedBy: made.by,
      version: 1,
      trashed: false,
      shares: new Map(),
      shortcutTo: made.shortcutTo ?? null,
      content: made.content ?? null,
      appProperties: new Map(),
      apps: new Set(made.clientId === undefined ? [] : [made.clientId]),
      description: null,
      copyRestricted: made.copyRestricted === true,
    };
    this.#put(file);
    if (file.mimeType === mime.document) this.documents.set(file.id, blankDocument(file.id));
    if (made.at === undefined) this.#log(file, this.audienceOf(file), { state: "add" });
    return file;
  }

  /** Everybody who can see it. */
  audienceOf(file: FileRow): ReadonlySet<string> {
    return new Set(this.#options.accounts.all.filter((account) => this.roleOf(file, account) !== null).map(({ sub }) => sub));
  }

  #log(file: FileRow, audience: ReadonlySet<string>, what: Omit<FileEvent, "change">): void {
    const change: ChangeRow = {
      seq: (this.changes.at(-1)?.seq ?? 1_000) + 1,
      time: file.modifiedTime,
      fileId: file.id,
      audience,
      driveId: file.driveId,
    };
    this.changes.push(change);
    for (const listener of this.#listeners) listener({ change, ...what });
  }

  /** Notes a change of a file by somebody; `work` changes the row, or what is in the file. */
  change(file: FileRow, by: string, work: () => void, isContent = false): void {
    const before = this.audienceOf(file);
    const { parentId: parent, trashed } = file;
    work();
    if (file.parentId !== parent) {
      if (parent !== null) this.#childrenOf(parent).delete(file.id);
      if (file.parentId !== null) this.#childrenOf(file.parentId).add(file.id);
    }
    file.version += 1;
    file.modifiedTime = this.#options.writeTime();
    file.modifiedBy = by;
    const state = file.trashed === trashed ? "update" : file.trashed ? "trash" : "untrash";
    const changed = isContent ? "content" : file.parentId === parent ? "properties" : "parents";
    this.#log(file, new Set([...before, ...this.audienceOf(file)]), state === "update" ? { state, changed } : { state });
  }

  /** Takes a file and all below it away for good. */
  remove(file: FileRow): void {
    for (const child of this.childrenOf(file.id)) this.remove(child);
    const audience = this.audienceOf(file);
    this.files.delete(file.id);
    this.documents.delete(file.id);
    if (file.parentId !== null) this.#childrenOf(file.parentId).delete(file.id);
    this.#log({ ...file, modifiedTime: this.#options.writeTime() }, audience, { state: "remove" });
  }

  /** The strongest role of an account at a file, its own or that of a folder above; null: it cannot see it. */
  roleOf(file: FileRow, account: Account): Role | null {
    let best = -1;
    const seen = new Set<string>();
    for (
      let at: FileRow | undefined = file;
      at !== undefined && !seen.has(at.id);
      at = at.parentId === null ? undefined : this.files.get(at.parentId)
    ) {
      seen.add(at.id);
      if (at.owner === account.sub) best = Math.max(best, roles.indexOf("owner"));
      const share = at.shares.get(account.sub);
      if (share !== undefined) best = Math.max(best, roles.indexOf(share.role));
    }
    const member = file.driveId === null ? undefined : this.drives.get(file.driveId)?.members.get(account.sub);
    if (member !== undefined) best = Math.max(best, roles.indexOf(member));
    return roles[best] ?? null;
  }

  canEdit(file: FileRow, account: Account): boolean {
    const role = this.roleOf(file, account);
    return role !== null && roles.indexOf(role) >= roles.indexOf("writer");
  }

  /** The file, if the account may see it. */
  find(id: string, account: Account): FileRow | null {
    const file = this.files.get(id === "root" ? this.rootOf(account) : id);
    return file === undefined || this.roleOf(file, account) === null ? null : file;
  }

  isTrashed(file: FileRow): boolean {
    const parent = file.parentId === null ? undefined : this.files.get(file.parentId);
    return file.trashed || (parent !== undefined && this.isTrashed(parent));
  }

  document(file: FileRow): DocumentRow {
    const document = this.documents.get(file.id);
    if (document === undefined) throw new Error(`The sandbox lost the document ${file.id}.`);
    return document;
  }
}
