/**
 * Asana's rich text: XML in `<body>`, line feeds count as they stand, and only these tags are taken
 * (https://developers.asana.com/docs/rich-text). What Markdown has no words for (`u`, tables, images) is read but never written back.
 */

/** Where a rich text stands: a description takes headings and rules, a comment does not. */
export type RichTextPlace = "notes" | "comment";

/** Tags that go to Markdown and come back the same. */
export const carriedTags: ReadonlySet<string> = new Set([
  "body",
  "strong",
  "em",
  "s",
  "code",
  "pre",
  "blockquote",
  "ul",
  "ol",
  "li",
  "a",
  "h1",
  "h2",
  "hr",
]);

/** Tags that make a block of their own; everything else runs on in the line. */
export const blockTags: ReadonlySet<string> = new Set(["ul", "ol", "li", "pre", "blockquote", "h1", "h2", "hr", "table", "p", "div"]);

/** The title of a Markdown link that stands for an object of Asana's: `asana:123`, or `asana:123 named` where the text is the author's own. */
export const objectTitle = /^asana:(\d+)( named)?$/;

/** Schemes that a link may have. */
export const safeHref = /^(?:https?:|mailto:)/i;
