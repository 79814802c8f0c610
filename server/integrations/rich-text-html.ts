import type { Element, ElementContent, Root } from "hast";
import { defaultSchema, type Options } from "rehype-sanitize";
import { SKIP, visit } from "unist-util-visit";

/** What is kept of foreign HTML, and what Markdown cannot say of it. Parsing and cleaning are rehype's. */

/** Elements whose text is no text of the document; all other unknown elements go and leave their text. */
const withoutText = ["script", "style", "title", "template", "noscript", "iframe", "object", "svg", "math", "select", "textarea", "canvas"];

/** rehype-sanitize's own schema, narrower: links only where a person may be led, and no image, since loading one tells its sender. */
export const safeHtml: Options = {
  ...defaultSchema,
  tagNames: (defaultSchema.tagNames ?? []).filter((name) => !["img", "picture", "source", "input"].includes(name)),
  protocols: { href: ["http", "https", "mailto", "tel"] },
  attributes: {
    a: ["href"],
    ol: ["start"],
    code: [["className", /^language-./]],
    td: ["align", "colSpan"],
    th: ["align", "colSpan"],
    table: ["role"],
  },
  clobber: [],
  strip: withoutText,
};

const isElement = (node: ElementContent | Root["children"][number]): node is Element => node.type === "element";

const ownRows = (table: Element): Element[] =>
  table.children.filter(isElement).flatMap((child) => {
    if (child.tagName === "tr") return [child];
    return ["thead", "tbody", "tfoot"].includes(child.tagName)
      ? child.children.filter(isElement).filter((row) => row.tagName === "tr")
      : [];
  });

const cellsOf = (row: Element): Element[] => row.children.filter(isElement).filter((cell) => ["td", "th"].includes(cell.tagName));

const notInCells = ["table", "ul", "ol", "blockquote", "pre", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "dl"];

function holdsBlocks(cell: Element): boolean {
  let found = false;
  visit(cell, "element", (node) => {
    if (node !== cell && notInCells.includes(node.tagName)) found = true;
  });
  return found;
}

/** Whether a table is one of data, and not the frame of a newsletter: two columns, two rows, and only text in its cells. */
function isData(table: Element): boolean {
  const rows = ownRows(table);
  const columns = Math.max(0, ...rows.map((row) => cellsOf(row).length));
  if (table.properties.role === "presentation" || rows.length < 2 || columns < 2) return false;
  return !rows.some((row) => cellsOf(row).some(holdsBlocks));
}

/** Tables that only lay a page out become the sequence of what is in them: Markdown's cells hold one line of text each. */
export const unfoldLayoutTables = () => (tree: Root) => {
  visit(tree, "element", (node, index, parent) => {
    if (node.tagName !== "table" || parent === undefined || index === undefined || isData(node)) return;
    const blocks = ownRows(node)
      .flatMap(cellsOf)
      .map((cell): Element => ({ type: "element", tagName: "div", properties: {}, children: cell.children }));
    parent.children.splice(index, 1, ...blocks);
    return [SKIP, index];
  });
};

/** An image is its alternative text; one that says nothing is nothing. */
export const imagesAsText = () => (tree: Root) => {
  visit(tree, "element", (node, index, parent) => {
    if (node.tagName !== "img" || parent === undefined || index === undefined) return;
    const { alt } = node.properties;
    const text = typeof alt === "string" ? alt.trim() : "";
    parent.children.splice(index, 1, ...(text === "" ? [] : [{ type: "text", value: text } as const]));
    return [SKIP, index + (text === "" ? 0 : 1)];
  });
};

/** A link whose address was refused leaves its text; so does one that means the page it was written for. */
export const unlinkRefused = () => (tree: Root) => {
  visit(tree, "element", (node, index, parent) => {
    if (node.tagName !== "a" || parent === undefined || index === undefined) return;
    if (typeof node.properties.href === "string" && /^(?:https?|mailto|tel):/i.test(node.properties.href)) return;
    parent.children.splice(index, 1, ...node.children);
    return [SKIP, index];
  });
};

const carried = new Set(
  "a abbr address article aside b blockquote body br center code col colgroup dd del div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 head header hr html i li main nav ol p pre s samp section span strike strong table tbody td tfoot th thead tr tt ul wbr".split(
    " ",
  ),
);

/** The elements and styles of this tree that Markdown cannot carry back, as a person would name them: `<u>`, `style on <span>`. */
export function lostElements(tree: Root): readonly string[] {
  const lost = new Set<string>();
  visit(tree, "element", (node) => {
    if (!carried.has(node.tagName)) lost.add(`<${node.tagName}>`);
    else if (typeof node.properties.style === "string" && node.properties.style.trim() !== "") lost.add(`style on <${node.tagName}>`);
    if (node.tagName === "table" && !isData(node)) lost.add("<table>");
  });
  return [...lost].sort();
}

const tag = /<(\/?)([a-z][^\s/>]*)(?:"[^"]*"|'[^']*'|[^'">])*>/gi;

/** The same HTML without the tags that stand deeper than `limit`: hostile nesting costs the parsers their stack. */
export function flattenDeepTags(html: string, limit: number): string {
  let depth = 0;
  return html.replaceAll(tag, (text, closing: string) => {
    if (closing === "") {
      depth += 1;
      return depth > limit ? " " : text;
    }
    depth = Math.max(0, depth - 1);
    return depth >= limit ? " " : text;
  });
}
