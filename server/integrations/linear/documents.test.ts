import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { buildSchema, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { maxPageSize } from "./api";
import { documents } from "./documents";

/** Linear's own SDL, as published; it lies beside the repository (or beside the folder of worktrees), not in it. */
const found = ["../../../../shared/specs", "../../../../../shared/specs"]
  .map((folder) => resolve(import.meta.dirname, folder, "linear-schema.graphql"))
  .find((path) => existsSync(path));

describe("Linear's documents", () => {
  it("are named as the log and the answers name them", () => {
    for (const [name, document] of Object.entries(documents)) {
      const [definition] = parse(document).definitions;
      expect(definition?.kind === "OperationDefinition" ? definition.name?.value : null).toBe(name);
    }
  });

  it("ask for no more nodes than Linear gives at once", () => {
    expect(maxPageSize).toBeLessThanOrEqual(250);
    for (const document of Object.values(documents)) {
      for (const [, size] of document.matchAll(/first: (\d+)/g)) expect(Number(size)).toBeLessThanOrEqual(250);
    }
  });
});

describe.runIf(found !== undefined)("Linear's documents against Linear's SDL", () => {
  const schema = found === undefined ? null : buildSchema(readFileSync(found, "utf8"), { assumeValidSDL: true });
  it.each(Object.entries(documents))("%s is valid", (_name, document) => {
    expect(schema === null ? ["no SDL"] : validate(schema, parse(document)).map((error) => error.message)).toEqual([]);
  });
});
