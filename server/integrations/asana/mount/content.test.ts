import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "@/server/compose/testing-tool";
import type { Change, Location } from "@/server/vfs/tool-mount";
import { locations } from "./place";
import { type Bench, everything, idOf, startBench, withField } from "./testing";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.sandbox.close());
beforeEach(() => bench.reset());

describe("text", () => {
  it.each([
    ["emoji and right-to-left", "🎉 שלום 👩‍👩‍👧", "🎉 **שלום** 👩‍👩‍👧"],
    ["characters of four bytes", "𝒜𝓈𝒶𝓃𝒶 𠜎", "𠜎 `𝒜`"],
    ["three hundred slashes", "/".repeat(300), "a/b//c"],
    ["what looks like markup", "<b>&amp;</b>", "<script>alert(1)</script> & more"],
  ])("survives: %s", async (_what, name, body) => {
    const { location } = await bench.make(name, `---\nname: ${JSON.stringify(name)}\n---\n\n${body}\n`);
    const task = await bench.mount.read(location, "json", bench.context);
    expect(JSON.parse(task.text).name).toBe(name);
    const first = await bench.textOf(location);
    expect((await bench.planEdit(location, (text) => text)).steps).toEqual([]);
    // Written back as it was printed, it reads the same: nothing is escaped twice.
    await bench.perform(await bench.planEdit(location, (text) => `${text.trimEnd()}!\n`));
    expect(await bench.textOf(location)).toBe(`${first.trimEnd()}!\n`);
  });

  it("survives: line ends of both kinds, and a name of nothing", async () => {
    const { location } = await bench.make("Lines", "---\r\nname: Lines\r\n---\r\n\r\none\r\ntwo\r\n\r\nthree\r\n");
    expect(await bench.textOf(location)).toMatch(/\n\none\ntwo\n\nthree\n$/);
    await bench.perform(await bench.planEdit(location, (text) => withField(text, "name", '""')));
    expect(await bench.textOf(location)).toMatch(/^name: ""$/m);
    expect((await bench.mount.stat(location, bench.context)).title).toBe("Untitled task");
  });
});

describe("an attachment", () => {
  const bytes = new TextEncoder().encode("0123456789");
  const content = { sizeBytes: bytes.byteLength, stream: () => new Blob([bytes]).stream() };

  async function attach(): Promise<Location> {
    const { id } = await bench.make("Has a file");
    const parent = locations.attachments(bench.workspace, id);
    const change: Change = { type: "upload", parent, name: "ten.txt", mediaType: "text/plain", sizeBytes: 10, seed: randomUUID() };
    const plan = await bench.mount.plan(change, bench.context);
    const results = [];
    for (let time = 0; time < 2; time += 1) {
      for (const step of plan.steps) results.push(await bench.mount.perform(step, bench.context, content));
    }
    expect(await bench.list(parent)).toHaveLength(1);
    return results.at(-1)?.location ?? [];
  }

  it("comes from its own address, which is asked for each time and gets no token", async () => {
    const location = await attach();
    bench.sent = [];
    const opened = await bench.mount.open?.(location, { range: { start: 2, end: 4 } }, bench.context);
    expect(opened).toMatchObject({ mediaType: "text/plain", sizeBytes: 10, range: { start: 2, end: 4 } });
    expect(await new Response(opened?.body).text()).toBe("234");
    const download = bench.sent.find(({ operation }) => operation === "GET download_url");
    expect(download).toMatchObject({ authorization: "none", answer: "stream" });
    expect(JSON.stringify(download?.headers ?? {})).not.toContain("authorization");
    expect(bench.sent.some(({ operation }) => operation === "GET /attachments/{attachment_gid}")).toBe(true);
    expect(
      (await failureOf(bench.mount.open?.(location, { range: { start: 10, end: null } }, bench.context) ?? Promise.resolve())).code,
    ).toBe("EINVAL");
  });

  it("that is kept elsewhere is its record, and says where", async () => {
    const { id } = await bench.make("Has a link");
    const form = new FormData();
    for (const [name, value] of Object.entries({
      parent: id,
      resource_subtype: "external",
      name: "Plan",
      url: "https://docs.example/plan",
    })) {
      form.set(name, value);
    }
    const { access_token } = await bench.sandbox.connect(["default"]);
    await fetch(`${bench.sandbox.origin}/api/1.0/attachments`, {
      method: "POST",
      headers: { authorization: `Bearer ${access_token}` },
      body: form,
    });
    const [entry] = await bench.list(locations.attachments(bench.workspace, id));
    const location = locations.attachment(bench.workspace, id, idOf(entry));
    expect(JSON.parse(await bench.textOf(location))).toMatchObject({ name: "Plan", host: "external", url: "https://docs.example/plan" });
    const refused = await failureOf(bench.mount.open?.(location, { range: null }, bench.context) ?? Promise.resolve());
    expect([refused.code, refused.message]).toEqual(["ENOTSUP", expect.stringContaining("https://docs.example/plan")]);
  });

  it("of more than a hundred megabytes is refused before anything is sent", async () => {
    const { id } = await bench.make("Too big");
    const change: Change = {
      type: "upload",
      parent: locations.attachments(bench.workspace, id),
      name: "big.bin",
      mediaType: "application/octet-stream",
      sizeBytes: 100_000_001,
      seed: randomUUID(),
    };
    expect(await failureOf(bench.mount.plan(change, bench.context))).toMatchObject({ code: "EFBIG", details: { limit: 100_000_000 } });
  });
});

describe("what was not switched on", () => {
  it.each([
    [
      "write:tasks",
      (): Change => ({ type: "create", parent: bench.inProject(), name: "No", extension: ".md", text: "", seed: randomUUID() }),
    ],
    [
      "write:comments",
      (task: string): Change => ({ type: "append", location: locations.comments(bench.workspace, task), text: "No", seed: randomUUID() }),
    ],
    [
      "write:attachments",
      (task: string): Change => ({
        type: "upload",
        parent: locations.attachments(bench.workspace, task),
        name: "no.txt",
        mediaType: "text/plain",
        sizeBytes: 1,
        seed: randomUUID(),
      }),
    ],
  ])("is ESCOPE by its name: %s", async (word, change) => {
    const { id } = await bench.make("Guarded");
    const allowed = await bench.mount.plan(change(id), bench.context);
    bench.mount = await bench.openMount(everything.filter((one) => one !== word));
    const [step] = allowed.steps;
    expect(await failureOf(bench.mount.plan(change(id), bench.context))).toMatchObject({ code: "ESCOPE", details: { capability: word } });
    expect(await failureOf(bench.mount.perform(step ?? { call: "", changes: [], args: {} }, bench.context))).toMatchObject({
      code: "ESCOPE",
    });
  });
});

describe("a file that says what cannot be", () => {
  it.each([
    ["a section of another project", "section: Nowhere", "section"],
    ["nobody's address", "assignee: nobody@acme.example", "assignee"],
    ["a person's name that there is not", "assignee: Nobody At All", "assignee"],
    ["a project that there is not", "projects: [No such bench.project]", "projects"],
    ["what Asana sets itself", 'created_at: "2026-01-01T00:00:00Z"', "created_at"],
    ["another name than the file's", "name: Something else", "name"],
  ])("names %s", async (_what, line, key) => {
    const change: Change = {
      type: "create",
      parent: bench.inProject(),
      name: "Refused",
      extension: ".md",
      text: `---\n${line}\n---\n`,
      seed: randomUUID(),
    };
    expect(await failureOf(bench.mount.plan(change, bench.context))).toMatchObject({ code: "EINVAL", details: { key } });
  });

  it("does not leave a project's task without a section", async () => {
    const { location } = await bench.make("Stands somewhere");
    expect(await failureOf(bench.planEdit(location, (text) => withField(text, "section", "null")))).toMatchObject({
      code: "EINVAL",
      details: { key: "section" },
    });
  });
});
