import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, Document as YamlDocument } from "yaml";
import { HubError } from "@/server/errors";

/**
 * Markdown with YAML 1.2 front matter (core schema), the file form of every tool's item. Print and parse are inverse: the front matter,
 * then, where there is a body, one blank line, the body, and one line feed.
 */

export type FieldValue = string | number | boolean | null | readonly string[];

export interface PrintedField {
  readonly name: string;
  readonly value: FieldValue;
  /** Ids and timestamps are quoted, so that no YAML reader takes them for numbers or dates. */
  readonly quoted?: boolean;
}

export interface ParsedField {
  readonly value: FieldValue;
  /** The scalar as written (`007`), for fields that want text; null for lists and null. */
  readonly source: string | null;
  /** 1-based line of the key in the file. */
  readonly line: number;
}

export interface ParsedFile {
  readonly fields: ReadonlyMap<string, ParsedField>;
  /** Null when the file ends after its front matter, which leaves the body as it is. */
  readonly body: string | null;
}

/** The most bytes of front matter that are parsed: hostile nesting of this size still costs the YAML library under half a second. */
const maxFrontMatterBytes = 32_768;

const opener = /^\uFEFF?---[ \t]*(\r?\n)/;
const closer = /^---[ \t]*(?:\r?\n|$)/m;
/** Control and format characters, line and paragraph separators, and line breaks: only double quotes carry them surely. */
const needsQuotes = /[\p{C}\p{Zl}\p{Zp}]/u;

function toScalar(document: Document, value: FieldValue, quoted: boolean): Node {
  const node = document.createNode(value);
  const mark = (scalar: unknown) => {
    if (isScalar(scalar) && typeof scalar.value === "string" && (quoted || needsQuotes.test(scalar.value))) scalar.type = "QUOTE_DOUBLE";
  };
  if (isSeq(node)) node.items.forEach(mark);
  else mark(node);
  return node;
}

/** The file of these fields, in their order, and this body (`""` for none). */
export function printFile(fields: readonly PrintedField[], body: string): string {
  const document = new YamlDocument({}, { schema: "core", version: "1.2" });
  for (const { name, value, quoted } of fields) document.set(name, toScalar(document, value, quoted === true));
  const yaml = document.toString({ lineWidth: 0, blockQuote: false });
  const matter = `---\n${fields.length === 0 ? "" : yaml}---\n`;
  return body === "" ? matter : `${matter}\n${body}\n`;
}

function invalid(message: string, line: number, key?: string, cause?: unknown): HubError {
  return new HubError("EINVAL", `Line ${line}: ${message}`, { details: { line, ...(key === undefined ? {} : { key }) }, cause });
}

function readValue(node: unknown, key: string, line: number): { value: FieldValue; source: string | null } {
  if (node === null || node === undefined) return { value: null, source: null };
  if (isScalar(node)) {
    const { value } = node;
    if (value === null) return { value: null, source: null };
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      return { value, source: typeof value === "string" ? value : (node.source ?? String(value)) };
    }
  }
  if (isSeq(node)) {
    const values = node.items.map((item) => {
      const source = isScalar(item) ? readValue(item, key, line).source : null;
      if (source === null) throw invalid(`"${key}" must be a list of texts.`, line, key);
      return source;
    });
    return { value: values, source: null };
  }
  throw invalid(`"${key}" must be a text, a number, true or false, null, or a list of texts.`, line, key);
}

function parseFields(yaml: string): Map<string, ParsedField> {
  if (Buffer.byteLength(yaml) > maxFrontMatterBytes) {
    throw new HubError("EFBIG", `Front matter may have at most ${maxFrontMatterBytes} bytes.`, { details: { limit: maxFrontMatterBytes } });
  }
  const lines = new LineCounter();
  const document = parseDocument(yaml, { schema: "core", version: "1.2", uniqueKeys: true, lineCounter: lines, prettyErrors: false });
  // The opening line is the file's first.
  const lineOf = (offset: number | undefined) => lines.linePos(offset ?? 0).line + 1;
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined)
    throw invalid(`the front matter is not valid YAML: ${problem.message}.`, lineOf(problem.pos[0]), undefined, problem);

  const fields = new Map<string, ParsedField>();
  if (document.contents === null) return fields;
  if (!isMap(document.contents)) throw invalid("the front matter must be lines of `key: value`.", 2);
  for (const pair of document.contents.items) {
    const { key } = pair;
    if (!isScalar(key) || typeof key.value !== "string") throw invalid("a key of the front matter must be a text.", 2);
    const line = lineOf(key.range?.[0]);
    fields.set(key.value, { ...readValue(pair.value, key.value, line), line });
  }
  return fields;
}

/**
 * Takes a file apart. A file without front matter is all body. A file whose first line ends in CRLF was saved by an editor that converts
 * line ends, so the body's are converted back; in any other file a carriage return belongs to the text. EINVAL names line and key.
 */
export function parseFile(text: string): ParsedFile {
  const start = opener.exec(text);
  if (start === null) return { fields: new Map(), body: text === "" ? null : text };
  const rest = text.slice(start[0].length);
  const end = closer.exec(rest);
  if (end === null) throw invalid("the front matter that begins here has no closing line `---`.", 1);
  const fields = parseFields(rest.slice(0, end.index).replaceAll("\r\n", "\n"));

  let body = rest.slice(end.index + end[0].length);
  if (start[1] === "\r\n") body = body.replaceAll("\r\n", "\n");
  if (body === "") return { fields, body: null };
  if (body.startsWith("\n")) body = body.slice(1);
  if (body.endsWith("\n")) body = body.slice(0, -1);
  return { fields, body };
}

/** Refuses keys that the kind does not have: EINVAL naming the first and its line. */
export function refuseUnknownKeys(file: ParsedFile, known: readonly string[]): void {
  for (const [key, field] of file.fields) {
    if (!known.includes(key)) throw invalid(`"${key}" is not a key of this file. Keys: ${known.join(", ")}.`, field.line, key);
  }
}

/** EINVAL about one key. */
export function invalidField(key: string, field: ParsedField, message: string, candidates?: readonly string[]): HubError {
  return new HubError("EINVAL", `Line ${field.line}, ${key}: ${message}`, {
    details: { key, line: field.line, ...(candidates === undefined ? {} : { candidates }) },
  });
}

/** The field as text; null where it is null. EINVAL for a list. */
export function textOf(key: string, field: ParsedField): string | null {
  if (field.value === null) return null;
  if (field.source === null) throw invalidField(key, field, "one text is expected, not a list.");
  return field.source;
}

/** The field as a list of texts; one text is a list of one, null an empty list. */
export function listOf(field: ParsedField): readonly string[] {
  if (field.value === null) return [];
  return field.source === null ? (field.value as readonly string[]) : [field.source];
}
