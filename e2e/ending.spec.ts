import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { connectLinear, linearCard, mutate, newEmail, newWorkspace, openConsent, query, row, signIn } from "./journeys";
import { look } from "./looks";
import { baseURL } from "./playwright.config";

// Each looks at pages in both themes and at every width.
test.describe.configure({ timeout: 120_000 });

/** How things end: all access stopped and resumed, everything disconnected, a workspace deleted. */

const banner = (page: Page) => page.getByRole("status").filter({ hasText: "All access to tools is stopped." });

/** Presses a button of the settings and confirms in the dialog that asks. */
async function confirm(page: Page, action: string): Promise<void> {
  await page.getByRole("button", { name: action }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: action }).click();
}

test("an admin stops all access: the files are gone from view, every page says who did it, and resuming brings all back", async ({
  page,
  watch,
}) => {
  const { slug } = await newWorkspace(page, "Stopped");
  await connectLinear(page, slug);
  await page.goto(`/${slug}/files/context/tools/linear`);
  await expect(row(page, "teams")).toBeVisible();

  await page.goto(`/${slug}/settings`);
  await confirm(page, "Stop all access");
  await expect(banner(page)).toBeVisible();
  await expect(page.getByRole("button", { name: "Resume access" })).toBeVisible();
  await look(page, "settings of a stopped workspace");

  await page.goto(`/${slug}/integrations`);
  await expect(banner(page)).toContainText("stopped it");
  await expect(linearCard(page)).toContainText("Stopped");
  await page.goto(`/${slug}/files/context/tools/linear`);
  await expect(page.getByText(/stopped all access to tools on/).first()).toBeVisible();
  await expect(page.getByRole("link", { name: "Open the settings" })).toHaveAttribute("href", new RegExp(`/${slug}/settings$`));
  await expect(row(page, "teams")).toHaveCount(0);
  await look(page, "the explorer on a stopped tool");

  watch.expectedStatuses.add(424);
  await page.goto(`/${slug}/files/context/tools/linear/teams`);
  await expect(page.getByText(/stopped all access to tools on/).first()).toBeVisible();
  expect((await query(page, "vfs.list", { workspace: slug, path: "/context/tools/linear/teams" })).status).toBe(424);

  await page.goto(`/${slug}/settings`);
  await page.getByRole("button", { name: "Resume access" }).click();
  await expect(banner(page)).toHaveCount(0);
  await page.goto(`/${slug}/files/context/tools/linear`);
  await expect(row(page, "teams")).toBeVisible();
});

test("everything is disconnected with a receipt each, which can be read again", async ({ page }) => {
  const { slug } = await newWorkspace(page, "Everything");
  await connectLinear(page, slug);
  await page.goto(`/${slug}/integrations/linear`);
  const consent = await openConsent(page, page.getByRole("button", { name: "Connect another account" }), { private: true });
  await consent.getByRole("button", { name: "Authorize" }).click();
  await expect(page.getByRole("dialog").getByText("Linear is connected")).toBeVisible();
  await page.goto(`/${slug}/settings`);
  await expect(page.getByText("No connection has ended yet")).toBeVisible();
  await confirm(page, "Disconnect everything");
  const ended = page.getByRole("list").filter({ hasText: "Ended at the tool" });
  await expect(ended.getByRole("listitem")).toHaveCount(2);
  await expect(ended).toContainText("Linear confirmed the revocation (HTTP 200).");
  await look(page, "settings with receipts");
  await page.goto(`/${slug}/integrations`);
  await expect(linearCard(page)).toContainText("Not connected");
  await page.goto(`/${slug}/settings`);
  await expect(page.getByText("Linear confirmed the revocation (HTTP 200).")).toHaveCount(2);
});

test("a single disconnect says before and after what it does, and keeps its receipt", async ({ page }) => {
  const { slug } = await newWorkspace(page, "Single");
  await connectLinear(page, slug);
  await page.goto(`/${slug}/integrations/linear`);
  await page.getByRole("button", { name: "Disconnect" }).click();
  const dialog = page.getByRole("alertdialog");
  await expect(dialog).toContainText("The hub asks Linear to end its access");
  await dialog.getByRole("button", { name: "Disconnect" }).click();
  await expect(dialog).toContainText("Linear confirmed the revocation (HTTP 200).");
  await dialog.getByRole("link", { name: "Settings, Ended connections" }).click();
  await expect(page.getByText("Linear confirmed the revocation (HTTP 200).")).toBeVisible();
});

test("an owner deletes the workspace by typing its name, sees what became of it, and lands on the next one", async ({
  page,
  browser,
  watch,
}) => {
  const { slug: kept } = await newWorkspace(page, "Kept");
  const { text } = await mutate(page, "workspaces.create", { name: `Going ${Date.now()}` });
  const { slug, name } = (JSON.parse(text) as { result: { data: { slug: string; name: string } } }).result.data;
  await connectLinear(page, slug);

  const invitation = await mutate(page, "invitations.create", { workspace: slug, role: "admin" });
  const url = /http[^"]+\/invite\/[^"]+/.exec(invitation.text)?.[0] ?? "";
  const context = await browser.newContext({ baseURL });
  const admin = await context.newPage();
  watch.page(admin);
  await signIn(admin, newEmail("admin"), new URL(url).pathname);
  await admin.getByRole("button", { name: /^Join/ }).click();
  await admin.waitForURL(`**/${slug}/files`);
  await admin.goto(`/${slug}/settings`);
  await expect(admin.getByText("Only an owner of this workspace can delete it.")).toBeVisible();

  await page.goto(`/${slug}/settings`);
  await page.getByRole("button", { name: "Delete workspace" }).click();
  const dialog = page.getByRole("alertdialog");
  const last = dialog.getByRole("button", { name: "Delete workspace" });
  await expect(last).toBeDisabled();
  await dialog.getByLabel(`Type ${name} to confirm`).fill(name);
  await look(page, "the question before deleting a workspace");
  await last.click();
  await page.waitForURL("**/workspaces/deleted/wsp_*");
  await expect(page.getByRole("heading", { name: `${name} is deleted` })).toBeVisible();
  await expect(page.getByText("Linear confirmed the revocation (HTTP 200).")).toBeVisible();
  await look(page, "a deleted workspace");

  watch.expectedStatuses.add(404);
  await admin.goto(`/${slug}/files`);
  await expect(admin.getByRole("heading", { name: /not found|nothing here|no such/i })).toBeVisible();
  await admin.goto(page.url());
  await expect(admin.getByRole("heading", { name: /not found|nothing here|no such/i })).toBeVisible();
  await context.close();

  await page.getByRole("link", { name: "Continue" }).click();
  await page.waitForURL(`**/${kept}/files`);
});
