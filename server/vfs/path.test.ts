import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import { isBelow, joinPath, maxHumanBytes, nameOf, parentOf, parsePath, printPath, safeTitle, segmentFault, shorten } from "./path";

const anyText = fc.string({ unit: "binary", maxLength: 400 });
const segment = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .map((text) => text.normalize("NFC"))
  .filter((text) => segmentFault(text) === null);

function faultOf(path: string): string {
  try {
    parsePath(path);
  } catch (error) {
    if (error instanceof HubError && error.code === "EINVAL") return error.message;
    throw error;
  }
  return "";
}

describe("paths", () => {
  it("print and parse are inverse", () => {
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
        expect(parsePath(printPath(segments))).toEqual(segments);
      }),
    );
  });

  it("never let anything through but a well-formed NFC path, whatever comes", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        try {
          for (const part of parsePath(`/${text}`)) {
            expect(segmentFault(part)).toBeNull();
            expect(part).toBe(part.normalize("NFC"));
          }
        } catch (error) {
          expect(error).toBeInstanceOf(HubError);
        }
      }),
    );
  });

  it.each([
    ["relative/path", "slash"],
    ["/a//b", '""'],
    ["/a/./b", '"."'],
    ["/a/../b", '".."'],
    ["/a/", '""'],
    ["/a\u0000b", "control"],
    ["/a\nb", "control"],
    ["/a\u007f", "control"],
    ["/\ud800", "Unicode"],
    [`/${"x".repeat(256)}`, "255"],
    [`/${`${"x".repeat(200)}/`.repeat(6)}y`, "1,024"],
  ])("refuse %j, naming what is wrong", (path, words) => {
    expect(faultOf(path)).toContain(words);
  });

  it("take a decomposed name for the composed one", () => {
    expect(parsePath("/cafe\u0301")).toEqual(["caf\u00e9"]);
  });

  it("compare prefixes by whole segments", () => {
    expect(isBelow("/context/notes-archive", "/context/notes")).toBe(false);
    expect(isBelow("/context/notes/a", "/context/notes")).toBe(true);
    expect(isBelow("/context/notes", "/context/notes")).toBe(true);
    expect(isBelow("/anything", "/")).toBe(true);
  });

  it("join, parent and name agree", () => {
    expect(joinPath("/", "a")).toBe("/a");
    expect(parentOf("/a")).toBe("/");
    expect(parentOf("/a/b")).toBe("/a");
    expect(nameOf("/a/b")).toBe("b");
  });
});

describe("safe titles", () => {
  it("are always usable as a segment, within the limit, and stay as they are when made safe again", () => {
    fc.assert(
      fc.property(anyText, (title) => {
        const safe = safeTitle(title);
        expect(segmentFault(safe)).toBeNull();
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(maxHumanBytes);
        expect(safeTitle(safe)).toBe(safe);
      }),
      { numRuns: 500 },
    );
  });

  it("make something of nothing, of dots and of 300 slashes", () => {
    expect(safeTitle("")).toBe("untitled");
    expect(safeTitle(" \n ")).toBe("untitled");
    expect(safeTitle("..")).toBe("__");
    expect(safeTitle(".env")).toBe("_env");
    expect(safeTitle("/".repeat(300))).toBe("-".repeat(maxHumanBytes));
  });

  it("drop direction overrides, which would show another name", () => {
    expect(safeTitle("invoice\u202egnp.exe")).toBe("invoicegnp.exe");
  });

  it("never cut a grapheme in two", () => {
    const family = "\u{1F468}\u200d\u{1F469}\u200d\u{1F467}\u200d\u{1F466}";
    const short = shorten(family.repeat(10), 60);
    expect(short).toBe(family.repeat(2));
    expect(shorten(`e${"\u0301".repeat(300)}`, 11).isWellFormed()).toBe(true);
  });
});
