import { json, type SandboxResponse } from "../../http/server";
import { type ApiRequest, type AreaOptions, type GoogleArea, requireScope } from "../area";
import { createChannels } from "../channels";
import { badRequest, GoogleRefusal, notFound } from "../failures";
import { selectFields } from "../fields";
import { createPageTokens, readPageSize } from "../pages";
import { eventBody, readBody } from "./body";
import { createSyncTokens, findEvent, type ListContext, listEvents, listInstances } from "./lists";
import { calendarPage, eventPage } from "./page";
import { splitOccurrenceId } from "./recurrence";
import { calendarListResource, calendarResource, etagOf, eventResource, type Viewer } from "./resource";
import { seedCalendars } from "./seed";
import { type CalendarState, createStore, type ListedCalendar, type StoredCalendar, type StoredEvent } from "./store";
import { changeEvent, deleteEvent, insertEvent, type WriteContext } from "./writes";

/** The simulated Calendar v3 (its discovery document, and the pages that it names). */

const prefix = "/calendar/v3/";
/** "By default, 604,800 seconds"; the longest is not documented, a month is what is seen. */
const channelMs = { standardMs: 604_800_000, longestMs: 2_592_000_000 };

const readScopes = ["calendar", "calendar.readonly", "calendar.events", "calendar.events.readonly"] as const;
const writeScopes = ["calendar", "calendar.events"] as const;
const listScopes = ["calendar", "calendar.readonly", "calendar.calendarlist", "calendar.calendarlist.readonly"] as const;

/** Query parameters of every Google API, and of the methods here; others are refused. */
const general = ["alt", "fields", "key", "oauth_token", "prettyPrint", "quotaUser", "userIp"];
const writeParameters = [
  "conferenceDataVersion",
  "maxAttendees",
  "sendNotifications",
  "sendUpdates",
  "supportsAttachments",
  "alwaysIncludeEmail",
];
const listParameters =
  "alwaysIncludeEmail eventTypes iCalUID maxAttendees maxResults orderBy pageToken privateExtendedProperty q sharedExtendedProperty showDeleted showHiddenInvitations singleEvents syncToken timeMax timeMin timeZone updatedMin".split(
    " ",
  );

interface Route {
  readonly operation: string;
  readonly method: string;
  /** Segments behind the prefix; `*` is a variable. */
  readonly path: readonly string[];
  readonly scopes: readonly string[];
  readonly parameters: readonly string[];
}

const route = (operation: string, method: string, path: string, scopes: readonly string[], parameters: readonly string[] = []): Route => ({
  operation,
  method,
  path: path.split("/"),
  scopes,
  parameters,
});

const routes: readonly Route[] = [
  route("calendar.calendarList.list", "GET", "users/me/calendarList", listScopes, [
    "maxResults",
    "minAccessRole",
    "pageToken",
    "showDeleted",
    "showHidden",
    "syncToken",
  ]),
  route("calendar.calendarList.get", "GET", "users/me/calendarList/*", listScopes),
  route("calendar.calendars.get", "GET", "calendars/*", [
    "calendar",
    "calendar.readonly",
    "calendar.calendars",
    "calendar.calendars.readonly",
  ]),
  route("calendar.events.list", "GET", "calendars/*/events", readScopes, listParameters),
  route("calendar.events.insert", "POST", "calendars/*/events", writeScopes, writeParameters),
  route("calendar.events.watch", "POST", "calendars/*/events/watch", readScopes, listParameters),
  route("calendar.events.get", "GET", "calendars/*/events/*", readScopes, ["alwaysIncludeEmail", "maxAttendees", "timeZone"]),
  route("calendar.events.patch", "PATCH", "calendars/*/events/*", writeScopes, writeParameters),
  route("calendar.events.update", "PUT", "calendars/*/events/*", writeScopes, writeParameters),
  route("calendar.events.delete", "DELETE", "calendars/*/events/*", writeScopes, ["sendNotifications", "sendUpdates"]),
  route("calendar.events.instances", "GET", "calendars/*/events/*/instances", readScopes, [
    "alwaysIncludeEmail",
    "maxAttendees",
    "maxResults",
    "originalStart",
    "pageToken",
    "showDeleted",
    "timeMax",
    "timeMin",
    "timeZone",
  ]),
  route("calendar.channels.stop", "POST", "channels/stop", [...readScopes, ...listScopes]),
];

function segmentsOf(path: string): readonly string[] {
  try {
    return path.slice(prefix.length).split("/").map(decodeURIComponent);
  } catch {
    throw badRequest("Malformed URL.");
  }
}

function findRoute(method: string, segments: readonly string[]): Route | null {
  const fits = ({ path }: Route) =>
    path.length === segments.length && path.every((part, index) => part === "*" || part === segments[index]);
  // `events/watch` is longer known than an event of that name.
  return routes.find((one) => one.method === method && fits(one)) ?? null;
}

const roleRank = { freeBusyReader: 0, reader: 1, writer: 2, owner: 3 } as const;

export function createCalendarArea(options: AreaOptions): GoogleArea {
  const { accounts, clock, settings } = options;
  const channels = createChannels({ clock, lifetimes: () => channelMs });
  const onPut = (event: StoredEvent) => channels.notify(resourceOf(event.calendar), "exists");
  const resourceOf = (calendar: string) => `calendar ${calendar}`;
  // What is seeded changes nothing for anybody, so nobody is told.
  let store = createStore(seedCalendars(options.companies, accounts, clock()), onPut);
  const pages = createPageTokens({ clock, goodSeconds: () => settings().pageTokenSeconds });
  const syncTokens = createSyncTokens({ clock, goodSeconds: () => settings().syncTokenSeconds });

  const listOf = (sub: string): readonly ListedCalendar[] => store.state.lists.get(sub) ?? [];

  /** The calendar in this person's list; 404 for every other. */
  function listed(request: ApiRequest, id: string): { readonly calendar: StoredCalendar; readonly entry: ListedCalendar } {
    const wanted = id === "primary" ? request.account.email : id;
    const entry = listOf(request.account.sub).find(({ calendar }) => calendar === wanted);
    const calendar = store.calendar(wanted);
    if (entry === undefined || calendar === null) throw notFound("Not Found");
    return { calendar, entry };
  }

  const contextOf = (calendar: string): ListContext => ({
    store,
    calendar: store.calendar(calendar) ?? { id: calendar, summary: calendar, timeZone: "UTC" },
    clock,
    pages,
    syncTokens,
    emptyFirstPage: settings().calendarEmptyPages,
  });

  function viewerOf(request: ApiRequest, entry: ListedCalendar): Viewer {
    const timeZone = request.query.get("timeZone");
    const most = request.query.get("maxAttendees");
    return {
      account: request.account,
      webOrigin: options.webOrigin(),
      timeZone,
      maxAttendees: most === null ? null : Number(most),
      busyOnly: entry.accessRole === "freeBusyReader",
    };
  }

  function answer(request: ApiRequest, value: Readonly<Record<string, unknown>>, etag?: string): SandboxResponse {
    if (etag !== undefined && request.method === "GET" && request.headers.get("if-none-match") === etag)
      return { status: 304, headers: { etag } };
    return json(200, selectFields(value, request.query.get("fields"), "*"), etag === undefined ? {} : { etag });
  }

  function calendarList(request: ApiRequest): SandboxResponse {
    const { query, account } = request;
    if (query.has("syncToken")) throw badRequest("Sync tokens of the calendar list are not simulated.");
    const size = readPageSize(query, "maxResults", 100, 250);
    const hidden = query.get("showHidden") === "true";
    const least = query.get("minAccessRole");
    const words = [account.sub, String(hidden), least ?? ""];
    const position = pages.read(words, query.get("pageToken"));
    const rows = listOf(account.sub)
      .filter(
        (entry) => (hidden || !entry.hidden) && (least === null || roleRank[entry.accessRole] >= roleRank[least as keyof typeof roleRank]),
      )
      .filter(({ calendar }) => position === null || calendar > position)
      .toSorted((a, b) => (a.calendar < b.calendar ? -1 : 1));
    const shown = rows.slice(0, size);
    const items = shown.flatMap((entry) => {
      const calendar = store.calendar(entry.calendar);
      return calendar === null ? [] : [calendarListResource(calendar, entry)];
    });
    const more = rows.length > size ? { nextPageToken: pages.issue(words, shown.at(-1)?.calendar ?? "") } : {};
    return answer(request, { kind: "calendar#calendarList", etag: etagOf(store.state.version), ...more, items });
  }

  function eventList(request: ApiRequest, id: string, series: string | null): SandboxResponse {
    const { calendar, entry } = listed(request, id);
    const context = contextOf(calendar.id);
    const eventTypes = request.query.getAll("eventTypes");
    const found =
      series === null ? listEvents(request.query, context) : listInstances(getEvent(calendar.id, series, "live"), request.query, context);
    const items = eventTypes.length === 0 || eventTypes.includes("default") ? found.events : [];
    const viewer = viewerOf(request, entry);
    return answer(request, {
      kind: "calendar#events",
      etag: etagOf(store.state.version),
      summary: calendar.summary,
      ...(calendar.description === undefined ? {} : { description: calendar.description }),
      updated: new Date(clock()).toISOString(),
      timeZone: viewer.timeZone ?? calendar.timeZone,
      accessRole: entry.accessRole,
      defaultReminders: entry.primary ? [{ method: "popup", minutes: 10 }] : [],
      ...(found.nextPageToken === null ? {} : { nextPageToken: found.nextPageToken }),
      ...(found.nextSyncToken === null ? {} : { nextSyncToken: found.nextSyncToken }),
      items: items.map((event) => eventResource(event, viewer)),
    });
  }

  /** 404 where it never was; 410 where it is deleted and is to be changed. */
  function getEvent(calendar: string, id: string, need: "any" | "live"): StoredEvent {
    const split = splitOccurrenceId(id);
    const event = findEvent(store, calendar, id, split);
    if (event === null) throw notFound("Not Found");
    const series = event.recurringEventId === undefined ? null : store.find(calendar, event.recurringEventId);
    if (need === "live" && (event.status === "cancelled" || series?.status === "cancelled")) {
      throw new GoogleRefusal(410, "deleted", "Resource has been deleted");
    }
    return event;
  }

  function requireMatch(request: ApiRequest, event: StoredEvent): void {
    const wanted = request.headers.get("if-match");
    if (wanted === null || wanted === "*" || wanted === etagOf(event.version)) return;
    throw new GoogleRefusal(412, "conditionNotMet", "Precondition Failed", { location: "If-Match", locationType: "header" });
  }

  function writeContext(request: ApiRequest, id: string): { readonly context: WriteContext; readonly entry: ListedCalendar } {
    const { calendar, entry } = listed(request, id);
    if (roleRank[entry.accessRole] < roleRank.writer) {
      throw new GoogleRefusal(403, "requiredAccessLevel", "You need to have writer access to this calendar.", { domain: "calendar" });
    }
    const updates = request.query.get("sendUpdates");
    if (updates !== null && !["all", "externalOnly", "none"].includes(updates)) throw badRequest("Invalid value for: sendUpdates");
    const conferences = request.query.get("conferenceDataVersion") === "1";
    return { entry, context: { store, accounts, account: request.account, calendar, writeTime: options.writeTime, conferences } };
  }

  function changed(request: ApiRequest, event: StoredEvent, entry: ListedCalendar): SandboxResponse {
    return answer(request, eventResource(event, viewerOf(request, entry)), etagOf(event.version));
  }

  function handle(request: ApiRequest): SandboxResponse {
    const segments = segmentsOf(request.path);
    const found = findRoute(request.method, segments);
    if (found === null) throw notFound("Not Found");
    requireScope(request, ...found.scopes);
    const unknown = [...request.query.keys()].find((name) => !general.includes(name) && !found.parameters.includes(name));
    if (unknown !== undefined) {
      throw badRequest(
        `Invalid JSON payload received. Unknown name "${unknown}": Cannot bind query parameter. Field '${unknown}' could not be found in request message.`,
      );
    }
    const [, id = "", , event = ""] = segments;
    switch (found.operation) {
      case "calendar.calendarList.list":
        return calendarList(request);
      case "calendar.calendarList.get": {
        const { calendar, entry } = listed(request, segments[3] ?? "");
        return answer(request, calendarListResource(calendar, entry), etagOf(1));
      }
      case "calendar.calendars.get":
        return answer(request, calendarResource(listed(request, id).calendar), etagOf(1));
      case "calendar.events.list":
        return eventList(request, id, null);
      case "calendar.events.instances":
        return eventList(request, id, event);
      case "calendar.events.get": {
        const { calendar, entry } = listed(request, id);
        return changed(request, getEvent(calendar.id, event, "any"), entry);
      }
      case "calendar.events.insert": {
        const { context, entry } = writeContext(request, id);
        return changed(request, insertEvent(readBody(eventBody, request.body), context), entry);
      }
      case "calendar.events.patch":
      case "calendar.events.update": {
        const { context, entry } = writeContext(request, id);
        const old = getEvent(context.calendar.id, event, "live");
        requireMatch(request, old);
        return changed(request, changeEvent(old, readBody(eventBody, request.body), context, request.method === "PUT"), entry);
      }
      case "calendar.events.delete": {
        const { context } = writeContext(request, id);
        const old = getEvent(context.calendar.id, event, "live");
        requireMatch(request, old);
        deleteEvent(old, context);
        return { status: 204 };
      }
      case "calendar.events.watch": {
        const { calendar } = listed(request, id);
        const resourceUri = `https://www.googleapis.com${prefix}calendars/${encodeURIComponent(calendar.id)}/events?alt=json`;
        const of = { resource: resourceOf(calendar.id), resourceUri, sub: request.account.sub, clientId: request.clientId };
        return answer(request, channels.open(request.body, of));
      }
      case "calendar.channels.stop":
        channels.stop(request.body, { sub: request.account.sub, clientId: request.clientId });
        return { status: 204 };
      default:
        throw notFound("Not Found");
    }
  }

  return {
    name: "calendar",
    prefixes: [prefix],
    refusals: "list",
    handle,
    operationOf(method, path) {
      try {
        return findRoute(method, segmentsOf(path))?.operation ?? null;
      } catch {
        return null;
      }
    },
    page(account, [kind, id]) {
      if (kind === undefined) return calendarPage(account, store, contextOf, clock());
      if (kind !== "event" || id === undefined) return null;
      for (const { calendar } of listOf(account.sub)) {
        const event = findEvent(store, calendar, id, splitOccurrenceId(id));
        if (event !== null) return eventPage(event);
      }
      return null;
    },
    save: () => store.state,
    restore(saved) {
      // The keeper gives back what `save` gave it in this state version.
      if (saved !== undefined) store = createStore(saved as CalendarState, onPut);
    },
    reset() {
      channels.clear();
      store = createStore(seedCalendars(options.companies, accounts, clock()), onPut);
    },
    inspect: () => ({
      calendars: store.state.calendars.size,
      events: [...store.state.events.values()].reduce((sum, events) => sum + events.size, 0),
      channels: channels.count(),
    }),
  };
}
