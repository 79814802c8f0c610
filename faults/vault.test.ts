import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { MasterKeys } from "@/server/connections/keys";
import { type HubProcess, places, startWorld, type World } from "./harness";
import type { MadeConnection, Tally } from "./protocol";
import type { VaultCommand } from "./vault.rotation";
import { type Command, findSecrets, readDisk, startRotation } from "./vault-command";

/** Case 6: the master key and the workspaces' keys are rotated under load. */

const newKey = () => randomBytes(32).toString("base64");
const perSecond = 8;
/** So short that every connection is renewed several times meanwhile. */
const renewedOftenSeconds = 8;

let world: World | undefined;
const commands: Command[] = [];
afterEach(async () => {
  await Promise.all(commands.splice(0).map((command) => command.kill()));
  await world?.close();
  world = undefined;
});

const variablesOf = ({ VAULT_KEY, VAULT_KEY_NEXT = "", VAULT_KEY_PREVIOUS = "" }: MasterKeys) => ({
  VAULT_KEY,
  VAULT_KEY_NEXT,
  VAULT_KEY_PREVIOUS,
});
const rotation = (databaseUrl: string, keys: MasterKeys): Command => {
  const command = startRotation({ DATABASE_URL: databaseUrl, ...variablesOf(keys) });
  commands.push(command);
  return command;
};

const openedShape = z.array(z.object({ accessToken: z.string(), refreshToken: z.string() }));
/** Every token of the connections, in clear. */
async function openAll(hub: HubProcess, connections: readonly MadeConnection[]): Promise<readonly string[]> {
  const command: VaultCommand = { type: "open", connections };
  const opened = openedShape.parse(await hub.run("vault.rotation.ts", command));
  return opened.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]);
}

/** Steady calls through every connection. */
async function startLoads(hub: HubProcess, connections: readonly MadeConnection[]): Promise<() => Promise<readonly Tally[]>> {
  const loads = await Promise.all(connections.map((made) => hub.startLoad(made, { perSecond })));
  return () => Promise.all(loads.map((load) => load.stop()));
}

async function connectMany(started: World, count: number, accessTokenSeconds: number): Promise<readonly MadeConnection[]> {
  await started.tool("linear").control.set({ accessTokenSeconds });
  const made: MadeConnection[] = [];
  for (let index = 0; index < count; index += 1) made.push(await started.hubs[0].connect(started.tool("linear")));
  return made;
}

/** One renewal meets a failing token endpoint, so that there is something in the log. */
const refuseOnce = (of: World) =>
  of.tool("linear").control.addFault({ match: { operation: "refresh_token" }, effect: { kind: "status", status: 500 }, times: 1 });

function expectNoFailure(tallies: readonly Tally[]): void {
  for (const { failures } of tallies) expect(failures).toEqual({});
  expect(tallies.reduce((sum, { calls }) => sum + calls, 0)).toBeGreaterThan(tallies.length * 3);
}

const kekIdsShape = z.array(z.object({ kek_id: z.string(), version: z.number() }));
async function query(databaseUrl: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe("two processes on PostgreSQL", () => {
  const place = places.find(({ processes }) => processes === 2);

  describe.runIf(place?.available === true)("a rotation under load", () => {
    it("goes from one master key to the next, process by process, without a failed call, and leaves nothing in clear", async () => {
      const [old, next] = [newKey(), newKey()];
      // Every process knows both keys before the first one is switched (docs/operations/vault.md).
      world = await startWorld(placeOf(2), {
        tools: { linear: {} },
        variables: variablesOf({ VAULT_KEY: old, VAULT_KEY_NEXT: next }),
      });
      const { databaseUrl, startHub } = world;
      const connections = await connectMany(world, 4, renewedOftenSeconds);
      await refuseOnce(world);
      const seen = new Set(await openAll(world.hubs[0], connections));
      const logs: HubProcess[] = [...world.hubs];
      const tallies: Tally[] = [];
      let fleet = await Promise.all(world.hubs.map(async (hub) => ({ hub, stopLoads: await startLoads(hub, connections) })));

      /** Puts a process with other keys in the place of the fleet's oldest, while both work. */
      const replaceOne = async (keys: MasterKeys) => {
        const started = await startHub(variablesOf(keys));
        logs.push(started);
        const [oldest, ...others] = fleet;
        fleet = [...others, { hub: started, stopLoads: await startLoads(started, connections) }];
        for (const { hub } of fleet) for (const token of await openAll(hub, connections)) seen.add(token);
        tallies.push(...((await oldest?.stopLoads()) ?? []));
        await oldest?.hub.stop();
      };
      for (const _ of world.hubs) await replaceOne({ VAULT_KEY: next, VAULT_KEY_PREVIOUS: old });
      const rotated = await rotation(databaseUrl, { VAULT_KEY: next, VAULT_KEY_PREVIOUS: old }).ended;
      expect(rotated.printed).toContain("Nothing needs VAULT_KEY_PREVIOUS any more");
      expect(rotated.printed).toContain("4 workspaces: 4 data keys wrapped with VAULT_KEY, 4 made, ");
      expect(rotated.code).toBe(0);
      await replaceOne({ VAULT_KEY: next });
      for (const { stopLoads } of fleet) tallies.push(...(await stopLoads()));
      expectNoFailure(tallies);

      const keys = kekIdsShape.parse(await query(databaseUrl, "select kek_id, version from workspace_key"));
      expect(keys.map(({ version }) => version)).toEqual([2, 2, 2, 2]);
      await expect(startHub(variablesOf({ VAULT_KEY: old }))).rejects.toThrow(/VAULT_KEY does not fit this database/);

      expect(seen.size).toBeGreaterThan(connections.length * 2);
      const disk = await readDisk(databaseUrl);
      expect(disk.includes("linear")).toBe(true);
      const secrets = [...seen, old, next];
      expect(findSecrets(disk, secrets)).toEqual([]);
      const lines = logs.map((hub) => hub.readLog()).join("\n") + rotated.printed;
      expect(lines).toContain("could not be renewed");
      expect(findSecrets(Buffer.from(lines), secrets)).toEqual([]);
    });

    it("killed wherever it stands, leaves every call working, and goes on when it is run again", async () => {
      const [old, next] = [newKey(), newKey()];
      const both = { VAULT_KEY: next, VAULT_KEY_PREVIOUS: old };
      world = await startWorld(placeOf(2), { tools: { linear: {} }, variables: variablesOf({ VAULT_KEY: old, VAULT_KEY_NEXT: next }) });
      const { databaseUrl, hubs } = world;
      // Not renewed meanwhile: the row that stops the command would stop a renewal as well, and it is the test that holds it.
      const connections = await connectMany(world, 3, 3600);
      const stops = await Promise.all(hubs.map((hub) => startLoads(hub, connections)));
      const [first = "", second = ""] = connections.map(({ workspaceId }) => workspaceId).sort();

      // A row that the test holds is where the command stands still, whatever the machine does.
      const steps = [
        ["update workspace_key", `select from workspace_key where workspace_id = '${first}' for update`],
        ['update "connection_token"', `select from connection_token where workspace_id = '${second}' for update`],
        ["delete from workspace_key", `select from workspace_key where workspace_id = '${second}' and version = 1 for key share`],
      ] as const;
      for (const [statement, lock] of steps) {
        const holder = new pg.Client({ connectionString: databaseUrl });
        await holder.connect();
        try {
          await holder.query(`begin; ${lock}`);
          const command = rotation(databaseUrl, both);
          const waiting = `select query from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '${statement}%'`;
          await expect.poll(() => query(databaseUrl, waiting), { timeout: 60_000, interval: 20, message: statement }).toHaveLength(1);
          await command.kill();
        } finally {
          await holder.query("rollback");
          await holder.end();
        }
        for (const hub of hubs) await openAll(hub, connections);
      }
      const { code, printed } = await rotation(databaseUrl, both).ended;
      expect(printed).toContain("Going on with the rotation that was broken off.");
      expect(code).toBe(0);
      expectNoFailure((await Promise.all(stops.map((stop) => stop()))).flat());
      expect(
        kekIdsShape.parse(await query(databaseUrl, "select kek_id, version from workspace_key")).map(({ version }) => version),
      ).toEqual([2, 2, 2]);
      const after = await world.startHub(variablesOf({ VAULT_KEY: next }));
      expect(await openAll(after, connections)).toHaveLength(6);
    });
  });
});

describe("one process on PGlite", () => {
  it("rotates under concurrent calls without a failed one; the command refuses beside it, works when it is stopped, and nothing is in clear", async () => {
    const [old, next, third] = [newKey(), newKey(), newKey()];
    world = await startWorld(placeOf(1), { tools: { linear: {} }, variables: variablesOf({ VAULT_KEY: old, VAULT_KEY_NEXT: next }) });
    const { databaseUrl, startHub } = world;
    const [hub] = world.hubs;
    const connections = await connectMany(world, 4, renewedOftenSeconds);
    await refuseOnce(world);
    const seen = new Set(await openAll(hub, connections));
    const stop = await startLoads(hub, connections);

    const rotate: VaultCommand = { type: "rotate", keys: { VAULT_KEY: next, VAULT_KEY_PREVIOUS: old } };
    expect(await hub.run("vault.rotation.ts", rotate)).toMatchObject({
      workspaces: 4,
      wrapped: 4,
      made: 4,
      deleted: 4,
      problems: [],
      otherKekIds: [],
    });
    const refused = await rotation(databaseUrl, { VAULT_KEY: next }).ended;
    expect(refused).toMatchObject({
      code: 1,
      printed: expect.stringMatching(/^The data folder .* is in use by another process of the hub.*\n$/),
    });
    for (const token of await openAll(hub, connections)) seen.add(token);
    expectNoFailure(await stop());
    await hub.stop();

    // The old key is gone for good; the command, at rest, goes on to a third one, and is killed once.
    const keys = { VAULT_KEY: third, VAULT_KEY_PREVIOUS: next };
    const killed = rotation(databaseUrl, keys);
    await expect.poll(killed.printed, { timeout: 30_000, interval: 5 }).toContain("Rotating the vault.");
    await killed.kill();
    const rotated = await rotation(databaseUrl, keys).ended;
    expect(rotated.printed).toContain("Nothing needs VAULT_KEY_PREVIOUS any more");
    expect(rotated.code).toBe(0);
    await expect(startHub(variablesOf({ VAULT_KEY: next }))).rejects.toThrow(/VAULT_KEY does not fit this database/);
    const after = await startHub(variablesOf({ VAULT_KEY: third }));
    for (const token of await openAll(after, connections)) seen.add(token);
    expectNoFailure(await Promise.all(connections.map((made) => after.calls(made, 5))));
    await after.stop();

    const disk = await readDisk(databaseUrl);
    expect(disk.includes("linear")).toBe(true);
    const secrets = [...seen, old, next, third];
    expect(findSecrets(disk, secrets)).toEqual([]);
    const lines = hub.readLog() + after.readLog() + rotated.printed;
    expect(lines).toContain("could not be renewed");
    expect(findSecrets(Buffer.from(lines), secrets)).toEqual([]);
  });
});

describe("the command", () => {
  it("refuses a folder without a database, and makes none there", async () => {
    const around = mkdtempSync(join(tmpdir(), "hub-vault-"));
    const folder = join(around, "database");
    const { code, printed } = await rotation(`pglite:${folder}`, { VAULT_KEY: newKey() }).ended;
    expect([code, printed]).toEqual([1, `There is no database in ${folder}: say with DATABASE_URL or HUB_DATA_DIR where the hub's is.\n`]);
    expect(existsSync(folder)).toBe(false);
    rmSync(around, { recursive: true });
  });
});

describe("the search for secrets", () => {
  it("finds one in clear, as hex, and as base64 at any offset", () => {
    const secret = "lin_api_0123456789abcdefghij";
    for (const text of [
      `{"token":"${secret}"}`,
      `\\x${Buffer.from(`x${secret}y`).toString("hex").toUpperCase()}`,
      ...["", "a", "ab"].map((before) => Buffer.from(`${before}${secret}and more`).toString("base64")),
    ]) {
      expect(findSecrets(Buffer.from(text), [secret, "another-secret-that-is-not-there"]), text).toEqual([secret]);
    }
  });
});

function placeOf(processes: 1 | 2) {
  const found = places.find((place) => place.processes === processes);
  if (found === undefined) throw new Error("The suite has no such place.");
  return found;
}
