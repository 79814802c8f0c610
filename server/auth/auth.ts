import "server-only";
import { randomBytes } from "node:crypto";
import { type AuthConfig, raw, skipCSRFCheck } from "@auth/core";
import type { EmailConfig, OIDCConfig } from "@auth/core/providers";
import { NextRequest } from "next/server";
import NextAuth from "next-auth";
import type { Database } from "@/db/client";
import type { Env } from "@/server/env";
import { HubError } from "@/server/errors";
import type { Log } from "@/server/log";
import { findSafePath, safePath } from "@/server/safe-path";
import { createAuthAdapter } from "./adapter";
import { type AttemptLimits, countAttempt } from "./attempts";
import { sessionCookieName } from "./cookie";
import { normalizeEmail } from "./email";
import type { SendMail, SignInMail } from "./mail";
import type { Person } from "./person";
import { endAllSessions, endSession, findPerson } from "./session";

/** A cookie to set, in the shape of Next's and Auth.js's. */
export interface CookieToSet {
  readonly name: string;
  readonly value: string;
  readonly options: {
    readonly httpOnly?: boolean;
    readonly secure?: boolean;
    readonly sameSite?: boolean | "lax" | "strict" | "none";
    readonly path?: string;
    readonly expires?: Date;
    readonly maxAge?: number;
  };
}

/** Signing in and out. Paths are those of the hub; nothing here reads Next's request, so that it can be tested as it is. */
export interface HubAuth {
  /** What this hub is configured for. */
  readonly methods: { readonly email: boolean; readonly oidc: { readonly name: string } | null };
  readonly sessionCookie: string;
  /**
   * Sends a single-use link that is good for ten minutes. The answer is the same whether the person is known or not. EINVAL: not an e-mail
   * address. EAGAIN: too many for this address or e-mail. EIO: the mail could not be sent.
   */
  requestLink(fields: { email: unknown; address: string | null; next: unknown }): Promise<void>;
  /** Uses a link up. ENOENT when it is unknown, used or expired. */
  confirmLink(fields: { email: unknown; token: unknown; next: unknown }): Promise<{ path: string; cookies: readonly CookieToSet[] }>;
  /** Where to send the browser for the OIDC provider, with the cookies that carry state, nonce and PKCE verifier. */
  startOidc(fields: { next: unknown }): Promise<{ url: string; cookies: readonly CookieToSet[] }>;
  /** Answers the provider's redirect: to the hub with a session cookie, or to the error page. */
  finishOidc(request: Request): Promise<Response>;
  findPerson(sessionToken: string | null | undefined): Promise<Person | null>;
  endSession(sessionToken: string): Promise<void>;
  endAllSessions(userId: string): Promise<void>;
}

export interface AuthOptions {
  readonly env: Pick<Env, "origin" | "authSecret" | "oidc">;
  readonly db: Database;
  readonly log: Log;
  /** Null: signing in by mail is off. */
  readonly sendMail: SendMail | null;
  readonly limits: AttemptLimits;
  /** Milliseconds since the epoch; for the windows of attempts. */
  readonly clock?: () => number;
}

const linkSeconds = 10 * 60;
const sessionSeconds = 30 * 24 * 60 * 60;
const basePath = "/api/auth";
const oidcCallbackPath = `${basePath}/callback/oidc`;
const errorPage = "/sign-in/error";

/** The mail's link opens a page with one button: mail scanners that follow links must not use it up. */
const confirmUrl = (origin: string, fields: { email: string; token: string; next: string }) =>
  `${origin}/sign-in/confirm?${new URLSearchParams(fields)}`;

/** Auth.js hands callback URLs around as absolute; what leaves is always a path of the hub. */
function pathOf(url: string, origin: string): string {
  return safePath(url.startsWith(`${origin}/`) ? url.slice(origin.length) : url);
}

/**
 * The mail is only put down here and sent once Auth.js has stored its token: Auth.js starts sending without waiting for it, so a failure
 * would be an unhandled rejection, and a fast reader would hold a link that is not there yet.
 */
function emailProvider(options: AuthOptions, outbox: SignInMail[]): EmailConfig {
  const { origin } = options.env;
  return {
    id: "email",
    type: "email",
    name: "Email",
    maxAge: linkSeconds,
    generateVerificationToken: () => randomBytes(32).toString("base64url"),
    normalizeIdentifier: (value) => normalizeEmail(value) ?? "",
    async sendVerificationRequest({ identifier, token, expires, url }) {
      const next = pathOf(new URL(url).searchParams.get("callbackUrl") ?? "/", origin);
      outbox.push({ to: identifier, url: confirmUrl(origin, { email: identifier, token, next }), expiresAt: expires });
    },
  };
}

interface OidcProfile {
  readonly sub: string;
  readonly name?: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly picture?: string;
}

function oidcProvider(oidc: NonNullable<Env["oidc"]>): OIDCConfig<OidcProfile> {
  return {
    id: "oidc",
    type: "oidc",
    name: oidc.name,
    issuer: oidc.issuer,
    clientId: oidc.clientId,
    clientSecret: oidc.clientSecret,
    checks: ["pkce", "state", "nonce"],
    // Safe because `signIn` lets only addresses in that this one, operator-chosen issuer says it verified.
    allowDangerousEmailAccountLinking: true,
    // `sub` is unique at its issuer only (OpenID Connect Core §5.7): after a change of the issuer, a known `sub` is somebody else.
    profile: (profile) => ({
      id: `${oidc.issuer} ${profile.sub}`,
      name: profile.name ?? null,
      email: normalizeEmail(profile.email),
      image: profile.picture ?? null,
    }),
  };
}

/** Auth.js wraps what happened in an object beside the provider; only the error itself is for the log. */
function reasonOf(error: Error): Error {
  const { cause } = error;
  return typeof cause === "object" && cause !== null && "err" in cause && cause.err instanceof Error ? cause.err : error;
}

/** The configuration of Auth.js for people; the tools' is another, sealed one (`server/connections/auth.ts`). */
function authConfig(options: AuthOptions, outbox: SignInMail[] = []): AuthConfig {
  const { env, log, sendMail } = options;
  const secure = env.origin.startsWith("https:");
  return {
    adapter: createAuthAdapter(options.db),
    basePath,
    secret: env.authSecret,
    trustHost: true,
    skipCSRFCheck,
    session: { strategy: "database", maxAge: sessionSeconds, generateSessionToken: () => randomBytes(32).toString("base64url") },
    useSecureCookies: secure,
    cookies: {
      sessionToken: { name: sessionCookieName(env.origin), options: { httpOnly: true, sameSite: "lax", path: "/", secure } },
    },
    pages: { signIn: "/sign-in", error: errorPage, verifyRequest: "/verify-request" },
    providers: [
      ...(sendMail === null ? [] : [emailProvider(options, outbox)]),
      ...(env.oidc === undefined ? [] : [oidcProvider(env.oidc)]),
    ],
    callbacks: {
      redirect: ({ url, baseUrl }) => `${baseUrl}${pathOf(url, baseUrl)}`,
      signIn: ({ account, profile }) =>
        account?.type === "email" || (normalizeEmail(profile?.email) !== null && profile?.email_verified === true),
    },
    logger: {
      error: (error) => log.warn({ error: reasonOf(error) }, "sign-in refused"),
      warn: (code) => log.debug({ warning: code }, "sign-in warning"),
      debug: () => undefined,
    },
  };
}

const invalidLink = () =>
  new HubError("ENOENT", "This link is not valid any more: it was used, or is older than ten minutes. Ask for a new one.");

/** Auth.js's cookies without the one that remembers a callback URL: the URL travels in the link. */
function cookiesToSet(
  cookies: readonly { name: string; value: string; options: object }[] | undefined,
  keep: (name: string) => boolean,
): CookieToSet[] {
  return (cookies ?? [])
    .filter((cookie) => keep(cookie.name))
    .map(({ name, value, options }) => ({ name, value, options: { ...options } }));
}

/** Auth.js's answer in parts, which its types do not tell of once `next-auth` stands before it. */
interface RawAnswer {
  readonly redirect?: string;
  readonly cookies?: readonly { name: string; value: string; options: object }[];
}

/** One request through Auth.js (`next-auth`). With `raw` in the configuration it answers its parts instead of a Response. */
function handle(request: Request, config: AuthConfig): Promise<Response | RawAnswer> {
  const { handlers } = NextAuth(config);
  const next = new NextRequest(request);
  return request.method === "POST" ? handlers.POST(next) : handlers.GET(next);
}

/**
 * A Cookie header without the session. With it Auth.js would add a new identity to the person who happens to be signed in here: whoever
 * holds a session for a minute could add their own and keep the account after every session was ended.
 */
const withoutSession = (cookieHeader: string | null, sessionCookie: string): string =>
  (cookieHeader ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => !pair.startsWith(sessionCookie))
    .join("; ");

/** Makes the sign-in of one hub. Nothing is opened until a method is called. */
export function createAuth(options: AuthOptions): HubAuth {
  const { env, db, log, sendMail } = options;
  const clock = options.clock ?? Date.now;
  const sessionCookie = sessionCookieName(env.origin);
  /** Runs one of Auth.js's actions. Rejects where it answers with a redirect to the error page, as it does for what is not its own error. */
  const run = async (request: Request, outbox?: SignInMail[]) => {
    const answer = await handle(request, { ...authConfig(options, outbox), raw });
    if (answer instanceof Response) throw new Error("Auth.js failed; its reason is in the log");
    return answer;
  };
  const formPost = (path: string, fields: Record<string, string>) =>
    new Request(`${env.origin}${basePath}${path}`, { method: "POST", body: new URLSearchParams(fields) });

  return {
    methods: { email: sendMail !== null, oidc: env.oidc === undefined ? null : { name: env.oidc.name } },
    sessionCookie,

    async requestLink({ email, address, next }) {
      if (sendMail === null) throw new HubError("ENOTSUP", "Signing in by mail is not set up here.", { details: { operation: "sign-in" } });
      const normalized = normalizeEmail(email);
      if (normalized === null) throw new HubError("EINVAL", "Enter an e-mail address such as ada@example.com.");
      await countAttempt({ db, secret: env.authSecret, limits: options.limits, clock }, { email: normalized, address });
      try {
        const outbox: SignInMail[] = [];
        await run(formPost("/signin/email", { email: normalized, callbackUrl: safePath(next) }), outbox);
        for (const mail of outbox) await sendMail(mail);
      } catch (cause) {
        log.error({ error: cause }, "sign-in mail not sent");
        throw new HubError("EIO", "The mail could not be sent. Try again in a minute.", { retryable: true, cause });
      }
    },

    async confirmLink({ email, token, next }) {
      const normalized = normalizeEmail(email);
      if (sendMail === null || normalized === null || typeof token !== "string" || !/^[\w-]{43}$/.test(token)) throw invalidLink();
      const query = new URLSearchParams({ email: normalized, token, callbackUrl: safePath(next) });
      const request = new Request(`${env.origin}${basePath}/callback/email?${query}`);
      try {
        const answer = await run(request);
        const cookies = cookiesToSet(answer.cookies, (name) => name === sessionCookie);
        if (cookies.length === 0) throw invalidLink();
        return { path: pathOf(answer.redirect ?? "/", env.origin), cookies };
      } catch (cause) {
        if (cause instanceof HubError) throw cause;
        if (cause instanceof Error && "type" in cause && cause.type === "Verification") throw invalidLink();
        throw new HubError("EIO", "Signing in failed. Ask for a new link.", { retryable: true, cause });
      }
    },

    async startOidc({ next }) {
      if (env.oidc === undefined)
        throw new HubError("ENOTSUP", "No identity provider is set up here.", { details: { operation: "sign-in" } });
      try {
        const answer = await run(formPost("/signin/oidc", { callbackUrl: safePath(next) }));
        const url = answer.redirect;
        if (url === undefined) throw new Error("Auth.js gave no address of the provider");
        return { url, cookies: cookiesToSet(answer.cookies, () => true) };
      } catch (cause) {
        throw new HubError("EIO", `${env.oidc.name} could not be reached. Try again.`, { retryable: true, cause });
      }
    },

    async finishOidc(request) {
      const url = new URL(request.url);
      // Behind a proxy the request names another host; only the configured origin is the one that the provider knows.
      const own = new Request(`${env.origin}${oidcCallbackPath}${url.search}`, {
        headers: { cookie: withoutSession(request.headers.get("cookie"), sessionCookie) },
      });
      const answer = await handle(own, authConfig(options));
      if (!(answer instanceof Response)) throw new Error("Auth.js answered in parts without being asked to");
      const location = answer.headers.get("location") ?? "";
      const path = location.startsWith(`${env.origin}/`) ? findSafePath(location.slice(env.origin.length)) : null;
      if (answer.status >= 300 && answer.status < 400 && path !== null) return answer;
      return new Response(null, { status: 303, headers: { location: `${env.origin}${errorPage}?error=Configuration` } });
    },

    findPerson: (sessionToken) => findPerson(db, sessionToken),
    endSession: (sessionToken) => endSession(db, sessionToken),
    endAllSessions: (userId) => endAllSessions(db, userId),
  };
}
