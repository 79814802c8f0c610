import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { connectLinear, makeFile, newcomer, row } from "./journeys";

/** The explorer by keyboard alone: every step leads on, and the focus is always somewhere, and always to be seen. */

let page: Page;
let slug = "";
let close: () => Promise<void>;
test.beforeAll(async ({ browser }) => {
  ({ page, slug, close } = await newcomer(browser, "Keys"));
  for (const name of ["a.md", "b.md", "c.md"]) await makeFile(page, slug, `/context/memory/facts/${name}`, `Text of ${name}.\n`);
});
test.beforeEach(({ watch }) => watch.page(page));
test.afterAll(() => close());

/** What has the focus, in words, and whether it can be seen to have it. */
async function focus(): Promise<string> {
  return page.evaluate(() => {
    const active = document.activeElement;
    if (active === null || active === document.body) return "nothing";
    const row = document.getElementById(active.getAttribute("aria-activedescendant") ?? "");
    const drawn = (element: Element, pseudo?: string): boolean => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element, pseudo);
      return (
        (outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0) ||
        /\d/.test(boxShadow.replace(/rgba?\([^)]*\)|oklch\([^)]*\)/g, "").replace(/\b0px\b/g, ""))
      );
    };
    // An editor shows its caret; a field may show the focus on the frame around it.
    const places = [row, active, active.closest(".cm-editor"), active.parentElement].filter((place) => place !== null);
    const caret = active instanceof HTMLElement && active.isContentEditable;
    const named = active.getAttribute("aria-label") ?? active.textContent?.trim().slice(0, 40) ?? "";
    const shown = caret || places.some((place) => drawn(place) || drawn(place, "::after"));
    return `${active.getAttribute("role") ?? active.tagName.toLowerCase()} ${named} (${shown ? "shown" : "not to be seen"})`;
  });
}

const somewhere = /^(?!nothing).*\(shown\)$/s;

/** Presses a key and looks where the focus is afterwards. */
async function press(key: string, on?: RegExp): Promise<void> {
  await page.keyboard.press(key);
  if (on !== undefined) await expect.poll(focus, `focus after ${key}`).toMatch(on);
  await expect.poll(focus, `focus after ${key}`).toMatch(somewhere);
}

test("from the address to a file and back, with every key of the list", async () => {
  await page.goto(`/${slug}/files`);
  await expect(row(page, "memory")).toBeVisible();

  await test.step("the address completes a typed path, and leads to the list", async () => {
    await press("ControlOrMeta+k", /combobox Path/);
    await page.keyboard.type("/context/memory/fac");
    await expect(page.getByRole("option", { name: /facts/ })).toBeVisible();
    await press("Tab", /combobox Path/);
    await expect(page.getByRole("combobox", { name: "Path" })).toHaveValue("/context/memory/facts/");
    await press("Enter", /grid Contents of \/context\/memory\/facts/);
    await expect(row(page, "a.md")).toBeVisible();
    await press("ControlOrMeta+k", /combobox Path/);
    await press("Escape", /grid/);
  });

  const on = (name: string) =>
    expect
      .poll(() =>
        page.evaluate(
          () => document.getElementById(document.activeElement?.getAttribute("aria-activedescendant") ?? "")?.textContent ?? "",
        ),
      )
      .toContain(name);
  await test.step("the arrows, Home and End move in the list", async () => {
    await on("a.md");
    await press("ArrowDown", /grid/);
    await on("b.md");
    await press("End", /grid/);
    await on("c.md");
    await press("Home", /grid/);
    await on("a.md");
    await press("ArrowDown", /grid/);
  });

  await test.step("Space looks without leaving", async () => {
    await press("Space");
    await expect(page.getByRole("dialog", { name: "Quick look" })).toContainText("Text of b.md.");
    await press("Escape", /grid/);
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await on("b.md");
  });

  await test.step("Enter opens, e edits, saving and Escape lead back", async () => {
    await press("Enter");
    await expect(page.getByRole("tabpanel")).toContainText("Text of b.md.");
    await press("e", /textbox Text of b\.md/);
    await page.keyboard.press("ControlOrMeta+End");
    await page.keyboard.type("And more.");
    await page.keyboard.press("ControlOrMeta+s");
    await expect(page.getByRole("tabpanel")).toContainText("And more.");
    await expect.poll(focus).toMatch(somewhere);
    await press("e", /textbox Text of b\.md/);
    await press("Escape");
    await expect(page.getByRole("textbox", { name: "Text of b.md" })).toHaveCount(0);
    await press("Backspace", /grid Contents of \/context\/memory\/facts/);
    await expect(page).toHaveURL(/\/facts$/);
  });

  await test.step("n makes a file, Delete removes it after showing what it will do", async () => {
    await press("n", /input/);
    const dialog = page.getByRole("dialog", { name: "New file" });
    await expect(dialog.getByLabel("Name")).toBeFocused();
    await page.keyboard.type("d.md");
    await press("Tab", /textarea/);
    await expect(dialog.getByLabel("Text")).toBeFocused();
    await page.keyboard.type("Text of d.md.");
    await press("Tab", /button Cancel/);
    await press("Tab", /button Create/);
    await press("Enter");
    await expect(page.getByRole("tabpanel")).toContainText("Text of d.md.");
    await press("Backspace", /grid/);
    await press("End", /grid/);
    await on("d.md");
    await press("Delete", /Apply/);
    await press("Enter");
    await expect(page.getByRole("dialog", { name: "Receipt" })).toContainText("Done");
    await press("Escape", /grid/);
    await expect(row(page, "d.md")).toHaveCount(0);
  });

  await test.step("? lists the keys", async () => {
    await press("?");
    await expect(page.getByRole("dialog", { name: "Keys" })).toContainText("Quick look");
    await press("Escape", /grid/);
  });

  await test.step("Backspace goes up to the root, and stays there", async () => {
    for (const end of ["memory", "context", "context"]) {
      await press("Backspace", /grid/);
      await expect(page).toHaveURL(new RegExp(`/${end}$`));
    }
  });
});

test("an issue is edited by keyboard alone, plan and receipt included", async () => {
  await connectLinear(page, slug, { as: "gita@acme.example" });
  await page.goto(`/${slug}/files/context/tools/linear/teams/OPS/issues`);
  await expect(row(page, "Coffee machine")).toBeVisible();
  await press("ControlOrMeta+k", /combobox/);
  await page.keyboard.type(`${new URL(page.url()).pathname.replace(/^.*\/files/, "")}/Coffee`);
  await expect(page.getByRole("option")).toHaveCount(1);
  await press("ArrowDown", /combobox/);
  await press("Enter");
  await expect(page.getByRole("tabpanel")).toContainText("Done");
  await press("e", /textbox/);
  await expect(page.getByRole("textbox", { name: /^Text of/ })).toContainText("title");
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type("\nIt makes tea as well.");
  await press("ControlOrMeta+s", /Apply/);
  await expect(page.getByRole("dialog")).toContainText("It makes tea as well.");
  await press("Enter");
  await expect(page.getByRole("dialog", { name: "Receipt" })).toContainText("Done");
  await press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("tabpanel")).toContainText("It makes tea as well.");
});

for (const [end, what] of [
  ["files/context/memory/facts/a.md", "the explorer"],
  ["integrations", "the integrations"],
  ["members", "the members"],
] as const) {
  test(`Tab walks through ${what} and shows every stop`, async () => {
    await page.goto(`/${slug}/${end}`);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    if (end.startsWith("files")) await expect(page.getByRole("tabpanel")).toContainText("Text of a.md.");
    const stops: string[] = [];
    for (let n = 0; n < 60; n += 1) {
      await page.keyboard.press("Tab");
      const on = await focus();
      if (on === "nothing") break;
      expect(on, `stop ${n}`).toMatch(somewhere);
      stops.push(on);
    }
    expect(stops[0]).toMatch(/Skip to content/);
    expect(stops.length).toBeGreaterThan(6);
  });
}
