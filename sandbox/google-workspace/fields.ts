import { invalidParameter } from "./failures";

/**
 * Partial answers by the `fields` parameter (https://developers.google.com/workspace/drive/api/guides/fields-parameter): names with commas,
 * `a/b` and `a(b,c)` for what is inside, `*` for everything.
 */

type Mask = Map<string, Mask | null>;

/** The properties that a resource has, and what is inside them; null: anything. A wrong name is refused by it. */
export interface FieldTree {
  readonly [name: string]: FieldTree | null;
}

function parse(text: string): Mask {
  let at = 0;
  const refuse = (): never => {
    throw invalidParameter("fields", `Invalid field selection ${text.slice(0, 200)}`);
  };

  function list(closing: boolean): Mask {
    const mask: Mask = new Map();
    for (;;) {
      const name = /^[A-Za-z0-9_*-]+/.exec(text.slice(at))?.[0] ?? refuse();
      at += name.length;
      let inner: Mask | null = null;
      if (text[at] === "/") {
        at += 1;
        inner = one();
      } else if (text[at] === "(") {
        at += 1;
        inner = list(true);
      }
      merge(mask, name, inner);
      if (text[at] === ",") at += 1;
      else if (closing && text[at] === ")") {
        at += 1;
        return mask;
      } else if (!closing && at >= text.length) return mask;
      else refuse();
    }
  }

  /** What follows a slash: one name, with what is inside it. */
  function one(): Mask {
    const name = /^[A-Za-z0-9_*-]+/.exec(text.slice(at))?.[0] ?? refuse();
    at += name.length;
    if (text[at] === "/") {
      at += 1;
      return new Map([[name, one()]]);
    }
    if (text[at] === "(") {
      at += 1;
      return new Map([[name, list(true)]]);
    }
    return new Map([[name, null]]);
  }

  return list(false);
}

function merge(mask: Mask, name: string, inner: Mask | null): void {
  const known = mask.get(name);
  if (known === undefined) mask.set(name, inner);
  else if (known === null || inner === null) mask.set(name, null);
  else for (const [key, value] of inner) merge(known, key, value);
}

function check(mask: Mask, tree: FieldTree, text: string): void {
  for (const [name, inner] of mask) {
    if (name === "*") continue;
    const known = Object.hasOwn(tree, name) ? tree[name] : undefined;
    if (known === undefined) throw invalidParameter("fields", `Invalid field selection ${name}`);
    if (inner !== null && known !== null) check(inner, known, text);
  }
}

function apply(value: unknown, mask: Mask): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => apply(one, mask));
  if (typeof value !== "object" || value === null) return value;
  const star = mask.get("*");
  const picked = Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const wanted = mask.get(name) ?? (mask.has(name) || star !== undefined ? (star ?? null) : undefined);
    if (wanted === undefined) return [];
    return [[name, wanted === null ? inner : apply(inner, wanted)] as const];
  });
  return Object.fromEntries(picked);
}

/** `value` with what `fields` asks for; `fallback` where it is missing. 400 for a mask that is malformed or names what the tree does not have. */
export function selectFields(value: unknown, fields: string | null, fallback: string, tree: FieldTree | null = null): unknown {
  const text = (fields ?? fallback).replaceAll(/\s+/g, "");
  const mask = parse(text);
  if (tree !== null) check(mask, tree, text);
  return apply(value, mask);
}
