import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import { type FieldValue, listOf, parseFile, printFile, refuseUnknownKeys, textOf } from "./front-matter";

/** Any text that UTF-8 can carry. */
const text = fc.string({ unit: "binary" });
const value: fc.Arbitrary<FieldValue> = fc.oneof(text, fc.constant(null), fc.boolean(), fc.integer(), fc.array(text, { maxLength: 4 }));
const key = fc.stringMatching(/^[a-z][a-z_]{0,12}$/);

const failureOf = (work: () => unknown): HubError => {
  try {
    work();
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};

describe("front matter", () => {
  it("is printed and parsed back to the same fields and body, whatever they hold", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(key, value, fc.boolean()), { selector: ([name]) => name }), text, (fields, body) => {
        const printed = printFile(
          fields.map(([name, content, quoted]) => ({ name, value: content, quoted })),
          body,
        );
        const parsed = parseFile(printed);
        expect(parsed.body ?? "").toBe(body);
        expect([...parsed.fields.keys()]).toEqual(fields.map(([name]) => name));
        for (const [name, content] of fields) {
          const field = parsed.fields.get(name);
          expect(field?.value).toEqual(content);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("never throws anything but EINVAL or EFBIG on what a person may type", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          text.map((rest) => `---\n${rest}`),
          text.map((rest) => `---\r\n${rest}\n---\n`),
        ),
        (typed) => {
          try {
            parseFile(typed);
          } catch (error) {
            expect(error).toBeInstanceOf(HubError);
            expect((error as HubError).code).toMatch(/^(EINVAL|EFBIG)$/);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("tells a file that ends after its front matter from one that clears the body", () => {
    expect(parseFile("---\na: 1\n---\n").body).toBeNull();
    expect(parseFile("---\na: 1\n---").body).toBeNull();
    expect(parseFile("---\na: 1\n---\n\n").body).toBe("");
    expect(parseFile("---\na: 1\n---\ntext").body).toBe("text");
    expect(parseFile("just text").body).toBe("just text");
    expect(parseFile("").body).toBeNull();
  });

  it("keeps a carriage return that belongs to the text, and undoes an editor's conversion of the whole file", () => {
    expect(parseFile(printFile([{ name: "a", value: 1 }], "x\r\ny\r")).body).toBe("x\r\ny\r");
    expect(parseFile("---\r\na: b\r\n---\r\n\r\nx\r\ny\r\n")).toMatchObject({ body: "x\ny" });
    expect(parseFile("---\r\na: b\r\n---\r\n").fields.get("a")?.value).toBe("b");
  });

  it("names the line and the key of what is wrong", () => {
    expect(failureOf(() => parseFile("---\ntitle: a\ntitle: b\n---\n"))).toMatchObject({ code: "EINVAL", details: { line: 3 } });
    expect(failureOf(() => parseFile("---\ntitle: a\n"))).toMatchObject({ code: "EINVAL", details: { line: 1 } });
    expect(failureOf(() => parseFile("---\ntitle: a\nlabels: {a: 1}\n---\n"))).toMatchObject({ details: { line: 3, key: "labels" } });
    expect(failureOf(() => parseFile("---\na: &x 1\nb: *x\n---\n"))).toMatchObject({ details: { line: 3, key: "b" } });
    expect(failureOf(() => parseFile("---\na: !!binary eA==\n---\n")).code).toBe("EINVAL");
    const file = parseFile("---\ntitle: a\nstatus: b\n---\n");
    expect(failureOf(() => refuseUnknownKeys(file, ["title"]))).toMatchObject({ details: { line: 3, key: "status" } });
  });

  it("gives a number, a date or a truth back as it was written where text is wanted", () => {
    const file = parseFile("---\na: 007\nb: 2026-03-31\nc: true\nd: no\ne: [1, x]\n---\n");
    const read = (name: string) => {
      const field = file.fields.get(name);
      return field === undefined ? undefined : textOf(name, field);
    };
    expect([read("a"), read("b"), read("c"), read("d")]).toEqual(["007", "2026-03-31", "true", "no"]);
    const list = file.fields.get("e");
    expect(list && listOf(list)).toEqual(["1", "x"]);
    expect(failureOf(() => read("e")).details.key).toBe("e");
  });
});
