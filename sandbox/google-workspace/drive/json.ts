import { createHash } from "node:crypto";
import type { Account, AreaOptions } from "../area";
import type { FieldTree } from "../fields";
import { type DriveRow, type FileRow, mime } from "./rows";
import type { DriveStore } from "./store";

/** Files and shared drives as the API shows them to one account. */

const userTree: FieldTree = { kind: null, displayName: null, photoLink: null, me: null, permissionId: null, emailAddress: null };

/** The properties of `File` (discovery document of Drive v3). */
export const fileTree: FieldTree = Object.fromEntries([
  ..."appProperties capabilities clientEncryptionDetails contentHints contentRestrictions copyRequiresWriterPermission createdTime description downloadRestrictions driveId explicitlyTrashed exportLinks fileExtension folderColorRgb fullFileExtension hasAugmentedPermissions hasThumbnail headRevisionId iconLink id imageMediaMetadata inheritedPermissionsDisabled isAppAuthorized kind labelInfo linkShareMetadata md5Checksum mimeType modifiedByMe modifiedByMeTime modifiedTime name originalFilename ownedByMe parents permissionIds permissions properties quotaBytesUsed resourceKey sha1Checksum sha256Checksum shared sharedWithMeTime size spaces starred teamDriveId thumbnailLink thumbnailVersion trashed trashedTime version videoMediaMetadata viewedByMe viewedByMeTime viewersCanCopyContent webContentLink webViewLink writersCanShare"
    .split(" ")
    .map((name): [string, FieldTree | null] => [name, null]),
  ["lastModifyingUser", userTree],
  ["owners", userTree],
  ["sharingUser", userTree],
  ["trashingUser", userTree],
  ["shortcutDetails", { targetId: null, targetMimeType: null, targetResourceKey: null }],
] satisfies [string, FieldTree | null][]);

export const driveTree: FieldTree = Object.fromEntries(
  "backgroundImageFile backgroundImageLink capabilities colorRgb createdTime hidden id kind name orgUnitId restrictions themeId"
    .split(" ")
    .map((name) => [name, null]),
);

const kinds: Readonly<Record<string, string>> = {
  [mime.document]: "document",
  [mime.spreadsheet]: "spreadsheets",
  [mime.presentation]: "presentation",
  [mime.drawing]: "drawings",
  [mime.form]: "forms",
};

export const isNative = (mimeType: string): boolean => mimeType.startsWith("application/vnd.google-apps.");

export interface DriveJson {
  file(file: FileRow, account: Account, clientId: string): Readonly<Record<string, unknown>>;
  drive(drive: DriveRow, account: Account): Readonly<Record<string, unknown>>;
  user(sub: string, viewer: Account): Readonly<Record<string, unknown>>;
}

export function createDriveJson(store: DriveStore, options: AreaOptions): DriveJson {
  function user(sub: string, viewer: Account) {
    const account = options.accounts.find(sub);
    return {
      kind: "drive#user",
      displayName: account?.name ?? "Unknown",
      me: sub === viewer.sub,
      permissionId: createHash("sha256").update(sub).digest("hex").replaceAll(/\D/g, "").slice(0, 20),
      ...(account === null ? {} : { emailAddress: account.email }),
    };
  }

  function link(file: FileRow, account: Account): string {
    const at = `${options.webOrigin()}/home/${account.sub}`;
    if (file.mimeType === mime.folder) return `${at}/drive/${file.id}`;
    return kinds[file.mimeType] === "document" ? `${at}/docs/${file.id}` : `${at}/drive/${file.id}`;
  }

  const digest = (name: string, bytes: Uint8Array) => createHash(name).update(bytes).digest("hex");

  return {
    user,
    file(file, account, clientId) {
      const role = store.roleOf(file, account);
      const canEdit = store.canEdit(file, account);
      const parent = file.parentId === null ? undefined : store.files.get(file.parentId);
      const seesParent = parent !== undefined && store.roleOf(parent, account) !== null;
      const share = file.shares.get(account.sub);
      const properties = file.appProperties.get(clientId);
      const bytes = isNative(file.mimeType) ? null : file.content;
      const target = file.shortcutTo === null ? undefined : store.files.get(file.shortcutTo);
      const extension = /\.([A-Za-z0-9]{1,10})$/.exec(file.name)?.[1];
      const canDownload = !file.copyRestricted || canEdit;
      return {
        kind: "drive#file",
        id: file.id,
        name: file.name,
        mimeType: file.mimeType,
        starred: false,
        trashed: store.isTrashed(file),
        explicitlyTrashed: file.trashed,
        ...(seesParent && file.parentId !== null ? { parents: [file.parentId] } : {}),
        ...(properties === undefined ? {} : { appProperties: properties }),
        ...(file.description === null ? {} : { description: file.description }),
        spaces: ["drive"],
        version: String(file.version),
        ...(bytes === null && file.mimeType !== mime.folder && isNative(file.mimeType) ? {} : { viewedByMe: false }),
        webViewLink: link(file, account),
        iconLink: `${options.webOrigin()}/sandbox.css`,
        hasThumbnail: false,
        thumbnailVersion: "0",
        createdTime: file.createdTime,
        modifiedTime: file.modifiedTime,
        ...(share === undefined ? {} : { sharedWithMeTime: share.at, sharingUser: user(share.by, account) }),
        ...(file.owner === null ? {} : { owners: [user(file.owner, account)], ownedByMe: file.owner === account.sub }),
        ...(file.driveId === null ? {} : { driveId: file.driveId, teamDriveId: file.driveId }),
        lastModifyingUser: user(file.modifiedBy, account),
        shared: file.shares.size > 0 || file.driveId !== null,
        capabilities: {
          canAddChildren: file.mimeType === mime.folder && canEdit,
          canComment: role !== "reader",
          canCopy: canDownload,
          canDelete: role === "owner" || role === "organizer",
          canDownload,
          canEdit,
          canListChildren: file.mimeType === mime.folder,
          canModifyContent: canEdit,
          canRename: canEdit,
          canShare: canEdit,
          canTrash: canEdit,
        },
        viewersCanCopyContent: !file.copyRestricted,
        copyRequiresWriterPermission: file.copyRestricted,
        writersCanShare: true,
        isAppAuthorized: file.apps.has(clientId),
        ...(target === undefined && file.shortcutTo === null
          ? {}
          : { shortcutDetails: { targetId: file.shortcutTo, targetMimeType: target?.mimeType ?? mime.document } }),
        ...(bytes === null
          ? {}
          : {
              originalFilename: file.name,
              ...(extension === undefined ? {} : { fileExtension: extension, fullFileExtension: extension }),
              size: String(bytes.byteLength),
              quotaBytesUsed: String(bytes.byteLength),
              md5Checksum: digest("md5", bytes),
              sha1Checksum: digest("sha1", bytes),
              sha256Checksum: digest("sha256", bytes),
              headRevisionId: `0B${digest("sha256", bytes).slice(0, 30)}`,
              webContentLink: `${options.webOrigin()}/uc?id=${file.id}&export=download`,
            }),
      };
    },
    drive: (drive, account) => ({
      kind: "drive#drive",
      id: drive.id,
      name: drive.name,
      createdTime: drive.createdTime,
      hidden: false,
      colorRgb: "#0f9d58",
      capabilities: { canAddChildren: drive.members.get(account.sub) !== "reader", canListChildren: true, canReadRevisions: true },
    }),
  };
}
