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
