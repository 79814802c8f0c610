import fc from "fast-check";
import { expect, test } from "vitest";
import { filesUrl } from "./files-url";

test("what is special in a URL is a name in a path", () => {
  expect(filesUrl("acme", "/context/tools/linear/a#b?c%20d~e.md")).toBe("/acme/files/context/tools/linear/a%23b%3Fc%2520d~e.md");
});

test("a URL parser gives every segment back", () => {
  const segment = fc
    .string({ unit: "grapheme", minLength: 1 })
    .filter((text) => !/^\.{1,2}$/.test(text) && !text.includes("/") && text.isWellFormed());
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1 }), (segments) => {
      const { pathname } = new URL(filesUrl("acme", `/${segments.join("/")}`), "http://hub.test");
      expect(pathname.split("/").slice(3).map(decodeURIComponent)).toEqual(segments);
    }),
  );
});
