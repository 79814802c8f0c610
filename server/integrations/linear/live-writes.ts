import type { WriteChecks } from "../live-writes";
import { locations } from "./mount/place";

/** An issue of its own in the first team: made, edited, commented on, archived, taken out again, and left in the archive. */
export const liveWrites: WriteChecks = async (bench) => {
  const [first] = await bench.list(locations.teams);
  if (first?.segment.type !== "object") throw new Error("This Linear has no team that the account may see.");
  const team = first.segment.externalId;
  const title = `Check of the integration hub, may be deleted (${new Date().toISOString()})`;
  const issue = await bench.create(
    locations.issues(team),
    title,
    ".md",
    `---\ntitle: ${JSON.stringify(title)}\npriority: Low\n---\n\nWords 👋\n`,
  );
  const at = (archived: boolean) => {
    const last = issue.at(-1);
    return locations.issue({ team, issue: last?.type === "object" ? last.externalId : "", archived });
  };
  let archived = false;
  bench.cleanUp("archive the issue that was made", async () => {
    if (!archived) await bench.remove(at(false));
  });
  bench.expect("the issue says what was written", /^priority: Low$/m.test(await bench.read(issue)));
  await bench.edit(issue, (text) => text.replace(/^priority: .*$/m, "priority: High").replace(/^due_date: .*$/m, 'due_date: "2031-01-31"'));
  bench.expect("the edit arrived", /^priority: High$/m.test(await bench.read(issue)));
  await bench.edit(issue, (text) => text.replace(/^due_date: .*$/m, "due_date: null"));
  bench.expect("null clears a date", /^due_date: null$/m.test(await bench.read(issue)));
  const last = issue.at(-1);
  const comments = locations.comments({ team, issue: last?.type === "object" ? last.externalId : "", archived: false });
  await bench.append(comments, "A comment of the check.");
  bench.expect("the comment is there", (await bench.read(comments)).includes("> A comment of the check."));
  await bench.move(issue, locations.archive(team));
  archived = true;
  bench.expect("the issue is in the archive", /^archived_at: "/m.test(await bench.read(at(true))));
  await bench.move(at(true), locations.issues(team));
  archived = false;
};
