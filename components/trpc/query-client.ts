import { defaultShouldDehydrateQuery, QueryClient } from "@tanstack/react-query";
import { isTRPCClientError } from "@trpc/client";
import superjson from "superjson";

const staleTimeMs = 20_000;
const mostRetries = 2;

/** The query client of one browser tab, or of one request on the server. A refusal is shown at once; only what may pass is tried again. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: staleTimeMs,
        refetchOnWindowFocus: "always",
        retry: (failures, error) => failures < mostRetries && isPassing(error),
      },
      dehydrate: { serializeData: superjson.serialize, shouldDehydrateQuery: defaultShouldDehydrateQuery },
      hydrate: { deserializeData: superjson.deserialize },
    },
  });
}

/** No answer at all, or an answer that says the same call may succeed later. */
function isPassing(error: unknown): boolean {
  if (!isTRPCClientError(error)) return true;
  const data: unknown = error.data;
  if (typeof data !== "object" || data === null || !("hub" in data)) return true;
  const hub = data.hub;
  return typeof hub === "object" && hub !== null && "retryable" in hub && hub.retryable === true;
}
