import { createHash } from "node:crypto";
import type { GraphContext } from "../context";
import { driveNotFound } from "../failures";
import { changeKeyOf, driveItemId, seedGuid } from "../ids";
import type { Shown } from "../odata/filter";
import type { DriveItemRow, Mailbox, User } from "../rows";

/** OneDrive's items as Graph shows them. */

export const rootKey = "root";

export const driveId = (userId: string): string => `b!${Buffer.from(seedGuid("drive", userId)).toString("base64url")}`;

/** The item with that id; 404 for none. `root` is one. */
export function findItem(mailbox: Mailbox, id: string): DriveItemRow {
  const row =
    id.toLowerCase() === "root"
      ? mailbox.drive.get(rootKey)
      : [...mailbox.drive.values()].find(({ key }) => driveItemId(mailbox.userId, key) === id);
  if (row === undefined) throw driveNotFound();
  return row;
}

export const childrenOf = (mailbox: Mailbox, parent: string): readonly DriveItemRow[] =>
  [...mailbox.drive.values()].filter((row) => row.parent === parent);

const sizeOf = (mailbox: Mailbox, row: DriveItemRow): number =>
  row.content === null ? childrenOf(mailbox, row.key).reduce((sum, child) => sum + sizeOf(mailbox, child), 0) : row.content.bytes.length;

/** `Team/Engineering`, names encoded as in a URL. */
export function pathBelowRoot(mailbox: Mailbox, row: DriveItemRow): string {
  if (row.key === rootKey) return "";
  const parent = mailbox.drive.get(row.parent ?? rootKey);
  const above = parent === undefined ? "" : pathBelowRoot(mailbox, parent);
  return `${above === "" ? "" : `${above}/`}${encodeURIComponent(row.name)}`;
}

const identity = (user: User) => ({ user: { id: user.id, displayName: user.displayName } });

/** The etag as SharePoint writes it: braces, a version, quotes inside. */
export const itemEtag = (mailbox: Mailbox, row: DriveItemRow): string =>
  `"{${seedGuid("item", mailbox.userId, row.key).toUpperCase()}},${row.version}"`;

export function shownItem(context: GraphContext, row: DriveItemRow, options: { readonly forDelta?: boolean } = {}): Shown {
  const { mailbox, user, webOrigin } = context;
  const id = driveItemId(mailbox.userId, row.key);
  const parent = row.parent === null ? null : (mailbox.drive.get(row.parent) ?? null);
  const parentPath = parent === null ? "" : pathBelowRoot(mailbox, parent);
  const reference = {
    driveType: "business",
    driveId: driveId(mailbox.userId),
    ...(parent === null
      ? {}
      : {
          id: driveItemId(mailbox.userId, parent.key),
          name: parent.name,
          // Delta answers name no paths (fact sheet, §4).
          ...(options.forDelta === true
            ? {}
            : { path: `/drives/${driveId(mailbox.userId)}/root:${parentPath === "" ? "" : `/${parentPath}`}` }),
        }),
  };
  return {
    "@odata.etag": itemEtag(mailbox, row),
    id,
    name: row.name,
    eTag: itemEtag(mailbox, row),
    cTag: `"c:{${changeKeyOf(row.key, row.version)}},${row.version}"`,
    createdDateTime: `${row.createdAt.slice(0, 19)}Z`,
    lastModifiedDateTime: `${row.modifiedAt.slice(0, 19)}Z`,
    size: sizeOf(mailbox, row),
    webUrl: `${webOrigin}/personal/${encodeURIComponent(user.mail)}/Documents/${pathBelowRoot(mailbox, row)}`,
    createdBy: identity(user),
    lastModifiedBy: identity(user),
    parentReference: reference,
    fileSystemInfo: { createdDateTime: `${row.createdAt.slice(0, 19)}Z`, lastModifiedDateTime: `${row.modifiedAt.slice(0, 19)}Z` },
    ...(row.key === rootKey ? { root: {} } : {}),
    ...facetOf(context, row),
  };
}

function facetOf(context: GraphContext, row: DriveItemRow): Shown {
  const { mailbox, store } = context;
  if (row.remote !== null) {
    const owner = store.mailboxOf(row.remote.owner);
    const target = owner.drive.get(row.remote.key);
    return {
      remoteItem: {
        id: driveItemId(row.remote.owner, row.remote.key),
        name: target?.name ?? row.name,
        size: target === undefined ? 0 : sizeOf(owner, target),
        webUrl: `${context.webOrigin}/personal/shared/${encodeURIComponent(row.name)}`,
        ...(target?.content === null
          ? { folder: { childCount: childrenOf(owner, row.remote.key).length } }
          : { file: { mimeType: target?.content?.mimeType ?? "application/octet-stream" } }),
        parentReference: { driveType: "business", driveId: driveId(row.remote.owner) },
      },
    };
  }
  if (row.content === null) return { folder: { childCount: childrenOf(mailbox, row.key).length } };
  return {
    file: {
      mimeType: row.content.mimeType,
      // Made of the content as the real one is, in SharePoint's length; no client can tell it from a QuickXorHash it does not compute.
      hashes: { quickXorHash: createHash("sha1").update(row.content.bytes).digest("base64") },
    },
  };
}
