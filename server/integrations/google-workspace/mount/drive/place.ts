import type { Location, LocationSegment } from "@/server/vfs/tool-mount";
import { fixed, isFile, nothingHere, object } from "../area";

/** Where a location below `drive/` is; ids are Google's. */

/** What a chain of folders hangs in. */
export type Base =
  | { readonly in: "my-drive" }
  | { readonly in: "shared-drive"; readonly drive: string }
  | { readonly in: "shared-with-me" };

export type Place =
  | { readonly at: "drive" | "my-drive" | "shared-drives" | "shared-with-me" }
  | { readonly at: "shared-drive"; readonly drive: string }
  /** A file or folder, below `folders` of `base`. */
  | { readonly at: "item"; readonly base: Base; readonly folders: readonly string[]; readonly kind: string; readonly id: string };

export const driveRoot: Location = [fixed("drive")];
export const myDrive: Location = [...driveRoot, fixed("my-drive")];
export const sharedDrives: Location = [...driveRoot, fixed("shared-drives")];
export const sharedWithMe: Location = [...driveRoot, fixed("shared-with-me")];
export const sharedDriveAt = (drive: string): Location => [...sharedDrives, object("shared-drive", drive)];

function itemOf(base: Base, below: readonly LocationSegment[]): Place {
  const ids = below.map((segment, index) => {
    const isLast = index === below.length - 1;
    if (segment.type !== "object" || segment.companion === true) throw nothingHere();
    if (!isLast && segment.kind !== "folder") throw isFile();
    return segment;
  });
  const last = ids.at(-1);
  if (last === undefined) throw nothingHere();
  return { at: "item", base, folders: ids.slice(0, -1).map(({ externalId }) => externalId), kind: last.kind, id: last.externalId };
}

/** Reads a location; ENOENT where the tree has no such place. */
export function placeOf(location: Location): Place {
  const [, second, third, ...rest] = location;
  if (second === undefined) return { at: "drive" };
  if (second.type !== "fixed") throw nothingHere();
  const below = third === undefined ? [] : [third, ...rest];
  switch (second.name) {
    case "my-drive":
      return below.length === 0 ? { at: "my-drive" } : itemOf({ in: "my-drive" }, below);
    case "shared-with-me":
      return below.length === 0 ? { at: "shared-with-me" } : itemOf({ in: "shared-with-me" }, below);
    case "shared-drives": {
      if (third === undefined) return { at: "shared-drives" };
      if (third.type !== "object" || third.kind !== "shared-drive" || third.companion === true) throw nothingHere();
      const drive = third.externalId;
      return rest.length === 0 ? { at: "shared-drive", drive } : itemOf({ in: "shared-drive", drive }, rest);
    }
    default:
      throw nothingHere();
  }
}
