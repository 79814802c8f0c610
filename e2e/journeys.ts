import { randomBytes } from "node:crypto";
import type { Locator, Page } from "@playwright/test";

/** The steps that journeys and benches share, as a person takes them. */

/** An address that no other test uses. */
export const newEmail = (name: string): string => `${name}-${randomBytes(4).toString("hex")}@acme.example`;

/** Signs in by the mailed link, from the sign-in page on. `next` is where the hub is expected to lead. */
export async function signIn(page: Page, email: string, next?: string): Promise<void> {
  await page.goto(next === undefined ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Send me a sign-in link" }).click();
  await page.waitForURL("**/verify-request**");
  await page.goto("/mailbox");
  await page
    .getByRole("link", { name: `Sign in as ${email}` })
    .first()
    .click();
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
}

/** Names a workspace in the first run, and answers its slug. */
export async function createWorkspace(page: Page, name: string): Promise<string> {
  if (!new URL(page.url()).pathname.startsWith("/welcome")) await page.goto("/welcome");
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL((url) => /^\/[^/]+\/welcome$/.test(url.pathname));
  return new URL(page.url()).pathname.split("/")[1] ?? "";
}

/** Signs a new person in and makes a workspace of theirs. */
export async function newWorkspace(page: Page, name: string): Promise<{ slug: string; email: string }> {
  const email = newEmail("ann");
  await signIn(page, email);
  return { slug: await createWorkspace(page, `${name} ${randomBytes(3).toString("hex")}`), email };
}

/** Presses a Connect button and goes through the form, up to the popup with the tool's consent. */
export async function openConsent(page: Page, connect: Locator, options: { private?: boolean } = {}): Promise<Page> {
  await connect.click();
  const dialog = page.getByRole("dialog");
  if (options.private === true) await dialog.getByText("Only me").click();
  const [popup] = await Promise.all([page.waitForEvent("popup"), dialog.getByRole("button", { name: /^Continue to/ }).click()]);
  await popup.getByRole("button", { name: "Authorize" }).waitFor();
  return popup;
}

/** Connects Linear from the integrations page, in the popup. */
export async function connectLinear(page: Page, slug: string, options: { private?: boolean } = {}): Promise<void> {
  await page.goto(`/${slug}/integrations`);
  const popup = await openConsent(
    page,
    page
      .getByRole("listitem")
      .filter({ hasText: "Linear" })
      .getByRole("button", { name: /^Connect/ }),
    options,
  );
  await popup.getByRole("button", { name: "Authorize" }).click();
  await page.getByRole("dialog").getByText("Linear is connected").waitFor();
}

/** The explorer's row whose name begins so. */
export const row = (page: Page, name: string | RegExp): Locator => page.getByRole("row").filter({ hasText: name });
