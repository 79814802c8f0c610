import { answerConsent, type ConsentAnswer, startTestTool, type TestToolOptions, testClientOf } from "../testing";
import type { LinearInspected } from "./server";

/** The app that tests connect with. */
export const testClient = testClientOf("linear");

export interface GraphqlAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly data?: unknown;
    readonly errors?: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[];
  };
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly scope: string;
  readonly token_type: string;
}

/** Linear's part of the sandbox, with its own words: scopes with commas, and GraphQL. */
export async function startTestSandbox(options: TestToolOptions = {}) {
  const tool = await startTestTool<Tokens, LinearInspected>("linear", options);
  const split = (scope: string) => scope.split(",");

  async function graphql(token: string | null, query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<GraphqlAnswer> {
    const response = await fetch(`${tool.origin}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as GraphqlAnswer["body"] };
  }

  const authorizeUrl = (changes: Readonly<Record<string, string | null>> = {}): string => tool.authorizeUrl(["read", "write"], changes);
  return {
    ...tool,
    controlOrigin: tool.sandbox.controlOrigin,
    authorizeUrl,
    /** Opens the consent page and answers it; the redirect's parameters come back. */
    consent: (changes: Readonly<Record<string, string | null>> = {}, answer: ConsentAnswer = {}) =>
      answerConsent(authorizeUrl(changes), answer),
    /** The whole road to a token. */
    connect: (scope = "read,write", person?: string) => tool.connect(split(scope), person),
    graphql,
  };
}
