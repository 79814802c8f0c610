import type { RecordedExchange } from "../recording";
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
} from "../validator";
import { type GraphModel, readGraphModel, type TypeReference } from "./model";
import { resolveGraphPath, type Target } from "./paths";
import { checkQuery } from "./query";
import { checkGraphValue, isPlain } from "./values";

/** Microsoft Graph v1.0 by its entity model. */

const version = "/v1.0";
/** Control information of a collection's answer (OData JSON Format 4.01 §4.5), and Graph's own. */
const ofCollections = /^@(?:odata\.(?:context|nextLink|deltaLink|count)|microsoft\.graph\.\w+)$/;

function checkCollection(model: GraphModel, type: TypeReference, answer: unknown): readonly Violation[] {
  if (!isPlain(answer) || !Array.isArray(answer.value)) return [{ where: "answer", what: 'has no list "value"' }];
  const unknown = Object.keys(answer).filter((name) => name !== "value" && !ofCollections.test(name));
  return [
    ...unknown.map((name) => ({ where: "answer", what: `"${name}" is not described` })),
    ...checkGraphValue(model, { ...type, isCollection: true }, answer.value, "answer.value"),
  ];
}

/** A primitive answers as `{ value }`, an entity as itself. */
function checkAnswerOf(model: GraphModel, type: TypeReference, answer: unknown): readonly Violation[] {
  if (type.isCollection) return checkCollection(model, type, answer);
  const described = model.findType(type.name);
  if (described?.kind === "structured") return checkGraphValue(model, type, answer, "answer");
  return isPlain(answer) ? checkGraphValue(model, type, answer.value, "answer.value") : [{ where: "answer", what: "is no JSON object" }];
}

/** https://learn.microsoft.com/graph/errors: the model does not describe failures. */
function checkFailure(answer: unknown): readonly Violation[] {
  if (!isPlain(answer) || !isPlain(answer.error)) return [{ where: "answer", what: 'has no "error"' }];
  const known = ["code", "message", "innerError", "innererror", "details", "target"];
  const unknown = Object.keys(answer.error).filter((name) => !known.includes(name));
  const missing = ["code", "message"].filter((name) => typeof (answer.error as Record<string, unknown>)[name] !== "string");
  return [
    ...unknown.map((name) => ({ where: "answer.error", what: `"${name}" is not described` })),
    ...missing.map((name) => ({ where: "answer.error", what: `"${name}" is missing` })),
  ];
}

export function createGraphValidator(specFile: string): SpecValidator {
  const model = readGraphModel(specFile);

  function checkBody(exchange: RecordedExchange, target: Target): readonly Violation[] {
    const { request, method } = exchange;
    if (request.body.length === 0 || method === "GET" || target.kind === "value" || !request.whole) return [];
    if (mediaTypeOf(request) !== "application/json") {
      // MIME mail is text/plain (https://learn.microsoft.com/graph/outlook-send-mime-message).
      return mediaTypeOf(request) === "text/plain" ? [] : [{ where: "request body", what: `${mediaTypeOf(request)} is not described` }];
    }
    const sent = jsonOf(request);
    if (!isPlain(sent)) return [{ where: "request body", what: "is no JSON object" }];
    if (target.operation === null) return checkGraphValue(model, { ...target.type, isCollection: false }, sent, "request body");
    // Parameters of actions are matched in any case: the pages write `comment` where the model has `Comment`.
    const parameters = new Map([...target.operation.parameters].map(([name, type]) => [name.toLowerCase(), type]));
    return Object.entries(sent).flatMap(([name, value]) => {
      const type = parameters.get(name.toLowerCase());
      return type === undefined
        ? [{ where: "request body", what: `"${name}" is no parameter of ${target.operation?.name}` }]
        : checkGraphValue(model, type, value, `request body.${name}`);
    });
  }

  function checkAnswer(exchange: RecordedExchange, target: Target): readonly Violation[] {
    const { response, method } = exchange;
    if (response.status >= 400) return checkFailure(jsonOf(response));
    if (response.status >= 300 || response.body.length === 0 || !response.whole) return [];
    if (target.kind === "count") return [];
    if (target.kind === "value") {
      // Bytes have no shape; a PUT of them answers with the item.
      if (method === "GET" || !target.template.endsWith("/content")) return [];
      return checkGraphValue(
        model,
        { name: "microsoft.graph.driveItem", isCollection: false, isNullable: false },
        jsonOf(response),
        "answer",
      );
    }
    if (target.kind === "operation") {
      const answers = target.operation?.answers ?? null;
      return answers === null
        ? [{ where: "answer", what: "has a body that is not described" }]
        : checkAnswerOf(model, answers, jsonOf(response));
    }
    return checkAnswerOf(model, { ...target.type, isCollection: target.type.isCollection && method === "GET" }, jsonOf(response));
  }

  function checkOne(exchange: RecordedExchange): Verdict {
    const url = new URL(exchange.target, "http://graph.invalid");
    const target = resolveGraphPath(model, url.pathname.slice(version.length));
    if (typeof target === "string") {
      return exchange.response.status >= 400
        ? outside("no such address")
        : {
            kind: "checked",
            operation: `${exchange.method} ${url.pathname}`,
            refused: false,
            violations: [{ where: "path", what: target }],
          };
    }
    const refused = isRefusal(exchange.response.status);
    const asked = refused ? [] : [...checkQuery(model, target, url.searchParams), ...checkBody(exchange, target)];
    const answered = exchange.fault === null ? checkAnswer(exchange, target) : [];
    return { kind: "checked", operation: `${exchange.method} ${target.template}`, refused, violations: [...asked, ...answered] };
  }

  /** Each request of a batch with the answer of its id, as if it had come alone. */
  function checkBatch(exchange: RecordedExchange): Verdict {
    const [sent, answer] = [jsonOf(exchange.request), jsonOf(exchange.response)];
    const requests = isPlain(sent) && Array.isArray(sent.requests) ? sent.requests.filter(isPlain) : [];
    const responses = isPlain(answer) && Array.isArray(answer.responses) ? answer.responses.filter(isPlain) : [];
    const toMessage = (part: Readonly<Record<string, unknown>>) => ({
      headers: { "content-type": "application/json" },
      body: part.body === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(part.body)),
      whole: true,
    });
    const violations = requests.flatMap((request): readonly Violation[] => {
      const response = responses.find(({ id }) => id === request.id);
      if (response === undefined)
        return exchange.response.status === 200 ? [{ where: "answer", what: `lacks the answer ${String(request.id)}` }] : [];
      const verdict = checkOne({
        ...exchange,
        method: String(request.method),
        target: `${version}${String(request.url)}`,
        request: toMessage(request),
        response: { ...toMessage(response), status: Number(response.status) },
      });
      return verdict.kind === "checked" ? verdict.violations : [];
    });
    return { kind: "checked", operation: "POST /$batch", refused: isRefusal(exchange.response.status), violations };
  }

  return {
    tool: "microsoft-365",
    files: [specFile],
    check(exchange): Verdict {
      const { pathname } = new URL(exchange.target, "http://graph.invalid");
      if (/\/oauth2\/v2\.0\/|\/\.well-known\/|\/discovery\/|\/oidc\//.test(pathname)) return outside("the vendor's OAuth");
      if (isPage(exchange) && !pathname.startsWith(`${version}/`)) return outside("pages");
      if (!pathname.startsWith(`${version}/`)) {
        return exchange.response.status === 404 || exchange.response.status === 405 || !pathname.startsWith("/v1")
          ? outside("addresses of downloads and uploads")
          : unknownOperation(exchange.method, pathname);
      }
      return pathname === `${version}/$batch` ? checkBatch(exchange) : checkOne(exchange);
    },
  };
}
