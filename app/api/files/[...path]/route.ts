import { getHub } from "@/server/compose/hub";
import { answerFiles } from "@/server/files/door";
import { createCallContext } from "@/server/trpc/request";

/** The streaming door: files as bytes. */
async function handle(request: Request): Promise<Response> {
  const { env } = await getHub();
  if (env.role === "worker") return new Response("Not found", { status: 404 });
  return answerFiles(request, env.origin, () => createCallContext(request));
}

export { handle as GET, handle as HEAD, handle as PUT };
