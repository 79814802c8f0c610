import { createHash, hkdfSync } from "node:crypto";
import { Auth, type AuthConfig, customFetch, raw, skipCSRFCheck } from "@auth/core";
import type { Adapter } from "@auth/core/adapters";
import { AuthError, OAuthCallbackError } from "@auth/core/errors";
import type { OAuth2Config } from "@auth/core/providers";
import { HubError } from "@/server/errors";
import type { Identity, Integration, IntegrationSettings, TokenAnswer } from "@/server/integrations/contract";
import type { CallContext, Send } from "@/server/transport/send";
import { fetchOver } from "./fetch-adapter";
import { acceptsIssuer, type Issuers } from "./issuers";

/**
 * Auth.js for the tools: an instance of its own, sealed from the one that signs people in. It has its own secret, its own cookies (per
 * flow, on the integration's callback path only), no adapter to speak of, and it makes neither session nor account: what comes out is
 * the token answer and the identity that the tool gave, for the vault.
 */

/** A cookie to set in the browser that consents. */
export interface FlowCookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  /** Seconds; 0 removes the cookie. */
  readonly maxAgeSeconds: number;
  readonly secure: boolean;
}

/**
 * Why a callback did not end in tokens. `refused`: the tool said no to the person; `rejected`: what came back cannot be trusted;
 * `foreign`: it names another server than the tool's.
 */
export type ConsentFailure =
  | { readonly kind: "denied" }
  | { readonly kind: "refused"; readonly error: string }
  | { readonly kind: "rejected" }
  | { readonly kind: "foreign" }
  | {
      readonly kind: "failed";
      readonly cause: HubError;
      /** What the tool had granted by then; null where nothing. Nobody is known to have it, so it is to be given back. */
      readonly tokens: TokenAnswer | null;
    };

export type ConsentResult =
  | { readonly ok: true; readonly tokens: TokenAnswer; readonly identity: Identity }
  | { readonly ok: false; readonly failure: ConsentFailure };

export interface SealedAuthOptions {
  /** The hub's configured origin; request headers are never believed. */
  readonly origin: string;
  /** AUTH_SECRET; the instance's own secret is derived from it. */
  readonly authSecret: string;
  /** The catalogue's tools by their origins, for the answers of those that name no issuer. */
  readonly issuers: Issuers;
}

export interface ConsentOf {
  readonly integration: Integration;
  readonly settings: IntegrationSettings;
  readonly scopes: readonly string[];
  readonly flowId: string;
}

/** Transport without the token layer. `exchange` lets every answer through, because Auth.js reads the OAuth errors itself. */
export interface OAuthSends {
  readonly exchange: Send;
  readonly call: Send;
}

export interface SealedAuth {
  /** The consent URL, the hash of its `state`, and the cookies that the callback will want back. */
  begin(consent: ConsentOf): Promise<{ url: string; stateHash: string; cookies: readonly FlowCookie[] }>;
  /** Checks issuer, state and PKCE, exchanges the code and asks the tool who it is. Never throws for what the browser or the tool sent. */
  finish(
    consent: ConsentOf,
    answer: URLSearchParams,
    cookieHeader: string | null,
    sends: OAuthSends,
    context: CallContext,
  ): Promise<ConsentResult>;
  /** Removes a flow's cookies. */
  clear(integration: string, flowId: string): readonly FlowCookie[];
}

type SealedConfig = AuthConfig & { raw: typeof raw };
type SignIn = NonNullable<NonNullable<AuthConfig["callbacks"]>["signIn"]>;

/** What is kept of `state`: finding the row needs no more. */
export const hashState = (state: string): string => createHash("sha256").update(state).digest("hex");

/** Auth.js gives its checks 15 minutes; a flow's row lives 10, so the row decides. */
const cookieSeconds = 15 * 60;

/**
 * Auth.js keeps a module-level flag once any instance has an e-mail provider and then wants an adapter of every other instance. These
 * methods exist to satisfy it; none may ever run.
 */
const neverCalled = (): never => {
  throw new Error("The sealed Auth.js instance keeps no people.");
};
const stubAdapter: Adapter = {
  getUserByAccount: async () => null,
  createUser: neverCalled,
  getUser: neverCalled,
  getUserByEmail: neverCalled,
  updateUser: neverCalled,
  linkAccount: neverCalled,
  createSession: neverCalled,
  getSessionAndUser: neverCalled,
  updateSession: neverCalled,
  deleteSession: neverCalled,
  createVerificationToken: neverCalled,
  useVerificationToken: neverCalled,
};

/** Its errors are answered, not printed: they may carry what the browser sent. */
const silent = { error: () => undefined, warn: () => undefined, debug: () => undefined };

const causesOf = function* (error: unknown): Generator<unknown> {
  let current = error;
  for (let depth = 0; depth < 8 && current !== undefined && current !== null; depth++) {
    yield current;
    if (current instanceof AuthError && current.cause?.err !== undefined) current = current.cause.err;
    else current = current instanceof Error ? current.cause : undefined;
  }
};

/** An OAuth error code as a vendor may send it, safe to print (RFC 6749 §4.1.2.1 allows these characters). */
const printable = (error: string | null): string => (error !== null && /^[\w .-]{1,64}$/.test(error) ? error : "an unnamed error");

/**
 * `exchanging`: whether the code was already sent. Before that, whatever is wrong is wrong with what the browser brought: state missing,
 * unexpected or twice, no code, no cookies (RFC 9700 §4.7).
 */
function readFailure(error: unknown, answer: URLSearchParams, exchanging: boolean, tokens: TokenAnswer | null): ConsentFailure {
  for (const cause of causesOf(error)) {
    if (cause instanceof HubError) return { kind: "failed", cause, tokens };
    if (cause instanceof OAuthCallbackError) {
      // Thrown after the state was found right; the error itself does not carry the vendor's code.
      const code = answer.get("error");
      return code === "access_denied" ? { kind: "denied" } : { kind: "refused", error: printable(code) };
    }
  }
  if (!exchanging) return { kind: "rejected" };
  // The library's error holds the answer's body, tokens included: only its sentence goes on.
  const sentences = [...causesOf(error)].map((cause) => (cause instanceof Error ? cause.message : "")).filter((text) => text !== "");
  const cause = new Error(sentences.at(-1) ?? "unknown");
  return { kind: "failed", cause: new HubError("EIO", "The tool's answer to the exchange could not be used.", { cause }), tokens };
}

/** Parameters that decide, which an answer may hold once (RFC 6749 §3.1); Auth.js would take the last of several. */
const deciding = ["state", "code", "error", "response"] as const;

/** What of the answer must be refused before anything of it is used; null when nothing must. */
function refuseAnswer(consent: ConsentOf, answer: URLSearchParams, issuers: Issuers): ConsentFailure | null {
  if (!acceptsIssuer(consent.integration, consent.settings, answer, issuers)) return { kind: "foreign" };
  return deciding.some((name) => answer.getAll(name).length > 1) ? { kind: "rejected" } : null;
}

/**
 * A token answer as it came, but without an ID token. Nothing here reads one, since identity is asked for with the access token; checking it
 * all the same would refuse good answers of vendors with an issuer for each tenant, and wherever two clocks differ.
 */
async function withoutIdToken(response: Response): Promise<Response> {
  const text = await response.text();
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Auth.js says what is wrong with an answer that is not JSON.
  }
  const { status, headers } = response;
  if (typeof body !== "object" || body === null || !("id_token" in body)) return new Response(text, { status, headers });
  const { id_token: _unread, ...rest } = body;
  return Response.json(rest, { status });
}

/** The pairs of a Cookie header whose names are in `names`. */
function pickCookies(header: string | null, names: ReadonlySet<string>): string {
  return (header ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => names.has(pair.slice(0, Math.max(0, pair.indexOf("=")))))
    .join("; ");
}

/** Every tool takes PKCE but one that refuses it of apps that have not opted in, where the operator says whether this one has. */
const usesPkce = ({ integration, settings }: ConsentOf): boolean =>
  integration.manifest.oauth.pkce !== "optional" || settings.pkce === true;

/**
 * The instance of Auth.js for the tools; `authSecret` is stretched into a secret of its own, so its cookies are worth nothing elsewhere.
 */
export function createSealedAuth(options: SealedAuthOptions): SealedAuth {
  const secure = new URL(options.origin).protocol === "https:";
  const secret = Buffer.from(hkdfSync("sha256", options.authSecret, "", "byte-hub/oauth-connections", 32)).toString("base64url");

  /** `__Secure-` on https; `__Host-` is not possible with a path. The flow is in the name, so flows in one browser do not meet. */
  const cookieName = (integration: string, flowId: string, what: string) =>
    `${secure ? "__Secure-" : ""}hub.${integration}.${flowId.replaceAll("-", "")}.${what}`;
  const cookiePath = (integration: string) => `/oauth/callback/${integration}`;
  const kept = ["state", "pkce"] as const;

  const configOf = (consent: ConsentOf, provider: OAuth2Config<Record<string, unknown>>, signIn: SignIn): SealedConfig => {
    const id = consent.integration.manifest.id;
    const cookie = (what: string) => ({
      name: cookieName(id, consent.flowId, what),
      options: { httpOnly: true, sameSite: "lax" as const, path: cookiePath(id), secure },
    });
    return {
      raw,
      basePath: "/oauth",
      trustHost: true,
      secret,
      skipCSRFCheck,
      useSecureCookies: secure,
      providers: [provider],
      adapter: stubAdapter,
      session: { strategy: "jwt" as const },
      logger: silent,
      cookies: {
        state: cookie("state"),
        pkceCodeVerifier: cookie("pkce"),
        nonce: cookie("nonce"),
        sessionToken: cookie("session"),
        callbackUrl: cookie("url"),
        csrfToken: cookie("csrf"),
      },
      callbacks: { signIn },
    };
  };

  const providerOf = (consent: ConsentOf): OAuth2Config<Record<string, unknown>> => ({
    ...consent.integration.oauth.provider(consent.settings, consent.scopes),
    id: consent.integration.manifest.id,
    clientId: consent.settings.clientId,
    clientSecret: consent.settings.clientSecret,
    // Without PKCE the sealed, single-use state alone binds the answer to this browser and this flow (RFC 9700 §2.1.1, §4.7.1).
    checks: usesPkce(consent) ? ["pkce", "state"] : ["state"],
    // Auth.js wants an address; whose account it is, the integration's `identify` asks.
    userinfo: consent.settings.redirectUri,
  });

  return {
    async begin(consent) {
      const { id } = consent.integration.manifest;
      const request = new Request(`${options.origin}/oauth/signin/${id}`, { method: "POST" });
      const answer = await Auth(
        request,
        configOf(consent, providerOf(consent), () => false),
      );
      const url = answer.redirect;
      const state = url === undefined ? null : new URL(url).searchParams.get("state");
      if (url === undefined || state === null) throw new HubError("EIO", `The consent page of ${id} could not be made.`);
      const wanted = new Set<string>(kept.map((what) => cookieName(id, consent.flowId, what)));
      const cookies = (answer.cookies ?? [])
        .filter((cookie) => wanted.has(cookie.name))
        .map(({ name, value }) => ({ name, value, path: cookiePath(id), maxAgeSeconds: cookieSeconds, secure }));
      return { url, stateHash: hashState(state), cookies };
    },

    async finish(consent, answer, cookieHeader, sends, context) {
      const { id } = consent.integration.manifest;
      const { oauth } = consent.integration;
      const refusal = refuseAnswer(consent, answer, options.issuers);
      if (refusal !== null) return { ok: false, failure: refusal };
      const caught: { tokens: TokenAnswer | null; identity: Identity | null } = { tokens: null, identity: null };
      let exchanging = false;
      const overTransport = fetchOver(sends.exchange, context);
      const withOurs: OAuth2Config<Record<string, unknown>> = {
        ...providerOf(consent),
        [customFetch]: async (...call: Parameters<typeof fetch>) => {
          exchanging = true;
          return withoutIdToken(await overTransport(...call));
        },
        userinfo: {
          url: consent.settings.redirectUri,
          async request({ tokens }: { tokens: { access_token?: string } }) {
            if (tokens.access_token === undefined) throw new HubError("EIO", "The tool's answer had no access token.");
            // Kept before the tool is asked whose they are: should that fail, they can be given back.
            caught.tokens = oauth.readTokens(tokens);
            caught.identity = await oauth.identify(tokens.access_token, consent.settings, sends.call, context);
            return { id: caught.identity.accountId };
          },
        },
        profile: (profile) => ({ id: String(profile.id) }),
      };
      const done = "/oauth/done";
      const config = configOf(consent, withOurs, ({ account }) => {
        caught.tokens = oauth.readTokens(account);
        return done;
      });
      const names = new Set<string>(kept.map((what) => cookieName(id, consent.flowId, what)));
      const headers = { cookie: pickCookies(cookieHeader, names) };
      const checked = new URLSearchParams(answer);
      // Auth.js, given no issuer, would take any for wrong; `iss` was compared above.
      checked.delete("iss");
      const request = new Request(`${options.origin}/oauth/callback/${id}?${checked}`, { headers });
      try {
        await Auth(request, config);
      } catch (error) {
        return { ok: false, failure: readFailure(error, answer, exchanging, caught.tokens) };
      }
      if (caught.tokens === null || caught.identity === null) {
        const cause = new HubError("EIO", "The tool did not say whose account it is.");
        return { ok: false, failure: { kind: "failed", cause, tokens: caught.tokens } };
      }
      return { ok: true, tokens: caught.tokens, identity: caught.identity };
    },

    clear: (integration, flowId) =>
      kept.map((what) => ({
        name: cookieName(integration, flowId, what),
        value: "",
        path: cookiePath(integration),
        maxAgeSeconds: 0,
        secure,
      })),
  };
}

/** A Set-Cookie header (RFC 6265 §4.1). Values are compact JWEs, which need no encoding. */
export function printCookie(cookie: FlowCookie): string {
  const parts = [`${cookie.name}=${cookie.value}`, `Path=${cookie.path}`, `Max-Age=${cookie.maxAgeSeconds}`, "HttpOnly", "SameSite=Lax"];
  return (cookie.secure ? [...parts, "Secure"] : parts).join("; ");
}
