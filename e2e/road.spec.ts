import { expect, test } from "./fixtures";
import { chooseAccount, createWorkspace, newEmail, openConsent, row, sandboxOrigin, signIn } from "./journeys";

/** The whole road as a newcomer walks it, from the first page to a tool that is disconnected again. */

const title = "Bump TLS certificates before 1 January";
const said = "The certificates of the depots end on 3 January.";

test("a newcomer connects Linear, edits an issue as a file, comments, and finds both in Linear", async ({ page, context }) => {
  test.setTimeout(180_000);
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await signIn(page, newEmail("newcomer"));

  await page.waitForURL("**/welcome");
  const slug = await createWorkspace(page, "The whole road");

  await test.step("consents in the popup and lands in the explorer on the tool", async () => {
    const consent = await openConsent(page, page.getByRole("button", { name: "Connect Linear" }));
    await expect(consent.getByText("No real account is touched")).toBeVisible();
    await chooseAccount(consent, "ben@acme.example");
    await consent.getByRole("button", { name: "Authorize" }).click();
    await page.waitForURL(`**/${slug}/files/context/tools/linear`);
    await expect(page.getByRole("region", { name: "About linear" })).toContainText("Ben Okafor");
  });

  await test.step("walks down to the team's issues", async () => {
    await row(page, "teams").click();
    await row(page, "ENG").click();
    await row(page, "issues").click();
    await expect(page).toHaveURL(/\/context\/tools\/linear\/teams\/ENG[^/]*\/issues$/);
    await row(page, title).click();
  });

  const file = page.getByRole("region", { name: title });
  await test.step("reads the issue", async () => {
    await expect(file.getByRole("tabpanel")).toContainText("Todo");
    await expect(file.getByRole("tabpanel")).toContainText("Finn O’Brien");
  });

  await test.step("edits its state: the plan is shown first, then the receipt", async () => {
    await file.getByRole("button", { name: "Edit" }).click();
    const editor = page.getByRole("textbox", { name: /^Text of/ });
    await expect(editor).toContainText("state: Todo");
    const text = (await editor.locator(".cm-line").allInnerTexts()).map((line) => line.replace(/\n$/, "")).join("\n");
    await editor.press("ControlOrMeta+a");
    await page.keyboard.insertText(text.replace(/^state: Todo.*$/m, "state: Done"));
    await page.getByRole("button", { name: "Review and save" }).click();
    const review = page.getByRole("dialog", { name: "Review the change" });
    await expect(review.getByRole("term")).toHaveText(["state"]);
    await expect(review.getByRole("definition")).toHaveText(/Todo.*Done/);
    await expect(review).toContainText("this is done by Ben Okafor");
    await review.getByRole("button", { name: "Apply" }).click();
    const receipt = page.getByRole("dialog", { name: "Receipt" });
    await expect(receipt).toContainText("Done");
    await expect(receipt).toContainText(/undo/i);
    await receipt.getByText("Close", { exact: true }).click();
    await expect(file.getByRole("tabpanel")).toContainText("Done");
  });

  await test.step("comments, and sees the comment in the thread", async () => {
    await file.getByRole("tab", { name: "Thread" }).click();
    await file.getByLabel("Comment").fill(said);
    await file.getByRole("button", { name: "Add comment" }).click();
    await expect(file.getByLabel("Comment")).toHaveValue("");
    await expect(file.getByRole("tabpanel")).toContainText(said);
  });

  await test.step("finds the change and the comment in Linear", async () => {
    const [tool] = await Promise.all([context.waitForEvent("page"), file.getByRole("link", { name: "Open in the tool" }).click()]);
    await expect(tool).toHaveURL(new RegExp(`^${sandboxOrigin}/acme/issue/ENG-\\d+/`));
    await expect(tool.getByRole("heading", { level: 1 })).toHaveText(title);
    await expect(tool.getByRole("definition").first()).toHaveText("Done");
    await expect(tool.getByRole("article").filter({ hasText: said })).toContainText("Ben Okafor");
    await tool.close();
  });

  await test.step("finds the calls in the activity", async () => {
    await page.getByRole("link", { name: "Activity" }).click();
    const table = page.getByRole("table", { name: "Calls to the tools, newest first" });
    await table
      .getByRole("row", { name: /update/i })
      .first()
      .getByRole("button")
      .click();
    const call = page.getByRole("dialog");
    await expect(call).toContainText("200");
    await expect(call).toContainText(title);
    await expect(call).toContainText("/graphql");
    await page.keyboard.press("Escape");
    await expect(call).toBeHidden();
  });

  await test.step("disconnects, with what was proven", async () => {
    await page.goto(`/${slug}/integrations/linear`);
    await page.getByRole("button", { name: "Disconnect" }).click();
    const dialog = page.getByRole("alertdialog");
    await dialog.getByRole("button", { name: "Disconnect" }).click();
    await expect(dialog).toContainText("Linear is disconnected");
    await expect(dialog).toContainText("The tokens are deleted from the vault.");
    await expect(dialog).toContainText(/copies of [1-9]\d* files are deleted/);
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(page.getByText("Linear is not connected")).toBeVisible();
  });

  await test.step("the files are gone here, and nothing is gone there", async () => {
    await page.goto(`/${slug}/files/context/tools/linear`);
    await expect(page.getByText("Empty", { exact: true })).toBeVisible();
    await expect(row(page, "teams")).toHaveCount(0);
    await page.goto(`${sandboxOrigin}/acme/team/ENG/all`);
    await expect(page.getByRole("row").filter({ hasText: title })).toContainText("Done");
  });
});
