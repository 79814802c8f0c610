import path from "node:path";
import { companiesOf } from "./company/companies";
import { createFaultBox } from "./control/faults";
import { createJournal } from "./control/journal";
import { type ControlledTool, startControl } from "./control/server";
import type { Exchange } from "./http/exchange";
import { createKeeper, type Keeper } from "./keeper";
import type { OAuthClient } from "./oauth/grants";
import { recorderOfEnvironment } from "./specs/recording";
import type { RunningTool, SandboxSize, SandboxTool } from "./tool";
import { sandboxTools } from "./tools";

export interface SandboxOptions {
  /** The apps registered with the simulated tools; those that name tools are known to these only. */
  readonly clients: readonly OAuthClient[];
  /** Which tools start, by id; all by default. */
  readonly tools?: readonly string[];
  /** The port of each tool by id; any free one for those not named. */
  readonly ports?: Readonly<Record<string, number>>;
  /** The port that scripts faults; 0, the default, takes any free one. */
  readonly controlPort?: number;
  /** Epoch milliseconds; the computer's clock by default. */
  readonly clock?: () => number;
  /** `small` by default. */
  readonly size?: SandboxSize;
  /** Where web links of records lead; the tool's own pages by default. */
  readonly webOrigin?: string;
  /** Changes to the documented settings, by tool. Throws when a tool has no such setting. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Keeps rows and grants over a restart, a file for each tool, so that a connection made in one run works in the next; a fresh seed without it. */
  readonly stateFolder?: string;
  /** Every request that a tool worked on, with its answer. */
  readonly onExchange?: (exchange: Exchange) => void;
}

export interface Sandbox {
  /** `http://localhost:<port>` of each tool by id: its authorize, token and API endpoints, and its pages. */
  readonly origins: Readonly<Record<string, string>>;
  /** `http://127.0.0.1:<port>`; `createControlClient` talks to it. */
  readonly controlOrigin: string;
  close(): Promise<void>;
}

/** The file of one tool's state in a state folder. */
export function stateFileOf(stateFolder: string, toolId: string): string {
  return path.join(stateFolder, `${toolId}.state`);
}

function pickTools(ids: readonly string[] | undefined): readonly SandboxTool[] {
  if (ids === undefined) return sandboxTools;
  const unknown = ids.filter((id) => !sandboxTools.some((tool) => tool.id === id));
  if (unknown.length > 0) {
    throw new RangeError(`The sandbox has no tool "${unknown.join(", ")}": it has ${sandboxTools.map(({ id }) => id).join(", ")}.`);
  }
  return sandboxTools.filter(({ id }) => ids.includes(id));
}

/** Starts the simulated tools. Throws the system's error when a port is taken, RangeError for a tool that there is not. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const base = options.clock ?? Date.now;
  const size = options.size ?? "small";
  const companies = companiesOf(size);
  let aheadMs = 0;
  const clock = () => base() + aheadMs;
  const running: ControlledTool[] = [];
  const keepers: Keeper[] = [];
  const onExchange = options.onExchange ?? recorderOfEnvironment();

  async function start(tool: SandboxTool): Promise<void> {
    const faults = createFaultBox();
    const journal = createJournal();
    let sandbox: RunningTool | null = null;
    const keeper =
      options.stateFolder === undefined
        ? null
        : createKeeper(stateFileOf(options.stateFolder, tool.id), `${tool.stateVersion ?? 1} ${size}`, () => sandbox?.save());
    const settings = options.settings?.[tool.id];
    sandbox = await tool.start({
      port: options.ports?.[tool.id] ?? 0,
      clock,
      clients: options.clients.filter(({ tools }) => tools === undefined || tools.includes(tool.id)),
      faults,
      journal,
      companies,
      size,
      saved: keeper?.load() ?? null,
      onChange: () => keeper?.changed(),
      ...(onExchange === undefined ? {} : { onExchange }),
      ...(options.webOrigin === undefined ? {} : { webOrigin: options.webOrigin }),
      ...(settings === undefined ? {} : { settings }),
    });
    running.push({ id: tool.id, name: tool.name, sandbox, faults, journal, changed: () => keeper?.changed() });
    if (keeper !== null) keepers.push(keeper);
  }

  const closeTools = () => Promise.all(running.map(({ sandbox }) => sandbox.close()));
  try {
    for (const tool of pickTools(options.tools)) await start(tool);
    const control = await startControl({
      port: options.controlPort ?? 0,
      tools: running,
      clock: {
        advance: (byMs) => {
          aheadMs += byMs;
        },
        reset: () => {
          aheadMs = 0;
        },
      },
    });
    return {
      origins: Object.fromEntries(running.map(({ id, sandbox }) => [id, sandbox.origin])),
      controlOrigin: `http://127.0.0.1:${control.port}`,
      close: async () => {
        await Promise.all([closeTools(), control.close()]);
        for (const keeper of keepers) keeper.flush();
      },
    };
  } catch (error) {
    await closeTools();
    throw error;
  }
}
