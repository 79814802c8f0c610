import { HubError } from "@/server/errors";

/** The workspace's segment of the URL. */

/** First segments of the hub's own routes and of what browsers ask for; a test holds the list against `app/`. */
export const reservedSlugs: ReadonlySet<string> = new Set([
  "account",
  "admin",
  "api",
  "assets",
  "auth",
  "context",
  "docs",
  "error",
  "health",
  "help",
  "invite",
  "invitations",
  "login",
  "logout",
  "mailbox",
  "mcp",
  "new",
  "oauth",
  "public",
  "settings",
  "sign-in",
  "sign-out",
  "static",
  "status",
  "support",
  "verify-request",
  "webhooks",
  "welcome",
  "workspaces",
]);

const shape = /^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/;
const maximumDerivedLength = 40;

/** Checks a slug that a person chose. EINVAL with the rule that it breaks. */
export function checkSlug(slug: string): string {
  if (!shape.test(slug)) {
    throw new HubError(
      "EINVAL",
      "An address is 1 to 48 lower-case letters, digits and hyphens, and starts and ends with a letter or digit.",
    );
  }
  if (reservedSlugs.has(slug)) throw new HubError("EINVAL", `"${slug}" is kept for the hub's own pages; choose another address.`);
  return slug;
}

/** A slug made from a name: its letters without marks, hyphens between words. Never reserved, never empty. */
export function slugFromName(name: string): string {
  const slug = name
    .normalize("NFKD")
    .replaceAll(/\p{M}+/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, maximumDerivedLength)
    .replaceAll(/^-+|-+$/g, "");
  if (slug === "") return "workspace";
  return reservedSlugs.has(slug) ? `${slug}-workspace` : slug;
}
