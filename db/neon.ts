import { neonConfig, Pool } from "@neondatabase/serverless";
import type { Driver } from "./driver";
import { type ClientPool, createPoolDriver } from "./postgres";

/** For a proxy of one's own in front of a plain PostgreSQL (the tests'); Neon itself needs none of it. */
export interface NeonProxy {
  /** `host:port` of a WebSocket that carries the bytes to the server. */
  readonly address: string;
}

/**
 * Neon's driver: PostgreSQL's protocol inside a WebSocket, where only HTTPS goes out. Whole sessions, so transactions and local settings work
 * as over TCP; it does not pipeline, so a scope costs its round trips (data.md §5), which is why `driver: "pg"` exists.
 */
export function openNeon(url: string, proxy?: NeonProxy): Driver {
  if (proxy !== undefined) {
    neonConfig.wsProxy = () => `${proxy.address}/v2`;
    neonConfig.useSecureWebSocket = false;
    neonConfig.pipelineTLS = false;
    neonConfig.pipelineConnect = false;
    neonConfig.forceDisablePgSSL = true;
  }
  const pool = new Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 10_000 });
  return createPoolDriver("neon", pool as ClientPool);
}

/** Whether a URL's host is Neon's. */
export function isNeonHost(host: string): boolean {
  return host === "neon.tech" || host.endsWith(".neon.tech");
}
