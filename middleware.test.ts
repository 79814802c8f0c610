import { NextRequest } from "next/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { middleware } from "./middleware";

const key = Buffer.alloc(32, 5).toString("base64");

function useEnvironment(variables: Record<string, string>): void {
  vi.stubGlobal("hubEnv", undefined);
  const all = { HUB_MODE: "demo", AUTH_SECRET: "test-secret-test-secret-test-secret", VAULT_KEY: key, ...variables };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
}
beforeEach(() => useEnvironment({}));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

const ask = (path: string, cookie?: string) =>
  middleware(new NextRequest(`http://localhost:3000${path}`, cookie === undefined ? {} : { headers: { cookie } }));

describe("without a session cookie", () => {
  test("a page sends to sign in, with the way back, on the hub's own origin", () => {
    const answer = ask("/acme/files/a%23b?view=raw");
    expect(answer.status).toBe(307);
    const location = new URL(answer.headers.get("location") ?? "");
    expect(location.origin + location.pathname).toBe("http://localhost:3000/sign-in");
    expect(location.searchParams.get("next")).toBe("/acme/files/a%23b?view=raw");
  });

  test.each(["/", "/sign-in", "/sign-in/confirm", "/verify-request", "/mailbox", "/oauth/callback/linear"])("%s is open", (path) => {
    expect(ask(path).headers.get("location")).toBeNull();
  });

  test.each(["/sign-in-and-more", "/mailboxes", "/oauth2", "/acme"])("%s is not", (path) => {
    expect(ask(path).headers.get("location")).not.toBeNull();
  });
});

describe("the policy of a page", () => {
  const policyOf = (path = "/acme") => ask(path, "byte-session=x").headers.get("content-security-policy") ?? "";

  test("lets no script or style in without this answer's nonce", () => {
    const policy = policyOf();
    expect(policy).toMatch(/script-src 'nonce-[\w+/=]{20,}' 'strict-dynamic'(;|$)/);
    expect(policy).toContain("object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe-eval");
    expect(policy.replace("style-src-attr 'unsafe-inline'", "")).not.toContain("unsafe-inline");
    expect(policyOf()).not.toBe(policy);
  });

  test("is private to the person, and over https only once it was https", () => {
    expect(ask("/acme", "byte-session=x").headers.get("cache-control")).toBe("private, no-store");
    expect(ask("/acme", "byte-session=x").headers.get("strict-transport-security")).toBeNull();
  });
});

test("over https the cookie is the __Host- one, and browsers are told to stay there", () => {
  const database = { DATABASE_URL: "postgres://hub@db/hub", SMTP_URL: "smtp://mail:25", MAIL_FROM: "hub@example.com" };
  useEnvironment({ HUB_MODE: "production", AUTH_URL: "https://hub.example.com", ...database });
  expect(ask("/acme", "byte-session=x").headers.get("location")).toContain("https://hub.example.com/sign-in");
  const answer = ask("/acme", "__Host-byte-session=x");
  expect(answer.headers.get("location")).toBeNull();
  expect(answer.headers.get("strict-transport-security")).toContain("max-age");
  const internal = new NextRequest("https://hub.example.com/sign-in", { headers: { host: "hub.internal:8080" } });
  expect(middleware(internal).status).toBe(200);
});

describe("on localhost", () => {
  const answerTo = (host: string) =>
    middleware(new NextRequest("http://localhost:3000/mailbox", { headers: { host } })).headers.get("content-security-policy");

  test.each(["evil.example:3000", "localhost.evil.example", "127.0.0.1.evil.example:3000", "10.0.0.7:3000", "a b"])(
    "a page of %s, made to resolve here, gets nothing",
    (host) => expect(answerTo(host)).toBeNull(),
  );

  test.each(["localhost:3000", "127.0.0.1:3000", "[::1]:3000", "LOCALHOST"])("%s is the hub itself", (host) =>
    expect(answerTo(host)).not.toBeNull(),
  );
});

test("a worker has no pages", () => {
  useEnvironment({ HUB_ROLE: "worker", HUB_MODE: "development", DATABASE_URL: "postgres://hub@db/hub" });
  expect(ask("/sign-in").status).toBe(404);
});
