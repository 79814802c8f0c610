import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import { toAsana } from "./to-asana";
import { toMarkdown, uncarriedTags } from "./to-markdown";

const body = (inner: string) => `<body>${inner}</body>`;

describe("Asana's rich text as Markdown", () => {
  it.each([
    ["lines and paragraphs", "One\ntwo\n\nthree", "One\ntwo\n\nthree"],
    ["bold, italic, struck and code", "<strong>a</strong> <em>b</em> <s>c</s> <code>d</code>", "**a** *b* ~~c~~ `d`"],
    ["lists, nested", "Do:\n<ul><li>one<ol><li>deep</li></ol></li><li>two</li></ul>", "Do:\n\n- one\n  1. deep\n- two"],
    ["headings, rules and quotes", "<h1>Big</h1><h2>Small</h2><hr/><blockquote>said</blockquote>", "# Big\n\n## Small\n\n---\n\n> said"],
    ["code blocks", "<pre>a  b\n\nc</pre>", "```\na  b\n\nc\n```"],
    ["links", 'See <a href="https://x.example/?a=1&amp;b=2">this</a>', "See [this](https://x.example/?a=1\\&b=2)"],
    ["bold over a blank line, bold on both sides of it", "<strong>a</strong>\n\n<strong>b</strong>", "**a**\n\n**b**"],
    ["what only looks like Markdown", "1. no list\n# no heading\n*no*", "1\\. no list\n\\# no heading\n\\*no\\*"],
    ["right-to-left and emoji", "שלום 🎉 👩‍👩‍👧", "שלום 🎉 👩‍👩‍👧"],
  ])("has %s", (_what, xml, markdown) => {
    expect(toMarkdown(body(xml))).toBe(markdown);
    expect(toAsana(markdown, "notes")).toBe(body(xml));
  });

  it("carries a mention as a link whose title says the object, and back as the object alone", () => {
    const mention =
      '<a href="https://app.asana.com/0/0/123/f" data-asana-accessible="true" data-asana-dynamic="true" data-asana-type="task" data-asana-gid="123">Buy catnip</a>';
    const markdown = toMarkdown(body(`After ${mention}.`));
    expect(markdown).toBe('After [Buy catnip](https://app.asana.com/0/0/123/f "asana:123").');
    expect(toAsana(markdown, "notes")).toBe(body('After <a data-asana-gid="123"/>.'));
    expect(toMarkdown(body('<a data-asana-gid="123"/>x'))).toContain('"asana:123"');
  });

  it("has no bold that reaches over a blank line", () => {
    expect(toMarkdown(body("<strong>a\n\nb</strong>"))).toBe("**a**\n\n**b**");
  });

  it("keeps the author's own words on a link to an object", () => {
    const named = '<a data-asana-gid="123" data-asana-dynamic="false">this one</a>';
    expect(toAsana(toMarkdown(body(named)), "notes")).toBe(body(named));
  });

  it("names what Markdown cannot carry back, and reads it all the same", () => {
    const xml = body(
      '<u>under</u><table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table><img src="https://x.example/i.png"/>',
    );
    expect(uncarriedTags(xml)).toEqual(expect.arrayContaining(["u", "table", "img"]));
    expect(toMarkdown(xml)).toMatch(/under[\s\S]*\| a \| b \|[\s\S]*!\[\]\(https:\/\/x\.example\/i\.png\)/);
    expect(uncarriedTags(body("<strong>all</strong> <a href='https://x.example'>known</a><hr/>"))).toEqual([]);
  });

  it("never lets an address through that runs something", () => {
    expect(toMarkdown(body('<a href="javascript:alert(1)">x</a>'))).not.toContain("javascript");
    expect(toAsana("[x](javascript:alert(1))", "notes")).toBe(body("x"));
    expect(toAsana("<script>alert(1)</script>", "notes")).toBe(body("&lt;script&gt;alert(1)&lt;/script&gt;"));
  });

  it("takes CRLF as line feeds, and refuses what no XML has", () => {
    expect(toAsana("a\r\nb", "comment")).toBe(body("a\nb"));
    expect(() => toAsana("bell \u0007", "notes")).toThrow(HubError);
    expect(() => toAsana("| a |\n| - |\n| 1 |", "notes")).toThrow(/tables/);
    expect(() => toAsana("- a\n\n  ```\n  b\n  ```", "notes")).toThrow(/code blocks inside lists/);
  });

  it("has no headings and rules in comments", () => {
    expect(toAsana("# Big\n\ntext\n\n---\n\n[a][b]\n\n[b]: https://x.example", "comment")).toBe(
      body('<strong>Big</strong>\n\ntext\n\n---\n\n<a href="https://x.example">a</a>'),
    );
  });
});

/** Rich texts as Asana gives them: no blank at a line's end, blocks never empty, lists without blocks. */
const word = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .map((text) => text.replaceAll(/[\p{C}\p{Z}]/gu, ""))
  .filter((text) => text !== "");
const xmlOf = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const plain = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => xmlOf(words.join(" ")));
const run = fc.oneof(
  plain,
  plain.map((text) => `x <strong>${text}</strong> y`),
  plain.map((text) => `x <em>${text}</em> y`),
  plain.map((text) => `x <code>${text}</code> y`),
  plain.map((text) => `x <a href="https://example.com/a">${text.replaceAll(/[@.:/[\]]/g, "")}z</a> y`),
);
const lines = fc.array(run, { minLength: 1, maxLength: 3 }).map((all) => all.join("\n"));
const list = fc
  .tuple(fc.constantFrom("ul", "ol"), fc.array(lines, { minLength: 1, maxLength: 3 }))
  .map(([tag, items]) => `<${tag}>${items.map((item) => `<li>${item}</li>`).join("")}</${tag}>`);
const block = fc.oneof(
  lines.map((text) => ({ text, breaks: false })),
  list.map((text) => ({ text, breaks: true })),
  run.map((text) => ({ text: `<h1>${text}</h1>`, breaks: true })),
  lines.map((text) => ({ text: `<blockquote>${text}</blockquote>`, breaks: true })),
  fc.array(plain, { minLength: 1, maxLength: 3 }).map((all) => ({ text: `<pre>${all.join("\n")}</pre>`, breaks: true })),
);
const richText = fc.array(block, { minLength: 1, maxLength: 5 }).map((all) =>
  body(
    all
      .map(({ text, breaks }, index) => {
        const next = all[index + 1];
        return next === undefined || breaks ? text : `${text}${next.breaks ? "\n" : "\n\n"}`;
      })
      .join(""),
  ),
);

describe("every rich text that Markdown can carry", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(richText, (xml) => {
        expect(toAsana(toMarkdown(xml), "notes")).toBe(xml);
      }),
      { numRuns: 500 },
    );
  });

  it("is the same Markdown when it is read again", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(plain, fc.constantFrom("- a", "# b", "> c", "1. d", "~~e~~", "`f`", "\n", "")), { maxLength: 12 }),
        (all) => {
          const once = toMarkdown(toAsana(all.join("\n"), "notes"));
          expect(toMarkdown(toAsana(once, "notes"))).toBe(once);
        },
      ),
      { numRuns: 300 },
    );
  });
});
