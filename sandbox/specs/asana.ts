import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { createSchemaSet, parameterValue, type Schema } from "./json-schema";
import { createPathTable } from "./operations";
import type { RecordedExchange } from "./recording";
import {
  isPage,
  isRefusal,
  jsonOf,
  mediaTypeOf,
  outside,
  type SpecValidator,
  unknownOperation,
  type Verdict,
  type Violation,
} from "./validator";

/** Asana's OpenAPI 3.0 description. */

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly explode?: boolean;
  readonly schema?: Schema;
}

interface Operation {
  readonly id: string;
  readonly parameters: readonly Parameter[];
  readonly bodies: Readonly<Record<string, Schema>>;
  readonly bodyRequired: boolean;
  /** By status or `default`; null where an answer has no described body. */
  readonly answers: Readonly<Record<string, Schema | null>>;
}

interface Described {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

type Plain = Readonly<Record<string, unknown>>;
const asObject = (value: unknown): Plain => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Plain) : {});
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function readOperations(description: Described) {
  const resolve = (value: unknown): Plain => {
    const { $ref } = asObject(value);
    if (typeof $ref !== "string") return asObject(value);
    const [group = "", name = ""] = $ref.replace("#/components/", "").split("/");
    return resolve(description.components[group]?.[name]);
  };
  const schemasOf = (content: unknown): Record<string, Schema> =>
    Object.fromEntries(Object.entries(asObject(content)).map(([type, media]) => [type, asObject(asObject(media).schema)]));

  return Object.entries(description.paths).flatMap(([template, item]) =>
    ["get", "post", "put", "delete", "patch"].flatMap((method) => {
      const operation = asObject(item[method]);
      if (Object.keys(operation).length === 0) return [];
      const body = resolve(operation.requestBody);
      const answers = Object.entries(asObject(operation.responses)).map(([status, answer]) => {
        const schemas = schemasOf(resolve(answer).content);
        return [status, schemas["application/json"] ?? null] as const;
      });
      const described: Operation = {
        id: typeof operation.operationId === "string" ? operation.operationId : `${method} ${template}`,
        parameters: [...asList(item.parameters), ...asList(operation.parameters)].map((one) => resolve(one) as unknown as Parameter),
        bodies: schemasOf(body.content),
        bodyRequired: body.required === true,
        answers: Object.fromEntries(answers),
      };
      return [{ method, template, operation: described }];
    }),
  );
}

/** The named parts of a form of several parts: texts, and for files their names. */
async function readForm(exchange: RecordedExchange): Promise<Record<string, unknown>> {
  const type = exchange.request.headers["content-type"] ?? "";
  const form = await new Response(Buffer.from(exchange.request.body), { headers: { "content-type": type } }).formData();
  return Object.fromEntries([...form.entries()].map(([name, value]) => [name, typeof value === "string" ? value : value.name]));
}

/** Its words against its types: setParent takes "the new parent of the task, or `null` for no parent", which the type, text, leaves out. */
function withSaidNull(schemas: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const request = asObject(schemas.TaskSetParentRequest);
  const properties = asObject(request.properties);
  const parent = asObject(properties.parent);
  if (!String(parent.description).includes("or `null`")) return schemas;
  return { ...schemas, TaskSetParentRequest: { ...request, properties: { ...properties, parent: { ...parent, nullable: true } } } };
}

export function createAsanaValidator(specFile: string): SpecValidator {
  const description = parse(readFileSync(specFile, "utf8"), { maxAliasCount: -1 }) as Described;
  const base = new URL(description.servers[0]?.url ?? "https://app.asana.com/api/1.0").pathname;
  const table = createPathTable(readOperations(description));
  const schemas = createSchemaSet(withSaidNull(description.components.schemas ?? {}), {
    nameOf: (reference) => reference.replace("#/components/schemas/", ""),
    inFull: (name) => name.replace(/Compact$/, "Response"),
  });

  async function checkRequest(exchange: RecordedExchange, operation: Operation, values: Plain, query: URLSearchParams) {
    const violations: Violation[] = [];
    const known = new Map(operation.parameters.map((one) => [one.name, one]));
    for (const name of new Set(query.keys())) {
      const parameter = known.get(name);
      if (parameter?.in !== "query") violations.push({ where: "query", what: `"${name}" is not described` });
      else {
        const schema = parameter.schema ?? {};
        const value = parameterValue(schema, query.getAll(name), parameter.explode === false);
        violations.push(...schemas.check(schema, value, `query ${name}`));
      }
    }
    for (const { name, in: place, required } of known.values()) {
      if (required === true && place === "query" && !query.has(name)) violations.push({ where: "query", what: `"${name}" is missing` });
      if (place === "path" && values[name] === "") violations.push({ where: "path", what: `"${name}" is empty` });
    }
    const { request } = exchange;
    if (request.body.length === 0) {
      if (operation.bodyRequired) violations.push({ where: "request body", what: "is missing" });
      return violations;
    }
    const type = mediaTypeOf(request);
    const schema = operation.bodies[type];
    if (schema === undefined) return [...violations, { where: "request body", what: `${type || "no media type"} is not described` }];
    const sent = type === "multipart/form-data" ? (request.whole ? await readForm(exchange) : null) : jsonOf(request);
    return sent === null ? violations : [...violations, ...schemas.check(schema, sent, "request body")];
  }

  function checkAnswer({ response }: RecordedExchange, operation: Operation, query: URLSearchParams): readonly Violation[] {
    const schema = operation.answers[String(response.status)] ?? operation.answers.default;
    if (schema === undefined || schema === null) {
      // Statuses that the description does not list are the tool's general failures, which share one shape.
      const general = description.components.schemas?.ErrorResponse;
      return response.status >= 400 && general !== undefined ? schemas.check(general as Schema, jsonOf(response), "answer") : [];
    }
    // Records are answered in their compact form unless fields are asked for (https://developers.asana.com/docs/inputoutput-options).
    return schemas.check(schema, jsonOf(response), "answer", query.has("opt_fields") ? "full" : "plain");
  }

  return {
    tool: "asana",
    files: [specFile],
    async check(exchange): Promise<Verdict> {
      const url = new URL(exchange.target, "http://asana.invalid");
      if (url.pathname.startsWith("/-/")) return outside("the vendor's OAuth");
      if (!url.pathname.startsWith(`${base}/`)) return isPage(exchange) ? outside("pages") : outside("outside the API");
      const found = table.find(exchange.method, url.pathname.slice(base.length));
      if (found === null)
        return exchange.response.status === 404 ? outside("no such address") : unknownOperation(exchange.method, url.pathname);
      const { operation, values } = found;
      const refused = isRefusal(exchange.response.status);
      const asked = refused ? [] : await checkRequest(exchange, operation, values, url.searchParams);
      // A scripted fault answers in the tool's place.
      const answered = exchange.fault === null ? checkAnswer(exchange, operation, url.searchParams) : [];
      return { kind: "checked", operation: operation.id, refused, violations: [...asked, ...answered] };
    },
  };
}
