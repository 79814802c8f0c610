/** The shape of JSON values: which fields there are and of which types, with nothing of what they hold. */

export interface Shape {
  /** `null`, `boolean`, `number`, `text`, `object`, `list`. */
  readonly types: ReadonlySet<string>;
  readonly fields: ReadonlyMap<string, Shape>;
  readonly items: Shape | null;
}

const typeOf = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  return typeof value === "string" ? "text" : typeof value;
};

/** Keys that are ids or addresses: the object is a table of records, whose shapes are one. */
const isTable = (keys: readonly string[]): boolean =>
  keys.length > 0 && keys.every((key) => /\d{4,}|^[A-Z0-9]{8,}$|@.*\.|^[0-9a-f-]{20,}$/.test(key));

export function shapeOf(value: unknown): Shape {
  const types = new Set([typeOf(value)]);
  if (Array.isArray(value)) return { types, fields: new Map(), items: mergeAll(value.map(shapeOf)) };
  if (typeof value !== "object" || value === null) return { types, fields: new Map(), items: null };
  const entries = Object.entries(value);
  if (isTable(entries.map(([key]) => key))) {
    const merged = mergeAll(entries.map(([, one]) => shapeOf(one)));
    return { types, fields: new Map(merged === null ? [] : [["<id>", merged]]), items: null };
  }
  return { types, fields: new Map(entries.map(([key, one]) => [key, shapeOf(one)])), items: null };
}

export function mergeShapes(left: Shape, right: Shape): Shape {
  const fields = new Map(left.fields);
  for (const [name, shape] of right.fields) {
    const known = fields.get(name);
    fields.set(name, known === undefined ? shape : mergeShapes(known, shape));
  }
  const items = left.items === null ? right.items : right.items === null ? left.items : mergeShapes(left.items, right.items);
  return { types: new Set([...left.types, ...right.types]), fields, items };
}

const mergeAll = (shapes: readonly Shape[]): Shape | null => (shapes.length === 0 ? null : shapes.reduce(mergeShapes));

const list = (types: Iterable<string>): string =>
  [...types]
    .filter((type) => type !== "null")
    .sort()
    .join(" or ") || "null";

/** What differs between the true tool's answer and the sandbox's, a line each. */
export function compareShapes(live: Shape, sandbox: Shape, where: string): readonly string[] {
  const lines: string[] = [];
  const [theirs, ours] = [list(live.types), list(sandbox.types)];
  if (theirs !== ours) lines.push(`${where}: ${theirs} live, ${ours} in the sandbox`);
  else if (live.types.has("null") && !sandbox.types.has("null")) lines.push(`${where}: may be null live, never in the sandbox`);
  // Of a list or an object that was never seen with something in it, nothing can be said.
  if (live.fields.size > 0 && sandbox.fields.size > 0) {
    for (const [name, shape] of live.fields) {
      const known = sandbox.fields.get(name);
      if (known === undefined) lines.push(`${where}.${name}: ${list(shape.types)} live, not in the sandbox`);
      else lines.push(...compareShapes(shape, known, `${where}.${name}`));
    }
    for (const name of sandbox.fields.keys()) if (!live.fields.has(name)) lines.push(`${where}.${name}: in the sandbox, not seen live`);
  }
  if (live.items !== null && sandbox.items !== null) lines.push(...compareShapes(live.items, sandbox.items, `${where}[]`));
  return lines;
}
