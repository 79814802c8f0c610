import { randomUUID } from "node:crypto";
import { startTestAsana } from "@/sandbox/asana/testing";
import type { Send, ToolRequest } from "@/server/transport/send";
import type { Change, DraftPlan, Entry, Location, MountContext, ToolMount } from "@/server/vfs/tool-mount";
import { listCapabilities } from "../../manifests";
import { createTestContext, createTestTransport } from "../../testing";
import { createAsanaApi } from "../api/asana-api";
import { asana } from "../index";
import { asanaManifest } from "../manifest";
import { apiBase } from "../oauth";
import { createAsanaMount } from "./asana-mount";
import { locations } from "./place";

/** For tests of the mount alone: it stands over the sandbox, one small company in it. */

export const everything = listCapabilities(asanaManifest);

/** Of an entry, Asana's id. */
export function idOf(entry: Entry | undefined): string {
  if (entry?.segment.type !== "object") throw new Error("no such object");
  return entry.segment.externalId;
}

/** The text with another value of one key of its front matter. */
export const withField = (text: string, key: string, value: string): string =>
  text.replace(new RegExp(`^${key}:.*(?:\\n {2}- .*)*`, "m"), `${key}: ${value}`);

export interface Bench {
  readonly sandbox: Awaited<ReturnType<typeof startTestAsana>>;
  mount: ToolMount;
  context: MountContext;
  workspace: string;
  /** Courier app 3.0, and Porto. */
  project: string;
  other: string;
  /** What left the connector, as it left. */
  sent: ToolRequest[];
  /** The seed again, a mount with everything, and nothing sent. */
  reset(): Promise<void>;
  openMount(capabilities?: readonly string[]): Promise<ToolMount>;
  list(directory: Location): Promise<readonly Entry[]>;
  /** Runs a plan as the layer does: what a step answers goes over the arguments of those after it. */
  perform(plan: DraftPlan, times?: number): Promise<Location | null>;
  /** The tasks of the project. */
  inProject(): Location;
  /** A new task; in the project where no other directory is given. */
  make(name: string, text?: string, parent?: Location): Promise<{ readonly location: Location; readonly id: string }>;
  textOf(location: Location): Promise<string>;
  planEdit(location: Location, edit: (text: string) => string): Promise<DraftPlan>;
  /** A call of the API by somebody else than the connector. */
  behindItsBack(method: string, path: string, data: Readonly<Record<string, unknown>>): Promise<void>;
}

export async function startBench(): Promise<Bench> {
  const sandbox = await startTestAsana();
  const find = async (directory: Location, title: string) => (await bench.list(directory)).find((entry) => entry.title === title);
  const bench: Bench = {
    sandbox,
    mount: await openMount(everything),
    context: createTestContext(),
    workspace: "",
    project: "",
    other: "",
    sent: [],
    async reset() {
      await sandbox.control.reset();
      bench.context = createTestContext();
      bench.mount = await openMount(everything);
      bench.workspace = idOf(await find([], "Acme Parcels"));
      bench.project = idOf(await find(locations.projects(bench.workspace), "Courier app 3.0"));
      bench.other = idOf(await find(locations.projects(bench.workspace), "Porto / depot no. 4"));
      bench.sent = [];
    },
    openMount: (capabilities = everything) => openMount(capabilities),
    list: async (directory) => (await bench.mount.list(directory, { cursor: null, limit: 100 }, bench.context)).entries,
    async perform(plan, times = 1) {
      let location: Location | null = null;
      for (let time = 0; time < times; time += 1) {
        let output = {};
        for (const step of plan.steps) {
          const result = await bench.mount.perform({ ...step, args: { ...step.args, ...output } }, bench.context);
          location = result.location ?? location;
          output = { ...output, ...result.output };
        }
      }
      return location;
    },
    inProject: () => locations.projectTasks(bench.workspace, bench.project),
    async make(name, text = "", parent = bench.inProject()) {
      const change: Change = { type: "create", parent, name, extension: ".md", text, seed: randomUUID() };
      const location = (await bench.perform(await bench.mount.plan(change, bench.context))) ?? [];
      const last = location.at(-1);
      return { location, id: last?.type === "object" ? last.externalId : "" };
    },
    textOf: async (location) => (await bench.mount.read(location, null, bench.context)).text,
    async planEdit(location, edit) {
      const { text, entry } = await bench.mount.read(location, null, bench.context);
      const { revision } = entry;
      return await bench.mount.plan({ type: "update", location, base: text, revision, text: edit(text) }, bench.context);
    },
    async behindItsBack(method, path, data) {
      const { status } = await sandbox.api((await sandbox.connect(["default"])).access_token, method, path, data);
      if (status >= 300) throw new Error(`${method} ${path}: ${status}`);
    },
  };
  return bench;

  async function openMount(capabilities: readonly string[]): Promise<ToolMount> {
    const tokens = await sandbox.connect(["default"]);
    const settings = sandbox.settingsFor(asanaManifest);
    const next = createTestTransport(asana, settings).send(tokens.access_token);
    const send: Send = (request, call) => {
      bench.sent.push(request);
      return next(request, call);
    };
    return createAsanaMount({ api: createAsanaApi({ send, base: apiBase(settings) }), capabilities, account: tokens.data.gid });
  }
}
