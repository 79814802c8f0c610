import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { getHub } from "@/server/compose/hub";
import { createRequestContext, isSameOrigin } from "@/server/trpc/request";
import { appRouter } from "@/server/trpc/root";

/** The API's door. Queries are GET; a POST, which may change something, is answered to the hub's own pages only. */
async function handle(request: Request): Promise<Response> {
  const { env } = await getHub();
  if (env.role === "worker") return new Response("Not found", { status: 404 });
  if (request.method !== "GET" && !isSameOrigin(request, env.origin)) {
    return Response.json(
      { error: { message: `Open the hub at ${env.origin}: changes are taken from its own pages only.` } },
      { status: 403 },
    );
  }
  return fetchRequestHandler({
    endpoint: "/api/trpc",
    req: request,
    router: appRouter,
    createContext: createRequestContext,
    responseMeta: ({ ctx }) => ({
      headers: new Headers({ "cache-control": "private, no-store", ...(ctx === undefined ? {} : { "x-request-id": ctx.requestId }) }),
    }),
  });
}

export { handle as GET, handle as POST };
