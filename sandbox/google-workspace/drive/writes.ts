import type { SandboxResponse } from "../../http/server";
import { type ApiRequest, hasScope, requireScope } from "../area";
import { importMarkdown } from "../docs/import";
import { badRequest, GoogleRefusal, notFound } from "../failures";
import { answerFile, type DriveContext, flag, writeScopes } from "./context";
import { fileTree, isNative } from "./json";
import { type FileRow, mime } from "./rows";
import { readJson, type Upload } from "./upload";

/** Changes of files. */

/** What is converted into a document; `about.get` lists them. */
export const importable: ReadonlySet<string> = new Set(["text/markdown", "text/plain"]);

/** With `drive.file` alone an app works on the files that it made, and at the top of the person's drive. */
export function requireWritable({ store }: DriveContext, request: ApiRequest, file: FileRow, reason: string): void {
  if (!hasScope(request, "drive") && !file.apps.has(request.clientId) && file.id !== store.rootOf(request.account)) {
    throw new GoogleRefusal(
      403,
      "appNotAuthorizedToFile",
      `The user has not granted the app ${request.clientId} write access to the file ${file.id}.`,
    );
  }
  if (!store.canEdit(file, request.account))
    throw new GoogleRefusal(403, reason, "The user does not have sufficient permissions for this file.");
}

/** `files.create` */
export function createFile(context: DriveContext, request: ApiRequest, upload: Upload | null): SandboxResponse {
  requireScope(request, ...writeScopes);
  const { store } = context;
  const { account, clientId } = request;
  const metadata = upload?.metadata ?? readJson(request.body);
  const wrong = Object.keys(metadata).find((name) => !Object.hasOwn(fileTree, name));
  if (wrong !== undefined) throw badRequest(`Invalid JSON payload received. Unknown name "${wrong}"`);
  const { name, parents, appProperties, id, shortcutDetails, description } = metadata;
  if (parents !== undefined && (!Array.isArray(parents) || parents.length > 1)) {
    throw new GoogleRefusal(400, "teamDrivesParentLimit", "A file cannot have more than one parent.");
  }
  const parentId = String(Array.isArray(parents) && parents.length === 1 ? parents[0] : store.rootOf(account));
  const parent = store.find(parentId, account);
  if (parent === null || (parent.driveId !== null && !flag(request.query, "supportsAllDrives")))
    throw notFound(`File not found: ${parentId}.`, "fileId");
  requireWritable(context, request, parent, "insufficientParentPermissions");
  if (parent.mimeType !== mime.folder) throw badRequest("The specified parent is not a folder.");
  if (typeof id === "string" && store.files.has(id))
    throw new GoogleRefusal(409, "fileIdInUse", "A file already exists with the provided ID.");
  const mimeType = String(metadata.mimeType ?? upload?.mediaType ?? "application/octet-stream");
  if (upload !== null && isNative(mimeType) && !(mimeType === mime.document && importable.has(upload.mediaType))) {
    throw badRequest("The requested conversion is not supported.");
  }
  if (typeof id === "string" && isNative(mimeType)) throw badRequest("Generated IDs are not supported for Docs Editors formats.");
  const target =
    typeof shortcutDetails === "object" && shortcutDetails !== null && "targetId" in shortcutDetails
      ? String(shortcutDetails.targetId)
      : undefined;
  const file = store.add({
    ...(typeof id === "string" ? { id } : {}),
    name: typeof name === "string" ? name : "Untitled",
    mimeType,
    owner: parent.driveId === null ? account.sub : null,
    parentId: parent.id,
    driveId: parent.driveId,
    by: account.sub,
    clientId,
    ...(target === undefined ? {} : { shortcutTo: target }),
    ...(isNative(mimeType) ? {} : { content: upload?.bytes ?? new Uint8Array() }),
  });
  if (typeof description === "string") file.description = description;
  if (typeof appProperties === "object" && appProperties !== null)
    setProperties(file, clientId, appProperties as Readonly<Record<string, unknown>>);
  if (upload !== null && mimeType === mime.document) {
    const document = store.document(file);
    const [tab] = document.tabs;
    if (tab !== undefined) importMarkdown(document, tab, Buffer.from(upload.bytes).toString("utf8"));
  }
  return answerFile(context, request, file);
}

/** "A maximum of 124 bytes per property" (https://developers.google.com/workspace/drive/api/guides/properties). */
function setProperties(file: FileRow, clientId: string, given: Readonly<Record<string, unknown>>): void {
  const kept = Object.entries({ ...file.appProperties.get(clientId), ...given }).filter(([, value]) => value !== null);
  if (kept.some(([key, value]) => Buffer.byteLength(`${key}${String(value)}`) > 124)) {
    throw badRequest("The property key and value are limited to 124 bytes.");
  }
  file.appProperties.set(clientId, Object.fromEntries(kept.map(([key, value]) => [key, String(value)])));
}

/** `files.update` of metadata. */
export function updateFile(context: DriveContext, request: ApiRequest, file: FileRow): SandboxResponse {
  const { store } = context;
  requireScope(request, ...writeScopes);
  requireWritable(context, request, file, "insufficientFilePermissions");
  const metadata = readJson(request.body);
  const wrong = Object.keys(metadata).find((name) => !Object.hasOwn(fileTree, name));
  if (wrong !== undefined) throw badRequest(`Invalid JSON payload received. Unknown name "${wrong}"`);
  if ("parents" in metadata)
    throw new GoogleRefusal(
      403,
      "fieldNotWritable",
      "The parents field is not directly writable in update requests. Use the addParents and removeParents parameters instead.",
    );
  const added = request.query.get("addParents");
  const target = added === null ? null : store.find(added, request.account);
  if (added !== null && target === null) throw notFound(`File not found: ${added}.`, "addParents");
  if (target !== null) requireWritable(context, request, target, "insufficientParentPermissions");
  store.change(file, request.account.sub, () => {
    if (typeof metadata.name === "string") file.name = metadata.name;
    if (typeof metadata.description === "string") file.description = metadata.description;
    if (typeof metadata.trashed === "boolean") file.trashed = metadata.trashed;
    if (typeof metadata.appProperties === "object" && metadata.appProperties !== null) {
      setProperties(file, request.clientId, metadata.appProperties as Readonly<Record<string, unknown>>);
    }
    if (target !== null) {
      file.parentId = target.id;
      file.driveId = target.driveId;
    }
  });
  return answerFile(context, request, file);
}
