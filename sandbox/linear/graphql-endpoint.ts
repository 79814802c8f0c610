import { GraphQLError } from "graphql";
import { z } from "zod";
import { json, type SandboxRequest, type SandboxResponse } from "../http/server";
import type { Grant, GrantBook } from "../oauth/grants";
import type { RequestContext } from "./context";
import { prepare, run } from "./execute";
import { rateLimited, tooComplex, unauthenticated } from "./failures";
import { complexityOf, type Limits } from "./limits";
import type { LinearSettings } from "./settings";
import type { Store } from "./store";

export interface GraphqlOptions {
  readonly store: Store;
  readonly book: GrantBook;
  readonly limits: Limits;
  readonly settings: () => LinearSettings;
  readonly webOrigin: () => string;
}

const requestShape = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});

/** Sixty minutes for callers without a token, by address. */
const anonymous = { requestsPerHour: 600, complexityPerHour: 100_000 };

/** `POST /graphql`. */
export function createGraphqlEndpoint(options: GraphqlOptions): (request: SandboxRequest) => Promise<SandboxResponse> {
  const { store, book, limits, settings } = options;

  function limitHeaders(caller: string, sizes: Parameters<Limits["state"]>[1], complexity: number): Record<string, string> {
    const { requests, complexity: points } = limits.state(caller, sizes);
    return {
      "x-complexity": String(complexity),
      "x-ratelimit-requests-limit": String(requests.limit),
      "x-ratelimit-requests-remaining": String(requests.remaining),
      "x-ratelimit-requests-reset": String(requests.resetMs),
      "x-ratelimit-complexity-limit": String(points.limit),
      "x-ratelimit-complexity-remaining": String(points.remaining),
      "x-ratelimit-complexity-reset": String(points.resetMs),
    };
  }

  /** A refusal before execution has no `data`. */
  const refuse = (status: number, errors: readonly GraphQLError[], headers: Record<string, string> = {}) =>
    json(status, { errors }, headers);

  const badRequest = (message: string) =>
    refuse(400, [
      new GraphQLError(message, { extensions: { type: "graphql error", code: "BAD_USER_INPUT", statusCode: 400, userError: true } }),
    ]);

  function readGrant(request: SandboxRequest): Grant | null {
    const token = /^Bearer (\S+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
    return token === undefined ? null : book.findGrant(token);
  }

  return async (request) => {
    if (request.method !== "POST") return { ...badRequest("GraphQL queries are sent with POST."), status: 405 };
    if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? "")) {
      return badRequest("The content type must be application/json.");
    }
    let body: unknown;
    try {
      body = JSON.parse(request.body);
    } catch {
      return badRequest("The body is not JSON.");
    }
    const asked = requestShape.safeParse(body);
    if (!asked.success) return badRequest("The body must have a query, and may have variables and an operationName.");

    const grant = readGrant(request);
    const caller = grant === null ? `address ${request.remoteAddress}` : `${grant.clientId} ${grant.userId}`;
    const sizes = grant === null ? { ...settings(), ...anonymous } : settings();
    const prepared = prepare(asked.data.query, asked.data.operationName ?? null);
    const variables = asked.data.variables ?? {};
    const complexity = "errors" in prepared ? 1 : complexityOf(prepared.document, prepared.operation, variables);
    const empty = limits.take(caller, sizes, complexity);
    const headers = limitHeaders(caller, sizes, complexity);
    if (empty !== null) return refuse(400, [rateLimited(empty)], headers);
    // An unknown, expired or revoked token is refused before the query is looked at.
    if (grant === null) return refuse(401, [unauthenticated()], headers);
    if ("errors" in prepared) {
      return refuse(400, prepared.errors.map(asValidationFailure), headers);
    }
    if (complexity > settings().queryComplexity) return refuse(400, [tooComplex(complexity, settings().queryComplexity)], headers);

    const context: RequestContext = {
      store,
      webOrigin: options.webOrigin(),
      grant,
      commentTouchesIssue: settings().commentTouchesIssue,
      limits: limits.state(caller, sizes),
    };
    const result = await run(prepared, variables, context);
    // A failed variable ends the request before execution, so there is no `data`.
    if (result.data === undefined) return refuse(400, (result.errors ?? []).map(asValidationFailure), headers);
    const statuses = (result.errors ?? []).map((error) => error.extensions.statusCode);
    const status = statuses.includes(401) ? 401 : statuses.includes(403) ? 403 : 200;
    const errors = result.errors?.map((error) => (error.extensions.type === undefined ? asInternal(error) : error));
    return json(status, errors === undefined ? { data: result.data } : { data: result.data, errors }, headers);
  };
}

function asValidationFailure(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, {
    ...(error.nodes === undefined ? {} : { nodes: error.nodes }),
    extensions: { http: { status: 400 }, type: "graphql error", code: "GRAPHQL_VALIDATION_FAILED", statusCode: 400, userError: true },
  });
}

/** Something broke in the sandbox itself. */
function asInternal(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, {
    ...(error.path === undefined ? {} : { path: error.path }),
    extensions: { type: "internal error", code: "INTERNAL_SERVER_ERROR", statusCode: 500, userError: false },
  });
}

/** How Linear says that a limit is reached, for a scripted one; the other two forms are those its SDK also accepts. */
export function scriptedRateLimit(
  form: "vendor" | "retry_after_seconds" | "retry_after_date",
  seconds: number,
  nowMs: number,
): SandboxResponse {
  const errors = [rateLimited("requests")];
  const reset = { "x-ratelimit-requests-remaining": "0", "x-ratelimit-requests-reset": String(Math.ceil(nowMs + seconds * 1000)) };
  if (form === "vendor") return json(400, { errors }, reset);
  const retryAfter = form === "retry_after_seconds" ? String(Math.ceil(seconds)) : new Date(nowMs + seconds * 1000).toUTCString();
  return json(429, { errors }, { "retry-after": retryAfter });
}
