import superjson from "superjson";

/**
 * How values cross the wire: superjson's form, which both sides read with superjson itself. An answer that JSON can carry as it is, such as a
 * list of files, skips superjson's walk, which costs more than the query behind it and notes every object that two rows share.
 */
export const transformer = {
  serialize: (value: unknown) => (isJson(value, 0) ? { json: value } : superjson.serialize(value)),
  deserialize: <T>(value: Parameters<typeof superjson.deserialize>[0]): T => superjson.deserialize<T>(value),
};

/** Deeper than any answer; what is deeper may be endless, and superjson knows cycles. */
const maxDepth = 32;

/** Whether JSON gives the value back as it was: no undefined, no -0, no class, nothing that JSON would leave out or change. */
function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth === maxDepth) return false;
  if (Array.isArray(value)) {
    // By index: `every` would pass over holes.
    for (let index = 0; index < value.length; index++) if (!isJson(value[index], depth + 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || "toJSON" in value) return false;
  for (const [key, item] of Object.entries(value)) if (key === "__proto__" || !isJson(item, depth + 1)) return false;
  return true;
}
