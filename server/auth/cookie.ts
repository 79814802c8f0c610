/** The session's cookie. With https it is `__Host-`: set by this host only, for every path, never over plain http (RFC 6265bis §4.1.3.2). */
export const sessionCookieName = (origin: string): string => (origin.startsWith("https:") ? "__Host-byte-session" : "byte-session");
