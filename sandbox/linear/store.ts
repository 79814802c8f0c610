import { createHash } from "node:crypto";
import type { IssueRow, Row, TeamRow, Workspace } from "./rows";

/** All workspaces of the simulated Linear, and the time they live in. */
export interface Store {
  readonly workspaces: Map<string, Workspace>;
  /** Epoch milliseconds. */
  nowMs(): number;
  /** The time of a write: later than any write before it, so that `updatedAt` orders the writes. */
  writeTime(): string;
  /** Back to the seed. */
  reset(): void;
  /** In the place of everything: the workspaces of an earlier run. */
  restore(saved: ReadonlyMap<string, Workspace>): void;
}

export function createStore(options: { clock: () => number; seed: (nowMs: number) => readonly Workspace[] }): Store {
  const workspaces = new Map<string, Workspace>();
  let lastMs = 0;
  const store: Store = {
    workspaces,
    nowMs: options.clock,
    writeTime() {
      lastMs = Math.max(options.clock(), lastMs + 1);
      return new Date(lastMs).toISOString();
    },
    restore(saved) {
      workspaces.clear();
      for (const [id, workspace] of saved) workspaces.set(id, workspace);
    },
    reset() {
      workspaces.clear();
      for (const workspace of options.seed(options.clock())) workspaces.set(workspace.organization.id, workspace);
    },
  };
  store.reset();
  return store;
}

/** The same UUIDv4-shaped id for the same words, so that a restart and a test find what they found before. */
export function seedId(...words: readonly string[]): string {
  const hex = createHash("sha256").update(words.join("\n")).digest("hex");
  const variant = "89ab".charAt(Number.parseInt(hex.charAt(16), 16) % 4);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
export const isUuid = (text: string): boolean => uuid.test(text);

/** An issue by id, by identifier, or by an identifier that it had before it moved to another team. */
export function findIssue(workspace: Workspace, idOrIdentifier: string): IssueRow | null {
  const byId = workspace.issues.get(idOrIdentifier);
  if (byId !== undefined) return byId;
  const identifier = idOrIdentifier.toUpperCase();
  for (const issue of workspace.issues.values()) if (issue.identifier === identifier) return issue;
  for (const issue of workspace.issues.values()) if (issue.previousIdentifiers.includes(identifier)) return issue;
  return null;
}

/** A team by id or by key. */
export function findTeam(workspace: Workspace, idOrKey: string): TeamRow | null {
  return workspace.teams.get(idOrKey) ?? [...workspace.teams.values()].find(({ key }) => key === idOrKey) ?? null;
}

/** Words of a title as they stand in a URL or a branch name. */
export function slugOf(title: string): string {
  const slug = title
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "");
  return Array.from(slug).slice(0, 60).join("").replace(/-+$/, "");
}

/** The row of an id that a row of ours holds; a seed or a write that breaks it is a fault of the sandbox. */
export function getRow<T extends Row>(table: ReadonlyMap<string, T>, id: string): T {
  const row = table.get(id);
  if (row === undefined) throw new Error(`The sandbox lost the row ${id}.`);
  return row;
}
