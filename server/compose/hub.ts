import "server-only";
import type { Env } from "@/server/env";
import type { Log } from "@/server/log";
import type { Workspaces } from "@/server/workspaces/workspaces";

/** Everything one process of the hub is made of, joined here and nowhere else. */
export interface Hub {
  readonly env: Env;
  readonly log: Log;
  readonly workspaces: Workspaces;
}
