import { json, type SandboxResponse } from "../../http/server";
import { type ApiRequest, requireScope } from "../area";
import { invalidParameter, notFound } from "../failures";
import { selectFields } from "../fields";
import { readPageSize } from "../pages";
import { type DriveContext, flag, isVisible, readScopes } from "./context";
import { fileTree } from "./json";
import type { ChangeRow } from "./rows";

/**
 * The log of changes (https://developers.google.com/workspace/drive/api/guides/manage-changes): oldest first, by tokens that do not expire.
 * What was deleted, and what the person may see no longer, is `removed`.
 */

const changeTree = {
  kind: null,
  type: null,
  changeType: null,
  time: null,
  removed: null,
  fileId: null,
  file: fileTree,
  driveId: null,
  drive: null,
  teamDriveId: null,
  teamDrive: null,
};

export interface ChangeLog {
  startPageToken(request: ApiRequest): SandboxResponse;
  list(request: ApiRequest): SandboxResponse;
}

export function createChangeLog(context: DriveContext): ChangeLog {
  const { store, shows } = context;

  function latest(): number {
    return (store.changes.at(-1)?.seq ?? 1_000) + 1;
  }

  /** The changes that one account sees, without those of shared drives unless they are asked for. */
  function concerns(change: ChangeRow, request: ApiRequest): boolean {
    const driveId = request.query.get("driveId");
    if (!change.audience.has(request.account.sub)) return false;
    if (driveId !== null) return change.driveId === driveId;
    return change.driveId === null || (flag(request.query, "includeItemsFromAllDrives") && flag(request.query, "supportsAllDrives"));
  }

  function show(change: ChangeRow, request: ApiRequest) {
    const file = store.files.get(change.fileId);
    const isThere = file !== undefined && isVisible(context, file, request);
    return {
      kind: "drive#change",
      type: "file",
      changeType: "file",
      time: change.time,
      removed: !isThere,
      fileId: change.fileId,
      ...(isThere ? { file: shows.file(file, request.account, request.clientId) } : {}),
    };
  }

  function requireDrive(request: ApiRequest): void {
    const driveId = request.query.get("driveId");
    if (driveId !== null && !store.drives.get(driveId)?.members.has(request.account.sub)) {
      throw notFound(`Shared drive not found: ${driveId}`, "driveId");
    }
  }

  return {
    startPageToken(request) {
      requireScope(request, ...readScopes);
      requireDrive(request);
      return json(200, { kind: "drive#startPageToken", startPageToken: String(latest()) });
    },
    list(request) {
      requireScope(request, ...readScopes);
      requireDrive(request);
      const { query } = request;
      const token = query.get("pageToken");
      const from = Number(token);
      if (token === null || !/^\d+$/.test(token) || from > latest()) throw invalidParameter("pageToken", "Invalid Value");
      const size = readPageSize(query, "pageSize", 100, 1000);
      // Of several changes of one file, the last one stands for all.
      const rest = store.changes.filter((change) => change.seq >= from && concerns(change, request));
      const newest = new Map(rest.map((change) => [change.fileId, change.seq]));
      const kept = rest
        .filter((change) => newest.get(change.fileId) === change.seq)
        .map((change) => ({ change, shown: show(change, request) }))
        .filter(({ shown }) => !shown.removed || query.get("includeRemoved") !== "false");
      const page = kept.slice(0, size);
      const last = page.at(-1)?.change;
      const body = {
        kind: "drive#changeList",
        ...(kept.length > size && last !== undefined ? { nextPageToken: String(last.seq + 1) } : { newStartPageToken: String(latest()) }),
        changes: page.map(({ shown }) => shown),
      };
      const fallback = "kind,nextPageToken,newStartPageToken,changes(kind,type,changeType,time,removed,fileId,file(kind,id,name,mimeType))";
      const tree = { kind: null, nextPageToken: null, newStartPageToken: null, changes: changeTree };
      return json(200, selectFields(body, query.get("fields"), fallback, tree));
    },
  };
}
