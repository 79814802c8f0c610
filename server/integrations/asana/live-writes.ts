import type { WriteChecks } from "../live-writes";
import { locations } from "./mount/place";

/** The container is one task of the person's own, in no project; everything else is a subtask of it, and it goes to the trash at the end. */
export const liveWrites: WriteChecks = async (bench) => {
  const [first] = await bench.list([]);
  const workspace = first?.segment.type === "object" ? first.segment.externalId : "";
  bench.expect("the account has a workspace", workspace !== "");
  const container = await bench.create(locations.tasks(workspace), "Hub verification", ".md", "Made by verify:live. It can be deleted.\n");
  const last = container.at(-1);
  const id = last?.type === "object" ? last.externalId : "";
  bench.cleanUp("delete the task Hub verification in Asana", () => bench.remove(container));

  await bench.edit(container, (text) => text.replace(/^due_on: .*$/m, 'due_on: "2031-01-31"').replace("It can be", "**It** can be"));
  const edited = await bench.read(container);
  bench.expect("the due date is as written", /^due_on: "2031-01-31"$/m.test(edited));
  bench.expect("the description is as written", edited.includes("**It** can be deleted."));

  await bench.create(locations.subtasks(workspace, id), "A subtask", ".md", "");
  bench.expect(
    "the subtask stands below it",
    (await bench.list(locations.subtasks(workspace, id))).some(({ title }) => title === "A subtask"),
  );

  await bench.append(locations.comments(workspace, id), "A comment of *verify:live*.");
  bench.expect("the comment is there", (await bench.read(locations.comments(workspace, id))).includes("> A comment of *verify:live*."));

  const bytes = new TextEncoder().encode("Attached by verify:live.\n");
  await bench.upload(locations.attachments(workspace, id), "verify.txt", "text/plain", bytes);
  const files = await bench.list(locations.attachments(workspace, id));
  bench.expect(
    "the attachment has its size",
    files.some(({ title, sizeBytes }) => title === "verify" && sizeBytes === bytes.byteLength),
  );
};
