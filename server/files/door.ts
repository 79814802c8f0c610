import "server-only";
import type { WorkspaceScope } from "@/db/scope";
import { errorTable, HubError, toErrorBody } from "@/server/errors";
import { systemClock } from "@/server/transport/clock";
import { type RequestContext, toHubError } from "@/server/trpc/init";
import { scopeOfRequest } from "@/server/trpc/procedures";
import { hasCredential, isSameOrigin } from "@/server/trpc/request";
import type { MountBytes } from "@/server/vfs/mount";
import type { Node, ReadFormat } from "@/server/vfs/node";
import { readFormats } from "@/server/vfs/node";
import { printPath } from "@/server/vfs/path";
import { attachmentDisposition, downloadName } from "./disposition";
import { endingWhenStalled } from "./patience";
import { namesEtag, parseRange, rangeStands, stretchFor } from "./range";
import { spooled } from "./spool";

/**
 * The streaming door, `/api/files/<workspace>/context/…`: files as bytes. GET and HEAD give any file, with ranges and conditions; PUT makes a
 * file of bytes where a tool takes them. Who asks is found, and may do what they may, as over the API.
 */

/** More than any tool takes in one request, and as much as a disk is to hold eight times. */
const uploadAtMostBytes = 256 * 1024 * 1024;

/** An answer must not run, be framed or be guessed at as a page of the hub's, whatever a tool calls it. */
const guarded = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "sandbox; default-src 'none'",
  "cache-control": "private, no-store",
  "cross-origin-resource-policy": "same-origin",
} as const;

interface Asked {
  readonly request: Request;
  readonly context: RequestContext;
  readonly scope: WorkspaceScope;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Answers one request; `origin` is the hub's own. */
export async function answerFiles(request: Request, origin: string, createContext: () => Promise<RequestContext>): Promise<Response> {
  let context: RequestContext | null = null;
  try {
    if (request.method === "PUT" && !hasCredential(request) && !isSameOrigin(request, origin)) {
      throw new HubError("EACCES", `Open the hub at ${origin}: changes are taken from its own pages only.`);
    }
    context = await createContext();
    const url = new URL(request.url);
    const [workspace = "", ...segments] = readSegments(url.pathname);
    const scope = await scopeOfRequest(context, workspace);
    context.hub.workspaces.requirePermission(scope, request.method === "PUT" ? "files.write" : "files.read");
    const asked: Asked = { request, context, scope, path: printPath(segments), query: url.searchParams };
    return request.method === "PUT" ? await put(asked) : await get(asked);
  } catch (thrown) {
    const error = toHubError(thrown);
    if (error.code === "EIO") context?.log.error({ door: "files", error }, "file could not be answered");
    return refusal(error, request, context);
  }
}

/** The decoded segments behind `/api/files/`. A slash within one would name another place than it looks like. */
function readSegments(pathname: string): readonly string[] {
  const wrong = () => new HubError("EINVAL", "The address is not /api/files/<workspace>/<path>, with each segment percent-encoded once.");
  const encoded = pathname.split("/").slice(3);
  try {
    const segments = encoded.map((segment) => decodeURIComponent(segment));
    if (segments.some((segment) => segment.includes("/"))) throw wrong();
    return segments;
  } catch (cause) {
    throw cause instanceof HubError ? cause : wrong();
  }
}

function refusal(error: HubError, request: Request, context: RequestContext | null): Response {
  const headers = new Headers(guarded);
  if (context !== null) headers.set("x-request-id", context.requestId);
  if (error.retryAfterMs !== undefined) headers.set("retry-after", String(Math.ceil(error.retryAfterMs / 1000)));
  const isRange = error.code === "EINVAL" && error.details.key === "range";
  if (isRange) headers.set("content-range", `bytes */${error.details.limit ?? "*"}`);
  const failsCondition = error.code === "EEXIST" && request.headers.get("if-none-match") === "*";
  const status = isRange ? 416 : failsCondition ? errorTable.ESTALE.status : errorTable[error.code].status;
  if (request.method === "HEAD") return new Response(null, { status, headers });
  return Response.json({ error: toErrorBody(error), requestId: context?.requestId ?? null }, { status, headers });
}

async function get(asked: Asked): Promise<Response> {
  const { request, context, scope, path, query } = asked;
  const { files } = context.hub;
  const as = readAs(query.get("as"));
  const wanted = parseRange(request.headers.get("range"));
  const ifNoneMatch = request.headers.get("if-none-match");
  const ifRange = request.headers.get("if-range");
  const open = (range: Parameters<typeof stretchFor>[0], sizeBytes: number | null): Promise<MountBytes> => {
    const stretch = stretchFor(range, sizeBytes);
    const input = { path, ...(as === null ? {} : { as }), ...(stretch === null ? {} : { range: stretch }) };
    return files.open(scope, input, request.signal);
  };

  const known = await files.stat(scope, { path });
  if (known.binary && (as === null || as === "raw")) {
    const needsHead = request.method === "HEAD" || ifNoneMatch !== null || (wanted !== null && (ifRange !== null || "last" in wanted));
    if (!needsHead) return bytes(asked, await open(wanted, known.sizeBytes));
    const node = await files.stat(scope, { path, fresh: true });
    if (namesEtag(ifNoneMatch, node.etag)) return unchanged(node.etag);
    if (request.method === "HEAD") return head(node);
    const range = rangeStands(ifRange, node.etag) ? wanted : null;
    const file = await open(range, node.sizeBytes);
    if (range === null || file.etag === node.etag || ifRange === null) return bytes(asked, file);
    // Changed between the two looks: half of the old and half of the new make no file.
    await file.body.cancel();
    return bytes(asked, await open(null, null));
  }

  // Of a text the etag is known when it has been printed.
  const whole = await open(null, null);
  if (namesEtag(ifNoneMatch, whole.etag)) {
    await whole.body.cancel();
    return unchanged(whole.etag);
  }
  if (request.method === "HEAD" || wanted === null || !rangeStands(ifRange, whole.etag)) return bytes(asked, whole);
  await whole.body.cancel();
  return bytes(asked, await open(wanted, whole.sizeBytes));
}

function readAs(as: string | null): ReadFormat | null {
  if (as === null) return null;
  const found = readFormats.find((format) => format === as);
  if (found === undefined) throw new HubError("EINVAL", `as is one of ${readFormats.join(", ")}.`, { details: { key: "as" } });
  return found;
}

const quoted = (etag: string): string => `"${etag}"`;

const unchanged = (etag: string | null): Response =>
  new Response(null, { status: 304, headers: { ...guarded, ...(etag === null ? {} : { etag: quoted(etag) }) } });

/** A tool's word on a file's kind, where it is one that a header can carry. */
function contentType(mediaType: string): string {
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+( *;[\x20-\x7e]*)?$/.test(mediaType) ? mediaType : "application/octet-stream";
}

function fileHeaders(node: Node, mediaType: string, etag: string | null): Headers {
  const headers = new Headers({
    ...guarded,
    "content-type": contentType(mediaType),
    "content-disposition": attachmentDisposition(downloadName(node.name, mediaType)),
    "accept-ranges": "bytes",
  });
  if (etag !== null) headers.set("etag", quoted(etag));
  return headers;
}

/** What is known of a file of bytes without fetching any. */
function head(node: Node): Response {
  const headers = fileHeaders(node, node.mediaType ?? "application/octet-stream", node.etag);
  if (node.sizeBytes !== null) headers.set("content-length", String(node.sizeBytes));
  return new Response(null, { headers });
}

async function bytes({ request, context }: Asked, file: MountBytes): Promise<Response> {
  const headers = fileHeaders(file.node, file.mediaType, file.etag);
  headers.set("x-request-id", context.requestId);
  const { range, sizeBytes } = file;
  const length = range === null ? sizeBytes : range.end - range.start + 1;
  if (length !== null) headers.set("content-length", String(length));
  if (range !== null) headers.set("content-range", `bytes ${range.start}-${range.end}/${sizeBytes ?? "*"}`);
  const status = range === null ? 200 : 206;
  if (request.method !== "HEAD") return new Response(endingWhenStalled(file.body, systemClock), { status, headers });
  await file.body.cancel();
  return new Response(null, { status, headers });
}

async function put(asked: Asked): Promise<Response> {
  const { request, context, scope, path } = asked;
  const { files } = context.hub;
  if (request.headers.has("if-match")) {
    throw new HubError("ESTALE", "An upload makes a new file; there is none that If-Match could name.", { path });
  }
  const idempotencyKey = request.headers.get("idempotency-key");
  const limit = await files.uploadLimit(scope, path).then(
    (most) => Math.min(uploadAtMostBytes, most),
    (error: unknown) => {
      // The file may be this very key's: its receipt is then the answer.
      if (idempotencyKey !== null && error instanceof HubError && error.code === "EEXIST") return uploadAtMostBytes;
      throw error;
    },
  );
  if (Number(request.headers.get("content-length") ?? 0) > limit) {
    throw new HubError("EFBIG", `A file uploaded here may have at most ${limit.toLocaleString("en")} bytes.`, { path, details: { limit } });
  }
  const mediaType = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase() || "application/octet-stream";
  const receipt = await spooled(request.body, limit, (content) =>
    files.upload(scope, { path, mediaType, digest: content.digest, ...(idempotencyKey === null ? {} : { idempotencyKey }) }, content),
  );
  const headers = new Headers({ ...guarded, "x-request-id": context.requestId });
  if (receipt.etag !== null) headers.set("etag", quoted(receipt.etag));
  return Response.json(receipt, { status: 201, headers });
}
