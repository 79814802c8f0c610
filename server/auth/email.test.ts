import fc from "fast-check";
import { expect, test } from "vitest";
import { normalizeEmail } from "./email";

test.each([
  ["Ada@Example.COM", "ada@example.com"],
  ["  ada+hub@example.co.uk ", "ada+hub@example.co.uk"],
  ["ada\uFF20example.com", "ada@example.com"],
])("%s is the address %s", (given, expected) => {
  expect(normalizeEmail(given)).toBe(expected);
});

test.each([
  "",
  "ada",
  "ada@",
  "@example.com",
  "ada@example",
  "ada@example.com,eve@evil.example",
  "ada@example.com\r\nBcc: eve@evil.example",
  "ada@example.com\nSubject: x",
  '"ada@evil.example"@example.com',
  "Ada <ada@example.com>",
  "ada@eve@example.com",
  "ada\u0000@example.com",
  `${"a".repeat(65)}@example.com`,
  null,
  42,
])("%j is no address", (given) => {
  expect(normalizeEmail(given)).toBeNull();
});

test("no accepted address holds what could start a header, a recipient or a second address", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.emailAddress(),
        fc.tuple(fc.emailAddress(), fc.string()).map((two) => two.join("")),
      ),
      (value) => {
        const email = normalizeEmail(value);
        if (email === null) return;
        expect(email).not.toMatch(/[\s",<>;:()[\]\\]/);
        expect(email.split("@")).toHaveLength(2);
        expect(normalizeEmail(email)).toBe(email);
      },
    ),
    { numRuns: 2000 },
  );
});
