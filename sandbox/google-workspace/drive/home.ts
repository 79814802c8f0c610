import { html, type Markup } from "../../http/html";
import { table, when, written } from "../../pages/frame";
import type { Account } from "../area";
import type { DriveContext } from "./context";
import { isNative } from "./json";
import { type FileRow, mime } from "./rows";

/** A folder or a file of the person's drive. */
export function drivePage(
  { options, store }: DriveContext,
  account: Account,
  id: string | undefined,
): { readonly title: string; readonly main: Markup } | null {
  const folder = store.find(id ?? "root", account);
  if (folder === null) return null;
  const at = `/home/${account.sub}`;
  if (folder.mimeType !== mime.folder) {
    const text =
      isNative(folder.mimeType) || folder.mimeType.startsWith("text/") ? Buffer.from(folder.content ?? []).toString("utf8") : null;
    return {
      title: folder.name,
      main: html`<h1 dir="auto">${folder.name || "Untitled"}</h1><p class="quiet">${folder.mimeType}, ${folder.content?.byteLength ?? 0} bytes</p>${text === null ? "" : written(text)}`,
    };
  }
  const shared = id === undefined ? [...store.files.values()].filter((file) => file.shares.has(account.sub) && !store.isTrashed(file)) : [];
  const own =
    id === undefined
      ? [...store.drives.values()].filter(({ members }) => members.has(account.sub)).flatMap((drive) => store.files.get(drive.id) ?? [])
      : [];
  const rows = (files: readonly FileRow[]) =>
    files.map((file) => [
      html`<a href="${at}/${file.mimeType === mime.document ? "docs" : "drive"}/${file.id}"><bdi>${file.name || "Untitled"}</bdi></a>`,
      file.mimeType.replace("application/vnd.google-apps.", ""),
      when(file.modifiedTime),
      options.accounts.find(file.modifiedBy)?.name ?? "",
    ]);
  const heads = ["Name", "Kind", "Changed", "By"];
  const children = store
    .childrenOf(folder.id)
    .filter((file) => !store.isTrashed(file))
    .slice(0, 500);
  return {
    title: folder.name,
    main: html`<h1 dir="auto">${folder.name}</h1>${table(folder.name, heads, rows(children))}${id === undefined ? html`<h2>Shared drives</h2>${table("Shared drives", heads, rows(own))}<h2>Shared with me</h2>${table("Shared with me", heads, rows(shared))}` : ""}`,
  };
}
