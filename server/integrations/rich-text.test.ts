import fc from "fast-check";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import { unified } from "unified";
import { visit } from "unist-util-visit";
import { describe, expect, it } from "vitest";
import { findPlainText, htmlToMarkdown, lostInMarkdown, markdownToHtml, maxHtmlLength, textToMarkdown } from "./rich-text";

const parser = unified().use(remarkParse).use(remarkGfm, { singleTilde: false });

/** What a reader of the Markdown could be led to, or made to run. */
function dangers(markdown: string): string[] {
  const found: string[] = [];
  visit(parser.parse(markdown), (node) => {
    if (node.type === "html" || node.type === "image" || node.type === "imageReference") found.push(node.type);
    if (node.type === "link" && !/^(https?:|mailto:|tel:)/i.test(node.url)) found.push(node.url);
  });
  return found;
}

const words = fc.constantFrom(
  "plain",
  "a*b",
  "snake_case",
  "#hash",
  "1. one",
  "<b>",
  "&amp;",
  "😀",
  "مرحبا",
  "𝒳",
  "x|y",
  "`tick`",
  "[x]",
  "~~",
  "-",
  "http://a.b/c_d",
  "ann@byte.example",
  "~k3v9qp2a",
);
const phrase = fc.array(words, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(" "));
const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const inline = fc.tuple(fc.constantFrom("b", "i", "a", "span", "code", "u", ""), phrase).map(([tag, text]) => {
  if (tag === "") return escaped(text);
  return tag === "a" ? `<a href="https://x.example/?q=1&amp;r=2">${escaped(text)}</a>` : `<${tag}>${escaped(text)}</${tag}>`;
});
const run = fc.array(inline, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(" "));
const block = fc.oneof(
  run.map((text) => `<p>${text}</p>`),
  fc.tuple(run, run).map(([a, b]) => `<div>${a}<br>${b}</div>`),
  fc.array(run, { minLength: 1, maxLength: 3 }).map((items) => `<ul>${items.map((item) => `<li>${item}</li>`).join("")}</ul>`),
  run.map((text) => `<blockquote><p>${text}</p></blockquote>`),
  phrase.map((text) => `<h2>${escaped(text)}</h2>`),
  fc
    .tuple(phrase, phrase)
    .map(([a, b]) => `<table><tr><th>${escaped(a)}</th><th>b</th></tr><tr><td>${escaped(b)}</td><td>d</td></tr></table>`),
);
const html = fc.array(block, { minLength: 1, maxLength: 4 }).map((blocks) => blocks.join("\n"));

const options = [{}, { breaks: true }] as const;

describe("HTML as Markdown", () => {
  it("keeps what Markdown has", () => {
    expect(
      htmlToMarkdown(
        "<h1>Plan</h1><p>Hi <b>Ann </b>and <i>Bo</i>,<br>see <a href='https://x.example/a_b'>this</a>.</p><ol><li>one<li>two</ol>",
      ),
    ).toBe("# Plan\n\nHi **Ann** and _Bo_,\\\nsee [this](https://x.example/a_b).\n\n1. one\n2. two");
    expect(htmlToMarkdown("<p>one<br># two<br><br><br>three</p>", { breaks: true })).toBe("one\n\\# two\n\nthree");
    expect(htmlToMarkdown("<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>x|y</td></tr></table>")).toContain("| 1 | x\\|y |");
  });

  it("never lets a script, a handler, an image or a script's address through", () => {
    const hostile = [
      "<script>alert(1)</script><p onclick='x()'>a</p>",
      "<a href='javascript:alert(1)'>a</a><a href=' JaVaScRiPt:x'>b</a><a href='data:text/html,x'>c</a><a href='//evil'>d</a>",
      "<img src='https://tracker.example/p.gif' width=1><img src=x alt='Logo' onerror=x>",
      "<svg><a href='javascript:x'>s</a></svg><math><mi>x</mi></math><style>p{}</style><iframe src='https://x'></iframe>",
      "&lt;script&gt;alert(1)&lt;/script&gt; ![x](https://tracker.example) [y](javascript:alert(1))",
      "<p>[a]: javascript:x</p><p>[a]</p><!-- c --><title>t</title><base href='https://evil'>",
    ];
    for (const source of hostile) expect(dangers(htmlToMarkdown(source)), source).toEqual([]);
    expect(htmlToMarkdown(hostile[2] ?? "")).toBe("Logo");
    fc.assert(
      fc.property(html, fc.constantFrom(...options), (source, option) => dangers(htmlToMarkdown(source, option)).length === 0),
      { numRuns: 60 },
    );
  });

  it("unfolds the tables that only lay a newsletter out", () => {
    const letter = "<table><tr><td><table><tr><td><h1>News</h1><p>One</p></td></tr><tr><td>Two</td></tr></table></td></tr></table>";
    expect(htmlToMarkdown(letter)).toBe("# News\n\nOne\n\nTwo");
  });

  it("reads what is nested too deep for a parser's stack, without its deepest tags", () => {
    expect(htmlToMarkdown(`${"<div>".repeat(50_000)}deep`)).toBe("deep");
    expect(htmlToMarkdown(`${"<b><i>".repeat(20_000)}deep`)).toContain("deep");
    expect(lostInMarkdown(`${"<div>".repeat(50_000)}<u>x</u>`)).toEqual([]);
  });

  it("refuses what is longer than a person writes", () => {
    expect(() => htmlToMarkdown("x".repeat(maxHtmlLength + 1))).toThrow(expect.objectContaining({ code: "EFBIG" }));
  });

  it("is stable: written back and read again it is the same Markdown", () => {
    fc.assert(
      fc.property(html, fc.constantFrom(...options), (source, option) => {
        const once = htmlToMarkdown(source, option);
        expect(htmlToMarkdown(markdownToHtml(once, option), option)).toBe(once);
      }),
      { numRuns: 100 },
    );
  });

  it("names what Markdown cannot carry back", () => {
    expect(lostInMarkdown("<p>Hi <b>there</b> <a href='https://x.example'>x</a><br></p><ul><li>a</li></ul>")).toEqual([]);
    expect(lostInMarkdown("<u>a</u><span style='color:red'>b</span><img src=x><font>c</font>")).toEqual([
      "<font>",
      "<img>",
      "<u>",
      "style on <span>",
    ]);
    expect(lostInMarkdown("<table><tr><td>frame</td></tr></table>")).toEqual(["<table>"]);
  });
});

describe("Markdown as HTML", () => {
  it("makes text of what looks like HTML, and drops addresses that lead nowhere good", () => {
    expect(markdownToHtml("<script>alert(1)</script>\n\nhi <b>x</b> [l](javascript:alert(1))")).toBe(
      "<p>&#x3C;script>alert(1)&#x3C;/script></p>\n<p>hi &#x3C;b>x&#x3C;/b> l</p>",
    );
  });

  it("breaks lines where the dialect says so, and takes ~ for a tilde", () => {
    expect(markdownToHtml("a\nb")).toBe("<p>a\nb</p>");
    expect(markdownToHtml("a\nb", { breaks: true })).toBe("<p>a<br>\nb</p>");
    expect(markdownToHtml("ann~k3v9qp2a and bo~abcdefgh")).toBe("<p>ann~k3v9qp2a and bo~abcdefgh</p>");
  });
});

describe("plain text as Markdown", () => {
  it("is the text itself where it means nothing more, and is escaped where it would", () => {
    expect(textToMarkdown("Hello Ann,\nsnake_case & co\n\nBye 😀")).toBe("Hello Ann,\nsnake_case & co\n\nBye 😀");
    expect(textToMarkdown("1) one\n- two\n\n\n\n# three  \r\n<b>")).toBe("1\\) one\n\\- two\n\n\\# three\n\\<b>");
  });

  it.each(["-\n-", "-\n- x", "+\n+ x", "1.\n1. x", "*\n* x", "a\n-\n=", "1)\n1) x"])(
    "keeps lines that each would begin a list or underline a heading: %j",
    (lines) => {
      expect(findPlainText(textToMarkdown(lines))).toBe(lines);
    },
  );

  it("comes back the same", () => {
    const line = fc.array(fc.oneof(words, fc.string({ unit: "grapheme", maxLength: 8 })), { maxLength: 4 }).map((parts) => parts.join(" "));
    const text = fc.array(line, { maxLength: 6 }).map((lines) =>
      lines
        .map((one) => one.replaceAll(/[\r\n]/g, " ").trim())
        .join("\n")
        .replaceAll(/\n{3,}/g, "\n\n")
        .trim(),
    );
    fc.assert(
      fc.property(text, (source) => {
        expect(findPlainText(textToMarkdown(source))).toBe(source);
      }),
      { numRuns: 200 },
    );
  });

  it("says where Markdown is more than text", () => {
    for (const markdown of ["**b**", "# h", "- a", "[x](https://x.example)", "`c`", "> q", "![i](x)"])
      expect(findPlainText(markdown)).toBeNull();
    expect(findPlainText("see <https://x.example> and\n<ann@byte.example>")).toBe("see https://x.example and\nann@byte.example");
  });
});
