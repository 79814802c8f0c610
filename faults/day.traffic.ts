import { setTimeout } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { HubError } from "@/server/errors";
import { graphqlRequest, maxPageSize } from "@/server/integrations/linear/api";
import type { DocumentName } from "@/server/integrations/linear/documents";
import type { CallContext } from "@/server/transport/send";
import { getScope, jobScope } from "@/server/workspaces/scopes";
import type { HubWorld } from "./commands";
import type { MadeConnection } from "./protocol";

/** What a person asks: cheap. */
const personRead: DocumentName = "identity";
/** A page that costs many points and little work. */
export const pageRead: DocumentName = "teams";
/** Longer than a slow machine needs; nobody is refused for the machine's sake. */
const maxWaitMs = 60_000;

/** What one process does in a day: its people come and go by the script, and its sync wants more than there is, all the time. */
export interface DayScript {
  readonly connections: readonly MadeConnection[];
  /** One entry an hour: how many reads people of one connection make in it, evenly, and how many all at once at its start. */
  readonly hours: readonly { readonly steady: number; readonly burst: number }[];
  readonly hourMs: number;
  /** Background pages under way at the same time for each connection. */
  readonly walkers: number;
}

/** What became of one kind of calls. */
export interface Served {
  readonly calls: number;
  /** By `CODE: message`. */
  readonly failures: Readonly<Record<string, number>>;
}

export interface DayOutcome {
  readonly people: Served;
  readonly background: Served;
  /** What the call log says of the waits of these connections, in all processes, when this one had its evening. */
  readonly waits: { readonly ofMostPeopleMs: number; readonly ofHalfTheBackgroundMs: number };
}

type Door = (name: DocumentName, variables: Record<string, unknown>, priority: "person" | "background") => Promise<void>;

function createCounter() {
  let calls = 0;
  const failures: Record<string, number> = {};
  return {
    async count(call: () => Promise<unknown>): Promise<void> {
      calls += 1;
      try {
        await call();
      } catch (error) {
        const words = error instanceof HubError ? `${error.code}: ${error.message}` : String(error);
        failures[words] = (failures[words] ?? 0) + 1;
      }
    },
    served: (): Served => ({ calls, failures }),
  };
}

const waitsRow = z.object({ people: z.number(), background: z.number() });

/** The waits before attempts, at most so long for nine tenths of people's calls, and for half of the background's. */
async function readWaits({ hub }: HubWorld, connections: readonly MadeConnection[]): Promise<DayOutcome["waits"]> {
  await hub.tools.flush();
  const ofEach = await Promise.all(
    connections.map(async ({ workspaceId, connectionId }) => {
      const { rows } = await hub.db.withScope(jobScope(workspaceId, "faults"), (tx) =>
        tx.execute(sql`select percentile_cont(0.9) within group (order by wait_ms) filter (where operation = ${personRead}) as people,
          percentile_cont(0.5) within group (order by wait_ms) filter (where operation = ${pageRead}) as background
          from api_call where connection_id = ${connectionId}`),
      );
      return waitsRow.parse(rows[0]);
    }),
  );
  return {
    ofMostPeopleMs: Math.max(...ofEach.map(({ people }) => people)),
    ofHalfTheBackgroundMs: Math.min(...ofEach.map(({ background }) => background)),
  };
}

/** Runs the day for this process's share of the people. */
export async function run(world: HubWorld, script: DayScript): Promise<DayOutcome> {
  const { hub, toolOf } = world;
  const people = createCounter();
  const background = createCounter();
  const doors = await Promise.all(script.connections.map(openDoor));
  // The first call of each reads its token, and opens its connection to the vendor.
  await Promise.all(doors.map((ask) => ask(personRead, {}, "person")));
  const endsAtMs = Date.now() + script.hours.length * script.hourMs;

  /** The connection's authorised `Send`, got once: what it costs to get is not what the day is about. */
  async function openDoor({ tool, workspaceId, slug, userId, connectionId }: MadeConnection): Promise<Door> {
    const scope = await getScope(hub.db, { type: "person", userId }, slug);
    const send = await hub.connections.mounted.authorizedSend(scope, connectionId);
    const url = `${toolOf(tool).settings.origins.api ?? ""}/graphql`;
    return async (name, variables, priority) => {
      const context: CallContext = { workspaceId, connectionId, actor: { userId, job: null }, path: null, priority, maxWaitMs };
      await send(graphqlRequest(url, name, variables, "safe"), context);
    };
  }

  async function walk(ask: Door): Promise<void> {
    while (Date.now() < endsAtMs) {
      await background.count(() => ask(pageRead, { first: maxPageSize }, "background"));
    }
  }

  async function day(ask: Door): Promise<void> {
    const reads: Promise<void>[] = [];
    const read = () => reads.push(people.count(() => ask(personRead, {}, "person")));
    for (const { steady, burst } of script.hours) {
      for (let n = 0; n < burst; n += 1) read();
      for (let n = 0; n < steady; n += 1) {
        await setTimeout(script.hourMs / steady);
        read();
      }
    }
    await Promise.all(reads);
  }

  await Promise.all(doors.flatMap((door) => [day(door), ...Array.from({ length: script.walkers }, () => walk(door))]));
  return { people: people.served(), background: background.served(), waits: await readWaits(world, script.connections) };
}
