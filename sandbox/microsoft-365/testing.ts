import { startTestTool, type TestTool, type TestToolOptions } from "../testing";
import { graphScopes } from "./oauth/dialect";
import type { Microsoft365Inspected } from "./server";

/** The sandboxed Microsoft 365 for its own tests, with a client of Graph that checks nothing. */

export interface EntraTokens {
  readonly token_type: string;
  readonly scope: string;
  readonly expires_in: number;
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
}

export const allScopes = Object.keys(graphScopes);

export interface GraphAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** JSON where it is, text otherwise. */
  readonly body: unknown;
}

export type GraphClient = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<GraphAnswer>;

/** What stands at a path of an answer's body: `at(answer, "value", 0, "id")`. */
export const at = ({ body }: Pick<GraphAnswer, "body">, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (value, step) => (typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[step] : undefined),
    body,
  );

/** The same as text; `""` for nothing. */
export function textAt(answer: Pick<GraphAnswer, "body">, ...path: readonly (string | number)[]): string {
  const found = at(answer, ...path);
  return typeof found === "string" ? found : "";
}

/** The records of a page. */
export function recordsOf(answer: Pick<GraphAnswer, "body">): readonly Readonly<Record<string, unknown>>[] {
  const found = at(answer, "value");
  return Array.isArray(found) ? found : [];
}

export type TestMicrosoft365 = TestTool<EntraTokens, Microsoft365Inspected> & {
  /** A client with a token of these scopes; `path` is below `/v1.0`, or whole. */
  graph(scopes?: readonly string[], person?: string): Promise<GraphClient>;
};

/** A client of Graph with a token of these scopes; `path` is below `/v1.0`, or whole. */
export async function createGraphClient(
  tool: Pick<TestTool<EntraTokens, unknown>, "connect" | "origin">,
  scopes: readonly string[] = allScopes,
  person?: string,
): Promise<GraphClient> {
  const { access_token } = await tool.connect(scopes, person);
  return async (method, path, body, headers = {}) => {
    const response = await fetch(path.startsWith("http") ? path : `${tool.origin}/v1.0${path}`, {
      method,
      redirect: "manual",
      headers: {
        authorization: `Bearer ${access_token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
}

export async function startTestMicrosoft365(options: TestToolOptions = {}): Promise<TestMicrosoft365> {
  const tool = await startTestTool<EntraTokens, Microsoft365Inspected>("microsoft-365", options);
  return { ...tool, graph: (scopes, person) => createGraphClient(tool, scopes, person) };
}
