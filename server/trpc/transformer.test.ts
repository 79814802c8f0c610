import fc from "fast-check";
import superjson from "superjson";
import { expect, test } from "vitest";
import { transformer } from "./transformer";

const overTheWire = (value: unknown): unknown =>
  superjson.deserialize(JSON.parse(JSON.stringify(transformer.serialize(value))) as Parameters<typeof superjson.deserialize>[0]);

test("any JSON value arrives as it was, without superjson's notes", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      expect(overTheWire(value)).toEqual(value);
    }),
  );
  const shared = { name: "hub" };
  expect(transformer.serialize([shared, shared])).toEqual({ json: [shared, shared] });
});

test.each([
  ["a date", { at: new Date(5) }],
  ["undefined", { a: undefined, b: [undefined] }],
  ["no number", [Number.NaN, Number.POSITIVE_INFINITY, -0]],
  ["a map and a set", { map: new Map([["a", new Set([1])]]) }],
  ["a bigint", 10n ** 20n],
  ["a pattern", /a+/gi],
])("what JSON cannot carry arrives all the same: %s", (_, value) => {
  expect(overTheWire({ deep: [value] })).toEqual({ deep: [value] });
});

test("a value inside itself is superjson's to answer, not an endless walk", () => {
  const own: Record<string, unknown> = {};
  own.self = own;
  expect(() => transformer.serialize(own)).not.toThrow();
});
