import { serveTool } from "../http/serve-tool";
import { json, type SandboxRequest, type SandboxResponse } from "../http/server";
import type { SavedGrants } from "../oauth/grants";
import { createOAuth } from "../oauth/oauth";
import { answerStylesheet } from "../pages/frame";
import type { RunningTool, ToolOptions } from "../tool";
import { createAccounts } from "./accounts";
import type { AreaOptions, GoogleArea } from "./area";
import { createAreas } from "./areas";
import { GoogleRefusal, refusalAnswer, unauthenticated } from "./failures";
import { createHome } from "./home";
import { googleLook } from "./look";
import { googleDialect, openidConfiguration } from "./oauth";
import { documentedSettings, type GoogleSettings, googleSettings } from "./settings";

/** What lives on over a restart: what each area saves, and grants. */
interface SavedGoogle {
  readonly areas: Readonly<Record<string, unknown>>;
  readonly grants: SavedGrants;
}

/** Methods of the APIs take more than the rest: uploads. */
const uploadBytes = 50 * 1024 * 1024;

const prefix = "https://www.googleapis.com/auth/";

/** The simulated Google on one origin: consent, tokens, the four APIs, and the pages that show what is in them. */
export async function startGoogle(options: ToolOptions): Promise<RunningTool> {
  const { clock } = options;
  const initial: GoogleSettings = { ...documentedSettings, ...googleSettings.partial().parse(options.settings ?? {}) };
  let settings = initial;
  let origin = "";
  let lastMs = 0;
  const accounts = createAccounts(options.companies);
  const areaOptions: AreaOptions = {
    accounts,
    companies: options.companies,
    size: options.size,
    clock,
    writeTime() {
      lastMs = Math.max(clock(), lastMs + 1);
      return new Date(lastMs).toISOString();
    },
    settings: () => settings,
    webOrigin: () => options.webOrigin ?? origin,
  };
  const areas: readonly GoogleArea[] = createAreas(areaOptions);
  const oauth = createOAuth({
    tool: options,
    dialect: googleDialect({ settings: () => settings, accounts, origin: () => origin }),
    settings: () => settings,
    subjects: () => accounts.subjects,
  });
  if (options.saved !== null && options.saved !== undefined) {
    // The keeper gives back what `save` gave it in this state version.
    const saved = options.saved as SavedGoogle;
    for (const area of areas) area.restore(saved.areas[area.name]);
    oauth.restore(saved.grants);
  }
  const home = createHome({ areas, accounts });

  const areaOf = (pathname: string): GoogleArea | null =>
    areas.find(({ prefixes }) => prefixes.some((start) => pathname.startsWith(start))) ?? null;

  /** https://openidconnect.googleapis.com/v1/userinfo */
  function userinfo(request: SandboxRequest): SandboxResponse {
    const grant = oauth.grantOf(request);
    const account = grant === null ? null : accounts.find(grant.userId);
    if (grant === null || account === null) {
      return json(
        401,
        { error: "invalid_request", error_description: "Invalid Credentials" },
        { "www-authenticate": 'Bearer error="invalid_token"' },
      );
    }
    const knows = (name: string) => grant.scopes.includes(`${prefix}userinfo.${name}`);
    const [given = "", ...family] = account.name.split(" ");
    return json(200, {
      sub: account.sub,
      ...(knows("profile") ? { name: account.name, given_name: given, family_name: family.join(" ") } : {}),
      ...(knows("email") ? { email: account.email, email_verified: true } : {}),
      ...(account.domain === null ? {} : { hd: account.domain }),
    });
  }

  /** https://oauth2.googleapis.com/tokeninfo */
  function tokeninfo(request: SandboxRequest): SandboxResponse {
    const known = oauth.book.look(request.url.searchParams.get("access_token") ?? "");
    if (known?.state !== "live") return json(400, { error: "invalid_token", error_description: "Invalid Value" });
    return json(200, { azp: known.grant.clientId, aud: known.grant.clientId, sub: known.grant.userId, scope: known.scopes.join(" ") });
  }

  async function call(area: GoogleArea, request: SandboxRequest): Promise<SandboxResponse> {
    try {
      const known = oauth.access(request);
      const account = known?.state === "live" ? accounts.find(known.grant.userId) : null;
      if (known === null || account === null) throw unauthenticated();
      return await area.handle({
        method: request.method,
        path: request.url.pathname,
        query: request.url.searchParams,
        headers: request.headers,
        get body() {
          return request.body;
        },
        bytes: request.bytes,
        account,
        clientId: known.grant.clientId,
        scopes: known.scopes,
      });
    } catch (error) {
      if (error instanceof GoogleRefusal) return refusalAnswer(error, area.refusals);
      throw error;
    }
  }

  async function route(request: SandboxRequest): Promise<SandboxResponse> {
    const { pathname } = request.url;
    const area = areaOf(pathname);
    if (area !== null) return call(area, request);
    if (pathname === "/o/oauth2/v2/auth") return oauth.authorize(request);
    if (pathname === "/token") return oauth.token(request);
    if (pathname === "/revoke") return oauth.revoke(request);
    if (pathname === "/v1/userinfo") return userinfo(request);
    if (pathname === "/tokeninfo") return tokeninfo(request);
    if (request.method !== "GET" && request.method !== "HEAD") return { status: 405, headers: { allow: "GET, HEAD" } };
    if (pathname === "/oauth2/v3/certs") return oauth.jwks();
    if (pathname === "/.well-known/openid-configuration") return json(200, openidConfiguration(origin));
    return answerStylesheet(googleLook, pathname) ?? home(request);
  }

  const listening = await serveTool("google-workspace", options, {
    handler: route,
    maxBodyBytes: (_method, url) => (url.pathname.startsWith("/upload/") ? uploadBytes : 10 * 1024 * 1024),
    operationsOf(request) {
      if (request.url.pathname === "/token") return oauth.grantTypesOf(request);
      const operation = areaOf(request.url.pathname)?.operationOf(request.method, request.url.pathname) ?? null;
      return operation === null ? [] : [operation];
    },
    emailOf: oauth.emailOf,
    credentialOf: (request) => (request.url.pathname === "/token" ? oauth.credentialOf(request) : null),
    rateLimited({ form, seconds }, request) {
      const shape = areaOf(request.url.pathname)?.refusals ?? "list";
      const headers: Readonly<Record<string, string>> =
        form === "vendor"
          ? {}
          : {
              "retry-after": form === "retry_after_seconds" ? String(Math.ceil(seconds)) : new Date(clock() + seconds * 1000).toUTCString(),
            };
      // Drive and Calendar say 403, Docs 429, Gmail 429 with the time in words.
      const message =
        shape === "both"
          ? `User-rate limit exceeded.  Retry after ${new Date(clock() + seconds * 1000).toISOString()}`
          : "User Rate Limit Exceeded";
      const refusal =
        shape === "list"
          ? new GoogleRefusal(403, "userRateLimitExceeded", message, { domain: "usageLimits", headers })
          : new GoogleRefusal(429, "rateLimitExceeded", message, { domain: "usageLimits", headers });
      return refusalAnswer(refusal, shape);
    },
  });
  origin = `http://localhost:${listening.port}`;

  return {
    origin,
    close: listening.close,
    settings: () => settings,
    set(changes) {
      settings = { ...settings, ...googleSettings.partial().parse(changes) };
    },
    connect: oauth.connect,
    spend() {
      throw new Error("The simulated Google counts no limits: script them as faults.");
    },
    expireAccessTokens: oauth.expireAccessTokens,
    revokeGrants: oauth.revokeGrants,
    reset() {
      settings = initial;
      for (const area of areas) area.reset();
      oauth.clear();
    },
    save: (): SavedGoogle => ({ areas: Object.fromEntries(areas.map((area) => [area.name, area.save()])), grants: oauth.save() }),
    inspect: () => ({ grants: oauth.counts(), ...Object.fromEntries(areas.map((area) => [area.name, area.inspect()])) }),
  };
}
