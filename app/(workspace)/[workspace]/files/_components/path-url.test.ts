import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filesUrl } from "@/components/files-url";
import { ancestorsOf, parentOf, pathOfUrl, splitName } from "./path-url";

const segment = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .filter((text) => !text.includes("/") && text !== "." && text !== "..");

describe("the explorer's URL", () => {
  it("is the path, whatever the names hold", () => {
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), (segments) => {
        const path = `/${segments.join("/")}`;
        const url = new URL(filesUrl("acme", path), "https://hub.test");
        expect(url.search).toBe("");
        expect(url.hash).toBe("");
        expect(pathOfUrl(url.pathname)).toBe(path);
      }),
    );
  });

  it("keeps the characters that URLs give a meaning", () => {
    expect(filesUrl("acme", "/context/a#b/50%/c?d/x~y.md")).toBe("/acme/files/context/a%23b/50%25/c%3Fd/x~y.md");
    expect(pathOfUrl("/acme/files")).toBe("/context");
    expect(pathOfUrl("/acme/files/context/100%")).toBe("/context/100%");
  });

  it("knows parents and ancestors", () => {
    expect(parentOf("/context/tools/linear")).toBe("/context/tools");
    expect(parentOf("/context")).toBe("/context");
    expect(ancestorsOf("/context/tools")).toEqual(["/context", "/context/tools"]);
  });
});

describe("a tool object's name", () => {
  it("is split into what a person reads and the handle", () => {
    expect(splitName("ENG-12 Fix ~ login~k3v7qp2a.md", true)).toEqual({ human: "ENG-12 Fix ~ login", tail: "~k3v7qp2a.md" });
    expect(splitName("notes~draft.md", false)).toEqual({ human: "notes~draft.md", tail: "" });
    expect(splitName("team.json", true)).toEqual({ human: "team.json", tail: "" });
  });
});
