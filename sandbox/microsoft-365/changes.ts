import { eventId } from "./calendar/events";
import { driveItemId, itemId } from "./ids";
import { messageId } from "./mail/views";
import type { Item, Mailbox } from "./rows";
import type { Changed } from "./subscriptions";

/** What a mailbox went through, as notifications say it. */

type Type = "message" | "event" | "contact" | "driveItem";

const named: Readonly<Record<Type, { readonly collection: string; readonly odataType: string }>> = {
  message: { collection: "Messages", odataType: "#Microsoft.Graph.Message" },
  event: { collection: "Events", odataType: "#Microsoft.Graph.Event" },
  contact: { collection: "Contacts", odataType: "#Microsoft.Graph.Contact" },
  driveItem: { collection: "drive/items", odataType: "#Microsoft.Graph.DriveItem" },
};

/** Ids are immutable ones: a subscription is made with that preference. */
const preferences = { immutableIds: true, bodyType: "html", timeZone: null, maxPageSize: null } as const;

export function changesOf(
  mailbox: Mailbox,
  since: number,
  type: Type,
  folder: string | null,
): { readonly seq: number; readonly list: readonly Changed[] } {
  const context = { mailbox, preferences };
  const told = (id: string, changeType: Changed["changeType"]): Changed => ({ id, changeType, ...named[type] });
  const kindOf = (item: Pick<Item, "version">): Changed["changeType"] => (item.version === 1 ? "created" : "updated");
  const { seq } = mailbox;
  const inFolder = (key: string): boolean =>
    folder === null || key === folder || mailbox.folders.get(key)?.wellKnown === folder.toLowerCase();

  if (type === "driveItem") {
    const there = [...mailbox.drive.values()].filter((row) => row.seq > since);
    return { seq, list: there.map((row) => told(driveItemId(mailbox.userId, row.key), "updated")) };
  }
  const there: readonly Changed[] =
    type === "message"
      ? [...mailbox.messages.values()]
          .filter((row) => row.seq > since && inFolder(row.folder))
          .map((row) => told(messageId(context, row), kindOf(row)))
      : type === "event"
        ? [...mailbox.events.values()].filter((row) => row.seq > since).map((row) => told(eventId(context, row, null), kindOf(row)))
        : [...mailbox.contacts.values()]
            .filter((row) => row.seq > since)
            .map((row) =>
              told(itemId({ mailbox: mailbox.userId, type: "contact", key: row.key, occurrence: null, moves: 0 }, true), kindOf(row)),
            );
  const gone = mailbox.tombstones.filter((one) => one.type === type && one.seq > since && (type !== "message" || inFolder(one.container)));
  return { seq, list: [...there, ...gone.map(({ id }) => told(id, "deleted"))] };
}
