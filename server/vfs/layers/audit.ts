import { HubError } from "@/server/errors";
import type { Mount, MountRequest } from "../mount";
import { isBelow } from "../path";
import { type AuditSink, mayHaveChanged } from "../stores";

/** Records who changed what: path and operation, never contents. Of what only one person sees, the mount's path alone. */
export function audit(record: AuditSink): (mount: Mount) => Mount {
  return (mount) => {
    const { path: mountPath, ownersOnly } = mount.info;
    const subject = (path: string): string => (ownersOnly.some((area) => isBelow(path, area)) ? mountPath : path);
    const write = (request: MountRequest, operation: string, path: string, outcome: string): Promise<void> =>
      record(request.scope, { action: `vfs.${operation}`, subject: subject(path), detail: { outcome } });
    return {
      info: mount.info,
      schema: () => mount.schema(),
      stat: (request) => mount.stat(request),
      list: (request) => mount.list(request),
      read: (request) => mount.read(request),
      open: (request) => mount.open(request),
      uploadLimit: (request) => mount.uploadLimit(request),
      plan: (request) => mount.plan(request),
      async perform(plan, request, content) {
        try {
          const outcome = await mount.perform(plan, request, content);
          if (outcome.changed) await write(request, plan.operation, outcome.canonicalPath, "done");
          return outcome;
        } catch (error) {
          if (error instanceof HubError && mayHaveChanged(error))
            await write(request, plan.operation, plan.path, error.details.outcome === "unknown" ? "unknown" : "failed");
          throw error;
        }
      },
    };
  };
}
