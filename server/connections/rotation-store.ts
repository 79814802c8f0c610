import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/client";
import { isDataKeyGone } from "@/db/errors";
import type { WorkspaceScope } from "@/db/scope";
import type { WrappedKey } from "./keyring";

/** What a rotation of the vault reads and writes. Each method is one transaction, and each is safe to repeat. */

/** A table with sealed columns. A test compares these with the schema, so that no column is forgotten by a rotation. */
export interface SealedTable {
  readonly table: string;
  /** The column of the row's uuid, which the ciphertexts are bound to. */
  readonly id: string;
  readonly columns: readonly {
    readonly sealed: string;
    /** The generated column with the version of its data key. */
    readonly version: string;
    /** `SecretBinding.field`. */
    readonly field: string;
  }[];
}

export const sealedTables: readonly SealedTable[] = [
  {
    table: "connection_token",
    id: "connection_id",
    columns: [
      { sealed: "access_enc", version: "access_key_version", field: "access" },
      { sealed: "refresh_enc", version: "refresh_key_version", field: "refresh" },
    ],
  },
  { table: "oauth_flow", id: "id", columns: [{ sealed: "held_enc", version: "held_key_version", field: "held consent" }] },
];

/** A row with its ciphertexts, in the order of the table's columns. */
export interface SealedRow {
  readonly id: string;
  readonly sealed: readonly (Uint8Array | null)[];
}

export interface StoredKey extends WrappedKey {
  /** Made before the rotation began. */
  readonly isOld: boolean;
}

export interface RotationStore {
  /** Begins a rotation, or goes on with the one that was broken off. `startedAt` is the database's, as text, to the microsecond. */
  begin(): Promise<{ readonly startedAt: string; readonly resumed: boolean }>;
  end(): Promise<void>;
  /** The workspaces after `after`, in order, that have work left. */
  listWork(startedAt: string, kekId: string, after: string | null): Promise<readonly string[]>;
  /** The workspace's data keys, oldest first; none when the workspace is gone. */
  listKeys(scope: WorkspaceScope, startedAt: string): Promise<readonly StoredKey[]>;
  /** Stores a data key wrapped anew, unless its row has changed since it was read. */
  replaceKey(scope: WorkspaceScope, before: WrappedKey, after: WrappedKey): Promise<boolean>;
  /** Stores a data key, unless that version is there already. */
  addKey(scope: WorkspaceScope, key: WrappedKey): Promise<boolean>;
  /** Rows after `after`, in order, of which a column is sealed under a data key older than `newest`. */
  listRows(scope: WorkspaceScope, table: SealedTable, newest: number, after: string | null, atMost: number): Promise<readonly SealedRow[]>;
  /** Stores the rows sealed anew, but for those whose ciphertexts have changed since they were read. Answers how many were stored. */
  replaceRows(scope: WorkspaceScope, table: SealedTable, rows: readonly { before: SealedRow; after: SealedRow }[]): Promise<number>;
  /** Deletes the data keys older than `newest`; null, deleting none, while a row needs one of them. */
  deleteKeys(scope: WorkspaceScope, newest: number): Promise<number | null>;
}

const workspacesAtOnce = 100;

const beginShape = z.tuple([z.object({ started_at: z.string(), resumed: z.boolean() })]);
const workShape = z.array(z.object({ workspace_id: z.uuid() }));
const bytesShape = z.instanceof(Uint8Array);
const keysShape = z.array(z.object({ version: z.int(), kek_id: z.string(), wrapped: bytesShape, is_old: z.boolean() }));

const bytea = (value: Uint8Array | null): SQL => sql`${value === null ? null : Buffer.from(value)}::bytea`;

/** The rotation's statements over the database. */
export function createRotationStore(db: Database): RotationStore {
  return {
    async begin() {
      const { rows } = await db.withSystem((tx) =>
        tx.execute(sql`select r.at::text as started_at, r.at < now() as resumed from (select hub_begin_vault_rotation() as at) r`),
      );
      const [{ started_at, resumed }] = beginShape.parse(rows);
      return { startedAt: started_at, resumed };
    },

    async end() {
      await db.withSystem((tx) => tx.execute(sql`select hub_end_vault_rotation()`));
    },

    async listWork(startedAt, kekId, after) {
      const { rows } = await db.withSystem(
        (tx) =>
          tx.execute(
            sql`select workspace_id from hub_list_vault_work(${startedAt}::timestamptz, ${kekId}, ${after}::uuid, ${workspacesAtOnce})`,
          ),
        { readOnly: true },
      );
      return workShape.parse(rows).map((row) => row.workspace_id);
    },

    async listKeys(scope, startedAt) {
      const { rows } = await db.withScope(
        scope,
        (tx) =>
          tx.execute(sql`select version, kek_id, wrapped, created_at < ${startedAt}::timestamptz as is_old from workspace_key
            where workspace_id = ${scope.workspaceId}::uuid order by version`),
        { readOnly: true },
      );
      return keysShape.parse(rows).map(({ version, kek_id, wrapped, is_old }) => ({ version, kekId: kek_id, wrapped, isOld: is_old }));
    },

    async replaceKey(scope, before, after) {
      const { rows } = await db.withScope(scope, (tx) =>
        tx.execute(sql`update workspace_key set kek_id = ${after.kekId}, wrapped = ${bytea(after.wrapped)}
          where workspace_id = ${scope.workspaceId}::uuid and version = ${before.version} and wrapped = ${bytea(before.wrapped)} returning 1`),
      );
      return rows.length > 0;
    },

    async addKey(scope, key) {
      // A workspace that is being deleted gets none: its row is looked for, not only referred to.
      const { rows } = await db.withScope(scope, (tx) =>
        tx.execute(sql`insert into workspace_key (workspace_id, version, kek_id, wrapped)
          select id, ${key.version}::integer, ${key.kekId}::text, ${bytea(key.wrapped)} from workspace where id = ${scope.workspaceId}::uuid
          on conflict do nothing returning 1`),
      );
      return rows.length > 0;
    },

    async listRows(scope, { table, id, columns }, newest, after, atMost) {
      const sealed = sql.join(
        columns.map((column, index) => sql`${sql.identifier(column.sealed)} as ${sql.identifier(`sealed_${index}`)}`),
        sql`, `,
      );
      const isOld = sql.join(
        columns.map((column) => sql`${sql.identifier(column.version)} < ${newest}`),
        sql` or `,
      );
      const { rows } = await db.withScope(
        scope,
        (tx) =>
          tx.execute(sql`select ${sql.identifier(id)} as id, ${sealed} from ${sql.identifier(table)}
            where workspace_id = ${scope.workspaceId}::uuid and (${isOld}) and (${after}::uuid is null or ${sql.identifier(id)} > ${after}::uuid)
            order by ${sql.identifier(id)} limit ${atMost}`),
        { readOnly: true },
      );
      return z
        .array(z.record(z.string(), z.unknown()))
        .parse(rows)
        .map((row) => ({
          id: z.uuid().parse(row.id),
          sealed: columns.map((_, index) => bytesShape.nullable().parse(row[`sealed_${index}`])),
        }));
    },

    async replaceRows(scope, { table, id, columns }, rows) {
      const statements = rows.map(({ before, after }) => {
        const name = (column: SealedTable["columns"][number]) => sql.identifier(column.sealed);
        const changes = columns.map((column, index) => sql`${name(column)} = ${bytea(after.sealed[index] ?? null)}`);
        // By the bytes, not by the row's version: whatever was stored meanwhile stays, and a refresh under way does not lose its row.
        const unchanged = columns.map((column, index) => sql`${name(column)} is not distinct from ${bytea(before.sealed[index] ?? null)}`);
        return sql`update ${sql.identifier(table)} set ${sql.join(changes, sql`, `)} where workspace_id = ${scope.workspaceId}::uuid
          and ${sql.identifier(id)} = ${before.id}::uuid and ${sql.join(unchanged, sql` and `)} returning 1`;
      });
      try {
        return (await db.batchInScope(scope, statements)).filter((answer) => answer.length > 0).length;
      } catch (error) {
        // Another rotation went further meanwhile and deleted the key that these were sealed under.
        if (isDataKeyGone(error)) return 0;
        throw error;
      }
    },

    async deleteKeys(scope, newest) {
      try {
        const { rows } = await db.withScope(scope, (tx) =>
          tx.execute(sql`delete from workspace_key where workspace_id = ${scope.workspaceId}::uuid and version < ${newest} returning 1`),
        );
        return rows.length;
      } catch (error) {
        if (isDataKeyGone(error)) return null;
        throw error;
      }
    },
  };
}
