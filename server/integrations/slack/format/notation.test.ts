import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Line, mentionsOf, normalizeLines, type Run, sameLines } from "./lines";
import { type MentionPrinter, parseMarkdown, printMarkdown } from "./markdown";
import { parseMrkdwn, printMrkdwn } from "./mrkdwn";

/** mrkdwn and Markdown, each printed of the lines between them and parsed into them. */

const base = "https://acme.slack.com/";
const names: MentionPrinter = { base, nameOf: (target) => (target === "@U1" ? "@Ann *Smith*" : target) };
const toMarkdown = (text: string): string => printMarkdown(parseMrkdwn(text), names);
const toMrkdwn = (markdown: string): string => printMrkdwn(parseMarkdown(markdown, base));

const text = (value: string): Run => ({ type: "text", text: value });

describe("mrkdwn as Markdown", () => {
  it.each([
    ["marks", "*bold* _it_ ~gone~ `a*b`", "**bold** _it_ ~~gone~~ `a*b`"],
    ["nested marks", "*bold _and it_*", "**bold _and it_**"],
    ["entities, the only escapes there are", "1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"],
    ["line breaks", "one\ntwo\n\nthree", "one\\\ntwo\n\nthree"],
    ["more than one blank line", "one\n\n\ntwo", "one\n\n\ntwo"],
    ["a quote", "&gt; one\n&gt; two\n\nafter", "> one\\\n> two\n\nafter"],
    ["a quote to the end", "&gt;&gt;&gt; one\ntwo", "> one\\\n> two"],
    ["a list", "Todo:\n• one\n    ◦ deeper\n• two", "Todo:\n- one\n  - deeper\n- two"],
    ["code", "see\n```\nconst a = 1 &lt; 2;\n```\nthere", "see\n```\nconst a = 1 < 2;\n```\nthere"],
    ["links", "<https://a.example/x|the page> <https://b.example>", "[the page](https://a.example/x) <https://b.example>"],
    ["a mail address", "<mailto:ann@acme.example|ann@acme.example>", "<ann@acme.example>"],
    ["a person", "Hello <@U1|ann>", "Hello [@Ann \\*Smith\\*](https://acme.slack.com/team/U1)"],
    ["a channel", "in <#C1|general>", "in [#C1](https://acme.slack.com/archives/C1)"],
    ["everybody here", "<!here> lunch", "[!here](https://acme.slack.com/#!here) lunch"],
    ["no marks inside words", "snake_case_name 2*3*4", "snake_case_name 2\\*3\\*4"],
    ["no marks around spaces", "2 * 3 * 4 and a _ b _ c", "2 \\* 3 \\* 4 and a \\_ b \\_ c"],
    ["emoji as Slack names them", "well done :tada: 🎉", "well done :tada: 🎉"],
    ["what looks like Markdown and is none in Slack", "# no heading\n1. one\n- no list", "\\# no heading\\\n1\\. one\\\n\\- no list"],
  ])("prints %s", (_what, mrkdwn, markdown) => {
    expect(toMarkdown(mrkdwn)).toBe(markdown);
  });

  it("comes back as it was", () => {
    for (const mrkdwn of [
      "*a* <@U1> &amp; `x`",
      "• one\n    ◦ two",
      "> q\n\ntext",
      "<!subteam^S1|@eng> at <!date^1392734382^{date}|18 Feb>",
    ]) {
      expect(toMrkdwn(toMarkdown(mrkdwn))).toBe(mrkdwn);
    }
  });
});

describe("Markdown as mrkdwn", () => {
  it.each([
    ["a heading as a bold line", "# Plan\ntext", "*Plan*\ntext"],
    ["soft and hard breaks as lines", "one\ntwo  \nthree\\\nfour", "one\ntwo\nthree\nfour"],
    ["CRLF as lines", "one\r\ntwo", "one\ntwo"],
    ["numbered items as text", "1. one\n2. two", "1. one\n2. two"],
    ["tasks", "- [x] done\n- [ ] open", "• ☑ done\n• ☐ open"],
    ["a table as code", "| a | b |\n|---|---|\n| 1 | **2** |", "```\na  b\n1  2\n```"],
    ["an image as a link", "![a chart](https://a.example/c.png)", "<https://a.example/c.png|a chart>"],
    ["a link by reference", "[x][r]\n\n[r]: https://a.example", "<https://a.example|x>"],
    ["a relative link as text, since Slack has no such", "[x](../y.md)", "x (../y.md)"],
    ["html as the text it is", "a <b>c</b> &amp; d", "a &lt;b&gt;c&lt;/b&gt; &amp; d"],
    ["marks inside a word, set apart", "un**believ**able", "un\u200b*believ*\u200bable"],
    ["right-to-left text and emoji", "**שלום** 👩🏽‍🚀", "*שלום* 👩🏽‍🚀"],
    ["a mention, whatever its words", "[somebody](https://acme.slack.com/team/U1)", "<@U1>"],
    ["what only looks like a mention as text", "<@U1> @here", "&lt;@U1&gt; @here"],
  ])("prints %s", (_what, markdown, mrkdwn) => {
    expect(toMrkdwn(markdown)).toBe(mrkdwn);
  });

  it("of a text of three hundred slashes and of none", () => {
    expect(toMrkdwn("/".repeat(300))).toBe("/".repeat(300));
    expect(toMarkdown("/".repeat(300))).toBe("/".repeat(300));
    expect([toMrkdwn(""), toMarkdown("")]).toEqual(["", ""]);
  });
});

const words = fc.stringMatching(/^[a-zA-Z0-9äß漢字שלום🎉.,;!?()#+\-<>&'"|\\/ ]{1,12}$/u);
const word = fc.stringMatching(/^[a-z漢ש🎉]{1,8}$/u);
const marks = fc.record(
  { bold: fc.constant(true as const), italic: fc.constant(true as const), strike: fc.constant(true as const) },
  { requiredKeys: [] },
);
const url = fc.constantFrom("https://a.example/", "https://a.example/x?y=1&z=(2)#f", "https://b.example/a_b*c");
const run: fc.Arbitrary<Run> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(words, marks).map(([value, mark]): Run => ({ type: "text", text: value, ...mark })) },
  fc.tuple(word, marks).map(([value, mark]): Run => ({ type: "code", text: value, ...mark })),
  fc.tuple(url, word, marks).map(([link, label, mark]): Run => ({ type: "link", url: link, text: label, ...mark })),
  fc
    .tuple(fc.constantFrom("@U1", "#C22", "!here", "!subteam^S1|@eng"), marks)
    .map(([target, mark]): Run => ({ type: "mention", target, ...mark })),
);
const runs = fc.array(run, { minLength: 1, maxLength: 4 });
const line: fc.Arbitrary<Line> = fc.oneof(
  runs.map((of): Line => ({ type: "text", runs: of })),
  fc.constant<Line>({ type: "text", runs: [] }),
  runs.map((of): Line => ({ type: "quote", runs: of })),
  fc.tuple(runs, fc.nat(3)).map(([of, level]): Line => ({ type: "bullet", level, runs: of })),
  fc.array(word, { minLength: 1, maxLength: 3 }).map((of): Line => ({ type: "code", text: of.join("\n") })),
);
const document = fc.array(line, { maxLength: 8 }).map(normalizeLines);

describe("print and parse", () => {
  it("are inverse for Markdown, whatever the message holds", () => {
    fc.assert(
      fc.property(document, (lines) => {
        expect(parseMarkdown(printMarkdown(lines, names), base)).toEqual(lines);
      }),
      { numRuns: 2_000 },
    );
  });

  it("are inverse for mrkdwn, wherever mrkdwn can say it", () => {
    let said = 0;
    fc.assert(
      fc.property(document, (lines) => {
        // What is read back otherwise is what a write refuses: `a*b` beside a mark, an underscore at a word's edge.
        if (sameLines(parseMrkdwn(printMrkdwn(lines)), lines)) said += 1;
      }),
      { numRuns: 2_000 },
    );
    expect(said).toBeGreaterThan(1_500);
  });

  it("keep any text of no markup, in any script", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (value) => {
        const plain = value.replaceAll(/[`*_~<>•◦▪▫‣⁃\p{C}\p{Z}]/gu, "x");
        const lines = normalizeLines([{ type: "text", runs: [text(plain)] }]);
        expect(parseMrkdwn(printMrkdwn(lines))).toEqual(lines);
        expect(parseMarkdown(printMarkdown(lines, names), base)).toEqual(lines);
      }),
      { numRuns: 1_000 },
    );
  });

  it("never fail, on any text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (value) => {
        const lines = parseMrkdwn(value);
        printMarkdown(lines, names);
        printMrkdwn(parseMarkdown(value, base));
        expect(normalizeLines(lines)).toEqual(lines);
      }),
      { numRuns: 1_000 },
    );
  });
});

it("a message's mentions are each named once", () => {
  expect(mentionsOf(parseMrkdwn("<@U1> and <@U1>, <#C1>\n&gt; <!here>\n```\n<@U2>\n```"))).toEqual(["@U1", "#C1", "!here"]);
});
