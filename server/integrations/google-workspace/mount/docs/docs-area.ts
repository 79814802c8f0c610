import type { CallContext } from "@/server/transport/send";
import type { Entry, Location } from "@/server/vfs/tool-mount";
import { type DriveApi, documentType, quoted } from "../../api/drive";
import type { DriveFile } from "../../schema/drive";
import { type Area, type CapabilityCheck, directoryEntry, isDirectory, isFile, nothingHere, patternOf, unsupported } from "../area";
import type { Content } from "../drive/content";
import { fileEntry, linkEntry } from "../drive/entries";
import { kindOfType } from "../drive/kinds";
import { createLocator, type Locator } from "../drive/locate";
import type { Documents } from "./documents";

/** Every document that the person can see, as links to where it is in Drive; one that is in no folder they see is at home here. */
export function createDocsArea(options: {
  readonly api: DriveApi;
  readonly content: Content;
  readonly documents: Documents;
  readonly check: CapabilityCheck;
}): Area {
  const { api, content, documents, check } = options;

  /** The document's id; null for the directory itself. */
  function enter(location: Location): string | null {
    check.require("read:docs");
    const { pattern, ids } = patternOf(location);
    if (pattern === "docs") return null;
    const [id] = ids;
    if (pattern !== "docs/<document>" || id === undefined) throw nothingHere();
    return id;
  }

  async function entryOf(file: DriveFile, locator: Locator): Promise<Entry> {
    const canonical = await locator.locate(file);
    return canonical === null ? fileEntry(file) : linkEntry(file, canonical);
  }

  async function getDocument(location: Location, call: CallContext): Promise<DriveFile> {
    const id = enter(location);
    if (id === null) throw isDirectory();
    const file = await api.getFile(id, call);
    if (kindOfType(file.mimeType) !== "document") throw nothingHere();
    return file;
  }

  const directory = (): Entry => directoryEntry("docs", { creates: "document" });

  return {
    name: "docs",
    // A document is the same kind wherever it is.
    kinds: [],
    creates: "document",

    async stat(location, { call }) {
      if (enter(location) === null) return directory();
      return await entryOf(await getDocument(location, call), createLocator(api, call));
    },

    async list(location, page, { call }) {
      if (enter(location) !== null) throw isFile();
      const { items, nextCursor } = await api.listFiles(`mimeType = ${quoted(documentType)}`, { in: "everywhere" }, page, call);
      const locator = createLocator(api, call);
      const entries: Entry[] = [];
      for (const file of items) entries.push(await entryOf(file, locator));
      return { entries, nextCursor };
    },

    async read(location, as, { call }) {
      const file = await getDocument(location, call);
      return await content.read(file, await entryOf(file, createLocator(api, call)), as, call);
    },

    async plan(change, context) {
      if (change.type === "create") {
        if (enter(change.parent) !== null) throw isFile();
        check.require("write:docs");
        return documents.planCreate(change);
      }
      if (change.type === "update" || change.type === "append") {
        const file = await getDocument(change.location, context.call);
        check.require("write:docs");
        return change.type === "update"
          ? await documents.planEdit(file, change.location, change, context)
          : await documents.planAppend(file, change.location, change);
      }
      throw unsupported(change.type === "upload" ? "write" : change.type, "Documents are moved and removed in Google Drive.");
    },

    async perform(step, context) {
      check.require("write:docs");
      return await documents.perform(step, context);
    },
  };
}
