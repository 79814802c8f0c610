import { randomUUID } from "node:crypto";
import { z } from "zod";
import { json, type SandboxResponse } from "../http/server";
import { type GraphContext, noContent, readBody } from "./context";
import { badRequest, GraphFailure } from "./failures";
import type { Route } from "./route";

/** Change notifications (https://learn.microsoft.com/graph/api/subscription-post-subscriptions). */

interface Subscription {
  readonly id: string;
  readonly userId: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly changeType: string;
  readonly notificationUrl: string;
  readonly lifecycleNotificationUrl: string | null;
  /** As it was written: `me/messages`. */
  readonly resource: string;
  readonly clientState: string | null;
  expiresAtMs: number;
  /** The mailbox's count of changes when it was last told. */
  seq: number;
}

/** Longest life in minutes, by resource (fact sheet, §5). */
const longest = { outlook: 10_080, drive: 42_300 } as const;
const shortestMinutes = 45;

interface Kind {
  readonly limit: keyof typeof longest;
  /** Any one of these permissions. */
  readonly scopes: readonly string[];
  readonly changeTypes: readonly string[];
  readonly type: "message" | "event" | "contact" | "driveItem";
  /** A well-known folder, where the resource names one. */
  readonly folder: string | null;
}

function kindOf(resource: string): Kind | null {
  const path = resource.replace(/^\/+/, "");
  const folder = /^me\/mailFolders(?:\('([^']+)'\)|\/([^/]+))\/messages$/i.exec(path);
  const all = ["created", "updated", "deleted"];
  if (/^me\/messages$/i.test(path) || folder !== null) {
    return {
      limit: "outlook",
      scopes: ["Mail.Read", "Mail.ReadWrite"],
      changeTypes: all,
      type: "message",
      folder: folder?.[1] ?? folder?.[2] ?? null,
    };
  }
  if (/^me\/events$/i.test(path))
    return { limit: "outlook", scopes: ["Calendars.Read", "Calendars.ReadWrite"], changeTypes: all, type: "event", folder: null };
  if (/^me\/contacts$/i.test(path))
    return { limit: "outlook", scopes: ["Contacts.Read", "Contacts.ReadWrite"], changeTypes: all, type: "contact", folder: null };
  // Reading alone is not enough here.
  if (/^me\/drive\/root$/i.test(path))
    return { limit: "drive", scopes: ["Files.ReadWrite"], changeTypes: ["updated"], type: "driveItem", folder: null };
  return null;
}

const shape = z.strictObject({
  changeType: z.string(),
  notificationUrl: z.url(),
  lifecycleNotificationUrl: z.url().nullish(),
  resource: z.string(),
  expirationDateTime: z.iso.datetime({ offset: true }),
  clientState: z.string().max(128).nullish(),
  latestSupportedTlsVersion: z.string().optional(),
});

/** A plain http address is taken on this computer only. */
const isAllowed = (url: string): boolean => url.startsWith("https://") || ["localhost", "127.0.0.1"].includes(new URL(url).hostname);

export interface Subscriptions {
  readonly routes: readonly Route[];
  /** Tells subscribers of what a mailbox went through since they were told. */
  notify(userId: string): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
  count(): number;
  clear(): void;
}

export function createSubscriptions(options: {
  readonly clock: () => number;
  /** Changes of a mailbox after a count, as notifications say them. */
  readonly changesOf: (
    userId: string,
    since: number,
    type: Kind["type"],
    folder: string | null,
  ) => { readonly seq: number; readonly list: readonly Changed[] };
}): Subscriptions {
  const { clock, changesOf } = options;
  const all = new Map<string, Subscription>();
  const underWay = new Set<Promise<void>>();

  const shown = (one: Subscription) => ({
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#subscriptions/$entity",
    id: one.id,
    resource: one.resource,
    applicationId: one.clientId,
    changeType: one.changeType,
    clientState: null,
    notificationUrl: one.notificationUrl,
    lifecycleNotificationUrl: one.lifecycleNotificationUrl,
    expirationDateTime: new Date(one.expiresAtMs).toISOString(),
    creatorId: one.userId,
  });

  /** "The client must respond within 10 seconds with 200, text/plain, and the token, decoded." */
  async function validate(url: string): Promise<void> {
    const token = `Validation: ${randomUUID()} & ünïcode`;
    const target = new URL(url);
    target.searchParams.set("validationToken", token);
    const failed = (why: string) => badRequest(`Subscription validation request failed. ${why}`, "ValidationError");
    try {
      const answer = await fetch(target, {
        method: "POST",
        redirect: "manual",
        signal: AbortSignal.timeout(10_000),
        headers: { "content-type": "text/plain; charset=utf-8" },
      });
      const text = await answer.text();
      if (answer.status !== 200) throw failed(`Response must be 200, not ${answer.status}.`);
      if (text !== token) throw failed("The response must be the token.");
    } catch (error) {
      if (error instanceof GraphFailure) throw error;
      throw failed("Subscription validation request timed out.");
    }
  }

  function expiryOf(text: string, kind: Kind): number {
    const minutes = (Date.parse(text) - clock()) / 60_000;
    if (minutes > longest[kind.limit]) {
      throw badRequest(`Subscription expiration can only be ${longest[kind.limit]} minutes in the future.`, "InvalidRequest");
    }
    if (minutes <= 0) throw badRequest("Subscription expiration must be in the future.", "InvalidRequest");
    return clock() + Math.max(shortestMinutes, minutes) * 60_000;
  }

  async function create(context: GraphContext): Promise<SandboxResponse> {
    const parsed = shape.safeParse(readBody(context));
    if (!parsed.success) throw badRequest("The subscription is not well-formed.", "InvalidRequest");
    const { resource, changeType, notificationUrl, lifecycleNotificationUrl = null, clientState = null } = parsed.data;
    const kind = kindOf(resource);
    if (kind === null) throw badRequest(`Resource '${resource}' is not supported.`, "InvalidRequest");
    if (!kind.scopes.some((scope) => context.scopes.includes(scope)))
      throw new GraphFailure(403, "ExtensionError", "Operation: Create; Exception: [Status Code: Forbidden; Reason: Access denied]");
    const types = changeType.split(",").map((type) => type.trim());
    if (types.some((type) => !kind.changeTypes.includes(type)))
      throw badRequest(`The changeType '${changeType}' is not supported for '${resource}'.`, "InvalidRequest");
    for (const url of [notificationUrl, lifecycleNotificationUrl])
      if (url !== null && !isAllowed(url)) throw badRequest("The notification URL must be https.", "InvalidRequest");
    const { userId } = context.mailbox;
    const twin = [...all.values()].find(
      (one) => one.userId === userId && one.clientId === context.clientId && one.resource === resource && one.changeType === changeType,
    );
    if (twin !== undefined)
      throw new GraphFailure(409, "SubscriptionExists", "A subscription for the same resource and change type exists.");
    const expiresAtMs = expiryOf(parsed.data.expirationDateTime, kind);
    for (const url of [notificationUrl, lifecycleNotificationUrl]) if (url !== null) await validate(url);
    const one: Subscription = {
      id: randomUUID(),
      userId,
      tenantId: context.user.tenantId,
      clientId: context.clientId,
      changeType,
      notificationUrl,
      lifecycleNotificationUrl,
      resource,
      clientState,
      expiresAtMs,
      seq: context.mailbox.seq,
    };
    all.set(one.id, one);
    return json(201, { ...shown(one), clientState });
  }

  function find(context: GraphContext, id: string): Subscription {
    const one = all.get(id);
    if (one === undefined || one.userId !== context.user.id || one.clientId !== context.clientId || one.expiresAtMs <= clock()) {
      throw new GraphFailure(404, "ResourceNotFound", "The object was not found.");
    }
    return one;
  }

  async function tell(one: Subscription, changes: readonly Changed[]): Promise<void> {
    const value = changes.map((change) => ({
      subscriptionId: one.id,
      subscriptionExpirationDateTime: new Date(one.expiresAtMs).toISOString(),
      clientState: one.clientState,
      changeType: change.changeType,
      tenantId: one.tenantId,
      resource: `Users/${one.userId}/${change.collection}/${change.id}`,
      resourceData: {
        "@odata.type": change.odataType,
        "@odata.id": `Users/${one.userId}/${change.collection}/${change.id}`,
        id: change.id,
      },
    }));
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const answer = await fetch(one.notificationUrl, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ value }),
        redirect: "manual",
        signal: AbortSignal.timeout(3_000),
      }).catch(() => null);
      if (answer !== null && answer.status >= 200 && answer.status < 300) return;
    }
  }

  /** Any Graph permission: which one is needed is said by the resource. */
  const anyScope: readonly string[] = [
    "Mail.Read",
    "Mail.ReadWrite",
    "Calendars.Read",
    "Calendars.ReadWrite",
    "Contacts.Read",
    "Contacts.ReadWrite",
    "Files.Read",
    "Files.ReadWrite",
  ];

  const routes: readonly Route[] = [
    { method: "POST", pattern: "/subscriptions", scopes: anyScope, limit: "directory", run: create },
    {
      method: "GET",
      pattern: "/subscriptions",
      scopes: anyScope,
      limit: "directory",
      run: (context) =>
        json(200, {
          value: [...all.values()].filter((one) => one.userId === context.user.id && one.clientId === context.clientId).map(shown),
        }),
    },
    {
      method: "GET",
      pattern: "/subscriptions/{id}",
      scopes: anyScope,
      limit: "directory",
      run: (context, { id = "" }) => json(200, shown(find(context, id))),
    },
    {
      method: "PATCH",
      pattern: "/subscriptions/{id}",
      scopes: anyScope,
      limit: "directory",
      run(context, { id = "" }) {
        const one = find(context, id);
        const parsed = z.looseObject({ expirationDateTime: z.iso.datetime({ offset: true }) }).safeParse(readBody(context));
        const kind = kindOf(one.resource);
        if (!parsed.success || kind === null) throw badRequest("expirationDateTime is needed.", "InvalidRequest");
        one.expiresAtMs = expiryOf(parsed.data.expirationDateTime, kind);
        return json(200, shown(one));
      },
    },
    {
      method: "DELETE",
      pattern: "/subscriptions/{id}",
      scopes: anyScope,
      limit: "directory",
      run(context, { id = "" }) {
        all.delete(find(context, id).id);
        return noContent();
      },
    },
    {
      method: "POST",
      pattern: "/subscriptions/{id}/reauthorize",
      scopes: anyScope,
      limit: "directory",
      run(context, { id = "" }) {
        find(context, id);
        return noContent();
      },
    },
  ];

  return {
    routes,
    notify(userId) {
      for (const one of all.values()) {
        const kind = kindOf(one.resource);
        if (one.userId !== userId || one.expiresAtMs <= clock() || kind === null) continue;
        const { seq, list } = changesOf(userId, one.seq, kind.type, kind.folder);
        one.seq = seq;
        const wanted = list.filter((change) => one.changeType.split(",").includes(change.changeType));
        if (wanted.length === 0) continue;
        const work = tell(one, wanted);
        underWay.add(work);
        void work.finally(() => underWay.delete(work));
      }
    },
    async settled() {
      await Promise.all(underWay);
    },
    count: () => all.size,
    clear: () => all.clear(),
  };
}

export interface Changed {
  readonly id: string;
  readonly changeType: "created" | "updated" | "deleted";
  /** `Messages`, as notifications write it. */
  readonly collection: string;
  readonly odataType: string;
}
