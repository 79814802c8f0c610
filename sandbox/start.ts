import { createFaultBox } from "./control/faults";
import { createJournal } from "./control/journal";
import { startControl } from "./control/server";
import { createKeeper } from "./keeper";
import { type LinearSandbox, type SavedLinear, startLinear } from "./linear/server";
import type { LinearSettings } from "./linear/settings";
import type { OAuthClient } from "./oauth/grants";

export interface SandboxOptions {
  /** The port of the simulated Linear; 0, the default, takes any free one. */
  readonly port?: number;
  /** The port that scripts faults; 0, the default, takes any free one. */
  readonly controlPort?: number;
  /** The apps registered with the simulated tools. */
  readonly clients: readonly OAuthClient[];
  /** Epoch milliseconds; the computer's clock by default. */
  readonly clock?: () => number;
  /** Where the `url` of an issue leads; the sandbox's own page of it by default. */
  readonly webOrigin?: string;
  readonly settings?: Partial<LinearSettings>;
  /** Keeps rows and grants over a restart, so that a connection made in one run works in the next; a fresh seed without it. */
  readonly stateFile?: string;
}

export interface Sandbox {
  /** `http://localhost:<port>` of the simulated Linear: its authorize, token and GraphQL endpoints, and its pages. */
  readonly origin: string;
  /** `http://127.0.0.1:<port>`; `createControlClient` talks to it. */
  readonly controlOrigin: string;
  close(): Promise<void>;
}

/** Starts the simulated tools. Throws the system's error when a port is taken. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const base = options.clock ?? Date.now;
  let aheadMs = 0;
  const clock = () => base() + aheadMs;
  const faults = createFaultBox();
  const journal = createJournal();
  const keeper = options.stateFile === undefined ? null : createKeeper(options.stateFile, (): SavedLinear => linear.save());
  const linear: LinearSandbox = await startLinear({
    port: options.port ?? 0,
    clock,
    clients: options.clients,
    faults,
    journal,
    saved: keeper?.load() ?? null,
    onChange: () => keeper?.changed(),
    ...(options.webOrigin === undefined ? {} : { webOrigin: options.webOrigin }),
    ...(options.settings === undefined ? {} : { settings: options.settings }),
  });
  try {
    const control = await startControl({
      port: options.controlPort ?? 0,
      tools: { linear: { sandbox: linear, faults, journal } },
      onChange: () => keeper?.changed(),
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
      origin: linear.origin,
      controlOrigin: `http://127.0.0.1:${control.port}`,
      close: async () => {
        await Promise.all([linear.close(), control.close()]);
        keeper?.flush();
      },
    };
  } catch (error) {
    await linear.close();
    throw error;
  }
}
