import { z } from "zod";
import { idAlphabets, stableId } from "../ids";
import { badRequest, GoogleRefusal, notFound } from "./failures";

/**
 * Push channels of Drive and Calendar (https://developers.google.com/workspace/drive/api/guides/push): a POST without a body for every
 * change, the first one, `sync`, at once. Loopback addresses may be plain HTTP here; Google wants HTTPS everywhere.
 */

const channelBody = z.looseObject({
  id: z.string().min(1).max(64),
  type: z.string(),
  address: z.string(),
  token: z.string().max(256).nullish(),
  expiration: z.union([z.string(), z.number()]).nullish(),
  params: z.record(z.string(), z.string()).nullish(),
});

export interface Channel {
  readonly id: string;
  /** What is watched, such as `calendar/ann@acme.example/events`. */
  readonly resource: string;
  readonly resourceId: string;
  readonly resourceUri: string;
  readonly address: string;
  readonly token: string | null;
  readonly expirationMs: number;
  /** Who opened it: only the same person by the same app stops it. */
  readonly sub: string;
  readonly clientId: string;
  messages: number;
}

export interface Channels {
  /** Opens a channel from a request's body; the API's answer. 400 where the body is no good, or the id is taken. */
  open(
    body: string,
    of: { readonly resource: string; readonly resourceUri: string; readonly sub: string; readonly clientId: string },
  ): Readonly<Record<string, unknown>>;
  /** Ends one; 404 where this person has none of that id and resource by this app. */
  stop(body: string, by: { readonly sub: string; readonly clientId: string }): void;
  /** Tells everybody who watches a resource; `state` is `exists`, `change`, `update` …, `changed` what of a file did (`content,parents`). */
  notify(resource: string, state: string, changed?: string): void;
  count(): number;
  clear(): void;
}

const stopBody = z.looseObject({ id: z.string(), resourceId: z.string() });

/** Google counts up "with gaps", and tries again where the receiver says that it failed for now. */
const retried: readonly number[] = [500, 502, 503, 504];
const tries = 4;

const isLoopback = (url: URL): boolean => ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);

function readJson<T>(schema: z.ZodType<T>, body: string): T {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    throw badRequest("Invalid channel.");
  }
}

export function createChannels(options: {
  readonly clock: () => number;
  /** How long a channel lives whose request does not say, and the longest it may, in milliseconds. */
  readonly lifetimes: (resource: string) => { readonly standardMs: number; readonly longestMs: number };
}): Channels {
  const open = new Map<string, Channel>();
  /** Deliveries of a channel go out one after the other, so that their numbers arrive in order. */
  const queues = new Map<string, Promise<void>>();

  async function deliver(channel: Channel, state: string, number: number, changed: string | undefined): Promise<void> {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      try {
        const answer = await fetch(channel.address, {
          method: "POST",
          redirect: "manual",
          headers: {
            "user-agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
            "x-goog-channel-id": channel.id,
            "x-goog-message-number": String(number),
            "x-goog-resource-id": channel.resourceId,
            "x-goog-resource-state": state,
            "x-goog-resource-uri": channel.resourceUri,
            "x-goog-channel-expiration": new Date(channel.expirationMs).toUTCString(),
            ...(channel.token === null ? {} : { "x-goog-channel-token": channel.token }),
            ...(changed === undefined ? {} : { "x-goog-changed": changed }),
          },
        });
        await answer.body?.cancel();
        if (!retried.includes(answer.status)) return;
      } catch {
        // Deliveries are lossy: who does not listen learns of it by polling.
        return;
      }
    }
  }

  function send(channel: Channel, state: string, changed?: string): void {
    channel.messages += 1;
    const number = channel.messages;
    const before = queues.get(channel.id) ?? Promise.resolve();
    queues.set(
      channel.id,
      before.then(() => deliver(channel, state, number, changed)),
    );
  }

  const live = (channel: Channel): boolean => channel.expirationMs > options.clock();

  return {
    open(body, of) {
      const wanted = readJson(channelBody, body);
      if (wanted.type !== "web_hook" && wanted.type !== "webhook")
        throw new GoogleRefusal(400, "channelUnknown", "Channel type is not supported");
      if (!URL.canParse(wanted.address)) throw new GoogleRefusal(400, "pushInvalidWebhook", "WebHook callback is not a URL");
      const address = new URL(wanted.address);
      if (address.protocol !== "https:" && !(address.protocol === "http:" && isLoopback(address))) {
        throw new GoogleRefusal(400, "push.webhookUrlNotHttps", `WebHook callback must be HTTPS: ${address.origin}`);
      }
      const known = open.get(wanted.id);
      if (known !== undefined && live(known)) throw new GoogleRefusal(400, "channelIdNotUnique", `Channel id ${wanted.id} not unique`);
      const { standardMs, longestMs } = options.lifetimes(of.resource);
      const now = options.clock();
      const ttlMs = wanted.params?.ttl === undefined ? standardMs : Number(wanted.params.ttl) * 1000;
      const askedMs = wanted.expiration === null || wanted.expiration === undefined ? now + ttlMs : Number(wanted.expiration);
      if (!Number.isFinite(askedMs) || askedMs <= now) throw new GoogleRefusal(400, "invalid", "Invalid value for: expiration");
      const channel: Channel = {
        id: wanted.id,
        ...of,
        resourceId: stableId(idAlphabets.base64url, 27, "resource", of.resource, of.sub),
        address: address.href,
        token: wanted.token ?? null,
        expirationMs: Math.min(askedMs, now + longestMs),
        messages: 0,
      };
      open.set(channel.id, channel);
      send(channel, "sync");
      return {
        kind: "api#channel",
        id: channel.id,
        resourceId: channel.resourceId,
        resourceUri: channel.resourceUri,
        ...(channel.token === null ? {} : { token: channel.token }),
        expiration: String(channel.expirationMs),
      };
    },
    stop(body, by) {
      const { id, resourceId } = readJson(stopBody, body);
      const channel = open.get(id);
      if (
        channel === undefined ||
        channel.resourceId !== resourceId ||
        channel.sub !== by.sub ||
        channel.clientId !== by.clientId ||
        !live(channel)
      ) {
        throw notFound(`Channel '${id}' not found for project`);
      }
      open.delete(id);
    },
    notify(resource, state, changed) {
      for (const channel of open.values()) if (channel.resource === resource && live(channel)) send(channel, state, changed);
    },
    count: () => [...open.values()].filter(live).length,
    clear() {
      open.clear();
      queues.clear();
    },
  };
}
