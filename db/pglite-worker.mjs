// PGlite in a thread of its own, so that a long statement never holds up the process's event loop (data.md §1: 8 ms instead of 5 s). Plain
// JavaScript, because the standalone build runs this very file. `db/pglite.ts` is its only caller.
//
// It speaks PostgreSQL's own protocol to PGlite, one buffer a statement: parameters go in and values come out as text, and the caller reads
// them with node-postgres' parsers, so a value is the same whichever driver brought it.
import { closeSync, fsyncSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { PGlite, protocol } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

const { serialize } = protocol;
const port = parentPort;

// What PostgreSQL prints goes nowhere: errors come as answers, and a reader of these streams would keep an idle process alive.
const discard = () => true;
process.stdout.write = discard;
process.stderr.write = discard;

/** PGlite's file system has no fsync at all, so a commit could be lost with the machine's power (electric-sql/pglite#1107). */
class DurableNodeFS extends NodeFS {
  async init(pg, options) {
    const result = await super.init(pg, options);
    result.emscriptenOpts.preRun = [
      ...(result.emscriptenOpts.preRun ?? []),
      (module) => {
        const nodefs = module.NODEFS;
        nodefs.stream_ops.fsync = (stream) => {
          if (stream.nfd != null) {
            fsyncSync(stream.nfd);
            return 0;
          }
          const descriptor = openSync(nodefs.realPath(stream.node), "r");
          try {
            fsyncSync(descriptor);
          } finally {
            closeSync(descriptor);
          }
          return 0;
        };
      },
    ];
    return result;
  }
}

async function open({ folder, loadFile }) {
  if (folder === null) {
    return PGlite.create(loadFile === null ? {} : { loadDataDir: new Blob([readFileSync(loadFile)]) });
  }
  return PGlite.create({
    fs: new DurableNodeFS(folder),
    // Without `-F`, which means fsync=off.
    startParams: [...PGlite.defaultStartParams.filter((parameter) => parameter !== "-F"), "-c", "fsync=on", "-c", "wal_sync_method=fsync"],
  });
}

function join(parts) {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

const describe = serialize.describe({ type: "P" });
const execute = serialize.execute({});
const sync = serialize.sync();

/** Values given: the extended protocol, one statement. None: the simple one, any number of statements; `earlier` are the answers before the last. */
async function run(database, { text, values }) {
  const message =
    values === null ? serialize.query(text) : join([serialize.parse({ text }), serialize.bind({ values }), describe, execute, sync]);
  const { messages } = await database.execProtocol(message, { throwOnError: false });
  let current = { fields: [], rows: [] };
  let answer = { fields: [], rows: [], command: "", rowCount: null };
  const earlier = [];
  for (const part of messages) {
    if (part.name === "error") {
      const { code, constraint, table, column } = part;
      return { error: { message: part.message, code, constraint, table, column } };
    }
    if (part.name === "rowDescription") {
      current.fields = part.fields.map((field) => ({ name: field.name, dataTypeID: field.dataTypeID }));
    } else if (part.name === "dataRow") {
      current.rows.push(part.fields);
    } else if (part.name === "commandComplete") {
      if (answer.rows.length > 0) {
        earlier.push(answer);
      }
      const words = part.text.split(" ");
      const count = Number(words.at(-1));
      answer = { ...current, command: words[0], rowCount: Number.isInteger(count) && words.length > 1 ? count : null };
      current = { fields: [], rows: [] };
    }
  }
  return { answer: { ...answer, earlier } };
}

async function handle(database, request) {
  if (request.type === "query") {
    return run(database, request);
  }
  if (request.type === "dump") {
    const dump = await database.dumpDataDir("none");
    writeFileSync(request.file, new Uint8Array(await dump.arrayBuffer()));
    return { answer: null };
  }
  await database.close();
  return { answer: null };
}

try {
  const database = await open(workerData);
  let last = Promise.resolve();
  port.on("message", (request) => {
    last = last.then(async () => {
      try {
        port.postMessage({ id: request.id, ...(await handle(database, request)) });
      } catch (error) {
        port.postMessage({ id: request.id, error: { message: String(error?.message ?? error), code: undefined } });
      }
    });
  });
  port.postMessage({ id: 0, answer: null });
} catch (error) {
  port.postMessage({ id: 0, error: { message: String(error?.message ?? error), code: undefined } });
}
