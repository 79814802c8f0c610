import { AsyncLocalStorage } from "node:async_hooks";
import type { SQL } from "drizzle-orm";
import { NodePgSession, NodePgTransaction } from "drizzle-orm/node-postgres";
import { PgDialect, type PgPreparedQuery, type PreparedQueryConfig } from "drizzle-orm/pg-core";
import type { QueryResult } from "pg";
import type { Driver, Lease, Statement } from "./driver";
import { ScopeMisuseError, SqlError, toSqlError } from "./errors";

/** What the work of a scope queries with: drizzle's builder, `execute`, and nested `transaction` (a savepoint). The same on every driver. */
export type Tx = NodePgTransaction<Record<string, never>, Record<string, never>>;

export interface TransactionOptions {
  /**
   * The work only reads. Its result is then handed over without waiting for COMMIT's answer, which saves the second round trip; a write inside
   * it is refused by the database.
   */
  readonly readOnly?: boolean;
}

/** The scope that the running code is in, so that a second one inside it is noticed. `isOpen` is false once it has ended. */
const current = new AsyncLocalStorage<{ isOpen: boolean }>();

/** Throws where a scope is open around the caller: on PGlite it would wait for itself forever, on a pool it can starve it. */
export function refuseInsideScope(what: string): void {
  if (current.getStore()?.isOpen === true) {
    throw new ScopeMisuseError(`${what} was called inside an open scope; use the scope's own tx, or call it after the scope has ended.`);
  }
}

const dialect = new PgDialect();

type NoSchema = Record<string, never>;

/** Drizzle's session, with errors that carry no parameters. */
class Session extends NodePgSession<NoSchema, NoSchema> {
  override prepareQuery<T extends PreparedQueryConfig = PreparedQueryConfig>(
    ...parameters: Parameters<NodePgSession<NoSchema, NoSchema>["prepareQuery"]>
  ): PgPreparedQuery<T> {
    const prepared = super.prepareQuery<T>(...(parameters as Parameters<NodePgSession<NoSchema, NoSchema>["prepareQuery"]>));
    const execute = prepared.execute.bind(prepared);
    prepared.execute = async (values) => {
      try {
        return await execute(values);
      } catch (error) {
        throw toSqlError(error);
      }
    };
    return prepared;
  }
}

/**
 * Runs the work in one transaction. `opening` (BEGIN, role and settings, all local to the transaction, so that they end with it even behind a
 * pooler) is sent first and not waited for: the work's first statement travels with it, and its answer is only handed over once the opening
 * has succeeded. When the opening fails after BEGIN, as on a missing role, the server refuses what travels with it.
 */
export async function runTransaction<T>(
  driver: Driver,
  opening: string,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  refuseInsideScope("A second scope");
  const lease = await driver.acquire();
  const state = { isOpen: true };
  const opened = lease.query({ text: opening });
  opened.catch(() => undefined);
  const client = {
    query: (statement: Statement, values?: readonly unknown[]): Promise<QueryResult> => {
      if (!state.isOpen) {
        return Promise.reject(new ScopeMisuseError("A scope's tx was used after the scope had ended; await every query inside it."));
      }
      const answer = lease.query(statement, values ?? []);
      answer.catch(() => undefined);
      return opened.then(() => answer);
    },
  };
  // Drizzle asks for a pg client and calls nothing of it but `query`.
  const session = new Session(client as unknown as ConstructorParameters<typeof NodePgSession>[0], dialect, undefined, {});
  const tx: Tx = new NodePgTransaction(dialect, session, undefined);
  let result: T;
  try {
    result = await current.run(state, () => work(tx));
    await opened;
  } catch (error) {
    state.isOpen = false;
    await rollback(lease);
    throw toSqlError(error);
  }
  state.isOpen = false;
  const committed = commit(lease, options.readOnly === true);
  if (options.readOnly === true) {
    committed.catch(() => undefined);
  } else {
    await committed;
  }
  return result;
}

/**
 * Runs statements that need none of each other's answers in one transaction and one round trip: opening, statements and COMMIT are sent
 * together. Answers their rows, in order; when one fails nothing of them is kept, and its error is thrown.
 */
export async function runBatch(
  driver: Driver,
  opening: string,
  statements: readonly SQL[],
): Promise<readonly (readonly Record<string, unknown>[])[]> {
  refuseInsideScope("A batch");
  // Built before anything is taken: a statement that cannot be built must not keep a connection.
  const queries = statements.map((statement) => dialect.sqlToQuery(statement));
  const lease = await driver.acquire();
  const opened = lease.query({ text: opening });
  const answers = queries.map(({ sql: text, params }) => lease.query({ text }, params));
  const committed = commit(lease, false);
  const settled = await Promise.allSettled([opened, ...answers, committed]);
  const failed = settled.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) {
    throw toSqlError(failed.reason);
  }
  return Promise.all(answers.map(async (answer) => (await answer).rows as Record<string, unknown>[]));
}

async function rollback(lease: Lease): Promise<void> {
  try {
    await lease.query({ text: "rollback" });
    lease.release();
  } catch (error) {
    lease.release(error instanceof Error ? error : new Error("ROLLBACK failed"));
  }
}

async function commit(lease: Lease, background: boolean): Promise<void> {
  let command: string;
  try {
    ({ command } = await lease.query({ text: "commit", background }));
  } catch (error) {
    lease.release(error instanceof Error ? error : new Error("COMMIT failed"));
    throw toSqlError(error);
  }
  lease.release();
  // A transaction in which a statement failed, the error swallowed, is answered with ROLLBACK and no error at all.
  if (command !== "COMMIT") {
    throw new SqlError({ message: "The transaction was rolled back: a statement in it had failed.", code: "25P02" });
  }
}
