import { HubError } from "@/server/errors";
import type { DraftStep, MountContext, StepResult } from "@/server/vfs/tool-mount";
import { listAll, markerOf, type SlackApi } from "../api";
import { sameLines } from "../format/lines";
import { parseMrkdwn } from "../format/mrkdwn";
import type { Message } from "../schema";
import { messageUrl, revisionOf } from "./entries";
import { locations } from "./place";
import { getMessage } from "./records";
import { type Step, stepArguments } from "./steps";

/** Runs one step. Each finds what an earlier try already did, so a repeated step changes nothing more. */

export interface PerformParts {
  readonly api: SlackApi;
  /** The bot's user. */
  readonly self: string;
  readonly base: (call: MountContext["call"]) => Promise<string>;
}

/** So long after its planning a post cannot have been sent by another process: what is younger, this one remembers. */
const freshMs = 60_000;
/** Slack's clock and the hub's may differ by so much. */
const clockSkewSeconds = 300;
const mostScanned = 2_000;

/** Markers that this process sent, or tried to, with when. */
const sentHere = new Map<string, number>();

function remember(marker: string): void {
  const now = Date.now();
  for (const [old, at] of sentHere) if (now - at > 2 * freshMs) sentHere.delete(old);
  sentHere.set(marker, now);
}

const hasMoved = (): HubError => new HubError("ESTALE", "The message was changed in Slack since the plan was made. Read it again.");
const isGone = (error: unknown): boolean => error instanceof HubError && error.code === "ENOENT";

/** The message that carries the marker, or null. */
async function findPosted({ api }: PerformParts, step: Step<"post">, context: MountContext): Promise<Message | null> {
  const oldest = `${Math.floor(step.plannedAt / 1000) - clockSkewSeconds}.000000`;
  const stretch = { oldest, latest: `${Math.floor(Date.now() / 1000) + clockSkewSeconds}.000000` };
  const { channel, thread } = step;
  const messages = await listAll(
    (page) =>
      thread === null
        ? api.listMessages(channel, stretch, page, context.call)
        : api.listReplies(channel, thread, stretch, page, context.call),
    mostScanned,
  );
  return messages.find((message) => markerOf(message) === step.marker) ?? null;
}

/**
 * Posts once. Slack has no key for it, so the message carries a marker: when nobody knows whether a try arrived, the conversation is read
 * before another one, and where that cannot be, the outcome stays unknown.
 */
async function post(step: Step<"post">, parts: PerformParts, context: MountContext): Promise<StepResult> {
  const { channel, text, thread, marker } = step;
  const mayBeThere = sentHere.has(marker) || Date.now() - step.plannedAt > freshMs;
  const found = mayBeThere ? await findPosted(parts, step, context) : null;
  const ts = found?.ts ?? (await send());
  const location = thread === null ? locations.today(step) : locations.thread(step, thread);
  return { location, output: { ts, url: messageUrl(await parts.base(context.call), channel, ts) } };

  async function send(): Promise<string> {
    const again = async () => await parts.api.postMessage({ channel, text, thread, marker }, context.call);
    remember(marker);
    try {
      return await again();
    } catch (error) {
      if (!(error instanceof HubError) || error.details.outcome !== "unknown") throw error;
      const arrived = await findPosted(parts, step, context).catch((cause: unknown) => {
        // What the first try came to is what the caller must know.
        if (cause instanceof HubError) throw error;
        throw cause;
      });
      return arrived?.ts ?? (await again());
    }
  }
}

async function update(step: Step<"update">, { api }: PerformParts, context: MountContext): Promise<StepResult> {
  const { channel, ts, before, after } = step;
  const message = await getMessage(api, channel, ts, context.call);
  // Slack writes some of a text its own way, so what it says counts.
  const says = (text: string): boolean => sameLines(parseMrkdwn(message.text), parseMrkdwn(text));
  if (!says(after)) {
    // Slack has no precondition of its own, so the text is compared just before.
    if (message.text !== before) throw hasMoved();
    await api.updateMessage(channel, ts, after, context.call);
  }
  return { location: locations.message(step, ts) };
}

async function remove(step: Step<"delete">, { api }: PerformParts, context: MountContext): Promise<StepResult> {
  const { channel, ts } = step;
  try {
    const message = await getMessage(api, channel, ts, context.call);
    if (message.subtype === "tombstone") return { location: null };
    if (revisionOf(message) !== step.revision) throw hasMoved();
  } catch (error) {
    if (isGone(error)) return { location: null };
    throw error;
  }
  await api.deleteMessage(channel, ts, context.call);
  return { location: null };
}

/** Runs a stored step. ESTALE when what it was made against changed, or when another version of the hub made it. */
export async function performStep(draft: DraftStep, parts: PerformParts, context: MountContext): Promise<StepResult> {
  const parsed = stepArguments.safeParse(draft.args);
  if (!parsed.success) {
    throw new HubError("ESTALE", "This plan is of another version of the hub. Plan the change again.", { cause: parsed.error });
  }
  const step = parsed.data;
  switch (step.call) {
    case "post":
      return await post(step, parts, context);
    case "update":
      return await update(step, parts, context);
    case "delete":
      return await remove(step, parts, context);
    case "react":
      await parts.api.addReaction(step.channel, step.ts, step.emoji, context.call);
      return { location: locations.reaction(step, step.ts, step.emoji, parts.self) };
    case "unreact":
      await parts.api.removeReaction(step.channel, step.ts, step.emoji, context.call);
      return { location: null };
  }
}
