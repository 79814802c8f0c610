import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { connectLinear, control, linearCard, makeFile, newcomer, newWorkspace, query, row } from "./journeys";

/** The explorer when the tool is slow, fails, limits, or has ended the access; when two edit one thing; and when there is very much. */

// Nobody else consents as these two, so that what happens to them happens to no other journey.
const maja = "maja@borealis.example";
const olek = "olek@borealis.example";
const issues = "context/tools/linear/teams/GAME/issues";

let page: Page;
let slug = "";
let close: () => Promise<void>;
test.beforeAll(async ({ browser }) => {
  ({ page, slug, close } = await newcomer(browser, "States"));
  await connectLinear(page, slug, { as: maja });
});
test.beforeEach(({ watch }) => watch.page(page));
test.afterEach(() => control.clearFaults());
test.afterAll(() => close());

const file = (of: Page) => of.getByRole("tabpanel");

test("a tool that fails is said, with a way to try again that works once the tool does", async ({ watch }) => {
  for (const status of [429, 500, 502, 503, 504]) watch.expectedStatuses.add(status);
  await page.goto(`/${slug}/files/${issues}`);
  await expect(row(page, "Trailer")).toBeVisible();
  await control.addFault({ match: { email: maja }, effect: { kind: "status", status: 503 }, times: 1_000_000 });
  await row(page, "Trailer").click();
  const alert = page.getByRole("alert").filter({ hasText: "The file was not read" });
  await expect(alert).toBeVisible({ timeout: 45_000 });
  await expect(alert).toContainText("Linear");
  await expect(alert).toContainText("Request");
  await control.clearFaults();
  await alert.getByRole("button", { name: "Try again" }).click();
  await expect(file(page)).toContainText("Backlog");
});

test("a connection's page says how its token lasts, what the limit leaves, and why a call failed; its card says the same in short", async ({
  watch,
}) => {
  for (const status of [429, 502]) watch.expectedStatuses.add(status);
  await control.addFault({ match: { email: maja }, effect: { kind: "status", status: 400 }, times: 1 });
  await query(page, "vfs.list", { workspace: slug, path: "/context/tools/linear/projects", fresh: true });
  await page.goto(`/${slug}/integrations/linear`);
  const health = page.locator('[data-slot="connection-health"]');
  await expect(health).toContainText(/Token renews itself in \d+ (min|h)\./);
  await expect(health).toContainText(/Linear allows [\d,]+ more calls this hour\./);
  const failure = page.getByRole("group").filter({ hasText: "Last failure" });
  await expect(failure).toContainText("Linear", { timeout: 30_000 });
  const link = failure.getByRole("link", { name: "See the call" });
  // It folds when a later call succeeds.
  await expect(async () => {
    if (!(await link.isVisible())) await failure.getByText("Last failure").click();
    await link.click({ timeout: 1000 });
  }).toPass();
  await page.waitForURL("**/activity?call=cal_*");
  await page.goto(`/${slug}/integrations`);
  await expect(linearCard(page)).toContainText(
    /Token renews itself in \d+ (min|h)\. .*Linear allows [\d,]+ more calls this hour\. .+ failed \d+ s ago/,
  );
});

test("one failure, or a short limit, is waited out without a word", async () => {
  await page.goto(`/${slug}/files/${issues}`);
  await control.addFault({ match: { email: maja }, effect: { kind: "rate_limited", form: "retry_after_seconds", seconds: 1 } });
  await control.addFault({ match: { email: maja }, effect: { kind: "status", status: 502 } });
  await row(page, "Playtest").click();
  await expect(file(page)).toContainText("Done");
  await page.getByRole("tab", { name: "Thread" }).click();
  await expect(file(page)).toContainText("Keep the seal.");
  expect((await control.state()).faults).toEqual([]);
});

test("a slow tool shows the shape of what comes, and the rest of the page works meanwhile", async () => {
  await page.goto(`/${slug}/files/${issues}`);
  await control.addFault({ match: { email: maja }, effect: { kind: "slow", delayMs: 4_000 }, times: 1 });
  await row(page, "Save file of level 3").click();
  await expect(page.getByRole("heading", { level: 2, name: /Save file of level 3/ })).toBeVisible();
  await expect(file(page)).not.toContainText("Todo");
  await row(page, "Playtest").click();
  await expect(file(page)).toContainText("Done");
  await row(page, "Save file of level 3").click();
  await expect(file(page)).toContainText("Todo");
});

test("of two who edit one issue the second is told, and can go on from what is there now", async ({ context: _, watch }) => {
  for (const status of [409, 412]) watch.expectedStatuses.add(status);
  const other = await page.context().newPage();
  watch.page(other);
  const title = "Boss fight";
  for (const tab of [page, other]) {
    await tab.goto(`/${slug}/files/${issues}`);
    await row(tab, title).click();
    await expect(file(tab)).toContainText("In Progress");
    await tab.getByRole("button", { name: "Edit" }).click();
    await expect(tab.getByRole("textbox", { name: /^Text of/ })).toContainText("In Progress");
  }
  const append = async (tab: Page, text: string): Promise<void> => {
    await tab.getByRole("textbox", { name: /^Text of/ }).press("ControlOrMeta+End");
    await tab.keyboard.insertText(`\n${text}`);
    await tab.getByRole("button", { name: "Review and save" }).click();
  };
  await append(page, "First thought.");
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByRole("dialog", { name: "Receipt" })).toContainText("Done");
  await page.keyboard.press("Escape");

  await append(other, "Second thought.");
  const refused = other.getByRole("dialog", { name: "Not saved" });
  await refused.getByRole("button", { name: "Load what is there now" }).click();
  const editor = other.getByRole("textbox", { name: /^Text of/ });
  await expect(editor).toContainText("First thought.");
  await expect(editor).not.toContainText("Second thought.");
  await append(other, "Second thought.");
  await expect(other.getByRole("dialog", { name: "Review the change" })).toContainText("Second thought.");
  await other.getByRole("button", { name: "Apply" }).click();
  await expect(other.getByRole("dialog", { name: "Receipt" })).toContainText("Done");
  await other.keyboard.press("Escape");
  await expect(file(other)).toContainText("First thought.");
  await expect(file(other)).toContainText("Second thought.");
  await other.close();
});

test("four hundred files scroll with at most two hundred rows in the document", async () => {
  test.setTimeout(120_000);
  const names = Array.from({ length: 400 }, (_, n) => `file-${String(n).padStart(3, "0")}.md`);
  for (let n = 0; n < names.length; n += 20) {
    await Promise.all(names.slice(n, n + 20).map((name) => makeFile(page, slug, `/context/memory/scratchpad/${name}`, name)));
  }
  await page.goto(`/${slug}/files/context/memory/scratchpad`);
  const grid = page.getByRole("grid");
  await expect(grid).toHaveAttribute("aria-rowcount", "401");
  const rows = grid.getByRole("row");
  await grid.focus();
  for (const [key, name] of [
    ["End", "file-199.md"],
    ["End", "file-399.md"],
    ["PageUp", "file-39"],
    ["Home", "file-000.md"],
  ] as const) {
    await expect(async () => {
      await page.keyboard.press(key);
      await expect(row(page, name).first()).toBeInViewport({ timeout: 1_000 });
    }).toPass();
    expect(await rows.count()).toBeLessThanOrEqual(200);
  }
});

test("a limit that lasts is said, with when it ends", async ({ page: own, watch }) => {
  watch.expectedStatuses.add(429);
  const { slug: limited } = await newWorkspace(own, "Limited");
  await connectLinear(own, limited, { as: olek });
  await own.goto(`/${limited}/files/${issues}`);
  await expect(row(own, "Trailer")).toBeVisible();
  await control.addFault({ match: { email: olek }, effect: { kind: "rate_limited", seconds: 3_000 } });
  await row(own, "Trailer").click();
  const alert = own.getByRole("alert").filter({ hasText: "The file was not read" });
  await expect(alert).toContainText(/limit/i);
  await expect(alert.getByRole("button", { name: "Try again" })).toBeVisible();
  await own.goto(`/${limited}/files/${issues}`);
  await expect(row(own, "Trailer")).toBeVisible();
});

test("an access that the tool ended: what is known is still shown, as old, and what to do is said", async ({ watch }) => {
  for (const status of [401, 403, 409, 412, 424]) watch.expectedStatuses.add(status);
  await page.goto(`/${slug}/files/${issues}`);
  await expect(row(page, "Trailer")).toBeVisible();
  await control.revokeGrants(maja);
  await row(page, "Trailer").click();
  await page.getByRole("button", { name: "Refresh" }).click();
  await expect.poll(async () => (await query(page, "connections.list", { workspace: slug })).text).toContain("reauth_required");

  await page.goto(`/${slug}/files/${issues}`);
  await expect(row(page, "Trailer")).toBeVisible();
  await expect(page.getByText("shown as last seen")).toBeVisible();
  await page.goto(`/${slug}/files/context/tools/linear`);
  const about = page.getByRole("region", { name: "About linear" });
  await about.getByRole("link", { name: "Open its integration page" }).click();
  // The page offers the sign-in of exactly that connection, and starts nothing by itself.
  await page.waitForURL("**/integrations/linear?connection=con_*");
  await expect(page.getByRole("dialog", { name: "Sign in to Linear again" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.waitForURL("**/integrations/linear");
  await page.getByRole("button", { name: "Sign in again" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
});
