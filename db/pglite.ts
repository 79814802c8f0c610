import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Worker } from "node:worker_threads";
import pg, { type QueryResult } from "pg";
import { type Driver, type Lease, type Statement, TripCounter, toParameter } from "./driver";
import { DatabaseOpenError, SqlError } from "./errors";
import { findOwnFile } from "./files";
import { lockFolder } from "./lock";

interface RawAnswer {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly command: string;
  readonly rowCount: number | null;
  /** Those answers of earlier statements of the same text that have rows. */
  readonly earlier?: readonly RawAnswer[];
}
type Request =
  | { readonly type: "query"; readonly text: string; readonly values: readonly (string | null)[] | null }
  | { readonly type: "dump"; readonly file: string }
  | { readonly type: "close" };
interface Reply {
  readonly id: number;
  readonly answer?: RawAnswer | null;
  readonly error?: {
    readonly message: string;
    readonly code?: string;
    readonly constraint?: string;
    readonly table?: string;
    readonly column?: string;
  };
}

export interface PgliteOptions {
  /** The data folder; null keeps everything in memory. */
  readonly folder: string | null;
  /** A dump to start from (memory only). */
  readonly loadFile?: string | null;
  /** `db/pglite-worker.mjs`, where it is not found beside this file or below the working directory. */
  readonly workerFile?: string | undefined;
}

export interface PgliteDriver extends Driver {
  /** Writes the whole data folder as a tar file, for tests to start from. */
  dump(file: string): Promise<void>;
}

/** The version of PostgreSQL that PGlite 0.5 is. A folder of another one cannot be opened. */
const postgresVersion = "18";

/**
 * The embedded database: PGlite in a worker thread, alone on its folder, with commits that reach the disk. It has one session, so leases are
 * handed out one at a time, in the order they were asked for.
 */
export async function openPglite(options: PgliteOptions): Promise<PgliteDriver> {
  const folder = options.folder === null ? null : resolve(options.folder);
  const lock = folder === null ? null : lockFolder(folder);
  try {
    const finishCreation = folder === null ? () => undefined : prepareFolder(folder);
    const channel = await openWorker({ folder, loadFile: options.loadFile ?? null }, options.workerFile);
    finishCreation();
    return createDriver(channel, () => lock?.release());
  } catch (error) {
    lock?.release();
    if (error instanceof DatabaseOpenError || folder === null) {
      throw error;
    }
    throw brokenFolder(folder, error);
  }
}

function brokenFolder(folder: string, cause: unknown): DatabaseOpenError {
  const said = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
  return new DatabaseOpenError(
    "broken",
    `The data folder ${folder} cannot be opened as the hub's database (${said}); restore it from a copy, or move it away to start with an empty one.`,
    { cause },
  );
}

/**
 * Refuses folders that are something else, and clears one whose creation was cut short: a marker file stands beside the folder while
 * PostgreSQL makes its first files, and the lock is ours. Returns what to call once the database is open.
 */
function prepareFolder(folder: string): () => void {
  const marker = `${folder}.creating`;
  if (existsSync(marker)) {
    rmSync(folder, { recursive: true, force: true });
  }
  const isEmpty = !existsSync(folder) || readdirSync(folder).length === 0;
  if (isEmpty) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(marker, "");
    return () => rmSync(marker, { force: true });
  }
  const versionFile = join(folder, "PG_VERSION");
  const version = existsSync(versionFile) ? readFileSync(versionFile, "utf8").trim() : null;
  if (version !== postgresVersion) {
    throw brokenFolder(folder, version === null ? "it holds other files" : `it was made by PostgreSQL ${version}, not ${postgresVersion}`);
  }
  return () => undefined;
}

interface Channel {
  send(request: Request): Promise<RawAnswer | null>;
  terminate(): Promise<void>;
}

function openWorker(workerData: { folder: string | null; loadFile: string | null }, workerFile: string | undefined): Promise<Channel> {
  // Not imported by name: a bundler would try to pack the worker's file, which has to stay a file of its own.
  const { Worker: WorkerThread } = process.getBuiltinModule("node:worker_threads");
  const worker: Worker = new WorkerThread(findOwnFile("pglite-worker.mjs", workerFile), {
    workerData,
    stdout: true,
    stderr: true,
    execArgv: [],
  });
  const waiting = new Map<number, { resolve(answer: RawAnswer | null): void; reject(error: unknown): void }>();
  let nextId = 1;
  let ended: Error | null = null;
  const end = (error: Error) => {
    ended ??= error;
    for (const waiter of waiting.values()) {
      waiter.reject(ended);
    }
    waiting.clear();
  };
  worker.on("message", (replies: readonly Reply[]) => {
    for (const reply of replies) {
      const waiter = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (reply.error === undefined) {
        waiter?.resolve(reply.answer ?? null);
      } else {
        waiter?.reject(new SqlError(reply.error));
      }
    }
    if (waiting.size === 0) {
      // An idle database does not keep the process alive.
      worker.unref();
    }
  });
  worker.on("error", (cause) => end(cause instanceof Error ? cause : new Error(String(cause))));
  worker.on("exit", () => end(new Error("The embedded database has stopped.")));
  const wait = (id: number) => {
    worker.ref();
    return new Promise<RawAnswer | null>((resolve, reject) => waiting.set(id, { resolve, reject }));
  };
  // What is sent within one turn goes as one message: a message to a thread costs as much as a short statement.
  let outgoing: (Request & { readonly id: number })[] = [];
  const flush = () => {
    const requests = outgoing;
    outgoing = [];
    worker.postMessage(requests);
  };
  const channel: Channel = {
    send: (request) => {
      if (ended !== null) {
        return Promise.reject(ended);
      }
      const id = nextId++;
      const answer = wait(id);
      // A tick asked for by a promise's continuation comes after all the other continuations.
      if (outgoing.length === 0) queueMicrotask(() => process.nextTick(flush));
      outgoing.push({ id, ...request });
      return answer;
    },
    terminate: async () => {
      await worker.terminate();
    },
  };
  return wait(0).then(
    () => channel,
    async (error: unknown) => {
      await worker.terminate();
      throw error;
    },
  );
}

function readRows(raw: RawAnswer, statement: Statement): QueryResult["rows"] {
  const parsers = raw.fields.map((field) => (statement.types ?? pg.types).getTypeParser(field.dataTypeID, "text"));
  const read = (row: readonly (string | null)[]) =>
    row.map((value, index) => {
      const parse = parsers[index];
      return value === null || parse === undefined ? value : parse(value);
    });
  if (statement.rowMode === "array") return raw.rows.map(read);
  return raw.rows.map((row) => {
    const values = read(row);
    return Object.fromEntries(raw.fields.map((field, index) => [field.name, values[index]]));
  });
}

function toResult(raw: RawAnswer, statement: Statement): QueryResult {
  const rows = [...(raw.earlier ?? []), raw].flatMap((answer) => readRows(answer, statement));
  return { rows, rowCount: raw.rowCount, command: raw.command, oid: 0, fields: raw.fields as QueryResult["fields"] };
}

const endsTransaction = /^(?:commit|rollback)$/;

function createDriver(channel: Channel, released: () => void): PgliteDriver {
  const counter = new TripCounter();
  let last: Promise<void> = Promise.resolve();
  const acquire = async (): Promise<Lease> => {
    let release: () => void = () => undefined;
    const turn = last;
    last = new Promise((resolve) => {
      release = resolve;
    });
    await turn;
    const track = counter.track(true);
    return {
      query: (statement, values) => {
        const answer = channel.send({ type: "query", text: statement.text, values: values === undefined ? null : values.map(toParameter) });
        // Whatever its answer will be, nothing of the transaction is left after it; the next one's statements follow at once.
        if (endsTransaction.test(statement.text)) release();
        return track(
          statement,
          answer.then((raw) => toResult(raw ?? { fields: [], rows: [], command: "", rowCount: null }, statement)),
        );
      },
      release: () => release(),
    };
  };
  return {
    kind: "pglite",
    acquire,
    get roundTrips() {
      return counter.trips;
    },
    dump: async (file) => {
      const lease = await acquire();
      try {
        await channel.send({ type: "dump", file });
      } finally {
        lease.release();
      }
    },
    close: async () => {
      const lease = await acquire();
      try {
        await channel.send({ type: "close" });
      } finally {
        await channel.terminate();
        released();
        lease.release();
      }
    },
  };
}
