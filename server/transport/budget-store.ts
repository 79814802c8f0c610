import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { newId } from "@/server/ids";
import type { BudgetAnswer, BudgetAsk, BudgetStore, Charge } from "./budget";
import { blockBuckets, openBuckets, readTake, releaseSlots, type TakeRow, type Told, take } from "./budget-sql";
import { accessStopped } from "./letting-out";
import type { LimitReport } from "./send";

export interface BudgetStoreOptions {
  readonly db: Database;
  /** The hub's own scope in a workspace (a job's): a bucket belongs to the connection, whoever calls. */
  readonly scopeOf: (workspaceId: string) => WorkspaceScope;
  readonly log: { warn(fields: Readonly<Record<string, unknown>>, message: string): void };
}

interface Waiting {
  readonly ask: BudgetAsk;
  readonly resolve: (answer: BudgetAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** A bucket as this process knows it. */
interface Memory {
  /** Whether the row is there. */
  known: boolean;
  /** What the last take left, and the limit it went by. */
  leftOver: number;
  capacity: number;
  /** What the vendor said since. */
  told: Told | null;
}

/** A connection as this process knows it: who waits for the next question, and what goes along with it. */
interface Desk {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly buckets: Map<string, Memory>;
  /** What an operation turned out to count against beside what it pays. */
  readonly alsoPays: Map<string, Map<string, Charge>>;
  waiting: Waiting[];
  /** Whose slots are to be given back. */
  leaving: string[];
  asking: boolean;
}

/** Answers under way make the vendor's count and ours differ a little; so small a part is not worth a statement. */
const tolerance = 0.01;
const maxDesks = 10_000;
const maxBucketsAtDesk = 1000;
/** A vendor that names another limit with every answer fills neither memory nor statement. */
const maxLearnt = 8;
/** Keeps one statement below 100 ms on the embedded database. */
const maxAsksAtOnce = 200;

/**
 * The buckets in `rate_bucket` and the slots in `rate_slot`, shared by every process. A take is one statement that also says whether the
 * connection still stands and which token is current, so a warm call needs no other. Takes that come up while one is under way go together
 * in the next, people first.
 */
export function createBudgetStore(options: BudgetStoreOptions): BudgetStore {
  const { db, scopeOf, log } = options;
  const desks = new Map<string, Desk>();

  function deskOf({ workspaceId, connectionId }: BudgetAsk): Desk {
    const key = `${workspaceId}|${connectionId}`;
    let desk = desks.get(key);
    if (desk === undefined) {
      desk = { workspaceId, connectionId, buckets: new Map(), alsoPays: new Map(), waiting: [], leaving: [], asking: false };
      desks.set(key, desk);
      for (const [oldest, other] of desks) {
        if (desks.size <= maxDesks) break;
        if (!other.asking && other.waiting.length === 0) desks.delete(oldest);
      }
    }
    return desk;
  }

  async function serve(desk: Desk): Promise<void> {
    desk.asking = true;
    try {
      while (desk.waiting.length > 0 || desk.leaving.length > 0) {
        const queue = desk.waiting.sort(byTurn);
        desk.waiting = queue.slice(maxAsksAtOnce);
        await settle(desk, queue.slice(0, maxAsksAtOnce));
      }
    } finally {
      desk.asking = false;
    }
  }

  async function settle(desk: Desk, batch: readonly Waiting[]): Promise<void> {
    const { connectionId } = desk;
    const leaving = desk.leaving.splice(0);
    try {
      const scope = scopeOf(desk.workspaceId);
      const asks = batch.map(({ ask }) => withLearnt(desk, ask));
      const buckets = [...new Map(asks.flatMap((ask) => ask.charges).map((charge) => [charge.bucket, charge])).values()];
      const unknown = buckets.filter(({ bucket }) => !memoryOf(desk, bucket).known);
      const holders = asks.map(() => newId());
      const statements = [
        ...(leaving.length === 0 ? [] : [releaseSlots(connectionId, leaving)]),
        ...(unknown.length === 0 ? [] : [openBuckets(connectionId, unknown)]),
      ];
      if (asks.length > 0) statements.push(take({ connectionId, buckets, asks, holders, told: takeTold(desk, buckets) }));
      // One round trip: whatever else is due travels with the take, before it.
      const answers = await db.batchInScope(scope, statements);
      if (asks.length === 0) return;
      const row = readTake(answers.at(-1)?.[0]);
      buckets.forEach(({ bucket }, index) => {
        const memory = memoryOf(desk, bucket);
        const capacity = row?.capacities[index] ?? null;
        memory.known = capacity !== null;
        memory.capacity = capacity ?? 0;
        memory.leftOver = row?.left_over[index] ?? 0;
      });
      batch.forEach(({ resolve }, index) => {
        const [ask, holder] = [asks[index], holders[index]];
        if (ask === undefined || holder === undefined) return;
        const answer = answerTo(ask, row, row?.waits_ms[index] ?? null);
        const holdsSlots = answer.outcome === "granted" && ask.charges.some(({ group }) => group.concurrency !== undefined);
        resolve(holdsSlots ? { outcome: "granted", release: () => leave(desk, holder) } : answer);
      });
    } catch (error) {
      if (batch.length === 0) log.warn({ connectionId, error }, "slots could not be given back; they come back when their lease ends");
      for (const waiting of batch) waiting.reject(error);
    }
  }

  /** Gives the slots back with the next statement, or with one of its own if none is under way. The caller does not wait for it. */
  function leave(desk: Desk, holder: string): void {
    desk.leaving.push(holder);
    if (!desk.asking) void serve(desk);
  }

  return {
    take(ask) {
      const desk = deskOf(ask);
      return new Promise((resolve, reject) => {
        desk.waiting.push({ ask, resolve, reject });
        if (!desk.asking) void serve(desk);
      });
    },

    async block(ask, charges, forMs) {
      try {
        await db.batchInScope(scopeOf(ask.workspaceId), [
          openBuckets(ask.connectionId, charges),
          blockBuckets(ask.connectionId, charges, forMs),
        ]);
      } catch (error) {
        // The refusal itself still reaches the caller; only the other callers learn of it later, from the vendor.
        const groups = charges.map(({ bucket }) => bucket);
        log.warn({ connectionId: ask.connectionId, groups, error }, "a rate limit could not be noted");
      }
    },

    learn(ask, charge, report) {
      const desk = deskOf(ask);
      const paid = withLearnt(desk, ask).charges.find(({ bucket }) => bucket === charge.bucket);
      if (paid === undefined) {
        const operations = desk.alsoPays.get(ask.operation) ?? new Map<string, Charge>();
        desk.alsoPays.set(ask.operation, operations.set(charge.bucket, { ...charge, cost: 1 }));
        const [oldest] = operations.keys();
        if (operations.size > maxLearnt && oldest !== undefined) operations.delete(oldest);
      }
      const memory = memoryOf(desk, charge.bucket);
      memory.told = sumUp(memory, report, report.cost === undefined || paid === undefined ? 0 : report.cost - paid.cost);
    },
  };
}

/** People first, and of equals who has waited longest. */
function byTurn({ ask: a }: Waiting, { ask: b }: Waiting): number {
  if (a.priority !== b.priority) return a.priority === "person" ? -1 : 1;
  return b.waitedMs - a.waitedMs;
}

function memoryOf(desk: Desk, bucket: string): Memory {
  let memory = desk.buckets.get(bucket);
  if (memory === undefined) {
    memory = { known: false, leftOver: 0, capacity: 0, told: null };
    desk.buckets.set(bucket, memory);
    const [oldest] = desk.buckets.keys();
    if (desk.buckets.size > maxBucketsAtDesk && oldest !== undefined) desk.buckets.delete(oldest);
  }
  return memory;
}

/** The ask with what its operation turned out to count against. */
function withLearnt(desk: Desk, ask: BudgetAsk): BudgetAsk {
  const learnt = desk.alsoPays.get(ask.operation);
  if (learnt === undefined) return ask;
  const more = [...learnt.values()].filter(({ bucket }) => ask.charges.every((charge) => charge.bucket !== bucket));
  return { ...ask, charges: [...ask.charges, ...more] };
}

/** What the vendor said of these buckets, which is told once. */
function takeTold(desk: Desk, buckets: readonly Charge[]): ReadonlyMap<string, Told> {
  const told = new Map<string, Told>();
  for (const { bucket } of buckets) {
    const memory = memoryOf(desk, bucket);
    if (memory.told !== null) told.set(bucket, memory.told);
    memory.told = null;
  }
  return told;
}

/** A vendor's number, kept to what the database can reckon with. */
const bounded = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.max(-1e12, Math.min(1e12, value));

/** What is known of the vendor's word after one more report; null while it says nothing that the bucket does not know. */
function sumUp(memory: Memory, report: LimitReport, surcharge: number): Told | null {
  const { told } = memory;
  const { resetAtMs } = report;
  const [limit, remaining] = [bounded(report.limit), bounded(report.remaining)];
  const extra = bounded((told?.surcharge ?? 0) + surcharge) ?? 0;
  const isLess = remaining !== undefined && (remaining <= 0 || remaining < memory.leftOver - Math.max(1, memory.capacity * tolerance));
  if (!isLess && (limit === undefined || limit === memory.capacity)) {
    return extra === 0 ? told : { limit: undefined, remaining: undefined, atMs: 0, resetAtMs: undefined, ...told, surcharge: extra };
  }
  // Answers overtake each other: of several within one window the least that is left is the latest.
  const isSameWindow = told?.remaining !== undefined && told.resetAtMs === resetAtMs;
  const least = isSameWindow ? Math.min(told.remaining ?? Infinity, remaining ?? Infinity) : remaining;
  return { limit, remaining: least, atMs: Date.now(), resetAtMs, surcharge: extra };
}

function answerTo(ask: BudgetAsk, row: TakeRow | null, waitMs: number | null): BudgetAnswer {
  if (row === null || row.token_version === null) {
    return { outcome: "unusable", reason: "This connection was disconnected." };
  }
  if (row.stopped) return { outcome: "unusable", reason: accessStopped };
  if (row.token_version !== ask.tokenVersion) return { outcome: "stale_token" };
  if (row.ended) {
    return { outcome: "unusable", reason: row.reason ?? "This connection has to be connected again." };
  }
  return waitMs === null ? { outcome: "granted" } : { outcome: "wait", waitMs };
}
