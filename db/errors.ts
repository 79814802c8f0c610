/** What this folder throws. It imports nothing of the hub, so `server/` turns these into its own errors. */

export type OpenFailure =
  /** Another process has the data folder open. */
  | "locked"
  /** The data folder is there, but is no database this hub can open. */
  | "broken"
  /** The server does not answer. */
  | "unreachable"
  /** The server answers, and says no: credentials, database name, rights, a migration that does not fit. */
  | "refused";

/** The database cannot be opened. `message` is one sentence that says what to do; it never holds the URL, which may hold a password. */
export class DatabaseOpenError extends Error {
  override readonly name = "DatabaseOpenError";
  readonly code: OpenFailure;
  constructor(code: OpenFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/**
 * A statement failed. The same class for every driver: `code` is the SQLSTATE, `constraint` the violated one's name. The drivers' own errors
 * carry the statement's parameters and the row's values (DrizzleQueryError, `detail`), which must reach no log, so they are not kept.
 */
export class SqlError extends Error {
  override readonly name = "SqlError";
  readonly code: string | undefined;
  readonly constraint: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  constructor(fields: {
    message: string;
    code?: string | undefined;
    constraint?: string | undefined;
    table?: string | undefined;
    column?: string | undefined;
  }) {
    super(fields.message);
    this.code = fields.code;
    this.constraint = fields.constraint;
    this.table = fields.table;
    this.column = fields.column;
  }
}

/** Every connection of this process is in use, and none came free in time: nothing was done, and asking again later may well succeed. */
export class DatabaseBusyError extends Error {
  override readonly name = "DatabaseBusyError";
}

/** Whether that is why a statement was not made. Goes by name, because Next may hold several copies of the class. */
export const isDatabaseBusy = (error: unknown): boolean => error instanceof Error && error.name === "DatabaseBusyError";

/** A scope was used in a way that would hang or leave the transaction: a mistake in our code, never the caller's. */
export class ScopeMisuseError extends Error {
  override readonly name = "ScopeMisuseError";
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** The `SqlError` of whatever a driver threw; other errors (of the work itself) come back as they are. */
export function toSqlError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof SqlError) {
    return error;
  }
  // Drizzle wraps what the driver threw, and puts statement and parameters in its message.
  const wrapped = error.name === "DrizzleQueryError" || error.constructor.name === "DrizzleQueryError";
  const source = wrapped && error.cause instanceof Error ? error.cause : error;
  if (source instanceof SqlError || source instanceof ScopeMisuseError) {
    return source;
  }
  const fields = source as { code?: unknown; constraint?: unknown; table?: unknown; column?: unknown; severity?: unknown };
  if (!wrapped && fields.severity === undefined) {
    return error;
  }
  return new SqlError({
    message: source.message,
    code: text(fields.code),
    constraint: text(fields.constraint),
    table: text(fields.table),
    column: text(fields.column),
  });
}

/** Goes by name, because Next may hold several copies of the class. */
const isSqlError = (error: unknown): error is SqlError => error instanceof Error && error.name === "SqlError";

/** Whether a unique constraint refused a row. */
export function isUniqueViolation(error: unknown): boolean {
  return isSqlError(error) && error.code === "23505";
}

/** Whether a sealed column was refused because a rotation has deleted the data key that it was sealed under: seal again, then write again. */
export function isDataKeyGone(error: unknown): boolean {
  return isSqlError(error) && error.code === "23503" && error.constraint?.endsWith("_data_key") === true;
}
