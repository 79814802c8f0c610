import { GraphQLError } from "graphql";

/**
 * Linear's failures, in the shape its API gives them: `extensions {type code statusCode userError userPresentableMessage}`
 * (linear/linear `packages/sdk/src/error.ts`; the messages as third parties recorded them).
 */
function failure(
  message: string,
  extensions: { type: string; code: string; statusCode: number; userPresentableMessage?: string; [more: string]: unknown },
): GraphQLError {
  return new GraphQLError(message, { extensions: { userError: true, ...extensions } });
}

/** HTTP 401: no token, a wrong one, an expired one, a revoked one. */
export function unauthenticated(): GraphQLError {
  return failure("Authentication required, not authenticated", {
    type: "authentication error",
    code: "AUTHENTICATION_ERROR",
    statusCode: 401,
    userPresentableMessage: "You need to authenticate to access this operation.",
  });
}

/** HTTP 403: the grant lacks the scope. */
export function missingScope(scope: string): GraphQLError {
  return failure(`Invalid scope: \`${scope}\` required`, {
    type: "forbidden",
    code: "FORBIDDEN",
    statusCode: 403,
    userPresentableMessage: `Invalid scope: \`${scope}\` required`,
  });
}

/** HTTP 403: the scope is there, the person's role is not enough. */
export function forbidden(message: string): GraphQLError {
  return failure(message, { type: "forbidden", code: "FORBIDDEN", statusCode: 403, userPresentableMessage: message });
}

/** There is no code of its own for 404: the message begins with these words. */
export function notFound(entity: string): GraphQLError {
  return failure(`Entity not found: ${entity}`, {
    type: "invalid input",
    code: "INPUT_ERROR",
    statusCode: 400,
    userPresentableMessage: `Could not find referenced ${entity}.`,
  });
}

/** A value that breaks a rule of one argument or input field. */
export function invalidArgument(property: string, rule: string, message: string): GraphQLError {
  return failure("Argument Validation Error", {
    type: "invalid input",
    code: "INVALID_INPUT",
    statusCode: 400,
    userPresentableMessage: `${message}.`,
    validationErrors: [{ property, children: [], constraints: { [rule]: message } }],
  });
}

/** A rule between entities is broken (a state of another team, a label that is a group). */
export function invalidInput(message: string, userPresentableMessage = message): GraphQLError {
  return failure(message, { type: "invalid input", code: "INPUT_ERROR", statusCode: 400, userPresentableMessage });
}

/** The id that the caller chose is taken; a retry of a create that worked ends here too. */
export function idConflict(entity: string, id: string): GraphQLError {
  return invalidInput(`conflict on insert of ${entity}`, `Entity ${entity} with id ${id} already exists.`);
}

/** HTTP 400 with an inner status of 429 (linear.app/developers/rate-limiting). */
export function rateLimited(kind: "requests" | "complexity" | "endpoint requests"): GraphQLError {
  return failure("Rate limit exceeded", {
    type: "ratelimited",
    code: "RATELIMITED",
    statusCode: 429,
    userPresentableMessage: `Rate limit exceeded. Only a limited number of ${kind} is allowed per hour.`,
  });
}

/** HTTP 400: one query above the greatest complexity. */
export function tooComplex(complexity: number, limit: number): GraphQLError {
  return failure("Query too complex", {
    type: "invalid input",
    code: "INPUT_ERROR",
    statusCode: 400,
    userPresentableMessage: `The query has a complexity of ${complexity}; the limit is ${limit}.`,
  });
}
