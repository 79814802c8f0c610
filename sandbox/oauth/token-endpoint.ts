import { json, type SandboxRequest, type SandboxResponse } from "../http/server";
import { type GrantBook, type OAuthClient, OAuthRefusal, sameSecret, type TokenSet } from "./grants";

/** How one vendor's token endpoint differs from the next one's. */
export interface TokenDialect {
  /** The body of a token answer. */
  answer(tokens: TokenSet): unknown;
}

const noStore = { pragma: "no-cache" };

function refused(refusal: OAuthRefusal): SandboxResponse {
  const challenge: Record<string, string> = refusal.status === 401 ? { "www-authenticate": 'Basic realm="oauth"' } : {};
  return json(refusal.status, { error: refusal.error, error_description: refusal.message }, { ...noStore, ...challenge });
}

/** The form of a token or revocation request; a repeated parameter is refused (RFC 6749 section 3.2). */
function readForm(request: SandboxRequest): ReadonlyMap<string, string> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
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
  if (match === null || id === undefined || rest.length === 0)
    throw new OAuthRefusal("invalid_client", "The Authorization header is not Basic.", 401);
  // RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
  const decode = (text: string) => decodeURIComponent(text.replaceAll("+", " "));
  return { id: decode(id), secret: decode(rest.join(":")) };
}

/** Who asks, by body or by Basic, never both (RFC 6749 section 2.3). */
function authenticate(
  request: SandboxRequest,
  form: ReadonlyMap<string, string>,
  clients: readonly OAuthClient[],
): { readonly client: OAuthClient; readonly secretGiven: boolean } {
  const basic = readBasic(request);
  if (basic !== null && form.has("client_secret")) throw new OAuthRefusal("invalid_request", "The client authenticated in two ways.");
  const id = basic?.id ?? form.get("client_id") ?? "";
  const secret = basic?.secret ?? form.get("client_secret") ?? null;
  const client = clients.find(({ clientId }) => clientId === id);
  if (client === undefined) throw new OAuthRefusal("invalid_client", "Client authentication failed: client_id is unknown.", 401);
  if (secret !== null && (client.clientSecret === null || !sameSecret(secret, client.clientSecret))) {
    throw new OAuthRefusal("invalid_client", "Client authentication failed: client_secret is wrong.", 401);
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
  readonly dialect: TokenDialect;
}

/** `POST` of the token endpoint: code exchange and refresh. */
export function answerToken(request: SandboxRequest, { book, clients, dialect }: EndpointOptions): SandboxResponse {
  try {
    const form = readForm(request);
    const { client, secretGiven } = authenticate(request, form, clients);
    const grantType = required(form, "grant_type");
    if (grantType === "authorization_code") {
      const tokens = book.redeemCode({
        code: required(form, "code"),
        client,
        redirectUri: required(form, "redirect_uri"),
        verifier: form.get("code_verifier") ?? null,
        secretGiven,
      });
      return json(200, dialect.answer(tokens), noStore);
    }
    if (grantType === "refresh_token") {
      return json(200, dialect.answer(book.refresh({ refreshToken: required(form, "refresh_token"), client, secretGiven })), noStore);
    }
    throw new OAuthRefusal("unsupported_grant_type", `The grant type ${grantType} is not supported.`);
  } catch (error) {
    if (error instanceof OAuthRefusal) return refused(error);
    throw error;
  }
}

/** `POST` of the revocation endpoint: 200, 400 when there is nothing left to revoke, 401 for a client that is not one. */
export function answerRevoke(request: SandboxRequest, { book, clients }: EndpointOptions): SandboxResponse {
  try {
    const form = readForm(request);
    // The documented request is `token` alone; a client that names itself is checked.
    const named = form.has("client_id") || request.headers.get("authorization")?.startsWith("Basic ") === true;
    const client = named ? authenticate(request, form, clients).client : null;
    const bearer = /^Bearer (.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    const token = form.get("token") ?? bearer ?? "";
    if (token === "") throw new OAuthRefusal("invalid_request", "The parameter token is missing.", 401);
    if (!book.revoke(token, client)) throw new OAuthRefusal("invalid_request", "The token is unknown or was already revoked.");
    return json(200, {}, noStore);
  } catch (error) {
    if (error instanceof OAuthRefusal) return refused(error);
    throw error;
  }
}
