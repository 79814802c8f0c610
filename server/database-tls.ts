import { BlockList, isIP } from "node:net";
import { isLoopback } from "./own-host";

/** Networks of one's own: RFC 1918, RFC 6598 (carriers and overlay networks), link-local, and IPv6's unique local addresses (RFC 4193). */
const ownNetworks = new BlockList();
for (const [network, bits] of [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const) {
  ownNetworks.addSubnet(network, bits, "ipv4");
}
ownNetworks.addSubnet("fc00::", 7, "ipv6");
ownNetworks.addSubnet("fe80::", 10, "ipv6");

/** Names that only a network of one's own resolves: a service's bare name, and the endings set apart for it (RFC 6762, 8375, 9476). */
const isOwnName = (name: string): boolean => !name.includes(".") || /\.(?:local|internal|localhost|home\.arpa|svc)$/.test(name);

function isOwnNetwork(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  const family = isIP(bare);
  if (isLoopback(bare)) return true;
  return family === 0 ? isOwnName(bare) : ownNetworks.check(bare, family === 6 ? "ipv6" : "ipv4");
}

/** What says in a URL how the connection is encrypted, `sslmode=disable` included: that is somebody's decision. */
const decides = ["sslmode", "ssl", "sslnegotiation"] as const;

/**
 * Whether a PostgreSQL URL leaves it open how the connection to another network is encrypted. The driver then takes none, and passwords and
 * rows would cross it in the clear. Something that is no URL is not this function's business.
 */
export function leavesEncryptionOpen(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname, searchParams } = new URL(url);
  if (decides.some((name) => searchParams.has(name))) return false;
  // As for libpq, `host` in the query goes before the URL's own; a path, percent-encoded in the URL, is a socket of this machine.
  const hosts = (searchParams.get("host") ?? hostname).split(",");
  return hosts.some((host) => host !== "" && !/^(?:\/|%2f)/i.test(host) && !isOwnNetwork(host));
}
