/**
 * A vendor URL where the vendor really is: its origin replaced by the configured one of the same role. `defaults` are the manifest's
 * origins, `configured` those with the environment applied. A URL of no known origin is a mistake in the connector and throws.
 */
export function placeUrl(url: string, defaults: Readonly<Record<string, string>>, configured: Readonly<Record<string, string>>): string {
  const parsed = new URL(url);
  for (const [role, origin] of Object.entries(defaults)) {
    if (new URL(origin).origin === parsed.origin) {
      const target = configured[role] ?? origin;
      return `${target.replace(/\/+$/, "")}${parsed.pathname}${parsed.search}`;
    }
  }
  throw new TypeError(`${parsed.origin} is none of the integration's origins`);
}
