import { z } from "zod";

/** What the hub reads of OneDrive (https://learn.microsoft.com/graph/api/resources/driveitem); unknown fields are dropped. */

export const driveItemFields = [
  "id",
  "name",
  "size",
  "eTag",
  "cTag",
  "file",
  "folder",
  "package",
  "remoteItem",
  "parentReference",
  "createdDateTime",
  "lastModifiedDateTime",
  "webUrl",
  "root",
] as const;

/** Facets say what an item is: a `file`, a `folder`, a `package` (a notebook), or a `remoteItem` (a shortcut to another drive). */
export const driveItem = z.object({
  id: z.string().min(1),
  name: z.string().nullish(),
  size: z.number().nullish(),
  eTag: z.string().nullish(),
  cTag: z.string().nullish(),
  file: z.object({ mimeType: z.string().nullish() }).nullish(),
  folder: z.object({ childCount: z.number().nullish() }).nullish(),
  package: z.object({ type: z.string().nullish() }).nullish(),
  remoteItem: z
    .object({
      id: z.string().nullish(),
      name: z.string().nullish(),
      webUrl: z.string().nullish(),
      folder: z.unknown().optional(),
      parentReference: z.object({ driveId: z.string().nullish() }).nullish(),
    })
    .nullish(),
  parentReference: z.object({ driveId: z.string().nullish(), id: z.string().nullish() }).nullish(),
  createdDateTime: z.string().nullish(),
  lastModifiedDateTime: z.string().nullish(),
  webUrl: z.string().nullish(),
  root: z.unknown().optional(),
});
export type DriveItem = z.infer<typeof driveItem>;
