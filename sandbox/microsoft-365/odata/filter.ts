import { badRequest } from "../failures";

/**
 * `$filter` of OData 4.01 part 2 §5.1.1, as far as the sandbox goes: comparisons, `and`, `or`, `not`, `startswith`, `contains`, `endswith` and
 * `any`. Everything else is refused, never ignored.
 */

type Value = string | number | boolean | null | undefined;

/** A record as Graph shows it. */
export type Shown = Readonly<Record<string, unknown>>;

export interface Filter {
  matches(record: Shown): boolean;
  /** The properties it looks at, in the order in which they stand in it. */
  readonly properties: readonly string[];
}

interface Token {
  readonly kind: "name" | "text" | "number" | "time" | "symbol";
  readonly text: string;
}

const shapes: readonly (readonly [Token["kind"], RegExp])[] = [
  ["text", /^'((?:[^']|'')*)'/],
  ["time", /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?/],
  ["number", /^-?\d+(?:\.\d+)?/],
  ["name", /^[A-Za-z_@][\w.]*(?:\/[A-Za-z_]\w*)*/],
  ["symbol", /^[(),:/]/],
];

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let rest = text.trimStart();
  while (rest !== "") {
    const found = shapes.map(([kind, shape]) => ({ kind, match: shape.exec(rest) })).find(({ match }) => match !== null);
    if (found === undefined || found.match === null) throw badRequest(`Invalid filter clause: Syntax error at '${rest.slice(0, 20)}'.`);
    const [whole, inner] = found.match;
    tokens.push({ kind: found.kind, text: found.kind === "text" ? (inner ?? "").replaceAll("''", "'") : whole });
    rest = rest.slice(whole.length).trimStart();
  }
  return tokens;
}

type Node = (record: Shown, variables: Readonly<Record<string, unknown>>) => Value | readonly unknown[];

const asValue = (value: unknown): Value =>
  value === null || value === undefined || typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : undefined;

function valueAt(record: unknown, path: string): unknown {
  return path
    .split("/")
    .reduce<unknown>((at, name) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[name] : undefined), record);
}

const isTime = (value: Value): value is string => typeof value === "string" && /^\d{4}-\d{2}-\d{2}T/.test(value);

/** Times compare as moments, all else as it is; a missing value is only equal to null. */
function compare(left: Value, operator: string, right: Value): boolean {
  const [a, b] = isTime(left) && isTime(right) ? [Date.parse(left), Date.parse(right)] : [left ?? null, right ?? null];
  if (operator === "eq") return a === b;
  if (operator === "ne") return a !== b;
  if (a === null || b === null || typeof a !== typeof b) return false;
  if (operator === "gt") return a > b;
  if (operator === "ge") return a >= b;
  if (operator === "lt") return a < b;
  return a <= b;
}

const operators = new Set(["eq", "ne", "gt", "ge", "lt", "le"]);
const functions: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  startswith: (text, part) => text.toLowerCase().startsWith(part.toLowerCase()),
  endswith: (text, part) => text.toLowerCase().endsWith(part.toLowerCase()),
  contains: (text, part) => text.toLowerCase().includes(part.toLowerCase()),
};

/** Parses a filter; 400 for a clause that is wrong, or that is not modelled. */
export function parseFilter(text: string): Filter {
  const tokens = tokenize(text);
  const properties: string[] = [];
  let at = 0;
  const peek = (): Token | undefined => tokens[at];
  const take = (): Token => {
    const token = tokens[at];
    if (token === undefined) throw badRequest("Invalid filter clause: it ends too early.");
    at += 1;
    return token;
  };
  const expect = (symbol: string): void => {
    const token = take();
    if (token.text !== symbol) throw badRequest(`Invalid filter clause: '${symbol}' is expected, not '${token.text}'.`);
  };
  const isWord = (word: string): boolean => peek()?.kind === "name" && peek()?.text === word;

  function operand(variables: readonly string[]): Node {
    const token = take();
    if (token.kind === "text" || token.kind === "time")
      return () => (token.kind === "time" && token.text.length === 10 ? token.text : token.text);
    if (token.kind === "number") return () => Number(token.text);
    if (token.kind !== "name") throw badRequest(`Invalid filter clause: '${token.text}' is not expected.`);
    if (token.text === "true" || token.text === "false") return () => token.text === "true";
    if (token.text === "null") return () => null;
    const [first = "", ...rest] = token.text.split("/");
    if (variables.includes(first)) return (_, bound) => asValue(rest.length === 0 ? bound[first] : valueAt(bound[first], rest.join("/")));
    properties.push(token.text);
    return (record) => asValue(valueAt(record, token.text));
  }

  function primary(variables: readonly string[]): Node {
    if (peek()?.text === "(") {
      take();
      const inner = either(variables);
      expect(")");
      return inner;
    }
    if (isWord("not")) {
      take();
      const inner = primary(variables);
      return (record, bound) => inner(record, bound) !== true;
    }
    const token = peek();
    const call = token?.kind === "name" && tokens[at + 1]?.text === "(" ? token.text : null;
    if (call !== null && Object.hasOwn(functions, call)) {
      take();
      take();
      const left = operand(variables);
      expect(",");
      const right = operand(variables);
      expect(")");
      return (record, bound) => functions[call]?.(String(left(record, bound) ?? ""), String(right(record, bound) ?? "")) ?? false;
    }
    if (call?.endsWith("/any") === true) {
      take();
      take();
      const variable = take().text;
      expect(":");
      const path = call.slice(0, -"/any".length);
      properties.push(path);
      const inner = either([...variables, variable]);
      expect(")");
      return (record, bound) => {
        const list = valueAt(record, path);
        return Array.isArray(list) && list.some((each) => inner(record, { ...bound, [variable]: each }) === true);
      };
    }
    if (call !== null) throw badRequest(`Invalid filter clause: An unknown function with name '${call}' was found.`);
    const left = operand(variables);
    if (peek()?.kind !== "name" || !operators.has(peek()?.text ?? "")) return left;
    const operator = take().text;
    const right = operand(variables);
    return (record, bound) => compare(asValue(left(record, bound)), operator, asValue(right(record, bound)));
  }

  function both(variables: readonly string[]): Node {
    let left = primary(variables);
    while (isWord("and")) {
      take();
      const [before, after] = [left, primary(variables)];
      left = (record, bound) => before(record, bound) === true && after(record, bound) === true;
    }
    return left;
  }

  function either(variables: readonly string[]): Node {
    let left = both(variables);
    while (isWord("or")) {
      take();
      const [before, after] = [left, both(variables)];
      left = (record, bound) => before(record, bound) === true || after(record, bound) === true;
    }
    return left;
  }

  const node = either([]);
  if (at < tokens.length) throw badRequest(`Invalid filter clause: '${tokens[at]?.text}' is not expected.`);
  return { matches: (record) => node(record, {}) === true, properties };
}
