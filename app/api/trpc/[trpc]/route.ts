import { getHub } from "@/server/compose/hub";
import { answerCall } from "@/server/trpc/http";
import { createCallContext } from "@/server/trpc/request";

/** The API's door. */
async function handle(request: Request): Promise<Response> {
  const { env } = await getHub();
  if (env.role === "worker") return new Response("Not found", { status: 404 });
  return answerCall(request, env.origin, () => createCallContext(request));
}

export { handle as GET, handle as POST };
