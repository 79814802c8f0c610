import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { HubError } from "@/server/errors";

/**
 * List cursors: opaque to the caller, signed, and bound to the list they were made for (workspace, actor, path, order), so that one
 * list's cursor cannot be used in another's. A cursor made by anyone else is EINVAL, one older than a day ESTALE with `restart`.
 */

const cursorLifetimeMs = 24 * 60 * 60 * 1000;
const macBytes = 16;

const body = z.object({
  k: z.union([z.string(), z.number(), z.null()]),
  p: z.string(),
  partial: z.boolean(),
  at: z.number(),
});

export interface CursorPosition {
  readonly key: string | number | null;
  readonly path: string;
  readonly partial: boolean;
}

export interface CursorCodec {
  seal(binding: string, position: CursorPosition, now: Date): string;
  open(binding: string, cursor: string, now: Date): CursorPosition;
}

/** `secret` is the same in every process of a deployment, so a list can go on in another one. */
export function createCursorCodec(secret: Uint8Array | string): CursorCodec {
  const mac = (binding: string, payload: Buffer): Buffer =>
    createHmac("sha256", secret).update(binding).update("\0").update(payload).digest().subarray(0, macBytes);
  const refused = () => new HubError("EINVAL", "The cursor is not one of this list. Begin the list without a cursor.");
  return {
    seal(binding, position, now) {
      const fields: z.infer<typeof body> = { k: position.key, p: position.path, partial: position.partial, at: now.getTime() };
      const payload = Buffer.from(JSON.stringify(fields));
      return Buffer.concat([mac(binding, payload), payload]).toString("base64url");
    },
    open(binding, cursor, now) {
      const bytes = Buffer.from(cursor, "base64url");
      const payload = bytes.subarray(macBytes);
      if (bytes.length <= macBytes || !timingSafeEqual(bytes.subarray(0, macBytes), mac(binding, payload))) throw refused();
      const fields = body.parse(JSON.parse(payload.toString()));
      if (now.getTime() - fields.at > cursorLifetimeMs) {
        throw new HubError("ESTALE", "The cursor is too old. Begin the list again.", { details: { restart: true } });
      }
      return { key: fields.k, path: fields.p, partial: fields.partial };
    },
  };
}
