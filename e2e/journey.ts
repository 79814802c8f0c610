import { expect, type Page } from "@playwright/test";

/** Steps that several journeys share, each as a person does it: by what is on the page. */

let people = 0;

/** A new person's address; each is somebody of their own. */
export const newEmail = (name = "newcomer"): string => `${name}-${Date.now().toString(36)}-${process.pid}-${++people}@example.test`;

/** Signs in by the link in the demo's mailbox. */
export async function signIn(page: Page, email: string): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: /sign-in link/i }).click();
  await page.waitForURL("**/verify-request**");
  await page.goto("/mailbox");
  await page.getByRole("link", { name: `Sign in as ${email}` }).click();
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
}

/** Names a workspace in the first run; answers its slug. */
export async function createWorkspace(page: Page, name: string): Promise<string> {
  await page.goto("/welcome");
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL((url) => /^\/[^/]+\/welcome$/.test(url.pathname));
  const slug = new URL(page.url()).pathname.split("/")[1] ?? "";
  expect(slug).not.toBe("");
  return slug;
}

/** Opens the connect dialog of Linear on the integrations page and continues to the tool; answers the popup. */
export async function openConsent(page: Page, slug: string): Promise<Page> {
  await page.goto(`/${slug}/integrations`);
  await page.getByRole("button", { name: "Connect Linear" }).click();
  const popup = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Continue to Linear" }).click();
  const consent = await popup;
  await consent.getByRole("button", { name: "Authorize" }).waitFor();
  return consent;
}
