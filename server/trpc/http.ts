import "server-only";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { errorTable, HubError } from "@/server/errors";
import { readBodyText } from "@/server/read-body";
import type { RequestContext } from "./init";
import { hasCredential, isSameOrigin } from "./request";
import { appRouter } from "./root";

/** A file of 1 MiB as JSON, each of its characters escaped at worst, and what stands beside it. */
const bodyAtMostBytes = 8 * 1024 * 1024;
/** Calls in one request; the hub's own client sends fewer. */
const batchAtMost = 50;

const refuse = (code: keyof typeof errorTable, message: string): Response =>
  Response.json({ error: { message } }, { status: errorTable[code].status, headers: { "cache-control": "private, no-store" } });

/**
 * Answers one HTTP request to the API. Queries are GET; a POST, which may change something, is answered to the hub's own pages and to API
 * keys only: a browser adds no `Authorization: Bearer` by itself, so another site cannot send one. Its body is limited.
 */
export async function answerCall(request: Request, origin: string, createContext: () => Promise<RequestContext>): Promise<Response> {
  let call = request;
  if (request.method !== "GET") {
    if (!hasCredential(request) && !isSameOrigin(request, origin)) {
      return refuse("EACCES", `Open the hub at ${origin}: changes are taken from its own pages only.`);
    }
    try {
      const body = await readBodyText(request, bodyAtMostBytes);
      call = new Request(request.url, { method: request.method, headers: request.headers, body });
    } catch (error) {
      if (error instanceof HubError) return refuse(error.code, error.message);
      throw error;
    }
  }
  return fetchRequestHandler({
    endpoint: "/api/trpc",
    req: call,
    router: appRouter,
    createContext,
    maxBatchSize: batchAtMost,
    responseMeta: ({ ctx }) => ({
      headers: new Headers({ "cache-control": "private, no-store", ...(ctx === undefined ? {} : { "x-request-id": ctx.requestId }) }),
    }),
  });
}
