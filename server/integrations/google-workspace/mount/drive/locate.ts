import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import type { Location } from "@/server/vfs/tool-mount";
import type { DriveApi } from "../../api/drive";
import type { DriveFile } from "../../schema/drive";
import { object } from "../area";
import { kindOfType } from "./kinds";
import { myDrive, sharedDriveAt, sharedWithMe } from "./place";

/** Finds the one place of a file by its folders; what it learns of folders serves one request. */
export interface Locator {
  /** Null for a file that is in no drive and not shared by name: one that was only opened by a link. */
  locate(file: DriveFile): Promise<Location | null>;
  /** The file, or null where it is gone or not shared. */
  find(id: string): Promise<DriveFile | null>;
}

/** Folders inside folders beyond which a chain is taken for a circle. */
const deepest = 100;

export function createLocator(api: DriveApi, call: CallContext): Locator {
  const known = new Map<string, Promise<DriveFile | null>>();

  const find = (id: string): Promise<DriveFile | null> => {
    const found =
      known.get(id) ??
      api.getFile(id, call).catch((error: unknown) => {
        if (error instanceof HubError && error.code === "ENOENT") return null;
        throw error;
      });
    known.set(id, found);
    return found;
  };

  return {
    find,
    async locate(file) {
      const rootId = await api.getRootId(call);
      let below: Location = [object(kindOfType(file.mimeType), file.id)];
      let at = file;
      for (let depth = 0; depth < deepest; depth += 1) {
        const parentId = at.parents?.[0];
        if (parentId === rootId) return [...myDrive, ...below];
        if (parentId !== undefined && parentId === at.driveId) return [...sharedDriveAt(parentId), ...below];
        const parent = parentId === undefined ? null : await find(parentId);
        if (parent === null) return at.sharedWithMeTime === undefined ? null : [...sharedWithMe, ...below];
        below = [object("folder", parent.id), ...below];
        at = parent;
      }
      return null;
    },
  };
}
