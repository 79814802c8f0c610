import { HubError } from "@/server/errors";
import type { Mount, MountRequest } from "../mount";
import type { Operation } from "../node";

/** ENOTSUP naming the operation: nothing is a silent no-op. */
export function unsupported(operation: Operation, path: string | undefined, why = "This place cannot do that"): HubError {
  return new HubError("ENOTSUP", `${why}: ${operation} is not supported here.`, {
    ...(path === undefined ? {} : { path }),
    details: { operation },
  });
}

/** Refuses what the mount does not declare, before anything is asked or sent. */
export function capabilities(mount: Mount): Mount {
  const check = ({ operation, path }: Pick<MountRequest, "operation" | "path">): void => {
    if (!mount.info.operations.has(operation)) throw unsupported(operation, path);
  };
  return {
    info: mount.info,
    schema: () => mount.schema(),
    async stat(request) {
      return mount.stat(request);
    },
    async list(request) {
      check(request);
      return mount.list(request);
    },
    async read(request) {
      check(request);
      return mount.read(request);
    },
    async open(request) {
      check(request);
      return mount.open(request);
    },
    async uploadLimit(request) {
      check(request);
      return mount.uploadLimit(request);
    },
    async plan(request) {
      check(request);
      return mount.plan(request);
    },
    async perform(plan, request, content) {
      check({ operation: plan.operation, path: plan.path });
      return mount.perform(plan, request, content);
    },
  };
}
