import { json, type SandboxResponse } from "../../http/server";
import { type ApiRequest, requireScope } from "../area";
import { readableText } from "../docs/export";
import { badRequest, invalidParameter, notFound } from "../failures";
import { selectFields } from "../fields";
import { readPageSize } from "../pages";
import { type DriveContext, flag, isVisible, readScopes } from "./context";
import { fileTree } from "./json";
import { type ParsedQuery, parseQuery, type QueryContext } from "./query";
import type { FileRow } from "./rows";

/** Lists of files. */

/** What `corpora` takes in; shared drives only where they are asked for. */
function inCorpus(file: FileRow, request: ApiRequest): boolean {
  const { query } = request;
  const corpora = query.get("corpora") ?? "user";
  const driveId = query.get("driveId");
  if (file.driveId === null) return corpora !== "drive";
  if (!flag(query, "includeItemsFromAllDrives") || !flag(query, "supportsAllDrives")) return false;
  if (corpora === "drive") return file.driveId === driveId;
  return corpora === "allDrives";
}

function candidates({ store }: DriveContext, request: ApiRequest, query: ParsedQuery): readonly FileRow[] {
  if (query.parent === null) return [...store.files.values()];
  const parent = query.parent === "root" ? store.rootOf(request.account) : query.parent;
  return store.childrenOf(parent);
}

/** `files.list` */
export function listFiles(context: DriveContext, request: ApiRequest): SandboxResponse {
  requireScope(request, ...readScopes);
  const { store, shows, pages } = context;
  const { query, account } = request;
  const corpora = query.get("corpora") ?? "user";
  if (!["user", "domain", "drive", "allDrives"].includes(corpora)) throw invalidParameter("corpora", "Invalid Value");
  if ((corpora === "drive") !== query.has("driveId"))
    throw invalidParameter("driveId", "The driveId parameter must be specified if and only if corpora is set to drive.");
  if (query.has("driveId") && !store.drives.get(query.get("driveId") ?? "")?.members.has(account.sub)) {
    throw notFound(`Shared drive not found: ${query.get("driveId")}`, "driveId");
  }
  const parsed = parseQuery(query.get("q") ?? "");
  if (parsed.isFullText && query.has("orderBy")) throw badRequest("Sorting is not supported for queries with fullText terms.");
  const size = readPageSize(query, "pageSize", 100, 1000);
  const searched = contextOf(context, request);
  const roots = new Set([store.rootOf(account), ...store.drives.keys()]);
  const matches = candidates(context, request, parsed).filter(
    (file) => !roots.has(file.id) && inCorpus(file, request) && isVisible(context, file, request) && parsed.test(file, searched),
  );
  const order = query.get("orderBy");
  const [sortBy = "", direction] = order?.split(",")[0]?.trim().split(" ") ?? [];
  if (order !== null && !["name", "modifiedTime", "createdTime", "folder"].includes(sortBy))
    throw invalidParameter("orderBy", "Invalid Value");
  const keyOf = (file: FileRow) =>
    `${sortBy === "name" || sortBy === "modifiedTime" || sortBy === "createdTime" ? file[sortBy] : ""}\u0000${file.id}`;
  const sorted = matches.map((file) => ({ file, key: keyOf(file) })).sort((a, b) => (a.key < b.key ? -1 : 1));
  if (direction === "desc") sorted.reverse();
  const list = [account.sub, request.clientId, "files", corpora, query.get("q") ?? "", order ?? "", query.get("driveId") ?? ""];
  const after = pages.read(list, query.get("pageToken"));
  const from = after === null ? 0 : sorted.findIndex(({ key }) => (direction === "desc" ? key < after : key > after));
  const page = from < 0 ? [] : sorted.slice(from, from + size);
  const last = page.at(-1);
  const more = last !== undefined && from + size < sorted.length;
  const body = {
    kind: "drive#fileList",
    incompleteSearch: false,
    ...(more ? { nextPageToken: pages.issue(list, last.key) } : {}),
    files: page.map(({ file }) => shows.file(file, account, request.clientId)),
  };
  const tree = { kind: null, incompleteSearch: null, nextPageToken: null, files: fileTree };
  return json(200, selectFields(body, query.get("fields"), "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)", tree));
}

function contextOf({ options, store }: DriveContext, request: ApiRequest): QueryContext {
  const { account, clientId } = request;
  const emailOf = (sub: string) => options.accounts.find(sub)?.email ?? "";
  return {
    me: account.email,
    isIn: (file: FileRow, parent: string) => file.parentId === (parent === "root" ? store.rootOf(account) : parent),
    isTrashed: (file: FileRow) => store.isTrashed(file),
    isSharedWithMe: (file: FileRow) => file.shares.has(account.sub),
    people: (file: FileRow, of: "owners" | "writers" | "readers") =>
      of === "owners"
        ? file.owner === null
          ? []
          : [emailOf(file.owner)]
        : [...file.shares].filter(([, { role }]) => (of === "readers") === (role === "reader")).map(([sub]) => emailOf(sub)),
    text: (file: FileRow) => {
      const document = store.documents.get(file.id);
      return document === undefined ? Buffer.from(file.content ?? []).toString("utf8") : readableText(document);
    },
    appProperty: (file: FileRow, key: string) => file.appProperties.get(clientId)?.[key] ?? null,
  };
}
