import { createHmac, randomBytes } from "node:crypto";
import { badRequest, forbidden } from "./failures";
import { eventOf } from "./routes/events";
import type { EventRow, WebhookFilter, WebhookRow } from "./rows";
import type { Store } from "./store";

/** Webhooks: the handshake, signed deliveries, heartbeats, and retries for a day (https://developers.asana.com/docs/webhooks-guide). */

const answerWithinMs = 10_000;
const heartbeatEveryMs = 8 * 3_600_000;
const givesUpAfterMs = 24 * 3_600_000;
const firstRetryMs = 5_000;
const longestRetryMs = 3_600_000;
const eventsAtOnce = 100;

export interface Webhooks {
  /** Tries the handshake and keeps the webhook. Throws 400 where the target does not answer as it should. */
  create(
    webhook: Pick<WebhookRow, "resourceGid" | "target" | "filters" | "ownerGid" | "clientId">,
    localAllowed: boolean,
  ): Promise<WebhookRow>;
  /** Delivers what is due now; one delivery a webhook at a time. */
  deliverDue(): Promise<void>;
}

async function post(target: string, headers: Readonly<Record<string, string>>, body: string): Promise<Response> {
  const response = await fetch(target, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
    redirect: "manual",
    signal: AbortSignal.timeout(answerWithinMs),
  });
  await response.arrayBuffer();
  return response;
}

const accepted = (response: Response): boolean => response.status === 200 || response.status === 204;

const isLocal = (host: string): boolean => /^(?:localhost|127\.|\[::1\]|10\.|192\.168\.|169\.254\.)/i.test(host) || host.endsWith(".local");

function passes(event: EventRow, filter: WebhookFilter): boolean {
  return (
    (filter.resource_type === undefined || filter.resource_type === event.resource.resource_type) &&
    (filter.resource_subtype === undefined || filter.resource_subtype === event.resource.resource_subtype) &&
    (filter.action === undefined || filter.action === event.action) &&
    (filter.fields === undefined || (event.change !== null && filter.fields.includes(event.change.field)))
  );
}

export function createWebhooks(options: { readonly store: Store; readonly onChange: () => void }): Webhooks {
  const { store, onChange } = options;
  const busy = new Set<string>();

  const signed = (webhook: WebhookRow, body: string) => ({
    "x-hook-signature": createHmac("sha256", webhook.secret).update(body).digest("hex"),
  });

  function failed(webhook: WebhookRow, why: string): void {
    const now = store.nowMs();
    webhook.failingSinceMs ??= now;
    webhook.retries += 1;
    webhook.lastFailureAt = new Date(now).toISOString();
    webhook.lastFailureContent = why.slice(0, 500);
    webhook.nextAttemptMs = now + Math.min(longestRetryMs, firstRetryMs * 2 ** (webhook.retries - 1));
    // "After 24 hours of failures the webhook is deleted."
    if (now - webhook.failingSinceMs >= givesUpAfterMs) store.tables.webhooks.delete(webhook.gid);
  }

  async function send(webhook: WebhookRow, events: readonly EventRow[]): Promise<boolean> {
    const body = JSON.stringify({ events: events.map((event) => eventOf(event, store.tables, "webhook")) });
    try {
      const response = await post(webhook.target, signed(webhook, body), body);
      if (!accepted(response)) {
        // 410 Gone ends a webhook at once.
        if (response.status === 410) store.tables.webhooks.delete(webhook.gid);
        else failed(webhook, `The target answered with status ${response.status}.`);
        return false;
      }
      webhook.lastSuccessAt = new Date(store.nowMs()).toISOString();
      webhook.retries = 0;
      webhook.nextAttemptMs = null;
      webhook.failingSinceMs = null;
      return true;
    } catch (error) {
      failed(webhook, error instanceof Error ? error.message : "The target did not answer.");
      return false;
    } finally {
      onChange();
    }
  }

  async function deliver(webhook: WebhookRow): Promise<void> {
    const due = () => store.tables.webhooks.has(webhook.gid) && (webhook.nextAttemptMs === null || webhook.nextAttemptMs <= store.nowMs());
    while (due()) {
      const fresh = store.tables.events.filter(
        (event) => event.sequence > webhook.deliveredUpTo && event.streams.includes(webhook.resourceGid),
      );
      const wanted = fresh.filter((event) => webhook.filters.length === 0 || webhook.filters.some((filter) => passes(event, filter)));
      const page = wanted.slice(0, eventsAtOnce);
      const heartbeat = webhook.heartbeatAtMs <= store.nowMs();
      if (page.length === 0 && !heartbeat) return;
      if (!(await send(webhook, page))) return;
      webhook.heartbeatAtMs = store.nowMs() + heartbeatEveryMs;
      webhook.deliveredUpTo = page.length < wanted.length ? (page.at(-1)?.sequence ?? 0) : store.tables.counters.events;
    }
  }

  return {
    async create(asked, localAllowed) {
      if (!URL.canParse(asked.target)) throw badRequest("target: Not a URL");
      const target = new URL(asked.target);
      if (isLocal(target.hostname) && !localAllowed) throw forbidden("target: Invalid hostnames like localhost are not allowed.");
      if (!isLocal(target.hostname) && target.protocol !== "https:") throw badRequest("target: Only https targets are allowed.");
      const same = [...store.tables.webhooks.values()].some(
        (other) => other.resourceGid === asked.resourceGid && other.target === asked.target && other.clientId === asked.clientId,
      );
      if (same) throw forbidden("Duplicated webhook on the same resource and target.");
      const secret = randomBytes(32).toString("hex");
      let answered: Response;
      try {
        answered = await post(asked.target, { "x-hook-secret": secret }, "{}");
      } catch {
        throw badRequest("The remote server did not respond to the handshake.");
      }
      if (!accepted(answered) || answered.headers.get("x-hook-secret") !== secret) {
        throw badRequest("The remote server did not respond with the handshake secret.");
      }
      const webhook: WebhookRow = {
        ...asked,
        gid: store.newGid(),
        secret,
        createdAt: store.writeTime(),
        active: true,
        deliveredUpTo: store.tables.counters.events,
        heartbeatAtMs: store.nowMs(),
        lastSuccessAt: null,
        lastFailureAt: null,
        lastFailureContent: "",
        retries: 0,
        nextAttemptMs: null,
        failingSinceMs: null,
      };
      store.tables.webhooks.set(webhook.gid, webhook);
      return webhook;
    },
    async deliverDue() {
      await Promise.all(
        [...store.tables.webhooks.values()]
          .filter(({ gid }) => !busy.has(gid))
          .map(async (webhook) => {
            busy.add(webhook.gid);
            try {
              await deliver(webhook);
            } finally {
              busy.delete(webhook.gid);
            }
          }),
      );
    },
  };
}
