import { QueryClient } from "@tanstack/react-query";
import { isTRPCClientError } from "@trpc/client";

const staleTimeMs = 20_000;
const mostRetries = 2;

/** The query client of one browser tab, or of one request on the server. An answer is shown at once; only silence is tried again. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: staleTimeMs,
        refetchOnWindowFocus: "always",
        retry: (failures, error) => failures < mostRetries && isPassing(error),
      },
    },
  });
}

/** No answer of the hub at all. Whatever it does answer is shown at once: it has waited for the tool and tried again itself. */
function isPassing(error: unknown): boolean {
  if (!isTRPCClientError(error)) return true;
  const data: unknown = error.data;
  return typeof data !== "object" || data === null || !("hub" in data);
}
