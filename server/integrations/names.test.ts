import { describe, expect, it } from "vitest";
import { isNamedAfter } from "./names";

describe("a file's name and its record's title", () => {
  it.each([
    ["Fix login", "Fix login", true],
    ["fix-login", "Fix: login?", true],
    ["a-b", "a/b", true],
    ["Fix login", "Fix logout", false],
    ["😀", "🎉", false],
    ["x".repeat(100), "x".repeat(300), true],
    ["x".repeat(99), "x".repeat(300), false],
  ])("%s for %s: %s", (name, title, fits) => {
    expect(isNamedAfter(name, title)).toBe(fits);
  });
});
