import type { QueryResult } from "pg";

/** What drizzle's node-postgres session hands a client; the drivers here answer all of it, so one session type serves all three. */
export interface Statement {
  readonly text: string;
  readonly name?: string | undefined;
  readonly rowMode?: "array" | undefined;
  /** Nobody waits for the answer, so it is no round trip. */
  readonly background?: boolean;
  readonly types?: { getTypeParser(typeId: number, format?: "text"): (value: string) => unknown } | undefined;
}

/** A connection of one's own, until it is released. */
export interface Lease {
  /**
   * Sends at once, without waiting for earlier answers; statements run in the order they were sent. Without `values` the text may hold several
   * statements (the simple protocol): the answer is the last one's, with the rows of all, as pg-boss reads them.
   */
  query(statement: Statement, values?: readonly unknown[]): Promise<QueryResult>;
  /** Gives it back; with an error, the connection is closed, because nobody knows what state it is in. */
  release(error?: Error): void;
}

export interface Driver {
  readonly kind: "pglite" | "pg" | "neon";
  /** Waits for a free connection. */
  acquire(): Promise<Lease>;
  /** How many times something had to wait for the database's answer; what is sent while an answer is outstanding rides along. */
  readonly roundTrips: number;
  close(): Promise<void>;
}

/** Counts round trips: a statement that is sent while another is under way shares its trip. */
export class TripCounter {
  trips = 0;

  /** A counter's view of one connection: call it with each statement and the answer it waits for. Without `pipelined`, nothing is shared. */
  track(pipelined: boolean): <T>(statement: Statement, answer: Promise<T>) => Promise<T> {
    let underWay = 0;
    return (statement, answer) => {
      if ((underWay === 0 || !pipelined) && statement.background !== true) {
        this.trips++;
      }
      underWay++;
      const done = () => {
        underWay--;
      };
      answer.then(done, done);
      return answer;
    };
  }
}

function quoteElement(value: unknown): string {
  if (value === null || value === undefined) {
    return "NULL";
  }
  if (Array.isArray(value)) {
    return arrayLiteral(value);
  }
  const text = toParameter(value) ?? "";
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function arrayLiteral(values: readonly unknown[]): string {
  return `{${values.map(quoteElement).join(",")}}`;
}

/**
 * A parameter as PostgreSQL reads it. One function for all drivers, so that no value depends on which driver sent it: dates are UTC (the
 * drivers' own use the process's time zone), bytes `\x…`, arrays array literals, other objects JSON.
 */
export function toParameter(value: unknown): string | null {
  if (value === null || value === undefined) {
    return null;
  }
  if (typeof value === "string") {
    return value;
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (value instanceof Uint8Array) {
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}`;
  }
  if (Array.isArray(value)) {
    return arrayLiteral(value);
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
