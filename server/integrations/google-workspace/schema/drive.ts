import { z } from "zod";

/** What the hub reads of Drive's answers (discovery document of Drive v3); unknown fields are dropped. */

export const driveFile = z.object({
  id: z.string().min(1),
  name: z.string().default(""),
  mimeType: z.string(),
  /** The one folder that it is in, where the person may see it. */
  parents: z.array(z.string()).optional(),
  /** Of files in shared drives. */
  driveId: z.string().optional(),
  createdTime: z.string().optional(),
  modifiedTime: z.string().optional(),
  /** Rises with every change. */
  version: z.string().optional(),
  /** Of files with bytes: changes with the bytes. */
  headRevisionId: z.string().optional(),
  /** Decimal; of files with bytes. */
  size: z.string().optional(),
  trashed: z.boolean().optional(),
  webViewLink: z.string().optional(),
  sharedWithMeTime: z.string().optional(),
  ownedByMe: z.boolean().optional(),
  shortcutDetails: z.object({ targetId: z.string().optional(), targetMimeType: z.string().optional() }).optional(),
  capabilities: z.object({ canDownload: z.boolean().optional(), canEdit: z.boolean().optional() }).optional(),
});
export type DriveFile = z.infer<typeof driveFile>;

/** The `fields` that ask for just that. */
export const fileFields =
  "id,name,mimeType,parents,driveId,createdTime,modifiedTime,version,headRevisionId,size,trashed,webViewLink,sharedWithMeTime,ownedByMe,shortcutDetails(targetId,targetMimeType),capabilities(canDownload,canEdit)";

export const fileList = z.object({ nextPageToken: z.string().optional(), files: z.array(driveFile).default([]) });

export const sharedDrive = z.object({ id: z.string().min(1), name: z.string(), createdTime: z.string().optional() });
export type SharedDrive = z.infer<typeof sharedDrive>;
export const driveFields = "id,name,createdTime";

export const driveList = z.object({ nextPageToken: z.string().optional(), drives: z.array(sharedDrive).default([]) });
