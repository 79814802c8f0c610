import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Database } from "@/db/client";
import { sessions } from "@/db/schema/identity";
import type { Role, WorkspaceScope } from "@/db/scope";
import { createTestDb, seedMember, seedWorkspace } from "@/db/testing";
import { hashSessionToken } from "@/server/auth/adapter";
import { createHub, type Hub } from "@/server/compose/hub";
import type { Catalogue } from "@/server/compose/tools";
import { parseEnv } from "@/server/env";
import { randomId } from "@/server/ids";
import { createLog } from "@/server/log";
import { handleCallback, handleStart } from "./http";
import { type FakeTool, startFakeTool } from "./testing";

/** A hub whose connect doors answer over real HTTP, in front of a fake tool; and browsers to walk through them. For tests. */

export interface Browser {
  readonly userId: string;
  readonly scope: WorkspaceScope;
  /** Cookies by name, each with the path it is sent to. */
  readonly jar: Map<string, { value: string; path: string }>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  start(integration: string, fields?: Record<string, unknown>, headers?: Record<string, string>): Promise<Response>;
  /** Starts, and answers what the hub answered. */
  begin(integration?: string, fields?: Record<string, unknown>): Promise<{ url: string; flow: string }>;
  /** Follows the tool's redirect; answers where the hub sends the browser then. */
  follow(back: string): Promise<{ path: string; query: URLSearchParams }>;
}

export interface ConnectHub {
  readonly hub: Hub;
  readonly tool: FakeTool;
  readonly origin: string;
  /** Every log line. */
  readonly lines: string[];
  /** Every body and header the hub answered with. */
  readonly answered: string[];
  /** A signed-in person of a role in the workspace, which is made when it is not there. */
  browser(slug: string, role?: Role): Promise<Browser>;
  /** Another process of the hub on the same database, with a memory of its own; whoever asks closes nothing of it. */
  process(): Hub;
  /** Another member of the same workspace. */
  colleague(of: Browser, role: Role): Promise<Browser>;
  close(): Promise<void>;
}

/** Without `catalogueFor` the catalogue is the fake tool under two names; without `given` the database is one in memory. */
export async function startConnectHub(catalogueFor?: (origin: string) => Promise<Catalogue>, given?: Database): Promise<ConnectHub> {
  const tool = await startFakeTool();
  const db = given ?? (await createTestDb());
  const lines: string[] = [];
  const answered: string[] = [];
  const held: { hub: Hub | null } = { hub: null };

  const server = createServer(async (incoming, outgoing) => {
    const { hub } = held;
    if (hub === null) throw new Error("The hub is not there yet.");
    const chunks: Uint8Array[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Uint8Array);
    const headers = new Headers();
    for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
    const body = Buffer.concat(chunks);
    const request = new Request(`http://wrong.invalid${incoming.url ?? "/"}`, {
      method: incoming.method ?? "GET",
      headers,
      ...(body.length === 0 ? {} : { body }),
    });
    const [, , door, integration = ""] = (incoming.url ?? "").split("?")[0]?.split("/") ?? [];
    const handle = door === "start" ? handleStart : handleCallback;
    const response = await handle(hub.tools.connectDoor, request, integration);
    const text = await response.text();
    answered.push(JSON.stringify([...response.headers]) + text);
    outgoing.writeHead(response.status, [...response.headers].flat()).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const key = Buffer.alloc(32, 9).toString("base64");
  const env = parseEnv({ HUB_MODE: "development", AUTH_URL: origin, AUTH_SECRET: "s".repeat(40), VAULT_KEY: key, LOG_LEVEL: "debug" });
  const log = createLog({ level: "debug", destination: { write: (line) => void lines.push(line) } });
  const integrations = [tool.integration("fake"), tool.integration("other")];
  const catalogue: Catalogue = (await catalogueFor?.(origin)) ?? {
    manifests: integrations.map((integration) => integration.manifest),
    findIntegration: (id) => integrations.find((integration) => integration.manifest.id === id) ?? null,
    settingsOf: (manifest) => ({ configured: true, settings: tool.settings(origin, manifest.id) }),
  };
  const hub = createHub({ env, log, db, catalogue });
  held.hub = hub;

  const browserOf = async (userId: string, scope: WorkspaceScope): Promise<Browser> => {
    const session = randomId();
    const expires = new Date(Date.now() + 3_600_000);
    await db.withIdentity((tx) => tx.insert(sessions).values({ sessionToken: hashSessionToken(session), userId, expires }));
    const jar: Browser["jar"] = new Map([[hub.auth.sessionCookie, { value: session, path: "/" }]]);
    const browser: Browser = {
      userId,
      scope,
      jar,
      async fetch(path, init = {}) {
        const sent = [...jar].filter(([, cookie]) => path.startsWith(cookie.path)).map(([name, cookie]) => `${name}=${cookie.value}`);
        const headers = new Headers(init.headers);
        if (sent.length > 0) headers.set("cookie", sent.join("; "));
        const response = await fetch(`${origin}${path}`, { ...init, headers, redirect: "manual" });
        for (const line of response.headers.getSetCookie()) {
          const [, name = "", value = "", cookiePath = "/", age = "0"] = /^([^=]+)=([^;]*); Path=([^;]+); Max-Age=(\d+)/.exec(line) ?? [];
          if (age === "0") jar.delete(name);
          else jar.set(name, { value, path: cookiePath });
        }
        return response;
      },
      start: (integration, fields = {}, headers = {}) =>
        browser.fetch(`/oauth/start/${integration}`, {
          method: "POST",
          headers: { origin, "content-type": "application/json", ...headers },
          body: JSON.stringify({ workspace: scope.slug, capabilities: [], visibility: "workspace", popup: true, ...fields }),
        }),
      async begin(integration = "fake", fields = {}) {
        const response = await browser.start(integration, fields);
        if (response.status !== 200) throw new Error(`start answered ${response.status}: ${await response.text()}`);
        return (await response.json()) as { url: string; flow: string };
      },
      async follow(back) {
        const url = new URL(back);
        const response = await browser.fetch(`${url.pathname}${url.search}`);
        const location = new URL(response.headers.get("location") ?? "about:blank");
        if (location.origin !== origin) throw new Error(`the hub sent the browser to ${location.href}`);
        return { path: location.pathname, query: location.searchParams };
      },
    };
    return browser;
  };

  return {
    hub,
    tool,
    origin,
    lines,
    answered,
    process: () => createHub({ env, log, db, catalogue }),
    async browser(slug, role = "admin") {
      const seeded = await seedWorkspace(db, { slug, role });
      return browserOf(seeded.userId, seeded.scope);
    },
    async colleague(of, role) {
      const member = await seedMember(db, of.scope, { email: `${randomId()}@${of.scope.slug}.test`, role });
      return browserOf(member.userId, member.scope);
    },
    async close() {
      await new Promise((resolve) => server.close(resolve));
      await hub.close();
      await tool.close();
    },
  };
}
