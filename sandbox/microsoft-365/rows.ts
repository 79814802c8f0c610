/** What the simulated Microsoft 365 holds. Times are ISO 8601 in UTC; ids are made of keys in `ids.ts`. */

export interface Tenant {
  readonly id: string;
  readonly displayName: string;
  readonly domain: string;
}

export interface User {
  /** The object id (`oid`). */
  readonly id: string;
  readonly tenantId: string;
  readonly displayName: string;
  readonly mail: string;
  readonly jobTitle: string;
  /** IANA. */
  readonly timeZone: string;
  readonly admin: boolean;
}

/** What all items of a mailbox have. */
export interface Item {
  readonly key: string;
  readonly createdAt: string;
  modifiedAt: string;
  /** Rises with each change; the change key and the etag are made of it. */
  version: number;
  /** The mailbox's count of changes when it last changed, for delta. */
  seq: number;
  categories: readonly string[];
  /** Named properties of apps, by id (`String {guid} Name x`). */
  extended: Readonly<Record<string, string>>;
}

export interface Address {
  readonly name: string;
  readonly address: string;
}

export interface Body {
  readonly contentType: "text" | "html";
  readonly content: string;
}

export interface AttachmentRow {
  readonly key: string;
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly isInline: boolean;
  readonly contentId: string | null;
  readonly modifiedAt: string;
}

export interface FolderRow {
  readonly key: string;
  displayName: string;
  parent: string | null;
  /** `inbox`, `drafts` and so on; null for a person's own. */
  readonly wellKnown: string | null;
  readonly isHidden: boolean;
  seq: number;
}

export interface MessageRow extends Item {
  folder: string;
  /** How often it moved: default ids change with each move. */
  moves: number;
  subject: string;
  body: Body;
  from: Address | null;
  to: readonly Address[];
  cc: readonly Address[];
  bcc: readonly Address[];
  replyTo: readonly Address[];
  receivedAt: string;
  sentAt: string;
  isRead: boolean;
  isDraft: boolean;
  importance: "low" | "normal" | "high";
  flag: "notFlagged" | "flagged" | "complete";
  conversation: string;
  internetMessageId: string;
  inReplyTo: string | null;
  attachments: readonly AttachmentRow[];
}

export interface CalendarRow {
  readonly key: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly canEdit: boolean;
  readonly owner: Address;
}

/** Local time in a zone, as Graph writes it. */
export interface LocalTime {
  readonly dateTime: string;
  /** IANA or Windows, as the caller wrote it. */
  readonly timeZone: string;
}

export interface AttendeeRow extends Address {
  readonly type: "required" | "optional" | "resource";
  readonly response: "none" | "organizer" | "tentativelyAccepted" | "accepted" | "declined" | "notResponded";
}

export type Weekday = "sunday" | "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday";

export interface RecurrenceRow {
  readonly pattern: {
    readonly type: "daily" | "weekly" | "absoluteMonthly" | "relativeMonthly" | "absoluteYearly" | "relativeYearly";
    readonly interval: number;
    readonly month: number;
    readonly dayOfMonth: number;
    readonly daysOfWeek: readonly Weekday[];
    readonly firstDayOfWeek: Weekday;
    readonly index: "first" | "second" | "third" | "fourth" | "last";
  };
  readonly range: {
    readonly type: "endDate" | "noEnd" | "numbered";
    readonly startDate: string;
    readonly endDate: string;
    readonly numberOfOccurrences: number;
    readonly recurrenceTimeZone: string;
  };
}

/** What an occurrence can have of its own. */
export interface EventFields {
  subject: string;
  body: Body;
  start: LocalTime;
  end: LocalTime;
  isAllDay: boolean;
  location: string;
  attendees: readonly AttendeeRow[];
  showAs: "unknown" | "free" | "tentative" | "busy" | "oof" | "workingElsewhere";
  sensitivity: "normal" | "personal" | "private" | "confidential";
  importance: "low" | "normal" | "high";
}

export interface EventRow extends Item, EventFields {
  readonly calendar: string;
  readonly organizer: Address;
  readonly iCalUId: string;
  readonly transactionId: string | null;
  recurrence: RecurrenceRow | null;
  isCancelled: boolean;
  isOnlineMeeting: boolean;
  joinUrl: string | null;
  /** Own fields of single occurrences, by the local date on which the series has them. */
  exceptions: Readonly<Record<string, Partial<EventFields> & { readonly version: number }>>;
  /** Local dates of occurrences that were deleted. */
  cancelled: readonly string[];
}

export interface ContactFolderRow {
  readonly key: string;
  displayName: string;
  /** Null for the default folder. */
  readonly parent: string | null;
  readonly isDefault: boolean;
}

export interface ContactRow extends Item {
  folder: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface DriveItemRow {
  readonly key: string;
  parent: string | null;
  name: string;
  readonly createdAt: string;
  modifiedAt: string;
  version: number;
  seq: number;
  /** Null for a folder. */
  content: { readonly mimeType: string; readonly bytes: Uint8Array } | null;
  /** A shortcut to another person's folder. */
  readonly remote: { readonly owner: string; readonly key: string } | null;
}

/** What is not there any more, for delta. */
export interface Tombstone {
  readonly id: string;
  /** `message`, `event`, `contact`, `driveItem`, `mailFolder`. */
  readonly type: string;
  /** The container it was in. */
  readonly container: string;
  readonly seq: number;
}

export interface Mailbox {
  readonly userId: string;
  seq: number;
  nextKey: number;
  readonly folders: Map<string, FolderRow>;
  readonly messages: Map<string, MessageRow>;
  readonly calendars: Map<string, CalendarRow>;
  readonly events: Map<string, EventRow>;
  readonly contactFolders: Map<string, ContactFolderRow>;
  readonly contacts: Map<string, ContactRow>;
  readonly drive: Map<string, DriveItemRow>;
  tombstones: Tombstone[];
}
