import type { FieldSchema, KindSchema } from "@/server/vfs/tool-mount";

/** What mail holds; the hub only reads it. */

const told = (name: string, type: FieldSchema["type"], description: string): FieldSchema => ({ name, type, writable: false, description });

const nothing = { body: null, create: false, update: false, append: false, remove: null } as const;

export const gmailKinds: readonly KindSchema[] = [
  {
    ...nothing,
    kind: "message",
    formats: ["markdown", "thread", "json", "raw"],
    parts: ["attachments"],
    fields: [
      told("subject", "string", "The subject."),
      told("from", "string", "Who sent it."),
      told("to", "strings", "Whom it was sent to."),
      told("cc", "strings", "Who has a copy."),
      told("bcc", "strings", "Who has a copy that the others do not know of; of one's own mail only."),
      told("reply_to", "strings", "Where an answer is to go, if not to the sender."),
      told("date", "datetime", "When Gmail took it in."),
      told("labels", "strings", "Names of its labels; UNREAD, STARRED and INBOX are such."),
      told("attachments", "strings", "Names of what is attached; the bytes are in the companion directory."),
      told("message_id", "string", "Its Message-ID header."),
      told("in_reply_to", "string", "The Message-ID that it answers."),
      told("thread", "string", "Gmail's id of the conversation."),
      told("id", "string", "Gmail's id."),
    ],
  },
  { ...nothing, kind: "attachment", fields: [] },
  { ...nothing, kind: "label", fields: [] },
];
