import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestTool, type TestTool } from "@/sandbox/testing";
import { HubError } from "@/server/errors";
import type { Change, DraftStep, Entry, Location, MountContext, ToolMount } from "@/server/vfs/tool-mount";
import { listCapabilities, scopesToAsk } from "../../../manifests";
import { createTestContext, createTestTransport } from "../../../testing";
import { googleWorkspaceManifest } from "../../manifest";
import { recorded } from "../../testing";

/** The mount of Drive and Docs against the sandbox, where its calls can be seen and its answers lost. */

let tool: TestTool<{ access_token: string }, Readonly<Record<string, unknown>>>;
let transport: ReturnType<typeof createTestTransport>;
let mount: ToolMount;
const context: MountContext = createTestContext();
const capabilities = listCapabilities(googleWorkspaceManifest);

const mountOf = async (person: string): Promise<ToolMount> => {
  const { access_token } = await tool.connect(scopesToAsk(googleWorkspaceManifest, capabilities), person);
  const settings = tool.settingsFor(googleWorkspaceManifest);
  return recorded.mount({ send: transport.send(access_token), settings, capabilities, identity: { accountId: "a", orgId: "o" } });
};

beforeAll(async () => {
  tool = await startTestTool("google-workspace", { settings: { archivedFiles: 10_000 } });
  transport = createTestTransport(recorded, tool.settingsFor(googleWorkspaceManifest));
  mount = await mountOf("ann@acme.example");
});
afterAll(() => tool.close());

const at = (...names: readonly string[]): Location => names.map((name) => ({ type: "fixed", name }));

async function child(directory: Location, title: string, of = mount): Promise<Location> {
  const { entries } = await of.list(directory, { cursor: null, limit: 1_000 }, context);
  const entry = entries.find((one) => one.title === title);
  if (entry === undefined) throw new Error(`no ${title}`);
  return [...directory, entry.segment];
}

const read = async (location: Location): Promise<string> => (await mount.read(location, null, context)).text;

async function failureOf(work: Promise<unknown>): Promise<HubError> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof HubError) return outcome;
  throw new Error(`not refused: ${String(outcome)}`);
}

async function planned(change: Change): Promise<DraftStep> {
  const { steps } = await mount.plan(change, context);
  const [step] = steps;
  if (step === undefined) throw new Error("no step");
  return JSON.parse(JSON.stringify(step)) as DraftStep;
}

const create = (name: string, seed = crypto.randomUUID(), text = "Words.\n"): Promise<DraftStep> =>
  planned({ type: "create", parent: at("drive", "my-drive"), name, extension: ".md", text, seed });

const lose = (operation: string, times = 1) => tool.control.addFault({ match: { operation }, effect: { kind: "lost_answer" }, times });

const made = async (title: string): Promise<number> => {
  const { entries } = await mount.list(at("drive", "my-drive"), { cursor: null, limit: 1_000 }, context);
  return entries.filter((entry) => entry.title === title).length;
};

describe("a folder of 10,000 files", () => {
  it("is listed to its end, page by page, never asking for more than Drive gives", async () => {
    const archive = await child(at("drive", "my-drive"), "Archive");
    const before = transport.calls.length;
    const seen = new Set<string>();
    const sizes: number[] = [];
    let cursor: string | null = null;
    do {
      const page: { entries: readonly Entry[]; nextCursor: string | null } = await mount.list(archive, { cursor, limit: 5_000 }, context);
      sizes.push(page.entries.length);
      for (const entry of page.entries) seen.add(JSON.stringify(entry.segment));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(sizes).toEqual(Array.from({ length: 10 }, () => 1_000));
    expect(seen.size).toBe(10_000);
    const lists = transport.calls.slice(before).filter(({ operation }) => operation === "drive.files.list");
    expect(lists).toHaveLength(10);
    for (const { url } of lists) expect(new URL(url).searchParams.get("pageSize")).toBe("1000");
  });
});

describe("where a file is", () => {
  it("is what its path says, or it is not there", async () => {
    const notes = await child(at("drive", "my-drive"), "Notes");
    const work = await child(at("drive", "my-drive"), "My work");
    const [last] = notes.slice(-1);
    if (last === undefined) throw new Error("no segment");
    expect((await failureOf(mount.stat([...work, last], context))).code).toBe("ENOENT");
    expect((await failureOf(mount.stat([...at("drive", "shared-with-me"), last], context))).code).toBe("ENOENT");
    expect((await failureOf(mount.stat([...notes, last], context))).code).toBe("ENOTDIR");
  });

  it("is named safely whatever its name is: empty, slashes, another script", async () => {
    const work = await child(at("drive", "my-drive"), "My work");
    const { entries } = await mount.list(work, { cursor: null, limit: 1_000 }, context);
    const titles = entries.map(({ title }) => title);
    expect(titles).toEqual(expect.arrayContaining(["Untitled", "/".repeat(300)]));
    for (const entry of entries.filter(
      ({ kind, segment }) => kind === "file" && segment.type === "object" && segment.kind === "document",
    )) {
      expect((await mount.read([...work, entry.segment], null, context)).text).toMatch(/^---\ntitle: /);
    }
  });
});

describe("bytes", () => {
  it("come in the range that is asked for, and not from behind the end", async () => {
    const porto = await child(at("drive", "shared-with-me"), "Porto");
    const file = await child(porto, "Fire brigade, protocol");
    const open = async (range: { start: number; end: number | null } | null) => {
      const opened = await mount.open?.(file, { range }, context);
      return { ...opened, bytes: Buffer.from(await new Response(opened?.body).arrayBuffer()) };
    };
    const whole = await open(null);
    expect([whole.range, whole.bytes.length, whole.mediaType]).toEqual([null, whole.sizeBytes, "application/pdf"]);
    const part = await open({ start: 5, end: 9 });
    expect([part.range, part.bytes.equals(whole.bytes.subarray(5, 10))]).toEqual([{ start: 5, end: 9 }, true]);
    const rest = await open({ start: whole.bytes.length - 4, end: null });
    expect(rest.bytes.equals(whole.bytes.subarray(-4))).toBe(true);
    expect((await failureOf(open({ start: whole.bytes.length, end: null }))).code).toBe("EINVAL");
  });
});

describe("a change whose answer was lost", () => {
  it("creates one document, found again by its marker", async () => {
    await lose("drive.files.create");
    const step = await create("Lost once");
    const first = await mount.perform(step, context);
    expect(await mount.perform(step, context)).toEqual(first);
    expect(await made("Lost once")).toBe(1);
  });

  it("is told as unknown where nobody can say, and nothing is sent again", async () => {
    await lose("drive.files.create");
    // The look for the marker before passes; the one after fails.
    const look = { operation: "drive.files.list" };
    await tool.control.addFault({ match: look, effect: { kind: "slow", delayMs: 0 } });
    await tool.control.addFault({ match: look, effect: { kind: "status", status: 404, body: "" } });
    const creates = async () => (await tool.control.journal()).operations["drive.files.create"] ?? 0;
    const before = await creates();
    const step = await create("Lost twice");
    expect(await failureOf(mount.perform(step, context))).toMatchObject({ code: "EIO", details: { outcome: "unknown" } });
    expect(await creates()).toBe(before + 1);
    await tool.control.clearFaults();
    await mount.perform(step, context);
    expect(await made("Lost twice")).toBe(1);
  });

  it("edits once", async () => {
    const { location } = await mount.perform(await create("Edited"), context);
    if (location === null) throw new Error("no place");
    const base = await read(location);
    await lose("docs.documents.batchUpdate");
    const { revision } = await mount.stat(location, context);
    await mount.perform(await planned({ type: "update", location, base, revision, text: base.replace("Words", "More words") }), context);
    expect(await read(location)).toBe(base.replace("Words", "More words"));
  });

  it("appends once, also when it is repeated and while others write", async () => {
    const { location } = await mount.perform(await create("Appended"), context);
    if (location === null) throw new Error("no place");
    const base = await read(location);
    const step = await planned({ type: "append", location, text: "Once.", seed: crypto.randomUUID() });
    await mount.perform(await planned({ type: "append", location, text: "Before.", seed: crypto.randomUUID() }), context);
    await lose("docs.documents.batchUpdate");
    await mount.perform(step, context);
    await mount.perform(step, context);
    expect(await read(location)).toBe(`${base.trimEnd()}\n\nBefore.\n\nOnce.\n`);
  });
});

describe("a document that somebody else changed", () => {
  it("is not written over: not when planning, and not between plan and execution", async () => {
    const { location } = await mount.perform(await create("Raced"), context);
    if (location === null) throw new Error("no place");
    const base = await read(location);
    const { revision } = await mount.stat(location, context);
    const update = { type: "update", location, base, revision, text: base.replace("Words", "Mine") } as const;
    const step = await planned(update);
    await mount.perform(await planned({ type: "append", location, text: "Theirs.", seed: crypto.randomUUID() }), context);
    expect((await failureOf(mount.perform(step, context))).code).toBe("ESTALE");
    expect((await failureOf(mount.plan(update, context))).code).toBe("ESTALE");
    expect(await read(location)).toBe(`${base.trimEnd()}\n\nTheirs.\n`);
  });

  it("is read, and not written, by who may only read it", async () => {
    const gita = await mountOf("gita@acme.example");
    const location = await child(at("drive", "shared-with-me"), "Courier app 3.0: decisions", gita);
    const { text: base } = await gita.read(location, null, context);
    expect(base).toContain("The map stays light until");
    const change = { type: "update", location, base, revision: null, text: base.replace("beta", "gamma") } as const;
    expect((await failureOf(gita.plan(change, context))).code).toBe("EACCES");
    const append = await gita.plan({ type: "append", location, text: "x", seed: crypto.randomUUID() }, context);
    const [step] = append.steps;
    expect((await failureOf(step === undefined ? Promise.resolve() : gita.perform(step, context))).code).toBe("EACCES");
  });
});

describe("a plan", () => {
  it("of another version of the hub is refused", async () => {
    const step = await create("Old plan of the hub");
    expect((await failureOf(mount.perform({ ...step, args: { ...step.args, call: "documentMake" } }, context))).code).toBe("ESTALE");
  });

  it.each([
    ["another extension", { extension: ".txt" }, "EINVAL"],
    ["a title that disagrees", { text: "---\ntitle: Other\n---\n" }, "EINVAL"],
    ["an unknown key", { text: "---\nowner: Ann\n---\n" }, "EINVAL"],
  ] as const)("of a new document with %s is refused", async (_what, change, code) => {
    const base = { type: "create", parent: at("docs"), name: "New", extension: ".md", text: "x", seed: crypto.randomUUID() } as const;
    expect((await failureOf(mount.plan({ ...base, ...change }, context))).code).toBe(code);
  });

  it("changes nothing but documents", async () => {
    const work = await child(at("drive", "my-drive"), "My work");
    const survey = await child(work, "Courier survey");
    const change = { type: "update", location: survey, base: "{}", revision: null, text: "{ }" } as const;
    expect((await failureOf(mount.plan(change, context))).code).toBe("ENOTSUP");
    expect((await failureOf(mount.plan({ type: "remove", location: survey, revision: null }, context))).code).toBe("ENOTSUP");
    expect(
      (await failureOf(mount.plan({ type: "create", parent: work, name: "x", extension: ".md", text: "x", seed: "s" }, context))).code,
    ).toBe("ENOTSUP");
  });
});

describe("a document too large to be taken apart", () => {
  it("is read by Google's own conversion", async () => {
    const notes = await child(at("drive", "my-drive"), "Notes");
    await tool.control.addFault({ match: { operation: "docs.documents.get" }, effect: { kind: "status", status: 413, body: "" } });
    expect(await read(notes)).toMatch(/^---\ntitle: Notes\nid: ".+"\n---\n\n# Notes\n/);
  });
});
