import type { Locator, Page } from "@playwright/test";
import type { CallView } from "@/server/transport/call-views";
import { expect, test } from "./fixtures";
import { connectLinear, control, newcomer, query, row } from "./journeys";
import { look } from "./looks";

/** "Why did this fail?": from a failure to its call, by search and by link; the live log; very many calls; how long they are kept. */

// Nobody else consents as her, so that what happens to her happens to no other journey.
const ann = "ann.smith@borealis.example";
const issues = "context/tools/linear/teams/GAME/issues";

let page: Page;
let slug = "";
let close: () => Promise<void>;
test.describe.configure({ timeout: 120_000 });
test.beforeAll(async ({ browser }) => {
  ({ page, slug, close } = await newcomer(browser, "Activity"));
  await connectLinear(page, slug, { as: ann });
  await page.goto(`/${slug}/files/${issues}`);
  await expect(row(page, "Trailer")).toBeVisible();
});
test.beforeEach(({ watch }) => watch.page(page));
test.afterAll(() => close());

const table = (of: Page): Locator => of.getByRole("table", { name: "Calls to the tools, newest first" });
const calls = (of: Page): Locator => table(of).locator("tr[data-call]");
const details = (of: Page): Locator => of.getByRole("dialog");
/** Another journey may clear all faults of the sandbox at any moment, so a fault is set until it has struck. */
const strike = (fault: Parameters<typeof control.addFault>[0], act: () => Promise<void>): Promise<void> =>
  expect(async () => {
    await control.addFault(fault);
    await act();
  }).toPass({ timeout: 90_000 });

test("a failure in the explorer leads to its call, which says why and what to do", async ({ watch }) => {
  for (const status of [429, 502, 503]) watch.expectedStatuses.add(status);
  const alert = page.getByRole("alert").filter({ hasText: "The file was not read" });
  await strike({ match: { email: ann }, effect: { kind: "status", status: 503 }, times: 30 }, async () => {
    await page.goto(`/${slug}/files/${issues}`);
    await row(page, "Trailer").click();
    await expect(alert).toBeVisible({ timeout: 30_000 });
  });
  await control.clearFaults();
  await alert.getByRole("link", { name: "See the call" }).click();
  await expect(details(page)).toContainText(/Linear failed \(503\)( twice| \d times)? at \d\d:\d\d:\d\d UTC/);
  await expect(details(page)).toContainText("attempt was the last");
  await expect(details(page)).toContainText("Nothing to mend here: try again later.");
  await expect(details(page).getByRole("listitem").filter({ hasText: "Waited" }).first()).toBeVisible();
  await look(page, "a call that failed");
  await page.keyboard.press("Escape");
  await expect(details(page)).toBeHidden();
});

test("search and filters find a call by what is known of it; the view is in the address", async ({ browser }) => {
  await strike({ match: { email: ann }, effect: { kind: "rate_limited", form: "retry_after_seconds", seconds: 1 } }, async () => {
    await page.goto(`/${slug}/files/${issues}`);
    await row(page, "Playtest").click();
    await expect(page.getByRole("tabpanel")).toContainText("Done");
    await page.goto(`/${slug}/activity`);
    await page.getByLabel("Result").selectOption({ label: "A rate limit" });
    await expect(calls(page).first()).toContainText("attempts", { timeout: 5_000 });
  });
  await calls(page).first().getByRole("button").click();
  await expect(details(page)).toContainText("Linear said that its rate limit is reached (429)");
  await expect(details(page)).toContainText("the second attempt succeeded");
  const requestId = (
    await details(page).getByRole("button", { name: "Copy the tool's request id" }).first().locator("..").innerText()
  ).trim();
  await look(page, "a call that was limited and went well");
  await page.goBack();
  await expect(details(page)).toBeHidden();

  await page.getByRole("button", { name: "Clear all filters" }).click();
  await page.getByLabel(/^Search/).fill(requestId.toUpperCase());
  await expect(calls(page)).toHaveCount(1);
  await expect(page).toHaveURL(/\?q=/);
  const shared = page.url();
  const again = await page.context().newPage();
  await again.goto(shared);
  await expect(calls(again)).toHaveCount(1);
  await again.getByLabel(/^Search/).fill("nothing has this in it");
  await expect(again.getByRole("heading", { name: "No call matches" })).toBeVisible();
  await look(again, "activity, no match");
  await again.getByRole("button", { name: "Show all calls" }).click();
  await expect(calls(again).nth(1)).toBeVisible();
  await look(again, "activity, all calls");
  await again.close();

  const other = await newcomer(browser, "Elsewhere");
  await other.page.goto(shared.replace(`/${slug}/`, `/${other.slug}/`));
  await expect(other.page.getByRole("heading", { name: "No call matches" })).toBeVisible();
  await other.close();
});

test("new calls appear by themselves, are held while paused, and none is lost or doubled", async () => {
  const other = await page.context().newPage();
  await page.goto(`/${slug}/activity`);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await page.evaluate(() => Object.assign(window, { stayed: true }));
  const ids = () => calls(page).evaluateAll((rows) => rows.map((one) => one.getAttribute("data-call") ?? ""));
  const before = await ids();
  await other.goto(`/${slug}/files/${issues}`);
  await row(other, "Save file of level 3").click();
  await expect(other.getByRole("tabpanel")).toContainText("Todo");
  await expect.poll(async () => (await ids()).length).toBeGreaterThan(before.length);
  const after = await ids();
  expect(after.slice(-before.length)).toEqual(before);
  expect(new Set(after).size).toBe(after.length);

  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText("Paused")).toBeVisible();
  await row(other, "Boss fight").click();
  await expect(other.getByRole("tabpanel")).toContainText("Boss fight");
  const paused = await ids();
  await expect.poll(async () => (await query(page, "calls.list", { workspace: slug, limit: 1 })).text).not.toContain(paused[0] ?? "");
  expect(await ids()).toEqual(paused);
  await page.getByRole("button", { name: "Go live" }).click();
  await expect.poll(async () => (await ids()).length).toBeGreaterThan(paused.length);
  expect(await page.evaluate(() => "stayed" in window)).toBe(true);
  await other.close();
});

test("very many calls scroll with few rows in the document; what is new waits at the top", async () => {
  const made = (n: number, over: Partial<CallView> = {}): CallView => {
    const at = new Date(Date.UTC(2026, 10, 1) - n * 1_000).toISOString();
    const attempt = { url: "https://api.linear.app/graphql", errorCode: null, reason: null, requestBytes: 9, responseBytes: 9, limits: {} };
    return {
      ...{ id: `cal_${String(n).padStart(32, "0")}`, connection: null, integration: "linear", operation: `operation ${n}`, method: "POST" },
      ...{ path: "/context/tools/linear/teams/GAME", actor: "Ann", actorId: null, outcome: "ok", status: 200, errorCode: null },
      ...{ elapsedMs: 120, waitMs: 0, at, ...over },
      attempts: [
        { ...attempt, id: `att_${n}`, attempt: 1, sent: true, status: 200, durationMs: 120, waitMs: 0, vendorRequestId: null, at },
      ],
    };
  };
  const operation = (n: number) => table(page).getByRole("button", { name: `Linear: operation ${n}`, exact: true });
  const all = 4_000;
  let live: CallView[] = [];
  const answer = (data: unknown) => ({ result: { data } });
  await page.route("**/api/trpc/**", async (route) => {
    const url = new URL(route.request().url());
    const procedures = url.pathname.split("/").at(-1)?.split(",") ?? [];
    if (!procedures.some((name) => name === "calls.list" || name === "calls.tail")) return route.fallback();
    const inputs = JSON.parse(url.searchParams.get("input") ?? "{}") as Record<string, { cursor?: string }>;
    const answers = procedures.map((name, index) => {
      if (name === "calls.tail") {
        const calls = live;
        live = [];
        return answer({ calls, unmatched: [], tail: "t", behind: false });
      }
      const from = Number(inputs[String(index)]?.cursor ?? 0);
      const next = from + 200 < all ? String(from + 200) : null;
      const calls = Array.from({ length: 200 }, (_, n) => made(from + n));
      return answer({ calls, nextCursor: next, lookedBackTo: null, tail: "t" });
    });
    await route.fulfill({ json: answers });
  });
  await page.goto(`/${slug}/activity`);
  await page.getByRole("button", { name: "Refresh" }).click();
  await expect(operation(0)).toBeVisible();
  const frame = page.locator("[data-slot=page-frame]");
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const heights = await calls(page).evaluateAll((rows) => [...new Set(rows.map((one) => one.getBoundingClientRect().height))]);
    expect(heights, `at ${width} px every row is as high as the list counts on`).toEqual([49]);
  }
  let most = 0;
  await expect(async () => {
    await frame.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
    most = Math.max(most, await calls(page).count());
    await expect(operation(all - 1)).toBeVisible({ timeout: 200 });
  }).toPass({ timeout: 60_000, intervals: [50] });
  await expect(page.getByText("That is all that is kept.")).toBeVisible();
  expect(most).toBeLessThanOrEqual(200);
  expect(await table(page).locator("tr").count()).toBeLessThanOrEqual(200);
  expect(await table(page).getAttribute("aria-rowcount")).toBe(String(all + 1));

  const place = await frame.evaluate((element) => element.scrollTop);
  live = [made(-1), made(-2)];
  await expect(page.getByRole("button", { name: "2 new calls" })).toBeVisible();
  expect(await frame.evaluate((element) => element.scrollTop)).toBe(place);
  await look(page, "very many calls");
  await page.getByRole("button", { name: "2 new calls" }).click();
  await expect(operation(-2)).toBeVisible();
  // The live tail is this test's own: no page may ask the hub with it once the route is gone.
  await page.goto("about:blank");
  await page.unroute("**/api/trpc/**");
});

test("the days that the log is kept are chosen in the settings, and stay", async () => {
  await page.goto(`/${slug}/settings`);
  const days = page.getByLabel("Days to keep");
  await expect(days).toHaveValue("30");
  await days.fill("7");
  await expect(page.getByText("Calls older than 7 days will be deleted")).toBeVisible();
  await page.getByRole("button", { name: "Save days" }).click();
  await expect(page.getByText("Saved: 7 days")).toBeVisible();
  await page.reload();
  await expect(days).toHaveValue("7");
  await look(page, "settings, the call log's days");
  await days.fill("366");
  await expect(page.getByRole("button", { name: "Save days" })).toBeDisabled();
  await page.getByRole("button", { name: "Use the default" }).click();
  await expect(days).toHaveValue("30");
});
