import { HubError } from "@/server/errors";
import type { DraftStep, MountContext, StepResult } from "@/server/vfs/tool-mount";
import { isAmbiguous } from "../../api/http";
import type { MailApi } from "../../api/mail";
import { otherVersion } from "../area";
import type { Mailbox } from "./mailbox";
import { type MailStep, mailStep } from "./steps";
import { currentValues, sameValues, toFields } from "./values";

/** Runs one step. Each finds what an earlier try already did, so a repeated step changes nothing more. */

type Step<C extends MailStep["call"]> = Extract<MailStep, { call: C }>;

const moved = (): HubError => new HubError("ESTALE", "The message was changed in Outlook since the plan was made. Read it again.");

/** Runs a call whose answer may be lost: what it did is looked up before anybody is told that it failed. */
async function surely(call: () => Promise<void>, isDone: () => Promise<boolean>): Promise<void> {
  try {
    await call();
  } catch (error) {
    const mayBeDone = isAmbiguous(error) || (error instanceof HubError && (error.code === "ESTALE" || error.code === "ENOENT"));
    if (!mayBeDone || !(await isDone())) throw error;
  }
}

async function update(step: Step<"messageUpdate">, mail: MailApi, mailbox: Mailbox, context: MountContext): Promise<StepResult> {
  const isSame = async () => sameValues(currentValues(await mail.getMessage(step.id, context.call), step.after), step.after);
  const message = await mail.getMessage(step.id, context.call);
  if (!sameValues(currentValues(message, step.after), step.after)) {
    if (!sameValues(currentValues(message, step.before), step.before)) throw moved();
    // The etag closes the gap between this look and the write; Exchange answers another one with 412.
    await surely(() => mail.updateMessage(step.id, toFields(step.after), message["@odata.etag"] ?? null, context.call), isSame);
  }
  return { location: await mailbox.locationOf(message, context) };
}

/**
 * Sends a draft. The id is immutable, so it still names the message when it left the drafts: a message that is no draft any more was sent,
 * whatever became of the answer (https://learn.microsoft.com/graph/outlook-immutable-id).
 */
async function send(step: Step<"draftSend">, mail: MailApi, mailbox: Mailbox, context: MountContext): Promise<StepResult> {
  const isSent = async () => (await mail.getMessageRow(step.id, context.call)).isDraft === false;
  if (!(await isSent())) await surely(() => mail.sendDraft(step.id, context.call), isSent);
  return { location: await findSent() };

  /** Exchange takes a moment to put it into Sent Items; until then there is nothing to look at. */
  async function findSent() {
    try {
      const row = await mail.getMessageRow(step.id, context.call);
      const { drafts, outbox } = await mailbox.knownFolders(context.call);
      return row.parentFolderId === drafts || row.parentFolderId === outbox ? null : await mailbox.locationOf(row, context);
    } catch (error) {
      // The mail is on its way, so a look that failed is no failure of sending it.
      if (error instanceof HubError) return null;
      throw error;
    }
  }
}

async function move(step: Step<"messageMove">, mail: MailApi, mailbox: Mailbox, context: MountContext): Promise<StepResult> {
  const isThere = async () => (await mail.getMessageRow(step.id, context.call)).parentFolderId === step.to;
  const row = await mail.getMessageRow(step.id, context.call);
  if (row.parentFolderId !== step.to) {
    if (row.parentFolderId !== step.from) throw moved();
    await surely(() => mail.moveMessage(step.id, step.to, context.call), isThere);
  }
  return { location: await mailbox.locationOf({ ...row, parentFolderId: step.to }, context) };
}

/** Runs a stored step. ESTALE when what it was made against changed, or when another version of the hub made it. */
export async function performMail(draft: DraftStep, mail: MailApi, mailbox: Mailbox, context: MountContext): Promise<StepResult> {
  const parsed = mailStep.safeParse(draft.args);
  if (!parsed.success) throw otherVersion(parsed.error);
  const step = parsed.data;
  switch (step.call) {
    case "draftCreate": {
      const row = await mail.createDraft(toFields(step.values), step.seed, context.call);
      return { location: await mailbox.locationOf(row, context), output: { id: row.id, url: row.webLink ?? null } };
    }
    case "replyCreate": {
      const row = await mail.createReply(step.to, step.all, toFields(step.values), step.seed, context.call);
      return { location: await mailbox.locationOf(row, context), output: { id: row.id, url: row.webLink ?? null } };
    }
    case "messageUpdate":
      return await update(step, mail, mailbox, context);
    case "draftSend":
      return await send(step, mail, mailbox, context);
    case "messageMove":
      return await move(step, mail, mailbox, context);
  }
}
