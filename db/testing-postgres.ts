import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import pg from "pg";
import { WebSocketServer } from "ws";
import type { Database } from "./client";

/** A real PostgreSQL for tests, where `TEST_DATABASE_URL` names one; suites that need it are `describe.runIf(testDatabaseUrl !== null)`. */
export const testDatabaseUrl: string | null = process.env.TEST_DATABASE_URL || null;

export interface ThrowAwayDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Runs statements as the server's own user, on a connection of its own. */
export async function asAdmin(statements: readonly string[], url = testDatabaseUrl): Promise<void> {
  const client = new pg.Client({ connectionString: url ?? undefined });
  await client.connect();
  try {
    for (const statement of statements) {
      await client.query(statement);
    }
  } finally {
    await client.end();
  }
}

/** A database of one's own on the test server. The hub's roles belong to the whole server and stay; they may well be there before. */
export async function createThrowAwayDatabase(): Promise<ThrowAwayDatabase> {
  if (testDatabaseUrl === null) {
    throw new Error("TEST_DATABASE_URL is not set.");
  }
  const name = `hub_test_${randomBytes(6).toString("hex")}`;
  await asAdmin([`create database ${name}`]);
  const url = new URL(testDatabaseUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => asAdmin([`drop database if exists ${name} with (force)`]) };
}

/** Resolves when so many sessions of the database wait for a lock, or when the work has ended without. */
export async function untilWaiting(db: Database, count: number, work: Promise<unknown>): Promise<void> {
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  work.then(end, end);
  while (!ended) {
    const { rows } = await db.executeSql<{ waiting: number }>(
      "select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if ((rows[0]?.waiting ?? 0) >= count) return;
  }
}

/** Runs the works together, from the point on where each first changes the table: all wait there, and are let go at once. */
export async function atOnce<T>(
  db: Database,
  url: string,
  table: string,
  works: readonly (() => Promise<T>)[],
): Promise<readonly PromiseSettledResult<T>[]> {
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  try {
    await holder.query(`begin; lock table ${table} in share mode`);
    const all = Promise.allSettled(works.map((work) => work()));
    await untilWaiting(db, works.length, all);
    await holder.query("commit");
    return await all;
  } finally {
    await holder.end();
  }
}

/** Carries WebSocket frames to PostgreSQL and back, as Neon's proxy does. */
export async function startWebSocketProxy(databaseUrl: string): Promise<{ address: string; close(): Promise<void> }> {
  const { hostname, port } = new URL(databaseUrl);
  const server: Server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => {
    const upstream = connect(Number(port || 5432), hostname);
    upstream.on("data", (data) => socket.send(data));
    upstream.on("close", () => socket.close());
    upstream.on("error", () => socket.close());
    socket.on("message", (data) => {
      if (Buffer.isBuffer(data)) {
        upstream.write(data);
      }
    });
    socket.on("close", () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${address.port}`,
    close: async () => {
      for (const socket of sockets.clients) {
        socket.terminate();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
