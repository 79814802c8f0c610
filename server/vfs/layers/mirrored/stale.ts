import { HubError } from "@/server/errors";

/** ESTALE with the current etag, where there is one. */
export function stale(path: string, etag: string | null): HubError {
  return new HubError("ESTALE", "The file changed in the tool since it was read. Read it again.", {
    path,
    ...(etag === null ? {} : { details: { etag } }),
  });
}
