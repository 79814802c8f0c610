import type { Entry, EntryPage, Location, MountContext } from "@/server/vfs/tool-mount";
import type { Microsoft365Api } from "../../api/microsoft-365-api";
import { printContact, printVcard } from "../../format/contact";
import type { Contact, ContactFolder, ContactRow } from "../../schema/contacts";
import {
  type Area,
  blank,
  chooseFormat,
  firstList,
  fixedDirectory,
  isDirectory,
  isFile,
  jsonType,
  notThere,
  object,
  printed,
  secondList,
  toEntries,
  twoLists,
  unsupported,
} from "../area";

/** Contacts: those of the default folder at the top, the other folders beside them. Only read: the catalogue has no writing of contacts. */

type ContactsPlace =
  | { readonly at: "folder"; readonly folders: readonly string[] }
  | { readonly at: "contact"; readonly folders: readonly string[]; readonly id: string };

function contactsPlaceOf(location: Location): ContactsPlace {
  const folders: string[] = [];
  const steps = location.slice(1);
  for (const [index, segment] of steps.entries()) {
    if (segment.type !== "object" || segment.companion === true) throw notThere();
    if (segment.kind === "contact" && index === steps.length - 1) return { at: "contact", folders, id: segment.externalId };
    if (segment.kind !== "contactFolder") throw notThere();
    folders.push(segment.externalId);
  }
  return { at: "folder", folders };
}

const folderEntry = (folder: ContactFolder): Entry => ({
  ...blank,
  segment: object("contactFolder", folder.id),
  kind: "directory",
  title: folder.displayName || "Folder",
  extension: "",
});

const contactEntry = (row: ContactRow): Entry => ({
  ...blank,
  segment: object("contact", row.id),
  kind: "file",
  title: row.displayName || "Unnamed",
  extension: ".json",
  mediaType: jsonType,
  createdAt: row.createdDateTime ?? null,
  modifiedAt: row.lastModifiedDateTime ?? null,
  revision: row["@odata.etag"] ?? row.changeKey ?? null,
});

const readOnlyHere = "Contacts are read only here; change them in Outlook.";

export function createContactsArea({ api }: { readonly api: Microsoft365Api }): Area {
  const { contacts } = api;

  /** The folder at the end of a chain, null for the default one; ENOENT where it stands elsewhere. */
  async function getFolderAt(folders: readonly string[], context: MountContext): Promise<ContactFolder | null> {
    const id = folders.at(-1);
    if (id === undefined) return null;
    const folder = await contacts.getFolder(id, context.call);
    const parent = folders.at(-2);
    if (parent !== undefined && folder.parentFolderId !== parent) throw notThere();
    return folder;
  }

  /** The contact, if it is in the folder that the path says. In the default folder is what no other folder's path names. */
  async function getContactAt(place: Extract<ContactsPlace, { at: "contact" }>, context: MountContext): Promise<Contact> {
    const contact = await contacts.getContact(place.id, context.call);
    const folder = place.folders.at(-1);
    if (folder !== undefined && contact.parentFolderId !== folder) throw notThere();
    if (folder === undefined && !(await isInDefault(contact, context))) throw notThere();
    return contact;
  }

  /** Graph names the default folder nowhere: it is the one that is not found among the others. */
  async function isInDefault(contact: Contact, context: MountContext): Promise<boolean> {
    for (let next: string | null = null; ; ) {
      const page = await contacts.listFolders(null, { next, limit: 250 }, context.call);
      if (page.items.some(({ id }) => id === contact.parentFolderId)) return false;
      if (page.next === null) return true;
      next = page.next;
    }
  }

  async function list(
    location: Location,
    { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
    context: MountContext,
  ): Promise<EntryPage> {
    const place = contactsPlaceOf(location);
    if (place.at === "contact") throw isFile();
    const folder = place.folders.at(-1) ?? null;
    const { list: at, next } = twoLists(cursor);
    if (at === "first") {
      const page = toEntries(await contacts.listFolders(folder, { next, limit }, context.call), folderEntry);
      if (page.nextCursor !== null) return { ...page, nextCursor: firstList(page.nextCursor) };
      if (page.entries.length > 0) return { ...page, nextCursor: secondList(null) };
    }
    const page = toEntries(await contacts.listContacts(folder, { next: at === "first" ? null : next, limit }, context.call), contactEntry);
    return { ...page, nextCursor: page.nextCursor === null ? null : secondList(page.nextCursor) };
  }

  return {
    async stat(location, context) {
      const place = contactsPlaceOf(location);
      if (place.at === "contact") return contactEntry(await getContactAt(place, context));
      const folder = await getFolderAt(place.folders, context);
      return folder === null ? fixedDirectory("contacts") : folderEntry(folder);
    },
    list,
    async read(location, as, context) {
      const place = contactsPlaceOf(location);
      if (place.at === "folder") throw isDirectory();
      const format = chooseFormat(as, ["json", "raw"]);
      const contact = await getContactAt(place, context);
      const text = format === "raw" ? printVcard(contact) : printContact(contact);
      return printed(text, format, contactEntry(contact), "text/vcard; charset=utf-8");
    },
    async open() {
      throw unsupported("read", "A contact is text: read it.");
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
