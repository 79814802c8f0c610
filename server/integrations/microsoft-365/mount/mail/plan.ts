import { HubError } from "@/server/errors";
import type { FieldChange } from "@/server/vfs/node";
import type { Change, DraftPlan, Location, MountContext } from "@/server/vfs/tool-mount";
import { isNamedAfter } from "../../../file-names";
import { invalidField } from "../../../front-matter";
import { type Mailbox as Address, printMailbox } from "../../../mailboxes";
import { findReferenced, printReference } from "../../../references";
import type { MailApi } from "../../api/mail";
import {
  draftReadOnlyKeys,
  messageReadOnlyKeys,
  type ParsedDraft,
  parseDraftFile,
  parseMessageFile,
  printDraft,
  printMessage,
  refuseLoss,
  refuseReadOnly,
  replyKeys,
} from "../../format/message";
import type { Message, MessageRow } from "../../schema/mail";
import { emptyPlan, toStep, unsupported } from "../area";
import { dayOf, type Mailbox } from "./mailbox";
import { type ItemPlace, mailPlaceOf } from "./place";
import type { MailStep, MailValues } from "./steps";
import { currentValues, lostOf } from "./values";

/** Changes of mail as calls: what would be sent, field by field and in words. Nothing here changes anything. */

const step = (call: string, changes: readonly FieldChange[], args: MailStep) => toStep(call, changes, args);

const inWords = (value: unknown): string | null => {
  if (value === null || value === undefined || value === "") return null;
  if (Array.isArray(value)) return value.length === 0 ? null : value.join(", ");
  return String(value);
};

const printed = (mailboxes: readonly Address[]): string[] => mailboxes.map(printMailbox);

/** The values of a draft's file, people printed. */
function valuesOf({ values, body }: ParsedDraft): MailValues {
  const { to, cc, bcc, categories, ...rest } = values;
  return {
    ...rest,
    ...(to === undefined ? {} : { to: printed(to) }),
    ...(cc === undefined ? {} : { cc: printed(cc) }),
    ...(bcc === undefined ? {} : { bcc: printed(bcc) }),
    ...(categories === undefined ? {} : { categories: [...categories] }),
    ...(body === null ? {} : { body }),
  };
}

const changesOf = (after: MailValues, before: MailValues | null): readonly FieldChange[] =>
  Object.entries(after).map(([field, to]) => ({ field, from: inWords(before?.[field as keyof MailValues]), to: inWords(to) }));

/** The message that `in_reply_to` means: `name~handle`, a path that ends so, Graph's id, or a Message-ID. EINVAL where there is none. */
async function findAnswered(parsed: ParsedDraft, mail: MailApi, context: MountContext): Promise<MessageRow> {
  const text = parsed.reply?.in_reply_to.trim() ?? "";
  const field = parsed.fields.get("in_reply_to") ?? { value: text, source: text, line: 1 };
  const segment = text.split("/").at(-1)?.replace(/\.md$/, "") ?? text;
  const referenced = await findReferenced(context, "message", segment);
  const found = /^<[^<>]+>$/.test(text)
    ? await mail.findByInternetMessageId(text, context.call)
    : await mail.getMessageRow(referenced ?? text, context.call).catch((error: unknown) => {
        if (error instanceof HubError && (error.code === "ENOENT" || error.code === "EINVAL")) return null;
        throw error;
      });
  if (found === null)
    throw invalidField("in_reply_to", field, `there is no message "${text}". Write its path, its name~handle, its id or its Message-ID.`);
  return found;
}

/** A new draft out of a file, an answer where it says so. EINVAL where the file's name says another subject. */
export async function planCreate(change: Extract<Change, { type: "create" }>, mail: MailApi, context: MountContext): Promise<DraftPlan> {
  if (change.extension !== ".md") throw new HubError("EINVAL", `A draft's file ends in .md, not "${change.extension}".`);
  const parsed = parseDraftFile(change.text);
  for (const key of draftReadOnlyKeys) {
    const field = parsed.fields.get(key);
    if (field !== undefined && field.value !== null)
      throw invalidField(key, field, "Microsoft sets this itself; leave it out of a new draft.");
  }
  const { subject } = parsed.values;
  const subjectField = parsed.fields.get("subject");
  if (subject !== undefined && subjectField !== undefined && !isNamedAfter(change.name, subject) && subject !== "") {
    throw invalidField("subject", subjectField, `the file is named "${change.name}"; name it after its subject, or leave the subject out.`);
  }
  const undo = "Remove the new file, or delete the draft in Outlook.";
  if (parsed.reply === null) {
    const values = { ...valuesOf(parsed), subject: subject ?? change.name };
    return {
      steps: [step("POST /me/messages", changesOf(values, null), { call: "draftCreate", seed: change.seed, values })],
      effects: [],
      undo,
    };
  }
  const answered = await findAnswered(parsed, mail, context);
  if (answered.isDraft === true) {
    throw invalidField(
      "in_reply_to",
      parsed.fields.get("in_reply_to") ?? { value: null, source: null, line: 1 },
      "this is a draft; only messages are answered.",
    );
  }
  const values = valuesOf(parsed);
  const { all } = parsed.reply;
  const to = await printReference(context, "message", answered.id, answered.subject ?? "");
  const changes: readonly FieldChange[] = [{ field: "in_reply_to", from: null, to }, ...changesOf(values, null)];
  const call = `POST /me/messages/{id}/${all ? "createReplyAll" : "createReply"}`;
  return { steps: [step(call, changes, { call: "replyCreate", seed: change.seed, to: answered.id, all, values })], effects: [], undo };
}

const stale = (): HubError => new HubError("ESTALE", "The message was changed in Outlook since it was read. Read it again.");

async function getUnchanged(
  change: { readonly revision: string | null; readonly base: string },
  id: string,
  print: (message: Message) => string,
  mail: MailApi,
  context: MountContext,
): Promise<Message> {
  const message = await mail.getMessage(id, context.call);
  // The etag also moves with what the file does not show, so what counts is whether the file itself would read differently now.
  if (change.revision !== (message["@odata.etag"] ?? null) && print(message) !== change.base) throw stale();
  return message;
}

function updatePlan(message: Message, after: MailValues): DraftPlan {
  const before = currentValues(message, after);
  if (Object.keys(after).length === 0) return emptyPlan;
  const changes = changesOf(after, before);
  return {
    steps: [step("PATCH /me/messages/{id}", changes, { call: "messageUpdate", id: message.id, before, after })],
    effects: [],
    undo: `Write the old values back: ${changes.map(({ field, from }) => (field === "body" ? field : `${field}: ${from ?? "none"}`)).join(", ")}.`,
  };
}

/** Read, flag and categories of a message. EINVAL names what else was changed; ENOTSUP for the body, which is not the hub's to rewrite. */
export async function planMessageUpdate(
  change: Extract<Change, { type: "update" }>,
  place: ItemPlace,
  mail: MailApi,
  context: MountContext,
): Promise<DraftPlan> {
  const base = parseMessageFile(change.base);
  const wanted = parseMessageFile(change.text);
  refuseReadOnly(
    messageReadOnlyKeys,
    wanted.fields,
    base.fields,
    "a message that was sent or received stays as it is; leave it as it was or out.",
  );
  if (wanted.body !== null && wanted.body !== (base.body ?? "")) {
    throw unsupported("write", "The text of a message that was sent or received cannot be changed; read, flag and categories can.");
  }
  const { read, flag, categories } = wanted.values;
  const after: MailValues = {
    ...(read === undefined || read === base.values.read ? {} : { read }),
    ...(flag === undefined || flag === base.values.flag ? {} : { flag }),
    ...(categories === undefined || JSON.stringify(categories) === JSON.stringify(base.values.categories)
      ? {}
      : { categories: [...categories] }),
  };
  if (Object.keys(after).length === 0) return emptyPlan;
  return updatePlan(await getUnchanged(change, place.id, printMessage, mail, context), after);
}

/** What a draft's file changes of what was printed, as one `PATCH`. */
export async function planDraftUpdate(
  change: Extract<Change, { type: "update" }>,
  place: ItemPlace,
  mail: MailApi,
  context: MountContext,
): Promise<DraftPlan> {
  const base = parseDraftFile(change.base);
  const wanted = parseDraftFile(change.text);
  refuseReadOnly(draftReadOnlyKeys, wanted.fields, base.fields);
  for (const key of replyKeys) {
    const field = wanted.fields.get(key);
    if (field !== undefined) throw invalidField(key, field, "which message a draft answers is said when it is made.");
  }
  const [was, now] = [valuesOf(base), valuesOf(wanted)];
  const after = Object.fromEntries(
    Object.entries(now).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(was[key as keyof MailValues] ?? (key === "body" ? "" : undefined)),
    ),
  ) as MailValues;
  if (Object.keys(after).length === 0) return emptyPlan;
  const message = await getUnchanged(change, place.id, printDraft, mail, context);
  if (after.body !== undefined) refuseLoss(lostOf(message));
  return updatePlan(message, after);
}

/** Sending: a draft is moved to the outbox. */
async function planSend(place: ItemPlace, mail: MailApi, context: MountContext): Promise<DraftPlan> {
  const message = await mail.getMessage(place.id, context.call);
  const receivers = [...message.toRecipients, ...message.ccRecipients, ...message.bccRecipients].map(
    ({ emailAddress }) => emailAddress?.address ?? emailAddress?.name ?? "",
  );
  if (receivers.length === 0)
    throw new HubError("EINVAL", "This draft has no recipients yet. Write them into to, cc or bcc, then move it to the outbox.");
  const shown = receivers.length > 12 ? `${receivers.slice(0, 12).join(", ")} and ${receivers.length - 12} more` : receivers.join(", ");
  return {
    steps: [step("POST /me/messages/{id}/send", [{ field: "sent", from: "no", to: "yes" }], { call: "draftSend", id: message.id })],
    effects: [`Mails ${receivers.length === 1 ? "1 person" : `${receivers.length} people`}: ${shown}.`],
    // A mail that left cannot be taken back.
    undo: null,
  };
}

/** A message to another folder, a draft to the outbox. ENOTSUP for everything else. */
export async function planMove(
  change: Extract<Change, { type: "move" }>,
  place: ItemPlace,
  mail: MailApi,
  mailbox: Mailbox,
  context: MountContext,
): Promise<DraftPlan> {
  if (change.name !== null) throw unsupported("move", "A message is named after its subject, so moving it cannot rename it.");
  const target = targetOf(change.to);
  if (place.at === "draft") {
    if (target.at !== "outbox") throw unsupported("move", "A draft can be moved to mail/outbox, which sends it, and nowhere else.");
    return planSend(place, mail, context);
  }
  if (place.at === "outgoing") throw unsupported("move", "A message in the outbox is on its way.");
  if (target.at !== "folder" && target.at !== "day")
    throw unsupported("move", "A message can be moved to a folder of mail; only drafts go to the outbox.");
  const row = await mail.getMessageRow(place.id, context.call);
  await mailbox.requireAt(row, place, context);
  if (target.at === "day" && target.day !== dayOf(row, context.timeZone)) {
    throw new HubError(
      "EINVAL",
      `A message stands in the directory of the day it came, ${dayOf(row, context.timeZone)}. Name that day, or the folder alone.`,
    );
  }
  const folder = await mailbox.getFolderAt(target.folders, context.call);
  if (folder.id === row.parentFolderId) return emptyPlan;
  return movePlan(row, folder.id, folder.displayName ?? "", mail, context);
}

function targetOf(location: Location): ReturnType<typeof mailPlaceOf> {
  const [area] = location;
  if (area?.type !== "fixed" || area.name !== "mail") throw unsupported("move", "A message can be moved inside mail only.");
  return mailPlaceOf(location);
}

async function movePlan(row: MessageRow, to: string, toName: string, mail: MailApi, context: MountContext): Promise<DraftPlan> {
  const from = row.parentFolderId ?? "";
  const fromName = (await mail.getFolder(from, context.call)).displayName ?? "";
  return {
    steps: [
      step("POST /me/messages/{id}/move", [{ field: "folder", from: fromName, to: toName }], { call: "messageMove", id: row.id, from, to }),
    ],
    effects: [],
    undo: `Move it back to ${fromName}.`,
  };
}

/** Removing is moving to Deleted Items; ENOTSUP there, where it would be for good. */
export async function planRemove(place: ItemPlace, mail: MailApi, mailbox: Mailbox, context: MountContext): Promise<DraftPlan> {
  if (place.at === "outgoing") throw unsupported("remove", "A message in the outbox is on its way.");
  const [row, deleted] = await Promise.all([mail.getMessageRow(place.id, context.call), mail.getFolder("deleteditems", context.call)]);
  await mailbox.requireAt(row, place, context);
  if (row.parentFolderId === deleted.id) throw unsupported("remove", "This message is deleted already. Delete it for good in Outlook.");
  return movePlan(row, deleted.id, deleted.displayName ?? "", mail, context);
}
