import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { createHubFileSystem } from "@/server/compose/file-system";
import type { FileSystem } from "../../file-system";
import { createFixtureTool, type FixtureTool } from "../../fixture-tool";
import { seedConnection } from "../../storage/testing";
import type { MirroredConnection } from "./mirror";
import { mirrored } from "./mirrored";
import { createWalkRunner, type WalkRunner } from "./walk-runner";

/** A hub over the fixture tool, for this folder's tests. */

export const minuteMs = 60_000;
export const root = "/context/tools/fixture";
export const items = `${root}/teams/ENG/items`;

export interface FixtureHub {
  readonly files: FileSystem;
  readonly tool: FixtureTool;
  readonly walks: WalkRunner;
  /** What the next operation finds: a test may end its authorization. */
  connection: MirroredConnection;
}

/** Teams ENG, with four items, and OPS, with none; a new connection. */
export async function startFixtureHub(db: Database, scope: WorkspaceScope, clock: () => Date): Promise<FixtureHub> {
  const { tool, connection } = await createFixtureConnection(db, scope);
  return startProcess(db, tool, connection, clock);
}

/** One more process of the hub, over the same tool and connection. */
export const startBeside = (db: Database, hub: FixtureHub, clock: () => Date): FixtureHub =>
  startProcess(db, hub.tool, hub.connection, clock);

async function createFixtureConnection(db: Database, scope: WorkspaceScope): Promise<Pick<FixtureHub, "tool" | "connection">> {
  const tool = createFixtureTool();
  tool.teams.set("t1", { id: "t1", title: "ENG", items: new Map() });
  tool.teams.set("t2", { id: "t2", title: "OPS", items: new Map() });
  tool.addItem("t1", { id: "i1", title: "Fix login", body: "It is broken.", starred: true });
  tool.addItem("t1", { id: "i2", title: "Twin" });
  tool.addItem("t1", { id: "i3", title: "Twin" });
  tool.addItem("t1", { id: "i4", title: "a/b ~ 😀 .md" });
  const id = crypto.randomUUID();
  await seedConnection(db, scope, id, "workspace");
  const connection: MirroredConnection = {
    id,
    integration: "fixture",
    ownerId: null,
    mountPath: root,
    view: {
      id: `con_${id.replaceAll("-", "")}`,
      integration: "fixture",
      status: "connected",
      since: null,
      reason: null,
      actionUrl: "https://hub.test/mend",
      visibility: "workspace",
      accountName: "Ann",
      timeZone: "UTC",
    },
    actsAs: { type: "person", name: "Ann Smith" },
    timeZone: "UTC",
    mirrorPolicy: "titles",
    capabilities: ["write:items"],
    use: { capabilities: [], scopes: [] },
    settingsUrl: "https://hub.test/integrations",
    isAuthorized: true,
  };
  return { tool, connection };
}

function startProcess(db: Database, tool: FixtureTool, connection: MirroredConnection, clock: () => Date): FixtureHub {
  const walks = createWalkRunner({ warn: () => undefined });
  const files = createHubFileSystem({
    db,
    connections: async () => ({ mounts: [mirrored({ db, tool: tool.mount, connection: hub.connection, walks })], placeholders: [] }),
    allows: (who, permission) => permission === "files.read" || who.role !== "viewer",
    cursorSecret: "secret",
    clock,
  });
  const hub: FixtureHub = { files, tool, walks, connection };
  return hub;
}
