import { readFileSync } from "node:fs";
import {
  buildASTSchema,
  extendSchema,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  getVariableValues,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  Kind,
  parse,
  type SelectionSetNode,
  validate,
} from "graphql";
import { readNewerSchema } from "../linear/schema/derive";
import type { RecordedExchange } from "./recording";
import { isPage, jsonOf, outside, type SpecValidator, unknownOperation, type Verdict, type Violation } from "./validator";

/**
 * Linear's published SDL, and beyond it what its official client of a later date asks for (`sandbox/linear/schema/newer.graphql`): each
 * document must be valid, its variables of their types, and each answer the shape that the document asks for.
 */

type Plain = Readonly<Record<string, unknown>>;
const isPlain = (value: unknown): value is Plain => typeof value === "object" && value !== null && !Array.isArray(value);

const scalars: Readonly<Record<string, (value: unknown) => boolean>> = {
  String: (value) => typeof value === "string",
  ID: (value) => typeof value === "string",
  Boolean: (value) => typeof value === "boolean",
  Int: (value) => Number.isInteger(value),
  Float: (value) => typeof value === "number",
  DateTime: (value) => typeof value === "string" && /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/.test(value),
  TimelessDate: (value) => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value),
};

/** The errors of an answer, in the shape that Linear's SDK reads (`packages/sdk/src/error.ts`); the SDL does not describe them. */
function checkErrors(errors: unknown): readonly Violation[] {
  const known = ["message", "path", "locations", "extensions"];
  if (!Array.isArray(errors)) return [{ where: "answer errors", what: "is no list" }];
  return errors.flatMap((error: unknown) => {
    if (!isPlain(error) || typeof error.message !== "string") return [{ where: "answer errors[]", what: "has no message" }];
    return Object.keys(error)
      .filter((name) => !known.includes(name))
      .map((name) => ({ where: "answer errors[]", what: `"${name}" is not GraphQL's` }));
  });
}

/** Compares data with what a document asks of a schema. */
function createShape(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
  /** Fields asked for on an object of this type, by the name they answer under. */
  function askedOf(type: GraphQLObjectType, selection: SelectionSetNode): Map<string, { field: string; selections: SelectionSetNode[] }> {
    const asked = new Map<string, { field: string; selections: SelectionSetNode[] }>();
    const applies = (condition: string | undefined): boolean => {
      const other = condition === undefined ? type : schema.getType(condition);
      return other === type || (isAbstractType(other) && schema.isSubType(other, type));
    };
    const collect = ({ selections }: SelectionSetNode): void => {
      for (const node of selections) {
        if (node.kind === Kind.FIELD) {
          const name = node.alias?.value ?? node.name.value;
          const entry = asked.get(name) ?? { field: node.name.value, selections: [] };
          if (node.selectionSet !== undefined) entry.selections.push(node.selectionSet);
          asked.set(name, entry);
        } else if (node.kind === Kind.INLINE_FRAGMENT) {
          if (applies(node.typeCondition?.name.value)) collect(node.selectionSet);
        } else {
          const fragment = fragments.get(node.name.value);
          if (fragment !== undefined && applies(fragment.typeCondition.name.value)) collect(fragment.selectionSet);
        }
      }
    };
    collect(selection);
    return asked;
  }

  function checkObject(
    type: GraphQLObjectType,
    selections: readonly SelectionSetNode[],
    value: unknown,
    where: string,
  ): readonly Violation[] {
    if (!isPlain(value)) return [{ where, what: `is no ${type.name}` }];
    const asked = askedOf(type, { kind: Kind.SELECTION_SET, selections: selections.flatMap((one) => one.selections) });
    const unknown = Object.keys(value).filter((name) => !asked.has(name));
    const violations: Violation[] = unknown.map((name) => ({ where, what: `"${name}" was not asked for` }));
    for (const [name, { field, selections: below }] of asked) {
      if (field === "__typename") {
        if (value[name] !== type.name) violations.push({ where: `${where}.${name}`, what: `is not ${type.name}` });
        continue;
      }
      const described = type.getFields()[field];
      if (described === undefined) violations.push({ where, what: `"${field}" is not described` });
      else violations.push(...checkValue(described.type, below, value[name], `${where}.${name}`));
    }
    return violations;
  }

  function checkValue(type: GraphQLOutputType, below: readonly SelectionSetNode[], value: unknown, where: string): readonly Violation[] {
    if (value === null || value === undefined) {
      if (value === undefined) return [{ where, what: "is missing" }];
      return isNonNullType(type) ? [{ where, what: `is null, and is ${type}` }] : [];
    }
    const inner = getNullableType(type);
    if (isListType(inner)) {
      if (!Array.isArray(value)) return [{ where, what: "is no list" }];
      return value.flatMap((item: unknown) => checkValue(inner.ofType, below, item, `${where}[]`));
    }
    if (isObjectType(inner)) return checkObject(inner, below, value, where);
    if (isAbstractType(inner)) {
      const possible = schema.getPossibleTypes(inner).map((one) => checkObject(one, below, value, where));
      return possible.some((faults) => faults.length === 0) ? [] : (possible[0] ?? []);
    }
    if (isEnumType(inner)) {
      return inner.getValue(String(value)) === undefined ? [{ where, what: `"${String(value)}" is no ${inner.name}` }] : [];
    }
    const named = getNamedType(inner);
    const accepts = isScalarType(named) ? scalars[named.name] : undefined;
    return accepts === undefined || accepts(value) ? [] : [{ where, what: `is no ${named.name}` }];
  }
  return { checkObject };
}

export function createLinearValidator(specFile: string): SpecValidator {
  const published = buildASTSchema(parse(readFileSync(specFile, "utf8"), { noLocation: true }), { assumeValidSDL: true });
  const schema = extendSchema(published, parse(readNewerSchema(), { noLocation: true }), { assumeValidSDL: true });

  function check(exchange: RecordedExchange): Verdict {
    const { pathname } = new URL(exchange.target, "http://linear.invalid");
    if (pathname.startsWith("/oauth/") || pathname.startsWith("/.well-known/")) return outside("the vendor's OAuth");
    if (pathname !== "/graphql") {
      return isPage(exchange) || exchange.response.status === 404 ? outside("pages") : unknownOperation(exchange.method, pathname);
    }
    const sent = jsonOf(exchange.request);
    const query = isPlain(sent) && typeof sent.query === "string" ? sent.query : null;
    const answer = jsonOf(exchange.response);
    const answerErrors = exchange.fault === null && isPlain(answer) && answer.errors !== undefined ? checkErrors(answer.errors) : [];
    const data = isPlain(answer) ? answer.data : undefined;
    const refused = (operation: string): Verdict => ({ kind: "checked", operation, refused: true, violations: answerErrors });
    if (!isPlain(sent) || query === null) return refused("(no document)");

    let document: ReturnType<typeof parse>;
    try {
      document = parse(query);
    } catch {
      return refused("(no document)");
    }
    const named = typeof sent.operationName === "string" ? sent.operationName : null;
    const definition = getOperationAST(document, named);
    if (definition === null || definition === undefined) return refused("(no operation)");
    const root = definition.selectionSet.selections.flatMap((node) => (node.kind === Kind.FIELD ? [node.name.value] : [])).join(" ");
    const operation = `${definition.operation} ${root}`;
    const wrong = validate(schema, document).map(({ message }): Violation => ({ where: "document", what: message }));
    const variables = getVariableValues(schema, definition.variableDefinitions ?? [], isPlain(sent.variables) ? sent.variables : {});
    for (const { message } of variables.errors ?? []) wrong.push({ where: "variables", what: message });
    const known = isPlain(sent.variables) ? Object.keys(sent.variables) : [];
    const declared = new Set((definition.variableDefinitions ?? []).map((one) => one.variable.name.value));
    for (const name of known) if (!declared.has(name)) wrong.push({ where: "variables", what: `"${name}" is not declared` });

    // Without data nothing was done: the tool refused the document, as it had to where it is wrong.
    if (data === undefined || data === null) return refused(wrong.length === 0 ? operation : "(no valid document)");
    if (wrong.length > 0) return { kind: "checked", operation, refused: false, violations: [...wrong, ...answerErrors] };
    const fragments = new Map(
      document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [])),
    );
    const type = schema.getRootType(definition.operation);
    const shape =
      type === undefined || type === null || exchange.fault !== null || answerErrors.length > 0
        ? []
        : createShape(schema, fragments).checkObject(type, [definition.selectionSet], data, "answer data");
    return { kind: "checked", operation, refused: false, violations: [...answerErrors, ...shape] };
  }
  return { tool: "linear", files: [specFile], check };
}
