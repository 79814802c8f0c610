import type { Definition, ListItem, Nodes, Parents, PhrasingContent, RootContent } from "mdast";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import { unified } from "unified";
import { visit } from "unist-util-visit";
import { HubError } from "@/server/errors";
import { objectTitle, type RichTextPlace, safeHref } from "./tags";

const parser = unified().use(remarkParse).use(remarkGfm, { singleTilde: false });

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);

/** Characters that no XML 1.0 document may have (https://www.w3.org/TR/xml/#charsets). */
const notXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

const refused = (what: string): HubError => new HubError("EINVAL", `Asana's text has no ${what}. Write it another way.`);

interface Within {
  readonly place: RichTextPlace;
  /** Addresses of `[text][name]`, by name. */
  readonly definitions: ReadonlyMap<string, Definition>;
  /** Asana takes no headings, quotes and code blocks in list items, and no lists in those. */
  readonly inList: boolean;
  readonly inBlock: boolean;
}

function inline(node: PhrasingContent, within: Within): string {
  switch (node.type) {
    case "text":
      return escaped(node.value);
    case "break":
      return "\n";
    case "strong":
      return `<strong>${inlines(node.children, within)}</strong>`;
    case "emphasis":
      return `<em>${inlines(node.children, within)}</em>`;
    case "delete":
      return `<s>${inlines(node.children, within)}</s>`;
    case "inlineCode":
      return `<code>${escaped(node.value)}</code>`;
    case "link":
      return link(node.url, node.title ?? null, inlines(node.children, within));
    case "image":
      return link(node.url, null, escaped(node.alt === null || node.alt === undefined || node.alt === "" ? node.url : node.alt));
    case "linkReference": {
      const text = inlines(node.children, within);
      const { url, title } = within.definitions.get(node.identifier) ?? { url: "", title: null };
      return link(url, title ?? null, text);
    }
    case "imageReference": {
      const { url } = within.definitions.get(node.identifier) ?? { url: "" };
      return link(url, null, escaped(node.alt ?? url));
    }
    case "html":
      // Asana has no HTML inside its text: what looks like a tag is text.
      return escaped(node.value);
    case "footnoteReference":
      throw refused("footnotes");
  }
}

const inlines = (nodes: readonly PhrasingContent[], within: Within): string => nodes.map((node) => inline(node, within)).join("");

function link(url: string, title: string | null, text: string): string {
  const object = objectTitle.exec(title ?? "");
  if (object !== null) {
    // A mention names itself; only the text of a link with `named` is the author's.
    return object[2] === undefined
      ? `<a data-asana-gid="${object[1]}"/>`
      : `<a data-asana-gid="${object[1]}" data-asana-dynamic="false">${text}</a>`;
  }
  return safeHref.test(url) ? `<a href="${escaped(url)}">${text === "" ? escaped(url) : text}</a>` : text;
}

function heading(depth: number, text: string, within: Within): string {
  if (within.place === "comment" || within.inList) return `<strong>${text}</strong>`;
  // Two levels are all that there are.
  return depth === 1 ? `<h1>${text}</h1>` : `<h2>${text}</h2>`;
}

/** Whether Asana ends the line by itself after this. */
const isBlockOfAsana = (node: Nodes, within: Within): boolean => {
  if (node.type === "heading") return within.place === "notes" && !within.inList;
  if (node.type === "thematicBreak") return within.place === "notes";
  return node.type === "list" || node.type === "code" || node.type === "blockquote";
};

function block(node: RootContent, within: Within): string {
  switch (node.type) {
    case "paragraph":
      return inlines(node.children, within);
    case "heading":
      return heading(node.depth, inlines(node.children, within), within);
    case "thematicBreak":
      return within.place === "notes" ? "<hr/>" : "---";
    case "code":
      if (within.inList) throw refused("code blocks inside lists");
      return `<pre>${escaped(node.value)}</pre>`;
    case "blockquote":
      if (within.inList) throw refused("quotes inside lists");
      return `<blockquote>${blocks(node, { ...within, inBlock: true })}</blockquote>`;
    case "list": {
      if (within.inBlock) throw refused("lists inside quotes");
      const tag = node.ordered === true ? "ol" : "ul";
      return `<${tag}>${node.children.map((item) => `<li>${listItem(item, within)}</li>`).join("")}</${tag}>`;
    }
    case "html":
      return escaped(node.value);
    case "footnoteDefinition":
      throw refused("footnotes");
    case "table":
      throw refused("tables that can be written through its API");
    default:
      throw refused(`block "${node.type}"`);
  }
}

/** A box of a task list is text: Asana has subtasks for that. */
const listItem = (item: ListItem, within: Within): string =>
  `${item.checked === null || item.checked === undefined ? "" : item.checked ? "[x] " : "[ ] "}${blocks(item, { ...within, inList: true })}`;

/** Blocks one after the other: a blank line between paragraphs, one line feed (in a list none) before what breaks the line itself. */
function blocks(parent: Extract<Parents, { children: readonly RootContent[] }>, within: Within): string {
  let text = "";
  let before: RootContent | null = null;
  for (const node of parent.children) {
    if (node.type === "definition") continue;
    if (before !== null && !isBlockOfAsana(before, within)) text += !isBlockOfAsana(node, within) ? "\n\n" : within.inList ? "" : "\n";
    text += block(node, within);
    before = node;
  }
  return text;
}

/**
 * Markdown as Asana's rich text. Line ends are line feeds; single ones stay line ends, as people write comments. Headings below the second
 * level become the second, and in comments bold lines. EINVAL names what Asana has no way to keep.
 */
export function toAsana(markdown: string, place: RichTextPlace): string {
  const text = markdown.replaceAll(/\r\n?/g, "\n");
  if (notXml.test(text)) throw new HubError("EINVAL", "The text holds a control character, which Asana does not take.");
  const root = parser.parse(text);
  const definitions = new Map<string, Definition>();
  visit(root, "definition", (definition) => {
    definitions.set(definition.identifier, definition);
  });
  return `<body>${blocks(root, { place, definitions, inList: false, inBlock: false })}</body>`;
}
