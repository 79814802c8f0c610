import { createAsanaValidator } from "./asana";
import { findSpec } from "./folder";
import { createGoogleValidator } from "./google";
import { createGraphValidator } from "./graph/validator";
import { createLinearValidator } from "./linear";
import { createSlackValidator } from "./slack";
import type { SpecValidator } from "./validator";

/** The published description of each tool, in the catalogue's order. */
const descriptions: Readonly<Record<string, { readonly files: readonly string[]; create(files: readonly string[]): SpecValidator }>> = {
  asana: { files: ["asana-openapi.yaml"], create: ([file = ""]) => createAsanaValidator(file) },
  "google-workspace": {
    files: ["drive-v3", "docs-v1", "calendar-v3", "gmail-v1"].map((api) => `google-${api}.discovery.json`),
    create: createGoogleValidator,
  },
  slack: { files: ["slack-web-openapi-v2.json"], create: ([file = ""]) => createSlackValidator(file) },
  linear: { files: ["linear-schema.graphql"], create: ([file = ""]) => createLinearValidator(file) },
  "microsoft-365": { files: ["microsoft-graph-v1.0.csdl.xml"], create: ([file = ""]) => createGraphValidator(file) },
};

export const describedTools: readonly string[] = Object.keys(descriptions);

/** The tool's validator; null where a file of its description is not there. Throws for a tool that has none. */
export function createSpecValidator(tool: string): SpecValidator | null {
  const description = descriptions[tool];
  if (description === undefined) throw new RangeError(`No description is known of "${tool}".`);
  const files = description.files.map(findSpec);
  return files.every((file) => file !== null) ? description.create(files) : null;
}
