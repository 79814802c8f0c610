import type { Location, LocationSegment } from "@/server/vfs/tool-mount";
import { isDay } from "../../../days";
import { fixed, notThere, object } from "../area";

/** A chain of folders, the one at the top of the mailbox first. */
export type Folders = readonly [string, ...string[]];

/** Where a location of the mail area is; ids are Graph's. Folders stand in folders, as deep as the mailbox has them. */
export type MailPlace =
  | { readonly at: "mail" | "drafts" | "outbox" }
  | { readonly at: "folder"; readonly folders: Folders }
  | { readonly at: "day"; readonly folders: Folders; readonly day: string }
  | ItemPlace
  | { readonly at: "companion" | "attachments"; readonly item: ItemPlace }
  | { readonly at: "attachment"; readonly item: ItemPlace; readonly attachment: string };

/** A message where it stands: in a folder by its day, among the drafts, or on its way out. */
export type ItemPlace =
  | { readonly at: "message"; readonly folders: Folders; readonly day: string; readonly id: string }
  | { readonly at: "draft"; readonly id: string }
  | { readonly at: "outgoing"; readonly id: string };

export const mailLocations = {
  mail: [fixed("mail")] as Location,
  drafts: [fixed("mail"), fixed("drafts")] as Location,
  outbox: [fixed("mail"), fixed("outbox")] as Location,
  folder: (folders: readonly string[]): Location => [fixed("mail"), ...folders.map((id) => object("folder", id))],
  day: (folders: readonly string[], day: string): Location => [...mailLocations.folder(folders), fixed(day)],
  message: (folders: readonly string[], day: string, id: string): Location => [...mailLocations.day(folders, day), object("message", id)],
  draft: (id: string): Location => [...mailLocations.drafts, object("draft", id)],
};

/** An item, or what is in its companion directory. */
function itemIn(segment: LocationSegment, place: (id: string) => ItemPlace, rest: Location): MailPlace {
  if (segment.type !== "object") throw notThere();
  const item = place(segment.externalId);
  if (segment.kind !== item.at) throw notThere();
  if (segment.companion !== true) {
    if (rest.length > 0) throw notThere();
    return item;
  }
  const [attachments, attachment, ...more] = rest;
  if (attachments === undefined) return { at: "companion", item };
  if (attachments.type !== "fixed" || attachments.name !== "attachments" || more.length > 0) throw notThere();
  if (attachment === undefined) return { at: "attachments", item };
  if (attachment.type !== "object" || attachment.kind !== "attachment") throw notThere();
  return { at: "attachment", item, attachment: attachment.externalId };
}

/** Reads a location that begins with `mail`; ENOENT where the tree has no such place. */
export function mailPlaceOf(location: Location): MailPlace {
  const [first, second, ...more] = location.slice(1);
  if (first === undefined) return { at: "mail" };
  if (first.type === "fixed") {
    const { name } = first;
    if (name !== "drafts" && name !== "outbox") throw notThere();
    if (second === undefined) return { at: name };
    return itemIn(second, (id) => (name === "drafts" ? { at: "draft", id } : { at: "outgoing", id }), more);
  }
  const ids: string[] = [];
  for (const segment of location.slice(1)) {
    if (segment.type !== "object" || segment.kind !== "folder") break;
    ids.push(segment.externalId);
  }
  const [top, ...below] = ids;
  if (top === undefined) throw notThere();
  const folders: Folders = [top, ...below];
  const [day, item, ...parts] = location.slice(1 + ids.length);
  if (day === undefined) return { at: "folder", folders };
  if (day.type !== "fixed" || !isDay(day.name)) throw notThere();
  if (item === undefined) return { at: "day", folders, day: day.name };
  return itemIn(item, (id) => ({ at: "message", folders, day: day.name, id }), parts);
}
