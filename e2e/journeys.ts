import { randomBytes } from "node:crypto";
import type { Browser, Locator, Page } from "@playwright/test";
import { createControlClient } from "@/sandbox/control/client";
import { baseURL, controlPort, sandboxPorts } from "./playwright.config";

/** The steps that journeys and benches share, as a person takes them. */

/** A tool's home in the sandbox, and what a test can do to it. */
export const sandboxOriginOf = (tool: string): string => `http://localhost:${sandboxPorts[tool]}`;
export const controlOf = (tool: string) => createControlClient(`http://127.0.0.1:${controlPort}`, tool);
export const sandboxOrigin = sandboxOriginOf("linear");
export const control = controlOf("linear");

/** An address that no other test uses. */
export const newEmail = (name: string): string => `${name}-${randomBytes(4).toString("hex")}@acme.example`;

/** Asks for a sign-in link; answers it as the mailbox has it. */
export async function askForLink(page: Page, email: string, next?: string): Promise<string> {
  await page.goto(next === undefined ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Send me a sign-in link" }).click();
  await page.waitForURL("**/verify-request**");
  await page.goto("/mailbox");
  return (
    (await page
      .getByRole("link", { name: `Sign in as ${email}` })
      .first()
      .getAttribute("href")) ?? ""
  );
}

/** Signs in by the mailed link, from the sign-in page on. `next` is where the hub is expected to lead. */
export async function signIn(page: Page, email: string, next?: string): Promise<void> {
  await page.goto(await askForLink(page, email, next));
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

/** A new person with a browser and a workspace of their own; the cookies are for other contexts to start with. */
export async function newcomer(browser: Browser, name: string) {
  const context = await browser.newContext({ baseURL });
  const page = await context.newPage();
  const made = await newWorkspace(page, name);
  return { ...made, context, page, close: () => context.close() };
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

/** A tool's card on the integrations page, by the tool's name. */
export const cardOf = (page: Page, name: string): Locator =>
  page.getByRole("listitem").filter({ has: page.getByRole("heading", { name, exact: true }) });
export const linearCard = (page: Page): Locator => cardOf(page, "Linear");

/** The Connect button of a card, on the integrations page. */
export const connectButton = (page: Page, name = "Linear"): Locator => cardOf(page, name).getByRole("button", { name: /^Connect/ });

export interface ConnectOptions {
  readonly private?: boolean;
  /** Who consents in the sandbox: an e-mail address of one of its people. */
  readonly as?: string;
}

/** Connects a tool from the integrations page, in the popup. */
export async function connectTool(page: Page, slug: string, name: string, options: ConnectOptions = {}): Promise<void> {
  await page.goto(`/${slug}/integrations`);
  const popup = await openConsent(page, connectButton(page, name), options);
  if (options.as !== undefined) await chooseAccount(popup, options.as);
  await popup.getByRole("button", { name: "Authorize" }).click();
  await page.getByRole("dialog").getByText(`${name} is connected`).waitFor();
}

export const connectLinear = (page: Page, slug: string, options: ConnectOptions = {}): Promise<void> =>
  connectTool(page, slug, "Linear", options);

/** Every tool of the catalogue, by its name. */
export const toolNames = ["Asana", "Google Workspace", "Slack", "Linear", "Microsoft 365"] as const;

/** On the consent page: the account whose address this is. */
export async function chooseAccount(consent: Page, email: string): Promise<void> {
  const option = consent.getByRole("option", { name: `(${email})` });
  await consent.getByLabel("Continue as").selectOption((await option.getAttribute("value")) ?? "");
}

/** The explorer's row whose name begins so. */
export const row = (page: Page, name: string | RegExp): Locator => page.getByRole("row").filter({ hasText: name });

/** A procedure's answer, asked with a browser's own session; the API speaks plain JSON. */
export async function query(page: Page, procedure: string, input: unknown): Promise<{ status: number; text: string }> {
  const answer = await page.request.get(`${baseURL}/api/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`);
  return { status: answer.status(), text: await answer.text() };
}

export async function mutate(page: Page, procedure: string, input: unknown): Promise<{ status: number; text: string }> {
  const answer = await page.request.post(`${baseURL}/api/trpc/${procedure}`, {
    data: input,
    headers: { origin: baseURL },
  });
  return { status: answer.status(), text: await answer.text() };
}

/** Makes a file of the workspace's memory without the explorer, for journeys that begin with one there. */
export async function makeFile(page: Page, slug: string, path: string, text: string): Promise<void> {
  const { status, text: answer } = await mutate(page, "vfs.write", { workspace: slug, path, text });
  if (status !== 200) throw new Error(`${path} was not made: ${answer}`);
}
