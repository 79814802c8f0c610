import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { companionName, handleOf, parseSegment, printSegment, splitName } from "./identity";
import { segmentFault } from "./path";

describe("handles", () => {
  it("are 8 lowercase base32 characters, stable, and one's own longer form begins with the shorter", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.string(), fc.string(), (connection, kind, externalId) => {
        const handle = handleOf(connection, { kind, externalId });
        expect(handle).toMatch(/^[a-z2-7]{8}$/);
        expect(handleOf(connection, { kind, externalId }, 20).startsWith(handle)).toBe(true);
      }),
    );
  });

  it("differ by connection, kind and id", () => {
    const of = (connection: string, kind: string, externalId: string) => handleOf(connection, { kind, externalId });
    expect(new Set([of("a", "issue", "1"), of("b", "issue", "1"), of("a", "team", "1"), of("a", "issue", "2")]).size).toBe(4);
  });
});

describe("printed segments", () => {
  it("give back handle and extension whatever the title", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.constantFrom("", ".md", ".json", ".d"), (title, extension) => {
        const handle = handleOf("c", { kind: "issue", externalId: title });
        const printed = printSegment(title, handle, extension);
        expect(segmentFault(printed)).toBeNull();
        expect(parseSegment(printed)).toMatchObject({ handle, extension, companion: extension === ".d" });
      }),
      { numRuns: 300 },
    );
  });

  it("see no handle in human text", () => {
    for (const text of ["plain.md", "a~b.md", "~UPPERCASE", "x~k3v9qp2.md"]) expect(parseSegment(text)).toBeNull();
  });

  it("name the companion after the item", () => {
    expect(companionName("ENG-12 Fix login~k3vaqp2a.md")).toBe("ENG-12 Fix login~k3vaqp2a.d");
    expect(companionName("notes.md")).toBe("notes.d");
    expect(splitName(".hidden")).toEqual({ stem: ".hidden", extension: "" });
  });
});
