import { z } from "zod";
import { badRequest } from "../failures";
import type { Address, AttachmentRow, Body, MessageRow } from "../rows";
import { storedHtml } from "./html";

/** What a caller may write of a message; the shapes are the CSDL's. */

const emailAddress = z.strictObject({ name: z.string().nullish(), address: z.string().nullish() });
export const recipientShape = z.strictObject({ emailAddress, "@odata.type": z.string().optional() });
const recipients = z.array(recipientShape);
export const bodyShape = z.strictObject({
  contentType: z
    .string()
    .transform((type) => type.toLowerCase())
    .pipe(z.enum(["text", "html"])),
  content: z.string().nullish(),
  "@odata.type": z.string().optional(),
});

export const extendedShape = z.array(
  z.strictObject({ id: z.string(), value: z.string().nullable(), "@odata.type": z.string().optional() }),
);

const attachmentShape = z.strictObject({
  "@odata.type": z.literal("#microsoft.graph.fileAttachment"),
  name: z.string(),
  contentType: z.string().nullish(),
  contentBytes: z.base64(),
  isInline: z.boolean().nullish(),
  contentId: z.string().nullish(),
});

const shapes = {
  subject: z.string().nullable(),
  body: bodyShape,
  toRecipients: recipients,
  ccRecipients: recipients,
  bccRecipients: recipients,
  replyTo: recipients,
  importance: z
    .string()
    .transform((word) => word.toLowerCase())
    .pipe(z.enum(["low", "normal", "high"])),
  isRead: z.boolean(),
  categories: z.array(z.string()),
  flag: z.strictObject({
    flagStatus: z.enum(["notFlagged", "flagged", "complete"]),
    dueDateTime: z.unknown().optional(),
    startDateTime: z.unknown().optional(),
    completedDateTime: z.unknown().optional(),
    "@odata.type": z.string().optional(),
  }),
  singleValueExtendedProperties: extendedShape,
  internetMessageId: z.string(),
  from: recipientShape,
  sender: recipientShape,
  attachments: z.array(attachmentShape),
} as const;

/** Those that any message takes; the others are a draft's. */
const alwaysWritable = ["isRead", "categories", "flag", "importance", "singleValueExtendedProperties"];

const message = z.strictObject({ ...shapes, "@odata.type": z.string().optional(), "@odata.etag": z.string().optional() }).partial();
export type WrittenMessage = z.output<typeof message>;

/** Reads a message out of a body; 400 names the property that is wrong. */
export function readMessage(body: unknown, isDraft: boolean): WrittenMessage {
  const parsed = message.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = issue?.code === "unrecognized_keys" ? issue.keys.join(", ") : (issue?.path.join("/") ?? "");
    throw badRequest(
      `Cannot convert the literal or the property '${name}' does not exist or cannot be written on type 'microsoft.graph.message'.`,
      "RequestBodyRead",
    );
  }
  const refused = Object.keys(parsed.data).find((name) => !isDraft && !name.startsWith("@") && !alwaysWritable.includes(name));
  if (refused !== undefined)
    throw badRequest(`The property '${refused}' can only be set while the message is a draft.`, "ErrorInvalidPropertySet");
  return parsed.data;
}

/** Graph shows the address where a recipient has no name. */
export function addressOf({ emailAddress: { name, address } }: z.output<typeof recipientShape>): Address {
  return { name: name ?? address ?? "", address: address ?? "" };
}

export function storedBody(body: z.output<typeof bodyShape>): Body {
  const content = body.content ?? "";
  return body.contentType === "html" ? { contentType: "html", content: storedHtml(content) } : { contentType: "text", content };
}

/** Puts what was written into a row. */
export function assign(
  row: MessageRow,
  written: WrittenMessage,
  newAttachment: (fields: Omit<AttachmentRow, "key" | "modifiedAt">) => AttachmentRow,
): void {
  if (written.subject !== undefined) row.subject = (written.subject ?? "").slice(0, 255);
  if (written.body !== undefined) row.body = storedBody(written.body);
  if (written.toRecipients !== undefined) row.to = written.toRecipients.map(addressOf);
  if (written.ccRecipients !== undefined) row.cc = written.ccRecipients.map(addressOf);
  if (written.bccRecipients !== undefined) row.bcc = written.bccRecipients.map(addressOf);
  if (written.replyTo !== undefined) row.replyTo = written.replyTo.map(addressOf);
  if (written.importance !== undefined) row.importance = written.importance;
  if (written.isRead !== undefined) row.isRead = written.isRead;
  if (written.categories !== undefined) row.categories = [...written.categories];
  if (written.flag !== undefined) row.flag = written.flag.flagStatus;
  if (written.internetMessageId !== undefined) row.internetMessageId = written.internetMessageId;
  if (written.singleValueExtendedProperties !== undefined) {
    row.extended = {
      ...row.extended,
      ...Object.fromEntries(written.singleValueExtendedProperties.map(({ id, value }) => [id, value ?? ""])),
    };
  }
  if (written.attachments !== undefined) {
    row.attachments = [
      ...row.attachments,
      ...written.attachments.map((each) =>
        newAttachment({
          name: each.name,
          contentType: each.contentType ?? "application/octet-stream",
          bytes: new Uint8Array(Buffer.from(each.contentBytes, "base64")),
          isInline: each.isInline ?? false,
          contentId: each.contentId ?? null,
        }),
      ),
    ];
  }
}
