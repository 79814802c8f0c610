import { json, type SandboxResponse } from "../../http/server";
import { type ApiRequest, type AreaOptions, hasScope } from "../area";
import { notFound } from "../failures";
import { selectFields } from "../fields";
import type { PageTokens } from "../pages";
import { type DriveJson, fileTree } from "./json";
import type { FileRow } from "./rows";
import type { DriveStore } from "./store";

/** What the methods of the Drive API work in. */
export interface DriveContext {
  readonly options: AreaOptions;
  readonly store: DriveStore;
  readonly shows: DriveJson;
  readonly pages: PageTokens;
}

export const readScopes = ["drive", "drive.file", "drive.metadata.readonly", "drive.readonly"] as const;
export const contentScopes = ["drive", "drive.file", "drive.readonly"] as const;
export const writeScopes = ["drive", "drive.file"] as const;

/** Scopes that show every file; without one of them an app sees the files that it made. */
const seesAll = (request: ApiRequest): boolean =>
  ["drive", "drive.readonly", "drive.metadata.readonly"].some((name) => hasScope(request, name));

export const flag = (query: URLSearchParams, name: string): boolean => query.get(name) === "true";

/** What the token may know of: everything of the person's, or the app's own files. */
export const isVisible = ({ store }: DriveContext, file: FileRow, request: ApiRequest): boolean =>
  store.roleOf(file, request.account) !== null && (seesAll(request) || file.apps.has(request.clientId));

/** 404 for what is not there, not the person's to see, or of a shared drive without `supportsAllDrives`, where the method has it. */
export function getFile(context: DriveContext, request: ApiRequest, id: string, hasFlag = true): FileRow {
  const file = context.store.find(id, request.account);
  const isShared = hasFlag && file !== null && file.driveId !== null && !flag(request.query, "supportsAllDrives");
  if (file === null || isShared || !isVisible(context, file, request)) throw notFound(`File not found: ${id}.`, "fileId");
  return file;
}

export function answerFile({ shows }: DriveContext, request: ApiRequest, file: FileRow): SandboxResponse {
  const shown = shows.file(file, request.account, request.clientId);
  return json(200, selectFields(shown, request.query.get("fields"), "kind,id,name,mimeType", fileTree));
}
