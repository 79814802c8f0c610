import { GoogleRefusal } from "../failures";

/** A simulated document: tabs of blocks. Indices are UTF-16 units and are worked out when they are needed (discovery document of Docs v1). */

/** The properties of `TextStyle` that the sandbox keeps; all of them are given back as they were set. */
export type TextStyle = Readonly<Record<string, unknown>>;

export interface TextRun {
  readonly kind: "text";
  text: string;
  style: TextStyle;
  readonly suggestedInsertionIds?: readonly string[];
  readonly suggestedDeletionIds?: readonly string[];
}

/** Something that is one unit long: a chip, an image, a rule, a footnote's mark. */
export interface ObjectRun {
  readonly kind: "object";
  /** The property of `ParagraphElement` that it is: `person`, `richLink`. */
  readonly name: string;
  readonly value: Readonly<Record<string, unknown>>;
  style: TextStyle;
}

export type Run = TextRun | ObjectRun;

export interface ParagraphBlock {
  readonly type: "paragraph";
  runs: Run[];
  namedStyleType: string;
  bullet: { readonly listId: string; readonly level: number } | null;
}

export interface TableBlock {
  readonly type: "table";
  /** Rows of cells of blocks. */
  readonly rows: Block[][][];
}

export type Block = ParagraphBlock | TableBlock;

export interface ListRow {
  /** `glyphType` by level for numbered lists, `glyphSymbol` for others. */
  readonly preset: string;
}

export interface NamedRange {
  readonly id: string;
  readonly name: string;
  start: number;
  end: number;
}

export interface TabRow {
  readonly id: string;
  title: string;
  readonly parentId: string | null;
  body: Block[];
  readonly lists: Map<string, ListRow>;
  readonly footnotes: Map<string, Block[]>;
  readonly inlineObjects: Map<string, Readonly<Record<string, unknown>>>;
  namedRanges: NamedRange[];
}

export interface DocumentRow {
  /** The id of its file. */
  readonly id: string;
  /** Counts the changes. */
  revision: number;
  readonly tabs: TabRow[];
  /** Makes the ids of lists, ranges and tabs. */
  nextId: number;
}

export const paragraphOf = (text: string, namedStyleType = "NORMAL_TEXT", style: TextStyle = {}): ParagraphBlock => ({
  type: "paragraph",
  runs: text === "" ? [] : [{ kind: "text", text, style }],
  namedStyleType,
  bullet: null,
});

export function newTab(id: string, title: string, parentId: string | null = null, body: Block[] = []): TabRow {
  return {
    id,
    title,
    parentId,
    body: body.length === 0 ? [paragraphOf("")] : body,
    lists: new Map(),
    footnotes: new Map(),
    inlineObjects: new Map(),
    namedRanges: [],
  };
}

export const blankDocument = (id: string): DocumentRow => ({ id, revision: 1, tabs: [newTab("t.0", "Tab 1")], nextId: 1 });

export function makeId(document: DocumentRow, prefix: string): string {
  const id = `${prefix}.${document.id.slice(0, 6).toLowerCase()}${document.nextId}`;
  document.nextId += 1;
  return id;
}

export const lengthOf = (run: Run): number => (run.kind === "text" ? run.text.length : 1);

/** Without the line end. */
export const paragraphLength = (paragraph: ParagraphBlock): number => paragraph.runs.reduce((sum, run) => sum + lengthOf(run), 0);

/** A paragraph and where it stands; `end` is behind its line end. */
export interface Placed {
  readonly paragraph: ParagraphBlock;
  readonly start: number;
  readonly end: number;
  /** The blocks it is among. */
  readonly container: Block[];
  readonly isLast: boolean;
}

/** Where a table and its parts begin and end. */
export interface PlacedTable {
  readonly table: TableBlock;
  readonly start: number;
  readonly end: number;
  readonly rows: readonly {
    readonly start: number;
    readonly end: number;
    readonly cells: readonly { readonly start: number; readonly end: number }[];
  }[];
}

export interface Layout {
  readonly paragraphs: readonly Placed[];
  readonly tables: ReadonlyMap<TableBlock, PlacedTable>;
  readonly end: number;
}

/** Lays blocks out from an index on: a table, each row and each cell take one unit before what is in them, and the table one behind it. */
export function layOut(blocks: Block[], from: number): Layout {
  const paragraphs: Placed[] = [];
  const tables = new Map<TableBlock, PlacedTable>();

  function place(container: Block[], start: number): number {
    let at = start;
    container.forEach((block, index) => {
      if (block.type === "paragraph") {
        const end = at + paragraphLength(block) + 1;
        paragraphs.push({ paragraph: block, start: at, end, container, isLast: index === container.length - 1 });
        at = end;
        return;
      }
      const tableStart = at;
      at += 1;
      const rows = block.rows.map((row) => {
        const rowStart = at;
        at += 1;
        const cells = row.map((cell) => {
          const cellStart = at;
          at = place(cell, at + 1);
          return { start: cellStart, end: at };
        });
        return { start: rowStart, end: at, cells };
      });
      at += 1;
      tables.set(block, { table: block, start: tableStart, end: at, rows });
    });
    return at;
  }

  const end = place(blocks, from);
  return { paragraphs, tables, end };
}

/** A body begins with a section break of one unit; a footnote with nothing. */
export const bodyStart = 1;

const invalid = (message: string): GoogleRefusal => new GoogleRefusal(400, "badRequest", message);

/** The paragraph that an index is in; 400 where there is none. */
export function findPlaced(layout: Layout, index: number, request: string): Placed {
  const found = layout.paragraphs.find(({ start, end }) => index >= start && index < end);
  if (found !== undefined) return found;
  if (index >= layout.end) {
    throw invalid(`Invalid ${request}: Index ${index} must be less than the end index of the referenced segment, ${layout.end}.`);
  }
  throw invalid(
    `Invalid ${request}: The insertion index must be inside the bounds of an existing paragraph. You can still create new paragraphs by inserting newlines.`,
  );
}

/** Run and offset in it at an offset of the paragraph; at a border the run before it. */
export function splitRunsAt(paragraph: ParagraphBlock, offset: number): number {
  let at = 0;
  for (const [index, run] of paragraph.runs.entries()) {
    if (offset === at) return index;
    const length = lengthOf(run);
    if (offset < at + length && run.kind === "text") {
      const right: TextRun = { ...run, text: run.text.slice(offset - at) };
      run.text = run.text.slice(0, offset - at);
      paragraph.runs.splice(index + 1, 0, right);
      return index + 1;
    }
    at += length;
  }
  return paragraph.runs.length;
}
