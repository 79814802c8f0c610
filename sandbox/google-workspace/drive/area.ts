import { json, type SandboxResponse } from "../../http/server";
import { type ApiRequest, type AreaOptions, type GoogleArea, requireScope } from "../area";
import { GoogleRefusal, notFound } from "../failures";
import { selectFields } from "../fields";
import { createPageTokens, readPageSize } from "../pages";
import { createChangeLog } from "./changes";
import { download, exportFile, exportFormats } from "./content";
import { answerFile, contentScopes, type DriveContext, getFile, readScopes, writeScopes } from "./context";
import { drivePage } from "./home";
import { createDriveJson, driveTree } from "./json";
import { listFiles } from "./list";
import { mime } from "./rows";
import type { DriveStore, SavedDrive } from "./store";
import { readUpload } from "./upload";
import { createDriveWatch } from "./watch";
import { createFile, importable, requireWritable, updateFile } from "./writes";

/** The Drive API v3 (discovery document of Drive v3), the methods that the sandbox has. */

const operations: readonly (readonly [method: string, pattern: RegExp, name: string])[] = [
  ["GET", /^\/drive\/v3\/about$/, "drive.about.get"],
  ["GET", /^\/drive\/v3\/files$/, "drive.files.list"],
  ["POST", /^\/drive\/v3\/files$/, "drive.files.create"],
  ["POST", /^\/upload\/drive\/v3\/files$/, "drive.files.create"],
  ["GET", /^\/drive\/v3\/files\/generateIds$/, "drive.files.generateIds"],
  ["GET", /^\/drive\/v3\/files\/([^/]+)$/, "drive.files.get"],
  ["PATCH", /^\/drive\/v3\/files\/([^/]+)$/, "drive.files.update"],
  ["DELETE", /^\/drive\/v3\/files\/([^/]+)$/, "drive.files.delete"],
  ["GET", /^\/drive\/v3\/files\/([^/]+)\/export$/, "drive.files.export"],
  ["POST", /^\/drive\/v3\/files\/([^/]+)\/watch$/, "drive.files.watch"],
  ["POST", /^\/drive\/v3\/changes\/watch$/, "drive.changes.watch"],
  ["POST", /^\/drive\/v3\/channels\/stop$/, "drive.channels.stop"],
  ["GET", /^\/drive\/v3\/changes\/startPageToken$/, "drive.changes.getStartPageToken"],
  ["GET", /^\/drive\/v3\/changes$/, "drive.changes.list"],
  ["GET", /^\/drive\/v3\/drives$/, "drive.drives.list"],
  ["GET", /^\/drive\/v3\/drives\/([^/]+)$/, "drive.drives.get"],
];

const find = (method: string, path: string) => operations.find(([of, pattern]) => of === method && pattern.test(path)) ?? null;

export function createDriveArea(options: AreaOptions, store: DriveStore, reseed: () => void): GoogleArea {
  const shows = createDriveJson(store, options);
  const pages = createPageTokens({ clock: options.clock, goodSeconds: () => options.settings().pageTokenSeconds });
  const context: DriveContext = { options, store, shows, pages };
  const changes = createChangeLog(context);
  const watch = createDriveWatch(context);

  function drives(request: ApiRequest, id: string | null): SandboxResponse {
    requireScope(request, "drive", "drive.readonly");
    const { account, query } = request;
    const mine = [...store.drives.values()].filter(({ members }) => members.has(account.sub)).sort((a, b) => (a.id < b.id ? -1 : 1));
    if (id !== null) {
      const drive = mine.find((one) => one.id === id);
      if (drive === undefined) throw notFound(`Shared drive not found: ${id}`, "driveId");
      return json(200, selectFields(shows.drive(drive, account), query.get("fields"), "kind,id,name", driveTree));
    }
    const size = readPageSize(query, "pageSize", 10, 100);
    const list = [account.sub, "drives"];
    const after = pages.read(list, query.get("pageToken"));
    const rest = mine.filter((drive) => after === null || drive.id > after);
    const page = rest.slice(0, size);
    const last = page.at(-1);
    const body = {
      kind: "drive#driveList",
      ...(last !== undefined && rest.length > size ? { nextPageToken: pages.issue(list, last.id) } : {}),
      drives: page.map((drive) => shows.drive(drive, account)),
    };
    return json(
      200,
      selectFields(body, query.get("fields"), "kind,nextPageToken,drives(kind,id,name)", {
        kind: null,
        nextPageToken: null,
        drives: driveTree,
      }),
    );
  }

  function about(request: ApiRequest): SandboxResponse {
    requireScope(request, ...readScopes);
    const fields = request.query.get("fields");
    if (fields === null)
      throw new GoogleRefusal(400, "required", "The 'fields' parameter is required for this method.", { location: "fields" });
    const imports = Object.fromEntries([...importable].map((type) => [type, [mime.document]]));
    const body = {
      kind: "drive#about",
      user: shows.user(request.account.sub, request.account),
      importFormats: imports,
      exportFormats,
      maxUploadSize: "5242880000000",
      appInstalled: true,
      canCreateDrives: true,
    };
    return json(200, selectFields(body, fields, "*"));
  }

  return {
    name: "drive",
    prefixes: ["/drive/v3/", "/upload/drive/v3/"],
    refusals: "list",
    operationOf: (method, path) => find(method, path)?.[2] ?? null,
    async handle(request) {
      const found = find(request.method, request.path);
      if (found === null) throw notFound(`The sandbox has no method ${request.method} ${request.path}.`);
      const [, pattern, name] = found;
      const id = decodeURIComponent(pattern.exec(request.path)?.[1] ?? "");
      switch (name) {
        case "drive.about.get":
          return about(request);
        case "drive.files.list":
          return listFiles(context, request);
        case "drive.files.generateIds": {
          requireScope(request, ...writeScopes);
          const count = readPageSize(new URLSearchParams({ pageSize: request.query.get("count") ?? "10" }), "pageSize", 10, 1000);
          return json(200, { kind: "drive#generatedIds", space: "drive", ids: Array.from({ length: count }, () => store.newId()) });
        }
        case "drive.files.create": {
          const isUpload = request.path.startsWith("/upload/");
          return createFile(
            context,
            request,
            isUpload ? readUpload(request.query.get("uploadType"), request.headers.get("content-type") ?? "", request.bytes) : null,
          );
        }
        case "drive.files.get": {
          const isMedia = request.query.get("alt") === "media";
          requireScope(request, ...(isMedia ? contentScopes : readScopes));
          const file = getFile(context, request, id);
          if (!isMedia) return answerFile(context, request, file);
          if (file.copyRestricted && !store.canEdit(file, request.account)) {
            throw new GoogleRefusal(403, "cannotDownloadFile", "This file cannot be downloaded by the user.");
          }
          return download(file, request.headers.get("range"));
        }
        case "drive.files.export":
          requireScope(request, ...contentScopes);
          return exportFile(getFile(context, request, id, false), store, request.query.get("mimeType"), options.settings().exportBytes);
        case "drive.files.update":
          return updateFile(context, request, getFile(context, request, id));
        case "drive.files.delete": {
          requireScope(request, ...writeScopes);
          const file = getFile(context, request, id);
          requireWritable(context, request, file, "insufficientFilePermissions");
          store.remove(file);
          return { status: 204 };
        }
        case "drive.drives.list":
          return drives(request, null);
        case "drive.drives.get":
          return drives(request, id);
        case "drive.files.watch":
          return watch.watchFile(request, getFile(context, request, id));
        case "drive.changes.watch":
          return watch.watchChanges(request);
        case "drive.channels.stop":
          return watch.stop(request);
        case "drive.changes.getStartPageToken":
          return changes.startPageToken(request);
        case "drive.changes.list":
          return changes.list(request);
        default:
          throw notFound(`The sandbox has no method ${name}.`);
      }
    },
    page: (account, [id]) => drivePage(context, account, id),
    save: (): SavedDrive => store.save(),
    restore: (saved) => store.restore(saved as SavedDrive),
    reset() {
      reseed();
      watch.channels.clear();
    },
    inspect: () => ({
      files: store.files.size,
      drives: store.drives.size,
      documents: store.documents.size,
      changes: store.changes.length,
      channels: watch.channels.count(),
    }),
  };
}
