import { json, type SandboxResponse } from "../http/server";

/** Asana's refusals (https://developers.asana.com/docs/errors). */

const help =
  "For more information on API status codes and how to handle them, read the docs on errors: https://developers.asana.com/docs/errors";

export class AsanaRefusal extends Error {
  override readonly name = "AsanaRefusal";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Beside `errors` in the body. */
  readonly beside: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    message: string,
    more: { readonly headers?: Readonly<Record<string, string>>; readonly beside?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = more.headers ?? {};
    this.beside = more.beside ?? {};
  }
}

export const badRequest = (message: string): AsanaRefusal => new AsanaRefusal(400, message);
export const notFound = (kind: string, gid: string): AsanaRefusal => new AsanaRefusal(404, `${kind}: Unknown object: ${gid}`);
export const forbidden = (message: string): AsanaRefusal => new AsanaRefusal(403, message);

export const tooManyRequests = (seconds: number): AsanaRefusal =>
  new AsanaRefusal(429, "You have made too many requests recently. Please, be chill.", {
    headers: { "retry-after": String(Math.ceil(seconds)) },
  });

/** The answer of a refusal; of a sync token without `help` (OpenAPI: getEvents, 412). */
export const refused = (refusal: AsanaRefusal): SandboxResponse =>
  json(
    refusal.status,
    { errors: [{ message: refusal.message, ...(refusal.status === 412 ? {} : { help }) }], ...refusal.beside },
    refusal.headers,
  );
