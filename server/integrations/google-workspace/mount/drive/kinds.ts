import type { FieldSchema, KindSchema } from "@/server/vfs/tool-mount";
import { documentType } from "../../api/drive";
import type { DriveFile } from "../../schema/drive";

/** The kinds of files in Drive, and how each stands in the tree. */

export type FileKind = "folder" | "document" | "spreadsheet" | "presentation" | "drawing" | "shortcut" | "app-file" | "file";

const native = "application/vnd.google-apps.";

const byType: Readonly<Record<string, FileKind>> = {
  [`${native}folder`]: "folder",
  [documentType]: "document",
  [`${native}spreadsheet`]: "spreadsheet",
  [`${native}presentation`]: "presentation",
  [`${native}drawing`]: "drawing",
  [`${native}shortcut`]: "shortcut",
};

/** Files of Google's apps without a text form of their own (forms, sites, videos) are `app-file`. */
export const kindOfType = (mimeType: string): FileKind => byType[mimeType] ?? (mimeType.startsWith(native) ? "app-file" : "file");

/** The largest file that is read as text; larger ones are bytes. */
const maxReadBytes = 1024 * 1024;

const textTypes = /^(?:text\/.+|application\/(?:json|xml|yaml|x-yaml|toml|javascript|sql|[\w.+-]+\+(?:json|xml)))$/;

/** Whether a file with bytes is printed as text. */
export const isText = (file: Pick<DriveFile, "mimeType" | "size">): boolean =>
  textTypes.test(file.mimeType) && Number(file.size ?? 0) <= maxReadBytes;

/** What a drawing is exported as. */
export const drawingType = "image/svg+xml";

interface Form {
  readonly extension: string;
  readonly mediaType: string | null;
}

const forms: Readonly<Record<Exclude<FileKind, "file" | "shortcut">, Form>> = {
  folder: { extension: "", mediaType: null },
  document: { extension: ".md", mediaType: "text/markdown; charset=utf-8" },
  spreadsheet: { extension: ".csv", mediaType: "text/csv; charset=utf-8" },
  presentation: { extension: ".txt", mediaType: "text/plain; charset=utf-8" },
  drawing: { extension: ".svg", mediaType: drawingType },
  "app-file": { extension: ".json", mediaType: "application/json; charset=utf-8" },
};

/** An extension that a person wrote: short, and without blanks; `report v1.2 final` has none. */
const written = /^(.+)(\.[\p{L}\p{N}_-]{1,15})$/su;

/** How a file is named: Google's own get the extension of the form they are read in, others keep theirs. */
export function formOf(file: Pick<DriveFile, "name" | "mimeType" | "size">): Form & { readonly title: string } {
  const kind = kindOfType(file.mimeType);
  const title = file.name.trim() === "" ? "Untitled" : file.name;
  if (kind !== "file" && kind !== "shortcut") return { ...forms[kind], title };
  const [, stem, extension] = written.exec(title) ?? [];
  const mediaType = kind === "file" ? (isText(file) ? `${file.mimeType}; charset=utf-8` : file.mimeType) : null;
  if (stem === undefined || extension === undefined) return { title, extension: "", mediaType };
  return { title: stem, extension, mediaType };
}

const nothing = { fields: [], body: null, create: false, update: false, append: false, remove: null } as const;

const field = (name: string, type: FieldSchema["type"], description: string): FieldSchema => ({ name, type, writable: false, description });

export const driveKinds: readonly KindSchema[] = [
  {
    ...nothing,
    kind: "document",
    fields: [
      field("title", "string", "The document's name; it is changed in Google Drive. Left out of a new document, the file's name is taken."),
      field("id", "string", "Google's id."),
    ],
    body: "text as Markdown; an edit stays inside paragraphs, an addition goes to the end",
    create: true,
    update: true,
    append: true,
    formats: ["markdown", "raw"],
    writeCapability: "write:docs",
  },
  { ...nothing, kind: "spreadsheet" },
  { ...nothing, kind: "presentation" },
  { ...nothing, kind: "drawing" },
  {
    ...nothing,
    kind: "app-file",
    fields: [
      field("name", "string", "Its name."),
      field("type", "string", "Google's media type."),
      field("url", "url", "Where it opens."),
      field("id", "string", "Google's id."),
    ],
  },
  { ...nothing, kind: "file" },
  { ...nothing, kind: "folder" },
  { ...nothing, kind: "shortcut" },
  { ...nothing, kind: "shared-drive" },
];
