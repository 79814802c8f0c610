import { GraphQLError, Kind, type OperationDefinitionNode } from "graphql";
import { z } from "zod";
import { json, type SandboxRequest, type SandboxResponse } from "../http/server";
import type { Grant, GrantBook } from "../oauth/grants";
import type { RequestContext } from "./context";
import { prepare, run } from "./execute";
import { rateLimited, tooComplex, unauthenticated } from "./failures";
import { type CountedRequest, complexityOf, type LimitSizes, type LimitState, type Limits } from "./limits";
import type { LinearSettings } from "./settings";
import type { Store } from "./store";
import type { Webhooks } from "./webhooks/deliveries";

export interface GraphqlOptions {
  readonly store: Store;
  readonly book: GrantBook;
  readonly limits: Limits;
  readonly settings: () => LinearSettings;
  readonly webhooks: Pick<Webhooks, "tell">;
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

  function limitHeaders(counted: CountedRequest, sizes: LimitSizes): Record<string, string> {
    const { requests, complexity, endpoint } = limits.state(counted, sizes);
    const printed = (prefix: string, { limit, remaining, resetMs }: LimitState) => ({
      [`${prefix}-limit`]: String(limit),
      [`${prefix}-remaining`]: String(remaining),
      [`${prefix}-reset`]: String(resetMs),
    });
    return {
      "x-complexity": String(counted.complexity),
      ...printed("x-ratelimit-requests", requests),
      ...printed("x-ratelimit-complexity", complexity),
      ...(endpoint === null ? {} : { "x-ratelimit-endpoint-name": endpoint.name, ...printed("x-ratelimit-endpoint-requests", endpoint) }),
    };
  }

  /** Those that `rateLimitStatus` tells of. */
  function sharedLimits(counted: CountedRequest, sizes: LimitSizes): RequestContext["limits"] {
    const { requests, complexity } = limits.state(counted, sizes);
    return { requests, complexity };
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
    const caller = grant === null ? `address ${request.remoteAddress}` : callerOf(grant);
    const sizes = grant === null ? { ...settings(), ...anonymous } : settings();
    const prepared = prepare(asked.data.query, asked.data.operationName ?? null);
    const variables = asked.data.variables ?? {};
    const complexity = "errors" in prepared ? 1 : complexityOf(prepared.document, prepared.operation, variables);
    const counted: CountedRequest = { caller, complexity, rootFields: "errors" in prepared ? [] : rootFieldsOf(prepared.operation) };
    const empty = limits.take(counted, sizes);
    const headers = limitHeaders(counted, sizes);
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
      tell: (event) => {
        const workspace = store.workspaces.get(grant.workspaceId);
        if (workspace !== undefined) options.webhooks.tell(workspace, grant.userId, event);
      },
      limits: sharedLimits(counted, sizes),
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

/** Limits are counted for each person and app. */
export function callerOf({ clientId, userId }: Pick<Grant, "clientId" | "userId">): string {
  return `${clientId} ${userId}`;
}

function rootFieldsOf({ selectionSet }: OperationDefinitionNode): readonly string[] {
  return selectionSet.selections.flatMap((node) => (node.kind === Kind.FIELD ? [node.name.value] : []));
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
