import { getHub } from "@/server/compose/hub";

/**
 * The OIDC provider's way back, and nothing else: mail links and buttons go through server actions, so Auth.js's other endpoints (which
 * would use a link up on GET, or send mail without the limits) are not offered.
 */
export async function GET(request: Request, { params }: { params: Promise<{ action: string[] }> }): Promise<Response> {
  const { action } = await params;
  const { auth, env } = await getHub();
  if (action.join("/") !== "callback/oidc" || auth.methods.oidc === null || env.role === "worker")
    return new Response("Not found", { status: 404 });
  return auth.finishOidc(request);
}

/** Next would answer HEAD by running GET, and so use the answer up. */
export const HEAD = (): Response => new Response(null, { status: 405, headers: { allow: "GET" } });
