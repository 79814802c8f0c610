import { HubError } from "@/server/errors";
import type { CallContext, Send, ToolResponse } from "@/server/transport/send";
import { driveGroup } from "../limits";
import { type DriveItem, driveItem, driveItemFields } from "../schema/files";
import { type GraphCaller, type Page, type PageRequest, pageSizeOf, pathOf, segment } from "./http";

/** OneDrive (https://learn.microsoft.com/graph/api/resources/onedrive). */

export interface FilesApi {
  /** The top folder of the person's own drive. */
  getRoot(context: CallContext): Promise<DriveItem>;
  /** ENOENT where there is none. */
  getItem(id: string, context: CallContext): Promise<DriveItem>;
  /** `folder` null: the top one. */
  listChildren(folder: string | null, page: PageRequest, context: CallContext): Promise<Page<DriveItem>>;
  /**
   * The bytes of a file, or of a part of it (`bytes=0-99`), as they come. Status 200 brings the whole file, 206 the part; EINVAL for a part
   * behind its end.
   */
  openContent(id: string, range: string | null, context: CallContext): Promise<ToolResponse>;
}

export function createFilesApi(graph: GraphCaller, send: Send): FilesApi {
  const itemPath = (id: string, below = "") => `/me/drive/items/${segment(id)}${below}`;
  const fields = driveItemFields.join(",");

  return {
    getRoot: (context) =>
      graph.call(
        driveItem,
        {
          method: "GET",
          path: pathOf("/me/drive/root", { $select: fields }),
          operation: "GET /me/drive/root",
          repeatability: "safe",
          group: "drive",
        },
        context,
      ),
    getItem: (id, context) =>
      graph.call(
        driveItem,
        {
          method: "GET",
          path: pathOf(itemPath(id), { $select: fields }),
          operation: "GET /me/drive/items/{id}",
          repeatability: "safe",
          group: "drive",
        },
        context,
      ),
    listChildren: (folder, page, context) => {
      const path = pathOf(folder === null ? "/me/drive/root/children" : itemPath(folder, "/children"), {
        $select: fields,
        $orderby: "name",
        $top: pageSizeOf(page.limit),
      });
      const operation = folder === null ? "GET /me/drive/root/children" : "GET /me/drive/items/{id}/children";
      return graph.page(driveItem, { path, operation, group: "drive" }, page.next, context);
    },
    async openContent(id, range, context) {
      const operation = "GET /me/drive/items/{id}/content";
      const call = {
        method: "GET",
        path: itemPath(id, "/content"),
        operation,
        repeatability: "safe",
        group: "drive",
        accept: "*/*",
        answer: "stream",
      } as const;
      const redirect = await graph.raw(call, context);
      await redirect.stream?.cancel();
      const location = redirect.headers.get("location");
      if (redirect.status < 300 || redirect.status >= 400 || location === null) {
        throw new HubError("EIO", "Microsoft did not say where the file's content is.", { details: { vendorStatus: redirect.status } });
      }
      // The address is signed for a few minutes and takes no token; the range goes to it, not to Graph
      // (https://learn.microsoft.com/graph/api/driveitem-get-content, "Partial range downloads").
      return await send(
        {
          method: "GET",
          url: location,
          headers: { accept: "*/*", ...(range === null ? {} : { range }) },
          repeatability: "safe",
          operation: "GET file content",
          pays: [{ group: driveGroup }],
          authorization: "none",
          answer: "stream",
        },
        context,
      );
    },
  };
}
