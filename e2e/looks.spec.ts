import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import {
  askForLink,
  connectButton,
  connectLinear,
  makeFile,
  mutate,
  newcomer,
  newEmail,
  openConsent,
  query,
  row,
  sandboxOrigin,
} from "./journeys";
import { look } from "./looks";

/** Every page and every main state of it, in light and dark, from 360 to 2,560 px. */

let page: Page;
let slug = "";
let close: () => Promise<void>;
test.describe.configure({ timeout: 180_000 });
test.beforeAll(async ({ browser }) => {
  ({ page, slug, close } = await newcomer(browser, "Looks"));
});
test.beforeEach(async ({ watch }) => {
  watch.page(page);
  await page.emulateMedia({ reducedMotion: "reduce" });
});
test.afterAll(() => close());

const settled = async (): Promise<void> => {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByRole("status", { name: /^Loading/ })).toHaveCount(0);
};

/** A test that runs after one that failed begins with a new workspace. */
async function ensureConnected(): Promise<void> {
  if (!(await query(page, "connections.list", { workspace: slug })).text.includes("con_")) await connectLinear(page, slug);
}

async function visit(path: string, state: string): Promise<void> {
  await page.goto(path);
  await settled();
  await look(page, state);
}

test("pages for those who are not signed in", async ({ page: stranger }) => {
  for (const [path, state] of [
    ["/", "home"],
    ["/sign-in", "sign-in"],
    ["/sign-in/error?error=Verification", "sign-in failed"],
    ["/oauth/callback", "the bare redirect address"],
    ["/oauth/done", "a stray answer"],
  ] as const) {
    await stranger.goto(path);
    await look(stranger, state);
  }
  const link = await askForLink(stranger, newEmail("looks"));
  await look(stranger, "mailbox");
  await stranger.goto("/verify-request");
  await look(stranger, "verify");
  await stranger.goto(link);
  await look(stranger, "confirm");
});

test("the first run, and what is not connected yet", async ({ watch }) => {
  await visit("/welcome", "another workspace");
  await visit(`/${slug}/welcome`, "connect the first tool");
  await visit(`/${slug}/integrations`, "integrations, nothing connected");
  await visit(`/${slug}/integrations/linear`, "Linear, not connected");
  await visit(`/${slug}/integrations/slack`, "Slack, not available");
  await visit(`/${slug}/activity`, "activity, no calls");
  await page.goto(`/${slug}/files/context/tools/linear`);
  await expect(page.getByRole("region", { name: "About linear" })).toBeVisible();
  await look(page, "a tool that is not connected");
  watch.expectedStatuses.add(404);
  await visit("/nowhere/files", "not found");
});

test("connecting", async () => {
  await page.goto(`/${slug}/integrations`);
  await connectButton(page).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await look(page, "connect dialog");
  await page.keyboard.press("Escape");
  const consent = await openConsent(page, connectButton(page));
  await look(page, "waiting for the consent");
  await look(consent, "the sandbox's consent page");
  await consent.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("dialog").getByText("Linear was not connected")).toBeVisible();
  await look(page, "declined");
  await page.keyboard.press("Escape");
  await connectLinear(page, slug);
  await look(page, "connected");
  await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();
  await look(page, "integrations, one connected");
});

test("a connected tool: its page, its calls, its end", async () => {
  await ensureConnected();
  await page.goto(`/${slug}/files/context/tools/linear/teams`);
  await expect(row(page, "ENG")).toBeVisible();
  await visit(`/${slug}/integrations/linear`, "Linear, connected");
  await page.getByRole("button", { name: "Disconnect" }).click();
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await look(page, "disconnect dialog");
  await page.keyboard.press("Escape");
  await visit(`/${slug}/activity`, "activity");
  await page.getByRole("table").getByRole("button").first().click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await look(page, "one call");
});

test("the explorer on a tool: list, file, thread, edit, plan, receipt", async () => {
  await ensureConnected();
  await page.goto(`/${slug}/files/context/tools/linear/teams/DES/issues`);
  await expect(row(page, "Empty states for the courier app")).toBeVisible();
  await look(page, "a list of issues");
  await row(page, "Empty states for the courier app").click();
  const file = page.getByRole("tabpanel");
  await expect(file).toContainText("assignee");
  await look(page, "an issue");
  for (const tab of ["Thread", "Raw", "Details"]) {
    await page.getByRole("tab", { name: tab }).click();
    await expect(file).not.toBeEmpty();
    await look(page, `an issue's ${tab.toLowerCase()}`);
  }
  await page.getByRole("button", { name: "Edit" }).click();
  const editor = page.getByRole("textbox", { name: /^Text of/ });
  await expect(editor).toContainText("title");
  await look(page, "editing");
  await editor.press("ControlOrMeta+End");
  await page.keyboard.insertText("\nOne line more, for the plan.\n");
  await page.getByRole("button", { name: "Review and save" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("button", { name: "Apply" })).toBeVisible();
  await look(page, "the plan");
  await dialog.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByRole("dialog", { name: "Receipt" })).toContainText("Done");
  await look(page, "the receipt");
  await page.keyboard.press("Escape");
  await page.goto(`/${slug}/files/context/tools/linear/teams/DES/issues`);
  await page.getByRole("button", { name: "New" }).click();
  await expect(page.getByRole("dialog")).toContainText("Fields go first");
  await look(page, "a new issue");
});

test("the explorer on memory: empty, file, JSON, keys, completions, quick look, errors", async ({ watch }) => {
  await page.goto(`/${slug}/files`);
  await expect(row(page, "memory")).toBeVisible();
  await look(page, "the root");
  await page.goto(`/${slug}/files/context/memory/experiential`);
  await expect(page.getByText("Empty", { exact: true })).toBeVisible();
  await look(page, "an empty folder");
  await makeFile(
    page,
    slug,
    "/context/memory/facts/all.md",
    "---\ncolour: green\n---\n# All\n\n- [x] one\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`code` and [a link](https://example.com)\n\n```ts\nconst x = 1;\n```\n\n> said\n",
  );
  await makeFile(page, slug, "/context/memory/facts/all.json", '{"a":[1,2,{"b":null}]}');
  for (const name of ["all.md", "all.json"]) {
    await page.goto(`/${slug}/files/context/memory/facts/${name}`);
    await expect(page.getByRole("tabpanel")).toContainText(name.endsWith("json") ? '"a"' : "one");
    await look(page, name);
  }
  await page.goto(`/${slug}/files/context/memory/facts`);
  await expect(row(page, "all.md")).toBeVisible();
  await page.getByRole("grid").focus();
  await page.keyboard.press("Space");
  await expect(page.getByRole("dialog")).toBeVisible();
  await look(page, "quick look");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  await look(page, "keys");
  await page.keyboard.press("Escape");
  await page.keyboard.press("ControlOrMeta+k");
  await page.keyboard.type("/");
  await expect(page.getByRole("option").first()).toBeVisible();
  await look(page, "completions");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "New" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await look(page, "a new file");
  await page.keyboard.press("Escape");
  watch.expectedStatuses.add(404);
  await page.goto(`/${slug}/files/context/memory/facts/not-there.md`);
  await expect(page.getByText("This path cannot be opened")).toBeVisible();
  await look(page, "a path that is not there");
});

test("members, invitations, settings, menus", async ({ browser, watch }) => {
  await visit(`/${slug}/members`, "members");
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  await look(page, "invite dialog");
  await dialog.getByRole("button", { name: "Make a link" }).click();
  await expect(dialog.getByLabel("Invitation link")).toBeVisible();
  await look(page, "the invitation's link");
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("heading", { name: "Open invitations" })).toBeVisible();
  await look(page, "members and open invitations");
  await visit(`/${slug}/settings`, "settings");
  await page.getByRole("button", { name: /^Account/ }).click();
  await expect(page.getByRole("menu")).toBeVisible();
  await look(page, "account menu");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^Switch workspace/ }).click();
  await expect(page.getByRole("menu")).toBeVisible();
  await look(page, "workspace menu");
  await page.keyboard.press("Escape");

  const made = await mutate(page, "invitations.create", { workspace: slug, role: "viewer" });
  const path = /\/invite\/[A-Za-z0-9_-]+/.exec(made.text)?.[0] ?? "";
  const other = await newcomer(browser, "Invited");
  watch.page(other.page);
  await other.page.goto(path);
  await expect(other.page.getByRole("button", { name: /^Join/ })).toBeVisible();
  await look(other.page, "an invitation");
  await other.page.goto("/invite/not-an-invitation");
  await expect(other.page.getByRole("heading", { name: "This invitation is not valid" })).toBeVisible();
  await look(other.page, "an invitation that is not valid");
  await other.close();
});

test("the sandbox's own pages", async () => {
  await page.goto(sandboxOrigin);
  await look(page, "the sandbox's home");
  await page.getByRole("link", { name: /^ENG/ }).first().click();
  await look(page, "a team in the sandbox");
  await page.getByRole("row").getByRole("link").first().click();
  await look(page, "an issue in the sandbox");
});

test("nothing moves for those who ask for reduced motion", async () => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto(`/${slug}/integrations`);
  await settled();
  await connectButton(page)
    .or(page.getByRole("link", { name: "Details" }).first())
    .first()
    .hover();
  const moving = await page.evaluate(() =>
    [...document.querySelectorAll("*")]
      .filter((element) => {
        const { animationDuration, animationName, transitionDuration } = getComputedStyle(element);
        const seconds = (list: string) => Math.max(...list.split(",").map(Number.parseFloat));
        return seconds(transitionDuration) > 0.001 || (animationName !== "none" && seconds(animationDuration) > 0.001);
      })
      .map((element) => element.outerHTML.slice(0, 120)),
  );
  expect(moving).toEqual([]);
});
