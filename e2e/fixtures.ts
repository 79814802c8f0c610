import { test as base, expect, type Page } from "@playwright/test";
import { baseURL } from "./playwright.config";

/**
 * Every journey fails on an error or warning in the browser's console, on an exception in a page, and on an answer of 400 or more that the
 * journey did not say it expects. The browser itself writes a line for each such answer; that line is the answer's, not a second fault.
 */
export interface Watch {
  /** Statuses of the hub's answers that this journey provokes on purpose. */
  readonly expectedStatuses: Set<number>;
  /** Watches one more page: a popup, another person's tab. */
  page(page: Page): void;
}

/** Every `goto` to the hub ends when its page answers to keys and clicks: before React has taken the page over, they are lost. */
function awaitScripts(page: Page): void {
  const goto = page.goto.bind(page);
  page.goto = async (url, options) => {
    const response = await goto(url, options);
    const isTaken = () =>
      [...document.querySelectorAll("main button, main a, main [role=row]")].every((element) =>
        Object.keys(element).some((key) => key.startsWith("__reactFiber")),
      );
    if (page.url().startsWith(baseURL)) await page.waitForFunction(isTaken, undefined, { timeout: 5000 }).catch(() => undefined);
    return response;
  };
}

export const test = base.extend<{ watch: Watch }>({
  watch: [
    async ({ context }, use) => {
      const faults: string[] = [];
      const expectedStatuses = new Set<number>();
      const watched = new Set<Page>();
      const watch: Watch = {
        expectedStatuses,
        page: (page) => {
          if (watched.has(page)) return;
          watched.add(page);
          awaitScripts(page);
          page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
          page.on("console", (message) => {
            if (message.type() !== "error" && message.type() !== "warning") return;
            if (message.text().startsWith("Failed to load resource")) return;
            faults.push(`console ${message.type()}: ${message.text()}`);
          });
          page.on("response", (response) => {
            if (response.status() >= 400 && response.url().startsWith(baseURL) && !expectedStatuses.has(response.status())) {
              faults.push(`${response.status()} ${response.request().method()} ${response.url()}`);
            }
          });
        },
      };
      context.on("page", (page) => watch.page(page));
      for (const page of context.pages()) watch.page(page);
      await use(watch);
      expect(faults, "faults in the browser").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
