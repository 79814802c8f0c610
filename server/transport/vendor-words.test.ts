import { expect, it } from "vitest";
import { cleanCause, credentialsOf, withoutCredentials } from "./vendor-words";

it("knows the credentials that a request carries", () => {
  const form = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  expect(credentialsOf({ headers: { Authorization: "Bearer short-1" } })).toEqual(["short-1"]);
  expect(credentialsOf({ headers: { authorization: "lin_api_key" } })).toEqual(["lin_api_key"]);
  expect(
    credentialsOf({ headers: form, body: "grant_type=refresh_token&refresh_token=abc%2Fdef&client_secret=hunter2&client_id=public-id" }),
  ).toEqual(["abc/def", "hunter2"]);
  expect(credentialsOf({ body: "code=not-a-form" })).toEqual([]);
});

it.each([
  ["Title is too long (at most 255 characters).", "Title is too long (at most 255 characters)."],
  ["Entity not found: Issue - Could not find referenced Issue.", "Entity not found: Issue - Could not find referenced Issue."],
  ["internationalisation-and-localisation is no team", "internationalisation-and-localisation is no team"],
  ["The token hunter2 is wrong", "The token … is wrong"],
  ["invalid lin_oauth_AdFnSXwmid8Zsed-d4g_srSJKe5s_yxm given", "invalid … given"],
  ["Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "Bearer …"],
  ["verifier agyZmMVXYibCQhIMzdXjYAjuUFPZUFNVdeU", "verifier …"],
])("keeps a sentence and takes out what nobody writes in one: %s", (text, clean) => {
  expect(withoutCredentials(text, ["hunter2"])).toBe(clean);
});

it("cleans every cause, with its stack, and keeps where it was thrown", () => {
  const secret = "lin_oauth_AdFnSXwmid8Zsed";
  const error = new TypeError(`outer ${secret}\nand ${secret}`, { cause: new Error(`inner ${secret}`) });
  const clean = cleanCause(error, []);
  if (!(clean instanceof Error) || !(clean.cause instanceof Error)) throw new Error("An error with a cause was expected.");
  expect(`${clean.message}${clean.stack}${clean.cause.message}${clean.cause.stack}`).not.toContain(secret);
  expect(clean).toMatchObject({ name: "TypeError", message: "outer …\nand …" });
  expect(clean.cause.message).toBe("inner …");
  expect(clean.stack).toContain("vendor-words.test.ts");
});
