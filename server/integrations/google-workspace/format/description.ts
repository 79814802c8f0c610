import { findPlainText, htmlToMarkdown, lostInMarkdown, markdownToHtml, textToMarkdown } from "../../rich-text";

/**
 * An event's description "can contain HTML" (discovery document of Calendar v3) and nothing says when it does. Calendar shows its tags as
 * HTML and its line ends as line breaks, and so does this.
 */

const markup = /<\/?[a-z][^<>]*>|&(?:[a-z]+|#\d+|#x[\da-f]+);/i;
const blockTag = "(?:p|div|br|hr|ul|ol|li|h[1-6]|blockquote|pre|table|thead|tbody|tr|td|th)";
/** A line end that stands beside a block is no text of its own. */
const layoutLineEnd = new RegExp(`(<\\/?${blockTag}\\b[^<>]*>)[ \\t]*\\n|\\n[ \\t]*(?=<\\/?${blockTag}\\b[^<>]*>)`, "gi");

/** What Google Meet writes into a description between these marks is its own: "Please do not edit this section". */
const meetBlock = /-::~:~::~[:~]*/;

function toHtml(description: string): string {
  const text = description.replaceAll(/\r\n?/g, "\n");
  let before = text;
  for (let after = before.replaceAll(layoutLineEnd, "$1"); after !== before; after = before.replaceAll(layoutLineEnd, "$1")) before = after;
  return before.replaceAll("\n", "<br>");
}

/** The description as safe Markdown in which a line end is a line break. */
export function descriptionToMarkdown(description: string): string {
  if (!markup.test(description)) return textToMarkdown(description);
  return htmlToMarkdown(toHtml(description), { breaks: true });
}

/** Markdown as a description: plain text where it says no more than that, and Calendar's HTML where it does. */
export function markdownToDescription(markdown: string): string {
  const plain = findPlainText(markdown);
  if (plain !== null && !markup.test(plain)) return plain;
  // A line end is a line break in Calendar; those between the printed tags are layout.
  return markdownToHtml(markdown, { breaks: true }).replaceAll(/(<[^<>]+>)\n/g, "$1");
}

/** What of this description Markdown cannot carry back, as a person would name it; empty for nothing. */
export function lostInDescription(description: string): readonly string[] {
  return [
    ...(meetBlock.test(description) ? ["the join block of Google Meet"] : []),
    ...(markup.test(description) ? lostInMarkdown(description) : []),
  ];
}

/** The description as plain text, for `.ics`. */
export const descriptionToText = (description: string): string => {
  const markdown = descriptionToMarkdown(description);
  return findPlainText(markdown) ?? markdown;
};
