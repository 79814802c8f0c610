/**
 * Whether a request that names this host may be one of the hub's own pages. A hub on localhost answers to loopback names only: a page of
 * another site whose name is made to resolve to 127.0.0.1 (DNS rebinding) would otherwise be the hub's own origin to its browser, and
 * could read the demo's mailbox and sign in. A public hub's proxy may name it as it likes.
 */
export function isOwnHost(origin: string, host: string | null): boolean {
  if (host === null || !isLoopback(new URL(origin).hostname)) return true;
  const asked = `http://${host}`;
  return URL.canParse(asked) && isLoopback(new URL(asked).hostname);
}

const loopback: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]", "::1"]);

/** Whether a host name (without a port) is this machine's own. */
export const isLoopback = (hostname: string): boolean => loopback.has(hostname);
