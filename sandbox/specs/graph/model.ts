import { readFileSync } from "node:fs";
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";

/** Microsoft Graph's entity model (OData CSDL 4.0) as far as paths and values need it. */

export interface TypeReference {
  /** With its namespace: `microsoft.graph.message`, `Edm.String`. */
  readonly name: string;
  readonly isCollection: boolean;
  readonly isNullable: boolean;
}

export interface StructuredType {
  readonly kind: "structured";
  readonly name: string;
  readonly base: string | null;
  readonly properties: ReadonlyMap<string, TypeReference>;
  readonly navigation: ReadonlyMap<string, TypeReference>;
}

export interface EnumeratedType {
  readonly kind: "enum";
  readonly name: string;
  readonly members: ReadonlySet<string>;
  readonly isFlags: boolean;
}

export interface BoundOperation {
  readonly name: string;
  readonly isFunction: boolean;
  /** What it hangs on. */
  readonly on: TypeReference;
  readonly parameters: ReadonlyMap<string, TypeReference>;
  readonly answers: TypeReference | null;
}

export interface GraphModel {
  readonly roots: ReadonlyMap<string, TypeReference>;
  findType(name: string): StructuredType | EnumeratedType | null;
  /** A property or navigation property of a type or of what it is based on. */
  findMember(type: string, member: string): (TypeReference & { readonly isNavigation: boolean }) | null;
  /** Operations of this name bound to this type or to what it is based on. */
  findOperations(type: TypeReference, name: string): readonly BoundOperation[];
  isSubtype(type: string, base: string): boolean;
}

const attributes = z.looseObject({});
type Attributes = z.output<typeof attributes>;

const many = (value: unknown): readonly Attributes[] =>
  value === undefined || value === "" ? [] : (Array.isArray(value) ? value : [value]).map((one) => attributes.parse(one));
const text = (node: Attributes, name: string): string | null => {
  const value = node[`@${name}`];
  return typeof value === "string" ? value : null;
};

/** Reads the published file; a few seconds of work for its 52,000 lines, so once a process. */
export function readGraphModel(file: string): GraphModel {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "@", parseAttributeValue: false, processEntities: false });
  const document = attributes.parse(parser.parse(readFileSync(file, "utf8")));
  const edmx = attributes.parse(document["edmx:Edmx"]);
  const schemas = many(attributes.parse(edmx["edmx:DataServices"]).Schema);
  const aliases = new Map(schemas.map((schema) => [text(schema, "Alias"), text(schema, "Namespace") ?? ""]));

  const fullName = (name: string, namespace: string): string => {
    if (name.startsWith("Edm.")) return name;
    const dot = name.lastIndexOf(".");
    const prefix = name.slice(0, Math.max(dot, 0));
    const own = prefix === "self" ? namespace : (aliases.get(prefix) ?? prefix);
    return `${dot < 0 ? namespace : own}.${name.slice(dot + 1)}`;
  };
  const reference = (node: Attributes, namespace: string): TypeReference => {
    const type = text(node, "Type") ?? "Edm.Untyped";
    const inner = /^Collection\((.+)\)$/.exec(type)?.[1];
    return { name: fullName(inner ?? type, namespace), isCollection: inner !== undefined, isNullable: text(node, "Nullable") !== "false" };
  };
  const membersOf = (nodes: unknown, namespace: string): Map<string, TypeReference> =>
    new Map(many(nodes).map((node) => [text(node, "Name") ?? "", reference(node, namespace)]));

  const types = new Map<string, StructuredType | EnumeratedType>();
  const operations = new Map<string, BoundOperation[]>();
  const roots = new Map<string, TypeReference>();
  for (const schema of schemas) {
    const namespace = text(schema, "Namespace") ?? "";
    for (const node of [...many(schema.EntityType), ...many(schema.ComplexType)]) {
      const name = `${namespace}.${text(node, "Name")}`;
      const base = text(node, "BaseType");
      types.set(name, {
        kind: "structured",
        name,
        base: base === null ? null : fullName(base, namespace),
        properties: membersOf(node.Property, namespace),
        navigation: membersOf(node.NavigationProperty, namespace),
      });
    }
    for (const node of many(schema.EnumType)) {
      const name = `${namespace}.${text(node, "Name")}`;
      const members = new Set(many(node.Member).map((member) => text(member, "Name") ?? ""));
      types.set(name, { kind: "enum", name, members, isFlags: text(node, "IsFlags") === "true" });
    }
    for (const isFunction of [true, false]) {
      for (const node of many(isFunction ? schema.Function : schema.Action)) {
        const [on, ...rest] = many(node.Parameter);
        const name = text(node, "Name") ?? "";
        if (text(node, "IsBound") !== "true" || on === undefined) continue;
        const [answer] = many(node.ReturnType);
        const known = operations.get(name) ?? [];
        known.push({
          name,
          isFunction,
          on: reference(on, namespace),
          parameters: new Map(rest.map((one) => [text(one, "Name") ?? "", reference(one, namespace)])),
          answers: answer === undefined ? null : reference(answer, namespace),
        });
        operations.set(name, known);
      }
    }
    for (const container of many(schema.EntityContainer)) {
      for (const set of many(container.EntitySet)) {
        const name = fullName(text(set, "EntityType") ?? "", namespace);
        roots.set(text(set, "Name") ?? "", { name, isCollection: true, isNullable: false });
      }
      for (const one of many(container.Singleton)) roots.set(text(one, "Name") ?? "", reference(one, namespace));
    }
  }
  if (types.size < 1000 || roots.size === 0) throw new Error(`${file} is not Graph's entity model.`);

  const structured = (name: string | null): StructuredType | null => {
    const type = name === null ? undefined : types.get(name);
    return type?.kind === "structured" ? type : null;
  };
  function* lineOf(name: string): Generator<StructuredType> {
    for (let type = structured(name); type !== null; type = structured(type.base)) yield type;
  }
  const isSubtype = (type: string, base: string): boolean => [...lineOf(type)].some(({ name }) => name === base);

  return {
    roots,
    isSubtype,
    findType: (name) => types.get(name) ?? null,
    findMember(type, member) {
      for (const { properties, navigation } of lineOf(type)) {
        const property = properties.get(member);
        if (property !== undefined) return { ...property, isNavigation: false };
        const link = navigation.get(member);
        if (link !== undefined) return { ...link, isNavigation: true };
      }
      return null;
    },
    findOperations: (type, name) =>
      (operations.get(name) ?? []).filter(({ on }) => on.isCollection === type.isCollection && isSubtype(type.name, on.name)),
  };
}
