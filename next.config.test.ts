import { expect, test } from "vitest";
import config from "./next.config";

test("every answer, of the API too, is neither sniffed, framed, embedded, nor named to other sites", async () => {
  const [rule, ...others] = (await config.headers?.()) ?? [];
  expect(others).toEqual([]);
  expect(rule?.source).toBe("/:path*");
  const headers = Object.fromEntries((rule?.headers ?? []).map(({ key, value }) => [key, value]));
  expect(headers).toMatchObject({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
  });
  expect(config.poweredByHeader).toBe(false);
});

test("addresses that hold a token are not printed by the development server", () => {
  const ignored =
    typeof config.logging === "object" && typeof config.logging.incomingRequests === "object" ? config.logging.incomingRequests.ignore : [];
  for (const path of ["/sign-in/confirm?token=x", "/oauth/callback/linear?code=x", "/api/auth/callback/oidc?code=x", "/invite/x"]) {
    expect(ignored?.some((pattern) => pattern.test(path))).toBe(true);
  }
});
