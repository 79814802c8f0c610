import "server-only";
import { initTRPC, TRPCError } from "@trpc/server";
import { isDatabaseBusy } from "@/db/errors";
import type { WorkspaceScope } from "@/db/scope";
import type { Person } from "@/server/auth/person";
import type { Hub } from "@/server/compose/hub";
import { errorTable, HubError, toErrorBody } from "@/server/errors";
import type { Log } from "@/server/log";

/** What a request brings: the hub, who asks (nobody, a person or an API key), and the id that its log lines and errors carry. */
export interface RequestContext {
  readonly hub: Hub;
  readonly person: Person | null;
  /** What the API key of the request opens; null, or left out, where the request bears none. */
  readonly keyScope?: WorkspaceScope | null;
  readonly requestId: string;
  readonly log: Log;
}

/** A zod refusal, recognised by shape: Next may hold several copies of the class. */
function readIssues(cause: unknown): readonly { path: readonly PropertyKey[]; message: string }[] | null {
  if (typeof cause !== "object" || cause === null || !("issues" in cause) || !Array.isArray(cause.issues)) return null;
  return cause.issues;
}

/** Every failure as the one error type. What is not ours becomes EIO without detail; its cause is for the log only. */
export function toHubError(error: unknown): HubError {
  if (error instanceof HubError) return error;
  if (isDatabaseBusy(error instanceof TRPCError ? error.cause : error)) {
    return new HubError("EAGAIN", "The hub has more to do than its database takes at the moment. Try again.", {
      retryAfterMs: 1000,
      cause: error,
    });
  }
  if (!(error instanceof TRPCError)) return new HubError("EIO", "Something failed inside the hub. Try again.", { cause: error });
  if (error.cause instanceof HubError) return error.cause;
  const issues = readIssues(error.cause);
  if (error.code === "BAD_REQUEST" && issues !== null) {
    const first = issues[0];
    const where = first === undefined || first.path.length === 0 ? "The input" : `"${first.path.map(String).join(".")}"`;
    return new HubError("EINVAL", `${where} is not valid: ${first?.message ?? "unknown"}.`.replace(/\.\.$/, "."));
  }
  if (error.code === "NOT_FOUND") return new HubError("ENOENT", "There is no such procedure.");
  if (error.code === "BAD_REQUEST" || error.code === "PARSE_ERROR" || error.code === "METHOD_NOT_SUPPORTED") {
    return new HubError("EINVAL", "The request cannot be read as a call of a procedure.", { cause: error });
  }
  if (error.code === "UNSUPPORTED_MEDIA_TYPE") return new HubError("EINVAL", "A call's body is application/json.");
  return new HubError("EIO", "Something failed inside the hub. Try again.", { cause: error });
}

const t = initTRPC.context<RequestContext>().create({
  /** `data.hub` is the ErrorBody, the same at every door; no stack ever leaves. */
  errorFormatter({ shape, error, ctx, path }) {
    const hubError = toHubError(error);
    const { status, trpc } = errorTable[hubError.code];
    return {
      ...shape,
      message: hubError.message,
      data: { code: trpc, httpStatus: status, path, hub: toErrorBody(hubError), requestId: ctx?.requestId ?? null },
    };
  },
});

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/** Gives every failure its tRPC code, for the server's own callers as for HTTP, and logs what was not foreseen. */
export const baseProcedure = t.procedure.use(async ({ ctx, next, path }) => {
  const result = await next();
  if (result.ok) return result;
  const hubError = toHubError(result.error);
  if (hubError.code === "EIO") ctx.log.error({ procedure: path, error: hubError }, "procedure failed");
  return {
    ...result,
    error: new TRPCError({ code: errorTable[hubError.code].trpc, message: hubError.message, cause: hubError }),
  };
});
