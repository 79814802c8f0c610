import type { Element, ElementContent, Nodes, RootContent } from "hast";
import type { BlockContent, ListItem, Paragraph, PhrasingContent, Root, Table } from "mdast";
import rehypeParse from "rehype-parse";
import remarkGfm from "remark-gfm";
import remarkStringify from "remark-stringify";
import { unified } from "unified";
import { visit } from "unist-util-visit";
import { blockTags, carriedTags, safeHref } from "./tags";

const parser = unified().use(rehypeParse, { fragment: true });
const printer = unified()
  .use(remarkGfm, { singleTilde: false })
  .use(remarkStringify, { bullet: "-", emphasis: "*", rule: "-", fences: true, listItemIndent: "one" });

/** `<hr/>` and `<a data-asana-gid="1"/>` are XML; an HTML parser would leave an anchor open. */
const parseXml = (xml: string) => parser.parse(xml.replaceAll(/<([a-z][\w-]*)((?:\s[^<>]*?)?)\/>/g, "<$1$2></$1>").replaceAll("</hr>", ""));

/** The tags of a rich text that Markdown cannot carry back, each once. */
export function uncarriedTags(xml: string): readonly string[] {
  const found = new Set<string>();
  visit(parseXml(xml), "element", (element) => {
    if (!carriedTags.has(element.tagName)) found.add(element.tagName);
  });
  return [...found];
}

type Content = RootContent | ElementContent;

const textOf = (node: Nodes): string => {
  if (node.type === "text") return node.value;
  return "children" in node ? node.children.map(textOf).join("") : "";
};

const property = (element: Element, name: string): string | null => {
  const value = element.properties[name];
  return typeof value === "string" ? value : null;
};

/** Lines of inline content; a blank line between two of them ends the paragraph, inside a tag too. */
type Lines = readonly (readonly PhrasingContent[])[];

/** Joins what stands side by side: the last line of one goes on in the first of the next. */
function joinLines(parts: readonly Lines[]): Lines {
  const lines: PhrasingContent[][] = [[]];
  for (const part of parts) {
    for (const [index, line] of part.entries()) {
      if (index > 0) lines.push([]);
      lines.at(-1)?.push(...line);
    }
  }
  return lines;
}

const textLines = (text: string): Lines => text.split("\n").map((line) => (line === "" ? [] : [{ type: "text", value: line }]));

/** Each line wrapped by itself: `<strong>a\n\nb</strong>` is two bold paragraphs. */
const wrapped = (lines: Lines, wrap: (children: PhrasingContent[]) => PhrasingContent): Lines =>
  lines.map((line) => (line.length === 0 ? [] : [wrap([...line])]));

function linkOf(element: Element, children: PhrasingContent[]): PhrasingContent {
  const gid = property(element, "dataAsanaGid");
  const href = property(element, "href") ?? (gid === null ? "" : `https://app.asana.com/0/0/${gid}`);
  const isNamed = property(element, "dataAsanaDynamic") === "false";
  const title = gid !== null && /^\d+$/.test(gid) ? `asana:${gid}${isNamed ? " named" : ""}` : null;
  // The text of a link whose address must not be followed stays; the address does not.
  if (!safeHref.test(href)) return { type: "emphasis", children };
  return { type: "link", url: href, ...(title === null ? {} : { title }), children };
}

function inlineLines(node: Content): Lines {
  if (node.type === "text") return textLines(node.value.replaceAll(/\r\n?/g, "\n"));
  if (node.type !== "element") return [[]];
  const inner = (): Lines => joinLines(node.children.map(inlineLines));
  switch (node.tagName) {
    case "strong":
    case "b":
      return wrapped(inner(), (children) => ({ type: "strong", children }));
    case "em":
    case "i":
      return wrapped(inner(), (children) => ({ type: "emphasis", children }));
    case "s":
      return wrapped(inner(), (children) => ({ type: "delete", children }));
    case "code":
      return textOf(node)
        .split(/\r\n?|\n/)
        .map((line) => (line === "" ? [] : [{ type: "inlineCode", value: line }]));
    case "a":
      return wrapped(node.children.length === 0 ? textLines(property(node, "dataAsanaGid") ?? "") : inner(), (children) =>
        linkOf(node, children),
      );
    case "br":
      return [[], []];
    case "img": {
      const source = property(node, "src") ?? "";
      return safeHref.test(source) ? [[{ type: "image", url: source, alt: property(node, "alt") ?? "" }]] : [[]];
    }
    default:
      return inner();
  }
}

/** Paragraphs of a run of inline content; single line feeds stay inside them. */
function paragraphsOf(lines: Lines): readonly Paragraph[] {
  const paragraphs: PhrasingContent[][] = [];
  let open: PhrasingContent[] | null = null;
  for (const line of lines) {
    if (line.length === 0) {
      open = null;
    } else if (open === null) {
      open = [...line];
      paragraphs.push(open);
    } else {
      open.push({ type: "text", value: "\n" }, ...line);
    }
  }
  return paragraphs.map((children) => ({ type: "paragraph", children: mergedText(children) }));
}

/** Neighbouring texts as one, so that what Markdown escapes at a line's start is seen. */
function mergedText(children: readonly PhrasingContent[]): PhrasingContent[] {
  const merged: PhrasingContent[] = [];
  for (const child of children) {
    const last = merged.at(-1);
    if (child.type === "text" && last?.type === "text") merged[merged.length - 1] = { type: "text", value: last.value + child.value };
    else merged.push(child);
  }
  return merged;
}

const isBlock = (node: Content): node is Element => node.type === "element" && blockTags.has(node.tagName);

function blocksOf(nodes: readonly Content[]): BlockContent[] {
  const blocks: BlockContent[] = [];
  let run: Lines[] = [];
  const flush = () => {
    blocks.push(...paragraphsOf(joinLines(run)));
    run = [];
  };
  for (const node of nodes) {
    if (isBlock(node)) {
      flush();
      blocks.push(...blockOf(node));
    } else {
      run.push(inlineLines(node));
    }
  }
  flush();
  return blocks;
}

const headingText = (element: Element): PhrasingContent[] =>
  mergedText(
    joinLines(element.children.map(inlineLines)).flatMap((line, index) => (index === 0 ? line : [{ type: "text", value: " " }, ...line])),
  );

function blockOf(element: Element): BlockContent[] {
  switch (element.tagName) {
    case "h1":
      return [{ type: "heading", depth: 1, children: headingText(element) }];
    case "h2":
      return [{ type: "heading", depth: 2, children: headingText(element) }];
    case "hr":
      return [{ type: "thematicBreak" }];
    case "pre":
      return [{ type: "code", value: textOf(element).replaceAll(/\r\n?/g, "\n") }];
    case "blockquote":
      return [{ type: "blockquote", children: blocksOf(element.children) }];
    case "ul":
    case "ol":
      return [{ type: "list", ordered: element.tagName === "ol", spread: false, children: element.children.flatMap(itemOf) }];
    case "table":
      return tableOf(element);
    default:
      return blocksOf(element.children);
  }
}

const itemOf = (node: ElementContent): ListItem[] =>
  node.type === "element" && node.tagName === "li" ? [{ type: "listItem", spread: false, children: blocksOf(node.children) }] : [];

/** Asana's tables have no head; Markdown's have, so the first row stands there. */
function tableOf(element: Element): Table[] {
  const rows: Table["children"] = [];
  visit(element, "element", (row) => {
    if (row.tagName !== "tr") return;
    const cells = row.children.filter(
      (cell): cell is Element => cell.type === "element" && (cell.tagName === "td" || cell.tagName === "th"),
    );
    rows.push({ type: "tableRow", children: cells.map((cell) => ({ type: "tableCell", children: headingText(cell) })) });
  });
  return rows.length === 0 ? [] : [{ type: "table", children: rows }];
}

/** A rich text as Markdown, without a line feed at its end; what is dangerous in a link's address is left out. */
export function toMarkdown(xml: string): string {
  const body = parseXml(xml);
  const root: Root = { type: "root", children: blocksOf(body.children) };
  return printer.stringify(root).replace(/\n$/, "");
}
