import { createHmac, randomUUID } from "node:crypto";
import type { Call } from "./call";
import { messageObject } from "./objects";
import type { BotRow, ConversationRow, MessageRow, Workspace } from "./rows";
import type { SlackSettings } from "./settings";

/**
 * The Events API (docs.slack.dev/apis/events-api): a handshake, then signed deliveries to one address, one for each app that may see the
 * event, tried again when they are not answered with 2xx in three seconds.
 */
export interface Events {
  tellMessage(
    call: Call,
    conversation: ConversationRow,
    message: MessageRow,
    what: "new" | "changed" | "deleted",
    before?: MessageRow,
  ): void;
  tellReaction(
    call: Call,
    conversation: ConversationRow,
    message: MessageRow,
    type: "reaction_added" | "reaction_removed",
    emoji: string,
  ): void;
  tellMembership(call: Call, conversation: ConversationRow, type: "member_joined_channel" | "member_left_channel", user: string): void;
  /** The app is gone from the workspace: the last that it hears. */
  tellUninstalled(workspace: Workspace, bot: BotRow): void;
  /** The address may have changed: a new one gets the handshake. */
  settingsChanged(): void;
  counts(): { readonly verified: boolean; readonly waiting: number; readonly delivered: number; readonly failed: number };
  clear(): void;
  close(): void;
}

interface Delivery {
  readonly body: string;
  attempts: number;
  reason: string | null;
  dueMs: number;
}

const answerWithinMs = 3_000;
const lookEveryMs = 50;

const kindNames = { public: "channel", private: "group", im: "im", mpim: "mpim" } as const;
const historyScopes = { public: "channels:history", private: "groups:history", im: "im:history", mpim: "mpim:history" } as const;

/** `v0=` and the hex of HMAC-SHA256 over `v0:<timestamp>:<body>` (docs.slack.dev/authentication/verifying-requests-from-slack). */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `v0=${createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex")}`;
}

export function createEvents(options: {
  readonly clock: () => number;
  readonly settings: () => SlackSettings;
  /** What the app was granted in the workspace, by all who connected it. */
  readonly scopesOf: (bot: BotRow, workspace: Workspace) => readonly string[];
}): Events {
  const { clock, settings, scopesOf } = options;
  const queue = new Set<Delivery>();
  const underWay = new Set<Delivery>();
  let verifiedUrl: string | null = null;
  let delivered = 0;
  let failed = 0;

  async function post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<Response> {
    const timestamp = String(Math.floor(clock() / 1000));
    return await fetch(url, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.timeout(answerWithinMs),
      headers: {
        "content-type": "application/json",
        "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": signatureOf(settings().signingSecret, timestamp, body),
        ...headers,
      },
      body,
    });
  }

  /** The answer carries the challenge, as text, as a form or as JSON. */
  async function shakeHands(url: string): Promise<void> {
    const challenge = randomUUID().replaceAll("-", "");
    const body = JSON.stringify({ token: "deprecated", challenge, type: "url_verification" });
    try {
      const answer = await post(url, body, {});
      const text = await answer.text();
      const said = /^\s*\{/.test(text)
        ? String((JSON.parse(text) as { challenge?: unknown }).challenge)
        : (new URLSearchParams(text).get("challenge") ?? text.trim());
      if (answer.status === 200 && said === challenge && settings().eventsUrl === url) verifiedUrl = url;
    } catch {
      // An address that does not answer is not verified, and gets nothing.
      verifiedUrl = null;
    }
  }

  /** Why a try failed, in the header's words; null when it did not. */
  async function attempt(url: string, delivery: Delivery): Promise<string | null> {
    const retry: Record<string, string> =
      delivery.attempts === 0
        ? {}
        : { "x-slack-retry-num": String(delivery.attempts), "x-slack-retry-reason": delivery.reason ?? "unknown_error" };
    try {
      const answer = await post(url, delivery.body, retry);
      await answer.body?.cancel();
      if (answer.status >= 200 && answer.status < 300) return null;
      if (answer.headers.get("x-slack-no-retry") === "1") delivery.attempts = settings().eventRetrySeconds.length;
      return "http_error";
    } catch (error) {
      return error instanceof Error && error.name === "TimeoutError" ? "http_timeout" : "connection_failed";
    }
  }

  async function deliver(delivery: Delivery): Promise<void> {
    const url = verifiedUrl;
    if (url === null || url !== settings().eventsUrl) {
      queue.delete(delivery);
      return;
    }
    const reason = await attempt(url, delivery);
    if (reason === null) {
      delivered += 1;
      queue.delete(delivery);
      return;
    }
    const wait = settings().eventRetrySeconds[delivery.attempts];
    delivery.attempts += 1;
    delivery.reason = reason;
    if (wait === undefined) {
      failed += 1;
      queue.delete(delivery);
    } else delivery.dueMs = clock() + wait * 1000;
  }

  function pump(): void {
    for (const delivery of queue) {
      if (delivery.dueMs > clock() || underWay.has(delivery)) continue;
      underWay.add(delivery);
      deliver(delivery).finally(() => underWay.delete(delivery));
    }
  }
  const timer = setInterval(pump, lookEveryMs);
  timer.unref();

  function send(workspace: Workspace, bot: BotRow, event: Readonly<Record<string, unknown>>): void {
    if (verifiedUrl === null) return;
    const body = JSON.stringify({
      token: "deprecated",
      team_id: workspace.id,
      api_app_id: bot.appId,
      event,
      type: "event_callback",
      event_id: `Ev${randomUUID().replaceAll("-", "").slice(0, 10).toUpperCase()}`,
      event_time: Math.floor(clock() / 1000),
      event_context: `EC${randomUUID().slice(0, 8).toUpperCase()}`,
      authorizations: [{ enterprise_id: null, team_id: workspace.id, user_id: bot.userId, is_bot: true, is_enterprise_install: false }],
    });
    queue.add({ body, attempts: 0, reason: null, dueMs: clock() });
    pump();
  }

  /** To every app that is in the conversation and may hear of it. */
  function tell(workspace: Workspace, conversation: ConversationRow, scope: string, event: Readonly<Record<string, unknown>>): void {
    for (const bot of workspace.bots.values()) {
      if (conversation.members.has(bot.userId) && scopesOf(bot, workspace).includes(scope)) send(workspace, bot, event);
    }
  }

  return {
    tellMessage(call, conversation, message, what, before) {
      const channel = { channel: conversation.id, channel_type: kindNames[conversation.kind] };
      const ts = { event_ts: `${Math.floor(call.nowMs / 1000)}.${String(call.nowMs % 1000).padStart(3, "0")}000` };
      const event =
        what === "new"
          ? { ...messageObject(call, conversation, message), ...channel, event_ts: message.ts }
          : what === "changed"
            ? {
                type: "message",
                subtype: "message_changed",
                hidden: true,
                message: messageObject(call, conversation, message),
                previous_message: before === undefined ? undefined : messageObject(call, conversation, before),
                ts: ts.event_ts,
                ...channel,
                ...ts,
              }
            : { type: "message", subtype: "message_deleted", hidden: true, deleted_ts: message.ts, ts: ts.event_ts, ...channel, ...ts };
      tell(call.workspace, conversation, historyScopes[conversation.kind], event);
    },
    tellReaction(call, conversation, message, type, emoji) {
      tell(call.workspace, conversation, "reactions:read", {
        type,
        user: call.bot.userId,
        reaction: emoji,
        item_user: message.user ?? undefined,
        item: { type: "message", channel: conversation.id, ts: message.ts },
        event_ts: `${Math.floor(call.nowMs / 1000)}.000100`,
      });
    },
    tellMembership(call, conversation, type, user) {
      if (conversation.kind !== "public" && conversation.kind !== "private") return;
      tell(call.workspace, conversation, conversation.kind === "public" ? "channels:read" : "groups:read", {
        type,
        user,
        channel: conversation.id,
        channel_type: conversation.kind === "public" ? "C" : "G",
        team: call.workspace.id,
        event_ts: `${Math.floor(call.nowMs / 1000)}.000100`,
      });
    },
    tellUninstalled(workspace, bot) {
      send(workspace, bot, {
        type: "tokens_revoked",
        tokens: { oauth: [], bot: [bot.userId] },
        event_ts: String(Math.floor(clock() / 1000)),
      });
      send(workspace, bot, { type: "app_uninstalled", event_ts: String(Math.floor(clock() / 1000)) });
    },
    settingsChanged() {
      const { eventsUrl } = settings();
      if (eventsUrl === verifiedUrl) return;
      verifiedUrl = null;
      if (eventsUrl !== null) void shakeHands(eventsUrl);
    },
    counts: () => ({ verified: verifiedUrl !== null, waiting: queue.size, delivered, failed }),
    clear() {
      queue.clear();
      verifiedUrl = null;
      delivered = 0;
      failed = 0;
    },
    close: () => clearInterval(timer),
  };
}
