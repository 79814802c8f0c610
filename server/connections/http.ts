import "server-only";
import { z } from "zod";
import type { Person } from "@/server/auth/person";
import { errorTable, HubError, toErrorBody } from "@/server/errors";
import type { Log } from "@/server/log";
import { readBodyText } from "@/server/read-body";
import { printCookie } from "./auth";
import type { Connections } from "./connections";
import type { ScopeMaker, StartInput } from "./flow-contract";
import type { StrayProblem } from "./flow-words";

/** The two doors of a consent: `POST /oauth/start/<integration>` and `GET /oauth/callback/<integration>`. */

export interface ConnectDoor {
  readonly connections: Connections;
  readonly workspaces: ScopeMaker;
  /** The hub's configured origin: URLs are built from it alone, never from what a request says of itself. */
  readonly origin: string;
  readonly findPerson: (request: Request) => Promise<Person | null>;
  readonly log: Log;
}

const startShape = z.object({
  workspace: z.string().min(1).max(64),
  capabilities: z.array(z.string().min(1).max(64)).max(64),
  connection: z.string().min(1).max(64).optional(),
  visibility: z.enum(["private", "workspace"]).optional(),
  returnPath: z.string().max(4096).nullish(),
  popup: z.boolean(),
});
const bodyAtMostBytes = 16 * 1024;

const quiet = { "cache-control": "private, no-store", "referrer-policy": "no-referrer" };

async function readBody(request: Request): Promise<z.output<typeof startShape>> {
  if (!(request.headers.get("content-type") ?? "").toLowerCase().startsWith("application/json")) {
    throw new HubError("EINVAL", "The body must be application/json.");
  }
  const text = await readBodyText(request, bodyAtMostBytes);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new HubError("EINVAL", "The body is not JSON.", { cause });
  }
  const body = startShape.safeParse(json);
  if (body.success) return body.data;
  const where = body.error.issues[0]?.path.map(String).join(".") ?? "";
  throw new HubError("EINVAL", where === "" ? "The body is not what starting a connection needs." : `"${where}" is not valid.`);
}

/** What the consent is for: the connection that is named, which keeps its visibility, or else a new one. */
function targetOf({ connection, visibility }: Pick<z.output<typeof startShape>, "connection" | "visibility">): StartInput["target"] {
  if (connection !== undefined) return { connection };
  if (visibility !== undefined) return { visibility };
  throw new HubError("EINVAL", '"visibility" is needed for a new connection, or "connection" for one that is there.');
}

/**
 * Starts a consent: `{workspace, capabilities, visibility | connection, returnPath, popup}` → `{url, flow}` and the flow's cookies. Answered to the
 * hub's own pages only (Origin, which a browser sends with every POST), to a signed-in member who may manage connections.
 */
export async function handleStart(door: ConnectDoor, request: Request, integration: string): Promise<Response> {
  try {
    if (request.headers.get("origin") !== door.origin) {
      throw new HubError("EACCES", `Open the hub at ${door.origin}: connecting is started from its own pages only.`);
    }
    const person = await door.findPerson(request);
    if (person === null) throw new HubError("EAUTH", "Sign in first.", { actionUrl: "/sign-in" });
    const { workspace, returnPath, connection, visibility, ...input } = await readBody(request);
    const scope = await door.workspaces.getScope({ type: "person", userId: person.id }, workspace);
    door.workspaces.requirePermission(scope, "connections.manage");
    const started = await door.connections.flows.start(scope, {
      ...input,
      target: targetOf({ connection, visibility }),
      integration,
      returnPath: returnPath ?? null,
    });
    const headers = new Headers({ ...quiet, "content-type": "application/json" });
    for (const cookie of started.cookies) headers.append("set-cookie", printCookie(cookie));
    return new Response(JSON.stringify({ url: started.url, flow: started.flow }), { headers });
  } catch (error) {
    const known = error instanceof HubError ? error : new HubError("EIO", "Something failed inside the hub. Try again.", { cause: error });
    if (known.code === "EIO") door.log.error({ integration, error: known }, "connecting could not start");
    return Response.json(toErrorBody(known), { status: errorTable[known.code].status, headers: quiet });
  }
}

/** Where the browser is sent after an answer: the page that reads what happened from the flow's row. */
const donePath = (flow: string, workspace: string): string => `/oauth/done?${new URLSearchParams({ flow, workspace })}`;
const strayPath = (problem: StrayProblem): string => `/oauth/done?${new URLSearchParams({ problem })}`;

/** Takes a tool's answer and sends the browser to the page that says what came of it. The answer's own words are never passed on. */
export async function handleCallback(door: ConnectDoor, request: Request, integration: string): Promise<Response> {
  const headers = new Headers(quiet);
  try {
    const answer = new URL(request.url, door.origin).searchParams;
    const person = await door.findPerson(request);
    const cookieHeader = request.headers.get("cookie");
    const outcome = await door.connections.flows.callback({ integration, answer, cookieHeader, userId: person?.id ?? null });
    for (const cookie of outcome.cookies) headers.append("set-cookie", printCookie(cookie));
    const path = outcome.kind === "flow" ? donePath(outcome.flow, outcome.workspace) : strayPath(outcome.problem);
    headers.set("location", `${door.origin}${path}`);
  } catch (error) {
    // The database was away, for instance: the flow ends by itself.
    door.log.error({ integration, error }, "an answer of a tool could not be taken");
    headers.set("location", `${door.origin}${strayPath("unknown")}`);
  }
  return new Response(null, { status: 303, headers });
}
