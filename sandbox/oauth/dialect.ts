import type { SandboxRequest, SandboxResponse } from "../http/server";
import type { ToolLook } from "../pages/look";
import type { Grant, NewGrant, OAuthClient, OAuthRefusal, RevocationReach, TokenPolicy, TokenSet } from "./grants";

/** Someone who can say yes, in one workspace of theirs. */
export interface Subject {
  readonly userId: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly email: string;
  readonly workspaceName: string;
  readonly admin: boolean;
}

/** What every tool's OAuth can be set to. */
export interface ConsentSettings {
  /** Sends `Cross-Origin-Opener-Policy: same-origin` with the consent page, which cuts a popup from its opener. */
  readonly coopOnConsent: boolean;
  /** Answers every authorization request with `access_denied`. */
  readonly denyConsent: boolean;
}

/** Why an authorization request is refused; each vendor has words of its own for them. */
export type AuthorizationRefusalKind =
  | "unsupported_response_type"
  | "invalid_request"
  | "invalid_scope"
  | "missing_scope"
  | "missing_state"
  | "pkce_required"
  | "pkce_not_allowed"
  | "invalid_challenge"
  | "interaction_required"
  | "cancelled"
  | "denied"
  | "admin_required";

export class AuthorizationRefusal extends Error {
  override readonly name = "AuthorizationRefusal";
  readonly kind: AuthorizationRefusalKind;
  constructor(kind: AuthorizationRefusalKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A well-formed authorization request, before anybody is asked. */
export interface AskedFor {
  readonly client: OAuthClient;
  readonly scopes: readonly string[];
  readonly query: URLSearchParams;
}

/** How one vendor's OAuth differs from the next one's. */
export interface OAuthDialect {
  readonly look: ToolLook;
  readonly authorize: {
    /** The paths that it listens on are the tool's; the form goes back to the path that was asked. */
    readonly scopeParameter: string;
    readonly scopeSeparator: "," | " ";
    /** Scope → what the consent page says it allows. No other scope exists. */
    readonly scopes: Readonly<Record<string, string>>;
    /** Always granted, asked for or not; a granular page shows them without a tick. */
    readonly alwaysScopes: readonly string[];
    /** The scope as `scopes` has it, for vendors that know it by several names. */
    readonly scopeName?: (asked: string) => string;
    /** Whether a request without a scope is refused; otherwise it asks for `alwaysScopes`. */
    readonly scopeRequired?: boolean;
    /** Whether a request without `response_type` asks for a code (Slack documents no such parameter). */
    readonly responseTypeOptional?: boolean;
    readonly stateRequired?: boolean;
    /** As whom the app acts, as the consent page says it: the person, or itself. An app that asks to (`appActor`) acts as itself in any case. */
    readonly actsAs?: "app";
    /** The values of `prompt`; `consent` always asks, `none` never does. No `prompt` at all where it is left out. */
    readonly prompts?: readonly string[];
    /** Whether an app may ask to act as itself (`actor=app`). */
    readonly appActor?: boolean;
    /** Whether a person may untick scopes. */
    readonly granular?: boolean;
    /** `form_post` beside `query`. */
    readonly formPost?: boolean;
    /** Whether the scopes of earlier consents of this person to this app come with the new one. */
    readonly keepsEarlierScopes?: (query: URLSearchParams) => boolean;
    /** Whether refresh tokens come with it. `before`: live grants of this person to this app. */
    readonly isOffline?: (asked: AskedFor, before: readonly Grant[]) => boolean;
    /** Whether a given redirect_uri is allowed by a registered one; the same text by default (RFC 9700 section 2.1). */
    readonly matchesRedirect?: (registered: string, given: string) => boolean;
    /** Whether the request may leave redirect_uri out; the app's first one is taken then. */
    readonly redirectOptional?: boolean;
    /** Whether only an administrator can allow these scopes. */
    readonly needsAdmin?: (scopes: readonly string[]) => boolean;
    /** What else comes back with the code. */
    readonly alsoAnswers?: (asked: AskedFor, scopes: readonly string[]) => Readonly<Record<string, string>>;
    /** The parameters that tell the app of a refusal; `error` and `error_description` in the words of RFC 6749 by default. */
    readonly refused?: (refusal: AuthorizationRefusal) => Readonly<Record<string, string>>;
    /** A refusal that does not go back to the app; a page of 400 by default. */
    readonly refusedHere?: (message: string, status: number) => SandboxResponse;
  };
  readonly token: {
    policy(): TokenPolicy;
    /** A fresh token in the vendor's form. */
    newToken(kind: "access" | "refresh" | "code", grant: NewGrant): string;
    /** Where the client names itself. */
    readonly clientAuth: {
      readonly basic: boolean;
      readonly body: boolean;
      /** Whether PKCE stands in for the secret at exchange and refresh. */
      readonly pkceReplacesSecret: boolean;
    };
    /** Whether JSON bodies are read as forms are. */
    readonly jsonBodies?: boolean;
    /** Whether a request without `grant_type` is a code exchange. */
    readonly grantTypeOptional?: boolean;
    /** Whether a refresh may ask for fewer scopes with `scope`. */
    readonly refreshNarrows?: boolean;
    /** The body of a token answer; `idToken` where `openid` was granted and the dialect has id_tokens. */
    answer(
      tokens: TokenSet & { readonly idToken: string | null },
      of: { readonly subject: Subject | null; readonly grantType: "authorization_code" | "refresh_token" },
    ): unknown;
    /** How a refusal is said; RFC 6749 section 5.2 by default. */
    readonly refused?: (refusal: OAuthRefusal) => SandboxResponse;
  };
  readonly revocation?: {
    readonly reach: RevocationReach;
    /** `required`: with the secret; `checked`: a client that names itself is checked. */
    readonly client: "required" | "checked" | "ignored";
    /** Which tokens it takes. */
    readonly takes: "refresh" | "any";
    /** Whether a token that is not live is refused (RFC 7009 section 2.2 says 200). */
    readonly refusesUnknown: boolean;
  };
  /** Where `openid` gives an id_token. */
  readonly idToken?: {
    issuer(grant: Grant): string;
    /** What else it claims, beside iss, aud, iat, exp and nonce. */
    claims(subject: Subject, grant: Grant): Readonly<Record<string, unknown>>;
  };
}

/** The Bearer token of a request (RFC 6750 section 2.1); null without one. */
export function bearerOf(request: SandboxRequest): string | null {
  return /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? null;
}
