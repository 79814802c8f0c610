import { existsSync } from "node:fs";
import { chromium } from "@playwright/test";
import { root, StartError, startNode } from "./processes";

/** A Chromium to test with. */
export interface Browser {
  readonly executablePath: string;
  readonly args: readonly string[];
  readonly foundAs: string;
}

/**
 * Finds a real browser, or installs one: CHROMIUM_PATH, Playwright's own, the system's, the one inside the npm package
 * `@sparticuz/chromium` (Linux x64), and elsewhere Playwright's download. Never a silent skip: without one it throws.
 */
export async function findBrowser(): Promise<Browser> {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== "") {
    if (!existsSync(named)) throw new StartError(`CHROMIUM_PATH is "${named}", but there is no file: correct it or unset it.`);
    return { executablePath: named, args: [], foundAs: "CHROMIUM_PATH" };
  }
  if (existsSync(chromium.executablePath())) return { executablePath: chromium.executablePath(), args: [], foundAs: "Playwright's own" };
  if (existsSync("/usr/bin/chromium")) return { executablePath: "/usr/bin/chromium", args: [], foundAs: "/usr/bin/chromium" };
  if (process.platform === "linux" && process.arch === "x64") {
    const { default: packaged } = await import("@sparticuz/chromium");
    return { executablePath: await packaged.executablePath(), args: packaged.args, foundAs: "@sparticuz/chromium" };
  }
  const { exited } = startNode([`${root}/node_modules/@playwright/test/cli.js`, "install", "chromium"], {});
  if ((await exited) === 0 && existsSync(chromium.executablePath())) {
    return { executablePath: chromium.executablePath(), args: [], foundAs: "Playwright's download" };
  }
  throw new StartError("No browser to test with: install Chromium and set CHROMIUM_PATH to its file.");
}
