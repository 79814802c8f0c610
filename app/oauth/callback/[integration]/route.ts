import { getHub } from "@/server/compose/hub";
import { handleCallback } from "@/server/connections/http";

/** Takes a tool's answer: one path a tool, so that one tool's answer is never taken for another's. */
export async function GET(request: Request, { params }: { params: Promise<{ integration: string }> }): Promise<Response> {
  const [hub, { integration }] = await Promise.all([getHub(), params]);
  return handleCallback(hub.tools.connectDoor, request, integration);
}

/** Next would answer HEAD by running GET, and so use the answer up. */
export const HEAD = (): Response => new Response(null, { status: 405, headers: { allow: "GET" } });
