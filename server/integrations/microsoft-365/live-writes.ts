import { DateTime } from "luxon";
import type { WriteChecks } from "../live-writes";
import { fixed } from "./mount/area";
import { mailLocations } from "./mount/mail/place";

/** A draft and an event of its own, without recipients and attendees: made, edited and removed. Nothing is sent and nobody is told. */
export const liveWrites: WriteChecks = async (bench) => {
  const name = `Check of the integration hub, may be deleted (${new Date().toISOString()})`;
  const draft = await bench.create(mailLocations.drafts, name, ".md", `---\nsubject: ${JSON.stringify(name)}\n---\n\nWords 👋 **bold**\n`);
  bench.cleanUp("move the draft that was made to Deleted Items", () => bench.remove(draft));
  bench.expect("the draft says what was written", (await bench.read(draft)).includes("Words 👋 **bold**"));
  await bench.edit(draft, (text) => text.replace(/^importance: .*$/m, "importance: high").replace("bold", "bolder"));
  const edited = await bench.read(draft);
  bench.expect("the edit arrived", /^importance: high$/m.test(edited) && edited.includes("**bolder**"));

  const calendar = (await bench.find([fixed("calendar")], /./)).location;
  const day = DateTime.utc().plus({ months: 1 }).startOf("month").plus({ days: 9 });
  const date = day.toFormat("yyyy-MM-dd");
  const month = [...calendar, fixed(day.toFormat("yyyy-MM"))];
  const front = `title: ${JSON.stringify(name)}\nstart: "${date}T09:00:00"\nend: "${date}T09:30:00"\ntime_zone: Europe/Lisbon\nshow_as: free\n`;
  const event = await bench.create(month, name, ".md", `---\n${front}---\n\nWords.\n`);
  bench.cleanUp("delete the event that was made", () => bench.remove(event));
  bench.expect("the event says what was written", new RegExp(`^start: "${date}T09:00:00"$`, "m").test(await bench.read(event)));
  await bench.edit(event, (text) => text.replace(/^location: .*$/m, "location: Nowhere"));
  bench.expect("the edit arrived", /^location: Nowhere$/m.test(await bench.read(event)));
};
