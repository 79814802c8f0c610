import type { FieldSchema, KindSchema, ToolMountDescription } from "@/server/vfs/tool-mount";
import { slackManifest } from "../manifest";

/** What the mount can do, for callers to read before they write. */

const readOnly = (name: string, type: FieldSchema["type"], description: string): FieldSchema => ({
  name,
  type,
  writable: false,
  description,
});

const nothing = { fields: [], body: null, create: false, update: false, append: false, remove: null } as const;

const message: KindSchema = {
  ...nothing,
  kind: "message",
  fields: [
    readOnly("user", "reference", "Who wrote it; an app's own name where no person did."),
    readOnly("sent_at", "datetime", "When it was sent."),
    readOnly("thread", "string", "Timestamp of the message that it replies to."),
    readOnly("files", "strings", "Files shared with it: name and link."),
    readOnly("id", "string", "Slack's timestamp, which is the message's id in its conversation."),
  ],
  body: "text; only of a message that the app posted",
  update: true,
  formats: ["markdown", "json"],
  parts: ["reactions"],
  remove: "Deletes a message that the app posted; Slack keeps no copy to restore. Replies to it stay.",
  writeCapability: "write:messages",
};

const today: KindSchema = { ...nothing, kind: "today", append: true, body: "message", writeCapability: "write:messages" };
const thread: KindSchema = {
  ...nothing,
  kind: "thread",
  append: true,
  body: "reply",
  formats: ["markdown", "thread"],
  writeCapability: "write:messages",
};

const reaction: KindSchema = {
  ...nothing,
  kind: "reaction",
  create: true,
  remove: "Takes the app's own reaction back.",
  writeCapability: "write:reactions",
};

export const slackDescription: ToolMountDescription = {
  actsAs: slackManifest.actsAs,
  // Slack has no version or precondition on writes: the last one wins.
  guard: "checked",
  personal: ["dms"],
  kinds: [message, today, thread, reaction, { ...nothing, kind: "day" }, { ...nothing, kind: "channel" }, { ...nothing, kind: "user" }],
};
