import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "@/server/compose/testing-tool";
import type { Send } from "@/server/transport/send";
import type { Change, Location, ToolMount } from "@/server/vfs/tool-mount";
import { toToolResponse } from "../../testing";
import { createAsanaApi } from "../api/asana-api";
import { createAsanaMount } from "./asana-mount";
import { locations } from "./place";
import { type Bench, everything, idOf, startBench, withField } from "./testing";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.sandbox.close());
beforeEach(() => bench.reset());

describe("a list of ten thousand", () => {
  it("is walked to its end in pages of a hundred, one page at a time", async () => {
    const total = 10_000;
    let asked = 0;
    const send: Send = async ({ url }) => {
      const { pathname, searchParams } = new URL(url);
      if (pathname.endsWith("/projects/7")) {
        const row = { gid: "7", name: "Big", created_at: "x", modified_at: "x", workspace: { gid: "1" } };
        return toToolResponse(200, {}, JSON.stringify({ data: row }));
      }
      const limit = Number(searchParams.get("limit"));
      expect(limit).toBeLessThanOrEqual(100);
      asked += 1;
      const start = Number(searchParams.get("offset") ?? 0);
      const data = Array.from({ length: Math.min(limit, total - start) }, (_, index) => ({
        gid: String(start + index),
        name: `Task ${start + index}`,
        created_at: "2026-01-01T00:00:00.000Z",
        modified_at: "2026-01-01T00:00:00.000Z",
        workspace: { gid: "1" },
      }));
      const next = start + data.length;
      return toToolResponse(200, {}, JSON.stringify({ data, next_page: next < total ? { offset: String(next) } : null }));
    };
    const big = createAsanaMount({
      api: createAsanaApi({ send, base: "https://app.asana.com/api/1.0" }),
      capabilities: everything,
      account: "1",
    });
    const seen = new Set<string>();
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<ToolMount["list"]>> = await big.list(
        locations.projectTasks("1", "7"),
        { cursor, limit: 1_000 },
        bench.context,
      );
      expect(page.entries.length).toBeLessThanOrEqual(100);
      for (const entry of page.entries) seen.add(idOf(entry));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect([seen.size, asked]).toEqual([total, 100]);
  });

  it("begins again where Asana has forgotten the place", async () => {
    const { nextCursor } = await bench.mount.list(bench.inProject(), { cursor: null, limit: 2 }, bench.context);
    await bench.sandbox.control.set({ offsetSeconds: 1 });
    await bench.sandbox.control.advanceClock(2_000);
    expect(await failureOf(bench.mount.list(bench.inProject(), { cursor: nextCursor, limit: 2 }, bench.context))).toMatchObject({
      code: "ESTALE",
      details: { restart: true },
    });
  });
});

describe("a step that is run again", () => {
  it("makes one task, in its section", async () => {
    const text = "---\nsection: Doing\n---\n\nOnce.\n";
    const plan = await bench.mount.plan(
      { type: "create", parent: bench.inProject(), name: "Once", extension: ".md", text, seed: randomUUID() },
      bench.context,
    );
    expect(plan.steps.map(({ call }) => call)).toEqual(["POST /tasks", "POST /sections/{section_gid}/addTask"]);
    const location = await bench.perform(plan, 3);
    expect(bench.sent.filter(({ operation }) => operation === "POST /tasks")).toHaveLength(1);
    expect(await bench.textOf(location ?? [])).toMatch(/^section: Doing~/m);
  });

  it("edits, places, reparents and deletes once", async () => {
    const [task, parent] = [await bench.make("Changed often"), await bench.make("The parent")];
    const plan = await bench.planEdit(task.location, (text) => {
      const placed = withField(withField(text, "projects", "[Courier app 3.0, Porto / depot no. 4]"), "completed", "true");
      return withField(placed, "parent", "The parent");
    });
    expect(plan.steps.map(({ call }) => call)).toEqual([
      "PUT /tasks/{task_gid}",
      "POST /tasks/{task_gid}/setParent",
      "POST /tasks/{task_gid}/addProject",
    ]);
    bench.sent = [];
    await bench.perform(plan, 2);
    expect(bench.sent.filter(({ method }) => method !== "GET").map(({ operation }) => operation)).toEqual(
      plan.steps.map(({ call }) => call),
    );
    const canonical = locations.task(bench.workspace, task.id);
    const { revision } = await bench.mount.stat(canonical, bench.context);
    const removal = await bench.mount.plan({ type: "remove", location: canonical, revision }, bench.context);
    expect(await bench.perform(removal, 2)).toBeNull();
    expect((await failureOf(bench.mount.stat(canonical, bench.context))).code).toBe("ENOENT");
    expect((await bench.mount.stat(locations.task(bench.workspace, parent.id), bench.context)).kind).toBe("file");
  });

  it("comments once, although another comment says the same", async () => {
    const { id } = await bench.make("Commented");
    const location = locations.comments(bench.workspace, id);
    const append = () => bench.mount.plan({ type: "append", location, text: "Same **words**", seed: randomUUID() }, bench.context);
    await bench.perform(await append(), 2);
    await bench.perform(await append(), 2);
    expect((await bench.textOf(location)).match(/> Same \*\*words\*\*/g)).toHaveLength(2);
  });
});

describe("an edit of what changed meanwhile", () => {
  it("is refused where the field itself is another now, and goes through beside a change elsewhere", async () => {
    const { location, id } = await bench.make("Fought over");
    const stale = await bench.planEdit(location, (text) => withField(text, "completed", "true"));
    const [elsewhere, same] = [
      await bench.planEdit(location, (text) => withField(text, "due_on", '"2031-01-31"')),
      await bench.planEdit(location, (text) => withField(text, "name", "Mine")),
    ];
    await bench.perform(elsewhere);
    await bench.perform(stale);
    await bench.behindItsBack("PUT", `/tasks/${id}`, { name: "Theirs" });
    expect((await failureOf(bench.perform(same))).code).toBe("ESTALE");
    expect(await bench.textOf(location)).toMatch(/^name: Theirs\ncompleted: true\n/m);
  });

  it("is refused when it was planned against an older file", async () => {
    const { location, id } = await bench.make("Read long ago");
    const { text, entry } = await bench.mount.read(location, null, bench.context);
    await bench.behindItsBack("PUT", `/tasks/${id}`, { name: "Newer" });
    const change: Change = { type: "update", location, base: text, revision: entry.revision, text: withField(text, "completed", "true") };
    expect((await failureOf(bench.mount.plan(change, bench.context))).code).toBe("ESTALE");
  });

  it("sees a move between sections, which Asana's own revision does not", async () => {
    const { location } = await bench.make("Moved");
    const before = await bench.mount.stat(location, bench.context);
    await bench.perform(await bench.planEdit(location, (text) => withField(text, "section", "Review")));
    const after = await bench.mount.stat(location, bench.context);
    expect(after.modifiedAt).toBe(before.modifiedAt);
    expect(after.revision).not.toBe(before.revision);
  });
});

describe("moving and removing", () => {
  const move = (location: Location, to: Location, name: string | null = null) =>
    bench.mount.plan({ type: "move", location, to, name, revision: null, seed: randomUUID() }, bench.context);

  it("puts a subtask under another parent, and takes it out from under one", async () => {
    const [first, second] = [await bench.make("First parent"), await bench.make("Second parent")];
    const child = await bench.make("Child", "", locations.subtasks(bench.workspace, first.id));
    const moved = (await bench.perform(await move(child.location, locations.subtasks(bench.workspace, second.id), "Grown child.md"))) ?? [];
    expect(await bench.textOf(moved)).toMatch(/^name: Grown child$[\s\S]*^parent: Second parent~/m);
    const { revision } = await bench.mount.stat(moved, bench.context);
    await bench.perform(await bench.mount.plan({ type: "remove", location: moved, revision }, bench.context));
    expect(await bench.textOf(locations.task(bench.workspace, child.id))).toMatch(/^parent: null$/m);
    expect(await bench.list(locations.subtasks(bench.workspace, second.id))).toEqual([]);
  });

  it("renames in place, and refuses what Asana has no one call for", async () => {
    const { location, id } = await bench.make("Old name");
    await bench.perform(await move(location, bench.inProject(), "New name.md"));
    expect(await bench.textOf(location)).toMatch(/^name: New name$/m);
    for (const [from, to] of [
      [locations.task(bench.workspace, id), bench.inProject()],
      [location, locations.tasks(bench.workspace)],
      [location, locations.users(bench.workspace)],
      [location, locations.tasks("1")],
    ] as const) {
      expect(await failureOf(move(from, to))).toMatchObject({ code: "ENOTSUP", details: { operation: "move" } });
    }
    expect((await move(location, bench.inProject(), "New name.md")).steps).toEqual([]);
  });

  it("leaves the other projects of a task alone", async () => {
    const { location, id } = await bench.make("In two", "---\nprojects: [Porto / depot no. 4]\n---\n");
    const { revision } = await bench.mount.stat(location, bench.context);
    await bench.perform(await bench.mount.plan({ type: "remove", location, revision }, bench.context));
    expect((await failureOf(bench.mount.stat(location, bench.context))).code).toBe("ENOENT");
    expect((await bench.mount.stat(locations.taskIn(locations.projectTasks(bench.workspace, bench.other), id), bench.context)).kind).toBe(
      "link",
    );
  });
});
