import type { WriteChecks } from "../live-writes";
import { myDrive } from "./mount/drive/place";

/**
 * A document of its own at the top of My Drive: made, edited, added to. `drive.file` lets the hub make it, and nothing lets it take it away,
 * so it stays, under a name that says what it is.
 */
export const liveWrites: WriteChecks = async (bench) => {
  const title = `Check of the integration hub, may be deleted (${new Date().toISOString()})`;
  const document = await bench.create(myDrive, title, ".md", "# Check\n\nWords 👋 of the check.\n\n- one\n- **two**\n");
  bench.expect(
    "the document says what was written",
    /# Check\n\nWords 👋 of the check\.\n\n- one\n- \*\*two\*\*/.test(await bench.read(document)),
  );
  await bench.edit(document, (text) => text.replace("Words 👋", "Other words 👋").replace("**two**", "**three**"));
  const edited = await bench.read(document);
  bench.expect(
    "the edit arrived and kept the formatting",
    edited.includes("Other words 👋 of the check.") && edited.includes("- **three**"),
  );
  await bench.append(document, "## Added\n\nA [link](https://example.com) and *words*.");
  const added = await bench.read(document);
  bench.expect("the addition is at the end", added.endsWith("## Added\n\nA [link](https://example.com) and *words*.\n"));
};
