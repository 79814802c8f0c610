import type { List, ListItem, PhrasingContent, RootContent, TableCell } from "mdast";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import { unified } from "unified";
import { type Block, type DocumentRow, makeId, type ParagraphBlock, paragraphOf, type Run, type TabRow, type TextStyle } from "./model";

/** Markdown as the document that Google makes of it on import, and of what the companies wrote. */

const parser = unified().use(remarkParse).use(remarkGfm);

class Importer {
  readonly #document: DocumentRow;
  readonly #tab: TabRow;

  constructor(document: DocumentRow, tab: TabRow) {
    this.#document = document;
    this.#tab = tab;
  }

  blocks(nodes: readonly RootContent[]): Block[] {
    return nodes.flatMap((node): Block[] => {
      switch (node.type) {
        case "heading":
          return [{ ...this.#paragraph(node.children), namedStyleType: `HEADING_${node.depth}` }];
        case "paragraph":
          return [this.#paragraph(node.children)];
        case "list":
          return this.#list(node, 0, null);
        case "code":
          return node.value
            .split("\n")
            .map((line) => paragraphOf(line, "NORMAL_TEXT", { weightedFontFamily: { fontFamily: "Roboto Mono", weight: 400 } }));
        case "blockquote":
          return this.blocks(node.children);
        case "thematicBreak":
          return [{ ...paragraphOf(""), runs: [{ kind: "object", name: "horizontalRule", value: {}, style: {} }] }];
        case "table": {
          const rows = node.children.map((row) => row.children.map((cell: TableCell): Block[] => [this.#paragraph(cell.children)]));
          const columns = Math.max(...rows.map((row) => row.length));
          for (const row of rows) while (row.length < columns) row.push([paragraphOf("")]);
          return [{ type: "table", rows }];
        }
        default:
          return [];
      }
    });
  }

  #list(list: List, level: number, given: string | null): Block[] {
    const preset = list.ordered === true ? "NUMBERED_DECIMAL_ALPHA_ROMAN" : "BULLET_DISC_CIRCLE_SQUARE";
    const isSame = given !== null && this.#tab.lists.get(given)?.preset === preset;
    const listId = isSame ? given : makeId(this.#document, "kix");
    if (!isSame) this.#tab.lists.set(listId, { preset });
    return list.children.flatMap((item: ListItem) =>
      item.children.flatMap((child, index): Block[] => {
        if (child.type === "list") return this.#list(child, level + 1, listId);
        const blocks = this.blocks([child]);
        return index === 0 ? blocks.map((block) => (block.type === "paragraph" ? { ...block, bullet: { listId, level } } : block)) : blocks;
      }),
    );
  }

  #paragraph(children: readonly PhrasingContent[]): ParagraphBlock {
    return { ...paragraphOf(""), runs: this.#runs(children, {}) };
  }

  #runs(nodes: readonly PhrasingContent[], style: TextStyle): Run[] {
    return nodes.flatMap((node): Run[] => {
      switch (node.type) {
        case "text":
          return [{ kind: "text", text: node.value.replaceAll(/\r?\n/g, " "), style }];
        case "break":
          return [{ kind: "text", text: "\v", style }];
        case "inlineCode":
          return [{ kind: "text", text: node.value, style: { ...style, weightedFontFamily: { fontFamily: "Roboto Mono", weight: 400 } } }];
        case "strong":
          return this.#runs(node.children, { ...style, bold: true });
        case "emphasis":
          return this.#runs(node.children, { ...style, italic: true });
        case "delete":
          return this.#runs(node.children, { ...style, strikethrough: true });
        case "link":
          return this.#runs(node.children, { ...style, link: { url: node.url }, underline: true });
        case "image": {
          const id = makeId(this.#document, "kix");
          this.#tab.inlineObjects.set(id, { description: node.alt ?? "", imageProperties: {} });
          return [{ kind: "object", name: "inlineObjectElement", value: { inlineObjectId: id }, style }];
        }
        default:
          return [];
      }
    });
  }
}

/** Puts Markdown into a tab that is blank. */
export function importMarkdown(document: DocumentRow, tab: TabRow, markdown: string): void {
  const root = parser.parse(markdown.replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/, ""));
  const blocks = new Importer(document, tab).blocks(root.children);
  // A body ends with a paragraph, and a table is followed by one.
  if (blocks.at(-1)?.type !== "paragraph") blocks.push(paragraphOf(""));
  tab.body = blocks;
}
