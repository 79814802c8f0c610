import { startTestTool, type TestToolOptions } from "../testing";

/** What Asana's token endpoint answers. */
export interface AsanaTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly token_type: string;
  readonly data: { readonly id: number; readonly gid: string; readonly name: string; readonly email: string };
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly data?: unknown;
    readonly next_page?: { readonly offset: string; readonly path: string; readonly uri: string } | null;
    readonly errors?: readonly { readonly message: string }[];
    readonly sync?: string;
    readonly has_more?: boolean;
  };
}

/** The simulated Asana, and a caller of its API. */
export async function startTestAsana(options: TestToolOptions = {}) {
  const tool = await startTestTool<AsanaTokens>("asana", options);

  /** A call below `/api/1.0`, with a token and, for writes, the body's `data`. */
  async function api(token: string | null, method: string, path: string, data?: unknown): Promise<ApiAnswer> {
    const response = await fetch(`${tool.origin}/api/1.0${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(data === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(data === undefined ? {} : { body: JSON.stringify({ data }) }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as ApiAnswer["body"] };
  }

  return { ...tool, api };
}
