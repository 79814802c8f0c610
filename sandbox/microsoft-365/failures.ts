/**
 * Graph's failures (https://learn.microsoft.com/graph/errors): `{error: {code, message, innerError}}`. Outlook's codes begin with `Error`,
 * OneDrive's are camel case.
 */
export class GraphFailure extends Error {
  override readonly name = "GraphFailure";
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The body of a failure's answer. */
export const failureBody = (failure: GraphFailure, requestId: string, atMs: number) => ({
  error: {
    code: failure.code,
    message: failure.message,
    innerError: { date: new Date(atMs).toISOString().slice(0, 19), "request-id": requestId, "client-request-id": requestId },
  },
});

export const badRequest = (message: string, code = "BadRequest"): GraphFailure => new GraphFailure(400, code, message);

/** A query option or a property that the model does not have. */
export const badQuery = (message: string): GraphFailure => new GraphFailure(400, "RequestBroker--ParseUri", message);

export const outlookNotFound = (): GraphFailure =>
  new GraphFailure(404, "ErrorItemNotFound", "The specified object was not found in the store.");

export const driveNotFound = (): GraphFailure => new GraphFailure(404, "itemNotFound", "The resource could not be found.");

export const malformedId = (): GraphFailure => new GraphFailure(400, "ErrorInvalidIdMalformed", "Id is malformed.");

export const staleItem = (): GraphFailure =>
  new GraphFailure(
    412,
    "ErrorIrresolvableConflict",
    "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.",
  );

export const unauthorized = (message: string): GraphFailure =>
  new GraphFailure(401, "InvalidAuthenticationToken", message, {
    "www-authenticate": 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"',
  });
