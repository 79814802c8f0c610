import type { Company } from "../../company/work";
import type { Address, Mailbox, User } from "../rows";

/** What the seeds of all areas go by. */

/** Finds a company's people by handle, and reads `Name <address>` for people of elsewhere. */
export interface People {
  /** Null for somebody without a mailbox here. */
  find(handleOrAddress: string): User | null;
  addressOf(handleOrAddress: string): Address;
}

export interface SeedWorld {
  readonly company: Company;
  readonly people: People;
  readonly mailboxOf: (user: User) => Mailbox;
  readonly nowMs: number;
}

/** What every item of the seed starts with. */
export function seedItem(mailbox: Mailbox, key: string, at: string) {
  mailbox.seq += 1;
  return { key, createdAt: at, modifiedAt: at, version: 1, seq: mailbox.seq, categories: [], extended: {} };
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();
