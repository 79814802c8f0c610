import { answerOne, answerPage } from "../answers";
import { type GraphContext, newKey, noContent } from "../context";
import { answerDeltaCall, type Change } from "../delta";
import { badRequest, driveNotFound, GraphFailure } from "../failures";
import { driveItemId } from "../ids";
import { properties } from "../metadata";
import type { CollectionRules } from "../odata/query";
import type { Route } from "../route";
import type { DriveItemRow } from "../rows";
import { contentUrl } from "./content";
import { childrenOf, driveId, findItem, itemEtag, rootKey, shownItem } from "./items";

/** OneDrive (https://learn.microsoft.com/graph/api/resources/driveitem). */

const readFiles = ["Files.Read", "Files.ReadWrite"] as const;
const writeFiles = ["Files.ReadWrite"] as const;

const itemRules: CollectionRules & { readonly of: string } = {
  of: "drive/items",
  type: "microsoft.graph.driveItem",
  properties: properties.driveItem,
  filterable: [],
  orderable: ["name", "size", "lastModifiedDateTime"],
  pageSize: 200,
  maxPageSize: 999,
  options: ["$orderby"],
};

const answerItem = (context: GraphContext, row: DriveItemRow, status = 200) => {
  const shown = shownItem(context, row);
  const { url } = context;
  // The address comes by itself, and with `$select` where it is asked for (driveitem, "@microsoft.graph.downloadUrl").
  const named = url.searchParams.get("$select")?.split(",").includes("@microsoft.graph.downloadUrl") ?? true;
  const download =
    row.content === null || !named
      ? {}
      : {
          "@microsoft.graph.downloadUrl": contentUrl(
            context.origin,
            context.mailbox,
            row,
            context.store.nowMs() + context.settings.downloadSeconds * 1000,
          ),
        };
  return answerOne(
    context,
    { ...shown, ...download },
    { ...itemRules, properties: [...itemRules.properties, "@microsoft.graph.downloadUrl"] },
    status,
  );
};

function listChildren(context: GraphContext, row: DriveItemRow) {
  if (row.content !== null || row.remote !== null)
    return answerPage(context, [], itemRules, (each: DriveItemRow) => shownItem(context, each));
  const children = childrenOf(context.mailbox, row.key).toSorted((one, other) => one.name.localeCompare(other.name, "en"));
  return answerPage(context, children, itemRules, (each) => shownItem(context, each));
}

function redirect(context: GraphContext, row: DriveItemRow) {
  if (row.content === null) throw badRequest("You cannot get content for a folder.", "notSupported");
  if (context.request.headers.get("if-none-match") === itemEtag(context.mailbox, row)) return { status: 304 };
  const location = contentUrl(context.origin, context.mailbox, row, context.store.nowMs() + context.settings.downloadSeconds * 1000);
  return { status: 302, headers: { location } };
}

/** An item by the path of names below the root (`root:/Team/Plan.md`). */
function findByPath(context: GraphContext, path: string): DriveItemRow {
  return path
    .split("/")
    .filter((name) => name !== "")
    .reduce<DriveItemRow>(
      (folder, name) => {
        const child = childrenOf(context.mailbox, folder.key).find((row) => row.name.toLowerCase() === name.toLowerCase());
        if (child === undefined) throw driveNotFound();
        return child;
      },
      findItem(context.mailbox, rootKey),
    );
}

function changes(context: GraphContext, since: number): readonly Change[] {
  const { drive, tombstones } = context.mailbox;
  const there = [...drive.values()].filter((row) => since === 0 || row.seq > since);
  const gone = since === 0 ? [] : tombstones.filter((one) => one.type === "driveItem" && one.seq > since);
  return [
    ...there.map((row): Change => ({ seq: row.seq, show: () => shownItem(context, row, { forDelta: true }) })),
    ...gone.map(({ id, seq }): Change => ({ seq, show: () => ({ id, deleted: { state: "deleted" } }) })),
  ].toSorted((one, other) => one.seq - other.seq);
}

function upload(context: GraphContext, folder: DriveItemRow, name: string) {
  const { mailbox, store, request } = context;
  if (name === "" || /["*:<>?/\\|]/.test(name)) throw badRequest("The name contains characters that are not allowed.", "invalidRequest");
  const before = childrenOf(mailbox, folder.key).find((row) => row.name.toLowerCase() === name.toLowerCase());
  mailbox.seq += 1;
  const content = { mimeType: request.headers.get("content-type") ?? "application/octet-stream", bytes: request.bytes };
  if (before !== undefined) {
    Object.assign(before, { content, version: before.version + 1, seq: mailbox.seq, modifiedAt: store.writeTime() });
    return answerItem(context, before);
  }
  const now = store.writeTime();
  const row: DriveItemRow = {
    key: newKey(mailbox),
    parent: folder.key,
    name,
    createdAt: now,
    modifiedAt: now,
    version: 1,
    seq: mailbox.seq,
    content,
    remote: null,
  };
  mailbox.drive.set(row.key, row);
  return answerItem(context, row, 201);
}

function remove(context: GraphContext, row: DriveItemRow) {
  const { mailbox } = context;
  if (row.key === rootKey) throw new GraphFailure(403, "accessDenied", "The root cannot be deleted.");
  for (const child of childrenOf(mailbox, row.key)) remove(context, child);
  mailbox.drive.delete(row.key);
  mailbox.seq += 1;
  mailbox.tombstones.push({
    id: driveItemId(mailbox.userId, row.key),
    type: "driveItem",
    container: row.parent ?? rootKey,
    seq: mailbox.seq,
  });
  return noContent();
}

const itemRoutes = (
  prefix: string,
  find: (context: GraphContext, parameters: Readonly<Record<string, string>>) => DriveItemRow,
): readonly Route[] => [
  {
    method: "GET",
    pattern: prefix,
    scopes: readFiles,
    limit: "drive",
    run: (context, parameters) => answerItem(context, find(context, parameters)),
  },
  {
    method: "GET",
    pattern: `${prefix}/children`,
    scopes: readFiles,
    limit: "drive",
    run: (context, parameters) => listChildren(context, find(context, parameters)),
  },
  {
    method: "GET",
    pattern: `${prefix}/content`,
    scopes: readFiles,
    limit: "drive",
    run: (context, parameters) => redirect(context, find(context, parameters)),
  },
];

export const fileRoutes: readonly Route[] = [
  {
    method: "GET",
    pattern: "/me/drive",
    scopes: readFiles,
    limit: "drive",
    run: (context) =>
      answerOne(
        context,
        {
          id: driveId(context.user.id),
          driveType: "business",
          name: "OneDrive",
          webUrl: `${context.webOrigin}/personal/${encodeURIComponent(context.user.mail)}/Documents`,
          owner: { user: { id: context.user.id, displayName: context.user.displayName } },
        },
        { of: "drives", type: "microsoft.graph.drive", properties: properties.drive },
      ),
  },
  ...itemRoutes("/me/drive/root", (context) => findItem(context.mailbox, rootKey)),
  ...itemRoutes("/me/drive/items/{item}", (context, { item = "" }) => findItem(context.mailbox, item)),
  ...itemRoutes("/me/drive/root:/{path}", (context, { path = "" }) => findByPath(context, path)),
  {
    method: "DELETE",
    pattern: "/me/drive/items/{item}",
    scopes: writeFiles,
    limit: "drive",
    run: (context, { item = "" }) => remove(context, findItem(context.mailbox, item)),
  },
  {
    method: "PUT",
    pattern: "/me/drive/root:/{path}/content",
    scopes: writeFiles,
    limit: "drive",
    run(context, { path = "" }) {
      const names = path.split("/").filter((name) => name !== "");
      return upload(context, findByPath(context, names.slice(0, -1).join("/")), names.at(-1) ?? "");
    },
  },
  {
    method: "GET",
    pattern: "/me/drive/root/delta",
    scopes: readFiles,
    limit: "drive",
    run: (context) =>
      answerDeltaCall(context, {
        of: "drive/root",
        type: itemRules.type,
        properties: itemRules.properties,
        selects: true,
        gone: "drive",
        changes: (since) => changes(context, since),
      }),
  },
];
