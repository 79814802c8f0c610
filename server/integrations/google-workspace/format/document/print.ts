import type { DocumentTab, GoogleDocument, ListProperties, Paragraph, StructuralElement, Tab, Table } from "../../schema/docs";
import { type Atom, type PrintedLine, printInline } from "./inline";
import { type Footnotes, styledParagraph } from "./styled";

/**
 * A document as Markdown: headings, lists, tables, links, the tabs one after the other. Beside the text stands which of its characters are
 * which units of the document, for edits in place. Not printed: headers, footers, page breaks, colours and sizes, empty paragraphs, what is
 * only suggested, and pictures, of which the alternative text is.
 */

export interface TextSpan extends Atom {
  readonly tabId: string;
  /** Null: the tab's body. */
  readonly segmentId: string | null;
  /** Counts the paragraphs of the whole document: units of two paragraphs are never changed together. */
  readonly paragraph: number;
}

export interface PrintedDocument {
  readonly text: string;
  /** In the order of the text. */
  readonly spans: readonly TextSpan[];
}

const headings: Readonly<Record<string, string>> = {
  TITLE: "# ",
  SUBTITLE: "## ",
  HEADING_1: "# ",
  HEADING_2: "## ",
  HEADING_3: "### ",
  HEADING_4: "#### ",
  HEADING_5: "##### ",
  HEADING_6: "###### ",
};

const ordered = new Set(["DECIMAL", "ZERO_DECIMAL", "UPPER_ALPHA", "ALPHA", "UPPER_ROMAN", "ROMAN"]);

/** Every tab, parents before their children, with its path of titles. */
export function listTabs(
  document: GoogleDocument,
): readonly { readonly tab: DocumentTab; readonly tabId: string; readonly titles: readonly string[] }[] {
  const walk = (tabs: readonly Tab[], above: readonly string[]): ReturnType<typeof listTabs> =>
    tabs.flatMap(({ tabProperties, documentTab, childTabs }) => {
      const titles = [...above, tabProperties?.title ?? ""];
      return [{ tab: documentTab ?? {}, tabId: tabProperties?.tabId ?? "", titles }, ...walk(childTabs ?? [], titles)];
    });
  return walk(document.tabs ?? [], []);
}

/** The line that a tab begins with, where there are several. */
const tabLine = (titles: readonly string[]): string =>
  `<!-- tab: ${titles.map((title) => title.replaceAll(/-{2,}|[<>\p{C}]/gu, " ").trim() || "untitled").join(" / ")} -->`;

class Output {
  text = "";
  readonly spans: TextSpan[] = [];
  #paragraph = 0;

  /** Adds a block, with an empty line before it. */
  separate(): void {
    if (this.text !== "") this.text += "\n\n";
  }

  line(printed: PrintedLine, tabId: string, segmentId: string | null): void {
    this.#paragraph += 1;
    const base = this.text.length;
    for (const atom of printed.atoms) {
      this.spans.push({ ...atom, start: base + atom.start, end: base + atom.end, tabId, segmentId, paragraph: this.#paragraph });
    }
    this.text += printed.text;
  }
}

interface ListState {
  /** Marker width and last number of each open level, and the list that it is of: a level may be a list of its own. */
  readonly levels: { readonly width: number; readonly number: number; readonly listId: string }[];
  /** So that two lists one after the other do not run into one. */
  readonly alternate: boolean;
}

class TabPrinter {
  readonly #out: Output;
  readonly #tab: DocumentTab;
  readonly #tabId: string;
  readonly #notes: string[] = [];
  readonly #footnotes: Footnotes;
  #segmentId: string | null = null;
  #list: ListState | null = null;

  constructor(out: Output, tab: DocumentTab, tabId: string, noteBase: number) {
    this.#out = out;
    this.#tab = tab;
    this.#tabId = tabId;
    this.#footnotes = {
      numberOf: (id) => {
        if (!this.#notes.includes(id)) this.#notes.push(id);
        return noteBase + this.#notes.indexOf(id) + 1;
      },
    };
  }

  /** Answers how many footnotes it printed. */
  print(): number {
    this.#blocks(this.#tab.body?.content ?? []);
    for (let at = 0; at < this.#notes.length; at += 1) this.#footnote(this.#notes[at] ?? "");
    return this.#notes.length;
  }

  #footnote(id: string): void {
    this.#out.separate();
    this.#out.text += `[^${this.#footnotes.numberOf(id)}]: `;
    this.#segmentId = id;
    const paragraphs = (this.#tab.footnotes?.[id]?.content ?? []).flatMap(({ paragraph }) => (paragraph === undefined ? [] : [paragraph]));
    paragraphs.forEach((paragraph, index) => {
      if (index > 0) this.#out.text += "<br>";
      this.#inline(paragraph, false, "<br>", false);
    });
    this.#segmentId = null;
  }

  #blocks(content: readonly StructuralElement[]): void {
    for (const { paragraph, table } of content) {
      if (paragraph !== undefined) this.#paragraph(paragraph);
      else if (table !== undefined) this.#table(table);
    }
  }

  readonly #altOf = (objectId: string): string => {
    const embedded = this.#tab.inlineObjects?.[objectId]?.inlineObjectProperties?.embeddedObject;
    return (embedded?.description || embedded?.title || "image").replaceAll(/[[\]\\\n]/g, " ");
  };

  #styled(paragraph: Paragraph) {
    return styledParagraph(paragraph, this.#altOf, this.#footnotes);
  }

  #inline(paragraph: Paragraph, inTable: boolean, lineBreak: string, startsBlock: boolean): void {
    this.#out.line(printInline(this.#styled(paragraph).texts, { inTable, startsBlock, lineBreak }), this.#tabId, this.#segmentId);
  }

  #paragraph(paragraph: Paragraph): void {
    const { texts, hasRule } = this.#styled(paragraph);
    const isEmpty = texts.every(({ text }) => text.trim() === "");
    if (paragraph.bullet !== undefined && !isEmpty) {
      this.#item(paragraph, paragraph.bullet);
      return;
    }
    if (!isEmpty) {
      this.#list = null;
      const heading = headings[paragraph.paragraphStyle?.namedStyleType ?? ""] ?? "";
      this.#out.separate();
      this.#out.text += heading;
      this.#inline(paragraph, false, heading === "" ? "\\\n" : "<br>", heading === "");
    }
    if (hasRule) {
      this.#list = null;
      this.#out.separate();
      this.#out.text += "---";
    }
  }

  #item(paragraph: Paragraph, bullet: NonNullable<Paragraph["bullet"]>): void {
    const listId = bullet.listId ?? "";
    const level = bullet.nestingLevel ?? 0;
    const before = this.#list;
    const continues = before !== null && (level > 0 || before.levels[0]?.listId === listId);
    if (continues) this.#out.text += "\n";
    else this.#out.separate();
    const list: ListState = continues ? before : { levels: [], alternate: before !== null && !before.alternate };
    this.#list = list;
    const properties = nestingOf(this.#tab.lists?.[listId], level);
    // A level that was skipped is as wide as a bullet.
    while (list.levels.length < level) list.levels.push({ width: 2, number: 0, listId });
    list.levels.length = Math.min(list.levels.length, level + 1);
    const known = list.levels[level];
    const number = known?.listId === listId ? known.number + 1 : Math.max(properties.start, 0);
    const marker = properties.isOrdered ? `${number}${list.alternate ? ")" : "."} ` : list.alternate ? "* " : "- ";
    list.levels[level] = { width: marker.length, number, listId };
    const indent = list.levels.slice(0, level).reduce((sum, { width }) => sum + width, 0);
    this.#out.text += " ".repeat(indent) + marker;
    this.#inline(paragraph, false, `\\\n${" ".repeat(indent + marker.length)}`, true);
  }

  #table(table: Table): void {
    const rows = (table.tableRows ?? []).filter((row) => (row.suggestedInsertionIds?.length ?? 0) === 0);
    const columns = Math.max(0, ...rows.map((row) => row.tableCells?.length ?? 0));
    if (columns === 0) return;
    this.#list = null;
    this.#out.separate();
    rows.forEach((row, index) => {
      if (index > 0) this.#out.text += "\n";
      this.#out.text += "|";
      for (let column = 0; column < columns; column += 1) {
        this.#out.text += " ";
        this.#cell(row.tableCells?.[column]?.content ?? []);
        this.#out.text += " |";
      }
      if (index === 0) this.#out.text += `\n|${" --- |".repeat(columns)}`;
    });
  }

  /** A cell is one line: its paragraphs with `<br>` between them. */
  #cell(content: readonly StructuralElement[]): void {
    let isFirst = true;
    const walk = (elements: readonly StructuralElement[]): void => {
      for (const { paragraph, table } of elements) {
        for (const row of table?.tableRows ?? []) for (const cell of row.tableCells ?? []) walk(cell.content ?? []);
        if (paragraph === undefined || this.#styled(paragraph).texts.every(({ text }) => text.trim() === "")) continue;
        if (!isFirst) this.#out.text += "<br>";
        if (paragraph.bullet !== undefined) this.#out.text += "• ";
        isFirst = false;
        this.#inline(paragraph, true, "<br>", false);
      }
    };
    walk(content);
  }
}

function nestingOf(list: ListProperties | undefined, level: number): { readonly isOrdered: boolean; readonly start: number } {
  const properties = list?.listProperties?.nestingLevels?.[level];
  return { isOrdered: ordered.has(properties?.glyphType ?? ""), start: properties?.startNumber ?? 1 };
}

/** The body of a document's file, without the front matter. */
export function printDocumentBody(document: GoogleDocument): PrintedDocument {
  const out = new Output();
  const tabs = listTabs(document);
  let notes = 0;
  for (const { tab, tabId, titles } of tabs) {
    if (tabs.length > 1) {
      out.separate();
      out.text += tabLine(titles);
    }
    notes += new TabPrinter(out, tab, tabId, notes).print();
  }
  return { text: out.text, spans: out.spans };
}
