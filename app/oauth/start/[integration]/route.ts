import { getHub } from "@/server/compose/hub";
import { handleStart } from "@/server/connections/http";

/** Starts connecting a tool, for the hub's own pages. */
export async function POST(request: Request, { params }: { params: Promise<{ integration: string }> }): Promise<Response> {
  const [hub, { integration }] = await Promise.all([getHub(), params]);
  return handleStart(hub.tools.connectDoor, request, integration);
}
