import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Change, Location } from "@/server/vfs/tool-mount";
import { locations } from "./place";
import { failureOf, idOf, mountBench, withField } from "./testing";

const bench = mountBench();
describe("removing an issue", () => {
  it("archives it: it leaves the list and its path, and twice is once", async () => {
    const { id, location, revision } = await bench.anIssue();
    const plan = await bench.mount.plan({ type: "remove", location, revision }, bench.context);
    expect(plan.undo).toMatch(/from archive back/);
    const archived = locations.issue({ team: bench.team, issue: id, archived: true });
    expect(await bench.perform(plan)).toEqual([archived]);
    expect(await bench.perform(plan)).toEqual([archived]);
    expect((await bench.list(locations.archive(bench.team))).map((entry) => entry.segment)).toContainEqual(location.at(-1));
    expect((await bench.mount.read(archived, null, bench.context)).text).toMatch(/^archived_at: "\d{4}-/m);
    expect((await failureOf(bench.mount.stat(location, bench.context))).code).toBe("ENOENT");
    expect((await bench.list(locations.issues(bench.team))).map((entry) => entry.segment)).not.toContainEqual(location.at(-1));
  });

  it("is ESTALE when it changed since it was read", async () => {
    const { location, revision } = await bench.anIssue();
    await bench.perform((await bench.planUpdate((text) => withField(text, "priority", "Low"))).plan);
    expect((await failureOf(bench.mount.plan({ type: "remove", location, revision }, bench.context))).code).toBe("ESTALE");
  });
});

describe("moving an issue", () => {
  const at = (id: string, archived: boolean) => locations.issue({ team: bench.team, issue: id, archived });
  const moveOf = (location: Location, to: Location, name: string | null = null): Change => ({
    type: "move",
    location,
    to,
    name,
    revision: null,
    seed: randomUUID(),
  });

  it("into the archive and back changes nothing of it", async () => {
    const { id, location, text } = await bench.anIssue();
    expect(await bench.perform(await bench.mount.plan(moveOf(location, locations.archive(bench.team)), bench.context))).toEqual([
      at(id, true),
    ]);
    const back = await bench.mount.plan(moveOf(at(id, true), locations.issues(bench.team)), bench.context);
    expect(back.steps[0]?.changes).toEqual([{ field: "archived", from: "yes", to: "no" }]);
    expect(await bench.perform(back)).toEqual([location]);
    expect(await bench.perform(back)).toEqual([location]);
    expect((await bench.mount.read(location, null, bench.context)).text).toBe(text);
  });

  it("anywhere else, or under another name, is refused", async () => {
    const { location } = await bench.anIssue();
    const other = idOf((await bench.list(locations.teams)).find((entry) => entry.title === "DES"));
    for (const change of [
      moveOf(location, locations.issues(bench.team)),
      moveOf(location, locations.archive(other)),
      moveOf(location, locations.issues(other)),
      moveOf(location, locations.archive(bench.team), "Another name.md"),
      moveOf(locations.teamFile(bench.team), locations.archive(bench.team)),
    ]) {
      expect(await failureOf(bench.mount.plan(change, bench.context))).toMatchObject({ code: "ENOTSUP", details: { operation: "move" } });
    }
  });

  it("leaves an archived one to be read only", async () => {
    const { id, location } = await bench.anIssue();
    await bench.perform(await bench.mount.plan(moveOf(location, locations.archive(bench.team)), bench.context));
    const { text, entry } = await bench.mount.read(at(id, true), null, bench.context);
    expect(entry.schemaKind).toBe("archived_issue");
    const update: Change = { type: "update", location: at(id, true), base: text, revision: null, text: withField(text, "state", "Done") };
    expect((await failureOf(bench.mount.plan(update, bench.context))).code).toBe("ENOTSUP");
    const comments = locations.comments({ team: bench.team, issue: id, archived: true });
    expect(
      (await failureOf(bench.mount.plan({ type: "append", location: comments, text: "x", seed: randomUUID() }, bench.context))).code,
    ).toBe("ENOTSUP");
    expect((await failureOf(bench.mount.plan({ type: "remove", location: at(id, true), revision: null }, bench.context))).code).toBe(
      "ENOTSUP",
    );
    expect((await failureOf(bench.mount.stat(location, bench.context))).code).toBe("ENOENT");
  });
});

describe("a parent", () => {
  it("is set by identifier or handle, cleared by null, and never the issue itself", async () => {
    const entries = await bench.list(locations.issues(bench.team));
    const above = entries[3];
    const identifier = above?.title.split(" ")[0] ?? "";
    await bench.perform((await bench.planUpdate((text) => withField(text, "parent", identifier))).plan);
    const { text, location } = await bench.anIssue();
    expect(text).toContain(`parent: ${above?.title}~`);
    expect((await bench.planUpdate((same) => same)).plan.steps).toEqual([]);
    const { plan } = await bench.planUpdate((same) => withField(same, "parent", "null"));
    expect(plan.steps[0]?.changes).toMatchObject([{ field: "parent", to: null }]);
    await bench.perform(plan);
    expect((await bench.mount.read(location, null, bench.context)).text).toMatch(/^parent: null$/m);
    for (const wrong of ["ENG-99999", "the other one"]) {
      expect(await failureOf(bench.planUpdate((same) => withField(same, "parent", wrong)))).toMatchObject({
        code: "EINVAL",
        details: { key: "parent" },
      });
    }
    const own = (await bench.planUpdate((same) => withField(same, "parent", /^identifier: "(.*)"$/m.exec(same)?.[1] ?? ""))).plan;
    expect((await failureOf(bench.perform(own))).code).toBe("EINVAL");
  });
});
