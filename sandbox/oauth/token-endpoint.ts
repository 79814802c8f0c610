import { json, type SandboxRequest, type SandboxResponse } from "../http/server";
import { bearerOf, type OAuthDialect, type Subject } from "./dialect";
import { findClient } from "./grant-book";
import { type GrantBook, type OAuthClient, OAuthRefusal, type RefusalKind, sameSecret, type TokenSet } from "./grants";

const noStore = { pragma: "no-cache" };

/** RFC 6749 section 5.2: the word and the status of each refusal. */
const standardRefusals: Readonly<Record<RefusalKind, readonly [error: string, status: number]>> = {
  invalid_request: ["invalid_request", 400],
  unsupported_grant_type: ["unsupported_grant_type", 400],
  unknown_client: ["invalid_client", 401],
  wrong_secret: ["invalid_client", 401],
  missing_secret: ["invalid_client", 401],
  unexpected_secret: ["invalid_client", 401],
  unknown_code: ["invalid_grant", 400],
  used_code: ["invalid_grant", 400],
  expired_code: ["invalid_grant", 400],
  wrong_redirect_uri: ["invalid_grant", 400],
  missing_verifier: ["invalid_grant", 400],
  wrong_verifier: ["invalid_grant", 400],
  unexpected_verifier: ["invalid_grant", 400],
  unknown_refresh_token: ["invalid_grant", 400],
  revoked_refresh_token: ["invalid_grant", 400],
  expired_refresh_token: ["invalid_grant", 400],
  used_refresh_token: ["invalid_grant", 400],
  invalid_scope: ["invalid_scope", 400],
  missing_token: ["invalid_request", 400],
  unknown_token: ["invalid_request", 400],
};

/** The word and the status that RFC 6749 has for a refusal; a dialect that changes one of them starts here. */
export function standardRefusal(refusal: OAuthRefusal): { readonly error: string; readonly status: number } {
  const [error, status] = standardRefusals[refusal.kind];
  return { error, status };
}

/** A refusal as RFC 6749 section 5.2 says it. */
export function refusedByStandard(refusal: OAuthRefusal): SandboxResponse {
  const { error, status } = standardRefusal(refusal);
  const challenge: Record<string, string> = status === 401 ? { "www-authenticate": 'Basic realm="oauth"' } : {};
  return json(status, { error, error_description: refusal.message }, { ...noStore, ...challenge });
}

function readJson(request: SandboxRequest): ReadonlyMap<string, string> {
  try {
    const body: unknown = JSON.parse(request.body);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) {
      return new Map(Object.entries(body).flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as const] : [])));
    }
  } catch {
    // Said below: the body is no object.
  }
  throw new OAuthRefusal("invalid_request", "The body is not a JSON object.");
}

/** The fields of a token or revocation request; a repeated parameter is refused (RFC 6749 section 3.2). */
export function readForm(request: SandboxRequest, jsonBodies = false): ReadonlyMap<string, string> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (jsonBodies && type === "application/json") return readJson(request);
  if (type !== "application/x-www-form-urlencoded") {
    throw new OAuthRefusal("invalid_request", "The request must be sent as application/x-www-form-urlencoded.");
  }
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(request.body)) {
    if (form.has(name)) throw new OAuthRefusal("invalid_request", `The parameter ${name} is repeated.`);
    form.set(name, value);
  }
  return form;
}

function readBasic(request: SandboxRequest): { readonly id: string; readonly secret: string } | null {
  const header = request.headers.get("authorization");
  if (header === null) return null;
  const match = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header);
  const [id, ...rest] = Buffer.from(match?.[1] ?? "", "base64")
    .toString("utf8")
    .split(":");
  if (match === null || id === undefined || rest.length === 0) {
    throw new OAuthRefusal("wrong_secret", "The Authorization header is not Basic.");
  }
  // RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
  const decode = (text: string) => {
    try {
      return decodeURIComponent(text.replaceAll("+", " "));
    } catch {
      throw new OAuthRefusal("wrong_secret", "The Authorization header is not form-encoded.");
    }
  };
  return { id: decode(id), secret: decode(rest.join(":")) };
}

/** Who asks, by body or by Basic, never both (RFC 6749 section 2.3). */
export function authenticate(
  request: SandboxRequest,
  form: ReadonlyMap<string, string>,
  clients: readonly OAuthClient[],
  ways: OAuthDialect["token"]["clientAuth"],
): { readonly client: OAuthClient; readonly secretGiven: boolean } {
  const basic = ways.basic ? readBasic(request) : null;
  if (basic !== null && form.has("client_secret")) throw new OAuthRefusal("invalid_request", "The client authenticated in two ways.");
  const id = basic?.id ?? form.get("client_id") ?? "";
  const secret = basic?.secret ?? (ways.body ? form.get("client_secret") : undefined) ?? null;
  const client = findClient(clients, id);
  if (client === null) throw new OAuthRefusal("unknown_client", "Client authentication failed: client_id is unknown.");
  if (secret !== null && client.clientSecret === null) {
    throw new OAuthRefusal("unexpected_secret", "Client authentication failed: a public client has no secret.");
  }
  if (secret !== null && client.clientSecret !== null && !sameSecret(secret, client.clientSecret)) {
    throw new OAuthRefusal("wrong_secret", "Client authentication failed: client_secret is wrong.");
  }
  return { client, secretGiven: secret !== null };
}

function required(form: ReadonlyMap<string, string>, name: string): string {
  const value = form.get(name);
  if (value === undefined || value === "") throw new OAuthRefusal("invalid_request", `The parameter ${name} is missing.`);
  return value;
}

export interface EndpointOptions {
  readonly book: GrantBook;
  readonly clients: readonly OAuthClient[];
  readonly dialect: OAuthDialect;
  /** The person of a grant; null for an app that acts as itself. */
  subjectOf(grant: TokenSet["grant"]): Subject | null;
  /** Null where the grant gives none. */
  idTokenOf(tokens: TokenSet): string | null;
}

/** `POST` of the token endpoint: code exchange and refresh. */
export function answerToken(request: SandboxRequest, options: EndpointOptions): SandboxResponse {
  const { book, clients } = options;
  const dialect = options.dialect.token;
  const answer = (tokens: TokenSet, grantType: "authorization_code" | "refresh_token") => {
    const told = { ...tokens, idToken: options.idTokenOf(tokens) };
    return json(200, dialect.answer(told, { subject: options.subjectOf(tokens.grant), grantType }), noStore);
  };
  try {
    const form = readForm(request, dialect.jsonBodies);
    const { client, secretGiven } = authenticate(request, form, clients, dialect.clientAuth);
    const grantType = dialect.grantTypeOptional === true ? (form.get("grant_type") ?? "authorization_code") : required(form, "grant_type");
    if (grantType !== "authorization_code" && grantType !== "refresh_token") {
      throw new OAuthRefusal("unsupported_grant_type", `The grant type ${grantType.slice(0, 60)} is not supported.`);
    }
    const credential = required(form, grantType === "refresh_token" ? "refresh_token" : "code");
    // A credential that is not known is refused by the book, in its words.
    const pkceIsEnough = dialect.clientAuth.pkceReplacesSecret && book.usedPkce(credential) !== false;
    if (client.clientSecret !== null && !secretGiven && !pkceIsEnough) {
      throw new OAuthRefusal("missing_secret", "Client authentication failed: client_secret is missing.");
    }
    if (grantType === "refresh_token") {
      const asked = dialect.refreshNarrows === true ? form.get("scope") : undefined;
      const { scopeName } = options.dialect.authorize;
      const scopes =
        asked
          ?.split(" ")
          .filter((scope) => scope !== "")
          .map((scope) => scopeName?.(scope) ?? scope) ?? null;
      return answer(book.refresh({ refreshToken: credential, client, scopes }), grantType);
    }
    const redirectUri = form.get("redirect_uri") ?? null;
    if (redirectUri === null && options.dialect.authorize.redirectOptional !== true) required(form, "redirect_uri");
    return answer(book.redeemCode({ code: credential, client, redirectUri, verifier: form.get("code_verifier") ?? null }), grantType);
  } catch (error) {
    if (error instanceof OAuthRefusal) return (dialect.refused ?? refusedByStandard)(error);
    throw error;
  }
}

/** `POST` of the revocation endpoint: 200, or what the dialect says of a token that is not live and a client that is not one. */
export function answerRevoke(request: SandboxRequest, { book, clients, dialect }: EndpointOptions): SandboxResponse {
  const { revocation } = dialect;
  if (revocation === undefined) return { status: 404 };
  try {
    const form = readForm(request, dialect.token.jsonBodies);
    const named = form.has("client_id") || request.headers.get("authorization")?.startsWith("Basic ") === true;
    let client: OAuthClient | null = null;
    if (revocation.client === "required" || (revocation.client === "checked" && named)) {
      const asked = authenticate(request, form, clients, dialect.token.clientAuth);
      if (revocation.client === "required" && asked.client.clientSecret !== null && !asked.secretGiven) {
        throw new OAuthRefusal("missing_secret", "Client authentication failed: client_secret is missing.");
      }
      client = asked.client;
    }
    const token = form.get("token") ?? bearerOf(request) ?? "";
    if (token === "") throw new OAuthRefusal("missing_token", "The parameter token is missing.");
    if (revocation.takes === "refresh" && book.kindOf(token) === "access") {
      throw new OAuthRefusal("unknown_token", "The token is an access token: only refresh tokens are revoked here.");
    }
    const ended = book.revoke(token, client, revocation.reach);
    if (!ended && revocation.refusesUnknown) throw new OAuthRefusal("unknown_token", "The token is unknown or was already revoked.");
    return json(200, {}, noStore);
  } catch (error) {
    if (error instanceof OAuthRefusal) return (dialect.token.refused ?? refusedByStandard)(error);
    throw error;
  }
}
