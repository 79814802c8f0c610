import { type FieldNode, Kind, parse, type SelectionSetNode } from "graphql";
import { type DocumentName, documents } from "./documents";

/**
 * What a document costs in Linear's complexity points, before it is sent: 0.1 for a property, 1 for an object, and a connection's children
 * times its page size, 50 where none is given; rounded up (https://linear.app/developers/rate-limiting). Linear's `X-Complexity` says the
 * true cost afterwards, and it is often lower.
 */

const propertyCost = 0.1;
const objectCost = 1;
const defaultPageSize = 50;

type Variables = Readonly<Record<string, unknown>>;
type Cost = (variables: Variables) => number;

function costOfSelection(selection: SelectionSetNode): Cost {
  const costs = selection.selections.map((node): Cost => {
    if (node.kind === Kind.FIELD) return costOfField(node);
    // A fragment would be counted as nothing, and the limit would be met without warning.
    throw new TypeError("Linear's documents use no fragments.");
  });
  return (variables) => costs.reduce((sum, cost) => sum + cost(variables), 0);
}

function costOfField({ arguments: given = [], selectionSet }: FieldNode): Cost {
  if (selectionSet === undefined) return () => propertyCost;
  const children = costOfSelection(selectionSet);
  const isConnection = selectionSet.selections.some((node) => node.kind === Kind.FIELD && ["nodes", "edges"].includes(node.name.value));
  if (!isConnection) return (variables) => objectCost + children(variables);
  const size = given.find(({ name }) => name.value === "first" || name.value === "last")?.value;
  return (variables) => {
    const asked = size?.kind === Kind.VARIABLE ? variables[size.name.value] : size?.kind === Kind.INT ? Number(size.value) : undefined;
    return objectCost + children(variables) * (typeof asked === "number" ? asked : defaultPageSize);
  };
}

const costs = new Map<DocumentName, Cost>();

/** The points of one request, at least 1. */
export function complexityOf(name: DocumentName, variables: Variables): number {
  let cost = costs.get(name);
  if (cost === undefined) {
    const [operation] = parse(documents[name], { noLocation: true }).definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError(`The document ${name} is no operation.`);
    cost = costOfSelection(operation.selectionSet);
    costs.set(name, cost);
  }
  return Math.max(1, Math.ceil(cost(variables)));
}
