import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { suiteVariables } from "./suite-variables";

/** `npm run vault:rotate` as a process, and the search for secrets in what is on disk. */

export interface Command {
  /** Everything it printed so far, on both outputs. */
  readonly printed: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly printed: string }>;
  kill(): Promise<void>;
}

/** Starts the command as npm does. */
export function startRotation(variables: Readonly<Record<string, string>>): Command {
  const root = join(import.meta.dirname, "..");
  const child = spawn(process.execPath, ["--conditions=react-server", "scripts/run.cjs", "scripts/vault-rotate.ts"], {
    cwd: root,
    // Nothing of the suite's own environment: what the command reads is all here.
    env: { NODE_ENV: "test", ...suiteVariables, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const output of [child.stdout, child.stderr]) {
    output.on("data", (data: Buffer) => {
      printed += data.toString("utf8");
    });
  }
  const ended = new Promise<{ code: number | null; printed: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, printed })),
  );
  return {
    printed: () => printed,
    ended,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Every byte that the database keeps: each row of each table on PostgreSQL (bytes as hex), each file of the folder on PGlite. */
export async function readDisk(databaseUrl: string): Promise<Buffer> {
  return databaseUrl.startsWith("pglite:") ? readFolder(databaseUrl.slice("pglite:".length)) : readTables(databaseUrl);
}

function readFolder(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  return Buffer.concat(files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file)));
}

async function readTables(databaseUrl: string): Promise<Buffer> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    );
    const parts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
      parts.push(...rows.map(({ row }) => row));
    }
    return Buffer.from(parts.join("\n"));
  } finally {
    await client.end();
  }
}

/** The secrets that stand in the bytes in clear, as base64 or as hex, cut to what tells them apart. */
export function findSecrets(bytes: Buffer, secrets: readonly string[]): readonly string[] {
  const lowered = Buffer.from(bytes.toString("latin1").toLowerCase(), "latin1");
  return secrets.filter((secret) => {
    const raw = Buffer.from(secret);
    // Base64 of the secret inside something longer starts at one of three offsets; the ends depend on the neighbours.
    const inBase64 = [0, 1, 2].map((offset) =>
      Buffer.concat([Buffer.alloc(offset), raw])
        .toString("base64")
        .slice(4, -4),
    );
    return bytes.includes(raw) || inBase64.some((text) => bytes.includes(text)) || lowered.includes(raw.toString("hex"));
  });
}
