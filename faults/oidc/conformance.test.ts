import { createHash, randomBytes } from "node:crypto";
import { type AnswerExample, describeIntegration, type RunningVendor } from "@/server/integrations/conformance";
import { createOidc } from "./integration";
import { startOidcServer } from "./server";

/** What every integration must do, done by one that the product does not know, against a server that nobody here wrote. */

const hubOrigin = "http://localhost:3000";

async function start(): Promise<RunningVendor> {
  const server = await startOidcServer({ integration: "oidc", hubOrigin });
  const settings = server.settings(hubOrigin);
  return {
    settings,
    close: server.close,
    async authorize(scopes) {
      const verifier = randomBytes(32).toString("base64url");
      const asked = new URLSearchParams({
        response_type: "code",
        client_id: settings.clientId,
        redirect_uri: settings.redirectUri,
        scope: scopes.join(" "),
        prompt: "consent",
        code_challenge: createHash("sha256").update(verifier).digest("base64url"),
        code_challenge_method: "S256",
      });
      const back = new URL(await server.consent(`${server.origin}/auth?${asked}`));
      return server.exchange(back.searchParams.get("code") ?? "", verifier);
    },
  };
}

const token = { method: "POST", url: "https://oidc.example/token" } as const;
const examples: readonly AnswerExample[] = [
  { what: "userinfo", status: 200, body: { sub: "ann" }, expected: null },
  {
    what: "an access token that is not accepted",
    status: 401,
    body: { error: "invalid_token" },
    expected: { code: "ENOTCONN", details: { vendorStatus: 401 } },
  },
  { what: "a scope that is missing", status: 403, body: { error: "insufficient_scope" }, expected: { code: "ESCOPE" } },
  { what: "a refusal of another kind", status: 403, body: {}, expected: { code: "EACCES" } },
  { what: "nothing there", status: 404, body: {}, expected: { code: "ENOENT" } },
  { what: "a request that it does not understand", status: 400, body: { error: "invalid_request" }, expected: { code: "EINVAL" } },
  { what: "too many requests", status: 429, body: "", expected: { code: "EAGAIN", retryable: true } },
  { what: "a failure", status: 500, body: "oops", expected: { code: "EIO", retryable: true } },
  { what: "a dead grant", status: 400, body: { error: "invalid_grant" }, request: token, expected: { code: "ENOTCONN" } },
  {
    what: "a wrong secret of the hub",
    status: 401,
    body: { error: "invalid_client" },
    request: token,
    expected: { code: "EIO", retryable: false, details: { outcome: "not_done" } },
  },
  { what: "a token endpoint that failed", status: 503, body: "", request: token, expected: { code: "EIO", retryable: true } },
  { what: "a token endpoint that asks to wait", status: 429, body: "", request: token, expected: { code: "EAGAIN" } },
];

describeIntegration(createOidc("oidc"), {
  start,
  examples,
  exampleRequest: {
    method: "GET",
    url: "https://oidc.example/me",
    repeatability: "safe",
    operation: "GET /me",
    authorization: "connection",
  },
});
