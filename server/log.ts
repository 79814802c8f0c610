import { type DestinationStream, type Logger, pino } from "pino";

/**
 * Structured logs, one JSON object a line. What is logged is chosen field by field at the call; redaction is the second fence, for names
 * that must never be printed whoever logs them.
 */

const secretNames = [
  "authorization",
  "cookie",
  "set-cookie",
  "token",
  "accessToken",
  "refreshToken",
  "access_token",
  "refresh_token",
  "id_token",
  "client_secret",
  "clientSecret",
  "code",
  "code_verifier",
  "state",
  "password",
  "secret",
  "body",
] as const;
// `code` of an error is our closed list (ENOENT…), which the error serializer below prints; elsewhere a `code` is an OAuth code.
const redactPaths = secretNames.flatMap((name) =>
  name.includes("-") ? [`["${name}"]`, `*["${name}"]`] : [name, `*.${name}`, `*.*.${name}`],
);

export type Log = Pick<Logger, "debug" | "info" | "warn" | "error"> & { child(bindings: Record<string, unknown>): Log };

export interface LogOptions {
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  /** Where lines go; standard output by default. */
  readonly destination?: DestinationStream;
}

interface PrintedError {
  readonly type: string;
  readonly errorCode: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: PrintedError | undefined;
}

const maximumCauses = 5;

/** An error as its class, code, message and stack; never its other fields, which may carry a request or an answer. */
function printError(error: unknown, depth = 0): PrintedError | undefined {
  if (error === undefined || error === null) return undefined;
  if (!(error instanceof Error))
    return { type: typeof error, errorCode: undefined, message: "not an Error", stack: undefined, cause: undefined };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return {
    type: error.name,
    errorCode: code,
    message: scrub(error.message),
    stack: error.stack === undefined ? undefined : scrub(error.stack),
    cause: depth < maximumCauses ? printError(error.cause, depth + 1) : undefined,
  };
}

/** Credentials that a library may put into a message: bearer tokens, URL passwords, OAuth parameters. */
export function scrub(text: string): string {
  return text
    .replaceAll(/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, "$1 …")
    .replaceAll(/(\w+:\/\/[^/\s:@]*):[^@\s/]+@/g, "$1:…@")
    .replaceAll(/\b(code|state|token|access_token|refresh_token|client_secret|id_token|code_verifier)=[^&\s"']+/gi, "$1=…");
}

/** Makes the logger of a process. */
export function createLog(options: LogOptions): Log {
  const settings = {
    level: options.level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: redactPaths, censor: "…" },
    serializers: { error: printError, err: printError },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}
