import { textOf } from "./batch";
import type { Block, DocumentRow, ParagraphBlock, Run, TabRow } from "./model";

/** A document as `files.export` gives it. The sandbox writes plain, readable forms; Google's own differ in detail. */

function inline(runs: readonly Run[]): string {
  return runs
    .map((run) => {
      if (run.kind === "object") return run.name === "horizontalRule" ? "\n\n---\n\n" : "";
      const text = run.text.replaceAll(/[\\`*_[\]<]/g, (character) => `\\${character}`).replaceAll("\v", "  \n");
      const { bold, italic, strikethrough, link } = run.style;
      const url = typeof link === "object" && link !== null && "url" in link ? String(link.url) : null;
      const marked = `${bold === true ? "**" : ""}${italic === true ? "*" : ""}${strikethrough === true ? "~~" : ""}`;
      const styled = marked === "" ? text : `${marked}${text}${Array.from(marked).reverse().join("")}`;
      return url === null ? styled : `[${styled}](${url})`;
    })
    .join("");
}

const headingMarks: Readonly<Record<string, string>> = {
  TITLE: "# ",
  HEADING_1: "# ",
  HEADING_2: "## ",
  HEADING_3: "### ",
  HEADING_4: "#### ",
  HEADING_5: "##### ",
  HEADING_6: "###### ",
};

function markdownOf(tab: TabRow): string {
  const line = (block: ParagraphBlock): string => {
    const text = inline(block.runs);
    if (block.bullet !== null) {
      const numbered = tab.lists.get(block.bullet.listId)?.preset.startsWith("NUMBERED") === true;
      return `${"  ".repeat(block.bullet.level)}${numbered ? "1." : "*"} ${text}`;
    }
    return `${headingMarks[block.namedStyleType] ?? ""}${text}`;
  };
  const blockText = (block: Block): string => {
    if (block.type === "paragraph") return line(block);
    const rows = block.rows.map((row) => `| ${row.map((cell) => cell.map(blockText).join(" ").replaceAll("|", "\\|")).join(" | ")} |`);
    return [rows[0], `|${" :---- |".repeat(block.rows[0]?.length ?? 0)}`, ...rows.slice(1)].join("\n");
  };
  return tab.body
    .map(blockText)
    .filter((text) => text !== "")
    .join("\n\n");
}

function plainOf(blocks: readonly Block[]): string {
  return blocks
    .map((block) => (block.type === "paragraph" ? textOf(block) : block.rows.map((row) => row.map(plainOf).join("\t")).join("\n")))
    .join("\r\n");
}

const escapeHtml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** The formats that the sandbox exports documents in. */
export const documentExports: Readonly<Record<string, (document: DocumentRow) => string>> = {
  "text/markdown": (document) => `${document.tabs.map(markdownOf).join("\n\n")}\n`,
  "text/plain": (document) => `\uFEFF${document.tabs.map(({ body }) => plainOf(body)).join("\r\n\r\n")}`,
  "text/html": (document) =>
    `<html><body>${document.tabs
      .flatMap(({ body }) => plainOf(body).split("\r\n"))
      .map((text) => `<p>${escapeHtml(text)}</p>`)
      .join("")}</body></html>`,
};

/** What a person reads of it: for the sandbox's pages. */
export const readableText = (document: DocumentRow): string =>
  document.tabs
    .map(({ title, body }) => (document.tabs.length > 1 ? `[${title}]\n` : "") + plainOf(body).replaceAll("\r", ""))
    .join("\n\n");
