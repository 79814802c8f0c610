import type { CallContext } from "@/server/transport/send";
import {
  type Contact,
  type ContactFolder,
  type ContactRow,
  contact,
  contactFields,
  contactFolder,
  contactRow,
  contactRowFields,
} from "../schema/contacts";
import { type GraphCaller, type Page, type PageRequest, pageSizeOf, pathOf, segment } from "./http";

/** Outlook contacts (https://learn.microsoft.com/graph/api/resources/contact). */

export interface ContactsApi {
  /** Folders at the top beside the default one, or in one. */
  listFolders(parent: string | null, page: PageRequest, context: CallContext): Promise<Page<ContactFolder>>;
  /** ENOENT where there is none; so does `getContact`. */
  getFolder(id: string, context: CallContext): Promise<ContactFolder>;
  /** Contacts of a folder; of the default one where it is null. */
  listContacts(folder: string | null, page: PageRequest, context: CallContext): Promise<Page<ContactRow>>;
  getContact(id: string, context: CallContext): Promise<Contact>;
}

export function createContactsApi(graph: GraphCaller): ContactsApi {
  return {
    listFolders: (parent, page, context) => {
      const path = pathOf(parent === null ? "/me/contactFolders" : `/me/contactFolders/${segment(parent)}/childFolders`, {
        $top: pageSizeOf(page.limit),
        $select: "id,displayName,parentFolderId",
      });
      return graph.page(contactFolder, { path, operation: "GET /me/contactFolders" }, page.next, context);
    },
    getFolder: (id, context) => {
      const path = pathOf(`/me/contactFolders/${segment(id)}`, { $select: "id,displayName,parentFolderId" });
      return graph.call(contactFolder, { method: "GET", path, operation: "GET /me/contactFolders/{id}", repeatability: "safe" }, context);
    },
    listContacts: (folder, page, context) => {
      const path = pathOf(folder === null ? "/me/contacts" : `/me/contactFolders/${segment(folder)}/contacts`, {
        $orderby: "displayName",
        $top: pageSizeOf(page.limit),
        $select: contactRowFields.join(","),
      });
      const operation = folder === null ? "GET /me/contacts" : "GET /me/contactFolders/{id}/contacts";
      return graph.page(contactRow, { path, operation }, page.next, context);
    },
    getContact: (id, context) => {
      const path = pathOf(`/me/contacts/${segment(id)}`, { $select: contactFields.join(",") });
      return graph.call(contact, { method: "GET", path, operation: "GET /me/contacts/{id}", repeatability: "safe" }, context);
    },
  };
}
