import fc from "fast-check";
import { expect, test } from "vitest";
import { findSafePath, safePath } from "./safe-path";

test.each([
  "/",
  "/acme/files/context/tools/linear/ENG%23%201.md?view=raw#L3",
  "/acme/files/a~b.md",
  "/sign-in?next=%2Facme",
  "/a//b",
  "/%2F%2Fevil",
])("keeps the hub's own path %s", (path) => {
  expect(findSafePath(path)).toBe(path);
});

test.each([
  "",
  "acme",
  "https://evil.example",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/.//evil.example",
  "/a/..//evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  " //evil.example",
  "javascript:alert(1)",
  "/a\r\nSet-Cookie: x=1",
  `/${"a".repeat(5000)}`,
  null,
  undefined,
  ["/a"],
])("refuses %j", (value) => {
  expect(findSafePath(value)).toBeNull();
  expect(safePath(value, "/home")).toBe("/home");
});

test("whatever goes in, what comes out stays on the origin that opened it", () => {
  const part = fc.constantFrom(
    "/",
    "\\",
    ".",
    "..",
    "@",
    ":",
    "?",
    "#",
    "%2f",
    "%5c",
    "evil.example",
    "\t",
    "\n",
    " ",
    "http:",
    "a",
    "é",
    "\u202e",
  );
  const hostile = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(part, { maxLength: 12 }).map((parts) => `/${parts.join("")}`),
  );
  fc.assert(
    fc.property(hostile, (value) => {
      const path = safePath(value);
      const opened = new URL(path, "https://hub.example.com/some/page");
      expect(opened.origin).toBe("https://hub.example.com");
      expect(opened.username).toBe("");
      expect(path).not.toMatch(/[\r\n\t\\]/);
      expect(safePath(path)).toBe(path);
    }),
    { numRuns: 2000 },
  );
});
