import { createHmac, randomUUID } from "node:crypto";
import type { ChangeEvent } from "../context";
import type { WebhookRow, Workspace } from "../rows";
import { payloadOf } from "./payload";

/** How long after a failed attempt the next one comes (https://linear.app/developers/webhooks). */
const retryAfterMs = [60_000, 3_600_000, 21_600_000];
/** A receiver must answer within this. */
const answerWithinMs = 5_000;
/** How often the sandbox's clock is looked at, for attempts that are due. */
const lookEveryMs = 200;

interface Delivery {
  readonly webhookId: string;
  readonly organizationId: string;
  /** Sent as `Linear-Delivery`; the same in every attempt. */
  readonly id: string;
  readonly event: string;
  readonly payload: Readonly<Record<string, unknown>>;
  attempts: number;
  dueMs: number;
}

export interface Webhooks {
  /** Queues a delivery for each webhook of the workspace that is of this type and team. */
  tell(workspace: Workspace, actorId: string, event: ChangeEvent): void;
  /** Deliveries that wait for an attempt, and attempts whose end is known. */
  counts(): { readonly waiting: number; readonly attempted: number };
  clear(): void;
  close(): void;
}

/** The team that an event belongs to. */
function teamOf(workspace: Workspace, event: ChangeEvent): string | null {
  if (event.type === "Issue") return event.row.teamId;
  return workspace.issues.get(event.row.issueId)?.teamId ?? null;
}

/**
 * Webhooks as Linear sends them: signed with HMAC-SHA256 of the raw body, `webhookTimestamp` of the attempt inside it, done only by 200
 * within five seconds, otherwise tried again after a minute, an hour and six hours of the sandbox's clock, then written among the
 * webhook's failures.
 */
export function createWebhooks(options: {
  readonly clock: () => number;
  readonly webOrigin: () => string;
  readonly findWorkspace: (id: string) => Workspace | undefined;
  readonly onChange: () => void;
}): Webhooks {
  const { clock } = options;
  const queue = new Set<Delivery>();
  const underWay = new Set<Delivery>();
  let attempted = 0;

  /** The status that came, or null where none did in time. */
  async function post(webhook: WebhookRow, delivery: Delivery): Promise<number | null> {
    const body = JSON.stringify({ ...delivery.payload, webhookId: webhook.id, webhookTimestamp: clock() });
    try {
      const answer = await fetch(webhook.url, {
        method: "POST",
        redirect: "manual",
        signal: AbortSignal.timeout(answerWithinMs),
        headers: {
          "content-type": "application/json; charset=utf-8",
          "user-agent": "Linear-Webhook",
          "linear-delivery": delivery.id,
          "linear-event": delivery.event,
          "linear-signature": createHmac("sha256", webhook.secret).update(body).digest("hex"),
          "linear-timestamp": String(clock()),
        },
        body,
      });
      await answer.body?.cancel();
      return answer.status;
    } catch {
      // No answer, one that came too late, or one that is no HTTP: all are a failed attempt.
      return null;
    }
  }

  async function attempt(delivery: Delivery): Promise<void> {
    const webhook = options.findWorkspace(delivery.organizationId)?.webhooks.get(delivery.webhookId);
    if (webhook === undefined || !webhook.enabled) {
      queue.delete(delivery);
      return;
    }
    const status = await post(webhook, delivery);
    const wait = retryAfterMs[delivery.attempts];
    delivery.attempts += 1;
    if (status === 200) {
      queue.delete(delivery);
    } else if (wait !== undefined) {
      delivery.dueMs = clock() + wait;
    } else {
      queue.delete(delivery);
      const createdAt = new Date(clock()).toISOString();
      webhook.failures = [
        ...webhook.failures,
        { id: randomUUID(), createdAt, executionId: delivery.id, httpStatus: status, url: webhook.url },
      ];
      options.onChange();
    }
  }

  function pump(): void {
    for (const delivery of queue) {
      if (delivery.dueMs > clock() || underWay.has(delivery)) continue;
      underWay.add(delivery);
      attempt(delivery).finally(() => {
        attempted += 1;
        underWay.delete(delivery);
      });
    }
  }
  const timer = setInterval(pump, lookEveryMs);
  timer.unref();

  return {
    tell(workspace, actorId, event) {
      const teamId = teamOf(workspace, event);
      const meant = [...workspace.webhooks.values()].filter(
        (webhook) =>
          webhook.enabled && webhook.resourceTypes.includes(event.type) && (webhook.teamId === null || webhook.teamId === teamId),
      );
      if (meant.length === 0) return;
      const at = new Date(clock()).toISOString();
      const payload = payloadOf({ workspace, webOrigin: options.webOrigin() }, event, actorId, at);
      for (const webhook of meant) {
        queue.add({
          webhookId: webhook.id,
          organizationId: workspace.organization.id,
          id: randomUUID(),
          event: event.type,
          payload,
          attempts: 0,
          dueMs: clock(),
        });
      }
      pump();
    },
    counts: () => ({ waiting: queue.size, attempted }),
    clear: () => {
      queue.clear();
      attempted = 0;
    },
    close: () => clearInterval(timer),
  };
}
