import { readFileSync, writeFileSync } from "node:fs";
import {
  buildASTSchema,
  concatAST,
  type DefinitionNode,
  extendSchema,
  getNamedType,
  isUnionType,
  Kind,
  type NameNode,
  parse,
  print,
  TypeInfo,
  type TypeNode,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { type ClientDocument, readClientDocuments } from "./client-documents";
import { entities, inputTypes, objectTypes, rootFields } from "./selection";

/**
 * Cuts the sandbox's schema out of Linear's published SDL (linear/linear, `packages/sdk/src/schema.graphql`, MIT): whole fields of the
 * types in `selection.ts`, in the vendor's own words. `npm run sandbox -- --derive-linear-schema <vendor.graphql>` writes it again.
 *
 * Object types keep every field that is a scalar, an enum or another kept type, so that a client which asks for all scalars of an
 * issue is answered. Of types that the sandbox has no rows of, what Linear's official client asks for is kept, and answers nothing or an
 * empty page. Input types keep only what the sandbox really obeys: a filter that is not modelled is refused, never ignored.
 */

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);
}

export const schemaParts = ["entities", "connections", "filters", "comparators", "operations", "client"] as const;
type Part = (typeof schemaParts)[number];

/** `newer.graphql`: what the official client knows beyond the published schema. */
export const readNewerSchema = (): string => readFileSync(new URL("newer.graphql", import.meta.url), "utf8");

const builtIn = ["String", "Int", "Float", "Boolean", "ID"];

/** Which fields of which types the client's documents ask for, and which types they name. */
function askedOf(vendorSdl: string, documents: readonly ClientDocument[]): { fields: ReadonlySet<string>; types: ReadonlySet<string> } {
  const published = buildASTSchema(parse(vendorSdl, { noLocation: true }), { assumeValidSDL: true });
  const schema = extendSchema(published, parse(readNewerSchema(), { noLocation: true }), { assumeValidSDL: true });
  const fields = new Set<string>();
  const types = new Set<string>();
  const info = new TypeInfo(schema);
  for (const { document } of documents) {
    visit(
      document,
      visitWithTypeInfo(info, {
        Field(node) {
          const parent = info.getParentType();
          const type = info.getType();
          if (parent === undefined || parent === null || type === undefined || type === null) return;
          fields.add(`${parent.name}.${node.name.value}`);
          types.add(parent.name).add(getNamedType(type).name);
          if (isUnionType(parent)) for (const member of parent.getTypes()) types.add(member.name);
        },
      }),
    );
  }
  return { fields, types };
}

/** Cuts the vendor's SDL down to the selection and to what the client's documents ask; the parts are printed by kind, each with its source named. */
export function deriveSchema(vendorSdl: string, documents: readonly ClientDocument[]): Readonly<Record<Part, string>> {
  const published = parse(vendorSdl, { noLocation: true });
  const newer = parse(readNewerSchema(), { noLocation: true });
  const vendor = concatAST([published, newer]);
  const asked = askedOf(vendorSdl, documents);
  const named = new Map<string, DefinitionNode & { name: NameNode }>();
  for (const definition of published.definitions) {
    if ("name" in definition && definition.name !== undefined) named.set(definition.name.value, { ...definition, name: definition.name });
  }
  const isNewer = new Set(
    newer.definitions.flatMap((node) =>
      "name" in node && node.name !== undefined && !named.has(node.name.value) ? [node.name.value] : [],
    ),
  );
  const used = new Set<string>(builtIn);
  const leaf = (name: string): boolean => {
    const kind = named.get(name)?.kind;
    return builtIn.includes(name) || kind === Kind.SCALAR_TYPE_DEFINITION || kind === Kind.ENUM_TYPE_DEFINITION;
  };
  const isOurs = (name: string) => objectTypes.has(name) || name in rootFields;
  /** What only the client asks for. */
  const isClients = (name: string) => !isOurs(name) && asked.types.has(name) && !leaf(name) && !isNewer.has(name);
  const keepInput = (name: string): boolean => leaf(name) || name in inputTypes;
  const parts: Record<Part, DefinitionNode[]> = { entities: [], connections: [], filters: [], comparators: [], operations: [], client: [] };
  const interfaces = new Map<string, ReadonlySet<string>>();
  for (const definition of published.definitions) {
    if (definition.kind === Kind.INTERFACE_TYPE_DEFINITION) {
      interfaces.set(definition.name.value, new Set((definition.fields ?? []).map((field) => field.name.value)));
    }
  }

  for (const definition of vendor.definitions) {
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) {
      const name = definition.name.value;
      if (!isOurs(name) && !isClients(name)) continue;
      const roots = rootFields[name];
      const ofInterfaces = (field: string) =>
        (definition.interfaces ?? []).some((one) => interfaces.get(one.name.value)?.has(field) === true);
      const fields = (definition.fields ?? [])
        .filter((field) => {
          const type = nameOf(field.type);
          if (roots !== undefined) return roots.includes(field.name.value);
          const isAsked = asked.fields.has(`${name}.${field.name.value}`);
          if (isClients(name)) return isAsked || ofInterfaces(field.name.value);
          return leaf(type) || objectTypes.has(type) || isAsked;
        })
        .map((field) => {
          used.add(nameOf(field.type));
          const args = (field.arguments ?? []).filter((argument) => keepInput(nameOf(argument.type)));
          for (const argument of args) used.add(nameOf(argument.type));
          return { ...field, description: undefined, arguments: args.map((argument) => ({ ...argument, description: undefined })) };
        });
      const part: Part =
        roots !== undefined
          ? "operations"
          : isClients(name)
            ? "client"
            : entities.includes(name) || name === "Organization"
              ? "entities"
              : "connections";
      parts[part].push({ ...definition, description: undefined, directives: [], fields });
    } else if (definition.kind === Kind.UNION_TYPE_DEFINITION && asked.types.has(definition.name.value)) {
      const types = (definition.types ?? []).filter((member) => asked.types.has(member.name.value));
      parts.client.push({ ...definition, description: undefined, types });
    } else if (definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION && definition.name.value in inputTypes) {
      const kept = inputTypes[definition.name.value] ?? null;
      const fields = (definition.fields ?? []).filter((field) => kept === null || kept.includes(field.name.value));
      for (const field of fields) used.add(nameOf(field.type));
      const { value: name } = definition.name;
      const part: Part = name.endsWith("Input") ? "operations" : name.endsWith("Comparator") ? "comparators" : "filters";
      parts[part].push({ ...definition, description: undefined, fields: fields.map((field) => ({ ...field, description: undefined })) });
    } else if (definition.kind === Kind.INTERFACE_TYPE_DEFINITION && ["Node", "ArchivePayload", "Entity"].includes(definition.name.value)) {
      const fields = (definition.fields ?? []).map((field) => ({ ...field, description: undefined }));
      parts.connections.push({ ...definition, description: undefined, fields });
    }
  }
  for (const definition of published.definitions) {
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
  const text = (part: Part) => `${header}${parts[part].map((node) => print(node)).join("\n\n")}\n`;
  return Object.fromEntries(schemaParts.map((part) => [part, text(part)])) as Record<Part, string>;
}

/** The official client's package, where the sandbox runs out of the repository with its development dependencies. */
export const clientFile = new URL("../../../node_modules/@linear/sdk/dist/index.mjs", import.meta.url).pathname;

/** Writes the parts beside this file. */
export function writeDerivedSchema(vendorFile: string): void {
  const parts = deriveSchema(readFileSync(vendorFile, "utf8"), readClientDocuments(clientFile));
  for (const [name, text] of Object.entries(parts)) writeFileSync(new URL(`${name}.graphql`, import.meta.url), text);
}
