import type { ToolRequest } from "./send";

/**
 * Taking credentials out of what a vendor wrote. Its sentences are worth showing ("Title is too long"), and they end in messages, logs and
 * kept receipts; but an error page may repeat the request that it refuses, token and all.
 */

/** Form fields of OAuth that are secret (RFC 6749, RFC 7636, RFC 7009). */
const secretFields = ["code", "code_verifier", "refresh_token", "client_secret", "token", "client_assertion"] as const;

/** What nobody writes in a sentence: twenty characters in one go with a digit, or a capital after a small letter, among them. */
const opaque = /(?=[\w~+/=.-]*(?:\d|[a-z][A-Z]))[\w~+/=.-]{20,}/g;
/** A shorter credential is known by its exact value only. */
const shortestCredential = 6;

/** The credentials that a request carries: in its Authorization header and, if its body is a form, in OAuth's secret fields. */
export function credentialsOf(request: Pick<ToolRequest, "headers" | "body">): readonly string[] {
  const headers = new Headers({ ...request.headers });
  const authorization = headers.get("authorization") ?? "";
  const found = [authorization.slice(authorization.indexOf(" ") + 1)];
  if (typeof request.body === "string" && headers.get("content-type")?.includes("form-urlencoded") === true) {
    const form = new URLSearchParams(request.body);
    for (const field of secretFields) found.push(...form.getAll(field));
  }
  return found.filter((credential) => credential.length >= shortestCredential);
}

/** The text with every given credential, and whatever looks like another one, replaced by `…`. */
export function withoutCredentials(text: string, credentials: readonly string[]): string {
  let clean = text;
  for (const credential of credentials) clean = clean.replaceAll(credential, "…");
  return clean.replaceAll(opaque, "…");
}

const deepest = 5;

/** The same for an error that was made of a vendor's answer, with its causes: their messages, in place; an error's stack begins with its message. */
export function cleanCause(cause: unknown, credentials: readonly string[], depth = 0): unknown {
  if (!(cause instanceof Error) || depth > deepest) return cause instanceof Error ? undefined : cause;
  const clean = new Error(withoutCredentials(cause.message, credentials));
  clean.name = cause.name;
  // Lines of code, after the message that the stack repeats.
  const frames = cause.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  clean.stack = [`${clean.name}: ${clean.message}`, ...frames].join("\n");
  if (cause.cause !== undefined) clean.cause = cleanCause(cause.cause, credentials, depth + 1);
  return clean;
}
