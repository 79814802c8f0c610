import { HubError } from "@/server/errors";
import { invalidField, listOf, type ParsedField } from "./front-matter";

/** People by e-mail address, as mail and invitations name them (RFC 5322 §3.4): `Ann Smith <ann@byte.example>`. */
export interface Mailbox {
  /** Without line ends and blanks at its edges; null for an address alone. */
  readonly name: string | null;
  readonly address: string;
}

const specials = /[()<>[\]:;@\\,"]/;

/** A name as a vendor gives it, made fit for one line; a name that only repeats the address is none. */
export function toMailbox(name: string | null | undefined, address: string): Mailbox {
  const tidy = (name ?? "").replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return { name: tidy === "" || tidy.toLowerCase() === address.toLowerCase() ? null : tidy, address };
}

/** `Ann Smith <ann@byte.example>`, the name in quotes where RFC 5322 wants them; inverse of `parseMailbox`. */
export function printMailbox({ name, address }: Mailbox): string {
  if (name === null) return address;
  const quoted = specials.test(name) ? `"${name.replaceAll(/["\\]/g, "\\$&")}"` : name;
  return `${quoted} <${address}>`;
}

/** One `@`, no blanks and no brackets: whether mail reaches it is the vendor's to say. */
const addressShape = /^[^\s<>()[\],;:"@]+@[^\s<>()[\],;:"@]+$/u;
const named = /^(?:"((?:[^"\\]|\\.)*)"|([^"<>]*?))\s*<([^<>\s]+)>$/u;

/** The mailbox that a text says; EINVAL where it says none. */
export function parseMailbox(text: string): Mailbox {
  const trimmed = text.trim();
  if (addressShape.test(trimmed)) return { name: null, address: trimmed };
  const [, quoted, plain = "", address = ""] = named.exec(trimmed) ?? [];
  if (!addressShape.test(address)) {
    throw new HubError("EINVAL", `"${trimmed}" is no e-mail address. Write ann@byte.example or Ann Smith <ann@byte.example>.`);
  }
  return toMailbox(quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, "$1"), address);
}

/** The mailboxes of one key of front matter, each address once; EINVAL names key and line. */
export function readMailboxes(key: string, field: ParsedField): readonly Mailbox[] {
  const found = new Map<string, Mailbox>();
  for (const text of listOf(field)) {
    try {
      const mailbox = parseMailbox(text);
      if (!found.has(mailbox.address.toLowerCase())) found.set(mailbox.address.toLowerCase(), mailbox);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      throw invalidField(key, field, error.message);
    }
  }
  return [...found.values()];
}
