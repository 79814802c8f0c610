import { test } from "./fixtures";
import { connectTool, newWorkspace, row } from "./journeys";
const shot = (page: import("@playwright/test").Page, name: string) => page.screenshot({ path: `/tmp/shots/${name}.png` });
test("tour", async ({ page, watch }) => {
  for (const s of [400,403,404,412,424,429,501,502]) watch.expectedStatuses.add(s);
  page.setDefaultTimeout(40000);
  const { slug } = await newWorkspace(page, "Tour");
  await page.goto(`/${slug}/integrations`);
  await shot(page, "01-integrations");
  for (const name of (process.env.TOUR ?? "Asana,Slack").split(",")) await connectTool(page, slug, name).catch(async (e) => { await shot(page, `connect-${name}`); console.log(String(e).slice(0, 600)); });
  await page.goto(`/${slug}/integrations`);
  await page.waitForTimeout(800);
  await shot(page, "02-integrations-connected");
  for (const [i, p] of (process.env.PATHS ?? "").split("|").entries()) {
    await page.goto(`/${slug}/files${p}`);
    await page.waitForTimeout(2500);
    await shot(page, `p${String(i).padStart(2, "0")}`);
  }
});
