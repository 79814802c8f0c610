import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runBatch } from "@/sandbox/google-workspace/docs/batch";
import { documentJson } from "@/sandbox/google-workspace/docs/json";
import { blankDocument, type DocumentRow, type ParagraphBlock, paragraphOf, type TextRun } from "@/sandbox/google-workspace/docs/model";
import { HubError } from "@/server/errors";
import { type GoogleDocument, googleDocument } from "../../schema/docs";
import { parseAppended } from "./append";
import { planEdits, unescapeMarkdown } from "./edit";
import { changedBody, printDocument, readNewDocument } from "./file";
import { printDocumentBody } from "./print";
import { appendRequests, editRequests, hasMarker } from "./requests";

/** Documents as the simulated Google has them, through the connector's formats. */

const nowMs = Date.UTC(2026, 10, 23);

const shown = (document: DocumentRow): GoogleDocument =>
  googleDocument.parse(
    documentJson(document, { title: "T", revisionId: "r", includeTabs: true, mode: "SUGGESTIONS_INLINE", preview: false }),
  );

const bodyOf = (document: DocumentRow): string => printDocumentBody(shown(document)).text;

function documentOf(blocks: readonly ParagraphBlock[]): DocumentRow {
  const document = blankDocument("1doc");
  const [tab] = document.tabs;
  if (tab === undefined) throw new Error("no tab");
  tab.lists.set("bullets", { preset: "BULLET_DISC_CIRCLE_SQUARE" });
  tab.lists.set("numbers", { preset: "NUMBERED_DECIMAL_ALPHA_ROMAN" });
  tab.body = structuredClone([...blocks]);
  return document;
}

const appended = (document: DocumentRow, markdown: string, marker = "m"): DocumentRow =>
  runBatch(document, appendRequests(shown(document), parseAppended(markdown), marker, nowMs)).document;

const hard = [
  "a",
  "b",
  "Z",
  "1",
  "2",
  " ",
  " ",
  "é",
  "א",
  "𠮷",
  "🙂",
  "*",
  "_",
  "`",
  "[",
  "]",
  "(",
  ")",
  "<",
  ">",
  "&",
  "#",
  "!",
  "|",
  "~",
  "\\",
  ".",
  "-",
  "+",
  "=",
  ":",
  "'",
  '"',
  "/",
  "$",
  "\u00a0",
  "amp;",
  "\v",
];
const words = fc.array(fc.constantFrom(...hard), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(""));
const style = fc.record({
  bold: fc.boolean(),
  italic: fc.boolean(),
  strikethrough: fc.boolean(),
  code: fc.oneof({ arbitrary: fc.constant(false), weight: 5 }, { arbitrary: fc.constant(true), weight: 1 }),
  link: fc.oneof(
    { arbitrary: fc.constant(null), weight: 5 },
    { arbitrary: fc.constantFrom("https://a.example/x", "mailto:b@c.example", "https://a.example/(y)?q=<z>"), weight: 1 },
  ),
});

const run = fc.tuple(words, style).map(
  ([text, { bold, italic, strikethrough, code, link }]): TextRun => ({
    kind: "text",
    // Code has no line breaks in Markdown.
    text: code ? text.replaceAll("\v", "") || "x" : text,
    style: {
      ...(bold ? { bold } : {}),
      ...(italic ? { italic } : {}),
      ...(strikethrough ? { strikethrough } : {}),
      ...(code ? { weightedFontFamily: { fontFamily: "Roboto Mono" } } : {}),
      ...(link === null ? {} : { link: { url: link } }),
    },
  }),
);

/** Markdown keeps no blanks at a paragraph's ends, and no emphasis of blanks alone. */
function tidy(runs: readonly TextRun[]): TextRun[] {
  const kept = runs.map((one) => ({ ...one }));
  const first = kept[0];
  const last = kept.at(-1);
  if (first !== undefined) first.text = first.text.replace(/^[\s\u00a0\v]+/u, "") || "x";
  if (last !== undefined) last.text = last.text.replace(/[\s\u00a0\v]+$/u, "") || "x";
  return kept;
}

const runs = fc.array(run, { minLength: 1, maxLength: 5 }).map(tidy);
const plainParagraph = fc
  .tuple(runs, fc.constantFrom("NORMAL_TEXT", "NORMAL_TEXT", "HEADING_1", "HEADING_3", "HEADING_6"))
  .map(([texts, namedStyleType]): ParagraphBlock => ({ ...paragraphOf(""), runs: texts, namedStyleType }));
const list = fc
  .tuple(fc.constantFrom("bullets", "numbers"), fc.array(fc.tuple(runs, fc.boolean()), { minLength: 1, maxLength: 4 }))
  .map(([listId, items]) =>
    items.map(
      ([texts, isDeep], index): ParagraphBlock => ({
        ...paragraphOf(""),
        runs: texts,
        bullet: { listId, level: isDeep && index > 0 ? 1 : 0 },
      }),
    ),
  );
/** A list, if any, comes last: two lists in a row are one to Google. */
const blocks = fc
  .tuple(fc.array(plainParagraph, { minLength: 1, maxLength: 3 }), fc.option(list))
  .map(([paragraphs, items]) => [...paragraphs, ...(items ?? [])]);

describe("a document and its Markdown", () => {
  it("are inverse: what is printed, added to a blank document, prints the same", () => {
    fc.assert(
      fc.property(blocks, (made) => {
        const printed = bodyOf(documentOf(made));
        expect(bodyOf(appended(blankDocument("1other"), printed))).toBe(printed);
      }),
      { numRuns: 150 },
    );
  });

  it("have the same words: what Markdown's text means is the document's", () => {
    fc.assert(
      fc.property(plainParagraph, (paragraph) => {
        const texts = parseAppended(bodyOf(documentOf([paragraph]))).flatMap((one) => one.texts.map(({ text }) => text));
        expect(texts.join("")).toBe(paragraph.runs.map((one) => (one.kind === "text" ? one.text : "")).join(""));
      }),
      { numRuns: 150 },
    );
  });
});

describe("an edit inside a paragraph", () => {
  it("of any word of any document prints as wanted, or is refused", () => {
    let made = 0;
    fc.assert(
      fc.property(
        blocks,
        fc.nat(),
        fc.nat({ max: 6 }),
        fc.constantFrom("", "q", "two words", "é🙂", "x*y", "a_b", "<b>", "1. "),
        (given, from, length, text) => {
          const document = documentOf(given);
          const printed = bodyOf(document);
          const characters = Array.from(printed);
          const at = from % characters.length;
          const wanted = [...characters.slice(0, at), text, ...characters.slice(at + length)].join("");
          fc.pre(wanted !== printed);
          try {
            const edits = planEdits(shown(document), wanted);
            const after = runBatch(document, editRequests(shown(document), edits, "m", nowMs)).document;
            expect(bodyOf(after)).toBe(wanted);
            made += 1;
          } catch (error) {
            if (!(error instanceof HubError) || error.code !== "ENOTSUP") throw error;
          }
        },
      ),
      { numRuns: 400 },
    );
    expect(made).toBeGreaterThan(40);
  });

  const plan = (document: DocumentRow, find: string, replace: string): DocumentRow => {
    const edits = planEdits(shown(document), bodyOf(document).replaceAll(find, replace));
    return runBatch(document, editRequests(shown(document), edits, "marker-1", nowMs)).document;
  };
  const text = (content: string, of: TextRun["style"] = {}): TextRun => ({ kind: "text", text: content, style: of });
  const two = documentOf([
    { ...paragraphOf(""), runs: [text("Ship on "), text("Friday", { bold: true }), text(", not before.")] },
    { ...paragraphOf(""), runs: [text("Friday is file_name*day.")], namedStyleType: "HEADING_2" },
  ]);

  it("keeps the style of what it replaces, at both ends of it", () => {
    expect(bodyOf(plan(two, "**Friday**", "**Monday**"))).toContain("Ship on **Monday**, not before.");
    expect(bodyOf(plan(two, "**Friday**,", "**Friday** or later,"))).toContain("**Friday** or later, not");
    expect(bodyOf(plan(two, "on **Friday**", "on **Friday night**"))).toContain("on **Friday night**, not");
  });

  it("changes several places at once, each where it is", () => {
    expect(bodyOf(plan(two, "Friday", "Tuesday"))).toBe("Ship on **Tuesday**, not before.\n\n## Tuesday is file_name\\*day.");
  });

  it("leaves a marker by which it is known again, and takes away those of yesterday", () => {
    const once = plan(two, "not before", "at once");
    expect([hasMarker(shown(once), "marker-1"), hasMarker(shown(once), "marker-2")]).toEqual([true, false]);
    const later = runBatch(once, appendRequests(shown(once), parseAppended("more"), "marker-2", nowMs + 25 * 3_600_000)).document;
    expect([hasMarker(shown(later), "marker-1"), hasMarker(shown(later), "marker-2")]).toEqual([false, true]);
  });

  it.each([
    ["a line more", (body: string) => `${body}\nmore`, /adds or removes lines/],
    ["formatting that was not there", (body: string) => body.replace("Ship", "**Ship**"), /cannot be carried back/],
    ["formatting that goes", (body: string) => body.replace("**Friday**", "Friday"), /formatting or an object/],
    ["another heading", (body: string) => body.replace("## ", "### "), /cannot be carried back|formatting or an object|no text beside/],
    [
      "a paragraph without words",
      (body: string) => body.replace("Friday is file_name\\*day.", ""),
      /cannot be carried back|adds or removes/,
    ],
  ])("refuses %s, naming it", (_what, change, message) => {
    expect(() => planEdits(shown(two), change(bodyOf(two)))).toThrow(message);
  });
});

describe("text added at the end", () => {
  it("takes nothing of the paragraph before it", () => {
    const document = documentOf([{ ...paragraphOf("Item", "HEADING_1", { bold: true }), bullet: { listId: "bullets", level: 0 } }]);
    expect(bodyOf(appended(document, "Plain words."))).toBe("- **Item**\n\nPlain words.");
  });

  it.each([
    ["a table", "| a |\n| - |\n| b |"],
    ["a block of code", "```\nx\n```"],
    ["a quotation", "> x"],
    ["a picture", "![x](y.png)"],
    ["HTML", "<div>x</div>"],
    ["a rule", "---"],
    ["a list of tasks", "- [ ] x"],
    ["a list within a list of another kind", "- a\n  1. b"],
  ])("refuses %s, naming it", (what, markdown) => {
    expect(() => parseAppended(markdown)).toThrow(what);
  });
});

describe("the file of a document", () => {
  const document = documentOf([paragraphOf("Words.")]);

  it("has its title and id, and refuses a change of them with key and line", () => {
    const file = printDocument(shown(document));
    expect(file).toBe('---\ntitle: T\nid: "1doc"\n---\n\nWords.\n');
    expect(changedBody(file, file)).toBeNull();
    expect(changedBody(file, file.replace("Words", "Other words"))).toBe("Other words.");
    expect(changedBody(file, "Only words.")).toBe("Only words.");
    expect(() => changedBody(file, file.replace("title: T", "title: U"))).toThrow(/Line 2, title/);
    expect(() => changedBody(file, file.replace("id:", "ids:"))).toThrow(/Line 3.*"ids" is not a key/);
  });

  it("names a new one, and a disagreement", () => {
    expect(readNewDocument("Plan", "Words.")).toEqual({ title: "Plan", markdown: "Words." });
    expect(readNewDocument("A B C", "---\ntitle: 'A/B: C'\n---\nWords.")).toEqual({ title: "A/B: C", markdown: "Words." });
    expect(() => readNewDocument("Plan", "---\ntitle: Other\n---\n")).toThrow(/named "Plan"/);
  });

  it("resolves escapes and references as Markdown does", () => {
    expect(unescapeMarkdown("a\\*b\\\\c &#x1F642; &#9; \\q <br>")).toBe("a*b\\c 🙂 \t \\q \v");
  });
});
