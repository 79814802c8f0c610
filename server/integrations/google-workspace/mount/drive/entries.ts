import type { Entry, Location } from "@/server/vfs/tool-mount";
import type { DriveFile, SharedDrive } from "../../schema/drive";
import { blankEntry, directoryEntry, object } from "../area";
import { formOf, isText, kindOfType } from "./kinds";

/** Drive's records as rows of a directory. */

/**
 * What says that a file is another than before: of files with bytes their revision, which does not move when somebody looks at them;
 * of all others Drive's count of changes.
 */
const revisionOf = (file: DriveFile): string | null => file.headRevisionId ?? file.version ?? file.modifiedTime ?? null;

/** A file or folder at its own place. */
export function fileEntry(file: DriveFile): Entry {
  const kind = kindOfType(file.mimeType);
  const { title, extension, mediaType } = formOf(file);
  const isBinary = kind === "drawing" || (kind === "file" && !isText(file));
  return {
    segment: object(kind, file.id),
    kind: kind === "folder" ? "directory" : "file",
    title,
    extension,
    mediaType,
    sizeBytes: kind === "file" && file.size !== undefined ? Number(file.size) : null,
    createdAt: file.createdTime ?? null,
    modifiedAt: file.modifiedTime ?? null,
    revision: revisionOf(file),
    webUrl: file.webViewLink ?? null,
    ...(isBinary ? { binary: true } : {}),
  };
}

/** The file where it is not at home. It is read through, so the link itself has no revision. */
export function linkEntry(file: DriveFile, canonical: Location): Entry {
  return { ...fileEntry(file), kind: "link", revision: null, sizeBytes: null, canonical };
}

/** A shortcut: it is named by itself and reads as its target; without one it leads nowhere. */
export function shortcutEntry(shortcut: DriveFile, target: DriveFile | null, canonical: Location | null): Entry {
  const type = target?.mimeType ?? shortcut.shortcutDetails?.targetMimeType ?? "";
  const named = formOf({ name: shortcut.name, mimeType: type, size: target?.size });
  return {
    ...fileEntry(shortcut),
    kind: "link",
    title: named.title,
    extension: named.extension,
    mediaType: named.mediaType,
    sizeBytes: null,
    revision: null,
    ...(canonical === null ? {} : { canonical }),
  };
}

export const sharedDriveEntry = (drive: SharedDrive): Entry => ({
  ...blankEntry,
  segment: object("shared-drive", drive.id),
  kind: "directory",
  title: drive.name,
  extension: "",
  createdAt: drive.createdTime ?? null,
});

export const myDriveEntry = (): Entry => directoryEntry("my-drive", { creates: "document" });
