import type { Person } from "./people";

/** What the companies work on, told without the words of any one tool; ages are in days before the sandbox starts. */

export interface TeamSeed {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly members: readonly string[];
  readonly sprints: boolean;
  readonly triage: boolean;
}

export interface ProjectSeed {
  readonly slug: string;
  readonly name: string;
  readonly summary: string;
  readonly text: string;
  readonly teams: readonly string[];
  readonly lead: string;
  readonly status: "backlog" | "planned" | "started" | "completed" | "canceled";
  readonly health: "onTrack" | "atRisk" | "offTrack" | null;
  readonly ageDays: number;
  /** Days from the start of the sandbox. */
  readonly dueInDays: number | null;
}

export type Stage = "triage" | "backlog" | "todo" | "doing" | "review" | "done" | "canceled";

export interface WorkItem {
  readonly team: string;
  readonly title: string;
  readonly stage: Stage;
  readonly ageDays: number;
  readonly by: string;
  readonly to?: string;
  /** 1 urgent, 2 high, 3 medium, 4 low. */
  readonly priority?: 1 | 2 | 3 | 4;
  readonly labels?: readonly string[];
  readonly project?: string;
  /** Sprint relative to the running one: 0 is now. */
  readonly sprint?: -2 | -1 | 0 | 1;
  readonly dueInDays?: number;
  readonly estimate?: number;
  readonly text?: string;
  /** The title of the item that this one belongs to. */
  readonly partOf?: string;
  readonly archived?: true;
  readonly trashed?: true;
  /** [who, text, days before now]; an indented `>` in front of who answers the comment before. */
  readonly comments?: readonly (readonly [string, string, number])[];
}

/**
 * One message of a conversation. In the text (Markdown) `@handle` mentions a person of the company and `#channel` a channel by its name.
 * `momentOf` tells its time.
 */
export interface PostSeed {
  /** What other parts of the seed refer to it by; unique in the company. */
  readonly key?: string;
  /** The handle of who wrote it. */
  readonly by: string;
  readonly daysAgo: number;
  /** `HH:MM` */
  readonly at: string;
  readonly text: string;
  /** [emoji, handles]: the emoji by its short name (`tada`, `+1`). */
  readonly reactions?: readonly (readonly [string, readonly string[]])[];
  /** The thread below it, oldest first. */
  readonly replies?: readonly PostSeed[];
  readonly edited?: true;
}

export interface ChannelSeed {
  readonly key: string;
  readonly name: string;
  readonly topic: string;
  readonly purpose: string;
  readonly private: boolean;
  /** Handles; who made it first. */
  readonly members: readonly string[];
  /** Oldest first. */
  readonly posts: readonly PostSeed[];
}

export interface DirectMessageSeed {
  /** Two handles, or more for a group. */
  readonly between: readonly string[];
  /** Oldest first. */
  readonly posts: readonly PostSeed[];
}

/** `meetingTimes` tells when it is. */
export interface MeetingSeed {
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly organizer: string;
  /** Handles, or `Name <address>` for people of elsewhere; the organizer is not among them. */
  readonly attendees: readonly string[];
  /** The first one's day, counted from the sandbox's start; negative is in the past. */
  readonly inDays: number;
  /** `HH:MM` in its time zone. */
  readonly at: string;
  readonly minutes: number;
  /** IANA */
  readonly timeZone: string;
  readonly place?: string;
  readonly repeats?: {
    /** RFC 5545, without DTSTART: `FREQ=WEEKLY;BYDAY=MO`. */
    readonly rule: string;
    /** Days of occurrences that do not take place, counted from the sandbox's start. */
    readonly exceptDays?: readonly number[];
  };
  /** `minutes` are whole days then. */
  readonly allDay?: true;
  /** A project's slug. */
  readonly project?: string;
  readonly online?: true;
}

export interface DocumentSeed {
  readonly key: string;
  readonly title: string;
  /** Folders from the root: `Team/Engineering`; empty is the root. */
  readonly folder: string;
  readonly kind: "doc" | "sheet" | "slides" | "file";
  /** Markdown of a doc, CSV of a sheet, Markdown slides split by lines of `---`; a file's own text, or base64 for a type that is not text. */
  readonly text: string;
  /** Of a file. */
  readonly mediaType?: string;
  readonly owner: string;
  /** The name of the shared drive that it is in; the owner's own drive without one. */
  readonly sharedDrive?: string;
  /** A folder of the owner's drive that has a shortcut to it. */
  readonly shortcutIn?: string;
  /** A project's slug. */
  readonly project?: string;
  readonly daysAgo: number;
}

/** A mail as it went out; everybody of the company among sender and receivers has a copy. `momentOf` tells its time. */
export interface MailSeed {
  readonly key: string;
  /** Mails with the same word are one conversation; an answer names the mail before it by being later. */
  readonly thread: string;
  /** A handle, or `Name <address>`. */
  readonly from: string;
  readonly to: readonly string[];
  readonly cc?: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** The same in HTML, where it was sent so too. */
  readonly html?: string;
  readonly daysAgo: number;
  /** `HH:MM` */
  readonly at: string;
  /** Where the receivers keep it, the inbox by default: `archive`, or a folder or label of that name. The sender's copy is in `sent`. */
  readonly folder?: "inbox" | "sent" | "archive" | (string & {});
  readonly labels?: readonly string[];
  readonly unread?: true;
  readonly flagged?: true;
  /** Text as it is, or base64 for a type that is not text. */
  readonly attachments?: readonly { readonly name: string; readonly mediaType: string; readonly text: string }[];
}

export interface ContactSeed {
  /** The handle of whose address book it is in. */
  readonly of: string;
  readonly name: string;
  readonly email: string;
  readonly phone?: string;
  readonly company?: string;
  readonly note?: string;
}

export interface Company {
  readonly urlKey: string;
  readonly name: string;
  readonly people: readonly Person[];
  readonly teams: readonly TeamSeed[];
  readonly labels: readonly {
    readonly name: string;
    readonly color: string;
    readonly team?: string;
    readonly group?: string;
    readonly isGroup?: true;
  }[];
  readonly projects: readonly ProjectSeed[];
  readonly items: readonly WorkItem[];
  readonly channels: readonly ChannelSeed[];
  readonly directMessages: readonly DirectMessageSeed[];
  readonly meetings: readonly MeetingSeed[];
  readonly documents: readonly DocumentSeed[];
  readonly mails: readonly MailSeed[];
  readonly contacts: readonly ContactSeed[];
}
