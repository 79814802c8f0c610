import type { Page } from "@playwright/test";
import { filesUrl } from "@/components/files-url";
import { expect, test } from "./fixtures";
import { connectLinear, makeFile, newcomer, row } from "./journeys";
import { baseURL } from "./playwright.config";

/** Any name that a file may have is a name that the explorer lists, opens by a click, and opens by its address. */

let page: Page;
let slug = "";
let close: () => Promise<void>;
test.beforeAll(async ({ browser }) => {
  ({ page, slug, close } = await newcomer(browser, "Names"));
});
test.beforeEach(({ watch }) => watch.page(page));
test.afterAll(() => close());

const folder = "/context/memory/facts";
const long = `${"a".repeat(100)}${"é".repeat(76)}.md`;
const names = [
  "notes.md",
  "v1.2.3.md",
  "a#b.md",
  "100%.md",
  "50%25 off.md",
  "%2e%2e.md",
  "~draft~.md",
  "k3v9qp2a~k3v9qp2a.md",
  "what? why & how=1.md",
  "semi;colon:at@plus+.md",
  "back\\slash.md",
  "[brackets] {braces}.md",
  "“quotes” 'and' \"more\".md",
  "👩🏽‍🚀 launch 🚚.md",
  "تقرير المبيعات.md",
  "יומן ‏1.md",
  "日本語のメモ.md",
  ".hidden.md",
  "<b>bold<b>.md",
  long,
];

test("the longest name that is allowed is 255 bytes", () => {
  expect(Buffer.byteLength(long)).toBe(255);
});

for (const [n, name] of names.entries()) {
  test(`opened by its address and by a click: ${name.slice(0, 40)}`, async () => {
    const text = `This is ${n}.`;
    const file = page.getByRole("tabpanel");
    await makeFile(page, slug, `${folder}/${name}`, text);
    await page.goto(filesUrl(slug, `${folder}/${name}`));
    await expect(file).toContainText(text);
    await expect(page.getByRole("heading", { level: 2, name })).toBeVisible();

    await page.keyboard.press("Backspace");
    await expect(page.getByRole("region", { name: "About facts" })).toBeVisible();
    await row(page, name).click();
    await expect(file).toContainText(text);
    const { pathname } = new URL(filesUrl(slug, `${folder}/${name}`), baseURL);
    await expect(page).toHaveURL((url) => decodeURIComponent(url.pathname) === decodeURIComponent(pathname));
  });
}

test("made in the explorer, a file opens, and the browser's back and forward lead through it", async () => {
  const name = "50% #1 ~ what?.md";
  await page.goto(filesUrl(slug, folder));
  await page.getByRole("button", { name: "New" }).click();
  const dialog = page.getByRole("dialog", { name: "New file" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Text").fill("Made by hand.");
  await dialog.getByRole("button", { name: "Create" }).click();
  const file = page.getByRole("tabpanel");
  await expect(file).toContainText("Made by hand.");
  await page.goBack();
  await expect(page.getByRole("region", { name: "About facts" })).toBeVisible();
  await page.goForward();
  await expect(file).toContainText("Made by hand.");
});

test("a name that cannot be is refused in words, and nothing is made", async ({ watch }) => {
  watch.expectedStatuses.add(400);
  await page.goto(filesUrl(slug, folder));
  await expect(row(page, "notes.md")).toBeVisible();
  await page.getByRole("button", { name: "New" }).click();
  const dialog = page.getByRole("dialog", { name: "New file" });
  for (const name of ["a/b.md", ".", ".."]) {
    await dialog.getByLabel("Name").fill(name);
    await expect(dialog.getByRole("button", { name: "Create" })).toBeDisabled();
  }
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
});

test("issues whose titles hold such characters open by a click and by their address", async () => {
  await connectLinear(page, slug);
  for (const [team, start] of [
    ["ENG", "C# client: parse"],
    ["ENG", "Write README.md"],
    ["ENG", "Route map does not mirror in right-to-left languages"],
    ["ENG", "🚚 Delivery estimate"],
    ["ENG", "Alert when more than 5 % of sessions"],
    ["OPS", "Lost parcel A-7731"],
    ["OPS", "Parking permits 100% renewed"],
    ["OPS", "顧客アンケートの翻訳"],
  ] as const) {
    await page.goto(`/${slug}/files/context/tools/linear/teams/${team}/issues`);
    const heading = page.getByRole("heading", { level: 2 }).filter({ hasText: start });
    // Rows are there before the page's scripts are; until then a click does nothing.
    await expect(async () => {
      if (!(await heading.isVisible())) await row(page, start).click({ timeout: 3000 });
      await expect(heading).toBeVisible({ timeout: 3000 });
    }).toPass();
    await expect(page.getByRole("tabpanel")).toContainText("state");
    const address = page.url();
    await page.goto("about:blank");
    await page.goto(address);
    await expect(heading).toBeVisible();
    await expect(page.getByRole("tabpanel")).toContainText("state");
  }
});
