import AxeBuilder from "@axe-core/playwright";
import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { createWorkspace, newEmail, openConsent, signIn } from "./journey";

/** Connecting a tool in a real browser: the popup protocol, and every way in which a consent can end. */

/** Makes the tool's consent page cut its opener, as some vendors' do; for this browser only. */
const cutOpener = (context: BrowserContext) =>
  context.route("**/oauth/authorize?**", async (route) => {
    const response = await route.fetch({ maxRedirects: 0 });
    await route.fulfill({ response, headers: { ...response.headers(), "cross-origin-opener-policy": "same-origin" } });
  });

const expectAccessible = async (page: Page) => expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

for (const cut of [false, true]) {
  test(`consents in a popup${cut ? " whose pages send COOP same-origin" : ""}; the dialog and the card are live at once`, async ({
    page,
  }) => {
    if (cut) await cutOpener(page.context());
    await signIn(page, newEmail());
    const slug = await createWorkspace(page, "Popup");
    const consent = await openConsent(page, slug);
    if (cut) expect(await consent.evaluate(() => window.opener)).toBeNull();
    const closed = consent.waitForEvent("close");
    await consent.getByRole("button", { name: "Authorize" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByText("Linear is connected")).toBeVisible();
    if (!cut) await closed;
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(page.getByRole("listitem").filter({ hasText: "Issues, projects and cycles" })).toContainText("Connected");
  });
}

test("says that the consent was declined, and lets the person try again", async ({ page }) => {
  await signIn(page, newEmail());
  const slug = await createWorkspace(page, "Denied");
  const consent = await openConsent(page, slug);
  await consent.getByRole("button", { name: "Cancel" }).click();
  await expect(consent.getByRole("heading", { name: "Linear was not connected" })).toBeVisible();
  await expectAccessible(consent);
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("Linear was not connected")).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Connect again" })).toBeVisible();
});

test("refuses a tampered answer and a replayed one, with a page that says so", async ({ page }) => {
  await signIn(page, newEmail());
  const slug = await createWorkspace(page, "Tampered");
  const consent = await openConsent(page, slug);
  const answers: string[] = [];
  await consent.route("**/oauth/authorize", async (route) => {
    const sent = await route.fetch({ maxRedirects: 0 });
    const url = new URL(sent.headers().location ?? "");
    answers.push(url.href);
    url.searchParams.set("state", `${url.searchParams.get("state")?.slice(0, -4)}AAAA`);
    await route.fulfill({ status: 303, headers: { location: url.href } });
  });
  await consent.getByRole("button", { name: "Authorize" }).click();
  await expect(consent.getByRole("heading", { name: "Nothing waits for this answer" })).toBeVisible();
  await expect(page.getByRole("dialog").getByText("Waiting for your consent at Linear")).toBeVisible();

  await consent.unrouteAll();
  await consent.goto(answers[0] ?? "");
  await expect(page.getByRole("dialog").getByText("Linear is connected")).toBeVisible();
  const replay = await page.context().newPage();
  await replay.goto(answers[0] ?? "");
  await expect(replay.getByRole("heading", { name: "This answer was used before" })).toBeVisible();
});

test("goes to the tool in the whole page when the popup is blocked, and comes back", async ({ page }) => {
  await page.addInitScript(() => {
    window.open = () => null;
  });
  await signIn(page, newEmail());
  const slug = await createWorkspace(page, "Blocked");
  await page.goto(`/${slug}/integrations`);
  await page.getByRole("button", { name: "Connect Linear" }).click();
  await page.getByRole("button", { name: "Continue to Linear" }).click();
  await page.getByRole("button", { name: "Authorize" }).click();
  await page.waitForURL(`**/${slug}/integrations`);
  await expect(page.getByRole("listitem").filter({ hasText: "Issues, projects and cycles" })).toContainText("Connected");
});

test("a forged message connects nothing; closing the window leaves a way out", async ({ page }) => {
  await signIn(page, newEmail());
  const slug = await createWorkspace(page, "Forged");
  const consent = await openConsent(page, slug);
  await page.evaluate(() => {
    const forged = { type: "byte-hub:flow-ended", flow: "flw_00000000000000000000000000000000", status: "connected" };
    window.postMessage(forged, "*");
    new BroadcastChannel("byte-hub-connect").postMessage(forged);
  });
  await consent.close();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("The window looks closed")).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog.getByText("Connecting was cancelled")).toBeVisible();
});

test("the bare redirect address names the right ones", async ({ page, baseURL }) => {
  await page.goto("/oauth/callback");
  await expect(page.getByText(`${baseURL}/oauth/callback/linear`)).toBeVisible();
  await expectAccessible(page);
});
