import { checkReady } from "@/server/compose/ready";

/** Whether the process can do its work: 200, or 503 with the part that is not ready. */
export const dynamic = "force-dynamic";

export async function GET(): Promise<Response> {
  const { ready, parts } = await checkReady();
  return Response.json(
    { status: ready ? "ok" : "unavailable", parts },
    { status: ready ? 200 : 503, headers: { "cache-control": "no-store" } },
  );
}
