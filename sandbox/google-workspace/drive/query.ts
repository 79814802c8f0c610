import { invalidParameter } from "../failures";
import type { FileRow } from "./rows";

/**
 * The search language of `files.list` (https://developers.google.com/workspace/drive/api/guides/ref-search-terms), as much as the sandbox
 * has: what it does not have is refused, never guessed.
 */

export interface QueryContext {
  isIn(file: FileRow, parent: string): boolean;
  isTrashed(file: FileRow): boolean;
  isSharedWithMe(file: FileRow): boolean;
  /** The e-mail address behind `me`, and the addresses of a file's people. */
  people(file: FileRow, of: "owners" | "writers" | "readers"): readonly string[];
  readonly me: string;
  /** The words of its content. */
  text(file: FileRow): string;
  appProperty(file: FileRow, key: string): string | null;
}

export type FileTest = (file: FileRow, context: QueryContext) => boolean;

export interface ParsedQuery {
  readonly test: FileTest;
  /** Set where every match is a child of this folder, so that nothing else is looked at. */
  readonly parent: string | null;
  readonly isFullText: boolean;
}

const refuse = (): never => {
  throw invalidParameter("q", "Invalid Value");
};

type Token = { readonly type: "word" | "string" | "sign"; readonly text: string };

function tokenize(q: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = /\s+|'((?:[^'\\]|\\['\\])*)'|(!=|<=|>=|[=<>(){}])|([A-Za-z][A-Za-z.]*)/gy;
  let at = 0;
  while (at < q.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(q) ?? refuse();
    at = pattern.lastIndex;
    const [, text, sign, word] = match;
    if (text !== undefined) tokens.push({ type: "string", text: text.replaceAll(/\\(.)/g, "$1") });
    else if (sign !== undefined) tokens.push({ type: "sign", text: sign });
    else if (word !== undefined) tokens.push({ type: "word", text: word });
  }
  return tokens;
}

const comparisons: Readonly<Record<string, (left: string, right: string) => boolean>> = {
  "=": (left, right) => left === right,
  "!=": (left, right) => left !== right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
};

/** Times are compared as RFC 3339; without a zone they are UTC. */
const timeOf = (text: string): number => {
  const ms = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(ms) ? refuse() : ms;
};

class QueryParser {
  readonly #tokens: readonly Token[];
  #at = 0;
  parents: string[] = [];
  isFullText = false;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): FileTest {
    const test = this.#or();
    if (this.#at < this.#tokens.length) refuse();
    return test;
  }

  #next(): Token {
    const token = this.#tokens[this.#at] ?? refuse();
    this.#at += 1;
    return token;
  }

  #takes(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.type === "string" || token.text !== text) return false;
    this.#at += 1;
    return true;
  }

  #or(): FileTest {
    let left = this.#and();
    while (this.#takes("or")) {
      const [first, second] = [left, this.#and()];
      left = (file, context) => first(file, context) || second(file, context);
      // One side alone may match what is elsewhere.
      this.parents = [];
    }
    return left;
  }

  #and(): FileTest {
    let left = this.#not();
    while (this.#takes("and")) {
      const [first, second] = [left, this.#not()];
      left = (file, context) => first(file, context) && second(file, context);
    }
    return left;
  }

  #not(): FileTest {
    if (this.#takes("not")) {
      const inner = this.#not();
      this.parents = [];
      return (file, context) => !inner(file, context);
    }
    if (this.#takes("(")) {
      const inner = this.#or();
      if (!this.#takes(")")) refuse();
      return inner;
    }
    return this.#term();
  }

  #string(): string {
    const token = this.#next();
    return token.type === "string" ? token.text : refuse();
  }

  #boolean(): boolean {
    if (!this.#takes("=")) {
      if (!this.#takes("!=")) refuse();
      return !this.#truth();
    }
    return this.#truth();
  }

  #truth(): boolean {
    const { text } = this.#next();
    return text === "true" ? true : text === "false" ? false : refuse();
  }

  #term(): FileTest {
    const token = this.#next();
    if (token.type === "string") return this.#in(token.text);
    switch (token.text) {
      case "trashed": {
        const wanted = this.#boolean();
        return (file, context) => context.isTrashed(file) === wanted;
      }
      case "sharedWithMe": {
        const next = this.#tokens[this.#at]?.text;
        const wanted = next === "=" || next === "!=" ? this.#boolean() : true;
        return (file, context) => context.isSharedWithMe(file) === wanted;
      }
      case "mimeType":
      case "name":
        return this.#compare(token.text);
      case "modifiedTime":
      case "createdTime": {
        const field = token.text;
        const sign = this.#next().text;
        const compare = comparisons[sign] ?? refuse();
        const limit = timeOf(this.#string());
        const padded = (ms: number) => String(ms).padStart(16, "0");
        return (file) => compare(padded(Date.parse(file[field])), padded(limit));
      }
      case "fullText": {
        if (!this.#takes("contains")) refuse();
        const words = this.#string().toLowerCase();
        this.isFullText = true;
        return (file, context) => `${file.name}\n${context.text(file)}`.toLowerCase().includes(words);
      }
      case "appProperties":
        return this.#has();
      default:
        return refuse();
    }
  }

  #compare(field: "name" | "mimeType"): FileTest {
    const sign = this.#next().text;
    const value = this.#string();
    if (sign === "contains") {
      // Of names, only words that begin so are found.
      const start = value.toLowerCase();
      if (field === "mimeType") return (file) => file.mimeType.startsWith(value);
      return (file) => file.name.toLowerCase().startsWith(start) || file.name.toLowerCase().includes(` ${start}`);
    }
    if (sign !== "=" && sign !== "!=") refuse();
    const compare = comparisons[sign] ?? refuse();
    return (file) => compare(file[field], value);
  }

  #in(value: string): FileTest {
    if (!this.#takes("in")) refuse();
    const { text } = this.#next();
    if (text === "parents") {
      this.parents.push(value);
      return (file, context) => context.isIn(file, value);
    }
    if (text !== "owners" && text !== "writers" && text !== "readers") refuse();
    const list = text as "owners" | "writers" | "readers";
    return (file, context) => context.people(file, list).includes(value === "me" ? context.me : value);
  }

  /** `appProperties has { key='a' and value='b' }` */
  #has(): FileTest {
    if (!this.#takes("has") || !this.#takes("{") || !this.#takes("key") || !this.#takes("=")) refuse();
    const key = this.#string();
    if (!this.#takes("and") || !this.#takes("value") || !this.#takes("=")) refuse();
    const value = this.#string();
    if (!this.#takes("}")) refuse();
    return (file, context) => context.appProperty(file, key) === value;
  }
}

/** Reads `q`; 400 for what is not in the language. */
export function parseQuery(q: string): ParsedQuery {
  if (q.trim() === "") return { test: () => true, parent: null, isFullText: false };
  const parser = new QueryParser(tokenize(q));
  const test = parser.parse();
  return { test, parent: parser.parents[0] ?? null, isFullText: parser.isFullText };
}
