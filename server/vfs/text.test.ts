import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import { replaced } from "./changes";
import { maxTextBytes, partOf } from "./text";

const anyText = fc.string({ unit: "binary", maxLength: 300 });

describe("parts of a text", () => {
  it("read on at offset plus size give the whole, once, never cutting a character", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, length) => {
        let joined = "";
        for (let guard = 0; guard < 2000; guard += 1) {
          const part = partOf(text, { bytes: { offset: Buffer.byteLength(joined), length } });
          expect(part.offset).toBe(Buffer.byteLength(joined));
          joined += part.text;
          if (!part.truncated) break;
        }
        expect(joined).toBe(text);
      }),
    );
  });

  it("by lines are those lines", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ maxLength: 6 }).filter((line) => !line.includes("\n")),
          { minLength: 1, maxLength: 9 },
        ),
        fc.nat(9),
        fc.nat(9),
        (lines, a, b) => {
          const [from, to] = [Math.min(a, b) + 1, Math.max(a, b) + 1];
          const text = lines.map((line) => `${line}\n`).join("");
          expect(partOf(text, { lines: { from, to } }).text).toBe(
            lines
              .slice(from - 1, to)
              .map((line) => `${line}\n`)
              .join(""),
          );
        },
      ),
    );
  });

  it("carry at most 1 MiB, and say that more follows", () => {
    const text = "é".repeat(maxTextBytes);
    const part = partOf(text, {});
    expect(part).toMatchObject({ truncated: true, sizeBytes: 2 * maxTextBytes });
    expect(Buffer.byteLength(part.text)).toBe(maxTextBytes);
    expect(() => partOf(text, { lines: { from: 2, to: 1 } })).toThrow(HubError);
  });
});

describe("an edit", () => {
  it("replaces every place with all, one place without, and nothing else", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "b", "$&", "é"), { maxLength: 12 }),
        fc.constantFrom("a", "$&", "ab"),
        anyText,
        (parts, find, by) => {
          const text = parts.join("");
          const count = text.split(find).length - 1;
          const attempt = (all: boolean) => () => replaced(text, find, by, all);
          if (count === 0) {
            expect(attempt(true)).toThrow("0 places");
            return;
          }
          expect(attempt(true)()).toBe(text.split(find).join(by));
          if (count === 1) expect(attempt(false)()).toBe(text.split(find).join(by));
          else expect(attempt(false)).toThrow(`${count} places`);
        },
      ),
    );
  });
});
