import { forbidden } from "./failures";
import { type Kind, kinds, Reference, type Rows, type ShapeContext } from "./kinds";

/** Records as Asana answers them: compact in lists and below others, whole alone, and exactly what `opt_fields` names. */

/** Fields that were asked for, as a tree of their paths. */
export type FieldTree = ReadonlyMap<string, FieldTree>;

/** `name,assignee.name` as a tree; null when nothing was asked for. */
export function readFields(text: string | null): FieldTree | null {
  if (text === null || text.trim() === "") return null;
  type Growing = Map<string, Growing>;
  const root: Growing = new Map();
  for (const path of text.split(",")) {
    let at = root;
    for (const name of path
      .trim()
      .replace(/^this\./, "")
      .split(".")) {
      const below = at.get(name) ?? new Map();
      at.set(name, below);
      at = below;
    }
  }
  return root;
}

/** What any nested object shows without the scope of its kind (https://developers.asana.com/docs/oauth-scopes). */
const openFields = new Set(["gid", "name", "resource_type", "resource_subtype"]);

function requireScopeOf(kind: Kind, tree: FieldTree, { viewer }: ShapeContext): void {
  if (viewer.scopes.includes("default") || [...tree.keys()].every((name) => openFields.has(name))) return;
  const scope = `${kind === "story" ? "storie" : kind}s:read`;
  if (!viewer.scopes.includes(scope)) {
    throw forbidden(`The fields of the ${kind} that were asked for need the scope ${scope}.`);
  }
}

function shown(value: unknown, tree: FieldTree | null, inFull: boolean, context: ShapeContext): unknown {
  if (value instanceof Reference) {
    if (tree !== null && tree.size > 0) {
      requireScopeOf(value.kind, tree, context);
      return select(value, tree, context);
    }
    return inFull ? named(value, kinds[value.kind].compact, context) : identified(value);
  }
  if (Array.isArray(value)) return value.map((one) => shown(one, tree, inFull, context));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => tree === null || tree.size === 0 || tree.has(name));
  return Object.fromEntries(entries.map(([name, one]) => [name, shown(one, tree?.get(name) ?? null, inFull, context)]));
}

const identified = ({ kind, row }: Reference) => ({ gid: row.gid, resource_type: kind });

function fieldOf({ kind, row }: Reference, name: string, context: ShapeContext): unknown {
  if (name === "resource_type") return kind;
  const read = (kinds[kind].fields as Readonly<Record<string, (row: Rows[Kind], context: ShapeContext) => unknown>>)[name];
  return read?.(row, context);
}

const withoutGaps = (record: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

const named = (of: Reference, names: readonly string[], context: ShapeContext): Record<string, unknown> =>
  withoutGaps({
    ...identified(of),
    ...Object.fromEntries(names.map((name) => [name, shown(fieldOf(of, name, context), null, true, context)])),
  });

const select = (of: Reference, tree: FieldTree, context: ShapeContext): Record<string, unknown> =>
  withoutGaps({
    gid: of.row.gid,
    ...Object.fromEntries(
      [...tree].map(([name, below]) => [name, name === "gid" ? of.row.gid : shown(fieldOf(of, name, context), below, false, context)]),
    ),
  });

/** A record: what `opt_fields` names, else whole or compact. Fields that there are not are left out. */
export function shape<K extends Kind>(
  kind: K,
  row: Rows[K],
  form: "full" | "compact",
  tree: FieldTree | null,
  context: ShapeContext,
): unknown {
  const of = new Reference(kind, row);
  return tree === null ? named(of, kinds[kind][form], context) : select(of, tree, context);
}
