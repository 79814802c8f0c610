import { HubError } from "@/server/errors";
import type { ReadFormat } from "./node";
import type { Change, DraftPlan, DraftStep, Entry, EntryPage, Location, PrintedFile, StepResult, ToolMount } from "./tool-mount";

/**
 * A small tool in memory, for the tests of what stands around a `ToolMount`: teams with items, companions with comments, links, equal
 * names, and as many children as a test wants. Strict as a vendor: cursors of its own, a revision that every change moves.
 */

export interface FixtureItem {
  id: string;
  title: string;
  body: string;
  revision: number;
  comments: string[];
  starred: boolean;
}

export interface FixtureTeam {
  readonly id: string;
  title: string;
  readonly items: Map<string, FixtureItem>;
}

export interface FixtureTool {
  readonly mount: ToolMount;
  readonly teams: Map<string, FixtureTeam>;
  /** What was asked and sent, in order: `list /teams`, `perform update i1`. */
  readonly calls: string[];
  /** The next call whose words begin so fails with this. */
  failNext(words: string, error: Error): void;
  addItem(team: string, fields: Partial<FixtureItem> & { id: string; title: string }): FixtureItem;
}

const gone = () => new HubError("ENOENT", "The tool has no such record.");

export function createFixtureTool(options: { readonly pageSize?: number } = {}): FixtureTool {
  const pageSize = options.pageSize ?? 3;
  const teams = new Map<string, FixtureTeam>();
  const calls: string[] = [];
  const faults: { words: string; error: Error }[] = [];

  const note = (words: string): void => {
    calls.push(words);
    const at = faults.findIndex((fault) => words.startsWith(fault.words));
    const [fault] = at === -1 ? [] : faults.splice(at, 1);
    if (fault !== undefined) throw fault.error;
  };
  const say = (location: Location): string =>
    `/${location.map((segment) => (segment.type === "fixed" ? segment.name : `${segment.externalId}${segment.companion ? ".d" : ""}`)).join("/")}`;

  const blank = { mediaType: null, sizeBytes: null, createdAt: null, modifiedAt: null, revision: null, webUrl: null };
  const directory = (name: string, extra: Partial<Entry> = {}): Entry => ({
    ...blank,
    segment: { type: "fixed", name },
    kind: "directory",
    title: name,
    extension: "",
    ...extra,
  });
  const file = (name: string, mediaType: string, extra: Partial<Entry> = {}): Entry => ({
    ...directory(name, extra),
    kind: "file",
    mediaType,
  });
  const teamEntry = (team: FixtureTeam): Entry => ({
    ...directory(""),
    segment: { type: "object", kind: "team", externalId: team.id },
    title: team.title,
  });
  const itemEntry = (item: FixtureItem): Entry => ({
    ...blank,
    segment: { type: "object", kind: "item", externalId: item.id },
    kind: "file",
    title: item.title,
    extension: ".md",
    mediaType: "text/markdown",
    createdAt: "2026-01-01T00:00:00.000Z",
    modifiedAt: new Date(Date.UTC(2026, 0, 1) + item.revision * 1000).toISOString(),
    revision: String(item.revision),
    webUrl: `https://fixture.test/${item.id}`,
    companion: true,
  });
  const companionEntry = (item: FixtureItem): Entry => ({
    ...directory(""),
    segment: { type: "object", kind: "item", externalId: item.id, companion: true },
    title: item.title,
    extension: ".d",
  });
  const commentsEntry = (item: FixtureItem): Entry =>
    file("comments.md", "text/markdown", { schemaKind: "comments", revision: String(item.comments.length) });
  const itemLocation = (team: FixtureTeam, item: FixtureItem): Location => [
    { type: "fixed", name: "teams" },
    { type: "object", kind: "team", externalId: team.id },
    { type: "fixed", name: "items" },
    { type: "object", kind: "item", externalId: item.id },
  ];

  type Place =
    | { at: "root" | "teams" | "starred" | "organization" }
    | { at: "team" | "items"; team: FixtureTeam }
    | { at: "item" | "companion" | "comments"; team: FixtureTeam; item: FixtureItem };

  function placeOf(location: Location): Place {
    const [first, second, third, fourth, fifth] = location;
    if (first === undefined) return { at: "root" };
    if (first.type !== "fixed" || fifth?.type === "object" || location.length > 5) throw gone();
    if (second === undefined) {
      if (first.name === "teams" || first.name === "starred") return { at: first.name };
      if (first.name === "organization.json") return { at: "organization" };
      throw gone();
    }
    if (second.type !== "object") throw gone();
    if (first.name === "starred") return findItem(second.externalId);
    const team = teams.get(second.externalId);
    if (team === undefined || second.kind !== "team") throw gone();
    if (third === undefined) return { at: "team", team };
    if (third.type !== "fixed" || third.name !== "items") throw gone();
    if (fourth === undefined) return { at: "items", team };
    const item = fourth.type === "object" ? team.items.get(fourth.externalId) : undefined;
    if (item === undefined || fourth.type !== "object") throw gone();
    if (fifth === undefined) return { at: fourth.companion === true ? "companion" : "item", team, item };
    if (fourth.companion !== true || fifth.type !== "fixed" || fifth.name !== "comments.md") throw gone();
    return { at: "comments", team, item };
  }

  function findItem(id: string): Place {
    for (const team of teams.values()) {
      const item = team.items.get(id);
      if (item !== undefined) return { at: "item", team, item };
    }
    throw gone();
  }

  function childrenOf(place: Place): readonly Entry[] {
    switch (place.at) {
      case "root":
        return [directory("teams"), directory("starred"), file("organization.json", "application/json", { schemaKind: "organization" })];
      case "teams":
        return [...teams.values()].map(teamEntry);
      case "team":
        return [directory("items", { creates: "item" })];
      case "items":
        return [...place.team.items.values()].map(itemEntry);
      case "companion":
        return [commentsEntry(place.item)];
      case "starred":
        return [...teams.values()].flatMap((team) =>
          [...team.items.values()]
            .filter(({ starred }) => starred)
            .map((item): Entry => ({ ...itemEntry(item), kind: "link", companion: false, canonical: itemLocation(team, item) })),
        );
      default:
        throw new HubError("ENOTDIR", "The tool says that this is a file.");
    }
  }

  function entryOf(place: Place): Entry {
    switch (place.at) {
      case "root":
        return directory("");
      case "teams":
      case "starred":
        return directory(place.at);
      case "organization":
        return file("organization.json", "application/json", { schemaKind: "organization" });
      case "team":
        return teamEntry(place.team);
      case "items":
        return directory("items", { creates: "item" });
      case "item":
        return itemEntry(place.item);
      case "companion":
        return companionEntry(place.item);
      case "comments":
        return commentsEntry(place.item);
    }
  }

  const printItem = (item: FixtureItem): string => `---\ntitle: ${JSON.stringify(item.title)}\n---\n${item.body}\n`;
  const printComments = (item: FixtureItem): string => item.comments.map((comment) => `- ${comment}\n`).join("");

  function parse(text: string): { title: string | null; body: string } {
    const match = /^---\ntitle: (".*")\n---\n(.*)\n$/s.exec(text);
    if (match === null) {
      if (text.startsWith("---"))
        throw new HubError("EINVAL", "Line 2: only title can be written.", { details: { line: 2, key: "title" } });
      return { title: null, body: text.trimEnd() };
    }
    return { title: String(JSON.parse(match[1] ?? '""')), body: match[2] ?? "" };
  }

  function print(place: Place, as: ReadFormat | null, entry: Entry): PrintedFile {
    if (place.at === "item" && (as === null || as === "markdown"))
      return { text: printItem(place.item), mediaType: "text/markdown", entry };
    if (place.at === "item" && as === "json") {
      const { id, title, body } = place.item;
      return { text: JSON.stringify({ id, title, body }), mediaType: "application/json", entry };
    }
    if (place.at === "comments" && as === null) return { text: printComments(place.item), mediaType: "text/markdown", entry };
    if (place.at === "organization" && as === null) return { text: '{"name":"Fixture"}\n', mediaType: "application/json", entry };
    if (place.at === "item" || place.at === "comments" || place.at === "organization") {
      throw new HubError("ENOTSUP", `The tool does not print that as ${as}.`, { details: { operation: "read" } });
    }
    throw new HubError("EISDIR", "The tool says that this is a directory.");
  }

  function plan(change: Change): DraftPlan {
    const place = placeOf("parent" in change ? change.parent : change.location);
    const draft = (call: string, args: DraftStep["args"], changes: DraftStep["changes"] = []): DraftPlan => ({
      steps: [{ call, changes, args: { call, ...args } }],
      effects: [],
      undo: null,
    });
    if (change.type === "create") {
      if (place.at !== "items" || change.extension !== ".md") throw new HubError("ENOTSUP", "The tool makes items only.");
      const { title, body } = parse(change.text);
      return draft("create", { team: place.team.id, id: change.seed, title: title ?? change.name, body });
    }
    if (change.type === "append") {
      if (place.at !== "comments") throw new HubError("ENOTSUP", "The tool takes comments only.", { details: { operation: "append" } });
      return draft("comment", { id: place.item.id, text: change.text.trim() });
    }
    if (change.type === "move" || change.type === "upload" || place.at !== "item") {
      throw new HubError("ENOTSUP", "The tool changes items only.", {
        details: { operation: change.type === "upload" ? "write" : change.type },
      });
    }
    if (change.type === "remove") return { ...draft("remove", { team: place.team.id, id: place.item.id }), undo: "Ask the fixture." };
    const before = parse(change.base);
    const after = parse(change.text);
    const steps: DraftStep[] = [];
    for (const field of ["title", "body"] as const) {
      const to = after[field];
      if (to === null || to === before[field]) continue;
      steps.push({
        call: `set ${field}`,
        changes: [{ field, from: before[field], to }],
        args: { call: "set", id: place.item.id, field, to },
      });
    }
    return { steps, effects: [], undo: null };
  }

  function perform(step: DraftStep): StepResult {
    const { call, id, team, title, body, text, field, to } = step.args as Record<string, string>;
    note(`perform ${step.call} ${id}`);
    if (call === "create") {
      const owner = teams.get(team ?? "");
      if (owner === undefined) throw gone();
      const item = owner.items.get(id ?? "") ?? addItem(owner.id, { id: id ?? "", title: title ?? "", body: body ?? "" });
      return { location: itemLocation(owner, item) };
    }
    const found = findItem(id ?? "");
    if (found.at !== "item") throw gone();
    const { item } = found;
    if (call === "remove") {
      found.team.items.delete(item.id);
      return { location: null };
    }
    if (call === "comment") item.comments.push(text ?? "");
    else if (field === "title") item.title = to ?? "";
    else item.body = to ?? "";
    item.revision += 1;
    return { location: itemLocation(found.team, item) };
  }

  function addItem(team: string, fields: Partial<FixtureItem> & { id: string; title: string }): FixtureItem {
    const owner = teams.get(team);
    if (owner === undefined) throw gone();
    const item: FixtureItem = { body: "", revision: 1, comments: [], starred: false, ...fields };
    owner.items.set(item.id, item);
    return item;
  }

  const mount: ToolMount = {
    description: {
      actsAs: "person",
      guard: "checked",
      kinds: [
        { kind: "item", fields: [], body: "body", create: true, update: true, append: false, remove: "removes the item" },
        { kind: "comments", fields: [], body: "comment", create: false, update: false, append: true, remove: null },
        { kind: "team", fields: [], body: null, create: false, update: false, append: false, remove: null },
        { kind: "organization", fields: [], body: null, create: false, update: false, append: false, remove: null },
      ],
    },
    async list(location, page): Promise<EntryPage> {
      note(`list ${say(location)}`);
      const entries = childrenOf(placeOf(location));
      const start = page.cursor === null ? 0 : Number(page.cursor);
      if (!Number.isInteger(start)) throw new HubError("EINVAL", "The tool does not know that cursor.");
      const end = start + Math.min(pageSize, page.limit);
      return { entries: entries.slice(start, end), nextCursor: end < entries.length ? String(end) : null };
    },
    async stat(location) {
      note(`stat ${say(location)}`);
      return entryOf(placeOf(location));
    },
    async read(location, as) {
      note(`read ${say(location)}`);
      const place = placeOf(location);
      return print(place, as, entryOf(place));
    },
    async plan(change) {
      note(`plan ${change.type}`);
      return plan(change);
    },
    async perform(step) {
      return perform(step);
    },
  };

  return { mount, teams, calls, addItem, failNext: (words, error) => void faults.push({ words, error }) };
}
