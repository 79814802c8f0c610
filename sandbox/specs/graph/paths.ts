import type { BoundOperation, GraphModel, TypeReference } from "./model";

/** Paths of Graph against the model: entity sets and singletons, keys, properties, navigation, casts, bound operations. */

export interface Target {
  /** The path with keys as `{id}`, for the coverage table. */
  readonly template: string;
  readonly type: TypeReference;
  readonly kind: "entity" | "value" | "count" | "operation";
  readonly operation: BoundOperation | null;
  /** The last navigation property of the path (`calendarView`). */
  readonly through: string;
}

/** Drive items by path (`root:/Reports/May.txt:/content`) are the item that they name; the colons are no part of the model. */
const withoutDrivePath = (path: string): string =>
  path
    .replace(/(^|\/)(root|special\/[^/:]+|items\/[^/:]+):\/(?:.*?):(?=\/)/, "$1$2")
    .replace(/(^|\/)(root|special\/[^/:]+|items\/[^/:]+):\/[^:]*:?$/, "$1$2");

const inner = (type: TypeReference): TypeReference => ({ ...type, isCollection: false });

/** What a path leads to; a string says which piece of it the model does not have. */
export function resolveGraphPath(model: GraphModel, path: string): Target | string {
  const pieces = withoutDrivePath(path)
    .split("/")
    .filter((piece) => piece !== "");
  const [first = "", ...rest] = pieces;
  const rootName = /^([^(]+)/.exec(first)?.[1] ?? "";
  const root = model.roots.get(rootName);
  if (root === undefined) return `"${rootName}" is no entity set or singleton`;
  let type = first.includes("(") ? inner(root) : root;
  let template = `/${rootName}${first.includes("(") ? "/{id}" : ""}`;
  let through = rootName;

  for (const [index, raw] of rest.entries()) {
    const piece = decodeURIComponent(raw);
    const isLast = index === rest.length - 1;
    const name = /^([^(]+)/.exec(piece)?.[1] ?? "";
    const inParentheses = /^[^(]+\((.*)\)$/.exec(piece)?.[1];
    if (isLast && (name === "$value" || name === "$count" || name === "$ref")) {
      return { template: `${template}/${name}`, type, kind: name === "$count" ? "count" : "value", operation: null, through };
    }
    const [operation] = operationsAt(type, name.replace(/^(?:microsoft\.)?graph\./, ""), inParentheses);
    if (operation !== undefined) {
      template += `/${operation.name}`;
      if (isLast) return { template, type, kind: "operation", operation, through };
      if (operation.answers === null) return `nothing follows "${operation.name}"`;
      type = operation.answers;
      continue;
    }
    if (model.findType(name.replace(/^graph\./, "microsoft.graph.")) !== null) {
      type = { ...type, name: name.replace(/^graph\./, "microsoft.graph.") };
      template += `/${name}`;
      continue;
    }
    if (type.isCollection) {
      type = inner(type);
      template += "/{id}";
      continue;
    }
    const member = model.findMember(type.name, name);
    if (member === null) return `"${name}" is no member of ${type.name}`;
    type = inParentheses === undefined ? member : inner(member);
    template += `/${name}${inParentheses === undefined ? "" : "/{id}"}`;
    through = name;
    if (member.name === "Edm.Stream") return { template, type: member, kind: "value", operation: null, through };
  }
  return { template, type, kind: "entity", operation: null, through };

  /** Those of the name; a function in parentheses must have the parameters that stand there. */
  function operationsAt(on: TypeReference, name: string, parameters: string | undefined): readonly BoundOperation[] {
    const wanted =
      parameters === undefined || parameters === "" ? [] : [...parameters.matchAll(/(?:^|,)\s*(\w+)=/g)].map((match) => match[1] ?? "");
    const fits = model.findOperations(on, name).filter(({ parameters: known }) => wanted.every((one) => known.has(one)));
    return fits.toSorted((left, right) => left.parameters.size - right.parameters.size);
  }
}
