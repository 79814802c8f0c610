import { describe, expect, it } from "vitest";
import { splitFrontMatter } from "./front-matter";

describe("front matter in the preview", () => {
  it("is apart from the text", () => {
    expect(splitFrontMatter("---\ntitle: \"A: b\"\nlabels:\n  - Bug~k3v7qp2a\n  - 'it''s'\ndue_date: null\n---\n\nBody\n---\n")).toEqual({
      fields: [
        ["title", "A: b"],
        ["labels", "Bug~k3v7qp2a\nit's"],
        ["due_date", "null"],
      ],
      body: "\nBody\n---\n",
    });
  });

  it("is absent from plain text, and may be all there is", () => {
    expect(splitFrontMatter("# Title\n---\n").fields).toEqual([]);
    expect(splitFrontMatter("---\na: 1\n---")).toEqual({ fields: [["a", "1"]], body: "" });
  });
});
