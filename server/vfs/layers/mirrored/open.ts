import { HubError } from "@/server/errors";
import { bytesOfText } from "../../bytes";
import type { MountBytes, MountFile, MountOpenRequest, MountReadRequest } from "../../mount";
import { notConnected } from "../../mount-table";
import { unsupported } from "../capabilities";
import { storeEntries } from "./entries";
import { type Mirror, toolContext } from "./mirror";
import { bytesEtag, chainNode, holderOf, locationOf } from "./nodes";
import { forgetGone, resolve } from "./resolve";

/**
 * The bytes of a file: the tool's own, handed on as they come, or those of the text that `read` gives. `raw` of a text is the tool's bytes where
 * it has them.
 */
export async function openFile(
  mirror: Mirror,
  request: MountOpenRequest,
  read: (mirror: Mirror, request: MountReadRequest) => Promise<MountFile>,
): Promise<MountBytes> {
  const { scope, now } = request;
  const chain = await resolve(mirror, request);
  const row = chain.at(-1);
  if (row === undefined || row.kind === "directory") throw new HubError("EISDIR", "This is a directory: list it.", { path: request.path });
  const isBinary = row.attributes.binary === true;
  const isOwn = request.as === "raw" || (isBinary && request.as === null);
  const { open } = mirror.tool;
  const asText = async (): Promise<MountBytes> => bytesOfText(await read(mirror, request), request.range);
  if (!isOwn || (!isBinary && open === undefined)) return asText();
  if (!mirror.connection.isAuthorized) throw notConnected(mirror.connection.view, request.path);
  if (open === undefined) throw unsupported("read", request.path, "The tool has no way to get these bytes");
  try {
    const asked = open.call(mirror.tool, locationOf(chain), { range: request.range }, toolContext(mirror, request));
    // What a text came from may be bytes that are no text (a mail), so its `raw` is asked for as bytes first.
    const opened = await asked.catch((error: unknown) => {
      if (!isBinary && error instanceof HubError && error.code === "ENOTSUP") return null;
      throw error;
    });
    if (opened === null) return await asText();
    try {
      const [stored] = await mirror.db.withScope(scope, (tx) => storeEntries(tx, mirror, scope, holderOf(row), [opened.entry], now));
      const renewed = stored === undefined ? chain : [...chain.slice(0, -1), stored];
      const node = chainNode(mirror, renewed, { asOf: now.toISOString(), source: "live", stale: false });
      const { mediaType, sizeBytes, range, body } = opened;
      return { node, mediaType, etag: bytesEtag(row.path, opened.entry.revision), sizeBytes, range, body };
    } catch (error) {
      await opened.body.cancel();
      throw error;
    }
  } catch (error) {
    if (error instanceof HubError && error.code === "ENOENT") await forgetGone(mirror, request, chain);
    throw error;
  }
}
