import { Ajv2019, type ErrorObject, type ValidateFunction } from "ajv/dist/2019.js";
import addFormats from "ajv-formats";
import type { Violation } from "./validator";

/**
 * The schema dialects of the descriptions (OpenAPI 3.0, Swagger 2, Google discovery) as JSON Schema 2019-09 in which an unknown field is
 * a fault: `unevaluatedProperties: false` stands around every use of an object, and inside `allOf` the parts stay open to each other.
 */

export type Schema = Readonly<Record<string, unknown>>;

export interface SchemaSet {
  /** Faults of a value against a schema of this description, `where` before each path. */
  check(schema: Schema, value: unknown, where: string, mode?: CheckMode): readonly Violation[];
}

/**
 * `merge`: a merge patch, in which null clears any field (RFC 7396). `full`: where a short form of a record is described, its long form
 * may stand (`inFull`).
 */
export type CheckMode = "plain" | "merge" | "full";
const modes = ["plain", "merge", "full"] as const;

export interface Dialect {
  /** The name of the definition that a reference means. */
  nameOf(reference: string): string;
  /** The definition that may stand where this one is used, in mode `full`. */
  inFull?(name: string): string;
}

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);
const schemasOf = (value: unknown): readonly Schema[] => (Array.isArray(value) ? value.filter(isSchema) : []);

const numberText: Schema = { type: "string", pattern: "^-?\\d+$" };
/** Formats that are checked; others say how text is meant, not how it is written (Asana gives `uri` to "asana.com"). */
const checkedFormats: ReadonlySet<string> = new Set(["date", "date-time"]);
const kept = [
  "enum",
  "pattern",
  "minItems",
  "maxItems",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "required",
  "uniqueItems",
] as const;

/** A schema with no word about its fields is open. */
function isFree(schema: Schema): boolean {
  const says = ["properties", "allOf", "anyOf", "oneOf", "$ref", "additionalProperties"].some((key) => key in schema);
  return !says && (schema.type === "object" || schema.type === undefined);
}

function createConverter(definitions: Readonly<Record<string, unknown>>, dialect: Dialect, mode: CheckMode) {
  const { nameOf } = dialect;
  const long = (schema: Schema): Schema => {
    if (typeof schema.$ref !== "string") return schema;
    const name = nameOf(schema.$ref);
    const other = mode === "full" ? (dialect.inFull?.(name) ?? name) : name;
    return other in definitions && other !== name ? { $ref: schema.$ref.replace(name, other) } : schema;
  };
  /** Whether null may stand for it: said here, in a part, or where it is defined. */
  function isNullable(schema: Schema): boolean {
    if (schema.nullable === true || schemasOf(schema.allOf).some((part) => part.nullable === true)) return true;
    const target = typeof schema.$ref === "string" ? definitions[nameOf(schema.$ref)] : undefined;
    return isSchema(target) && target.nullable === true;
  }

  /** A schema as it stands in a definition, or `beside` others in an `allOf`, where one without words about fields adds none. */
  function part(schema: Schema, beside = false): Schema {
    if (typeof schema.$ref === "string") return { $ref: `#/$defs/${nameOf(schema.$ref)}` };
    const { type, format, properties, items, additionalProperties } = schema;
    const converted: Record<string, unknown> = {};
    for (const key of kept)
      if (schema[key] !== undefined && (key !== "required" || Array.isArray(schema[key]))) converted[key] = schema[key];
    if (type === "string" && typeof format === "string" && /^u?int(?:32|64)$/.test(format)) return numberText;
    if (typeof type === "string" && !["any", "file"].includes(type)) converted.type = type;
    if (Array.isArray(type)) converted.type = type;
    if (format === "google-datetime") converted.format = "date-time";
    else if (typeof format === "string" && checkedFormats.has(format)) converted.format = format;
    if (isSchema(properties)) {
      converted.properties = Object.fromEntries(
        Object.entries(properties).map(([name, one]) => [name, isSchema(one) ? whole(one, mode === "merge") : {}]),
      );
    }
    // Slack's description says "one of these" by a list of items without a type.
    if (Array.isArray(items) && type !== "array") converted.anyOf = schemasOf(items).map((one) => whole(one));
    else if (Array.isArray(items)) converted.items = { anyOf: schemasOf(items).map((one) => whole(one)) };
    else if (isSchema(items)) converted.items = whole(items);
    if (isSchema(additionalProperties)) converted.additionalProperties = whole(additionalProperties);
    else if (additionalProperties === true || (!beside && isFree(schema))) converted.additionalProperties = true;
    for (const key of ["allOf", "anyOf", "oneOf"] as const) {
      // Where parts overlap a value may be several of them: which one is not what is asked here.
      if (Array.isArray(schema[key]))
        converted[key === "oneOf" ? "anyOf" : key] = schemasOf(schema[key]).map((one) => part(one, key === "allOf"));
    }
    return converted;
  }

  /** A schema where it is used: nothing may be there that it does not name. */
  function whole(schema: Schema, orNull = false): Schema {
    const used = Array.isArray(schema.allOf) ? { ...schema, allOf: schemasOf(schema.allOf).map(long) } : long(schema);
    const closed = { allOf: [part(used)], unevaluatedProperties: false };
    return orNull || isNullable(schema) ? { anyOf: [{ type: "null" }, closed] } : closed;
  }
  return { part, whole };
}

/** What Ajv says in one line; of alternatives it tells each, so that the deepest are kept. */
function toViolations(errors: readonly ErrorObject[], where: string): readonly Violation[] {
  const said = errors.filter(({ keyword, params }) => keyword !== "anyOf" && keyword !== "if" && params.type !== "null");
  const told = (said.length === 0 ? errors : said).map((error) => {
    const unknown: unknown = error.params.unevaluatedProperty ?? error.params.additionalProperty;
    const what =
      typeof unknown === "string"
        ? `"${unknown}" is not described`
        : `${error.message ?? "is wrong"}${error.keyword === "enum" ? `: ${JSON.stringify(error.params.allowedValues).slice(0, 200)}` : ""}`;
    return { where: `${where}${error.instancePath.replaceAll("/", ".").replaceAll(/\.\d+(?=\.|$)/g, "[]")}`, what };
  });
  const seen = new Set<string>();
  return told.filter((one) => !seen.has(`${one.where} ${one.what}`) && seen.add(`${one.where} ${one.what}`)).slice(0, 8);
}

/** The definitions of a description, ready to check values. */
export function createSchemaSet(definitions: Readonly<Record<string, unknown>>, dialect: Dialect): SchemaSet {
  const prepared = Object.fromEntries(
    modes.map((mode) => {
      const converter = createConverter(definitions, dialect, mode);
      const defs = Object.fromEntries(
        Object.entries(definitions).map(([name, schema]) => [name, isSchema(schema) ? converter.part(schema) : {}]),
      );
      const ajv = new Ajv2019({ strict: false, allErrors: true, logger: false, validateSchema: false });
      addFormats.default(ajv);
      ajv.addSchema({ $id: "description", $defs: defs });
      return [mode, { converter, ajv, compiled: new Map<Schema, ValidateFunction>() }];
    }),
  ) as Record<CheckMode, { converter: ReturnType<typeof createConverter>; ajv: Ajv2019; compiled: Map<Schema, ValidateFunction> }>;

  return {
    check(schema, value, where, mode = "plain") {
      const { converter, ajv, compiled } = prepared[mode];
      let validate = compiled.get(schema);
      if (validate === undefined) {
        const text = JSON.stringify(converter.whole(schema)).replaceAll('"#/$defs/', '"description#/$defs/');
        validate = ajv.compile(JSON.parse(text) as Schema);
        compiled.set(schema, validate);
      }
      return validate(value) ? [] : toViolations(validate.errors ?? [], where);
    },
  };
}

/** A parameter's text as the value that its schema means; the text itself where it is none, for the check to say so. */
export function parameterValue(schema: Schema, texts: readonly string[], splits: boolean): unknown {
  const scalar = (type: unknown, text: string): unknown => {
    if ((type === "integer" || type === "number") && text.trim() !== "" && !Number.isNaN(Number(text))) return Number(text);
    if (type === "boolean" && ["true", "false", "1", "0"].includes(text)) return text === "true" || text === "1";
    return text;
  };
  if (schema.type === "array") {
    const items = isSchema(schema.items) ? schema.items : {};
    const parts = splits ? texts.flatMap((text) => text.split(",").filter((one) => one !== "")) : texts;
    return parts.map((text) => scalar(items.type, text));
  }
  return scalar(schema.type, texts.at(-1) ?? "");
}
