/** The methods of Gmail v1 that are simulated, with the scopes and parameters of the discovery document. */

export const prefix = "/gmail/v1/users/";
const full = "https://mail.google.com/";
export const readScopes = [full, "gmail.modify", "gmail.readonly"] as const;
const metadataScopes = [...readScopes, "gmail.metadata"] as const;
const modifyScopes = [full, "gmail.modify"] as const;

/** Parameters of every method. */
export const general = [
  "$.xgafv",
  "access_token",
  "alt",
  "callback",
  "fields",
  "key",
  "oauth_token",
  "prettyPrint",
  "quotaUser",
  "uploadType",
  "upload_protocol",
];

export interface Route {
  readonly operation: string;
  readonly method: string;
  readonly path: readonly string[];
  readonly scopes: readonly string[];
  readonly parameters: readonly string[];
}

const route = (operation: string, method: string, path: string, scopes: readonly string[], parameters: readonly string[] = []): Route => ({
  operation: `gmail.users.${operation}`,
  method,
  path: path.split("/"),
  scopes,
  parameters,
});

const listParameters = ["includeSpamTrash", "labelIds", "maxResults", "pageToken", "q"];
const getParameters = ["format", "metadataHeaders"];

const routes: readonly Route[] = [
  route("getProfile", "GET", "profile", [...metadataScopes, "gmail.compose"]),
  route("watch", "POST", "watch", metadataScopes),
  route("stop", "POST", "stop", metadataScopes),
  route("labels.list", "GET", "labels", [...metadataScopes, "gmail.labels"]),
  route("labels.get", "GET", "labels/*", [...metadataScopes, "gmail.labels"]),
  route("messages.list", "GET", "messages", metadataScopes, listParameters),
  route("messages.insert", "POST", "messages", [...modifyScopes, "gmail.insert"], ["internalDateSource", "deleted"]),
  route("messages.get", "GET", "messages/*", metadataScopes, getParameters),
  route("messages.delete", "DELETE", "messages/*", [full]),
  route("messages.modify", "POST", "messages/*/modify", modifyScopes),
  route("messages.trash", "POST", "messages/*/trash", modifyScopes),
  route("messages.untrash", "POST", "messages/*/untrash", modifyScopes),
  route("messages.attachments.get", "GET", "messages/*/attachments/*", readScopes),
  route("threads.list", "GET", "threads", metadataScopes, listParameters),
  route("threads.get", "GET", "threads/*", metadataScopes, getParameters),
  route("history.list", "GET", "history", metadataScopes, ["historyTypes", "labelId", "maxResults", "pageToken", "startHistoryId"]),
];

/** The segments behind `users/<who>/`, and who. */
export function segmentsOf(path: string): { readonly who: string; readonly rest: readonly string[] } {
  const [who = "", ...rest] = path.slice(prefix.length).split("/").map(decodeURIComponent);
  return { who, rest };
}

export function findRoute(method: string, rest: readonly string[]): Route | null {
  const fits = ({ path }: Route) => path.length === rest.length && path.every((part, index) => part === "*" || part === rest[index]);
  return routes.find((one) => one.method === method && fits(one)) ?? null;
}
