import { HubError } from "@/server/errors";
import type { CallContext, ToolResponse } from "@/server/transport/send";
import type { ReadFormat } from "@/server/vfs/node";
import type { ByteRange, Entry, OpenedFile, PrintedFile } from "@/server/vfs/tool-mount";
import type { DriveApi } from "../../api/drive";
import type { DriveFile } from "../../schema/drive";
import { chooseFormat, isDirectory, jsonType, markdownType, printed, unsupported } from "../area";
import type { Documents } from "../docs/documents";
import { drawingType, formOf, isText, kindOfType } from "./kinds";

/** What is in a file: as text, or as bytes. `entry` is the row it is read through, which may be a link's. */

const bytesOnly = (): HubError => unsupported("read", "This file is bytes, not text. Download it through the streaming door.");

/** The format that a text of this media type has without being asked. */
const naturalOf = (mediaType: string): ReadFormat =>
  mediaType.startsWith("text/markdown") ? "markdown" : mediaType.startsWith("application/json") ? "json" : "raw";

export function createContent(options: { readonly api: DriveApi; readonly documents: Documents }) {
  const { api, documents } = options;

  async function read(file: DriveFile, entry: Entry, as: ReadFormat | null, call: CallContext): Promise<PrintedFile> {
    const kind = kindOfType(file.mimeType);
    const mediaType = formOf(file).mediaType ?? "text/plain; charset=utf-8";
    switch (kind) {
      case "folder":
        throw isDirectory();
      case "document": {
        const format = chooseFormat(as, ["markdown", "raw"]);
        const text = format === "raw" ? await documents.export(file, call) : await documents.print(file, call);
        return printed(text, markdownType, entry);
      }
      case "spreadsheet":
        chooseFormat(as, ["raw"]);
        return printed(await api.exportText(file.id, "text/csv", call), mediaType, entry);
      case "presentation":
        chooseFormat(as, ["raw"]);
        return printed((await api.exportText(file.id, "text/plain", call)).replace(/^\uFEFF/, ""), mediaType, entry);
      case "app-file":
        chooseFormat(as, ["json"]);
        return printed(
          `${JSON.stringify({ name: file.name, type: file.mimeType, url: file.webViewLink ?? null, created_at: file.createdTime ?? null, id: file.id }, null, 2)}\n`,
          jsonType,
          entry,
        );
      case "file":
        if (!isText(file)) throw bytesOnly();
        chooseFormat(as, [naturalOf(file.mimeType)]);
        return printed(await api.readText(file.id, call), mediaType, entry);
      default:
        throw bytesOnly();
    }
  }

  async function open(file: DriveFile, entry: Entry, range: ByteRange | null, call: CallContext): Promise<OpenedFile> {
    const kind = kindOfType(file.mimeType);
    if (kind === "folder") throw isDirectory();
    // An export knows neither ranges nor its size.
    if (kind === "drawing") return opened(await api.exportBytes(file.id, drawingType, call), entry, drawingType, null);
    if (kind !== "file") throw unsupported("read", "This file has no bytes of its own; read it as text.");
    const sizeBytes = file.size === undefined ? null : Number(file.size);
    if (sizeBytes !== null && range !== null && range.start >= sizeBytes && range.start > 0) {
      throw new HubError("EINVAL", `The file has ${sizeBytes} bytes; the asked-for range begins behind its end.`, {
        details: { limit: sizeBytes },
      });
    }
    if (sizeBytes === 0) return { entry, mediaType: file.mimeType, sizeBytes, range: null, body: new Blob([]).stream() };
    return opened(await api.download(file.id, range, call), entry, file.mimeType, sizeBytes);
  }

  return { read, open };
}

export type Content = ReturnType<typeof createContent>;

function opened(response: ToolResponse, entry: Entry, mediaType: string, sizeBytes: number | null): OpenedFile {
  const [, start, end] = /^bytes (\d+)-(\d+)\//.exec(response.headers.get("content-range") ?? "") ?? [];
  const isPart = response.status === 206 && start !== undefined && end !== undefined;
  return {
    entry,
    mediaType,
    sizeBytes,
    range: isPart ? { start: Number(start), end: Number(end) } : null,
    body: response.stream ?? new Blob([response.body]).stream(),
  };
}
