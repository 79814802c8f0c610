import pg from "pg";
import { type Driver, type Lease, TripCounter, toParameter } from "./driver";
import { DatabaseBusyError } from "./errors";

/** What `pg` and Neon's fork of it have in common. */
interface PooledClient {
  query(statement: object, values?: unknown[]): Promise<pg.QueryResult | pg.QueryResult[]>;
  release(destroy?: boolean): void;
}
export interface ClientPool {
  connect(): Promise<PooledClient>;
  end(): Promise<void>;
  on(event: "error", listener: () => void): unknown;
  on(event: "connect", listener: (client: { on(event: "error", listener: () => void): unknown }) => void): unknown;
}

/** Connections kept at most, a process. */
const maxConnections = 10;
const usualConnectTimeoutMs = 10_000;
/** What the pool says when that time is over, spent in its queue or on the way to the server (pg-pool, index.js); it gives no code. */
const poolTimeout = "timeout exceeded when trying to connect";

/**
 * PostgreSQL over TCP. `pipeline` sends a statement without waiting for the answers before it, so that a scope's opening costs no round trip of
 * its own (data.md §2: 1.3 times a bare statement, instead of 3.4).
 */
export function openPostgres(url: string, options: { readonly connectTimeoutMs?: number } = {}): Driver {
  const { connectTimeoutMs = usualConnectTimeoutMs } = options;
  const pool = new pg.Pool({
    connectionString: strictTls(url),
    pipeline: true,
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  return createPoolDriver("pg", pool as ClientPool, connectTimeoutMs);
}

/** `sslmode=require` as what pg takes it for, certificate checked, said outright: the alias makes pg print a warning at every start. */
function strictTls(url: string): string {
  return url.replace(/([?&]sslmode=)(?:require|prefer|verify-ca)(?=&|$)/, "$1verify-full");
}

/** A driver over a pool, shared with Neon's. */
export function createPoolDriver(kind: "pg" | "neon", pool: ClientPool, connectTimeoutMs = usualConnectTimeoutMs): Driver {
  const counter = new TripCounter();
  // A connection that breaks fails the statements under way and is replaced by the pool. It also emits an error, idle or not, and without a
  // listener that would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
  });
  return {
    kind,
    acquire: async (): Promise<Lease> => {
      const client = await pool.connect().catch((cause: unknown) => {
        throw cause instanceof Error && cause.message === poolTimeout
          ? new DatabaseBusyError(`No connection to the database came free within ${connectTimeoutMs / 1000} s.`, { cause })
          : cause;
      });
      const track = counter.track(kind === "pg");
      return {
        query: (statement, values) =>
          track(
            statement,
            client.query({ ...statement }, values?.map(toParameter)).then((answer) => {
              const answers = Array.isArray(answer) ? answer : [answer];
              const last = answers.at(-1);
              if (last === undefined) {
                throw new Error("The database answered nothing.");
              }
              return answers.length === 1 ? last : { ...last, rows: answers.flatMap(({ rows }) => rows) };
            }),
          ),
        release: (error) => client.release(error !== undefined),
      };
    },
    get roundTrips() {
      return counter.trips;
    },
    close: () => pool.end(),
  };
}
