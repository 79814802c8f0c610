import "server-only";
import { z } from "zod";
import { flowAnswers } from "@/server/connections/flow-contract";
import { router } from "../init";
import { workspaceProcedure } from "../procedures";

const id = z.string().min(1).max(64);

/** The connections that the person sees: the workspace's, and their own private ones. */
export const connectionsRouter = router({
  list: workspaceProcedure("connections.read").query(({ ctx }) => ctx.hub.connections.list(ctx.scope)),

  get: workspaceProcedure("connections.read")
    .input(z.object({ connection: id }))
    .query(({ ctx, input }) => ctx.hub.connections.get(ctx.scope, input.connection)),

  /** How it does, in words and as data: token, scopes, what the vendor's limits leave, the last failure and what to do. */
  health: workspaceProcedure("connections.read")
    .input(z.object({ connection: id }))
    .query(({ ctx, input }) => ctx.hub.connections.health(ctx.scope, input.connection)),

  /** How far a consent is that this person started. */
  flow: workspaceProcedure("connections.read")
    .input(z.object({ flow: id }))
    .query(({ ctx, input }) => ctx.hub.connections.flows.view(ctx.scope, input.flow)),

  /** Gives a waiting consent up; an answer that arrives all the same is refused. */
  cancelFlow: workspaceProcedure("connections.manage")
    .input(z.object({ flow: id }))
    .mutation(({ ctx, input }) => ctx.hub.connections.flows.cancel(ctx.scope, input.flow)),

  /** The consents of this person in which another account came back than the expected one, and which wait for an answer. */
  questions: workspaceProcedure("connections.read").query(({ ctx }) => ctx.hub.connections.flows.listQuestions(ctx.scope)),

  /** Answers such a consent, once: keeps the account as a connection of its own, or gives back what it granted. */
  answerFlow: workspaceProcedure("connections.manage")
    .input(z.object({ flow: id, answer: z.enum(flowAnswers) }))
    .mutation(({ ctx, input }) => ctx.hub.connections.flows.answer(ctx.scope, input.flow, input.answer)),

  /** Switches a capability on or off as far as the grant goes; ESCOPE has the page that starts the missing consent. */
  switchCapability: workspaceProcedure("connections.manage")
    .input(z.object({ connection: id, capability: z.string().min(1).max(64), on: z.boolean() }))
    .mutation(({ ctx, input: { connection, ...change } }) => ctx.hub.connections.switchCapability(ctx.scope, connection, change)),

  /** What is personal in a shared connection (mail, calendars), and what of it everybody in the workspace sees. */
  personalAreas: workspaceProcedure("connections.read")
    .input(z.object({ connection: id }))
    .query(({ ctx, input }) => ctx.hub.connections.personalAreas(ctx.scope, input.connection)),

  /** Shares one of these with the workspace, or takes it back. Whatever their role, only who connected the tool may. */
  sharePersonalArea: workspaceProcedure("connections.read")
    .input(z.object({ connection: id, area: z.string().min(1).max(64), shared: z.boolean() }))
    .mutation(({ ctx, input: { connection, ...change } }) => ctx.hub.connections.sharePersonalArea(ctx.scope, connection, change)),

  /** What disconnecting will do at the tool, and which other connections end with it. */
  disconnectPreview: workspaceProcedure("connections.manage")
    .input(z.object({ connection: id }))
    .query(({ ctx, input }) => ctx.hub.connections.disconnectPreview(ctx.scope, input.connection)),

  /** The receipts of connections that have ended, newest first: the workspace's, and the person's own private ones. */
  receipts: workspaceProcedure("connections.read")
    .input(z.object({ cursor: z.string().min(1).max(256).optional(), limit: z.number().int().min(1).max(100).default(20) }))
    .query(({ ctx, input }) => ctx.hub.connections.receipts(ctx.scope, input)),

  /** One of them, by the connection's id. */
  receipt: workspaceProcedure("connections.read")
    .input(z.object({ connection: id }))
    .query(({ ctx, input }) => ctx.hub.connections.receipt(ctx.scope, input.connection)),

  /** Revokes at the tool, deletes what the connection brought, and says what was done. */
  disconnect: workspaceProcedure("connections.manage")
    .input(z.object({ connection: id }))
    .mutation(({ ctx, input }) => ctx.hub.connections.disconnect(ctx.scope, input.connection)),
});
