import type { Paragraph, ParagraphElement, TextStyle } from "../../schema/docs";

/** A paragraph as pieces of text with the styles that Markdown has, each knowing where in the document it stands. */

export interface Style {
  /** Null: no link. */
  readonly link: string | null;
  readonly strike: boolean;
  readonly bold: boolean;
  readonly italic: boolean;
  readonly code: boolean;
}

export const plain: Style = { link: null, strike: false, bold: false, italic: false, code: false };

/** Text that can be changed in place, by its index in UTF-16 units, or what stands for something that is no text. */
export interface StyledText {
  readonly text: string;
  readonly style: Style;
  /** Index of the first unit; null: `text` is Markdown for what cannot be changed as text (a chip, an image). */
  readonly index: number | null;
}

const monospaced = /mono|courier|consol|menlo/i;

/** Google's own conversion of Markdown sets code in Roboto Mono. */
export const codeFont = "Roboto Mono";

/** Where a link leads; null for none. A heading or bookmark of the document itself is a fragment. */
function linkOf(style: TextStyle | undefined): string | null {
  const link = style?.link;
  if (link === undefined) return null;
  if (link.url !== undefined) return link.url;
  const target = link.headingId ?? link.bookmarkId;
  return target === undefined ? null : `#${target}`;
}

export function styleOf(style: TextStyle | undefined): Style {
  return {
    link: linkOf(style),
    strike: style?.strikethrough === true,
    bold: style?.bold === true,
    italic: style?.italic === true,
    code: monospaced.test(style?.weightedFontFamily?.fontFamily ?? ""),
  };
}

export const sameStyle = (a: Style, b: Style): boolean =>
  a.link === b.link && a.strike === b.strike && a.bold === b.bold && a.italic === b.italic && a.code === b.code;

/** What is only suggested to be there is not there yet; what is only suggested to go still is. */
export function isOnlySuggested(element: ParagraphElement): boolean {
  const parts = [
    element.textRun,
    element.person,
    element.richLink,
    element.dateElement,
    element.inlineObjectElement,
    element.footnoteReference,
    element.horizontalRule,
    element.equation,
  ];
  return parts.some((part) => (part?.suggestedInsertionIds?.length ?? 0) > 0);
}

export interface Footnotes {
  /** The number printed for a footnote, counted from 1 as they are met. */
  numberOf(footnoteId: string): number;
}

/** Markdown for what is not text; null: nothing. */
function standIn(
  element: ParagraphElement,
  altOf: (objectId: string) => string,
  footnotes: Footnotes,
): { text: string; style: Style } | null {
  const { person, richLink, dateElement, inlineObjectElement, footnoteReference, equation } = element;
  if (person !== undefined) {
    const { name, email } = person.personProperties ?? {};
    const style = styleOf(person.textStyle);
    return { text: `@${name ?? email ?? "somebody"}`, style: { ...style, link: email === undefined ? style.link : `mailto:${email}` } };
  }
  if (richLink !== undefined) {
    const { title, uri } = richLink.richLinkProperties ?? {};
    return { text: title ?? uri ?? "link", style: { ...styleOf(richLink.textStyle), link: uri ?? null } };
  }
  if (dateElement !== undefined) {
    const { displayText } = dateElement.dateElementProperties ?? {};
    return { text: displayText ?? "date", style: styleOf(dateElement.textStyle) };
  }
  if (inlineObjectElement !== undefined) return { text: `![${altOf(inlineObjectElement.inlineObjectId ?? "")}]()`, style: plain };
  if (footnoteReference?.footnoteId !== undefined) return { text: `[^${footnotes.numberOf(footnoteReference.footnoteId)}]`, style: plain };
  if (equation !== undefined) return { text: "\\[equation\\]", style: plain };
  return null;
}

const isMarkdown = (element: ParagraphElement): boolean =>
  element.inlineObjectElement !== undefined || element.footnoteReference !== undefined || element.equation !== undefined;

export interface StyledParagraph {
  /** Without the line end. */
  readonly texts: readonly (StyledText & { /** `text` is Markdown already. */ readonly isMarkdown: boolean })[];
  readonly hasRule: boolean;
}

/** The pieces of a paragraph, without what is only suggested. */
export function styledParagraph(paragraph: Paragraph, altOf: (objectId: string) => string, footnotes: Footnotes): StyledParagraph {
  let hasRule = false;
  const texts = (paragraph.elements ?? []).flatMap((element) => {
    if (isOnlySuggested(element)) return [];
    if (element.horizontalRule !== undefined) hasRule = true;
    const { textRun, startIndex } = element;
    if (textRun !== undefined) {
      const text = (textRun.content ?? "").replace(/\n$/, "");
      return text === "" ? [] : [{ text, style: styleOf(textRun.textStyle), index: startIndex ?? null, isMarkdown: false }];
    }
    const other = standIn(element, altOf, footnotes);
    return other === null ? [] : [{ ...other, index: null, isMarkdown: isMarkdown(element) }];
  });
  return { texts, hasRule };
}
