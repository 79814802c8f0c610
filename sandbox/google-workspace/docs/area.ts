import { createHash } from "node:crypto";
import { html } from "../../http/html";
import { json, type SandboxResponse } from "../../http/server";
import { table, written } from "../../pages/frame";
import { type Account, type ApiRequest, type GoogleArea, hasScope, requireScope } from "../area";
import { type FileRow, mime } from "../drive/rows";
import type { DriveStore } from "../drive/store";
import { readJson } from "../drive/upload";
import { badRequest, GoogleRefusal, notFound } from "../failures";
import { selectFields } from "../fields";
import { readBatch, runBatch } from "./batch";
import { readableText } from "./export";
import { documentJson } from "./json";

/** The Docs API v1 (discovery document of Docs v1), on the documents of the simulated Drive. */

const readScopes = ["documents", "documents.readonly", "drive", "drive.file", "drive.readonly"] as const;
const writeScopes = ["documents", "drive", "drive.file"] as const;

const operations: readonly (readonly [method: string, pattern: RegExp, name: string])[] = [
  ["POST", /^\/v1\/documents$/, "docs.documents.create"],
  ["GET", /^\/v1\/documents\/([^/:]+)$/, "docs.documents.get"],
  ["POST", /^\/v1\/documents\/([^/:]+):batchUpdate$/, "docs.documents.batchUpdate"],
];

const find = (method: string, path: string) => operations.find(([of, pattern]) => of === method && pattern.test(path)) ?? null;

const modes = ["DEFAULT_FOR_CURRENT_ACCESS", "SUGGESTIONS_INLINE", "PREVIEW_SUGGESTIONS_ACCEPTED", "PREVIEW_WITHOUT_SUGGESTIONS"];

export function createDocsArea(store: DriveStore): GoogleArea {
  /** Opaque, and each person's own. */
  const revisionOf = (file: FileRow, account: Account): string =>
    `ALm37BV${createHash("sha256")
      .update(`${file.id} ${store.document(file).revision} ${account.sub}`)
      .digest("base64url")
      .slice(0, 60)}`;

  function getFile(request: ApiRequest, id: string): FileRow {
    const file = store.find(id, request.account);
    if (file === null) throw notFound("Requested entity was not found.");
    if (file.mimeType !== mime.document) throw badRequest("This operation is not supported for this document");
    const coversAll = ["documents", "documents.readonly", "drive", "drive.readonly"].some((name) => hasScope(request, name));
    if (!coversAll && !file.apps.has(request.clientId)) throw notFound("Requested entity was not found.");
    return file;
  }

  function get(request: ApiRequest, file: FileRow): SandboxResponse {
    const asked = request.query.get("suggestionsViewMode") ?? "DEFAULT_FOR_CURRENT_ACCESS";
    if (!modes.includes(asked)) throw badRequest(`Invalid value at 'suggestions_view_mode': "${asked.slice(0, 60)}"`);
    const canEdit = store.canEdit(file, request.account);
    if (!canEdit && (asked === "SUGGESTIONS_INLINE" || asked === "PREVIEW_SUGGESTIONS_ACCEPTED")) {
      throw new GoogleRefusal(403, "forbidden", "The caller does not have permission");
    }
    if (asked === "PREVIEW_SUGGESTIONS_ACCEPTED") throw badRequest("The sandbox has no preview of accepted suggestions.");
    const mode = asked === "DEFAULT_FOR_CURRENT_ACCESS" ? (canEdit ? "SUGGESTIONS_INLINE" : "PREVIEW_WITHOUT_SUGGESTIONS") : asked;
    const body = documentJson(store.document(file), {
      title: file.name,
      revisionId: canEdit ? revisionOf(file, request.account) : null,
      includeTabs: request.query.get("includeTabsContent") === "true",
      mode,
      preview: mode === "PREVIEW_WITHOUT_SUGGESTIONS",
    });
    return json(200, selectFields(body, request.query.get("fields"), "*"));
  }

  function batchUpdate(request: ApiRequest, file: FileRow): SandboxResponse {
    const coversAll = hasScope(request, "documents") || hasScope(request, "drive");
    if (!store.canEdit(file, request.account) || (!coversAll && !file.apps.has(request.clientId))) {
      throw new GoogleRefusal(403, "forbidden", "The caller does not have permission");
    }
    const { requests, writeControl } = readBatch(request.body);
    const current = revisionOf(file, request.account);
    if (writeControl?.requiredRevisionId !== undefined && writeControl.requiredRevisionId !== current) {
      throw badRequest(`The required revision ID '${writeControl.requiredRevisionId}' does not match the latest revision.`);
    }
    if (writeControl?.targetRevisionId !== undefined) throw badRequest("The sandbox does not merge: send requiredRevisionId.");
    const { document, replies } = runBatch(store.document(file), requests);
    store.change(file, request.account.sub, () => void store.documents.set(file.id, document), true);
    return json(200, { replies, writeControl: { requiredRevisionId: revisionOf(file, request.account) }, documentId: file.id });
  }

  function create(request: ApiRequest): SandboxResponse {
    const { account, clientId } = request;
    const { title: given } = readJson(request.body);
    const title = typeof given === "string" ? given : "Untitled document";
    const file = store.add({
      name: title,
      mimeType: mime.document,
      owner: account.sub,
      parentId: store.rootOf(account),
      by: account.sub,
      clientId,
    });
    return get(request, file);
  }

  return {
    name: "docs",
    prefixes: ["/v1/documents"],
    refusals: "status",
    operationOf: (method, path) => find(method, path)?.[2] ?? null,
    handle(request) {
      const found = find(request.method, request.path);
      if (found === null) throw notFound(`The sandbox has no method ${request.method} ${request.path}.`);
      const [, pattern, name] = found;
      const id = decodeURIComponent(pattern.exec(request.path)?.[1] ?? "");
      if (name === "docs.documents.get") {
        requireScope(request, ...readScopes);
        return get(request, getFile(request, id));
      }
      requireScope(request, ...writeScopes);
      return name === "docs.documents.create" ? create(request) : batchUpdate(request, getFile(request, id));
    },
    page(account, [id]) {
      if (id === undefined) {
        const files = [...store.files.values()].filter(
          (file) => file.mimeType === mime.document && !store.isTrashed(file) && store.roleOf(file, account) !== null,
        );
        const rows = files.map((file) => [
          html`<a href="/home/${account.sub}/docs/${file.id}"><bdi>${file.name || "Untitled"}</bdi></a>`,
          file.modifiedTime.slice(0, 16).replace("T", " "),
        ]);
        return { title: "Docs", main: html`<h1>Docs</h1>${table("Docs", ["Title", "Changed"], rows)}` };
      }
      const file = store.find(id, account);
      if (file === null || file.mimeType !== mime.document) return null;
      return { title: file.name, main: html`<h1 dir="auto">${file.name || "Untitled"}</h1>${written(readableText(store.document(file)))}` };
    },
    // Documents live in the files of Drive, which saves them.
    save: () => null,
    restore: () => undefined,
    reset: () => undefined,
    inspect: () => ({ documents: store.documents.size }),
  };
}
