import type { APIRequestContext } from "@playwright/test";
import { expect, test } from "./fixtures";
import { makeFile, newWorkspace } from "./journeys";
import { look } from "./looks";
import { baseURL } from "./playwright.config";

/** API keys: shown once, used from outside the browser, told apart, revoked. */

async function callWith(request: APIRequestContext, key: string, procedure: string, input: object, method: "GET" | "POST" = "GET") {
  const url = `${baseURL}/api/trpc/${procedure}`;
  const headers = { authorization: `Bearer ${key}` };
  const query = `?input=${encodeURIComponent(JSON.stringify({ workspace: "~", ...input }))}`;
  const answer =
    method === "GET"
      ? await request.get(`${url}${query}`, { headers })
      : await request.post(url, { headers, data: { workspace: "~", ...input } });
  return { status: answer.status(), text: await answer.text() };
}

test("an admin makes a key, which is shown once, works outside the browser, and ends when it is revoked", async ({ page, playwright }) => {
  const { slug } = await newWorkspace(page, "Keys");
  await makeFile(page, slug, "/context/memory/facts/shared.md", "for partners\n");
  await page.goto(`/${slug}`);
  await page.getByRole("link", { name: "API keys" }).click();
  await expect(page.getByText("No key yet")).toBeVisible();
  await look(page, "no API key yet");

  await page.getByRole("button", { name: "New key" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("button", { name: "Make the key" })).toBeDisabled();
  await dialog.getByLabel("Name").fill("Weekly report");
  await look(page, "a new API key");
  await dialog.getByRole("button", { name: "Make the key" }).click();
  const key = await dialog.getByLabel("API key").inputValue();
  expect(key).toMatch(/^bih_/);
  await look(page, "an API key, shown once");
  await dialog.getByRole("button", { name: "Done" }).click();

  // A partner's program has no cookie of this browser.
  const outside = await playwright.request.newContext();
  const read = await callWith(outside, key, "vfs.read", { path: "/context/memory/facts/shared.md" });
  expect([read.status, read.text.includes("for partners")]).toEqual([200, true]);
  const write = { path: "/context/memory/facts/by-a-key.md", text: "x" };
  expect((await callWith(outside, key, "vfs.write", write, "POST")).status).toBe(403);

  await page.reload();
  const row = page.getByRole("list", { name: "API keys" }).getByRole("listitem").filter({ hasText: "Weekly report" });
  await expect(row).toContainText(`bih_…${key.slice(-4)}`);
  await expect(row).toContainText("used");
  expect(await page.content()).not.toContain(key);
  await look(page, "API keys");

  await row.getByRole("button", { name: "Revoke Weekly report" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await expect(row).toContainText("revoked");
  expect((await callWith(outside, key, "vfs.read", { path: "/context/memory/facts/shared.md" })).status).toBe(401);
  await outside.dispose();
});
