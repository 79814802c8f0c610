import { z } from "zod";

// RFC 5321 §4.5.3.1: 64 octets before the @, 254 in all.
const address = z.email().max(254);

/**
 * The one form of an e-mail address, or null when it is not one. NFKC comes first, so that a look-alike of `@` cannot turn into one later
 * in a mail library; what passes has no space, control character, quote, comma or bracket, so it cannot add a header or a recipient.
 */
export function normalizeEmail(value: unknown): string | null {
  if (typeof value !== "string" || value.length > 320) return null;
  const candidate = value.normalize("NFKC").trim().toLowerCase();
  if (!/^[^\s\p{C}"(),:;<>@[\\\]]{1,64}@[^\s\p{C}"(),:;<>@[\\\]]+$/u.test(candidate)) return null;
  return address.safeParse(candidate).success ? candidate : null;
}
