import type { Violation } from "../validator";
import type { GraphModel, TypeReference } from "./model";

/** Values in OData's JSON against the model. */

type Plain = Readonly<Record<string, unknown>>;
export const isPlain = (value: unknown): value is Plain => typeof value === "object" && value !== null && !Array.isArray(value);

const isText = (pattern: RegExp) => (value: unknown) => typeof value === "string" && pattern.test(value);
const isInteger = (value: unknown) => Number.isInteger(value);
const isNumber = (value: unknown) => typeof value === "number" || value === "INF" || value === "-INF" || value === "NaN";

const primitives: Readonly<Record<string, (value: unknown) => boolean>> = {
  "Edm.String": (value) => typeof value === "string",
  "Edm.Boolean": (value) => typeof value === "boolean",
  "Edm.Byte": isInteger,
  "Edm.Int16": isInteger,
  "Edm.Int32": isInteger,
  "Edm.Int64": isInteger,
  "Edm.Double": isNumber,
  "Edm.Single": isNumber,
  "Edm.Decimal": isNumber,
  "Edm.Date": isText(/^\d{4}-\d{2}-\d{2}$/),
  "Edm.DateTimeOffset": isText(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,12})?)?(?:Z|[+-]\d{2}:\d{2})$/),
  "Edm.TimeOfDay": isText(/^\d{2}:\d{2}(?::\d{2}(?:\.\d{1,12})?)?$/),
  "Edm.Duration": isText(/^-?P/),
  "Edm.Guid": isText(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
  "Edm.Binary": isText(/^[\w+/=-]*$/),
};

/** Annotations that an entity may bear anywhere: OData's, Graph's, and those of a property (`attachments@odata.context`). */
const annotation = /^(?:\w*@(?:odata|microsoft\.graph)\.\w+(?:\.\w+)*|@removed)$/;

/** Every fault of a value, `where` before each path. */
export function checkGraphValue(model: GraphModel, type: TypeReference, value: unknown, where: string): readonly Violation[] {
  if (type.isCollection) {
    if (!Array.isArray(value)) return [{ where, what: "is no list" }];
    return value.flatMap((item: unknown) => checkGraphValue(model, { ...type, isCollection: false }, item, `${where}[]`));
  }
  if (value === null) return type.isNullable ? [] : [{ where, what: `is null, and ${type.name} is not nullable` }];
  const primitive = primitives[type.name];
  if (primitive !== undefined) return primitive(value) ? [] : [{ where, what: `is no ${type.name}` }];
  const described = model.findType(type.name);
  if (described === null) return type.name.startsWith("Edm.") ? [] : [{ where, what: `${type.name} is not described` }];
  if (described.kind === "enum") {
    const words = typeof value === "string" ? (described.isFlags ? value.split(",").map((word) => word.trim()) : [value]) : [];
    const isMember = words.length > 0 && words.every((word) => described.members.has(word));
    return isMember ? [] : [{ where, what: `${JSON.stringify(value)} is no ${type.name}` }];
  }
  // `Json` is Graph's name of an untyped object.
  if (type.name === "microsoft.graph.Json") return [];
  if (!isPlain(value)) return [{ where, what: `is no ${type.name}` }];
  return checkObject(model, type.name, value, where);
}

function checkObject(model: GraphModel, declared: string, value: Plain, where: string): readonly Violation[] {
  const said = value["@odata.type"];
  const name = typeof said === "string" ? said.replace(/^#/, "") : declared;
  if (!model.isSubtype(name, declared)) return [{ where, what: `@odata.type ${name} is no ${declared}` }];
  return Object.entries(value).flatMap(([key, one]) => {
    const member = model.findMember(name, key);
    if (member !== null)
      return checkGraphValue(model, member.isNavigation ? { ...member, isNullable: true } : member, one, `${where}.${key}`);
    if (!annotation.test(key)) return [{ where, what: `"${key}" is no property of ${name}` }];
    const [property = ""] = key.split("@");
    return property === "" || model.findMember(name, property) !== null
      ? []
      : [{ where, what: `"${key}" annotates no property of ${name}` }];
  });
}
