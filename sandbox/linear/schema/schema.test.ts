import { readFileSync } from "node:fs";
import {
  buildSchema,
  extendSchema,
  type GraphQLArgument,
  type GraphQLInputField,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isUnionType,
  Kind,
  parse,
  TypeInfo,
  validate,
  validateSchema,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { describe, expect, test } from "vitest";
import { findSpec } from "../../specs/folder";
import { resolversByType, schema } from "../execute";
import {
  commentFilter,
  cycleFilter,
  issueFilter,
  labelFilter,
  projectFilter,
  projectStatusFilter,
  stateFilter,
  teamFilter,
  userFilter,
} from "../filters";
import { readClientDocuments } from "./client-documents";
import { clientFile, deriveSchema, readNewerSchema, schemaParts } from "./derive";
import { entities } from "./selection";

const vendorFile = findSpec("linear-schema.graphql");
const readPart = (part: string) => readFileSync(new URL(`${part}.graphql`, import.meta.url), "utf8");
const newer = readNewerSchema();
const documents = readClientDocuments(clientFile);
const ours = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));

test("the schema is valid and has the types of the product's reads and writes", () => {
  expect(validateSchema(schema)).toEqual([]);
  expect(ours.length).toBeGreaterThan(60);
});

/** A published file outside the repository: where it is not, this is counted as skipped. */
describe.skipIf(vendorFile === null)("against Linear's published schema", () => {
  const text = vendorFile === null ? schemaParts.map(readPart).join("\n") : readFileSync(vendorFile, "utf8");
  const published = buildSchema(text, { noLocation: true, assumeValidSDL: true });
  const vendor = extendSchema(published, parse(newer), { assumeValidSDL: true });

  const same = (mine: ReadonlyMap<string, string>, theirs: ReadonlyMap<string, string>, of: string) => {
    for (const [name, type] of mine) expect(theirs.get(name), `${of}.${name}`).toBe(type);
  };
  const inputs = (fields: readonly (GraphQLArgument | GraphQLInputField)[]) =>
    new Map(fields.map((field) => [field.name, `${field.type} = ${JSON.stringify(field.default ?? null)}`]));

  test("every type, field, argument and input field is the vendor's, nullability included", () => {
    let fieldCount = 0;
    for (const mine of ours) {
      const theirs = vendor.getType(mine.name);
      expect(theirs?.constructor, mine.name).toBe(mine.constructor);
      if ((isObjectType(mine) && isObjectType(theirs)) || (isInterfaceType(mine) && isInterfaceType(theirs))) {
        const known = theirs.getFields();
        expect(mine.getInterfaces().map(String), mine.name).toEqual(theirs.getInterfaces().map(String));
        for (const field of Object.values(mine.getFields())) {
          const original = known[field.name];
          fieldCount += 1;
          expect(String(original?.type), `${mine.name}.${field.name}`).toBe(String(field.type));
          expect(field.deprecationReason, `${mine.name}.${field.name}`).toBe(original?.deprecationReason);
          same(inputs(field.args), inputs(original?.args ?? []), `${mine.name}.${field.name}`);
          const named = new Set(field.args.map(({ name }) => name));
          const left = (original?.args ?? []).filter(({ name, type }) => isNonNullType(type) && !named.has(name));
          expect(left, `${mine.name}.${field.name} lacks an argument that must be given`).toEqual([]);
        }
      } else if (isInputObjectType(mine) && isInputObjectType(theirs)) {
        same(inputs(Object.values(mine.getFields())), inputs(Object.values(theirs.getFields())), mine.name);
        const left = Object.values(theirs.getFields()).filter(({ name, type }) => isNonNullType(type) && !(name in mine.getFields()));
        expect(left, `${mine.name} lacks a field that must be given`).toEqual([]);
      } else if (isEnumType(mine) && isEnumType(theirs)) {
        expect(mine.getValues().map(({ name }) => name)).toEqual(theirs.getValues().map(({ name }) => name));
      } else if (isUnionType(mine) && isUnionType(theirs)) {
        const known = theirs.getTypes().map(String);
        expect(known, mine.name).toEqual(expect.arrayContaining(mine.getTypes().map(String)));
      } else {
        expect(isScalarType(mine) && isScalarType(theirs), mine.name).toBe(true);
      }
    }
    expect(fieldCount).toBeGreaterThan(300);
  });

  test("the files are what derive.ts cuts out of it", () => {
    const derived = deriveSchema(text, documents);
    for (const part of schemaParts) expect(readPart(part), part).toBe(derived[part]);
  });
});

test("every relation is answered from rows; only plain values may be neutral", () => {
  const unanswered: string[] = [];
  for (const [name, resolvers] of Object.entries(resolversByType)) {
    const type = schema.getType(name);
    if (!isObjectType(type)) throw new Error(`${name} is not a type of the schema.`);
    const fields = type.getFields();
    for (const field of Object.keys(resolvers)) if (!(field in fields)) unanswered.push(`${name}.${field} is not in the schema`);
    for (const field of Object.values(fields)) {
      const inner = getNamedType(field.type);
      const single = isObjectType(inner) && isNonNullType(field.type) && !isListType(field.type.ofType);
      // Of what the sandbox has no rows of, nothing and an empty page are the truth.
      if (![...entities, "Organization"].includes(String(inner).replace(/Connection$/, ""))) continue;
      if ((single || String(inner).endsWith("Connection")) && !(field.name in resolvers)) unanswered.push(`${name}.${field.name}`);
    }
  }
  expect(unanswered).toEqual([]);
});

test("every filter that the schema offers is judged", () => {
  const tables = {
    Comment: commentFilter,
    Cycle: cycleFilter,
    Issue: issueFilter,
    IssueLabel: labelFilter,
    Project: projectFilter,
    ProjectStatus: projectStatusFilter,
    WorkflowState: stateFilter,
    Team: teamFilter,
    User: userFilter,
  };
  const handledByRelations = new Set(["and", "or", "null", "some", "every", "length"]);
  const unjudged: string[] = [];
  for (const [entity, table] of Object.entries(tables)) {
    for (const name of [`${entity}Filter`, `Nullable${entity}Filter`, `${entity}CollectionFilter`]) {
      const type = schema.getType(name);
      if (!isInputObjectType(type)) continue;
      for (const field of Object.keys(type.getFields()))
        if (!(field in table) && !handledByRelations.has(field)) unjudged.push(`${name}.${field}`);
    }
  }
  expect(unjudged).toEqual([]);
});

describe("the official client", () => {
  test("asks nothing that the schema does not have", () => {
    expect(documents.length).toBeGreaterThan(100);
    for (const { name, document } of documents) expect(validate(schema, document), name).toEqual([]);
  });

  test("asks for every field that is here beyond the published schema", () => {
    const asked = new Set<string>();
    const info = new TypeInfo(schema);
    for (const { document } of documents) {
      visit(document, visitWithTypeInfo(info, { Field: ({ name }) => void asked.add(`${info.getParentType()?.name}.${name.value}`) }));
    }
    const beyond = parse(newer).definitions.flatMap((node) =>
      node.kind === Kind.OBJECT_TYPE_EXTENSION || node.kind === Kind.OBJECT_TYPE_DEFINITION
        ? (node.fields ?? []).map((field) => `${node.name.value}.${field.name.value}`)
        : [],
    );
    expect(beyond.length).toBeGreaterThan(10);
    expect(beyond.filter((field) => !asked.has(field))).toEqual([]);
  });
});
