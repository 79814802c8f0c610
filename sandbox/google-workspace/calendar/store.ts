/** What the simulated Calendar keeps: calendars, who has which in their list, and the copies of events in them. */

export interface EventTime {
  readonly date?: string;
  /** With its offset. */
  readonly dateTime?: string;
  readonly timeZone?: string;
}

export interface Attendee {
  readonly email: string;
  readonly displayName?: string;
  readonly optional?: boolean;
  readonly resource?: boolean;
  readonly comment?: string;
  readonly additionalGuests?: number;
  readonly responseStatus: "needsAction" | "declined" | "tentative" | "accepted";
}

export interface PersonRef {
  readonly email: string;
  readonly displayName?: string;
}

/** One copy of an event, in one calendar. Of an occurrence that differs from its series, `recurringEventId` names the series. */
export interface StoredEvent {
  readonly calendar: string;
  readonly id: string;
  readonly iCalUID: string;
  readonly status: "confirmed" | "tentative" | "cancelled";
  readonly created: string;
  readonly updated: string;
  /** Rises with every change of anything; etags and sync tokens are made of it. */
  readonly version: number;
  readonly sequence: number;
  readonly creator: PersonRef;
  /** The calendar's address where the event was made: its copy is the one that counts. */
  readonly organizer: PersonRef;
  readonly start: EventTime;
  readonly end: EventTime;
  readonly recurrence?: readonly string[];
  readonly recurringEventId?: string;
  readonly originalStartTime?: EventTime;
  readonly summary?: string;
  readonly description?: string;
  readonly location?: string;
  readonly colorId?: string;
  readonly visibility?: string;
  readonly transparency?: string;
  readonly attendees: readonly Attendee[];
  readonly guestsCanInviteOthers?: boolean;
  readonly guestsCanModify?: boolean;
  readonly guestsCanSeeOtherGuests?: boolean;
  readonly reminders?: {
    readonly useDefault?: boolean;
    readonly overrides?: readonly { readonly method: string; readonly minutes: number }[];
  };
  readonly privateProperties?: Readonly<Record<string, string>>;
  readonly sharedProperties?: Readonly<Record<string, string>>;
  readonly source?: { readonly url: string; readonly title?: string };
  /** Google Meet: the code of the call. */
  readonly meetCode?: string;
}

export interface StoredCalendar {
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly timeZone: string;
}

export type AccessRole = "freeBusyReader" | "reader" | "writer" | "owner";

/** One line of a person's calendar list. */
export interface ListedCalendar {
  readonly calendar: string;
  readonly accessRole: AccessRole;
  readonly primary: boolean;
  readonly hidden: boolean;
}

export interface CalendarState {
  version: number;
  readonly calendars: Map<string, StoredCalendar>;
  /** By `sub`. */
  readonly lists: Map<string, readonly ListedCalendar[]>;
  /** By calendar, then by event id. */
  readonly events: Map<string, Map<string, StoredEvent>>;
}

export const emptyState = (): CalendarState => ({ version: 0, calendars: new Map(), lists: new Map(), events: new Map() });

/** The state with the few questions that all of the simulated Calendar asks it. */
export interface CalendarStore {
  readonly state: CalendarState;
  calendar(id: string): StoredCalendar | null;
  eventsIn(calendar: string): ReadonlyMap<string, StoredEvent>;
  find(calendar: string, id: string): StoredEvent | null;
  /** Puts a copy in, with the next version; answers what was stored. */
  put(event: Omit<StoredEvent, "version">): StoredEvent;
  drop(calendar: string, id: string): void;
  /** Exceptions from a series, deleted ones included. */
  exceptionsOf(series: StoredEvent): readonly StoredEvent[];
}

export function createStore(state: CalendarState, onPut: (event: StoredEvent) => void): CalendarStore {
  const eventsIn = (calendar: string): Map<string, StoredEvent> => {
    const found = state.events.get(calendar);
    if (found !== undefined) return found;
    const made = new Map<string, StoredEvent>();
    state.events.set(calendar, made);
    return made;
  };
  return {
    state,
    calendar: (id) => state.calendars.get(id) ?? null,
    eventsIn,
    find: (calendar, id) => eventsIn(calendar).get(id) ?? null,
    put(event) {
      state.version += 1;
      const stored: StoredEvent = { ...event, version: state.version };
      eventsIn(event.calendar).set(event.id, stored);
      onPut(stored);
      return stored;
    },
    drop: (calendar, id) => {
      eventsIn(calendar).delete(id);
    },
    exceptionsOf: (series) => [...eventsIn(series.calendar).values()].filter(({ recurringEventId }) => recurringEventId === series.id),
  };
}
