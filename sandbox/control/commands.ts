import { z } from "zod";
import { faultInput } from "./faults";

/** The tool's id; may be left out where one tool alone runs. */
const tool = z.string().optional();

/** What the control port does, one command a request. */
export const controlCommand = z.discriminatedUnion("command", [
  /** Gives a person's tokens to an app without the consent page; answers as the token endpoint does. */
  z.strictObject({ command: z.literal("connect"), tool, clientId: z.string(), email: z.string(), scopes: z.array(z.string()) }),
  /** Ends every access token now, or one person's; refresh tokens live on. */
  z.strictObject({ command: z.literal("expire_access_tokens"), tool, email: z.string().optional() }),
  /** Ends every grant, or one person's, as a person does who removes the app. */
  z.strictObject({ command: z.literal("revoke_grants"), tool, email: z.string().optional() }),
  /** Spends of a limit what another installation of an app would: up to all there is. What it takes, each tool says. */
  z.strictObject({ command: z.literal("spend"), tool, spent: z.record(z.string(), z.unknown()) }),
  /** Scripts a fault for the next requests that match. */
  z.strictObject({ command: z.literal("add_fault"), tool, fault: faultInput }),
  z.strictObject({ command: z.literal("clear_faults"), tool }),
  /** Changes settings; those not named stay. What there is to set, each tool says. */
  z.strictObject({ command: z.literal("set"), tool, settings: z.record(z.string(), z.unknown()) }),
  /** Moves the sandbox's clock forward, for tokens and windows that end; of every tool. */
  z.strictObject({ command: z.literal("advance_clock"), byMs: z.int().min(0) }),
  /** Back to the seed: no grants, no faults, an empty journal, the first settings, the true time. Without a tool, every one. */
  z.strictObject({ command: z.literal("reset"), tool }),
]);

export type ControlCommand = z.output<typeof controlCommand>;
export type ControlCommandInput = z.input<typeof controlCommand>;
