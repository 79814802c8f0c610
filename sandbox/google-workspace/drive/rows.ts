/** What the simulated Drive keeps. */

export const mime = {
  folder: "application/vnd.google-apps.folder",
  document: "application/vnd.google-apps.document",
  spreadsheet: "application/vnd.google-apps.spreadsheet",
  presentation: "application/vnd.google-apps.presentation",
  drawing: "application/vnd.google-apps.drawing",
  form: "application/vnd.google-apps.form",
  shortcut: "application/vnd.google-apps.shortcut",
} as const;

export type Role = "owner" | "organizer" | "fileOrganizer" | "writer" | "commenter" | "reader";

export interface Share {
  readonly role: Role;
  /** RFC 3339. */
  readonly at: string;
  readonly by: string;
}

export interface FileRow {
  readonly id: string;
  name: string;
  readonly mimeType: string;
  /** `sub`; null in a shared drive, which owns its files itself. */
  readonly owner: string | null;
  /** Null for the root of somebody's drive. */
  parentId: string | null;
  /** The shared drive that it is in; its root folder has the drive's own id. */
  driveId: string | null;
  readonly createdTime: string;
  modifiedTime: string;
  modifiedBy: string;
  /** Counts every change. */
  version: number;
  trashed: boolean;
  /** By `sub`. */
  readonly shares: Map<string, Share>;
  readonly shortcutTo: string | null;
  /** Of files with bytes; of spreadsheets the CSV and of presentations the text; null for the rest. */
  content: Uint8Array | null;
  /** Private to the app that wrote them, by client id. */
  readonly appProperties: Map<string, Readonly<Record<string, string>>>;
  /** The apps that made or opened it: `drive.file` covers it. */
  readonly apps: Set<string>;
  description: string | null;
  readonly copyRestricted: boolean;
}

export interface DriveRow {
  readonly id: string;
  readonly name: string;
  readonly company: string;
  readonly createdTime: string;
  readonly members: Map<string, Role>;
}

export interface ChangeRow {
  readonly seq: number;
  readonly time: string;
  readonly fileId: string;
  /** Who could see the file before or after, by `sub`. */
  readonly audience: ReadonlySet<string>;
  readonly driveId: string | null;
}
