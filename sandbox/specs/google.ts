import { readFileSync } from "node:fs";
import { createSchemaSet, parameterValue, type Schema, type SchemaSet } from "./json-schema";
import { createPathTable } from "./operations";
import type { RecordedExchange } from "./recording";
import {
  isPage,
  isRefusal,
  jsonOf,
  mediaTypeOf,
  outside,
  type SpecValidator,
  textOf,
  unknownOperation,
  type Verdict,
  type Violation,
} from "./validator";

/** Google's discovery documents: one API each, all on one origin in the sandbox. */

interface Parameter {
  readonly location: "path" | "query";
  readonly required?: boolean;
  readonly repeated?: boolean;
  readonly type: string;
  readonly enum?: readonly string[];
}

interface Method {
  readonly id: string;
  readonly path: string;
  readonly flatPath?: string;
  readonly httpMethod: string;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  readonly request?: { readonly $ref: string };
  readonly response?: { readonly $ref: string };
  readonly supportsMediaDownload?: boolean;
  readonly mediaUpload?: { readonly protocols: Readonly<Record<string, { readonly path: string }>> };
}

interface Resource {
  readonly methods?: Readonly<Record<string, Method>>;
  readonly resources?: Readonly<Record<string, Resource>>;
}

interface Described extends Resource {
  readonly servicePath: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly schemas: Readonly<Record<string, unknown>>;
}

interface Operation {
  readonly method: Method;
  readonly isUpload: boolean;
  readonly common: Readonly<Record<string, Parameter>>;
  readonly schemas: SchemaSet;
}

const methodsOf = ({ methods = {}, resources = {} }: Resource): readonly Method[] => [
  ...Object.values(methods),
  ...Object.values(resources).flatMap(methodsOf),
];

function readOperations(file: string): readonly { readonly method: string; readonly template: string; readonly operation: Operation }[] {
  const described = JSON.parse(readFileSync(file, "utf8")) as Described;
  const schemas = createSchemaSet(described.schemas, { nameOf: (reference) => reference });
  return methodsOf(described).flatMap((method) => {
    const operation = (isUpload: boolean): Operation => ({ method, isUpload, common: described.parameters, schemas });
    const uploads = Object.values(method.mediaUpload?.protocols ?? {});
    return [
      { method: method.httpMethod, template: `/${described.servicePath}${method.path}`, operation: operation(false) },
      ...uploads.map(({ path }) => ({ method: method.httpMethod, template: path, operation: operation(true) })),
    ];
  });
}

/** The media part of a multipart upload is the file's; the first part is the record. */
function firstPart(body: string, contentType: string): unknown {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1] ?? "";
  const part = body.split(`--${boundary}`)[1] ?? "";
  const start = part.search(/\r?\n\r?\n/);
  try {
    return JSON.parse(part.slice(start).trim());
  } catch {
    return undefined;
  }
}

/** `files` are the discovery documents. */
export function createGoogleValidator(files: readonly string[]): SpecValidator {
  const table = createPathTable(files.flatMap(readOperations));

  function checkParameters(operation: Operation, query: URLSearchParams): readonly Violation[] {
    const { method, common, schemas } = operation;
    const violations: Violation[] = [];
    for (const name of new Set(query.keys())) {
      if (operation.isUpload && ["uploadType", "upload_id"].includes(name)) continue;
      const parameter = method.parameters?.[name] ?? common[name];
      if (parameter === undefined || parameter.location !== "query") {
        violations.push({ where: "query", what: `"${name}" is not described` });
        continue;
      }
      const { type, enum: values, repeated } = parameter;
      const one: Schema = { type, ...(values === undefined ? {} : { enum: values }) };
      const schema: Schema = repeated === true ? { type: "array", items: one } : one;
      if (repeated !== true && query.getAll(name).length > 1) violations.push({ where: `query ${name}`, what: "stands more than once" });
      violations.push(...schemas.check(schema, parameterValue(schema, query.getAll(name), false), `query ${name}`));
    }
    for (const [name, { required, location }] of Object.entries(method.parameters ?? {})) {
      if (required === true && location === "query" && !query.has(name)) violations.push({ where: "query", what: `"${name}" is missing` });
    }
    return violations;
  }

  function checkBody(exchange: RecordedExchange, { method, isUpload, schemas }: Operation): readonly Violation[] {
    const { request } = exchange;
    if (request.body.length === 0) return [];
    if (isUpload && mediaTypeOf(request) !== "application/json" && !mediaTypeOf(request).startsWith("multipart/")) return [];
    if (method.request === undefined) return [{ where: "request body", what: "is not described" }];
    const sent = mediaTypeOf(request).startsWith("multipart/")
      ? firstPart(textOf(request), request.headers["content-type"] ?? "")
      : jsonOf(request);
    return schemas.check({ $ref: method.request.$ref }, sent, "request body", method.httpMethod === "PATCH" ? "merge" : "plain");
  }

  function checkAnswer(exchange: RecordedExchange, { method, schemas }: Operation, query: URLSearchParams): readonly Violation[] {
    const { response } = exchange;
    // Failures have a shape that the documents do not describe; bytes have none.
    if (response.status >= 300 || query.get("alt") === "media") return [];
    if (method.response === undefined) {
      const isBytes = method.supportsMediaDownload === true;
      return response.body.length === 0 || isBytes ? [] : [{ where: "answer", what: "has a body that is not described" }];
    }
    if (!response.whole) return [];
    return schemas.check({ $ref: method.response.$ref }, jsonOf(response), "answer");
  }

  return {
    tool: "google-workspace",
    files,
    check(exchange): Verdict {
      const url = new URL(exchange.target, "http://google.invalid");
      const { pathname, searchParams: query } = url;
      if (
        /^\/(?:o\/oauth2|token|revoke|oauth2|userinfo|v1\/userinfo|v3\/userinfo|oauth2\/v\d\/userinfo|openidconnect)/.test(pathname) ||
        pathname.startsWith("/.well-known/")
      ) {
        return outside("the vendor's OAuth");
      }
      if (query.has("upload_id")) return outside("addresses of resumable uploads");
      const found = table.find(exchange.method, pathname);
      if (found === null) {
        if (isPage(exchange)) return outside("pages");
        return exchange.response.status === 404 || exchange.response.status === 405
          ? outside("no such address")
          : unknownOperation(exchange.method, pathname);
      }
      const { operation } = found;
      const refused = isRefusal(exchange.response.status);
      const asked = refused ? [] : [...checkParameters(operation, query), ...checkBody(exchange, operation)];
      const answered = exchange.fault === null ? checkAnswer(exchange, operation, query) : [];
      return { kind: "checked", operation: operation.method.id, refused, violations: [...asked, ...answered] };
    },
  };
}
