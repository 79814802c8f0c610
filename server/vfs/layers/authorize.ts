import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import type { Mount, MountRequest } from "../mount";
import type { Node, Operation } from "../node";

export type FilePermission = "files.read" | "files.write";

/** Whether the role matrix gives this scope a permission. */
export type Allows = (scope: WorkspaceScope, permission: FilePermission) => boolean;

const reading: ReadonlySet<Operation> = new Set(["stat", "list", "read", "glob", "grep", "search", "watch", "history", "explain"]);

/** The permission an operation needs. */
function permissionOf(operation: Operation): FilePermission {
  return reading.has(operation) ? "files.read" : "files.write";
}

/** Refuses with EACCES what the caller's role does not give, and takes it out of every node's `can`. */
export function authorize(allows: Allows): (mount: Mount) => Mount {
  return (mount) => {
    const check = ({ scope, operation, path }: Pick<MountRequest, "scope" | "operation" | "path">): void => {
      const permission = permissionOf(operation);
      if (allows(scope, permission)) return;
      throw new HubError(
        "EACCES",
        `The role ${scope.role} of this workspace has not the permission ${permission}, which ${operation} needs. An admin can change the role.`,
        { path },
      );
    };
    const limits = (scope: WorkspaceScope): ((node: Node) => Node) => {
      const seen = new Map<readonly Operation[], readonly Operation[]>();
      if (allows(scope, "files.read") && allows(scope, "files.write")) return (node) => node;
      return (node) => {
        let can = seen.get(node.can);
        if (can === undefined) {
          can = node.can.filter((operation) => allows(scope, permissionOf(operation)));
          seen.set(node.can, can);
        }
        return { ...node, can };
      };
    };
    return {
      info: mount.info,
      schema: () => mount.schema(),
      async stat(request) {
        check(request);
        return limits(request.scope)(await mount.stat(request));
      },
      async list(request) {
        check(request);
        const page = await mount.list(request);
        return { ...page, nodes: page.nodes.map(limits(request.scope)) };
      },
      async read(request) {
        check(request);
        const file = await mount.read(request);
        return { ...file, node: limits(request.scope)(file.node) };
      },
      async open(request) {
        check(request);
        const file = await mount.open(request);
        return { ...file, node: limits(request.scope)(file.node) };
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
        check({ ...request, operation: plan.operation });
        return mount.perform(plan, request, content);
      },
    };
  };
}
