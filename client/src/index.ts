import { createTRPCUntypedClient, httpBatchLink, TRPCClientError } from "@trpc/client";
import type { ErrorBody, HubOperations, ListInput, Node } from "./contract.js";
import { HubRequestError } from "./errors.js";

export type * from "./contract.js";
export { HubRequestError } from "./errors.js";

export interface HubClientOptions {
  /** The hub's address, `https://hub.example.com`; `http://` for this machine only, because the key is sent with every call. */
  readonly url: string;
  /** A key of the workspace, `bih_…`; an admin makes it on the page "API keys". */
  readonly apiKey: string | undefined;
  /** In place of the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/** The workspace's files, with the rights of the key. Every method rejects with `HubRequestError`. */
export interface HubClient extends HubOperations {
  /** Every child of a directory, page after page. */
  listAll(input: Omit<ListInput, "cursor">): AsyncGenerator<Node, void, undefined>;
}

/** Stands for the key's own workspace, so that a call goes on when the workspace's address changes. */
const workspace = "~";

const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);

function checkUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || (parsed.protocol !== "https:" && parsed.protocol !== "http:")) {
    throw new TypeError("createHubClient needs `url`, the hub's address, such as https://hub.example.com.");
  }
  if (parsed.protocol === "http:" && !loopback.has(parsed.hostname)) {
    throw new TypeError(
      "createHubClient sends the key with every call, so `url` must begin with https:// (http:// is for this machine only).",
    );
  }
  return parsed.origin;
}

/** The hub's own words for a failure, wherever in tRPC's answer they are; null when the answer is not the hub's. */
function readBody(error: TRPCClientError<never>): { readonly body: ErrorBody; readonly requestId: string | null } | null {
  const data: unknown = error.data;
  if (typeof data !== "object" || data === null || !("hub" in data)) return null;
  const requestId = "requestId" in data && typeof data.requestId === "string" ? data.requestId : null;
  return { body: data.hub as ErrorBody, requestId };
}

function toRequestError(error: unknown, url: string): HubRequestError {
  const read = error instanceof TRPCClientError ? readBody(error as TRPCClientError<never>) : null;
  if (read === null) {
    return new HubRequestError(`The hub at ${url} gave no answer that can be read. Check the address, and whether it runs.`, {
      code: "UNREACHABLE",
      retryable: true,
      cause: error,
    });
  }
  const { message, ...fields } = read.body;
  return new HubRequestError(message, { ...fields, requestId: read.requestId, cause: error });
}

/**
 * A client of one workspace, that of the key. Calls made in the same moment share a request. Throws TypeError when address or key cannot be
 * right; whether they are shows with the first call.
 */
export function createHubClient({ url, apiKey, fetch: fetcher }: HubClientOptions): HubClient {
  const origin = checkUrl(url);
  if (apiKey === undefined || !/^bih_[A-Za-z0-9_-]{43}$/.test(apiKey)) {
    throw new TypeError("createHubClient needs `apiKey`, which looks like bih_ and 43 characters; an admin of the workspace can make one.");
  }
  const trpc = createTRPCUntypedClient({
    links: [
      httpBatchLink({
        url: `${origin}/api/trpc`,
        headers: { authorization: `Bearer ${apiKey}` },
        maxItems: 50,
        maxURLLength: 8_000,
        ...(fetcher === undefined ? {} : { fetch: fetcher }),
      }),
    ],
  });

  const query = (operation: string) => async (input: object) =>
    trpc.query(`vfs.${operation}`, { workspace, ...input }).catch((error: unknown) => Promise.reject(toRequestError(error, origin)));
  const change = (operation: string) => async (input: object) =>
    trpc.mutation(`vfs.${operation}`, { workspace, ...input }).catch((error: unknown) => Promise.reject(toRequestError(error, origin)));

  // The answers' types are the hub's own: `server/trpc/client-contract.test.ts` holds the two together.
  const operations = {
    stat: query("stat"),
    list: query("list"),
    read: query("read"),
    schema: query("schema"),
    write: change("write"),
    append: change("append"),
    edit: change("edit"),
    mkdir: change("mkdir"),
    move: change("move"),
    remove: change("remove"),
    execute: change("execute"),
  } as unknown as HubOperations;

  return {
    ...operations,
    async *listAll(input) {
      let cursor: string | undefined;
      do {
        const page = await operations.list({ ...input, ...(cursor === undefined ? {} : { cursor }) });
        yield* page.nodes;
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
    },
  };
}
