import type { Link, Paragraph, PhrasingContent, Root, RootContent, Text } from "mdast";
import { SKIP, visit } from "unist-util-visit";

/** Changes of a Markdown tree between the libraries that read it and those that print it. */

const isText = (node: PhrasingContent | undefined): node is Text => node?.type === "text";

type WithChildren = { children: PhrasingContent[] };

/** `**bold **x` is no bold in Markdown: blanks at the edges of emphasis go outside it, and emphasis of nothing goes. */
export const blanksOutsideEmphasis = () => (tree: Root) => {
  visit(tree, (node, index, parent) => {
    if (!(node.type === "strong" || node.type === "emphasis" || node.type === "delete") || parent === undefined || index === undefined)
      return;
    const first = node.children.at(0);
    const last = node.children.at(-1);
    const before = isText(first) ? (/^\s+/.exec(first.value)?.[0] ?? "") : "";
    if (isText(first)) first.value = first.value.slice(before.length);
    const after = isText(last) ? (/\s+$/.exec(last.value)?.[0] ?? "") : "";
    if (isText(last)) last.value = last.value.slice(0, last.value.length - after.length);
    node.children = node.children.filter((child) => !(isText(child) && child.value === ""));
    const blank = (value: string): PhrasingContent[] => (value === "" ? [] : [{ type: "text", value }]);
    if (before === "" && after === "" && node.children.length > 0) return;
    const kept: PhrasingContent[] = [...blank(before), ...(node.children.length === 0 ? [] : [node]), ...blank(after)];
    (parent as WithChildren).children.splice(index, 1, ...kept);
    return [SKIP, index + blank(before).length];
  });
  mergeTexts(tree);
};

function mergeTexts(tree: Root): void {
  visit(tree, (node) => {
    if (!("children" in node)) return;
    const parent = node as WithChildren;
    const merged: PhrasingContent[] = [];
    for (const child of parent.children) {
      const last = merged.at(-1);
      if (isText(child) && isText(last)) last.value += child.value;
      else merged.push(child);
    }
    parent.children = merged;
  });
}

const isBlank = (node: PhrasingContent | undefined): boolean => isText(node) && node.value.trim() === "";

/** A paragraph's pieces between empty lines, without breaks at their edges. */
function piecesOf(children: readonly PhrasingContent[]): PhrasingContent[][] {
  const pieces: PhrasingContent[][] = [[]];
  let breaks = 0;
  for (const child of children) {
    const piece = pieces.at(-1) ?? [];
    if (child.type === "break") breaks += 1;
    else if (isBlank(child) && (breaks > 0 || piece.length === 0)) continue;
    else {
      if (breaks > 1 && piece.length > 0) pieces.push([child]);
      else if (breaks === 1 && piece.length > 0) piece.push({ type: "break" }, child);
      else piece.push(child);
      breaks = 0;
    }
  }
  return pieces.filter((piece) => piece.length > 0);
}

/** Mail and web pages make paragraphs of `<br><br>`: they are split there, empty ones go. */
export const splitAtEmptyLines = () => (tree: Root) => {
  visit(tree, "paragraph", (node, index, parent) => {
    if (parent === undefined || index === undefined) return;
    const pieces = piecesOf(node.children).map((children): Paragraph => ({ type: "paragraph", children }));
    (parent.children as RootContent[]).splice(index, 1, ...pieces);
    return [SKIP, index + pieces.length];
  });
};

/** In a dialect where a line end is a line break, breaks in paragraphs are printed as line ends. */
export const breaksAsLineEnds = () => (tree: Root) => {
  visit(tree, (node, index, parent) => {
    if (node.type === "heading" || node.type === "tableCell") return SKIP;
    if (node.type !== "break" || parent === undefined || index === undefined) return;
    const { children } = parent as WithChildren;
    const [before, after] = [children[index - 1], children[index + 1]];
    // Blanks around a line end would be encoded; they show nothing.
    if (isText(before)) before.value = before.value.trimEnd();
    if (isText(after)) after.value = after.value.trimStart();
    children.splice(index, 1, { type: "text", value: "\n" });
  });
  mergeTexts(tree);
};

/** The other way: line ends of a text as breaks. */
export const lineEndsAsBreaks = () => (tree: Root) => {
  visit(tree, "text", (node, index, parent) => {
    if (parent === undefined || index === undefined || !node.value.includes("\n")) return;
    const parts = node.value
      .split("\n")
      .flatMap((value, at): PhrasingContent[] => [
        ...(at === 0 ? [] : [{ type: "break" } as const]),
        ...(value === "" ? [] : [{ type: "text", value } as const]),
      ]);
    (parent as WithChildren).children.splice(index, 1, ...parts);
    return [SKIP, index + parts.length];
  });
};

/** What looks like HTML in Markdown is text here: it neither runs nor disappears. */
export const htmlAsText = () => (tree: Root) => {
  visit(tree, "html", (node, index, parent) => {
    if (parent === undefined || index === undefined) return;
    const text: Text = { type: "text", value: node.value };
    const phrasing = ["paragraph", "heading", "emphasis", "strong", "delete", "link", "tableCell"].includes(parent.type);
    (parent.children as RootContent[]).splice(index, 1, phrasing ? text : { type: "paragraph", children: [text] });
    return [SKIP, index + 1];
  });
};

const address = /\bhttps?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}*_~]|(?<![\w.+-])[\w.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?![\w@])/gi;

function linkOf(text: string): Link {
  const url = /^https?:/i.test(text) ? text : `mailto:${text}`;
  return { type: "link", url, children: [{ type: "text", value: text }] };
}

/** Addresses in a text as links, so that they are printed as `<https://…>` and not with every sign escaped. */
export const linkAddresses = () => (tree: Root) => {
  visit(tree, (node, index, parent) => {
    if (node.type === "link" || node.type === "linkReference") return SKIP;
    if (node.type !== "text" || parent === undefined || index === undefined) return;
    const parts: PhrasingContent[] = [];
    let end = 0;
    for (const match of node.value.matchAll(address)) {
      // An autolink cannot hold every address (CommonMark §6.5, GFM §6.9); those stay text.
      if (!URL.canParse(linkOf(match[0]).url)) continue;
      if (match.index > end) parts.push({ type: "text", value: node.value.slice(end, match.index) });
      parts.push(linkOf(match[0]));
      end = match.index + match[0].length;
    }
    if (end === 0) return;
    if (end < node.value.length) parts.push({ type: "text", value: node.value.slice(end) });
    (parent as WithChildren).children.splice(index, 1, ...parts);
    return [SKIP, index + parts.length];
  });
};
