import {
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  getOperationAST,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
} from "graphql";
import type { RequestContext } from "./context";
import { mutationResolvers } from "./mutations/mutations";
import {
  attachmentResolvers,
  commentResolvers,
  cycleResolvers,
  issueResolvers,
  labelResolvers,
  organizationResolvers,
  projectResolvers,
  queryResolvers,
  searchResultResolvers,
  stateResolvers,
  teamResolvers,
  userResolvers,
  webhookResolvers,
} from "./resolvers";
import { loadSchema } from "./schema/schema";

export const schema = loadSchema();

/** Type → field → how it is answered; a field that is not named here is a column of its row, or neutral. */
export const resolversByType: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Query: queryResolvers,
  Mutation: mutationResolvers,
  Issue: issueResolvers,
  IssueSearchResult: searchResultResolvers,
  Attachment: attachmentResolvers,
  Webhook: webhookResolvers,
  Comment: commentResolvers,
  Project: projectResolvers,
  Cycle: cycleResolvers,
  Team: teamResolvers,
  User: userResolvers,
  WorkflowState: stateResolvers,
  IssueLabel: labelResolvers,
  Organization: organizationResolvers,
};

/** What a field that the sandbox does not model answers: nothing where the type allows it, else the emptiest value. */
function neutral(type: GraphQLOutputType): unknown {
  if (!isNonNullType(type)) return null;
  const inner = type.ofType;
  if (isListType(inner)) return [];
  if (isEnumType(inner)) return inner.getValues()[0]?.value;
  if (isLeafType(inner)) {
    const values: Readonly<Record<string, unknown>> = {
      Boolean: false,
      Int: 0,
      Float: 0,
      JSONObject: {},
      DateTime: new Date(0).toISOString(),
    };
    return Object.hasOwn(values, inner.name) ? values[inner.name] : "";
  }
  // A collection of what the sandbox has none of.
  if (inner.name.endsWith("Connection")) return emptyPage;
  return {};
}

const emptyPage = { nodes: [], edges: [], pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null } };

const resolve: GraphQLFieldResolver<unknown, RequestContext> = (source, args, context, info) => {
  const resolver = resolversByType[info.parentType.name]?.[info.fieldName];
  if (typeof resolver === "function") return resolver(source, args, context);
  const value = typeof source === "object" && source !== null ? Reflect.get(source, info.fieldName) : undefined;
  return value === undefined ? neutral(info.returnType) : value;
};

export interface Prepared {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/** Parses and validates; the errors are GraphQL's own. */
export function prepare(query: string, operationName: string | null): Prepared | { readonly errors: readonly GraphQLError[] } {
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: 20_000 });
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error] };
    throw error;
  }
  const errors = validate(schema, document);
  if (errors.length > 0) return { errors };
  const operation = getOperationAST(document, operationName);
  if (operation === null || operation === undefined) return { errors: [new GraphQLError("Must provide a valid operationName.")] };
  return { document, operation };
}

/** Runs a prepared operation over the rows. */
export async function run(prepared: Prepared, variables: Readonly<Record<string, unknown>>, context: RequestContext) {
  return execute({
    schema,
    document: prepared.document,
    operationName: prepared.operation.name?.value,
    variableValues: variables,
    contextValue: context,
    fieldResolver: resolve,
    rootValue: {},
  });
}

/** The operation's name and root fields, for faults and the journal; nothing when the text is not GraphQL. */
export function operationsOf(body: string): readonly string[] {
  try {
    const request: unknown = JSON.parse(body);
    if (typeof request !== "object" || request === null || !("query" in request) || typeof request.query !== "string") return [];
    const names = new Set<string>();
    for (const definition of parse(request.query, { noLocation: true, maxTokens: 20_000 }).definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      if (definition.name !== undefined) names.add(definition.name.value);
      for (const field of definition.selectionSet.selections) if (field.kind === Kind.FIELD) names.add(field.name.value);
    }
    return [...names];
  } catch {
    return [];
  }
}
