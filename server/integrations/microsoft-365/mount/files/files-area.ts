import { HubError } from "@/server/errors";
import type { Entry, EntryPage, Location, MountContext, OpenedFile } from "@/server/vfs/tool-mount";
import type { Microsoft365Api } from "../../api/microsoft-365-api";
import type { DriveItem } from "../../schema/files";
import {
  type Area,
  blank,
  fixedDirectory,
  isDirectory,
  isFile,
  json,
  jsonType,
  notThere,
  object,
  splitFileName,
  toEntries,
  unsupported,
} from "../area";

/** OneDrive: the person's own drive, folder by folder. Only read: the catalogue has no writing of files. */

type FilesPlace =
  | { readonly at: "root" }
  | { readonly at: "folder" | "file" | "shortcut"; readonly id: string; readonly parent: string | null };

/** More text than this is downloaded. */
const maxTextBytes = 1_048_576;

const textTypes = /^(?:text\/|application\/(?:json|xml|yaml|x-yaml|javascript|x-sh)\b)/i;

/** Reads a location that begins with `files`; ENOENT where the tree has no such place. */
function filesPlaceOf(location: Location): FilesPlace {
  let parent: string | null = null;
  const steps = location.slice(1);
  for (const [index, segment] of steps.entries()) {
    const isLast = index === steps.length - 1;
    if (segment.type !== "object" || segment.companion === true) throw notThere();
    const { kind, externalId: id } = segment;
    if (kind !== "folder" && kind !== "file" && kind !== "shortcut") throw notThere();
    if (isLast) return { at: kind, id, parent };
    if (kind !== "folder") throw notThere();
    parent = id;
  }
  return { at: "root" };
}

type ItemKind = "folder" | "file" | "shortcut";

/** A shortcut leads to another drive; a package (a notebook) has no bytes of its own. Both are records here, with their link. */
const kindOf = (item: DriveItem): ItemKind =>
  item.remoteItem || item.package ? "shortcut" : item.folder || item.root !== undefined ? "folder" : "file";

const isText = (item: DriveItem): boolean => textTypes.test(item.file?.mimeType ?? "") && (item.size ?? 0) <= maxTextBytes;

function itemEntry(item: DriveItem): Entry {
  const kind = kindOf(item);
  const times = { createdAt: item.createdDateTime ?? null, modifiedAt: item.lastModifiedDateTime ?? null, webUrl: item.webUrl ?? null };
  const segment = object(kind, item.id);
  const name = item.name ?? "";
  if (kind === "folder") return { ...blank, ...times, segment, kind: "directory", title: name || "Untitled", extension: "" };
  // The content's own revision: `cTag` stands still when only the item's name or folder changes.
  const revision = item.cTag ?? item.eTag ?? null;
  if (kind === "shortcut") {
    return { ...blank, ...times, segment, kind: "file", title: name || "Untitled", extension: ".json", mediaType: jsonType, revision };
  }
  return {
    ...times,
    segment,
    kind: "file",
    ...splitFileName(name),
    mediaType: item.file?.mimeType ?? "application/octet-stream",
    sizeBytes: item.size ?? null,
    revision,
    ...(isText(item) ? {} : { binary: true }),
  };
}

const shortcutJson = (item: DriveItem): string =>
  json({
    name: item.name ?? null,
    kind: item.package ? (item.package.type ?? "package") : item.remoteItem?.folder ? "shortcut to a folder" : "shortcut to a file",
    url: item.remoteItem?.webUrl ?? item.webUrl ?? null,
    drive_id: item.remoteItem?.parentReference?.driveId ?? item.parentReference?.driveId ?? null,
    item_id: item.remoteItem?.id ?? item.id,
  });

const readOnlyHere = "OneDrive is read only here; change files in OneDrive.";

/** The part that an answer brings (RFC 9110 §14.4); null: the whole. */
function readContentRange(text: string | null): { readonly start: number; readonly end: number; readonly size: number | null } | null {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(text ?? "");
  if (match === null) return null;
  return { start: Number(match[1]), end: Number(match[2]), size: match[3] === "*" ? null : Number(match[3]) };
}

export function createFilesArea({ api }: { readonly api: Microsoft365Api }): Area {
  const { files } = api;
  let root: Promise<string> | null = null;

  /** The id of the top folder never changes, so it is asked once; a failure is asked again. */
  function rootId(context: MountContext): Promise<string> {
    root ??= files.getRoot(context.call).then(
      ({ id }) => id,
      (error: unknown) => {
        root = null;
        throw error;
      },
    );
    return root;
  }

  /** The item, if it is in the folder that the path says, and still of that kind; ENOENT otherwise. */
  async function getItemAt(place: Exclude<FilesPlace, { at: "root" }>, context: MountContext): Promise<DriveItem> {
    const item = await files.getItem(place.id, context.call);
    const parent = place.parent ?? (await rootId(context));
    if (kindOf(item) !== place.at || item.parentReference?.id !== parent) throw notThere();
    return item;
  }

  async function stat(location: Location, context: MountContext): Promise<Entry> {
    const place = filesPlaceOf(location);
    return place.at === "root" ? fixedDirectory("files") : itemEntry(await getItemAt(place, context));
  }

  async function list(
    location: Location,
    page: { readonly cursor: string | null; readonly limit: number },
    context: MountContext,
  ): Promise<EntryPage> {
    const place = filesPlaceOf(location);
    if (place.at === "file" || place.at === "shortcut") throw isFile();
    const folder = place.at === "root" ? null : place.id;
    return toEntries(await files.listChildren(folder, { next: page.cursor, limit: page.limit }, context.call), itemEntry);
  }

  async function open(
    location: Location,
    range: { readonly start: number; readonly end: number | null } | null,
    context: MountContext,
  ): Promise<OpenedFile> {
    const place = filesPlaceOf(location);
    if (place.at !== "file")
      throw place.at === "shortcut" ? unsupported("read", "A shortcut has no bytes of its own: read it.") : isDirectory();
    const item = await getItemAt(place, context);
    const entry = itemEntry(item);
    const wanted = range === null ? null : `bytes=${range.start}-${range.end ?? ""}`;
    const response = await files.openContent(item.id, wanted, context.call);
    if (response.stream === null) throw new HubError("EIO", "Microsoft's answer has no content.");
    const part = response.status === 206 ? readContentRange(response.headers.get("content-range")) : null;
    // A part that does not say which it is could be any (RFC 9110 §15.3.7).
    if (response.status === 206 && part === null) {
      await response.stream.cancel();
      throw new HubError("EIO", "Microsoft sent a part of the file without saying which.");
    }
    return {
      entry,
      mediaType: entry.mediaType ?? "application/octet-stream",
      sizeBytes: part?.size ?? item.size ?? null,
      range: part === null ? null : { start: part.start, end: part.end },
      body: response.stream,
    };
  }

  return {
    stat,
    list,
    open: (location, { range }, context) => open(location, range, context),
    async read(location, as, context) {
      const place = filesPlaceOf(location);
      if (place.at === "root" || place.at === "folder") throw isDirectory();
      const item = await getItemAt(place, context);
      const entry = itemEntry(item);
      if (place.at === "shortcut") {
        if (as !== null && as !== "json") throw unsupported("read", 'A shortcut has the format "json" alone.');
        const text = shortcutJson(item);
        return { text, mediaType: jsonType, entry: { ...entry, sizeBytes: Buffer.byteLength(text) } };
      }
      if (entry.binary === true) throw unsupported("read", "This file is bytes: download it.");
      const response = await files.openContent(item.id, null, context.call);
      const text = await textOf(response.stream);
      return { text, mediaType: entry.mediaType ?? "text/plain", entry: { ...entry, sizeBytes: Buffer.byteLength(text) } };
    },
    async plan(change) {
      throw unsupported(
        change.type === "create" || change.type === "update" || change.type === "upload" ? "write" : change.type,
        readOnlyHere,
      );
    },
    async perform() {
      throw unsupported("execute", readOnlyHere);
    },
  };
}

/** The text of a small file; ENOTSUP where its bytes are no UTF-8. */
async function textOf(stream: ReadableStream<Uint8Array> | null): Promise<string> {
  if (stream === null) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > maxTextBytes)
      throw new HubError("EFBIG", "This text is larger than 1 MiB: download it.", { details: { limit: maxTextBytes } });
    chunks.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new HubError("ENOTSUP", "This file is not UTF-8 text: download its bytes (?as=raw).", { details: { operation: "read" }, cause });
  }
}
