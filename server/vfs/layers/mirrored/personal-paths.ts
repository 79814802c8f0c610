import type { MountInfo } from "../../mount";
import { isBelow, joinPath } from "../../path";
import type { Mirror } from "./mirror";

/** Where what is personal in a shared connection stands. */

/** The names at the mount's root that this caller does not see. */
export const hiddenNames = ({ connection }: Pick<Mirror, "connection">): readonly string[] =>
  connection.personal?.isOwner === false ? connection.personal.names : [];

/** The id paths of the same. */
export const hiddenPaths = (mirror: Mirror): readonly string[] => hiddenNames(mirror).map((name) => joinPath(mirror.root, name));

/** A path as others may read it: the mount's where it leads into what is personal. */
export function pathForOthers({ path: mountPath, ownersOnly }: MountInfo, path: string): string {
  return ownersOnly.some((area) => isBelow(path, area)) ? mountPath : path;
}
