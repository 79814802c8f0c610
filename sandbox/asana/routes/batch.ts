import { z } from "zod";
import { AsanaRefusal, badRequest, refused } from "../failures";
import { type Answer, type Call, type Route, type Routed, toResponse } from "../router";

/** Up to ten requests in one; each counts against the limits by itself. */

const maxActions = 10;

const actionShape = z.strictObject({
  relative_path: z.string().startsWith("/"),
  method: z.string().transform((method) => method.toUpperCase()),
  data: z.record(z.string(), z.unknown()).optional(),
  options: z.strictObject({ limit: z.int().optional(), offset: z.string().optional(), fields: z.array(z.string()).optional() }).optional(),
});

export interface BatchOptions {
  /** Runs one request as the same person and app. */
  run(call: Call, routed: Routed): Promise<Answer>;
  /** Counts a request; throws 429. */
  count(call: Call, method: string): void;
}

function toRouted(action: z.output<typeof actionShape>): Routed {
  const url = new URL(action.relative_path, "http://sandbox.invalid");
  const { data, options = {} } = action;
  const isWrite = action.method === "POST" || action.method === "PUT";
  if (!isWrite) for (const [name, value] of Object.entries(data ?? {})) url.searchParams.set(name, String(value));
  if (options.limit !== undefined) url.searchParams.set("limit", String(options.limit));
  if (options.offset !== undefined) url.searchParams.set("offset", options.offset);
  if (options.fields !== undefined) url.searchParams.set("opt_fields", options.fields.join(","));
  return {
    method: action.method,
    path: url.pathname,
    query: url.searchParams,
    body: isWrite ? { data: data ?? {} } : undefined,
    request: null,
  };
}

const unbatched = [/^\/batch\b/, /^\/attachments\b/, /^\/events\b/, /^\/webhooks\b/];

export const batchRoute = (options: BatchOptions): Route => ({
  method: "POST",
  path: "/batch",
  scope: null,
  async handle(call) {
    const actions = z.array(actionShape).min(1).safeParse(call.data.actions);
    if (!actions.success) throw badRequest("actions: Not as documented");
    if (actions.data.length > maxActions) throw badRequest(`actions: At most ${maxActions} actions are allowed`);
    const answers = await Promise.all(
      actions.data.map(async (action) => {
        try {
          if (unbatched.some((path) => path.test(action.relative_path))) throw badRequest("This endpoint cannot be used in a batch.");
          options.count(call, action.method);
          return toResponse(await options.run(call, toRouted(action)));
        } catch (error) {
          if (error instanceof AsanaRefusal) return refused(error);
          throw error;
        }
      }),
    );
    const results = answers.map(({ status, headers, body }) => ({
      status_code: status,
      headers: headers?.location === undefined ? {} : { location: headers.location },
      body: JSON.parse(typeof body === "string" ? body : "{}"),
    }));
    return { data: results };
  },
});
