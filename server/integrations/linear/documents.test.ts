import { readFileSync } from "node:fs";
import { buildSchema, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { findSpec } from "@/sandbox/specs/folder";
import { maxPageSize } from "./api";
import { documents } from "./documents";

/** Linear's own SDL, as published. */
const found = findSpec("linear-schema.graphql");

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

describe.runIf(found !== null)("Linear's documents against Linear's SDL", () => {
  const schema = found === null ? null : buildSchema(readFileSync(found, "utf8"), { assumeValidSDL: true });
  it.each(Object.entries(documents))("%s is valid", (_name, document) => {
    expect(schema === null ? ["no SDL"] : validate(schema, parse(document)).map((error) => error.message)).toEqual([]);
  });
});
