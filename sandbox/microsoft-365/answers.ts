import { json, type SandboxResponse } from "../http/server";
import type { GraphContext } from "./context";
import type { Shown } from "./odata/filter";
import { type CollectionRules, nextLink, pageOf, readQuery, readSelect, selected } from "./odata/query";

/** Answers in OData's clothes. */

const metadataUrl = (context: GraphContext, of: string): string => `${context.origin}/v1.0/$metadata#users('${context.user.id}')/${of}`;

const preferenceHeaders = (context: GraphContext): Record<string, string> => {
  const applied = [
    ...(context.preferences.immutableIds ? ['IdType="ImmutableId"'] : []),
    ...(context.preferences.timeZone === null ? [] : [`outlook.timezone="${context.preferences.timeZone}"`]),
    ...(context.request.headers.get("prefer")?.includes("outlook.body-content-type") === true
      ? [`outlook.body-content-type="${context.preferences.bodyType}"`]
      : []),
  ];
  return applied.length === 0 ? {} : { "preference-applied": applied.join(", ") };
};

/** One record, with the properties that were asked for. */
export function answerOne(
  context: GraphContext,
  record: Shown,
  rules: Pick<CollectionRules, "type" | "properties"> & { readonly of: string },
  status = 200,
): SandboxResponse {
  const select = context.request.method === "GET" ? readSelect(context.url.searchParams, rules) : null;
  const body = { "@odata.context": `${metadataUrl(context, rules.of)}/$entity`, ...selected(record, select) };
  return json(status, body, preferenceHeaders(context));
}

/** One page of a collection, with the link to the next one. */
export function answerPage<Row>(
  context: GraphContext,
  rows: readonly Row[],
  rules: CollectionRules & { readonly of: string },
  show: (row: Row) => Shown,
  look: (row: Row) => Shown = show,
): SandboxResponse {
  const query = readQuery(context.url.searchParams, rules);
  const { value, nextSkip } = pageOf(rows, query, show, look);
  const body = {
    "@odata.context": metadataUrl(context, rules.of),
    ...(nextSkip === null ? {} : { "@odata.nextLink": nextLink(context.origin, context.url, nextSkip) }),
    value,
  };
  return json(200, body, preferenceHeaders(context));
}

/** A page of a delta walk. */
export function answerDelta(
  context: GraphContext,
  of: string,
  value: readonly Shown[],
  link: { readonly kind: "nextLink" | "deltaLink"; readonly url: string },
): SandboxResponse {
  const body = { "@odata.context": metadataUrl(context, of), [`@odata.${link.kind}`]: link.url, value };
  return json(200, body, preferenceHeaders(context));
}
