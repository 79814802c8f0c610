import { HubError } from "@/server/errors";
import type { Mount, MountRequest } from "../../mount";
import type { Mirror } from "./mirror";
import { hiddenNames } from "./personal-paths";
import { stateSchema } from "./plan-state";

/**
 * What is personal in a shared connection: to everybody but its owner these areas are not there, whatever is asked of them, and what others
 * may read of the owner's work in them (the call log, the audit) ends at the mount.
 */

/** Refuses with ENOENT, as where nothing is, whatever names something below a hidden area. */
export function hidingPersonal(mirror: Mirror, mount: Mount): Mount {
  const hidden = new Set(hiddenNames(mirror));
  if (hidden.size === 0) return mount;
  const check = (path: string, name: string | undefined): void => {
    if (name !== undefined && hidden.has(name)) throw new HubError("ENOENT", "There is nothing at this path.", { path });
  };
  const seen = <Request extends MountRequest>(request: Request): Request => {
    check(request.path, request.segments[0]);
    return request;
  };
  return {
    info: mount.info,
    schema: () => mount.schema(),
    stat: async (request) => mount.stat(seen(request)),
    list: async (request) => mount.list(seen(request)),
    read: async (request) => mount.read(seen(request)),
    open: async (request) => mount.open(seen(request)),
    uploadLimit: async (request) => mount.uploadLimit(seen(request)),
    async plan(request) {
      if (request.change.type === "move") check(request.change.to, request.change.toSegments[0]);
      return mount.plan(seen(request));
    },
    async perform(plan, request, content) {
      // A plan may be older than the owner's taking back.
      const { location, to } = stateSchema.parse(plan.state);
      for (const [first] of [location, to?.location ?? []]) check(plan.path, first?.type === "fixed" ? first.name : undefined);
      return mount.perform(plan, seen(request), content);
    },
  };
}
