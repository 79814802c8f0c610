import type { FieldSchema, KindSchema, ToolMountDescription } from "@/server/vfs/tool-mount";
import { sensitivities, showAsWords } from "../format/event";
import { flags } from "../format/message";
import { microsoft365Manifest } from "../manifest";
import { importances } from "../schema/mail";
import { readKind, readOnly, writable } from "./area";

/** What the mount can do, for callers to read before they write. */

const people = "People as addresses, or as Name <address>.";

const messageFields: readonly FieldSchema[] = [
  readOnly("subject", "string", "The subject."),
  readOnly("from", "string", "Who sent it."),
  readOnly("to", "strings", "Who it was sent to."),
  readOnly("cc", "strings", "Who got a copy."),
  readOnly("bcc", "strings", "Who got a hidden copy; only the sender sees them."),
  readOnly("reply_to", "strings", "Where answers go, where not to the sender."),
  readOnly("received_at", "datetime", "When it came; the directory's day is this one."),
  readOnly("sent_at", "datetime", "When it was sent."),
  writable("read", "boolean", "Whether it was read."),
  { ...writable("flag", "enum", "The flag for following up. null means none."), values: flags },
  writable("categories", "strings", "Outlook's categories; the list replaces the old one."),
  readOnly("importance", "string", "low, normal or high."),
  readOnly("conversation_id", "string", "Microsoft's id of the conversation; read as thread for all of it."),
  readOnly("message_id", "string", "The Message-ID of RFC 5322."),
  readOnly("id", "string", "Microsoft's id, which stays when the message moves."),
];

const message: KindSchema = {
  kind: "message",
  fields: messageFields,
  body: null,
  create: false,
  update: true,
  append: false,
  remove: "Moves the message to Deleted Items; move it back to undo.",
  move: "Moves the message into that folder; it stands in the directory of the day it came.",
  formats: ["markdown", "thread", "json", "raw"],
  parts: ["attachments"],
  writeCapability: "write:mail",
};

const draft: KindSchema = {
  kind: "draft",
  fields: [
    writable(
      "subject",
      "string",
      "The subject. Left out of a new draft, the file's name is taken; of an answer, that of the message answered.",
    ),
    writable("to", "strings", `Who it is for. ${people}`),
    writable("cc", "strings", `Who gets a copy. ${people}`),
    writable("bcc", "strings", `Who gets a hidden copy. ${people}`),
    { ...writable("importance", "enum", "null means normal."), values: importances },
    writable("categories", "strings", "Outlook's categories; the list replaces the old one."),
    writable("in_reply_to", "reference", "Of a new draft: the message that it answers, as its path, name~handle, id or Message-ID."),
    writable("reply_all", "boolean", "Of a new draft that answers: whether everybody is answered; false without it."),
    readOnly("created_at", "datetime", "When it was made."),
    readOnly("conversation_id", "string", "Microsoft's id of the conversation."),
    readOnly("id", "string", "Microsoft's id, which stays when the draft is sent."),
  ],
  body: "body",
  create: true,
  update: true,
  append: false,
  remove: "Moves the draft to Deleted Items; move it back in Outlook to undo.",
  move: "To mail/outbox: sends the draft. Nowhere else.",
  formats: ["markdown", "thread", "json", "raw"],
  parts: ["attachments"],
  writeCapability: "write:mail",
};

const outgoing = readKind("outgoing", {
  fields: messageFields.map((field) => ({ ...field, writable: false })),
  formats: ["markdown", "thread", "json", "raw"],
  parts: ["attachments"],
});

const eventFields: readonly FieldSchema[] = [
  writable("title", "string", "The title. Left out of a new event, the file's name is taken."),
  {
    ...writable("start", "datetime", 'A time such as "2026-11-23T09:00:00" on the clock of time_zone, or a day of an all-day event.'),
    required: true,
  },
  { ...writable("end", "datetime", "Exclusive: an all-day event on the 23rd ends on the 24th."), required: true },
  writable("time_zone", "string", "An IANA zone such as Europe/Paris; the mount's without it."),
  writable("end_time_zone", "string", "The end's, where it is another one."),
  writable("location", "string", "Where. null clears it."),
  writable("attendees", "strings", `Who must come; the list replaces the old one. ${people}`),
  writable("optional_attendees", "strings", `Who may come. ${people}`),
  writable("resources", "strings", `Rooms and equipment. ${people}`),
  { ...writable("show_as", "enum", "null means busy."), values: showAsWords },
  { ...writable("sensitivity", "enum", "null means normal."), values: sensitivities },
  writable("categories", "strings", "Outlook's categories; the list replaces the old one."),
  writable("online_meeting", "boolean", "Whether there is an address to join by; true stays true."),
  readOnly("organizer", "string", "Who invites."),
  readOnly("response", "string", "What the person who connected it answered."),
  readOnly("join_url", "url", "Where to join an online meeting."),
  readOnly("ical_uid", "string", "The UID of RFC 5545, the same in every calendar."),
  readOnly("created_at", "datetime", "When it was made."),
  readOnly("id", "string", "Microsoft's id."),
];

const recurrence = writable(
  "recurrence",
  "strings",
  "One RRULE line of RFC 5545, such as RRULE:FREQ=WEEKLY;BYDAY=MO; what Outlook's patterns have of them.",
);

const event: KindSchema = {
  kind: "event",
  fields: eventFields,
  body: "body",
  create: true,
  update: true,
  append: false,
  remove: "Deletes the event, or the one occurrence of its series; the organizer's attendees are told by mail.",
  formats: ["markdown", "json", "raw"],
  writeCapability: "write:calendar",
};

const series: KindSchema = {
  ...event,
  kind: "series",
  fields: [...eventFields, { ...recurrence, required: true }],
  remove: "Deletes the whole series; the organizer's attendees are told by mail.",
};

export const microsoft365Description: ToolMountDescription = {
  actsAs: microsoft365Manifest.actsAs,
  // Graph documents no precondition on messages and events; Exchange is sent one all the same.
  guard: "checked",
  kinds: [
    message,
    draft,
    outgoing,
    readKind("attachment"),
    event,
    series,
    readKind("file"),
    readKind("shortcut", { formats: ["json"] }),
    readKind("contact", { formats: ["json", "raw"] }),
  ],
  personal: ["mail", "calendar", "contacts"],
};
