import { z } from "zod";
import { answerOne, answerPage } from "../answers";
import { found, type GraphContext, newKey, noContent, readBody, requireMatch, shownItem, touch } from "../context";
import { answerDeltaCall, type Change } from "../delta";
import { badRequest, outlookNotFound } from "../failures";
import { containerId, itemId, readContainerId, readItemId } from "../ids";
import { properties } from "../metadata";
import type { Shown } from "../odata/filter";
import type { CollectionRules } from "../odata/query";
import type { Route } from "../route";
import type { ContactFolderRow, ContactRow } from "../rows";

/** Contacts and their folders (https://learn.microsoft.com/graph/api/resources/contact). */

const readContacts = ["Contacts.Read", "Contacts.ReadWrite"] as const;
const writeContacts = ["Contacts.ReadWrite"] as const;

const folderRules: CollectionRules & { readonly of: string } = {
  of: "contactFolders",
  type: "Microsoft.OutlookServices.ContactFolder",
  properties: properties.contactFolder,
  filterable: ["displayName"],
  orderable: ["displayName"],
  pageSize: 10,
  maxPageSize: 1_000,
  options: ["$filter", "$orderby", "$skip"],
};

const contactRules: CollectionRules & { readonly of: string } = {
  of: "contacts",
  type: "Microsoft.OutlookServices.Contact",
  properties: properties.contact,
  filterable: ["displayName", "givenName", "surname", "companyName", "lastModifiedDateTime"],
  orderable: ["displayName", "givenName", "surname", "lastModifiedDateTime"],
  pageSize: 10,
  maxPageSize: 1_000,
  options: ["$filter", "$orderby", "$skip"],
};

const folderId = (context: GraphContext, key: string): string => containerId(context.mailbox.userId, "contactFolder", key);

const shownFolder = (context: GraphContext, row: ContactFolderRow): Shown => ({
  id: folderId(context, row.key),
  displayName: row.displayName,
  parentFolderId: folderId(context, row.parent ?? "root"),
});

const blank: Shown = Object.fromEntries(
  properties.contact.map((name) => [
    name,
    ["businessPhones", "homePhones", "imAddresses", "children", "emailAddresses", "categories"].includes(name) ? [] : null,
  ]),
);

const contactId = (context: GraphContext, row: ContactRow): string =>
  itemId({ mailbox: context.mailbox.userId, type: "contact", key: row.key, occurrence: null, moves: 0 }, context.preferences.immutableIds);

const shownContact = (context: GraphContext, row: ContactRow): Shown => ({
  ...blank,
  ...row.fields,
  ...shownItem(row, contactId(context, row)),
  parentFolderId: folderId(context, row.folder),
});

function findFolder(context: GraphContext, text: string): ContactFolderRow {
  const id = readContainerId(text);
  if (id.mailbox !== context.mailbox.userId || id.type !== "contactFolder") throw outlookNotFound();
  return found(context.mailbox.contactFolders.get(id.key));
}

const defaultFolder = (context: GraphContext): ContactFolderRow =>
  found([...context.mailbox.contactFolders.values()].find(({ isDefault }) => isDefault));

function findContact(context: GraphContext, text: string): ContactRow {
  const id = readItemId(text);
  if (id.mailbox !== context.mailbox.userId || id.type !== "contact") throw outlookNotFound();
  return found(context.mailbox.contacts.get(id.key));
}

const list = (context: GraphContext, folder: ContactFolderRow) =>
  answerPage(
    context,
    [...context.mailbox.contacts.values()].filter((row) => row.folder === folder.key),
    contactRules,
    (row) => shownContact(context, row),
  );

/** The default folder is not in the list of folders: it is where they stand. */
const listFolders = (context: GraphContext, parent: string | null) =>
  answerPage(
    context,
    [...context.mailbox.contactFolders.values()].filter((row) => !row.isDefault && row.parent === parent),
    folderRules,
    (row) => shownFolder(context, row),
  );

const text = z.string().nullable();
const address = z.strictObject({ street: text, city: text, state: text, countryOrRegion: text, postalCode: text }).partial();
const listed = new Set(["businessPhones", "homePhones", "imAddresses", "children", "categories"]);
const addresses = new Set(["businessAddress", "homeAddress", "otherAddress"]);

const contactShape = z
  .strictObject(
    Object.fromEntries(
      properties.contact
        .filter((name) => !["id", "changeKey", "createdDateTime", "lastModifiedDateTime", "parentFolderId"].includes(name))
        .map((name) => {
          if (listed.has(name)) return [name, z.array(z.string())];
          if (addresses.has(name)) return [name, address];
          if (name === "emailAddresses") return [name, z.array(z.strictObject({ name: text.optional(), address: text.optional() }))];
          return [name, text];
        }),
    ),
  )
  .partial();

function readContact(context: GraphContext): Readonly<Record<string, unknown>> {
  const parsed = contactShape.safeParse(readBody(context));
  if (!parsed.success) throw badRequest("The body is no contact.", "RequestBodyRead");
  return parsed.data;
}

function create(context: GraphContext, folder: ContactFolderRow) {
  const { store, mailbox } = context;
  const now = store.writeTime();
  mailbox.seq += 1;
  const row: ContactRow = {
    key: newKey(mailbox),
    createdAt: now,
    modifiedAt: now,
    version: 1,
    seq: mailbox.seq,
    categories: [],
    extended: {},
    folder: folder.key,
    fields: readContact(context),
  };
  mailbox.contacts.set(row.key, row);
  return answerOne(context, shownContact(context, row), contactRules, 201);
}

function changes(context: GraphContext, folder: string, since: number): readonly Change[] {
  const { contacts, tombstones } = context.mailbox;
  const there = [...contacts.values()].filter((row) => row.folder === folder && row.seq > since);
  const gone = since === 0 ? [] : tombstones.filter((one) => one.type === "contact" && one.container === folder && one.seq > since);
  return [
    ...there.map((row): Change => ({ seq: row.seq, show: () => shownContact(context, row) })),
    ...gone.map(({ id, seq }): Change => ({ seq, show: () => ({ id, "@removed": { reason: "deleted" } }) })),
  ].toSorted((one, other) => one.seq - other.seq);
}

export const contactRoutes: readonly Route[] = [
  {
    method: "GET",
    pattern: "/me/contacts",
    scopes: readContacts,
    limit: "mailbox",
    run: (context) => list(context, defaultFolder(context)),
  },
  {
    method: "POST",
    pattern: "/me/contacts",
    scopes: writeContacts,
    limit: "mailbox",
    run: (context) => create(context, defaultFolder(context)),
  },
  {
    method: "GET",
    pattern: "/me/contacts/{contact}",
    scopes: readContacts,
    limit: "mailbox",
    run: (context, { contact = "" }) => answerOne(context, shownContact(context, findContact(context, contact)), contactRules),
  },
  {
    method: "PATCH",
    pattern: "/me/contacts/{contact}",
    scopes: writeContacts,
    limit: "mailbox",
    run(context, { contact = "" }) {
      const row = findContact(context, contact);
      requireMatch(context, row);
      context.mailbox.contacts.set(row.key, { ...row, fields: { ...row.fields, ...readContact(context) } });
      const changed = found(context.mailbox.contacts.get(row.key));
      touch(context, changed);
      return answerOne(context, shownContact(context, changed), contactRules);
    },
  },
  {
    method: "DELETE",
    pattern: "/me/contacts/{contact}",
    scopes: writeContacts,
    limit: "mailbox",
    run(context, { contact = "" }) {
      const { mailbox } = context;
      const row = findContact(context, contact);
      requireMatch(context, row);
      mailbox.contacts.delete(row.key);
      mailbox.seq += 1;
      mailbox.tombstones.push({ id: contactId(context, row), type: "contact", container: row.folder, seq: mailbox.seq });
      return noContent();
    },
  },
  { method: "GET", pattern: "/me/contactFolders", scopes: readContacts, limit: "mailbox", run: (context) => listFolders(context, null) },
  {
    method: "GET",
    pattern: "/me/contactFolders/{folder}",
    scopes: readContacts,
    limit: "mailbox",
    run: (context, { folder = "" }) => answerOne(context, shownFolder(context, findFolder(context, folder)), folderRules),
  },
  {
    method: "GET",
    pattern: "/me/contactFolders/{folder}/childFolders",
    scopes: readContacts,
    limit: "mailbox",
    run: (context, { folder = "" }) => listFolders(context, findFolder(context, folder).key),
  },
  {
    method: "GET",
    pattern: "/me/contactFolders/{folder}/contacts",
    scopes: readContacts,
    limit: "mailbox",
    run: (context, { folder = "" }) => list(context, findFolder(context, folder)),
  },
  {
    method: "GET",
    pattern: "/me/contactFolders/{folder}/contacts/delta",
    scopes: readContacts,
    limit: "mailbox",
    run(context, { folder = "" }) {
      const { key } = findFolder(context, folder);
      const { type } = contactRules;
      return answerDeltaCall(context, {
        of: "contacts",
        type,
        properties: properties.contact,
        selects: true,
        gone: "outlook",
        changes: (since) => changes(context, key, since),
      });
    },
  },
];
