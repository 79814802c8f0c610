const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const dateAndTime = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZone: "UTC",
});

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** `23 Nov 2026, 02:41:10 UTC` of an ISO time; always UTC, so that server and browser print the same. */
export function formatAbsolute(iso: string): string {
  return `${dateAndTime.format(new Date(iso))} UTC`;
}

/** How long ago or ahead, in the largest whole unit up to six days; beyond that the date. `nowMs` is epoch milliseconds. */
export function formatRelative(iso: string, nowMs: number): string {
  const time = new Date(iso).getTime();
  const distance = Math.abs(nowMs - time);
  if (distance < 45_000) return "just now";
  if (distance > 7 * dayMs) return date.format(time);
  // The past is counted in whole units gone by; the future is rounded, so that a link of seven days does not begin with six.
  const whole = time <= nowMs ? Math.floor : Math.round;
  const [unitMs, name] = distance < hourMs ? [minuteMs, "min"] : distance < dayMs ? [hourMs, "h"] : [dayMs, "d"];
  const words = `${Math.max(1, whole(distance / unitMs))} ${name}`;
  return time <= nowMs ? `${words} ago` : `in ${words}`;
}

/** `840 ms`, `2.4 s`, `1 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `312 B`, `4.2 kB`, `1.3 MB`: decimal, as file managers and vendors count. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes;
  let index = -1;
  do {
    value /= 1_000;
    index += 1;
  } while (value >= 999.5 && index < units.length - 1);
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[index] ?? "TB"}`;
}
