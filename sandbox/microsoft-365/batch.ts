import { z } from "zod";
import { json, type SandboxRequest, type SandboxResponse } from "../http/server";
import { badRequest } from "./failures";

/** `POST /$batch` (https://learn.microsoft.com/graph/json-batching): up to 20 requests; each has an answer of its own. */

const shape = z.strictObject({
  requests: z
    .array(
      z.strictObject({
        id: z.string(),
        method: z.enum(["GET", "POST", "PATCH", "PUT", "DELETE"]),
        url: z.string().startsWith("/"),
        headers: z.record(z.string(), z.string()).default({}),
        body: z.unknown().optional(),
        dependsOn: z.array(z.string()).default([]),
      }),
    )
    .min(1)
    .max(20),
});

type Part = z.output<typeof shape>["requests"][number];

/** How many of a batch Outlook works on at once. */
const atOnce = 4;

const textOf = (body: SandboxResponse["body"]): string =>
  typeof body === "string" ? body : Buffer.from(body ?? new Uint8Array()).toString("base64");

function partAnswer(id: string, response: SandboxResponse) {
  const type = String(response.headers?.["content-type"] ?? "");
  const text = textOf(response.body);
  const headers = Object.fromEntries(
    Object.entries(response.headers ?? {}).map(([name, value]) => [name, typeof value === "string" ? value : value.join(", ")]),
  );
  const body: unknown = text === "" ? undefined : type.startsWith("application/json") ? JSON.parse(text) : text;
  return { id, status: response.status, headers, ...(body === undefined ? {} : { body }) };
}

/** Answers a batch; `send` works on one request of it, below the version. */
export async function answerBatch(
  request: SandboxRequest,
  send: (part: SandboxRequest) => Promise<SandboxResponse>,
): Promise<SandboxResponse> {
  let raw: unknown;
  try {
    raw = JSON.parse(request.body);
  } catch {
    throw badRequest("Invalid batch payload format.");
  }
  const parsed = shape.safeParse(raw);
  if (!parsed.success) throw badRequest("Invalid batch payload format.");
  const parts = parsed.data.requests;
  const ids = parts.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) throw badRequest("The ids of a batch's requests must be unique.");
  if (parts.some(({ dependsOn }) => dependsOn.some((id) => !ids.includes(id))))
    throw badRequest("A request depends on one that is not in the batch.");

  const answers = new Map<string, SandboxResponse>();
  const toRequest = ({ method, url, headers, body }: Part): SandboxRequest => {
    const text = body === undefined ? "" : JSON.stringify(body);
    const merged = new Headers(headers);
    const authorization = request.headers.get("authorization");
    if (authorization !== null) merged.set("authorization", authorization);
    return {
      method,
      url: new URL(`/v1.0${url}`, request.url),
      headers: merged,
      bytes: new TextEncoder().encode(text),
      body: text,
      remoteAddress: request.remoteAddress,
    };
  };

  for (let left = parts; left.length > 0; ) {
    const ready = left.filter(({ dependsOn }) => dependsOn.every((id) => answers.has(id))).slice(0, atOnce);
    if (ready.length === 0) throw badRequest("The requests of the batch depend on each other in a circle.");
    await Promise.all(
      ready.map(async (part) => {
        const failed = part.dependsOn.some((id) => (answers.get(id)?.status ?? 500) >= 400);
        answers.set(
          part.id,
          failed ? json(424, { error: { code: "FailedDependency", message: "Failed Dependency" } }) : await send(toRequest(part)),
        );
      }),
    );
    left = left.filter(({ id }) => !answers.has(id));
  }
  return json(200, { responses: parts.map(({ id }) => partAnswer(id, answers.get(id) ?? { status: 500 })) });
}
