import { afterAll, beforeAll, beforeEach } from "vitest";
import { startTestSandbox } from "@/sandbox/linear/testing";
import { HubError } from "@/server/errors";
import type { Change, DraftPlan, Entry, Location, MountContext, ToolMount } from "@/server/vfs/tool-mount";
import { createTestContext, createTestTransport } from "../../testing";
import { createLinearApi } from "../api";
import { linear } from "../index";
import { linearManifest } from "../manifest";
import { graphqlUrl } from "../oauth";
import { createLinearMount } from "./linear-mount";
import { locations } from "./place";

/** What the mount's tests share: a mount on a sandbox that is back at its seed before each test. */

const everything = Object.keys(linearManifest.capabilityScopes);

export interface MountBench {
  readonly sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
  readonly mount: ToolMount;
  readonly context: MountContext;
  /** The id of the team ENG. */
  readonly team: string;
  openMount(scopes?: string, capabilities?: readonly string[]): Promise<ToolMount>;
  list(directory: Location): Promise<readonly Entry[]>;
  /** The first issue of ENG. */
  anIssue(): Promise<{ id: string; location: Location; text: string; revision: string | null }>;
  /** The plan of an edit of the first issue. */
  planUpdate(edit: (text: string) => string): Promise<{ plan: DraftPlan; location: Location; change: Change }>;
  perform(plan: DraftPlan): Promise<readonly (Location | null)[]>;
}

/** Starts and stops with the tests of the file that calls it. */
export function mountBench(): MountBench {
  let sandbox: MountBench["sandbox"];
  let mount: ToolMount;
  let context: MountContext;
  let team: string;

  const bench: MountBench = {
    get sandbox() {
      return sandbox;
    },
    get mount() {
      return mount;
    },
    get context() {
      return context;
    },
    get team() {
      return team;
    },
    async openMount(scopes = "read,write", capabilities = everything) {
      const settings = sandbox.settingsFor(linearManifest);
      const { access_token } = await sandbox.connect(scopes);
      const { send } = createTestTransport(linear, settings);
      return createLinearMount({ api: createLinearApi({ send: send(access_token), url: graphqlUrl(settings) }), capabilities });
    },
    list: async (directory) => (await mount.list(directory, { cursor: null, limit: 250 }, context)).entries,
    async anIssue() {
      const id = idOf((await bench.list(locations.issues(team)))[0]);
      const location = locations.issue({ team, issue: id, archived: false });
      const { text, entry } = await mount.read(location, null, context);
      return { id, location, text, revision: entry.revision };
    },
    async planUpdate(edit) {
      const { location, text, revision } = await bench.anIssue();
      const change: Change = { type: "update", location, base: text, revision, text: edit(text) };
      return { plan: await mount.plan(change, context), location, change };
    },
    async perform(plan) {
      const made: (Location | null)[] = [];
      for (const step of plan.steps) made.push((await mount.perform(step, context)).location);
      return made;
    },
  };

  beforeAll(async () => {
    sandbox = await startTestSandbox();
  });
  afterAll(() => sandbox.close());
  beforeEach(async () => {
    await sandbox.control.reset();
    context = createTestContext();
    mount = await bench.openMount();
    team = idOf((await bench.list(locations.teams)).find((entry) => entry.title === "ENG"));
  });
  return bench;
}

export function idOf(entry: Entry | undefined): string {
  if (entry?.segment.type !== "object") throw new Error("no such object");
  return entry.segment.externalId;
}

export async function failureOf(work: Promise<unknown>): Promise<HubError> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof HubError) return outcome;
  throw new Error(outcome === null ? "nothing was refused" : `not a HubError: ${String(outcome)}`);
}

/** The file with another value of one key. */
export const withField = (text: string, key: string, value: string): string =>
  text.replace(new RegExp(`^${key}:.*(?:\\n {2}- .*)*`, "m"), `${key}: ${value}`);
