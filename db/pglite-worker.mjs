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

/**
 * Statements by text, oldest use first: null once seen, its name once prepared. From its second use on a statement is prepared, so that
 * PostgreSQL parses it once and, after five runs, keeps its plan: of a short query planning is the greater part. A plan that the policies
 * shaped is remade by PostgreSQL itself when the role changes.
 */
const known = new Map();
const maxKnown = 400;
let names = 0;

/** What is sent to run a statement with values: closing of the one it drives out, parsing where it is needed, the run. */
function extended(text, values) {
  const seen = known.has(text);
  let name = known.get(text) ?? null;
  known.delete(text);
  const parts = [];
  let parsing = null;
  if (name === null) {
    if (seen) {
      names += 1;
      parsing = `hub_${names}`;
    }
    parts.push(serialize.parse(parsing === null ? { text } : { text, name: parsing }));
    name = parsing;
  }
  known.set(text, parsing === null ? name : null);
  if (known.size > maxKnown) {
    const [oldest, unused] = known.entries().next().value;
    known.delete(oldest);
    if (unused !== null) {
      parts.unshift(serialize.close({ type: "S", name: unused }));
    }
  }
  parts.push(serialize.bind(name === null ? { values } : { values, statement: name }), describe, execute, sync);
  return { message: join(parts), parsing };
}

/** What may change the answer's columns of a statement that is prepared, which PostgreSQL then refuses to run. */
const changesSchema = /\b(?:create|alter|drop)\b/i;

/** Values given: the extended protocol, one statement. None: the simple one, any number of statements; `earlier` are the answers before the last. */
async function run(database, { text, values }) {
  if (changesSchema.test(text) && known.size > 0) {
    known.clear();
    await database.execProtocol(serialize.query("deallocate all"), { throwOnError: false });
  }
  const { message, parsing } = values === null ? { message: serialize.query(text), parsing: null } : extended(text, values);
  const { messages } = await database.execProtocol(message, { throwOnError: false });
  if (parsing !== null && messages.some((part) => part.name === "parseComplete")) {
    known.set(text, parsing);
  }
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
  port.on("message", (requests) => {
    last = last.then(async () => {
      const replies = [];
      for (const request of requests) {
        try {
          replies.push({ id: request.id, ...(await handle(database, request)) });
        } catch (error) {
          replies.push({ id: request.id, error: { message: String(error?.message ?? error), code: undefined } });
        }
      }
      port.postMessage(replies);
    });
  });
  port.postMessage([{ id: 0, answer: null }]);
} catch (error) {
  port.postMessage([{ id: 0, error: { message: String(error?.message ?? error), code: undefined } }]);
}
