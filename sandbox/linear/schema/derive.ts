import { readFileSync, writeFileSync } from "node:fs";
import { type DefinitionNode, Kind, type NameNode, parse, print, type TypeNode } from "graphql";

/**
 * Cuts the sandbox's schema out of Linear's published SDL (linear/linear, `packages/sdk/src/schema.graphql`, MIT): whole fields of the
 * types below, in the vendor's own words. `npm run sandbox -- --derive-linear-schema <vendor.graphql>` writes it again.
 *
 * Object types keep every field that is a scalar, an enum or another kept type, so that a client which asks for all scalars of an
 * issue is answered. Input types keep only what the sandbox really obeys: a filter that is not modelled is refused, never ignored.
 */

const entities = ["Issue", "Comment", "Project", "Team", "Cycle", "User", "WorkflowState", "IssueLabel", "ProjectStatus"];

const objectTypes = new Set([
  ...entities.flatMap((name) => [name, `${name}Connection`, `${name}Edge`]),
  "Organization",
  "PageInfo",
  "ActorBot",
  "ExternalUser",
  "IssuePayload",
  "IssueArchivePayload",
  "IssueBatchPayload",
  "CommentPayload",
  "DeletePayload",
  "RateLimitPayload",
  "RateLimitResultPayload",
]);

const comparators = [
  "DateComparator",
  "NullableDateComparator",
  "NullableTimelessDateComparator",
  "StringComparator",
  "NullableStringComparator",
  "NumberComparator",
  "NullableNumberComparator",
  "EstimateComparator",
  "BooleanComparator",
  "IDComparator",
  "IssueIDComparator",
];

const common = ["id", "createdAt", "updatedAt", "and", "or"];
const userFields = [...common, "active", "admin", "app", "displayName", "email", "isMe", "name"];
const issueFields = [
  ...common,
  "archivedAt",
  "assignee",
  "canceledAt",
  "children",
  "comments",
  "completedAt",
  "creator",
  "cycle",
  "description",
  "dueDate",
  "estimate",
  "labels",
  "number",
  "parent",
  "priority",
  "project",
  "startedAt",
  "state",
  "team",
  "title",
];
const cycleFields = [
  ...common,
  "completedAt",
  "endsAt",
  "isActive",
  "isFuture",
  "isNext",
  "isPast",
  "isPrevious",
  "name",
  "number",
  "startsAt",
  "team",
];
const projectFields = [
  ...common,
  "canceledAt",
  "completedAt",
  "health",
  "lead",
  "members",
  "name",
  "priority",
  "slugId",
  "startedAt",
  "state",
  "status",
];
const teamFields = [...common, "description", "key", "name", "private"];
const commentFields = [...common, "body", "issue", "parent", "user"];
const labelFields = [...common, "creator", "isGroup", "name", "parent", "team"];

/** The input types and the fields of each that the sandbox obeys; null keeps all. */
const inputTypes: Readonly<Record<string, readonly string[] | null>> = {
  ...Object.fromEntries(comparators.map((name) => [name, null])),
  IssueFilter: issueFields,
  NullableIssueFilter: [...issueFields, "null"],
  IssueCollectionFilter: [...issueFields, "some", "every", "length"],
  CommentFilter: commentFields,
  NullableCommentFilter: [...commentFields, "null"],
  CommentCollectionFilter: [...commentFields, "some", "every", "length"],
  ProjectFilter: projectFields,
  NullableProjectFilter: [...projectFields, "null"],
  ProjectStatusFilter: [...common, "description", "name", "position", "type"],
  CycleFilter: cycleFields,
  NullableCycleFilter: [...cycleFields, "null"],
  TeamFilter: teamFields,
  NullableTeamFilter: [...teamFields, "null"],
  UserFilter: userFields,
  NullableUserFilter: [...userFields, "null"],
  UserCollectionFilter: [...userFields, "some", "every", "length"],
  WorkflowStateFilter: [...common, "description", "name", "position", "team", "type"],
  IssueLabelFilter: labelFields,
  IssueLabelCollectionFilter: [...labelFields, "some", "every", "length", "null"],
  IssueCreateInput: [
    "assigneeId",
    "cycleId",
    "description",
    "dueDate",
    "estimate",
    "id",
    "labelIds",
    "parentId",
    "priority",
    "projectId",
    "stateId",
    "teamId",
    "title",
  ],
  IssueUpdateInput: [
    "addedLabelIds",
    "assigneeId",
    "cycleId",
    "description",
    "dueDate",
    "estimate",
    "labelIds",
    "parentId",
    "priority",
    "projectId",
    "removedLabelIds",
    "stateId",
    "teamId",
    "title",
    "trashed",
  ],
  CommentCreateInput: ["body", "id", "issueId", "parentId", "quotedText"],
  CommentUpdateInput: ["body", "quotedText"],
};

const rootFields: Readonly<Record<string, readonly string[]>> = {
  Query: [
    "viewer",
    "organization",
    "rateLimitStatus",
    ...["issue", "comment", "project", "team", "cycle", "user", "workflowState", "issueLabel"].flatMap((name) => [name, `${name}s`]),
    "projectStatus",
    "projectStatuses",
  ],
  Mutation: [
    "issueCreate",
    "issueUpdate",
    "issueBatchUpdate",
    "issueArchive",
    "issueUnarchive",
    "issueDelete",
    "commentCreate",
    "commentUpdate",
    "commentDelete",
  ],
};

/** Relations to rows that the sandbox does not keep. */
const droppedFields: ReadonlySet<string> = new Set([
  "Comment.createdIssues",
  "Project.comments",
  "Cycle.uncompletedIssuesUponClose",
  "User.delegatedIssues",
]);

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);
}

export const schemaParts = ["entities", "connections", "filters", "comparators", "operations"] as const;
type Part = (typeof schemaParts)[number];

/** Cuts the vendor's SDL down to the selection; the parts are printed by kind, each with its source named. */
export function deriveSchema(vendorSdl: string): Readonly<Record<Part, string>> {
  const vendor = parse(vendorSdl, { noLocation: true });
  const named = new Map<string, DefinitionNode & { name: NameNode }>();
  for (const definition of vendor.definitions) {
    if ("name" in definition && definition.name !== undefined) named.set(definition.name.value, { ...definition, name: definition.name });
  }
  const used = new Set<string>(["String", "Int", "Float", "Boolean", "ID"]);
  const leaf = (name: string): boolean => {
    const kind = named.get(name)?.kind;
    return used.has(name) || kind === Kind.SCALAR_TYPE_DEFINITION || kind === Kind.ENUM_TYPE_DEFINITION;
  };
  const keepInput = (name: string): boolean => leaf(name) || name in inputTypes;
  const parts: Record<Part, DefinitionNode[]> = { entities: [], connections: [], filters: [], comparators: [], operations: [] };

  for (const definition of vendor.definitions) {
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) {
      const name = definition.name.value;
      const roots = rootFields[name];
      if (roots === undefined && !objectTypes.has(name)) continue;
      const fields = (definition.fields ?? [])
        .filter((field) => roots === undefined || roots.includes(field.name.value))
        .filter((field) => leaf(nameOf(field.type)) || objectTypes.has(nameOf(field.type)))
        .filter((field) => !droppedFields.has(`${name}.${field.name.value}`))
        .map((field) => {
          used.add(nameOf(field.type));
          const args = (field.arguments ?? []).filter((argument) => keepInput(nameOf(argument.type)));
          for (const argument of args) used.add(nameOf(argument.type));
          return { ...field, description: undefined, arguments: args.map((argument) => ({ ...argument, description: undefined })) };
        });
      const part: Part =
        roots !== undefined ? "operations" : entities.includes(name) || name === "Organization" ? "entities" : "connections";
      parts[part].push({ ...definition, description: undefined, directives: [], fields });
    } else if (definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION && definition.name.value in inputTypes) {
      const kept = inputTypes[definition.name.value] ?? null;
      const fields = (definition.fields ?? []).filter((field) => kept === null || kept.includes(field.name.value));
      for (const field of fields) used.add(nameOf(field.type));
      const { value: name } = definition.name;
      const part: Part = name.endsWith("Input") ? "operations" : name.endsWith("Comparator") ? "comparators" : "filters";
      parts[part].push({ ...definition, description: undefined, fields: fields.map((field) => ({ ...field, description: undefined })) });
    } else if (definition.kind === Kind.INTERFACE_TYPE_DEFINITION && ["Node", "ArchivePayload"].includes(definition.name.value)) {
      const fields = (definition.fields ?? []).map((field) => ({ ...field, description: undefined }));
      parts.connections.push({ ...definition, description: undefined, fields });
    }
  }
  for (const definition of vendor.definitions) {
    if (definition.kind === Kind.SCALAR_TYPE_DEFINITION && used.has(definition.name.value)) {
      parts.operations.push({ ...definition, description: undefined, directives: [] });
    } else if (definition.kind === Kind.ENUM_TYPE_DEFINITION && used.has(definition.name.value)) {
      const values = (definition.values ?? []).map((value) => ({ ...value, description: undefined }));
      parts.operations.push({ ...definition, description: undefined, values });
    }
  }
  const header =
    "# A part of Linear's published GraphQL schema (linear/linear, packages/sdk/src/schema.graphql, MIT License, Copyright Linear Orbit, Inc.),\n" +
    "# cut by derive.ts in this folder; schema.test.ts compares it with the original.\n\n";
  const text = (nodes: readonly DefinitionNode[]) => `${header}${nodes.map((node) => print(node)).join("\n\n")}\n`;
  return {
    entities: text(parts.entities),
    connections: text(parts.connections),
    filters: text(parts.filters),
    comparators: text(parts.comparators),
    operations: text(parts.operations),
  };
}

/** Writes the parts beside this file. */
export function writeDerivedSchema(vendorFile: string): void {
  const parts = deriveSchema(readFileSync(vendorFile, "utf8"));
  for (const [name, text] of Object.entries(parts)) writeFileSync(new URL(`${name}.graphql`, import.meta.url), text);
}
