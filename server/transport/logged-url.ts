const maxLength = 2048;

/**
 * A URL fit for the log: no user information, no fragment, and of the query only the values of parameters known to be safe; the others are
 * printed as `…`. Names are kept (cut at 64 characters), so that one sees what was asked.
 */
export function loggedUrl(url: string, loggedQuery: ReadonlySet<string>): string {
  if (!URL.canParse(url)) return "(not a URL)";
  const { origin, pathname, searchParams } = new URL(url);
  const query = [...searchParams].map(([name, value]) => {
    const shown = loggedQuery.has(name) ? encodeURIComponent(value) : "…";
    return `${encodeURIComponent(name.slice(0, 64))}=${shown}`;
  });
  const printed = `${origin}${pathname}${query.length === 0 ? "" : `?${query.join("&")}`}`;
  return printed.length <= maxLength ? printed : `${printed.slice(0, maxLength)}…`;
}

/** The same of an address that an answer of the tool named for a file's bytes: whoever knows such a one gets them, so only its host is kept. */
export function loggedContentUrl(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin}/…` : "(not a URL)";
}
