import type { Nodes, PhrasingContent } from "mdast";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import { unified } from "unified";
import { fromPlain, toXml } from "./rich-text";

/** The seed's Markdown as Asana's rich text; what Asana has no tag for is left as words. */

const parser = unified().use(remarkParse).use(remarkGfm);

const inner = (node: Nodes): string => ("children" in node ? node.children.map((child) => inline(child as PhrasingContent)).join("") : "");

function inline(node: Nodes): string {
  switch (node.type) {
    case "text":
    case "html":
      return toXml(node.value);
    case "inlineCode":
      return `<code>${toXml(node.value)}</code>`;
    case "strong":
      return `<strong>${inner(node)}</strong>`;
    case "emphasis":
      return `<em>${inner(node)}</em>`;
    case "delete":
      return `<s>${inner(node)}</s>`;
    case "link":
      return `<a href="${toXml(node.url)}">${inner(node)}</a>`;
    case "break":
      return "\n";
    default:
      return inner(node);
  }
}

function block(node: Nodes, place: "notes" | "comment"): string {
  switch (node.type) {
    case "heading":
      return place === "comment"
        ? `<strong>${inner(node)}</strong>\n`
        : `<h${Math.min(2, node.depth)}>${inner(node)}</h${Math.min(2, node.depth)}>`;
    case "thematicBreak":
      return place === "comment" ? "---\n" : "<hr/>";
    case "code":
      return `<pre>${toXml(node.value)}</pre>`;
    case "blockquote":
      return `<blockquote>${node.children.map((child) => inner(child)).join("\n")}</blockquote>`;
    case "list": {
      const tag = node.ordered === true ? "ol" : "ul";
      const items = node.children.map((item) => {
        const box = item.checked === true ? "[x] " : item.checked === false ? "[ ] " : "";
        return `<li>${box}${item.children.map((child) => (child.type === "list" ? block(child, place) : inner(child))).join("\n")}</li>`;
      });
      return `<${tag}>${items.join("")}</${tag}>`;
    }
    case "table":
      return `<pre>${node.children.map((row) => row.children.map((cell) => inner(cell)).join(" | ")).join("\n")}</pre>`;
    default:
      return `${inner(node)}\n\n`;
  }
}

/** Words that mean nothing else in Markdown, on one line: most of a large company's. */
const plainLine = /^[\p{L}\p{N} ,;:!?'"’“”().%–-]*$/u;

/** Rich text of the seed's words. */
export function richTextOf(markdown: string, place: "notes" | "comment"): string {
  if (plainLine.test(markdown) && !/^(?:\d+[.)]|-)\s/.test(markdown)) return fromPlain(markdown.trim());
  const text = parser
    .parse(markdown)
    .children.map((node) => block(node, place))
    .join("")
    .replaceAll(/\n+(?=<(?:ul|ol|pre|blockquote|h1|h2)\b)/g, "\n")
    .replace(/\n+$/, "");
  return `<body>${text}</body>`;
}
