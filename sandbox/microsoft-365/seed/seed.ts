import type { Company } from "../../company/work";
import { seedGuid } from "../ids";
import type { FolderRow, Mailbox, Tenant, User } from "../rows";
import { emptyMailbox, type SavedStore } from "../store";
import { seedCalendars } from "./calendars";
import { seedContacts } from "./contacts";
import { seedFiles } from "./files";
import { seedMails } from "./mails";
import type { People, SeedWorld } from "./world";

/** The companies as tenants of Microsoft 365: a mailbox, a calendar and a drive for everybody who works there. */

const wellKnown: readonly (readonly [key: string, name: string])[] = [
  ["inbox", "Inbox"],
  ["drafts", "Drafts"],
  ["sentitems", "Sent Items"],
  ["deleteditems", "Deleted Items"],
  ["archive", "Archive"],
  ["junkemail", "Junk Email"],
  ["outbox", "Outbox"],
];

function newMailbox(userId: string): Mailbox {
  const mailbox = emptyMailbox(userId);
  const folders: readonly FolderRow[] = [
    { key: "msgfolderroot", displayName: "Top of Information Store", parent: null, wellKnown: "msgfolderroot", isHidden: false, seq: 0 },
    ...wellKnown.map(([key, displayName]): FolderRow => ({ key, displayName, parent: null, wellKnown: key, isHidden: false, seq: 0 })),
    { key: "sync-issues", displayName: "Sync Issues", parent: null, wellKnown: null, isHidden: true, seq: 0 },
  ];
  for (const folder of folders) mailbox.folders.set(folder.key, folder);
  return mailbox;
}

/** What lives in the simulated Microsoft 365 at the start. */
export function seedTenants(companies: readonly Company[], nowMs: number): SavedStore {
  const tenants = new Map<string, Tenant>();
  const users = new Map<string, User>();
  const mailboxes = new Map<string, Mailbox>();
  for (const company of companies) {
    const tenant: Tenant = { id: seedGuid("tenant", company.urlKey), displayName: company.name, domain: `${company.urlKey}.example` };
    tenants.set(tenant.id, tenant);
    const byHandle = new Map<string, User>();
    for (const person of company.people) {
      const user: User = {
        id: seedGuid("user", company.urlKey, person.handle),
        tenantId: tenant.id,
        displayName: person.name,
        mail: person.email,
        jobTitle: person.title,
        timeZone: person.timeZone,
        admin: person.admin === true,
      };
      byHandle.set(person.handle, user);
      // Who left the company has no account any more, but mails still name them.
      if (person.left === true) continue;
      users.set(user.id, user);
      mailboxes.set(user.id, newMailbox(user.id));
    }
    const people: People = {
      find(text) {
        const user = byHandle.get(text);
        return user !== undefined && users.has(user.id) ? user : null;
      },
      addressOf(text) {
        const user = byHandle.get(text);
        if (user !== undefined) return { name: user.displayName, address: user.mail };
        const match = /^(.*?)\s*<([^>]+)>$/.exec(text);
        return { name: match?.[1] ?? text, address: match?.[2] ?? text };
      },
    };
    const world: SeedWorld = {
      company,
      people,
      nowMs,
      mailboxOf(user) {
        const mailbox = mailboxes.get(user.id);
        if (mailbox === undefined) throw new Error(`${user.displayName} has no mailbox.`);
        return mailbox;
      },
    };
    for (const user of byHandle.values()) if (users.has(user.id)) seedFiles(world, user);
    seedMails(world);
    seedCalendars(
      world,
      [...byHandle.values()].filter(({ id }) => users.has(id)),
    );
    seedContacts(
      world,
      [...byHandle.entries()].filter(([, { id }]) => users.has(id)),
    );
  }
  return { tenants, users, mailboxes };
}
