import { expect, test } from "@playwright/test";
import { createControlClient } from "@/sandbox/control/client";
import { createWorkspace, newEmail, openConsent, signIn } from "./journey";
import { sandboxPort } from "./playwright.config";

/** Connecting a tool in a real browser: the popup protocol, and every way in which a consent can end. */

const control = createControlClient(`http://127.0.0.1:${sandboxPort + 1}`);
// The sandbox's settings are everybody's: these journeys take turns.
test.describe.configure({ mode: "serial" });
test.afterEach(async () => {
  await control.set({ coopOnConsent: false });
});

for (const coopOnConsent of [false, true]) {
  test(`consents in a popup${coopOnConsent ? " whose pages send COOP same-origin" : ""}; the dialog and the card are live at once`, async ({
    page,
  }) => {
    await control.set({ coopOnConsent });
    await signIn(page, newEmail());
    const slug = await createWorkspace(page, "Popup");
    const consent = await openConsent(page, slug);
    if (coopOnConsent) expect(await consent.evaluate(() => window.opener)).toBeNull();
    const closed = consent.waitForEvent("close");
    await consent.getByRole("button", { name: "Authorize" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByText("Linear is connected")).toBeVisible();
    if (!coopOnConsent) await closed;
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
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("Linear was not connected")).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Connect again" })).toBeVisible();
});

test("refuses a tampered answer and a replayed one, with a page that says so", async ({ page }) => {
  await signIn(page, newEmail());
  const slug = await createWorkspace(page, "Tampered");
  const consent = await openConsent(page, slug);
  const answers: string[] = [];
  await consent.route("**/oauth/callback/linear?**", async (route) => {
    const url = new URL(route.request().url());
    answers.push(url.href);
    if (answers.length > 1) return route.continue();
    url.searchParams.set("state", `${url.searchParams.get("state")?.slice(0, -4)}AAAA`);
    await route.fulfill({ status: 302, headers: { location: url.href } });
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
});
