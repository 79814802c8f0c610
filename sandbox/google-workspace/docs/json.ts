import {
  type Block,
  bodyStart,
  type DocumentRow,
  layOut,
  lengthOf,
  type ParagraphBlock,
  type Placed,
  type PlacedTable,
  type TableBlock,
  type TabRow,
} from "./model";

/** A document as `documents.get` answers it. */

const numbered = ["DECIMAL", "ALPHA", "ROMAN"];
const symbols = ["●", "○", "■"];

/** The nine levels of a list made with this preset. */
function nestingLevels(preset: string): readonly unknown[] {
  return Array.from({ length: 9 }, (_, level) => {
    const common = {
      bulletAlignment: "START",
      glyphFormat: preset.startsWith("NUMBERED") ? `%${level}.` : `%${level}`,
      indentFirstLine: { magnitude: 18 + level * 36, unit: "PT" },
      indentStart: { magnitude: 36 + level * 36, unit: "PT" },
      textStyle: {},
      startNumber: 1,
    };
    if (preset.startsWith("NUMBERED")) return { ...common, glyphType: numbered[level % 3] };
    if (preset === "BULLET_CHECKBOX") return { ...common, glyphType: "GLYPH_TYPE_UNSPECIFIED" };
    return { ...common, glyphSymbol: symbols[level % 3] };
  });
}

const sameStyle = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** `preview`: for who may not see suggestions, they are not there. */
export interface JsonOptions {
  readonly preview: boolean;
}

function elementsOf({ paragraph, start, end }: Placed, { preview }: JsonOptions): readonly unknown[] {
  const elements: { startIndex: number; endIndex: number; textRun?: { content: string; textStyle: unknown }; [name: string]: unknown }[] =
    [];
  let at = start;
  for (const run of paragraph.runs) {
    const next = at + lengthOf(run);
    const before = elements.at(-1);
    if (run.kind === "object") {
      elements.push({ startIndex: at, endIndex: next, [run.name]: { ...run.value, textStyle: run.style } });
    } else {
      const marks = {
        ...(run.suggestedInsertionIds === undefined || preview ? {} : { suggestedInsertionIds: run.suggestedInsertionIds }),
        ...(run.suggestedDeletionIds === undefined || preview ? {} : { suggestedDeletionIds: run.suggestedDeletionIds }),
      };
      const plain = Object.keys(marks).length === 0;
      const joins = plain && before?.textRun !== undefined && Object.keys(before.textRun).length === 2;
      if (joins && before.textRun !== undefined && sameStyle(before.textRun.textStyle, run.style)) {
        before.textRun.content += run.text;
        before.endIndex = next;
      } else elements.push({ startIndex: at, endIndex: next, textRun: { content: run.text, textStyle: run.style, ...marks } });
    }
    at = next;
  }
  const last = elements.at(-1);
  if (last?.textRun !== undefined && Object.keys(last.textRun).length === 2) {
    last.textRun.content += "\n";
    last.endIndex = end;
  } else elements.push({ startIndex: at, endIndex: end, textRun: { content: "\n", textStyle: {} } });
  return elements;
}

function contentOf(
  blocks: readonly Block[],
  placed: ReadonlyMap<ParagraphBlock, Placed>,
  tables: ReadonlyMap<TableBlock, PlacedTable>,
  options: JsonOptions,
): readonly unknown[] {
  return blocks.map((block) => {
    if (block.type === "paragraph") {
      const at = placed.get(block);
      if (at === undefined) throw new Error("A paragraph was not laid out.");
      return {
        startIndex: at.start,
        endIndex: at.end,
        paragraph: {
          elements: elementsOf(at, options),
          paragraphStyle: { namedStyleType: block.namedStyleType, direction: "LEFT_TO_RIGHT" },
          ...(block.bullet === null
            ? {}
            : {
                bullet: {
                  listId: block.bullet.listId,
                  ...(block.bullet.level === 0 ? {} : { nestingLevel: block.bullet.level }),
                  textStyle: {},
                },
              }),
        },
      };
    }
    const at = tables.get(block);
    if (at === undefined) throw new Error("A table was not laid out.");
    return {
      startIndex: at.start,
      endIndex: at.end,
      table: {
        rows: block.rows.length,
        columns: block.rows[0]?.length ?? 0,
        tableRows: block.rows.map((row, rowIndex) => ({
          startIndex: at.rows[rowIndex]?.start,
          endIndex: at.rows[rowIndex]?.end,
          tableCells: row.map((cell, cellIndex) => ({
            startIndex: at.rows[rowIndex]?.cells[cellIndex]?.start,
            endIndex: at.rows[rowIndex]?.cells[cellIndex]?.end,
            content: contentOf(cell, placed, tables, options),
            tableCellStyle: { rowSpan: 1, columnSpan: 1 },
          })),
          tableRowStyle: {},
        })),
        tableStyle: {},
      },
    };
  });
}

/** What is only suggested to be there is not there for who may not see suggestions. */
function withoutSuggested(blocks: readonly Block[]): Block[] {
  return blocks.map((block) =>
    block.type === "table"
      ? { type: "table", rows: block.rows.map((row) => row.map((cell) => withoutSuggested(cell))) }
      : { ...block, runs: block.runs.filter((run) => run.kind !== "text" || run.suggestedInsertionIds === undefined) },
  );
}

function segment(source: Block[], from: number, options: JsonOptions): readonly unknown[] {
  const blocks = options.preview ? withoutSuggested(source) : source;
  const layout = layOut(blocks, from);
  return contentOf(blocks, new Map(layout.paragraphs.map((placed) => [placed.paragraph, placed])), layout.tables, options);
}

function namedRangesOf(tab: TabRow): Readonly<Record<string, unknown>> {
  const names = [...new Set(tab.namedRanges.map(({ name }) => name))];
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        name,
        namedRanges: tab.namedRanges
          .filter((range) => range.name === name)
          .map(({ id, start, end }) => ({ namedRangeId: id, name, ranges: [{ startIndex: start, endIndex: end, tabId: tab.id }] })),
      },
    ]),
  );
}

function documentTab(tab: TabRow, options: JsonOptions) {
  return {
    body: {
      content: [
        {
          endIndex: bodyStart,
          sectionBreak: { sectionStyle: { columnSeparatorStyle: "NONE", contentDirection: "LEFT_TO_RIGHT", sectionType: "CONTINUOUS" } },
        },
        ...segment(tab.body, bodyStart, options),
      ],
    },
    documentStyle: { pageSize: { height: { magnitude: 841.89, unit: "PT" }, width: { magnitude: 595.276, unit: "PT" } } },
    namedStyles: { styles: [{ namedStyleType: "NORMAL_TEXT", textStyle: {}, paragraphStyle: { namedStyleType: "NORMAL_TEXT" } }] },
    ...(tab.lists.size === 0
      ? {}
      : {
          lists: Object.fromEntries(
            [...tab.lists].map(([id, { preset }]) => [id, { listProperties: { nestingLevels: nestingLevels(preset) } }]),
          ),
        }),
    ...(tab.footnotes.size === 0
      ? {}
      : {
          footnotes: Object.fromEntries(
            [...tab.footnotes].map(([id, blocks]) => [id, { footnoteId: id, content: segment(blocks, 0, options) }]),
          ),
        }),
    ...(tab.inlineObjects.size === 0
      ? {}
      : {
          inlineObjects: Object.fromEntries(
            [...tab.inlineObjects].map(([id, embeddedObject]) => [id, { objectId: id, inlineObjectProperties: { embeddedObject } }]),
          ),
        }),
    ...(tab.namedRanges.length === 0 ? {} : { namedRanges: namedRangesOf(tab) }),
  };
}

function tabsBelow(document: DocumentRow, parentId: string | null, level: number, options: JsonOptions): readonly unknown[] {
  return document.tabs
    .filter((tab) => tab.parentId === parentId)
    .map((tab, index) => {
      const children = tabsBelow(document, tab.id, level + 1, options);
      return {
        tabProperties: {
          tabId: tab.id,
          title: tab.title,
          index,
          ...(level === 0 ? {} : { nestingLevel: level }),
          ...(parentId === null ? {} : { parentTabId: parentId }),
        },
        documentTab: documentTab(tab, options),
        ...(children.length === 0 ? {} : { childTabs: children }),
      };
    });
}

/** The answer; without `includeTabs` the first tab's content stands at the top. */
export function documentJson(
  document: DocumentRow,
  facts: { readonly title: string; readonly revisionId: string | null; readonly includeTabs: boolean; readonly mode: string } & JsonOptions,
): unknown {
  const [first] = document.tabs;
  return {
    title: facts.title,
    ...(facts.includeTabs ? { tabs: tabsBelow(document, null, 0, facts) } : first === undefined ? {} : documentTab(first, facts)),
    ...(facts.revisionId === null ? {} : { revisionId: facts.revisionId }),
    suggestionsViewMode: facts.mode,
    documentId: document.id,
  };
}
