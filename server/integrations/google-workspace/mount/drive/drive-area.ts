import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import type { Entry, EntryPage, Location } from "@/server/vfs/tool-mount";
import { type Corpus, type DriveApi, quoted } from "../../api/drive";
import type { PageRequest } from "../../api/http";
import type { DriveFile } from "../../schema/drive";
import { type Area, type CapabilityCheck, directoryEntry, isDirectory, isFile, unsupported, wholePage } from "../area";
import type { Documents } from "../docs/documents";
import type { Content } from "./content";
import { fileEntry, linkEntry, myDriveEntry, sharedDriveEntry, shortcutEntry } from "./entries";
import { driveKinds, kindOfType } from "./kinds";
import { createLocator, type Locator } from "./locate";
import { type Base, type Place, placeOf, sharedWithMe } from "./place";

/** Whether a place is that of an item directly in `shared-with-me`. */
const isTop = (location: Location): boolean =>
  location.length === sharedWithMe.length + 1 &&
  sharedWithMe.every((segment, at) => JSON.stringify(segment) === JSON.stringify(location[at]));

type ItemPlace = Extract<Place, { at: "item" }>;

/** Files as Drive has them: the person's own, those of shared drives, and those that others shared. */
export function createDriveArea(options: {
  readonly api: DriveApi;
  readonly content: Content;
  readonly documents: Documents;
  readonly check: CapabilityCheck;
}): Area {
  const { api, content, documents, check } = options;

  function enter(location: Location): Place {
    check.require("read:drive");
    return placeOf(location);
  }

  const corpusOf = (base: Base): Corpus => (base.in === "shared-drive" ? { in: "drive", driveId: base.drive } : { in: "person" });

  /** The file, if it is where the path says. Its folder is looked at, not the folders above that. */
  async function getItem(place: ItemPlace, call: CallContext): Promise<DriveFile> {
    const file = await api.getFile(place.id, call);
    if (kindOfType(file.mimeType) !== place.kind) throw new HubError("ENOENT", "This file is of another kind now. List its folder again.");
    const { base } = place;
    const top = base.in === "my-drive" ? () => api.getRootId(call) : base.in === "shared-drive" ? async () => base.drive : null;
    const folder = place.folders.at(-1) ?? (top === null ? null : await top());
    const isThere = folder === null ? file.sharedWithMeTime !== undefined : file.parents?.includes(folder) === true;
    if (!isThere) throw new HubError("ENOENT", "This file is somewhere else in Google Drive now.");
    return file;
  }

  /** The row of a file in a directory. */
  async function entryOf(file: DriveFile, isTopShared: boolean, locator: Locator): Promise<Entry> {
    if (kindOfType(file.mimeType) === "shortcut") {
      const target = file.shortcutDetails?.targetId === undefined ? null : await locator.find(file.shortcutDetails.targetId);
      return shortcutEntry(file, target, target === null ? null : await locator.locate(target));
    }
    // Shared by itself and in a folder that the person sees too: that is its place.
    const canonical = isTopShared && file.parents !== undefined ? await locator.locate(file) : null;
    return canonical === null || isTop(canonical) ? fileEntry(file) : linkEntry(file, canonical);
  }

  async function statItem(place: ItemPlace, call: CallContext): Promise<{ readonly entry: Entry; readonly file: DriveFile }> {
    const file = await getItem(place, call);
    const isTopShared = place.base.in === "shared-with-me" && place.folders.length === 0;
    return { file, entry: await entryOf(file, isTopShared, createLocator(api, call)) };
  }

  /** What a row reads as: a shortcut's target, else the file itself. */
  async function readThrough(place: ItemPlace, call: CallContext): Promise<{ readonly entry: Entry; readonly file: DriveFile }> {
    const { entry, file } = await statItem(place, call);
    if (place.kind !== "shortcut") return { entry, file };
    const { targetId } = file.shortcutDetails ?? {};
    if (targetId === undefined) throw new HubError("ENOENT", "This shortcut leads nowhere.");
    try {
      return { entry, file: await api.getFile(targetId, call) };
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== "ENOENT") throw error;
      throw new HubError("ENOENT", "What this shortcut leads to is gone, or not shared with the person who connected Google.", {
        cause: error,
      });
    }
  }

  async function listFiles(q: string, corpus: Corpus, page: PageRequest, isTopShared: boolean, call: CallContext): Promise<EntryPage> {
    const { items, nextCursor } = await api.listFiles(q, corpus, page, call);
    const locator = createLocator(api, call);
    const entries: Entry[] = [];
    for (const file of items) entries.push(await entryOf(file, isTopShared, locator));
    return { entries, nextCursor };
  }

  const childrenOf = (folder: string): string => `${quoted(folder)} in parents`;

  async function document(location: Location, call: CallContext): Promise<DriveFile> {
    const place = enter(location);
    if (place.at !== "item") throw isDirectory();
    const { file } = await readThrough(place, call);
    if (kindOfType(file.mimeType) !== "document") throw unsupported("write", "Only Google Docs documents can be changed from here.");
    return file;
  }

  return {
    name: "drive",
    kinds: driveKinds,

    async stat(location, { call }) {
      const place = enter(location);
      switch (place.at) {
        case "drive":
        case "shared-drives":
        case "shared-with-me":
          return directoryEntry(place.at);
        case "my-drive":
          return myDriveEntry();
        case "shared-drive":
          return sharedDriveEntry(await api.getDrive(place.drive, call));
        case "item":
          return (await statItem(place, call)).entry;
      }
    },

    async list(directory, page, { call }) {
      const place = enter(directory);
      switch (place.at) {
        case "drive":
          return wholePage([myDriveEntry(), directoryEntry("shared-drives"), directoryEntry("shared-with-me")]);
        case "my-drive":
          return await listFiles(childrenOf(await api.getRootId(call)), { in: "person" }, page, false, call);
        case "shared-with-me":
          return await listFiles("sharedWithMe = true", { in: "person" }, page, true, call);
        case "shared-drives": {
          const { items, nextCursor } = await api.listDrives(page, call);
          return { entries: items.map(sharedDriveEntry), nextCursor };
        }
        case "shared-drive":
          return await listFiles(childrenOf(place.drive), { in: "drive", driveId: place.drive }, page, false, call);
        case "item":
          if (place.kind !== "folder") throw isFile();
          if (page.cursor === null) await getItem(place, call);
          return await listFiles(childrenOf(place.id), corpusOf(place.base), page, false, call);
      }
    },

    async read(location, as, { call }) {
      const place = enter(location);
      if (place.at !== "item") throw isDirectory();
      const { entry, file } = await readThrough(place, call);
      return await content.read(file, entry, as, call);
    },

    async open(location, { range }, { call }) {
      const place = enter(location);
      if (place.at !== "item") throw isDirectory();
      const { entry, file } = await readThrough(place, call);
      return await content.open(file, entry, range, call);
    },

    async plan(change, context) {
      if (change.type === "create") {
        const place = enter(change.parent);
        check.require("write:docs");
        // `drive.file` covers what the app made, and the top of My Drive; no folder that a person made.
        if (place.at !== "my-drive") {
          throw unsupported(
            "write",
            "Google lets the hub create documents at the top of My Drive only: write to drive/my-drive or docs, and move the document in Google Drive.",
          );
        }
        return documents.planCreate(change);
      }
      if (change.type === "update" || change.type === "append") {
        const file = await document(change.location, context.call);
        check.require("write:docs");
        return change.type === "update"
          ? await documents.planEdit(file, change.location, change, context)
          : await documents.planAppend(file, change.location, change);
      }
      if (change.type === "upload") throw unsupported("write", "The hub uploads no files to Google Drive.");
      throw unsupported(change.type, "Files of Google Drive are moved and removed in Google Drive.");
    },

    async perform(step, context) {
      check.require("write:docs");
      return await documents.perform(step, context);
    },
  };
}
