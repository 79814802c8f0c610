import { HubError } from "@/server/errors";
import type { ByteRange, MountContext, OpenedFile } from "@/server/vfs/tool-mount";
import type { AsanaApi } from "../api/asana-api";
import { attachmentEntry, isKeptByAsana } from "./entries";
import type { Place } from "./place";
import { getAttachmentAt, getTaskRowAt } from "./records";

/** `bytes 0-99/1234`, or `bytes 0-99/*` (RFC 9110 §14.4). */
const contentRange = /^bytes (\d+)-(\d+)\/(\d+|\*)$/;

/**
 * The bytes of an attachment. Its `download_url` is asked for each time, lives about two minutes, and leads to a file store that gets no
 * token. ENOTSUP where Asana does not keep the file itself.
 */
export async function openPlace(place: Place, range: ByteRange | null, api: AsanaApi, context: MountContext): Promise<OpenedFile> {
  if (place.at !== "attachment") throw new HubError("ENOTSUP", "This is text: read it.", { details: { operation: "read" } });
  await getTaskRowAt(api, place, context.call);
  const attachment = await getAttachmentAt(api, place, context.call);
  const url = attachment.download_url ?? null;
  if (!isKeptByAsana(attachment) || url === null) {
    const where = attachment.view_url ?? attachment.permanent_url;
    throw new HubError("ENOTSUP", `Asana does not keep this file itself${where ? `; it is at ${where}` : ""}.`, {
      details: { operation: "read" },
    });
  }
  const asked = range === null ? null : `bytes=${range.start}-${range.end ?? ""}`;
  const response = await api.download(url, asked, context.call);
  if (response.stream === null) throw new HubError("EIO", "Asana's file store answered without a file.");
  const part = response.status === 206 ? contentRange.exec(response.headers.get("content-range") ?? "") : null;
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  const total = part === null ? length : Number(part[3]);
  const encoded = response.headers.has("content-encoding");
  return {
    entry: attachmentEntry(attachment, place),
    mediaType: response.headers.get("content-type") ?? "application/octet-stream",
    sizeBytes: Number.isFinite(total) && !encoded ? total : (attachment.size ?? null),
    range: part === null ? null : { start: Number(part[1]), end: Number(part[2]) },
    body: response.stream,
  };
}
