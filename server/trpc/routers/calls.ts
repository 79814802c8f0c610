import "server-only";
import { z } from "zod";
import { findManifest } from "@/server/integrations/manifests";
import { statusClasses } from "@/server/transport/call-search";
import { explainCall } from "@/server/transport/call-story";
import { tailCalls } from "@/server/transport/call-tail";
import { getCall, listCalls, maxCallsPage } from "@/server/transport/calls";
import { getCallLogDays, mostCallLogDays, setCallLogDays } from "@/server/workspaces/call-log-days";
import { router } from "../init";
import { workspaceProcedure } from "../procedures";

const id = z.string().min(1).max(64);
/** One line; the database takes no NUL. */
const words = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^\P{Cc}*$/u, { error: "it is one line" });
const time = z.iso.datetime({ offset: true });

const filter = z.object({
  connection: id.optional(),
  integration: words(64).optional(),
  outcome: z.enum(["ok", "failed", "retried"]).optional(),
  errorCode: words(32).optional(),
  status: z.enum(statusClasses).optional(),
  actor: words(80).optional(),
  path: words(4096).optional(),
  operation: words(200).optional(),
  from: time.optional(),
  to: time.optional(),
  text: words(200).optional(),
});

/** The call log: every call to a tool, with all its attempts. */
export const callsRouter = router({
  list: workspaceProcedure("calls.read")
    .input(filter.extend({ cursor: z.string().min(1).max(256).optional(), limit: z.number().int().min(1).max(maxCallsPage).default(50) }))
    .query(({ ctx, input: { workspace: _, ...options } }) => listCalls(ctx.hub.db, ctx.scope, options)),

  /** What came since the list was loaded, or since the last answer. */
  tail: workspaceProcedure("calls.read")
    .input(filter.extend({ tail: z.string().min(1).max(256) }))
    .query(({ ctx, input: { workspace: _, ...options } }) => tailCalls(ctx.hub.db, ctx.scope, options)),

  /** One call with its attempts, why it ended as it did, and what to do. */
  get: workspaceProcedure("calls.read")
    .input(z.object({ call: id }))
    .query(async ({ ctx, input }) => {
      const detail = await getCall(ctx.hub.db, ctx.scope, input.call);
      const tool = findManifest(detail.call.integration)?.name ?? detail.call.integration;
      return { ...detail, story: explainCall(detail, tool) };
    }),

  /** How many days the workspace keeps its calls: its own choice (null: none), and the hub's default. */
  retention: workspaceProcedure("workspace.read").query(async ({ ctx }) => ({
    days: await getCallLogDays(ctx.hub.db, ctx.scope),
    defaultDays: ctx.hub.env.callLogDays,
    mostDays: mostCallLogDays,
  })),

  setRetention: workspaceProcedure("calls.retention")
    .input(z.object({ days: z.number().int().min(1).max(mostCallLogDays).nullable() }))
    .mutation(({ ctx, input }) => setCallLogDays(ctx.hub.db, ctx.scope, input.days)),
});
