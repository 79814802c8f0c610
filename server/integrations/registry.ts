import "server-only";
import { asana } from "./asana";
import type { Integration } from "./contract";
import { googleWorkspace } from "./google-workspace";
import { linear } from "./linear";
import { microsoft365 } from "./microsoft-365";
import { slack } from "./slack";

/** The integrations that are built, one line each: the only module that imports their folders' `index.ts`. */
export const integrations: readonly Integration[] = [asana, googleWorkspace, slack, linear, microsoft365];

const byId = new Map(integrations.map((integration) => [integration.manifest.id, integration]));

/** The built integration with that id, or null: unknown, or not available yet (its manifest says which). */
export function findIntegration(id: string): Integration | null {
  return byId.get(id) ?? null;
}
