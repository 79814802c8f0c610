import { z } from "zod";

/** What the hub reads of a document (discovery document of Docs v1); unknown fields are dropped, but of text styles, which are sent back. */

const suggestions = {
  suggestedInsertionIds: z.array(z.string()).optional(),
  suggestedDeletionIds: z.array(z.string()).optional(),
};

const link = z.looseObject({ url: z.string().optional(), headingId: z.string().optional(), bookmarkId: z.string().optional() });

export const textStyle = z.looseObject({
  bold: z.boolean().optional(),
  italic: z.boolean().optional(),
  strikethrough: z.boolean().optional(),
  link: link.optional(),
  weightedFontFamily: z.looseObject({ fontFamily: z.string().optional() }).optional(),
});
export type TextStyle = z.infer<typeof textStyle>;

const chip = z.object({ textStyle: textStyle.optional(), ...suggestions });

export const paragraphElement = z.object({
  startIndex: z.number().optional(),
  endIndex: z.number().optional(),
  textRun: z.object({ content: z.string().optional(), textStyle: textStyle.optional(), ...suggestions }).optional(),
  person: chip.extend({ personProperties: z.object({ name: z.string().optional(), email: z.string().optional() }).optional() }).optional(),
  richLink: chip
    .extend({ richLinkProperties: z.object({ title: z.string().optional(), uri: z.string().optional() }).optional() })
    .optional(),
  dateElement: chip.extend({ dateElementProperties: z.object({ displayText: z.string().optional() }).optional() }).optional(),
  inlineObjectElement: chip.extend({ inlineObjectId: z.string().optional() }).optional(),
  footnoteReference: chip.extend({ footnoteId: z.string().optional(), footnoteNumber: z.string().optional() }).optional(),
  horizontalRule: chip.optional(),
  pageBreak: chip.optional(),
  columnBreak: chip.optional(),
  equation: z.object(suggestions).optional(),
  autoText: chip.optional(),
});
export type ParagraphElement = z.infer<typeof paragraphElement>;

export const paragraph = z.object({
  elements: z.array(paragraphElement).optional(),
  paragraphStyle: z.object({ namedStyleType: z.string().optional() }).optional(),
  bullet: z.object({ listId: z.string().optional(), nestingLevel: z.number().optional() }).optional(),
});
export type Paragraph = z.infer<typeof paragraph>;

export interface StructuralElement {
  readonly startIndex?: number | undefined;
  readonly endIndex?: number | undefined;
  readonly paragraph?: Paragraph | undefined;
  readonly table?: Table | undefined;
  readonly tableOfContents?: { readonly content?: readonly StructuralElement[] | undefined } | undefined;
}
export interface Table {
  readonly tableRows?: readonly TableRow[] | undefined;
}
interface TableRow {
  readonly tableCells?: readonly { readonly content?: readonly StructuralElement[] | undefined }[] | undefined;
  readonly suggestedInsertionIds?: readonly string[] | undefined;
}

const structuralElement: z.ZodType<StructuralElement> = z.lazy(() =>
  z.object({
    startIndex: z.number().optional(),
    endIndex: z.number().optional(),
    paragraph: paragraph.optional(),
    table: z
      .object({
        tableRows: z
          .array(
            z.object({
              tableCells: z.array(z.object({ content: z.array(structuralElement).optional() })).optional(),
              ...suggestions,
            }),
          )
          .optional(),
      })
      .optional(),
    tableOfContents: z.object({ content: z.array(structuralElement).optional() }).optional(),
  }),
);

const content = z.object({ content: z.array(structuralElement).optional() });

const listProperties = z.object({
  listProperties: z
    .object({
      nestingLevels: z
        .array(z.object({ glyphType: z.string().optional(), glyphSymbol: z.string().optional(), startNumber: z.number().optional() }))
        .optional(),
    })
    .optional(),
});
export type ListProperties = z.infer<typeof listProperties>;

const inlineObject = z.object({
  inlineObjectProperties: z
    .object({ embeddedObject: z.object({ title: z.string().optional(), description: z.string().optional() }).optional() })
    .optional(),
});

const namedRanges = z.record(
  z.string(),
  z.object({ namedRanges: z.array(z.object({ namedRangeId: z.string(), name: z.string().optional() })).optional() }),
);

export const documentTab = z.object({
  body: content.optional(),
  lists: z.record(z.string(), listProperties).optional(),
  inlineObjects: z.record(z.string(), inlineObject).optional(),
  footnotes: z.record(z.string(), content).optional(),
  namedRanges: namedRanges.optional(),
});
export type DocumentTab = z.infer<typeof documentTab>;

export interface Tab {
  readonly tabProperties?: { readonly tabId?: string | undefined; readonly title?: string | undefined } | undefined;
  readonly documentTab?: DocumentTab | undefined;
  readonly childTabs?: readonly Tab[] | undefined;
}

const tab: z.ZodType<Tab> = z.lazy(() =>
  z.object({
    tabProperties: z.object({ tabId: z.string().optional(), title: z.string().optional() }).optional(),
    documentTab: documentTab.optional(),
    childTabs: z.array(tab).optional(),
  }),
);

export const googleDocument = z.object({
  documentId: z.string(),
  title: z.string().optional(),
  /** Only for who may edit; good for 24 hours, for this person. */
  revisionId: z.string().optional(),
  tabs: z.array(tab).optional(),
});
export type GoogleDocument = z.infer<typeof googleDocument>;

export const batchUpdateAnswer = z.object({
  documentId: z.string(),
  writeControl: z.object({ requiredRevisionId: z.string().optional() }).optional(),
});
