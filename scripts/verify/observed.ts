import { AsyncLocalStorage } from "node:async_hooks";
import type { Send } from "@/server/transport/send";
import type { Fetch } from "@/server/transport/timeout";
import { compareShapes, mergeShapes, type Shape, shapeOf } from "./shape";

/** What was seen of each operation of a tool: statuses, shapes of answers, and the headers that tell of limits. */

export interface Observed {
  readonly statuses: Map<number, number>;
  /** Shapes by status. */
  readonly shapes: Map<number, Shape>;
  /** Names of headers about limits, and how their values are written. */
  readonly limits: Map<string, string>;
}

export interface Observer {
  readonly operations: ReadonlyMap<string, Observed>;
  /** Around `fetch`. */
  readonly watch: (fetch: Fetch) => Fetch;
  /** Around `Send`: says which operation the fetches inside it are of. */
  readonly name: (send: Send) => Send;
}

const aboutLimits = /rate-?limit|retry-after|^x-complexity$|quota|throttle/i;
const written = (value: string): string => (/^\d+$/.test(value) ? `${value.length >= 13 ? "milliseconds" : "number"}` : "text");

/** JSON with the bytes that carried it; null where the answer is none. */
async function jsonOf(response: Response): Promise<unknown> {
  if (!/\bjson\b/.test(response.headers.get("content-type") ?? "")) return null;
  try {
    return JSON.parse(await response.text());
  } catch {
    return null;
  }
}

export function createObserver(): Observer {
  const operations = new Map<string, Observed>();
  const current = new AsyncLocalStorage<string>();
  return {
    operations,
    name: (send) => (request, context) => current.run(request.operation, () => send(request, context)),
    watch: (fetch) => async (input, init) => {
      const response = await fetch(input, init);
      const operation = current.getStore();
      if (operation === undefined) return response;
      const observed: Observed = operations.get(operation) ?? { statuses: new Map(), shapes: new Map(), limits: new Map() };
      operations.set(operation, observed);
      const { status } = response;
      observed.statuses.set(status, (observed.statuses.get(status) ?? 0) + 1);
      for (const [name, value] of response.headers) if (aboutLimits.test(name)) observed.limits.set(name, written(value));
      const body = await jsonOf(response.clone());
      if (body !== null) {
        const shape = shapeOf(body);
        const known = observed.shapes.get(status);
        observed.shapes.set(status, known === undefined ? shape : mergeShapes(known, shape));
      }
      return response;
    },
  };
}

export interface Difference {
  readonly operation: string;
  readonly lines: readonly string[];
}

/** What differs between the true tool and the sandbox, by operation. */
export function compareObserved(live: ReadonlyMap<string, Observed>, sandbox: ReadonlyMap<string, Observed>): readonly Difference[] {
  const differences: Difference[] = [];
  for (const [operation, theirs] of live) {
    const ours = sandbox.get(operation);
    if (ours === undefined) {
      differences.push({ operation, lines: ["asked live, not of the sandbox"] });
      continue;
    }
    const lines: string[] = [];
    const [liveStatuses, sandboxStatuses] = [[...theirs.statuses.keys()].sort(), [...ours.statuses.keys()].sort()];
    if (liveStatuses.join() !== sandboxStatuses.join()) {
      lines.push(`status: ${liveStatuses.join(", ")} live, ${sandboxStatuses.join(", ")} in the sandbox`);
    }
    for (const [name, form] of theirs.limits) {
      const known = ours.limits.get(name);
      if (known === undefined) lines.push(`header ${name}: ${form} live, not in the sandbox`);
      else if (known !== form) lines.push(`header ${name}: ${form} live, ${known} in the sandbox`);
    }
    for (const name of ours.limits.keys()) if (!theirs.limits.has(name)) lines.push(`header ${name}: in the sandbox, not seen live`);
    for (const [status, shape] of theirs.shapes) {
      const known = ours.shapes.get(status);
      if (known !== undefined) lines.push(...compareShapes(shape, known, `${status}`));
    }
    if (lines.length > 0) differences.push({ operation, lines });
  }
  for (const operation of sandbox.keys()) {
    if (!live.has(operation)) differences.push({ operation, lines: ["asked of the sandbox, not live"] });
  }
  return differences;
}
