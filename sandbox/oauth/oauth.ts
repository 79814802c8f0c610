import { createHash } from "node:crypto";
import { json, type SandboxRequest, type SandboxResponse } from "../http/server";
import type { ToolOptions } from "../tool";
import { type AuthorizeOptions, createAuthorizeEndpoint } from "./authorize-endpoint";
import { bearerOf, type OAuthDialect, type Subject } from "./dialect";
import { createGrantBook } from "./grant-book";
import type { Grant, GrantBook, KnownAccess, SavedGrants, TokenSet } from "./grants";
import { createIdTokenSigner } from "./id-token";
import { answerRevoke, answerToken, type EndpointOptions } from "./token-endpoint";

export interface OAuthOptions {
  readonly tool: Pick<ToolOptions, "clients" | "clock">;
  readonly dialect: OAuthDialect;
  readonly settings: AuthorizeOptions["settings"];
  /** Everybody who can say yes now. */
  readonly subjects: () => readonly Subject[];
  /** The account that acts when an app is installed as itself, where the dialect allows that. */
  readonly appAccount?: AuthorizeOptions["appAccount"];
}

/** One tool's OAuth: its endpoints, and what the rest of the tool and the control port ask of it. */
export interface OAuth {
  /** `GET` and `POST` of the authorize endpoint. */
  authorize(request: SandboxRequest): SandboxResponse;
  /** `POST` of the token endpoint; 405 otherwise. */
  token(request: SandboxRequest): SandboxResponse;
  /** `POST` of the revocation endpoint, where the dialect has one; 405 otherwise. */
  revoke(request: SandboxRequest): SandboxResponse;
  /** `GET` of the keys that sign id_tokens. */
  jwks(): SandboxResponse;
  /** Signs any claims with the key of the id_tokens, for vendors whose access tokens are JWTs too. */
  sign(claims: Readonly<Record<string, unknown>>): string;
  readonly book: GrantBook;
  /** What the request's Bearer token is worth; null without one, and for one that was never given. */
  access(request: SandboxRequest): KnownAccess | null;
  /** The live grant of the request's Bearer token; null without one. */
  grantOf(request: SandboxRequest): Grant | null;
  subjectOf(grant: Pick<Grant, "userId" | "workspaceId">): Subject | null;
  /** For the journal and the faults: whose token the request bears. */
  emailOf(request: SandboxRequest): string | null;
  /** For the journal: a digest of the code or refresh token of a token request. */
  credentialOf(request: SandboxRequest): string | null;
  /** For the journal: the grant type of a token request, as a list. */
  grantTypesOf(request: SandboxRequest): readonly string[];
  /** `RunningTool.connect` */
  connect(app: { readonly clientId: string; readonly email: string; readonly scopes: readonly string[] }): unknown;
  /** `RunningTool.expireAccessTokens` */
  expireAccessTokens(email?: string): number;
  /** `RunningTool.revokeGrants` */
  revokeGrants(email?: string): number;
  clear(): void;
  save(): SavedGrants;
  restore(saved: SavedGrants): void;
  counts(): ReturnType<GrantBook["counts"]>;
}

/** Puts one tool's OAuth together from its dialect. */
export function createOAuth(options: OAuthOptions): OAuth {
  const { dialect, settings, subjects, appAccount } = options;
  const { clients, clock } = options.tool;
  const book = createGrantBook({ clock, policy: dialect.token.policy, newToken: dialect.token.newToken });
  const signer = createIdTokenSigner();

  const subjectOf: OAuth["subjectOf"] = (grant) =>
    subjects().find(({ userId, workspaceId }) => userId === grant.userId && workspaceId === grant.workspaceId) ?? null;

  function idTokenOf({ grant, scopes }: TokenSet): string | null {
    const subject = subjectOf(grant);
    if (dialect.idToken === undefined || subject === null || !scopes.includes("openid")) return null;
    const nowSeconds = Math.floor(clock() / 1000);
    return signer.sign({
      iss: dialect.idToken.issuer(grant),
      aud: grant.clientId,
      iat: nowSeconds,
      exp: nowSeconds + 3600,
      ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
      ...dialect.idToken.claims(subject, grant),
    });
  }

  const endpoint: EndpointOptions = { book, clients, dialect, subjectOf, idTokenOf };
  const authorize = createAuthorizeEndpoint({
    book,
    clients,
    dialect,
    clock,
    settings,
    subjects,
    ...(appAccount === undefined ? {} : { appAccount }),
  });

  /** Whether a grant is of the person with this address; without one, every grant is. */
  const grantedBy = (email: string | undefined) => (grant: Grant) => email === undefined || subjectOf(grant)?.email === email;

  const posted = (request: SandboxRequest, answer: (request: SandboxRequest, options: EndpointOptions) => SandboxResponse) =>
    request.method === "POST" ? answer(request, endpoint) : { status: 405, headers: { allow: "POST" } };

  /** A field of a token request, form or JSON. */
  function field(request: SandboxRequest, name: string): string | null {
    if (request.headers.get("content-type")?.startsWith("application/json") === true) {
      try {
        const value: unknown = (JSON.parse(request.body) as Readonly<Record<string, unknown>> | null)?.[name];
        return typeof value === "string" ? value : null;
      } catch {
        return null;
      }
    }
    return new URLSearchParams(request.body).get(name);
  }

  const access: OAuth["access"] = (request) => {
    const token = bearerOf(request);
    return token === null ? null : book.look(token);
  };
  const grantOf: OAuth["grantOf"] = (request) => {
    const known = access(request);
    return known?.state === "live" ? known.grant : null;
  };

  return {
    authorize,
    token: (request) => posted(request, answerToken),
    revoke: (request) => posted(request, answerRevoke),
    jwks: () => json(200, signer.jwks()),
    sign: signer.sign,
    book,
    access,
    grantOf,
    subjectOf,
    emailOf(request) {
      const grant = grantOf(request);
      return grant === null ? null : (subjectOf(grant)?.email ?? null);
    },
    credentialOf(request) {
      const sent = field(request, "refresh_token") ?? field(request, "code");
      return sent === null ? null : createHash("sha256").update(sent).digest("base64url").slice(0, 16);
    },
    grantTypesOf(request) {
      const grantType = field(request, "grant_type") ?? (dialect.token.grantTypeOptional === true ? "authorization_code" : null);
      return grantType === null ? [] : [grantType.slice(0, 60)];
    },
    connect({ clientId, email, scopes }) {
      const subject = subjects().find((known) => known.email === email);
      const client = clients.find((known) => known.clientId === clientId);
      if (subject === undefined || client === undefined) throw new Error("No such person or app is in the sandbox.");
      const { userId, workspaceId } = subject;
      const tokens = book.issueTokens({
        clientId,
        userId,
        workspaceId,
        actor: "user",
        scopes,
        usedPkce: false,
        offline: true,
        nonce: null,
      });
      return dialect.token.answer({ ...tokens, idToken: idTokenOf(tokens) }, { subject, grantType: "authorization_code" });
    },
    expireAccessTokens: (email) => book.expireAccessTokens(grantedBy(email)),
    revokeGrants: (email) => book.revokeAll(grantedBy(email)),
    clear: book.clear,
    save: book.save,
    restore: book.restore,
    counts: book.counts,
  };
}
