import { HubError } from "@/server/errors";
import type { CallContext, ToolResponse } from "@/server/transport/send";
import type { ByteRange } from "@/server/vfs/tool-mount";
import { driveCosts, driveGroup } from "../limits";
import { type DriveFile, driveFields, driveFile, driveList, fileFields, fileList, type SharedDrive, sharedDrive } from "../schema/drive";
import type { GoogleCall, GoogleHttp, Page, PageRequest } from "./http";

/** Drive v3, as far as the hub uses it. Every call asks for shared drives too: without that their files are 404. */

/** The most that Drive gives a page; more is coerced. */
export const maxFilesPage = 1000;
export const maxDrivesPage = 100;

/** Of text that is printed, exports included, which Google caps at 10 MB. */
const maxTextBytes = 11 * 1024 * 1024;

export const documentType = "application/vnd.google-apps.document";

/** Where to look: everywhere, or in one shared drive; `person` is My Drive and what is shared with the person. */
export type Corpus = { readonly in: "person" } | { readonly in: "everywhere" } | { readonly in: "drive"; readonly driveId: string };

export interface DriveApi {
  /** ENOENT where there is none, also for what is in the trash. */
  getFile(id: string, context: CallContext): Promise<DriveFile>;
  /** The id of the folder that the person sees as My Drive. */
  getRootId(context: CallContext): Promise<string>;
  /** In the language of `q`; what is in the trash is left out. */
  listFiles(q: string, corpus: Corpus, page: PageRequest, context: CallContext): Promise<Page<DriveFile>>;
  listDrives(page: PageRequest, context: CallContext): Promise<Page<SharedDrive>>;
  getDrive(id: string, context: CallContext): Promise<SharedDrive>;
  /** A file with bytes, as text; ENOTSUP where it is no UTF-8. */
  readText(id: string, context: CallContext): Promise<string>;
  /** A document, spreadsheet or presentation in another format, as text. EFBIG over 10 MB. */
  exportText(id: string, mimeType: string, context: CallContext): Promise<string>;
  /** The bytes as they come; the answer has `content-range` where a range comes. */
  download(id: string, range: ByteRange | null, context: CallContext): Promise<ToolResponse>;
  exportBytes(id: string, mimeType: string, context: CallContext): Promise<ToolResponse>;
  /** A document made of Markdown at the top of My Drive, with a marker by which it is found again. Not safe to repeat. */
  createDocument(
    made: { readonly name: string; readonly markdown: string; readonly marker: string },
    context: CallContext,
  ): Promise<DriveFile>;
  /** The file that carries this marker of ours; null where there is none. */
  findByMarker(marker: string, context: CallContext): Promise<DriveFile | null>;
}

/** The key of `appProperties`, which no other app sees. */
const markerKey = "byte-hub";

const allDrives = { supportsAllDrives: true } as const;

/** `q` values are in single quotes; `\` and `'` are escaped. */
export const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, (character) => `\\${character}`)}'`;

function corpusQuery(corpus: Corpus) {
  if (corpus.in === "person") return { corpora: "user", includeItemsFromAllDrives: true };
  if (corpus.in === "everywhere") return { corpora: "allDrives", includeItemsFromAllDrives: true };
  return { corpora: "drive", driveId: corpus.driveId, includeItemsFromAllDrives: true };
}

function decode(response: ToolResponse): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(response.body);
  } catch (cause) {
    throw new HubError("ENOTSUP", "This file is no UTF-8 text. Download its bytes instead.", { details: { operation: "read" }, cause });
  }
}

export function createDriveApi(http: GoogleHttp): DriveApi {
  const path = (id: string, rest = ""): string => `/drive/v3/files/${encodeURIComponent(id)}${rest}`;
  const call = (method: GoogleCall["method"], at: string, operation: string, cost: number): Omit<GoogleCall, "query"> => ({
    method,
    host: "api",
    path: at,
    repeatability: method === "GET" ? "safe" : "unsafe",
    operation,
    pays: [{ group: driveGroup, cost }],
  });

  async function getRaw(id: string, context: CallContext): Promise<DriveFile> {
    const get = call("GET", path(id), "drive.files.get", driveCosts.get);
    return await http.json({ ...get, query: { ...allDrives, fields: fileFields } }, driveFile, context);
  }

  /** It never changes. */
  let root: Promise<DriveFile> | null = null;

  const api: DriveApi = {
    async getFile(id, context) {
      const file = await getRaw(id, context);
      if (file.trashed === true)
        throw new HubError("ENOENT", "This file is in the trash of Google Drive; restore it there to see it here.");
      return file;
    },
    async getRootId(context) {
      root ??= getRaw("root", context);
      try {
        return (await root).id;
      } catch (error) {
        root = null;
        throw error;
      }
    },
    async listFiles(q, corpus, page, context) {
      const list = call("GET", "/drive/v3/files", "drive.files.list", driveCosts.list);
      const query = {
        ...allDrives,
        ...corpusQuery(corpus),
        q: q === "" ? "trashed = false" : `(${q}) and trashed = false`,
        pageSize: Math.min(Math.max(page.limit, 1), maxFilesPage),
        fields: `nextPageToken,files(${fileFields})`,
        pageToken: page.cursor ?? undefined,
      };
      const { files, nextPageToken } = await http.json({ ...list, query }, fileList, context);
      return { items: files, nextCursor: nextPageToken ?? null };
    },
    async listDrives(page, context) {
      const list = call("GET", "/drive/v3/drives", "drive.drives.list", driveCosts.list);
      const query = {
        pageSize: Math.min(Math.max(page.limit, 1), maxDrivesPage),
        fields: `nextPageToken,drives(${driveFields})`,
        pageToken: page.cursor ?? undefined,
      };
      const { drives, nextPageToken } = await http.json({ ...list, query }, driveList, context);
      return { items: drives, nextCursor: nextPageToken ?? null };
    },
    async getDrive(id, context) {
      const get = call("GET", `/drive/v3/drives/${encodeURIComponent(id)}`, "drive.drives.get", driveCosts.get);
      return await http.json({ ...get, query: { fields: driveFields } }, sharedDrive, context);
    },
    async readText(id, context) {
      const get = call("GET", path(id), "drive.files.get media", driveCosts.download);
      return decode(
        await http.send(
          { ...get, query: { ...allDrives, alt: "media" }, headers: { accept: "*/*" }, maxResponseBytes: maxTextBytes },
          context,
        ),
      );
    },
    async exportText(id, mimeType, context) {
      const get = call("GET", path(id, "/export"), "drive.files.export", driveCosts.download);
      const response = await http.send(
        { ...get, query: { mimeType }, headers: { accept: "*/*" }, maxResponseBytes: maxTextBytes },
        context,
      );
      return decode(response);
    },
    async download(id, range, context) {
      const get = call("GET", path(id), "drive.files.get media", driveCosts.download);
      const headers: Record<string, string> = range === null ? {} : { range: `bytes=${range.start}-${range.end ?? ""}` };
      return await http.send({ ...get, query: { ...allDrives, alt: "media" }, headers, answer: "stream" }, context);
    },
    async exportBytes(id, mimeType, context) {
      const get = call("GET", path(id, "/export"), "drive.files.export", driveCosts.download);
      return await http.send({ ...get, query: { mimeType }, answer: "stream" }, context);
    },
    async createDocument({ name, markdown, marker }, context) {
      // RFC 2387: the metadata, then the media. The mark must not stand in either.
      const boundary = `byte-hub-${marker}`;
      const metadata = JSON.stringify({ name, mimeType: documentType, appProperties: { [markerKey]: marker } });
      const body = [
        `--${boundary}`,
        "content-type: application/json; charset=UTF-8",
        "",
        metadata,
        `--${boundary}`,
        "content-type: text/markdown",
        "",
        markdown,
        `--${boundary}--`,
        "",
      ].join("\r\n");
      const post = call("POST", "/upload/drive/v3/files", "drive.files.create", driveCosts.edit);
      const headers = { "content-type": `multipart/related; boundary=${boundary}` };
      return await http.json(
        { ...post, query: { ...allDrives, uploadType: "multipart", fields: fileFields }, headers, body },
        driveFile,
        context,
      );
    },
    async findByMarker(marker, context) {
      const q = `appProperties has { key=${quoted(markerKey)} and value=${quoted(marker)} }`;
      const { items } = await api.listFiles(q, { in: "person" }, { cursor: null, limit: 2 }, context);
      return items[0] ?? null;
    },
  };
  return api;
}
