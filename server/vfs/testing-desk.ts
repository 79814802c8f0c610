import { startFakeTool } from "@/server/connections/testing";
import { type Browser, type ConnectHub, startConnectHub } from "@/server/connections/testing-hub";
import { answerFiles } from "@/server/files/door";
import { createCallerFactory } from "@/server/trpc/init";
import { findRequestKey } from "@/server/trpc/request";
import { appRouter } from "@/server/trpc/root";
import { createFixtureDesk, type FixtureDesk } from "./fixture-desk";

/** For tests of bytes and personal areas: a real hub with the desk connected in it, and members who call its doors. */

const createCaller = createCallerFactory(appRouter);

export interface DeskMember {
  readonly browser: Browser;
  readonly caller: ReturnType<typeof createCaller>;
  /** A request to the streaming door, by this person's session; the path as people see it. */
  door(path: string, init?: RequestInit, query?: string): Promise<Response>;
}

export interface DeskHub {
  readonly world: ConnectHub;
  readonly desk: FixtureDesk;
  readonly slug: string;
  /** Who connected it. */
  readonly ann: DeskMember;
  readonly ben: DeskMember;
  readonly viewer: DeskMember;
  readonly stranger: DeskMember;
  /** `con_…` */
  readonly connection: string;
  /** Connects it once more, for that person alone; `con_…`. */
  connectPrivately(member: DeskMember): Promise<string>;
  /** A request to the streaming door with an API key, or without any. */
  doorWith(headers: Record<string, string>, path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export const deskRoot = "/context/tools/fake";

export async function startDeskHub(): Promise<DeskHub> {
  const desk = createFixtureDesk();
  const tool = await startFakeTool();
  const integration = { ...tool.integration("fake"), mount: () => desk.mount };
  const world = await startConnectHub(async (origin) => ({
    manifests: [integration.manifest],
    findIntegration: (id) => (id === "fake" ? integration : null),
    settingsOf: () => ({ configured: true, settings: tool.settings(origin, "fake") }),
  }));
  const { hub, origin } = world;

  const send = (path: string, init: RequestInit, member: Browser | null, query = ""): Promise<Response> => {
    const address = path
      .split("/")
      .map((segment) => encodeURIComponent(segment))
      .join("/");
    const request = new Request(`${origin}/api/files${address}${query}`, init);
    return answerFiles(request, origin, async () => {
      const keyScope = await findRequestKey(request, hub);
      const person = member === null || keyScope !== null ? null : personOf(member);
      return { hub, person, keyScope, requestId: "test", log: hub.log };
    });
  };
  const personOf = ({ userId }: Browser) => ({ id: userId, email: `${userId}@test`, name: null, image: null });
  const memberOf = (browser: Browser): DeskMember => ({
    browser,
    caller: createCaller({ hub, person: personOf(browser), requestId: "test", log: hub.log }),
    door: (path, init = {}, query = "") => {
      const headers = new Headers(init.headers);
      if (!headers.has("origin")) headers.set("origin", origin);
      return send(`/acme${path}`, { ...init, headers }, browser, query);
    },
  });

  const connect = async (browser: Browser, visibility: "workspace" | "private"): Promise<string> => {
    const begun = await browser.begin("fake", { visibility });
    await browser.follow(await tool.consent(begun.url));
    const { connection, reason } = await hub.connections.flows.view(browser.scope, begun.flow);
    if (connection === null) throw new Error(`The desk was not connected: ${reason}`);
    return connection.id;
  };
  const first = await world.browser("acme", "admin");
  return {
    world,
    desk,
    slug: "acme",
    ann: memberOf(first),
    ben: memberOf(await world.colleague(first, "member")),
    viewer: memberOf(await world.colleague(first, "viewer")),
    stranger: memberOf(await world.browser("elsewhere")),
    connection: await connect(first, "workspace"),
    connectPrivately: ({ browser }) => connect(browser, "private"),
    doorWith: (headers, path, init = {}) => send(path, { ...init, headers }, null),
    async close() {
      await world.close();
      await tool.close();
    },
  };
}
