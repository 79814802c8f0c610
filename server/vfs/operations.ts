import { z } from "zod";
import { readFormats } from "./node";

/** The inputs of the operations, one zod schema each: the tRPC router, the explorer and the file system share them. */

const path = z.string().min(1).max(4096);
const etag = z
  .string()
  .max(128)
  .regex(/^[\x21-\x7e]+$/, "is no etag");
const idempotencyKey = z
  .string()
  .max(128)
  .regex(/^\P{Cc}+$/u, "is empty or holds control characters");
/**
 * Milliseconds, 0 to 60,000, that the caller lets the hub wait in all for a tool that is at its limit or fails for a moment; default 10,000. No
 * wait begins that would end later: then the answer is EAGAIN at once, with `retryAfterMs`. The work itself is not counted out.
 */
const maxWaitMs = z.number().int().min(0).max(60_000).optional();

export const statInput = z.object({ path, fresh: z.boolean().optional(), maxWaitMs });
export const listInput = z.object({
  path,
  cursor: z.string().max(4096).optional(),
  limit: z.number().int().min(1).max(1000).default(200),
  sort: z.enum(["name", "modifiedAt", "sizeBytes"]).default("name"),
  order: z.enum(["ascending", "descending"]).default("ascending"),
  fresh: z.boolean().optional(),
  maxWaitMs,
});
export const readInput = z.object({
  path,
  as: z.enum(readFormats).optional(),
  /** A range of bytes or of 1-based lines; not both. */
  bytes: z.object({ offset: z.number().int().min(0), length: z.number().int().min(1) }).optional(),
  lines: z.object({ from: z.number().int().min(1), to: z.number().int().min(1) }).optional(),
  fresh: z.boolean().optional(),
  maxWaitMs,
});
export const openInput = z.object({
  path,
  as: z.enum(readFormats).optional(),
  /** Both ends included; without `end` to the last byte. */
  range: z.object({ start: z.number().int().min(0), end: z.number().int().min(0).nullable() }).optional(),
  maxWaitMs,
});

const change = { path, dryRun: z.boolean().optional(), idempotencyKey: idempotencyKey.optional(), maxWaitMs };
export const writeInput = z.object({
  ...change,
  text: z.string(),
  ifMatch: etag.optional(),
  ifNoneMatch: z.literal("*").optional(),
  /** Storage tiers with retention: when the file is to expire, inside the tier's range; then fixed. */
  expiresAt: z.iso.datetime().optional(),
});
export const appendInput = z.object({ ...change, text: z.string().min(1), ifMatch: etag.optional() });
export const editInput = z.object({
  ...change,
  find: z.string().min(1),
  replace: z.string(),
  all: z.boolean().optional(),
  ifMatch: etag.optional(),
});
export const mkdirInput = z.object({ ...change });
export const moveInput = z.object({ ...change, to: path, ifMatch: etag.optional() });
export const uploadInput = z.object({
  path,
  idempotencyKey: idempotencyKey.optional(),
  maxWaitMs,
  /** What the sender calls its kind (RFC 9110 section 8.3.1), without parameters. */
  mediaType: z
    .string()
    .max(128)
    .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/, "is no media type"),
  /** Of the bytes; told apart by it under one idempotency key. */
  digest: z.string().max(128),
});
export const removeInput = z.object({ ...change, recursive: z.boolean().optional(), ifMatch: etag.optional() });
export const executeInput = z.object({ plan: z.string().min(1).max(64), idempotencyKey: idempotencyKey.optional(), maxWaitMs });

export type StatInput = z.input<typeof statInput>;
export type ListInput = z.input<typeof listInput>;
export type ReadInput = z.input<typeof readInput>;
export type OpenInput = z.input<typeof openInput>;
export type UploadInput = z.input<typeof uploadInput>;
export type WriteInput = z.input<typeof writeInput>;
export type AppendInput = z.input<typeof appendInput>;
export type EditInput = z.input<typeof editInput>;
export type MkdirInput = z.input<typeof mkdirInput>;
export type MoveInput = z.input<typeof moveInput>;
export type RemoveInput = z.input<typeof removeInput>;
export type ExecuteInput = z.input<typeof executeInput>;
