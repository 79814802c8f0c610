import { readFileSync } from "node:fs";
import { createSchemaSet, parameterValue, type Schema } from "./json-schema";
import type { RecordedExchange } from "./recording";
import { correctDefinitions, newerArguments, newerFields } from "./slack-corrections";
import { isPage, jsonOf, mediaTypeOf, outside, type SpecValidator, textOf, type Verdict, type Violation } from "./validator";

/** Slack's Swagger 2 description of its Web API, frozen in 2021. */

interface Parameter {
  readonly name: string;
  readonly in: "query" | "formData" | "header";
  readonly required?: boolean;
  readonly type?: string;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly responses: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly definitions: Readonly<Record<string, unknown>>;
}

/** Methods that Slack added or changed its address for after 2021: nothing published describes them. */
export const newerMethods: readonly string[] = [
  "auth.teams.list",
  "bookmarks.list",
  "conversations.acceptSharedInvite",
  "files.completeUploadExternal",
  "files.getUploadURLExternal",
  "assistant.search.context",
];

/**
 * Errors that any method may answer with today and that the frozen lists do not all have: https://docs.slack.dev/reference/methods, "Errors"
 * of each method, and https://docs.slack.dev/authentication/using-token-rotation for `token_expired`.
 */
export const commonErrors: ReadonlySet<string> = new Set([
  "access_denied",
  "accesslimited",
  "account_inactive",
  "deprecated_endpoint",
  "ekm_access_denied",
  "enterprise_is_restricted",
  "fatal_error",
  "internal_error",
  "invalid_arg_name",
  "invalid_arguments",
  "invalid_array_arg",
  "invalid_auth",
  "invalid_charset",
  "invalid_cursor",
  "invalid_form_data",
  "invalid_json",
  "invalid_limit",
  "invalid_post_type",
  "is_inactive",
  "json_not_object",
  "limit_required",
  "method_deprecated",
  "missing_post_type",
  "missing_scope",
  "no_permission",
  "not_allowed_token_type",
  "not_authed",
  "org_login_required",
  "ratelimited",
  "request_timeout",
  "service_unavailable",
  "team_access_not_granted",
  "team_added_to_org",
  "token_expired",
  "token_revoked",
  "two_factor_setup_required",
]);

type Plain = Readonly<Record<string, unknown>>;
const isPlain = (value: unknown): value is Plain => typeof value === "object" && value !== null && !Array.isArray(value);

/** OAuth by its own rules: the code exchange, refresh and revocation. */
const oauthMethods: ReadonlySet<string> = new Set(["oauth.v2.access", "oauth.v2.exchange", "oauth.access", "openid.connect.token"]);

export function createSlackValidator(specFile: string): SpecValidator {
  const description = JSON.parse(readFileSync(specFile, "utf8")) as Described;
  const schemas = createSchemaSet(correctDefinitions(description.definitions), {
    nameOf: (reference) => reference.replace("#/definitions/", ""),
  });

  /** What was sent, by name: of the query and the body, be it a form or JSON. */
  function readSent(exchange: RecordedExchange): { readonly values: Plain; readonly isJson: boolean } {
    const query = Object.fromEntries(new URL(exchange.target, "http://slack.invalid").searchParams);
    if (mediaTypeOf(exchange.request) === "application/json") {
      const body = jsonOf(exchange.request);
      return { values: { ...query, ...(isPlain(body) ? body : {}) }, isJson: true };
    }
    return { values: { ...query, ...Object.fromEntries(new URLSearchParams(textOf(exchange.request))) }, isJson: false };
  }

  function checkRequest(exchange: RecordedExchange, method: string, operation: Operation): readonly Violation[] {
    const { values } = readSent(exchange);
    const known = new Map((operation.parameters ?? []).map((one) => [one.name, one]));
    const violations: Violation[] = [];
    for (const [name, value] of Object.entries(values)) {
      const parameter = known.get(name);
      if (parameter === undefined) {
        // Every method takes its token as an argument too.
        if (name !== "token" && !newerArguments[method]?.includes(name))
          violations.push({ where: "request", what: `"${name}" is not described` });
        continue;
      }
      // In JSON, arguments that the form has as JSON text (blocks) are the thing itself.
      if (typeof value === "object" && parameter.type === "string") continue;
      const schema: Schema = { type: parameter.type ?? "string" };
      const read = typeof value === "string" ? parameterValue(schema, [value], true) : value;
      violations.push(...schemas.check(schema, read, `request ${name}`));
    }
    for (const { name, required, in: place } of known.values()) {
      if (required === true && place !== "header" && name !== "token" && !(name in values)) {
        violations.push({ where: "request", what: `"${name}" is missing` });
      }
    }
    return violations;
  }

  const corrected = new Map<Schema, Schema>();
  /** The schema of a method's answer, with the fields that it has today. */
  function ofToday(method: string, schema: Schema): Schema {
    const known = corrected.get(schema);
    if (known !== undefined) return known;
    const properties = isPlain(schema.properties) ? schema.properties : {};
    const made = { ...schema, properties: { ...properties, ...newerFields[method] } };
    corrected.set(schema, made);
    return made;
  }

  function checkAnswer(exchange: RecordedExchange, method: string, operation: Operation): readonly Violation[] {
    const answer = jsonOf(exchange.response);
    if (!isPlain(answer)) return [{ where: "answer", what: "is no JSON object" }];
    if (answer.ok === true) {
      const schema = operation.responses["200"]?.schema;
      return schema === undefined ? [] : schemas.check(ofToday(method, schema), answer, "answer");
    }
    const schema = operation.responses.default?.schema;
    if (schema === undefined) return [];
    // A newer common error is judged for its shape only.
    const judged = typeof answer.error === "string" && commonErrors.has(answer.error) ? withoutErrorList(schema) : schema;
    return schemas.check(judged, answer, "answer");
  }

  const open = new Map<Schema, Schema>();
  function withoutErrorList(schema: Schema): Schema {
    const known = open.get(schema);
    if (known !== undefined) return known;
    const properties = isPlain(schema.properties) ? schema.properties : {};
    const text: Schema = { type: "string" };
    // What every failure may carry today: the scopes, and messages of `response_metadata`.
    const more = { error: text, needed: text, provided: text, warning: text, response_metadata: {} };
    const opened = { ...schema, properties: { ...properties, ...more } };
    open.set(schema, opened);
    return opened;
  }

  return {
    tool: "slack",
    files: [specFile],
    check(exchange): Verdict {
      const { pathname } = new URL(exchange.target, "http://slack.invalid");
      const method = /^\/api\/([\w.]+)$/.exec(pathname)?.[1];
      if (pathname.startsWith("/oauth/")) return outside("the vendor's OAuth");
      if (method === undefined) return outside(isPage(exchange) ? "pages" : "files and pages");
      if (oauthMethods.has(method)) return outside("the vendor's OAuth");
      const item = description.paths[`/${method}`];
      // Every method may be called by GET and by POST, whichever one the description names.
      const operation = item?.[exchange.method.toLowerCase()] ?? item?.post ?? item?.get;
      if (operation === undefined) {
        if (newerMethods.includes(method)) return { kind: "not describable", operation: method };
        const unknown = isPlain(jsonOf(exchange.response)) && (jsonOf(exchange.response) as Plain).error === "unknown_method";
        if (unknown) return outside("no such method");
        return { kind: "checked", operation: method, refused: false, violations: [{ where: "request", what: "no such method" }] };
      }
      const answer = jsonOf(exchange.response);
      const refused = exchange.response.status === 400 || (isPlain(answer) && answer.ok === false);
      const asked = refused ? [] : checkRequest(exchange, method, operation);
      const isVendors = exchange.fault === null && exchange.response.status === 200;
      return {
        kind: "checked",
        operation: method,
        refused,
        violations: [...asked, ...(isVendors ? checkAnswer(exchange, method, operation) : [])],
      };
    },
  };
}
