import type { Root as HtmlRoot } from "hast";
import type { Paragraph, Root } from "mdast";
import rehypeParse from "rehype-parse";
import rehypeRemark from "rehype-remark";
import rehypeSanitize from "rehype-sanitize";
import rehypeStringify from "rehype-stringify";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import remarkStringify, { type Options as StringifyOptions } from "remark-stringify";
import { unified } from "unified";
import { HubError } from "@/server/errors";
import { flattenDeepTags, imagesAsText, lostElements, safeHtml, unfoldLayoutTables, unlinkRefused } from "./rich-text-html";
import {
  blanksOutsideEmphasis,
  breaksAsLineEnds,
  htmlAsText,
  lineEndsAsBreaks,
  linkAddresses,
  splitAtEmptyLines,
} from "./rich-text-markdown";

/**
 * HTML ↔ Markdown (CommonMark and GFM) by unified, for mail, notes and descriptions. What comes out of HTML is safe: no raw HTML, no
 * image, and links to `http`, `https`, `mailto` and `tel` only.
 */

export interface RichTextOptions {
  /** A line end inside a paragraph is a line break, as people write in mail and notes; otherwise only `\` at the line's end is. */
  readonly breaks?: boolean;
}

/** More is no mail a person wrote; converting it costs seconds. */
export const maxHtmlLength = 1_000_000;

/** Far below what the parsers' stack bears, and far above what people nest. */
const maxDepth = 100;

type Unsafe = NonNullable<StringifyOptions["unsafe"]>[number];

const gfm = { singleTilde: false } as const;

const htmlParser = unified().use(rehypeParse, { fragment: true }).freeze();
const cleaner = unified()
  .use(imagesAsText)
  .use(rehypeSanitize, safeHtml)
  .use(unlinkRefused)
  .use(unfoldLayoutTables)
  .use(rehypeRemark)
  .freeze();
const tidier = unified().use(blanksOutsideEmphasis).use(splitAtEmptyLines).use(linkAddresses).freeze();
const withLineEnds = unified().use(breaksAsLineEnds).freeze();
/**
 * Signs that begin a list or underline a heading at a line's start. The printer's own patterns for them take in the line end behind the
 * sign, and so miss the next line's; these only look at it.
 */
const lineStarts: readonly Unsafe[] = [
  ...["-", "+", "*"].map((character): Unsafe => ({ atBreak: true, character, after: "(?=[ \\t\\r\\n-]|$)" })),
  ...[".", ")"].map((character): Unsafe => ({ atBreak: true, before: "\\d+", character, after: "(?=[ \\t\\r\\n]|$)" })),
];
const printer = unified()
  .use(remarkGfm, gfm)
  .use(remarkStringify, { bullet: "-", emphasis: "_", rule: "-", fences: true, listItemIndent: "one", unsafe: [...lineStarts] })
  .freeze();

const markdownParser = unified().use(remarkParse).use(remarkGfm, gfm).freeze();
const toHtml = unified().use(htmlAsText).use(remarkRehype).use(rehypeSanitize, safeHtml).use(unlinkRefused).freeze();
const withBreaks = unified().use(lineEndsAsBreaks).freeze();
const htmlPrinter = unified().use(rehypeStringify).freeze();

const print = (tree: Root, options: RichTextOptions): string => {
  const tidy = tidier.runSync(tree) as Root;
  return printer.stringify(options.breaks === true ? (withLineEnds.runSync(tidy) as Root) : tidy).trim();
};

/** Does it, and once more without the deepest elements where the nesting cost the stack. */
function withShallow<T>(html: string, convert: (html: string) => T): T {
  if (html.length > maxHtmlLength) {
    throw new HubError("EFBIG", `This HTML has ${html.length} characters; up to ${maxHtmlLength} are converted.`, {
      details: { limit: maxHtmlLength },
    });
  }
  try {
    return convert(html);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return convert(flattenDeepTags(html, maxDepth));
  }
}

/** HTML as safe Markdown, `""` for none. What Markdown does not have is left out, its text kept. EFBIG above `maxHtmlLength`. */
export function htmlToMarkdown(html: string, options: RichTextOptions = {}): string {
  return withShallow(html, (text) => print(cleaner.runSync(htmlParser.parse(text)) as Root, options));
}

/** Markdown as safe HTML without a document around it. HTML inside the Markdown becomes text. */
export function markdownToHtml(markdown: string, options: RichTextOptions = {}): string {
  const tree = markdownParser.parse(markdown);
  const broken = options.breaks === true ? (withBreaks.runSync(tree) as Root) : tree;
  return htmlPrinter.stringify(toHtml.runSync(broken) as HtmlRoot);
}

/** What of this HTML would be lost by writing its Markdown back, as a person would name it (`<u>`, `style on <span>`); empty for nothing. */
export const lostInMarkdown = (html: string): readonly string[] => withShallow(html, (text) => lostElements(htmlParser.parse(text)));

/** The text of Markdown that is nothing but paragraphs of plain text and bare addresses; null where it says more. */
export function findPlainText(markdown: string): string | null {
  const paragraphs: string[] = [];
  for (const block of markdownParser.parse(markdown).children) {
    if (block.type !== "paragraph") return null;
    let text = "";
    for (const node of block.children) {
      if (node.type === "text") text += node.value;
      else if (node.type === "html") text += node.value;
      else if (node.type === "break") text += "\n";
      else if (node.type === "link") {
        const [child, more] = node.children;
        if (child?.type !== "text" || more !== undefined || (child.value !== node.url && `mailto:${child.value}` !== node.url)) return null;
        text += child.value;
      } else return null;
    }
    paragraphs.push(text);
  }
  return paragraphs.join("\n\n");
}

/**
 * Plain text as Markdown in which a line end is a line break: as it is where it says the same as Markdown, with what would mean
 * something escaped where not. Inverse of `findPlainText`, blanks at the ends of lines and runs of empty lines aside.
 */
export function textToMarkdown(text: string): string {
  const lines = text.replaceAll(/\r\n?/g, "\n").split("\n");
  const tidy = lines
    .map((line) => line.trimEnd())
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .replace(/^\n+|\n+$/g, "");
  if (findPlainText(tidy) === tidy) return tidy;
  const children = tidy.split("\n\n").map((value): Paragraph => ({ type: "paragraph", children: [{ type: "text", value }] }));
  return print({ type: "root", children }, {});
}
