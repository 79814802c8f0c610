import type { BlockContent, List, Nodes, PhrasingContent, Root, RootContent } from "mdast";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkStringify from "remark-stringify";
import { unified } from "unified";
import { blank, hasMark, isBlank, type Line, type MarkName, type Marks, normalizeLines, type Run } from "./lines";
import { isLinkable } from "./mrkdwn";

/**
 * Markdown (CommonMark and GFM) of a message's lines, and back. A line break of Slack's is a hard one here; going to Slack, soft ones count
 * too. What Slack has no notation for comes near it: headings are bold lines, numbered items text, tables code, images links.
 */

/** How people and channels that a message mentions appear. */
export interface MentionPrinter {
  /** `https://acme.slack.com/`, with the slash: where the links of mentions lead. */
  readonly base: string;
  /** What is shown of a mention (`@U1`, `#C1`): a name with its sign. */
  nameOf(target: string): string;
}

/** Blocks that have no blank line between them, or several; carried from the lines to the printer. */
const blanksBefore = new WeakMap<object, number>();

const printer = unified()
  .use(remarkGfm)
  .use(remarkStringify, {
    bullet: "-",
    emphasis: "_",
    strong: "*",
    fences: true,
    rule: "-",
    join: [(_left, right) => blanksBefore.get(right)],
  });
const parser = unified().use(remarkParse).use(remarkGfm);

/** Markdown of normalized lines; `""` for none. */
export function printMarkdown(lines: readonly Line[], mentions: MentionPrinter): string {
  return stringify(treeOf(lines, mentions));
}

/** Blocks as Markdown without a line feed at the end. */
export function stringify(blocks: readonly RootContent[]): string {
  return printer.stringify({ type: "root", children: [...blocks] }).replace(/\n$/, "");
}

/** The blocks of normalized lines. */
export function treeOf(lines: readonly Line[], mentions: MentionPrinter): readonly BlockContent[] {
  const blocks: BlockContent[] = [];
  let blanks = 0;
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (line === undefined) break;
    if (isBlank(line)) {
      blanks += 1;
      at += 1;
      continue;
    }
    const end = endOfBlock(lines, at);
    const block = blockOf(lines.slice(at, end), mentions);
    if (blocks.length > 0) blanksBefore.set(block, blanks);
    blocks.push(block);
    blanks = 0;
    at = end;
  }
  return blocks;
}

/** The index after the block that begins at `from`; a list goes on over blank lines. */
function endOfBlock(lines: readonly Line[], from: number): number {
  const type = lines[from]?.type;
  let end = from + 1;
  if (type === "code") return end;
  for (let at = end; at < lines.length; at += 1) {
    const line = lines[at];
    if (type === "bullet" && isBlank(line)) continue;
    if (line?.type !== type || isBlank(line)) break;
    end = at + 1;
  }
  return end;
}

function blockOf(lines: readonly Line[], mentions: MentionPrinter): BlockContent {
  const [first] = lines;
  if (first?.type === "code") return { type: "code", value: first.text };
  if (first?.type === "bullet") return listOf(lines, 0, mentions);
  const texts = lines.flatMap((line) => (line.type === "text" || line.type === "quote" ? [line.runs] : []));
  if (first?.type !== "quote") return paragraphOf(texts, mentions);
  const quoted = treeOf(
    texts.map((runs) => ({ type: "text", runs })),
    mentions,
  );
  return { type: "blockquote", children: [...quoted] };
}

function paragraphOf(texts: readonly (readonly Run[])[], mentions: MentionPrinter): BlockContent {
  const children = texts.flatMap((runs, index): PhrasingContent[] => [
    ...(index === 0 ? [] : [{ type: "break" as const }]),
    ...phrasingOf(runs, mentions),
  ]);
  return { type: "paragraph", children };
}

/** The list of lines whose first has that level; deeper ones become lists in their items. */
function listOf(lines: readonly Line[], level: number, mentions: MentionPrinter): List {
  const list: List = { type: "list", ordered: false, spread: false, children: [] };
  let blanks = 0;
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (line?.type !== "bullet") {
      blanks += 1;
      at += 1;
      continue;
    }
    const item = list.children.at(-1);
    if (line.level > level && item !== undefined) {
      let end = at + 1;
      for (let next = end; next < lines.length; next += 1) {
        const following = lines[next];
        if (following?.type === "bullet" && following.level <= level) break;
        if (following?.type === "bullet") end = next + 1;
      }
      const nested = listOf(lines.slice(at, end), level + 1, mentions);
      blanksBefore.set(nested, blanks);
      item.children.push(nested);
      at = end;
    } else {
      const added = { type: "listItem" as const, spread: false, children: [paragraphOf([line.runs], mentions)] };
      blanksBefore.set(added, blanks);
      list.children.push(added);
      at += 1;
    }
    blanks = 0;
  }
  return list;
}

const nodeOf: Readonly<Record<MarkName, "strong" | "emphasis" | "delete">> = { bold: "strong", italic: "emphasis", strike: "delete" };

function phrasingOf(
  runs: readonly Run[],
  mentions: MentionPrinter,
  marks: readonly MarkName[] = ["bold", "italic", "strike"],
): PhrasingContent[] {
  const [mark, ...inner] = marks;
  if (mark === undefined) return runs.map((run) => leafOf(run, mentions));
  const nodes: PhrasingContent[] = [];
  for (let at = 0; at < runs.length; ) {
    const run = runs[at];
    if (run === undefined) break;
    const marked = hasMark(run, mark);
    let end = at + 1;
    while (end < runs.length && hasMark(runs[end] ?? {}, mark) === marked) end += 1;
    const children = phrasingOf(runs.slice(at, end), mentions, inner);
    if (marked) nodes.push({ type: nodeOf[mark], children });
    else nodes.push(...children);
    at = end;
  }
  return nodes;
}

function leafOf(run: Run, mentions: MentionPrinter): PhrasingContent {
  switch (run.type) {
    case "text":
      return { type: "text", value: run.text };
    case "code":
      return { type: "inlineCode", value: run.text };
    case "link":
      return { type: "link", url: run.url, children: [{ type: "text", value: run.text }] };
    case "mention":
      return { type: "link", url: mentionUrl(run.target, mentions.base), children: [{ type: "text", value: mentions.nameOf(run.target) }] };
  }
}

/** Pages of Slack's for people and channels; the rest, which has none, is carried in the fragment. */
function mentionUrl(target: string, base: string): string {
  if (target.startsWith("@")) return `${base}team/${target.slice(1)}`;
  if (target.startsWith("#")) return `${base}archives/${target.slice(1)}`;
  return `${base}#${encodeURIComponent(target)}`;
}

function mentionOf(url: string, base: string): string | null {
  if (!url.startsWith(base)) return null;
  const rest = url.slice(base.length);
  const person = /^team\/([A-Z0-9]+)$/.exec(rest)?.[1];
  if (person !== undefined) return `@${person}`;
  const channel = /^archives\/([A-Z0-9]+)$/.exec(rest)?.[1];
  if (channel !== undefined) return `#${channel}`;
  if (!/^#(?:!|%21)[a-z]/.test(rest)) return null;
  try {
    return decodeURIComponent(rest.slice(1));
  } catch {
    // A fragment that is no percent-encoding is somebody's own link.
    return null;
  }
}

/** The lines of a Markdown text. `base` is the team's address, whose links of people and channels are mentions. */
export function parseMarkdown(markdown: string, base: string): readonly Line[] {
  const root = parser.parse(markdown.replaceAll(/\r\n?/g, "\n"));
  return normalizeLines(linesOf(root.children, { base, definitions: definitionsOf(root) }));
}

interface Reading {
  readonly base: string;
  readonly definitions: ReadonlyMap<string, string>;
}

function definitionsOf(root: Root): ReadonlyMap<string, string> {
  return new Map(root.children.flatMap((node) => (node.type === "definition" ? [[node.identifier, node.url] as const] : [])));
}

/** Blocks one after another, with the blank lines that the text has between them. */
function linesOf(nodes: readonly Nodes[], reading: Reading): readonly Line[] {
  const lines: Line[] = [];
  let before: Nodes | undefined;
  for (const node of nodes) {
    const added = blockLines(node, reading);
    if (before !== undefined) {
      const gap = (node.position?.start.line ?? 0) - (before.position?.end.line ?? 0) - 1;
      for (let count = 0; count < gap; count += 1) lines.push(blank);
    }
    lines.push(...added);
    before = node;
  }
  return lines;
}

const textLine = (text: string): Line => ({ type: "text", runs: text === "" ? [] : [{ type: "text", text }] });

function blockLines(node: Nodes, reading: Reading): readonly Line[] {
  switch (node.type) {
    case "paragraph":
      return textLines(runLines(node.children, {}, reading));
    case "heading":
      return textLines(runLines(node.children, { bold: true }, reading));
    case "thematicBreak":
      return [textLine("---")];
    case "code":
      return [{ type: "code", text: node.value }];
    case "blockquote":
      return linesOf(node.children, reading).flatMap(quoted);
    case "list":
      return listLines(node, 0, reading);
    case "table":
      return [{ type: "code", text: tableText(node.children.map((row) => row.children.map((cell) => plainText(cell.children)))) }];
    case "html":
      return node.value.split("\n").map(textLine);
    case "footnoteDefinition":
      return prefixed(`[${node.identifier}]: `, linesOf(node.children, reading));
    default:
      return [];
  }
}

const textLines = (lines: readonly (readonly Run[])[]): readonly Line[] => lines.map((runs) => ({ type: "text", runs }));

/** Slack quotes lines, not blocks: what else is in a quote becomes a line of it. */
function quoted(line: Line): readonly Line[] {
  switch (line.type) {
    case "text":
      return [{ type: "quote", runs: line.runs }];
    case "quote":
      return [{ type: "quote", runs: [{ type: "text", text: "> " }, ...line.runs] }];
    case "bullet":
      return [{ type: "quote", runs: [{ type: "text", text: `${"\u2003".repeat(line.level)}• ` }, ...line.runs] }];
    case "code":
      return line.text.split("\n").map((text) => ({ type: "quote", runs: text.trim() === "" ? [] : [{ type: "code", text }] }));
  }
}

/** The lines with a text before the first. */
function prefixed(prefix: string, lines: readonly Line[]): readonly Line[] {
  const [first, ...rest] = lines;
  if (first === undefined || first.type === "code") return [textLine(prefix.trimEnd()), ...lines];
  return [{ type: "text", runs: [{ type: "text", text: prefix }, ...first.runs] }, ...rest];
}

function listLines(list: List, level: number, reading: Reading): readonly Line[] {
  const lines: Line[] = [];
  let before: Nodes | undefined;
  for (const [index, item] of list.children.entries()) {
    const gap = before === undefined ? 0 : (item.position?.start.line ?? 0) - (before.position?.end.line ?? 0) - 1;
    for (let count = 0; count < gap; count += 1) lines.push(blank);
    before = item;
    const [first, ...rest] = item.children;
    const box = item.checked === true ? "☑ " : item.checked === false ? "☐ " : "";
    const head = first?.type === "paragraph" ? runLines(first.children, {}, reading) : [];
    // An item is one line in Slack.
    const runs = head.flatMap((line, at): readonly Run[] => (at === 0 ? line : [{ type: "text", text: " " }, ...line]));
    const marked: readonly Run[] = box === "" ? runs : [{ type: "text", text: box }, ...runs];
    if (list.ordered === true) {
      const number = `${" ".repeat(4 * level)}${(list.start ?? 1) + index}. `;
      lines.push({ type: "text", runs: [{ type: "text", text: number }, ...marked] });
    } else lines.push({ type: "bullet", level, runs: marked });
    let previous = first;
    for (const child of first?.type === "paragraph" ? rest : item.children) {
      const between =
        previous === undefined || previous === child ? 0 : (child.position?.start.line ?? 0) - (previous.position?.end.line ?? 0) - 1;
      for (let count = 0; count < between; count += 1) lines.push(blank);
      lines.push(...(child.type === "list" ? listLines(child, level + 1, reading) : blockLines(child, reading)));
      previous = child;
    }
  }
  return lines;
}

/** Phrasing as runs, one list a line. */
function runLines(nodes: readonly PhrasingContent[], marks: Marks, reading: Reading): readonly (readonly Run[])[] {
  const lines: Run[][] = [[]];
  const add = (run: Run): void => {
    lines.at(-1)?.push(run);
  };
  const addText = (text: string): void => {
    for (const [index, part] of text.split("\n").entries()) {
      if (index > 0) lines.push([]);
      if (part !== "") add({ type: "text", text: part, ...marks });
    }
  };
  const addAll = (children: readonly PhrasingContent[], inner: Marks): void => {
    for (const [index, line] of runLines(children, inner, reading).entries()) {
      if (index > 0) lines.push([]);
      for (const run of line) add(run);
    }
  };
  const addLink = (url: string, label: string): void => {
    const target = mentionOf(url, reading.base);
    if (target !== null) add({ type: "mention", target, ...marks });
    else if (isLinkable(url)) add({ type: "link", url: url.replaceAll("|", "%7C"), text: label, ...marks });
    else addText(label === "" || label === url ? url : `${label} (${url})`);
  };
  for (const node of nodes) {
    switch (node.type) {
      case "text":
      case "html":
        addText(node.value);
        break;
      case "inlineCode":
        add({ type: "code", text: node.value, ...marks });
        break;
      case "break":
        lines.push([]);
        break;
      case "strong":
        addAll(node.children, { ...marks, bold: true });
        break;
      case "emphasis":
        addAll(node.children, { ...marks, italic: true });
        break;
      case "delete":
        addAll(node.children, { ...marks, strike: true });
        break;
      case "link":
        addLink(node.url, plainText(node.children));
        break;
      case "linkReference":
        addLink(reading.definitions.get(node.identifier) ?? "", plainText(node.children));
        break;
      case "image":
        addLink(node.url, node.alt ?? "");
        break;
      case "imageReference":
        addLink(reading.definitions.get(node.identifier) ?? "", node.alt ?? "");
        break;
      case "footnoteReference":
        addText(`[${node.identifier}]`);
        break;
    }
  }
  return lines;
}

/** What phrasing says, without its marks. */
function plainText(nodes: readonly PhrasingContent[]): string {
  return nodes
    .map((node) => {
      if ("value" in node) return node.value;
      if ("children" in node) return plainText(node.children);
      if (node.type === "break") return " ";
      return "alt" in node ? (node.alt ?? "") : "";
    })
    .join("");
}

/** A table with its columns under each other. */
function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
