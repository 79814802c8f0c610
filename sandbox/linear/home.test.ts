import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startTestSandbox } from "./testing";

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox.close());

const get = async (path: string) => {
  const response = await fetch(new URL(path, sandbox.origin));
  return { status: response.status, headers: response.headers, text: await response.text() };
};

test("every url that the API gives is a page that shows the thing", async () => {
  const token = (await sandbox.connect("read")).access_token;
  const { body } = await sandbox.graphql(
    token,
    `{ issues(first: 100, includeArchived: true) { nodes { identifier url } } projects { nodes { name url } } users(includeDisabled: true) { nodes { name url } } comments(first: 5) { nodes { url } } }`,
  );
  const urls = z.object({ nodes: z.array(z.object({ url: z.url() })) });
  const lists = z.object({ issues: urls, projects: urls, users: urls, comments: urls }).parse(body.data);
  const all = Object.values(lists).flatMap(({ nodes }) => nodes.map(({ url }) => url));
  expect(all.length).toBeGreaterThan(70);
  for (const url of all) expect((await get(url)).status, url).toBe(200);
});

test("a write is on the page after a reload, its markup as text", async () => {
  const token = (await sandbox.connect("read,write")).access_token;
  await sandbox.graphql(token, 'mutation { commentCreate(input: { issueId: "ENG-1", body: "<img src=x onerror=alert(1)>" }) { success } }');
  for (const path of ["/", "/acme", "/acme/issue/ENG-1/any-slug"]) {
    const { text, headers } = await get(path);
    expect(text, path).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(text).not.toMatch(/<script|<img|style="/);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  }
});

test("what is not there is 404, also for a path that is not a path", async () => {
  for (const path of ["/nowhere", "/acme/issue/ENG-9999", "/acme/issue/%E0%A4%A", "/borealis/issue/ENG-1", "/acme/x/y"]) {
    expect((await get(path)).status, path).toBe(404);
  }
});
