import type { User } from "../rows";
import { isoOf, type SeedWorld, seedItem } from "./world";

/** Everybody's address book; those of a company whom nothing is noted about stand in the folder "Partners". */
export function seedContacts(world: SeedWorld, users: readonly (readonly [handle: string, user: User])[]): void {
  const at = isoOf(world.nowMs - 30 * 86_400_000);
  for (const [handle, user] of users) {
    const mailbox = world.mailboxOf(user);
    mailbox.contactFolders.set("contacts", { key: "contacts", displayName: "Contacts", parent: null, isDefault: true });
    mailbox.contactFolders.set("partners", { key: "partners", displayName: "Partners", parent: null, isDefault: false });
    const own = world.company.contacts.filter(({ of }) => of === handle);
    for (const [index, contact] of own.entries()) {
      const [givenName = "", ...rest] = contact.name.split(" ");
      const key = `contact-${index}`;
      mailbox.contacts.set(key, {
        ...seedItem(mailbox, key, at),
        folder: contact.company !== undefined && contact.note === undefined ? "partners" : "contacts",
        fields: {
          displayName: contact.name,
          fileAs: contact.name,
          givenName,
          surname: rest.length === 0 ? null : rest.join(" "),
          companyName: contact.company ?? null,
          emailAddresses: [{ name: contact.name, address: contact.email }],
          businessPhones: contact.phone === undefined ? [] : [contact.phone],
          personalNotes: contact.note ?? "",
        },
      });
    }
  }
}
