import type { z } from "zod";
import { type ErrorDetails, HubError } from "@/server/errors";
import type { Mount } from "./mount";
import { notConnected, type Place } from "./mount-table";

/** What all operations share in answering: input, and errors that say where and how to mend it. */

/** Input that the schema refuses is EINVAL naming the field. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join(".") ?? "";
  throw new HubError("EINVAL", field === "" ? (issue?.message ?? "Wrong input.") : `${field}: ${issue?.message}`, {
    details: field === "" ? {} : { key: field },
  });
}

/** Gives every error its path, and a dead authorization the page that mends it. */
export async function answering<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof HubError ? error.at(path) : error;
  }
}

/** Adds to what a dead connection, or one without a scope, answered where it can be mended, and by whom. */
export async function onMount<T>(mount: Mount, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { connection, settingsUrl, whoMends } = mount.info;
    if (!(error instanceof HubError) || error.actionUrl !== undefined) throw error;
    const { code, details } = error;
    const actionUrl =
      code === "ENOTCONN" ? (connection?.actionUrl ?? settingsUrl) : code === "ESCOPE" ? enableUrl(settingsUrl, details) : null;
    if (actionUrl === null) throw error;
    const message = code === "ESCOPE" && whoMends !== null ? `${error.message} ${whoMends}` : error.message;
    throw new HubError(code, message, { path: error.path ?? path, actionUrl, details, cause: error });
  }
}

/** The page that starts exactly the consent of the capability that is missing; it asks before it does. */
function enableUrl(settingsUrl: string | null, { capability }: ErrorDetails): string | null {
  if (settingsUrl === null || capability === undefined) return settingsUrl;
  const url = new URL(settingsUrl);
  url.searchParams.append("enable", capability);
  return url.href;
}

/** Below a tool that is not connected there is nothing to ask: ENOTCONN with the way to connect it. */
export function refuseBelow(place: Exclude<Place, { type: "mount" }>, path: string): void {
  if (place.type === "placeholder" && place.segments.length > 0) throw notConnected(place.placeholder.connection, path);
}
