import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import type { Location, MountContext } from "@/server/vfs/tool-mount";
import { dayAt } from "../../../days";
import type { MailApi } from "../../api/mail";
import type { MailFolder, MessageRow } from "../../schema/mail";
import { notThere } from "../area";
import { type Folders, type ItemPlace, mailLocations } from "./place";

/** The folders that have a place of their own in the tree, and where messages stand. */

export interface Mailbox {
  /** Ids of the folders that the tree knows by name. */
  knownFolders(context: CallContext): Promise<{ readonly root: string; readonly drafts: string; readonly outbox: string }>;
  /** The folder at the end of a chain; ENOENT where it stands elsewhere. */
  getFolderAt(folders: Folders, context: CallContext): Promise<MailFolder>;
  /** The chain of folders down to this one. */
  chainOf(folder: string, context: CallContext): Promise<Folders>;
  /** The message, if it is where the path says; ENOENT otherwise. */
  requireAt(row: MessageRow, place: ItemPlace, context: MountContext): Promise<void>;
  /** Where a message stands now. */
  locationOf(row: MessageRow, context: MountContext): Promise<Location>;
}

/** Nobody's mailbox nests deeper; a chain that does not end is no mailbox. */
const deepest = 50;

/** The day directory of a message in the mount's time zone. */
export const dayOf = (row: MessageRow, timeZone: string): string =>
  dayAt(Date.parse(row.receivedDateTime ?? row.createdDateTime ?? "1970-01-01T00:00:00Z"), timeZone);

export function createMailbox(mail: MailApi): Mailbox {
  let known: ReturnType<Mailbox["knownFolders"]> | null = null;

  const mailbox: Mailbox = {
    // The ids of these folders never change, so they are asked once; a failure is asked again.
    knownFolders(context) {
      known ??= Promise.all(["msgfolderroot", "drafts", "outbox"].map((name) => mail.getFolder(name, context))).then(
        ([root, drafts, outbox]) => ({ root: root?.id ?? "", drafts: drafts?.id ?? "", outbox: outbox?.id ?? "" }),
        (error: unknown) => {
          known = null;
          throw error;
        },
      );
      return known;
    },
    async getFolderAt(folders, context) {
      const id = folders.at(-1) ?? "";
      const [folder, { root, drafts, outbox }] = await Promise.all([mail.getFolder(id, context), mailbox.knownFolders(context)]);
      // `drafts` and `outbox` stand under these names, and nowhere else.
      if (folder.id === drafts || folder.id === outbox || folder.parentFolderId !== (folders.at(-2) ?? root)) throw notThere();
      return folder;
    },
    async chainOf(folder, context) {
      const { root } = await mailbox.knownFolders(context);
      const chain: string[] = [];
      for (let id: string | null = folder; id !== null && id !== root; ) {
        chain.unshift(id);
        if (chain.length > deepest) throw new HubError("EIO", "The folders of this mailbox have no end.");
        id = (await mail.getFolder(id, context)).parentFolderId ?? null;
      }
      const [top, ...below] = chain;
      if (top === undefined) throw notThere();
      return [top, ...below];
    },
    async requireAt(row, place, context) {
      if (place.at === "message") {
        if (row.parentFolderId !== place.folders.at(-1) || dayOf(row, context.timeZone) !== place.day) throw notThere();
        return;
      }
      const { drafts, outbox } = await mailbox.knownFolders(context.call);
      if (row.parentFolderId !== (place.at === "draft" ? drafts : outbox)) throw notThere();
    },
    async locationOf(row, context) {
      const { drafts } = await mailbox.knownFolders(context.call);
      if (row.parentFolderId === drafts) return mailLocations.draft(row.id);
      const folders = await mailbox.chainOf(row.parentFolderId ?? "", context.call);
      return mailLocations.message(folders, dayOf(row, context.timeZone), row.id);
    },
  };
  return mailbox;
}
