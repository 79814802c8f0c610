import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { HubError } from "@/server/errors";
import { checkSlug, reservedSlugs, slugFromName } from "./slug";

const root = join(import.meta.dirname, "../..");

/** The first URL segments that `app/` and `public/` answer: groups such as (auth) are looked through, [workspace] is the slug itself. */
function topLevelSegments(folder = join(root, "app")): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory() || entry.name.startsWith("_") || entry.name.startsWith("[")) return [];
    return entry.name.startsWith("(") ? topLevelSegments(join(folder, entry.name)) : [entry.name];
  });
}

test("every top-level route of the hub is reserved", () => {
  const segments = topLevelSegments();
  expect(segments).toContain("api");
  expect(segments.filter((segment) => !reservedSlugs.has(segment))).toEqual([]);
  const files = existsSync(join(root, "public")) ? readdirSync(join(root, "public")) : [];
  for (const file of files) expect(() => checkSlug(file), file).toThrow(HubError);
});

test.each([
  ["Acme", "acme"],
  ["  Zoë & Søn, Ltd. ", "zoe-s-n-ltd"],
  ["API", "api-workspace"],
  ["日本", "workspace"],
  ["a".repeat(80), "a".repeat(40)],
])("%s becomes %s", (name, slug) => {
  expect(slugFromName(name)).toBe(slug);
});

test("whatever the name, the slug made from it is one that may be used", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (name) => checkSlug(slugFromName(name)) === slugFromName(name)));
});

test.each(["", "-a", "a-", "A", "a b", "a/b", "..", "a.b", "é", "a".repeat(49), "sign-in", "api"])("%j is refused as a slug", (slug) => {
  expect(() => checkSlug(slug)).toThrow(HubError);
});
