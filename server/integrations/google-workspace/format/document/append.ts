import type { List, PhrasingContent, RootContent } from "mdast";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import { unified } from "unified";
import { HubError } from "@/server/errors";
import type { TextStyle } from "../../schema/docs";
import { codeFont } from "./styled";

/** Markdown as paragraphs to add at a document's end. What Docs' requests cannot make of it is ENOTSUP naming it. */

export interface AppendedText {
  readonly text: string;
  readonly style: TextStyle;
}

export interface AppendedParagraph {
  readonly texts: readonly AppendedText[];
  /** `NORMAL_TEXT`, `HEADING_1` … */
  readonly namedStyle: string;
  readonly list: { readonly isOrdered: boolean; readonly level: number } | null;
}

const parser = unified().use(remarkParse).use(remarkGfm);

function refuse(what: string): HubError {
  return new HubError("ENOTSUP", `A document takes headings, paragraphs, lists, links and emphasis; ${what} cannot be added from here.`, {
    details: { operation: "append" },
  });
}

function textsOf(nodes: readonly PhrasingContent[], style: TextStyle): readonly AppendedText[] {
  return nodes.flatMap((node): readonly AppendedText[] => {
    switch (node.type) {
      case "text":
        return [{ text: node.value.replaceAll(/\r\n|\r|\n/g, " "), style }];
      case "break":
        return [{ text: "\v", style }];
      case "inlineCode":
        return [{ text: node.value, style: { ...style, weightedFontFamily: { fontFamily: codeFont } } }];
      case "strong":
        return textsOf(node.children, { ...style, bold: true });
      case "emphasis":
        return textsOf(node.children, { ...style, italic: true });
      case "delete":
        return textsOf(node.children, { ...style, strikethrough: true });
      case "link":
        return textsOf(node.children, { ...style, link: { url: node.url } });
      case "image":
      case "imageReference":
        throw refuse("a picture");
      case "html":
        if (/^<br\s*\/?>$/i.test(node.value)) return [{ text: "\v", style }];
        throw refuse(`HTML (${node.value.slice(0, 40)})`);
      case "footnoteReference":
        throw refuse("a footnote");
      default:
        throw refuse("a link by reference");
    }
  });
}

const names: Readonly<Record<string, string>> = {
  blockquote: "a quotation",
  code: "a block of code",
  table: "a table",
  thematicBreak: "a rule",
  html: "HTML",
  footnoteDefinition: "a footnote",
  definition: "a link by reference",
};

function listOf(list: List, level: number): readonly AppendedParagraph[] {
  const isOrdered = list.ordered === true;
  if (isOrdered && (list.start ?? 1) !== 1) throw refuse(`a list that begins with ${list.start}`);
  return list.children.flatMap((item) => {
    if (typeof item.checked === "boolean") throw refuse("a list of tasks");
    const [head, ...rest] = item.children;
    const first =
      head?.type === "paragraph" ? { texts: textsOf(head.children, {}), namedStyle: "NORMAL_TEXT", list: { isOrdered, level } } : null;
    if (first === null) throw refuse("a list item that does not begin with text");
    return [
      first,
      ...rest.flatMap((child) => {
        if (child.type === "list" && (child.ordered === true) === isOrdered) return listOf(child, level + 1);
        if (child.type === "list") throw refuse("a list within a list of another kind");
        throw refuse("a list item of several paragraphs");
      }),
    ];
  });
}

/** The paragraphs of a Markdown text; empty for a text without words. */
export function parseAppended(markdown: string): readonly AppendedParagraph[] {
  const root = parser.parse(markdown);
  return root.children.flatMap((node: RootContent): readonly AppendedParagraph[] => {
    switch (node.type) {
      case "paragraph":
        return [{ texts: textsOf(node.children, {}), namedStyle: "NORMAL_TEXT", list: null }];
      case "heading":
        return [{ texts: textsOf(node.children, {}), namedStyle: `HEADING_${node.depth}`, list: null }];
      case "list":
        return listOf(node, 0);
      default:
        throw refuse(names[node.type] ?? "this");
    }
  });
}
