import type { BrowserContext, Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import {
  chooseAccount,
  connectButton,
  connectLinear,
  linearCard,
  mutate,
  newcomer,
  newEmail,
  newWorkspace,
  openConsent,
  query,
  signIn,
} from "./journeys";
import { baseURL } from "./playwright.config";

/** Connecting a tool in a real browser: the popup protocol, and every way in which a consent can end. */

async function consentOf(page: Page, name: string): Promise<{ slug: string; consent: Page }> {
  const { slug } = await newWorkspace(page, name);
  await page.goto(`/${slug}/integrations`);
  return { slug, consent: await openConsent(page, connectButton(page)) };
}

/** Consents, but keeps the tool's answer from the hub. */
async function catchAnswer(consent: Page): Promise<string> {
  let answer = "";
  await consent.route("**/oauth/authorize", async (route) => {
    const response = await route.fetch({ maxRedirects: 0 });
    answer = response.headers().location ?? "";
    await route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Caught</title><h1>Caught</h1>" });
  });
  await consent.getByRole("button", { name: "Authorize" }).click();
  await expect(consent.getByRole("heading", { name: "Caught" })).toBeVisible();
  expect(answer).toContain("/oauth/callback/linear?");
  return answer;
}

/** Makes the tool's consent page cut its opener, as some vendors' do; for this browser only. */
const cutOpener = (context: BrowserContext) =>
  context.route("**/oauth/authorize?**", async (route) => {
    const response = await route.fetch({ maxRedirects: 0 });
    await route.fulfill({ response, headers: { ...response.headers(), "cross-origin-opener-policy": "same-origin" } });
  });

for (const cut of [false, true]) {
  test(`consents in a popup${cut ? " whose pages send COOP same-origin" : ""}; dialog and card are live at once`, async ({ page }) => {
    if (cut) await cutOpener(page.context());
    const { consent } = await consentOf(page, "Popup");
    if (cut) expect(await consent.evaluate(() => window.opener)).toBeNull();
    const closed = consent.waitForEvent("close");
    await consent.getByRole("button", { name: "Authorize" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByText("Linear is connected")).toBeVisible();
    if (!cut) await closed;
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(linearCard(page)).toContainText("Connected");
  });
}

test("says that the consent was declined, and lets the person try again", async ({ page }) => {
  const { consent } = await consentOf(page, "Denied");
  await consent.getByRole("button", { name: "Cancel" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("Linear was not connected")).toBeVisible();
  await expect.poll(() => consent.isClosed()).toBe(true);
  await dialog.getByRole("button", { name: "Connect again" }).click();
  await expect(dialog.getByRole("button", { name: "Continue to Linear" })).toBeVisible();
});

test("refuses a tampered answer and a replayed one, each with a page that says so", async ({ page }) => {
  const { slug, consent } = await consentOf(page, "Tampered");
  const answer = await catchAnswer(consent);
  const tampered = new URL(answer);
  tampered.searchParams.set("state", `${tampered.searchParams.get("state")?.slice(0, -4)}AAAA`);
  await consent.goto(tampered.href);
  await expect(consent.getByRole("heading", { name: "Nothing waits for this answer" })).toBeVisible();
  expect((await query(page, "connections.list", { workspace: slug })).text).not.toContain("con_");

  await consent.evaluate((url) => location.assign(url), answer);
  await expect(page.getByRole("dialog").getByText("Linear is connected")).toBeVisible();
  const replay = await page.context().newPage();
  await replay.goto(answer);
  await expect(replay.getByRole("heading", { name: "This answer was used before" })).toBeVisible();
});

test("an answer counts only for the person who started, in the browser they started in", async ({ page, browser, watch }) => {
  const { slug, consent } = await consentOf(page, "Mine");
  const answer = await catchAnswer(consent);
  const flowCookies = (await page.context().cookies(answer)).filter(({ path }) => path.startsWith("/oauth/callback"));
  expect(flowCookies.length).toBeGreaterThan(0);

  // Even with the cookies of the browser that started, it is another person's answer.
  const other = await newcomer(browser, "Other");
  watch.page(other.page);
  await other.context.addCookies(flowCookies);
  await other.page.goto(answer);
  await expect(other.page.getByRole("heading", { name: "Somebody else started this" })).toBeVisible();
  await expect(page.getByRole("dialog").getByText("Somebody else started this")).toBeVisible();
  const late = await page.context().newPage();
  await late.goto(answer);
  await expect(late.getByRole("heading", { name: "This answer was used before" })).toBeVisible();
  expect((await query(other.page, "connections.list", { workspace: other.slug })).text).not.toContain("con_");
  expect((await query(page, "connections.list", { workspace: slug })).text).not.toContain("con_");
  await other.close();
});

test("an answer without the browser's cookies is refused, and connects nothing", async ({ page }) => {
  const { slug, consent } = await consentOf(page, "Without");
  const answer = await catchAnswer(consent);
  const names = (await page.context().cookies(answer)).filter(({ path }) => path.startsWith("/oauth/callback"));
  for (const { name, path } of names) await page.context().clearCookies({ name, path });
  // Another window than the popup, which closes as soon as its opener knows the end.
  const tab = await page.context().newPage();
  await tab.goto(answer);
  await expect(tab.getByRole("heading", { name: "This answer was not accepted" })).toBeVisible();
  await expect(page.getByRole("dialog").getByText("This answer was not accepted")).toBeVisible();
  expect((await query(page, "connections.list", { workspace: slug })).text).not.toContain("con_");

  await page.context().clearCookies();
  await tab.goto(answer);
  await expect(tab.getByRole("heading", { name: "You are signed out" })).toBeVisible();
});

test("goes to the tool in the whole page when the popup is blocked, and comes back", async ({ page }) => {
  await page.addInitScript(() => {
    window.open = () => null;
  });
  const { slug } = await newWorkspace(page, "Blocked");
  await page.goto(`/${slug}/integrations`);
  await connectButton(page).click();
  await page.getByRole("button", { name: "Continue to Linear" }).click();
  await page.getByRole("button", { name: "Authorize" }).click();
  await page.waitForURL(`**/${slug}/integrations`);
  await expect(linearCard(page)).toContainText("Connected");
});

test("a forged message connects nothing; a closed window leaves a way out", async ({ page }) => {
  const { slug, consent } = await consentOf(page, "Forged");
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
  expect((await query(page, "connections.list", { workspace: slug })).text).not.toContain("con_");
});

test("the bare redirect address names the right ones, and takes no answer", async ({ page }) => {
  await page.goto("/oauth/callback?code=abc&state=def");
  await expect(page.getByText(`${baseURL}/oauth/callback/linear`)).toBeVisible();
});

test("a private connection is there for its owner alone", async ({ page, browser, watch }) => {
  const { slug } = await newWorkspace(page, "Private");
  await connectLinear(page, slug, { private: true });
  await page.goto(`/${slug}/files/context/user/tools/linear`);
  await expect(page.getByRole("row").filter({ hasText: "teams" })).toBeVisible();

  const invitation = await mutate(page, "invitations.create", { workspace: slug, role: "admin" });
  const url = /http[^"]+\/invite\/[^"]+/.exec(invitation.text)?.[0] ?? "";
  const context = await browser.newContext({ baseURL });
  const admin = await context.newPage();
  watch.page(admin);
  await signIn(admin, newEmail("admin"), new URL(url).pathname);
  await admin.getByRole("button", { name: /^Join/ }).click();
  await admin.waitForURL(`**/${slug}/files`);
  await admin.goto(`/${slug}/integrations`);
  await expect(connectButton(admin)).toBeVisible();
  await expect(linearCard(admin)).not.toContainText("Connected");
  expect((await query(admin, "connections.list", { workspace: slug })).text).not.toContain("con_");
  watch.expectedStatuses.add(404);
  for (const directory of ["/context/user/tools/linear/teams", "/context/tools/linear/teams"]) {
    const { status, text } = await query(admin, "vfs.list", { workspace: slug, path: directory });
    expect(status, text).toBeGreaterThanOrEqual(400);
  }
  await context.close();
});

const ann = "ann@acme.example";
const ben = "ben@acme.example";
const asked = "This connection is Ann Smith at Acme Parcels; you signed in as Ben Okafor at Acme Parcels.";

/** Ann's connection, and its page; `signInAgain` consents for it and comes back as whoever is given. */
async function annsConnection(page: Page, name: string) {
  const { slug } = await newWorkspace(page, name);
  await connectLinear(page, slug, { as: ann });
  await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();
  await page.goto(`/${slug}/integrations/linear`);
  const signInAgain = async (email: string) => {
    const consent = await openConsent(page, page.getByRole("button", { name: "Sign in again" }));
    await chooseAccount(consent, email);
    await consent.getByRole("button", { name: "Authorize" }).click();
  };
  const accounts = async () => (await query(page, "connections.list", { workspace: slug })).text.match(/"accountName":"[^"]+"/g);
  return { slug, signInAgain, accounts };
}

test("another account than the connection's is asked about: it is given back, tried again, or added beside it", async ({ page }) => {
  test.slow();
  const { signInAgain, accounts } = await annsConnection(page, "Mixed up");
  const dialog = page.getByRole("dialog");

  await signInAgain(ben);
  await expect(dialog.getByText(asked)).toBeVisible();
  await dialog.getByRole("button", { name: "Give it back" }).click();
  await expect(dialog.getByText("Nothing was connected")).toBeVisible();
  await expect(dialog.getByText("Linear ended the access.")).toBeVisible();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  expect(await accounts()).toEqual(['"accountName":"Ann Smith"']);

  await signInAgain(ben);
  const [consent] = await Promise.all([
    page.waitForEvent("popup"),
    dialog.getByRole("button", { name: "Try again with the right account" }).click(),
  ]);
  await chooseAccount(consent, ann);
  await consent.getByRole("button", { name: "Authorize" }).click();
  await expect(dialog.getByText("Linear is connected")).toBeVisible();
  await dialog.getByRole("button", { name: "Done" }).click();
  expect(await accounts()).toEqual(['"accountName":"Ann Smith"']);

  await signInAgain(ben);
  await dialog.getByRole("button", { name: "Add as its own connection" }).click();
  await expect(dialog.getByText("As Ben Okafor in Acme Parcels")).toBeVisible();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("region", { name: "Connection as Ben Okafor" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Connection as Ann Smith" })).toBeVisible();
});

test("the question waits when the page is loaded again, and after going to the tool in the whole page", async ({ page }) => {
  test.slow();
  const { slug, signInAgain, accounts } = await annsConnection(page, "Reloaded");
  await signInAgain(ben);
  await expect(page.getByRole("dialog").getByText(asked)).toBeVisible();
  await page.reload();
  const question = page.getByRole("region", { name: "A question about connecting" });
  await expect(question.getByText(asked)).toBeVisible();
  await question.getByRole("button", { name: "Add as its own connection" }).click();
  await expect(page.getByRole("region", { name: "Connection as Ben Okafor" })).toBeVisible();
  await expect(question).toHaveCount(0);

  await page.addInitScript(() => {
    window.open = () => null;
  });
  await page.goto(`/${slug}/integrations/linear`);
  const bens = page.getByRole("region", { name: "Connection as Ben Okafor" });
  await bens.getByRole("button", { name: "Sign in again" }).click();
  await page.getByRole("button", { name: "Continue to Linear" }).click();
  await chooseAccount(page, "chloe@acme.example");
  await page.getByRole("button", { name: "Authorize" }).click();
  await page.waitForURL(`**/${slug}/integrations/linear`);
  await expect(question.getByText("you signed in as Chloé Martín at Acme Parcels")).toBeVisible();
  await question.getByRole("button", { name: "Give it back" }).click();
  await expect(question).toHaveCount(0);
  expect(await accounts()).toHaveLength(2);
});

test("connects for reading some, and switches more on later with exactly the consent that is missing", async ({ page, watch }) => {
  test.slow();
  const { slug } = await newWorkspace(page, "Little by little");
  await page.goto(`/${slug}/integrations`);
  await connectButton(page).click();
  const dialog = page.getByRole("dialog");
  for (const group of ["Write", "Read"]) {
    for (const box of await dialog.getByRole("group", { name: group }).getByRole("checkbox").all()) await box.uncheck();
  }
  for (const word of ["issues", "teams"]) await dialog.getByRole("group", { name: "Read" }).getByLabel(word).check();
  await expect(dialog.getByText("Linear will be asked for:")).toHaveText("Linear will be asked for: read");
  const [first] = await Promise.all([page.waitForEvent("popup"), dialog.getByRole("button", { name: "Continue to Linear" }).click()]);
  await expect(first.getByRole("listitem")).toHaveText([/read$/]);
  await first.getByRole("button", { name: "Authorize" }).click();
  await dialog.getByRole("button", { name: "Done" }).click();

  // The explorer says what is switched off, and leads there.
  watch.expectedStatuses.add(403);
  await page.goto(`/${slug}/files/context/tools/linear/projects`);
  await page.getByRole("link", { name: "Switch it on" }).click();
  await page.waitForURL(`**/${slug}/integrations/linear?connection=con_*&enable=read%3Aprojects`);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await page.waitForURL(`**/${slug}/integrations/linear`);

  // What is granted already needs no consent; what is not asks for it by name.
  await page.getByRole("switch", { name: "Read projects" }).check();
  await expect(page.getByText("Read projects is switched on")).toBeVisible();
  await page.getByRole("switch", { name: "Write comments" }).click();
  await expect(dialog.getByRole("checkbox", { name: "Write comments" })).toBeChecked();
  await expect(dialog.getByText("Linear will be asked for:")).toHaveText("Linear will be asked for: read write");
  const [second] = await Promise.all([page.waitForEvent("popup"), dialog.getByRole("button", { name: "Continue to Linear" }).click()]);
  await expect(second.getByRole("listitem")).toHaveText([/read$/, /write$/]);
  await second.getByRole("button", { name: "Authorize" }).click();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("switch", { name: "Write comments" })).toBeChecked();
  await expect(page.getByRole("switch", { name: "Write issues" })).not.toBeChecked();

  await page.getByRole("switch", { name: "Write comments" }).uncheck();
  await expect(page.getByText("Linear still grants what it needs; the hub does not use it any more.")).toBeVisible();
});
