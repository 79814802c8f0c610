import type { CallContext } from "@/server/transport/send";
import { addDays, dayPeriod } from "../../../days";
import type { GmailApi } from "../../api/gmail";

/** Gmail counts a mail's time from here. */
const earliest = "1970-01-01";

const dayMs = 86_400_000;
const daysBetween = (first: string, last: string): number => Math.round((Date.parse(last) - Date.parse(first)) / dayMs);

/** Whether there is a message before an instant. A page may be empty although more follow. */
async function isAnyBefore(api: GmailApi, label: string | undefined, toMs: number, context: CallContext): Promise<boolean> {
  let cursor: string | null = null;
  do {
    const page: { items: readonly string[]; nextCursor: string | null } = await api.listMessages(
      { toMs, ...(label === undefined ? {} : { label }) },
      { cursor, limit: 1 },
      context,
    );
    if (page.items.length > 0) return true;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return false;
}

/**
 * The day of the oldest message, of a label's or of all; null where there is none. Gmail lists the newest first and cannot be asked for the
 * oldest, so it is found by halves: some sixteen of the cheapest calls.
 */
export async function findFirstDay(
  api: GmailApi,
  label: string | undefined,
  today: string,
  timeZone: string,
  context: CallContext,
): Promise<string | null> {
  const endOf = (day: string): number => dayPeriod(day, timeZone).endMs;
  if (!(await isAnyBefore(api, label, endOf(addDays(today, 1)), context))) return null;
  // Of the days since `earliest`: after `without` there is none up to its end, up to the end of `with` there is one.
  let [without, withSome] = [-1, daysBetween(earliest, today)];
  while (withSome - without > 1) {
    const middle = Math.floor((without + withSome) / 2);
    // The bounds are asked for a second wider than they are, so the day found may be a day early, and then is empty.
    if (await isAnyBefore(api, label, endOf(addDays(earliest, middle)), context)) withSome = middle;
    else without = middle;
  }
  return addDays(earliest, withSome);
}
