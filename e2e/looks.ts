import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** What must hold of every page in every state, in both themes and at every width. */

const standard = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const usual = { width: 1280, height: 800 };

/** What axe finds against WCAG 2.2 AA, short enough to act on. */
async function violations(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).withTags(standard).setLegacyMode(true).analyze();
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ html, any, all, none }) => `${id}: ${html.slice(0, 200)} (${[...any, ...all, ...none].map(({ message }) => message).join("; ")})`,
    ),
  );
}

/** Everything that can be scrolled sideways: the page itself, or a part of it. */
const sideways = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const wide = (element: Element): boolean => element.scrollWidth > element.clientWidth + 1;
    const root = document.documentElement;
    const parts = [...document.querySelectorAll("body *")].filter(
      (element) =>
        element.clientWidth > 0 &&
        /auto|scroll/.test(getComputedStyle(element).overflowX) &&
        wide(element) &&
        element.closest("[data-scrolls], .cm-scroller, [role=region].scroll") === null,
    );
    return [...(wide(root) ? [root] : []), ...parts].map(
      (element) =>
        `${element.tagName.toLowerCase()} ${element.id} "${element.className}": ${element.scrollWidth} in ${element.clientWidth}`,
    );
  });

/** Looks at the page as it stands: no axe violation in light or dark, and nothing to scroll sideways from 360 to 2,560 px. */
export async function look(page: Page, state: string): Promise<void> {
  const grounds: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    expect.soft(await violations(page), `${state}, ${colorScheme}`).toEqual([]);
    grounds.push(
      await page.evaluate(() =>
        [document.documentElement, document.body].map((element) => getComputedStyle(element).backgroundColor).join(),
      ),
    );
  }
  expect.soft(new Set(grounds).size, `${state} has two themes`).toBe(2);
  for (const width of [360, 2560]) {
    await page.setViewportSize({ width, height: 800 });
    // Layout follows in the next frame.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    expect.soft(await sideways(page), `${state}, ${width} px`).toEqual([]);
  }
  await page.setViewportSize(usual);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
}
