import type { CallContext } from "@/server/transport/send";
import { docsReadGroup, docsWriteGroup } from "../limits";
import { batchUpdateAnswer, type GoogleDocument, googleDocument } from "../schema/docs";
import type { GoogleHttp } from "./http";

/** Docs v1, as far as the hub uses it. */

/** The largest answer that is read; a document over it is read by its export. */
const maxDocumentBytes = 32 * 1024 * 1024;

/** A request of `batchUpdate`, as the discovery document has it. */
export type DocsRequest = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface DocsApi {
  /** All tabs. Who may edit gets suggestions inline, so that indices are those of the document; others get it without them. */
  getDocument(id: string, context: CallContext): Promise<GoogleDocument>;
  /**
   * All of the requests or none, on exactly this revision. Refused with 400 (EINVAL) when the document is another by now, so a repeated
   * call does nothing twice.
   */
  batchUpdate(id: string, requests: readonly DocsRequest[], revisionId: string, context: CallContext): Promise<void>;
}

export function createDocsApi(http: GoogleHttp): DocsApi {
  return {
    getDocument: (id, context) =>
      http.json(
        {
          method: "GET",
          host: "docs",
          path: `/v1/documents/${encodeURIComponent(id)}`,
          query: { includeTabsContent: true },
          repeatability: "safe",
          operation: "docs.documents.get",
          pays: [{ group: docsReadGroup }],
          maxResponseBytes: maxDocumentBytes,
        },
        googleDocument,
        context,
      ),
    async batchUpdate(id, requests, revisionId, context) {
      await http.json(
        {
          method: "POST",
          host: "docs",
          path: `/v1/documents/${encodeURIComponent(id)}:batchUpdate`,
          json: { requests, writeControl: { requiredRevisionId: revisionId } },
          repeatability: "idempotent",
          operation: "docs.documents.batchUpdate",
          pays: [{ group: docsWriteGroup }],
        },
        batchUpdateAnswer,
        context,
      );
    },
  };
}
