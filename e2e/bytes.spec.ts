import { expect, test } from "./fixtures";
import { connectTool, newWorkspace, query } from "./journeys";
import { baseURL } from "./playwright.config";

/** The streaming door as the production server has it: what a file is put in and taken out by. */

interface Listed {
  readonly nodes: readonly { readonly canonicalPath: string }[];
}

test("a file goes up to a task and comes back, whole and in parts, to its workspace alone", async ({ page, browser, watch }) => {
  const { slug } = await newWorkspace(page, "Bytes");
  await connectTool(page, slug, "Asana");
  const list = async (path: string): Promise<Listed["nodes"]> => {
    const { status, text } = await query(page, "vfs.list", { workspace: slug, path });
    expect(status, text).toBe(200);
    return (JSON.parse(text) as { result: { data: Listed } }).result.data.nodes;
  };
  const [task] = await list("/context/tools/asana/Acme Parcels/projects/Courier app 3.0/tasks");
  const path = `${task?.canonicalPath.replace(/\.md$/, ".d")}/attachments/Grundriß 1.bin`;
  const door = `${baseURL}/api/files/${slug}${path.split("/").map(encodeURIComponent).join("/")}`;

  // More than Next or a proxy would keep in one piece, and no text.
  const bytes = Buffer.alloc(12 * 1024 * 1024, Buffer.from([0, 255, 13, 10, 128, 7, 99]));
  const upload = { data: bytes, headers: { origin: baseURL, "content-type": "application/octet-stream", "if-none-match": "*" } };
  const made = await page.request.put(door, upload);
  expect(made.status(), await made.text()).toBe(201);
  const receipt = (await made.json()) as { canonicalPath: string; changed: boolean };
  expect(receipt.changed).toBe(true);
  expect((await page.request.put(door, upload)).status()).toBe(412);
  expect((await page.request.put(door, { ...upload, headers: { ...upload.headers, origin: "https://elsewhere.example" } })).status()).toBe(
    403,
  );

  const whole = await page.request.get(door);
  expect(whole.headers()).toMatchObject({
    "content-disposition": expect.stringContaining("filename*=UTF-8''Grundri%C3%9F%201.bin"),
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
  });
  expect((await whole.body()).equals(bytes)).toBe(true);
  const head = await page.request.head(door);
  expect([head.status(), (await head.body()).length]).toEqual([200, 0]);
  const part = await page.request.get(door, { headers: { range: "bytes=1000000-1000099" } });
  expect([part.status(), (await part.body()).equals(bytes.subarray(1_000_000, 1_000_100))]).toEqual([206, true]);

  // A page takes it as a download; it runs nothing.
  const download = page.waitForEvent("download");
  await page.evaluate((address) => {
    location.href = address;
  }, door);
  expect((await download).suggestedFilename()).toBe("Grundriß 1.bin");

  const stranger = await browser.newContext({ baseURL });
  const other = await stranger.newPage();
  watch.page(other);
  expect((await other.request.get(door)).status()).toBe(401);
  await newWorkspace(other, "Elsewhere");
  expect((await other.request.get(door)).status()).toBe(404);
  await stranger.close();
});
