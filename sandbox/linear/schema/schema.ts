import { readFileSync } from "node:fs";
import { buildSchema, GraphQLError, type GraphQLSchema, isScalarType } from "graphql";
import { schemaParts } from "./derive";

/** The text of the schema: the parts that `derive.ts` cut out of the vendor's, and what the official client knows beyond it. */
function readSchemaText(): string {
  return [...schemaParts, "newer"].map((part) => readFileSync(new URL(`${part}.graphql`, import.meta.url), "utf8")).join("\n");
}

const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const day = /^\d{4}-\d{2}-\d{2}$/;
const duration = /^-?P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const isTime = (text: string) => iso.test(text) && !Number.isNaN(Date.parse(text));
const isDay = (text: string) => day.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);

/** What each of the vendor's text scalars accepts. */
const accepts: Readonly<Record<string, (text: string) => boolean>> = {
  DateTime: isTime,
  DateTimeOrDuration: (text) => isTime(text) || duration.test(text),
  TimelessDate: isDay,
  TimelessDateOrDuration: (text) => isDay(text) || duration.test(text),
  UUID: (text) => uuid.test(text),
};

/** The executable schema; the text scalars refuse what the vendor's would. */
export function loadSchema(): GraphQLSchema {
  const schema = buildSchema(readSchemaText(), { noLocation: true });
  for (const [name, accept] of Object.entries(accepts)) {
    const type = schema.getType(name);
    if (!isScalarType(type)) continue;
    const coerce = (value: unknown): string => {
      if (typeof value === "string" && accept(value)) return value;
      throw new GraphQLError(`${name} cannot represent value: ${JSON.stringify(value)}`);
    };
    type.coerceInputValue = coerce;
    type.parseValue = coerce;
    type.coerceInputLiteral = (literal) => coerce("value" in literal ? literal.value : null);
  }
  return schema;
}
