import type { Browser, Page } from "@playwright/test";
import { expect, test, type Watch } from "./fixtures";
import { askForLink, connectLinear, linearCard, makeFile, mutate, newcomer, newEmail, newWorkspace, query, signIn } from "./journeys";
import { baseURL } from "./playwright.config";

/** Several people: invitations, roles, workspaces that never see each other, and sessions that end. */

async function somebody(browser: Browser, watch: Watch): Promise<Page> {
  const context = await browser.newContext({ baseURL });
  const page = await context.newPage();
  watch.page(page);
  return page;
}

/** Invites through the dialog; answers the link that is shown once. */
async function invite(page: Page, slug: string, role: string): Promise<string> {
  await page.goto(`/${slug}/members`);
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: new RegExp(`^${role}`) }).check();
  await dialog.getByRole("button", { name: "Make a link" }).click();
  const link = await dialog.getByLabel("Invitation link").inputValue();
  await dialog.getByRole("button", { name: "Done" }).click();
  return link;
}

/** Opens an invitation signed out, signs in on the way, and joins. */
async function accept(page: Page, link: string, slug: string): Promise<string> {
  const email = newEmail("guest");
  await page.goto(link);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await signIn(page, email, new URL(link).pathname);
  await page.getByRole("button", { name: /^Join/ }).click();
  await page.waitForURL(`**/${slug}/files`);
  return email;
}

test("an invited member joins by the link, which works once", async ({ page, browser, watch }) => {
  const { slug } = await newWorkspace(page, "Invite");
  const link = await invite(page, slug, "Member");
  const member = await somebody(browser, watch);
  const email = await accept(member, link, slug);
  await page.goto(`/${slug}/members`);
  const listed = page.getByRole("listitem").filter({ hasText: email });
  await expect(listed.getByLabel(`Role of ${email}`)).toHaveValue("member");

  const late = await somebody(browser, watch);
  await signIn(late, newEmail("late"));
  await late.goto(link);
  await expect(late.getByRole("heading", { name: "This invitation is not valid" })).toBeVisible();
  watch.expectedStatuses.add(404);
  await late.goto(`/${slug}/files`);
  await expect(late.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
});

test("a viewer reads, sees no control that would be refused, and is refused by the API", async ({ page, browser, watch }) => {
  const { slug } = await newWorkspace(page, "Viewer");
  await makeFile(page, slug, "/context/memory/facts/plan.md", "# The plan\n\nShip it.\n");
  await connectLinear(page, slug);
  const link = await invite(page, slug, "Viewer");
  const viewer = await somebody(browser, watch);
  await accept(viewer, link, slug);

  await viewer.goto(`/${slug}/files/context/memory/facts/plan.md`);
  const file = viewer.getByRole("region", { name: "plan.md" });
  await expect(file.getByRole("heading", { name: "The plan" })).toBeVisible();
  for (const name of ["Edit", "Remove"]) await expect(file.getByRole("button", { name })).toHaveCount(0);
  await expect(viewer.getByRole("button", { name: "New" })).toHaveCount(0);
  await viewer.keyboard.press("e");
  await viewer.keyboard.press("Delete");
  await viewer.keyboard.press("n");
  await expect(viewer.getByRole("dialog")).toHaveCount(0);
  await expect(viewer.getByRole("textbox", { name: /^Text of/ })).toHaveCount(0);

  await viewer.goto(`/${slug}/integrations`);
  await expect(linearCard(viewer)).toContainText("Connected");
  await expect(viewer.getByRole("button", { name: /^Connect/ })).toHaveCount(0);
  await viewer.goto(`/${slug}/integrations/linear`);
  await expect(viewer.getByRole("region", { name: /^Connection as/ })).toBeVisible();
  await expect(viewer.getByRole("button", { name: /Disconnect|Connect/ })).toHaveCount(0);
  await viewer.goto(`/${slug}/members`);
  await expect(viewer.getByRole("listitem").filter({ hasText: "You" })).toBeVisible();
  await expect(viewer.getByRole("button", { name: /Invite|Remove/ })).toHaveCount(0);
  await viewer.goto(`/${slug}/activity`);
  await expect(viewer.getByText("Only members and up see the calls")).toBeVisible();
  await viewer.goto(`/${slug}/settings`);
  await expect(viewer.getByLabel("Name")).not.toBeEditable();

  const connection = /con_[a-z0-9]+/i.exec((await query(page, "connections.list", { workspace: slug })).text)?.[0] ?? "";
  expect(connection).not.toBe("");
  const refused: readonly (readonly [string, Record<string, unknown>])[] = [
    ["vfs.write", { path: "/context/memory/facts/mine.md", text: "x" }],
    ["vfs.remove", { path: "/context/memory/facts/plan.md" }],
    ["vfs.mkdir", { path: "/context/memory/facts/folder" }],
    ["connections.disconnect", { connection }],
    ["invitations.create", { role: "owner" }],
    ["workspaces.rename", { name: "Mine" }],
  ];
  for (const [procedure, input] of refused) {
    const { status, text } = await mutate(viewer, procedure, { workspace: slug, ...input });
    expect([procedure, status, text.includes("EACCES")]).toEqual([procedure, 403, true]);
  }
  expect((await query(viewer, "calls.list", { workspace: slug, limit: 1 })).status).toBe(403);
  const start = await viewer.request.post(`${baseURL}/oauth/start/linear`, {
    data: { workspace: slug, capabilities: ["read:issues"], visibility: "private", returnPath: `/${slug}/files`, popup: false },
    headers: { origin: baseURL },
  });
  expect(start.status()).toBe(403);
});

test("two workspaces never see each other, by page or by API", async ({ page, browser, watch }) => {
  const secret = "kept-between-us-4417";
  const { slug } = await newWorkspace(page, "Theirs");
  await makeFile(page, slug, "/context/memory/facts/private.md", secret);
  await connectLinear(page, slug);
  const connection = /con_[a-z0-9]+/i.exec((await query(page, "connections.list", { workspace: slug })).text)?.[0] ?? "";

  const other = await newcomer(browser, "Ours");
  const said: string[] = [];
  watch.page(other.page);
  watch.expectedStatuses.add(404);
  for (const end of [
    "files",
    "files/context/memory/facts/private.md",
    "integrations",
    "integrations/linear",
    "activity",
    "members",
    "settings",
    "welcome",
  ]) {
    await other.page.goto(`/${slug}/${end}`);
    await expect(other.page.getByRole("heading", { name: "There is nothing here" }), end).toBeVisible();
    expect(await other.page.content()).not.toContain(secret);
  }
  const inputs: readonly (readonly [string, Record<string, unknown>])[] = [
    ["workspaces.get", {}],
    ["members.list", {}],
    ["invitations.list", {}],
    ["catalogue.list", {}],
    ["connections.list", {}],
    ["connections.get", { connection }],
    ["calls.list", { limit: 10 }],
    ["vfs.stat", { path: "/context/memory/facts/private.md" }],
    ["vfs.list", { path: "/context" }],
    ["vfs.read", { path: "/context/memory/facts/private.md" }],
  ];
  for (const [procedure, input] of inputs) {
    const { status, text } = await query(other.page, procedure, { workspace: slug, ...input });
    expect([procedure, status], text).toEqual([procedure, 404]);
    said.push(text);
  }
  // With their own workspace's name the other's things are still not there.
  expect((await query(other.page, "connections.get", { workspace: other.slug, connection })).status).toBe(404);
  expect((await query(other.page, "vfs.read", { workspace: other.slug, path: "/context/memory/facts/private.md" })).status).toBe(404);
  for (const page of ["files/context/memory/facts", "integrations", "activity", "members"]) {
    await other.page.goto(`/${other.slug}/${page}`);
    await expect(other.page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(other.page.getByRole("status", { name: /^Loading/ })).toHaveCount(0);
    said.push(await other.page.content());
  }
  for (const text of said) for (const word of [secret, slug, connection]) expect(text).not.toContain(word);
  await other.close();
});

test("signing out everywhere ends every session of the person", async ({ page, browser, watch }) => {
  const { slug, email } = await newWorkspace(page, "Everywhere");
  const second = await somebody(browser, watch);
  await signIn(second, email);
  await second.waitForURL(`**/${slug}/files`);
  await page.goto(`/${slug}/settings`);
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("menuitem", { name: "Sign out everywhere" }).click();
  await page.waitForURL((url) => !url.pathname.startsWith(`/${slug}`));
  watch.expectedStatuses.add(401);
  await second.goto(`/${slug}/files`);
  await expect(second).toHaveURL(/\/sign-in/);
  expect((await query(second, "account.me", null)).status).toBe(401);
});

test("a sign-in link works once, whatever is asked with it the second time", async ({ page, browser, watch }) => {
  const email = newEmail("once");
  const link = await askForLink(page, email);
  await page.goto(link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/welcome");

  const thief = await somebody(browser, watch);
  await thief.goto(link);
  await thief.getByRole("button", { name: "Sign in" }).click();
  await expect(thief.getByRole("alert").filter({ hasText: "not valid any more" })).toBeVisible();
  await thief.goto("/welcome");
  await expect(thief).toHaveURL(/\/sign-in/);
});

test("someone without a workspace begins with the first run, and is asked to sign in before anything", async ({ page }) => {
  await page.goto("/some-workspace/files/context/memory/facts/a%23b.md");
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fsome-workspace%2Ffiles%2Fcontext%2Fmemory%2Ffacts%2Fa%2523b\.md$/);
  await signIn(page, newEmail("first"));
  await page.waitForURL("**/welcome");
  await page.goto("/");
  await page.waitForURL("**/welcome");
  await page.getByRole("button", { name: "Skip" }).click();
  await page.waitForURL((url) => /^\/[^/]+\/welcome$/.test(url.pathname));
  await page.getByRole("link", { name: "Skip", exact: true }).click();
  await page.waitForURL("**/files");
  await expect(page.getByRole("grid")).toBeVisible();
});
