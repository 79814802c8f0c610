import type { Stage, WorkItem } from "./work";

/** The small things that every team has beside its big ones: team, title, stage, age in days, who asked, who does it. */
const rows: readonly (readonly [string, string, Stage, number, string, string?])[] = [
  ["ENG", "Bump TLS certificates before 1 January", "todo", 11.5, "finn", "finn"],
  ["ENG", "Typo: “recieved” → “received” in the tracking mail", "done", 23, "emi", "ben"],
  ["ENG", "Timeout of the route planner: 5s → 12s?", "backlog", 17, "ines"],
  ["ENG", "Depot API: pagination skips the last row", "done", 28, "gita", "ben"],
  ["ENG", "Remove console noise in CI", "backlog", 37, "dov"],
  ["ENG", "`null` island: three parcels at 0°N 0°E", "triage", 3, "ines"],
  ["ENG", "Cache the depot list for 60 s", "todo", 15, "ben", "ben"],
  ["ENG", "Crash on an emoji in the courier’s name 👩🏽‍🚀", "done", 31, "dov", "dov"],
  ["ENG", "Weekly restore test of the backups", "doing", 3.5, "finn", "finn"],
  ["DES", "Spacing of the parcel list on 320 px", "todo", 7.5, "chloe", "chloe"],
  ["DES", "New favicon", "done", 45, "ann", "hugo"],
  ["DES", "Translate the onboarding: עברית / العربية / 日本語", "backlog", 22.5, "chloe"],
  ["OPS", "Coffee machine, 2nd floor", "done", 12.5, "emi", "gita"],
  ["OPS", "Road closed: N-13 until 2 December", "todo", 2.5, "ines", "gita"],
  ["OPS", "New hire: laptop, badge, phone", "doing", 5.5, "gita", "emi"],
  ["OPS", "Bank details of three contractors changed", "todo", 1.5, "gita", "gita"],
  ["OPS", "Lost parcel A-7731/2~b", "doing", 8.5, "emi", "emi"],
  ["OPS", "Audit of the cash boxes", "backlog", 29.5, "ines"],
];

export const everydayItems: readonly WorkItem[] = rows.map(([team, title, stage, ageDays, by, to]) => ({
  team,
  title,
  stage,
  ageDays,
  by,
  ...(to === undefined ? {} : { to }),
}));
