import type { ToolOptions } from "../tool";
import { type Handler, type Listening, type ListenOptions, listen, type Scripted } from "./server";

export interface ToolServer extends Scripted {
  readonly handler: Handler;
  /** How much a request may carry; 2 MiB by default, at most 110 MiB. */
  readonly maxBodyBytes?: ListenOptions["maxBodyBytes"];
}

const changesNothing = new Set(["GET", "HEAD", "OPTIONS"]);

/** Serves one simulated tool on its port: faults, journal, observers and the keeper of its state see every request. */
export function serveTool(id: string, options: ToolOptions, server: ToolServer): Promise<Listening> {
  const { onExchange } = options;
  return listen({
    port: options.port,
    async handler(request) {
      const response = await server.handler(request);
      if (!changesNothing.has(request.method)) options.onChange();
      return response;
    },
    ...(server.maxBodyBytes === undefined ? {} : { maxBodyBytes: server.maxBodyBytes }),
    scripted: {
      faults: options.faults,
      journal: options.journal,
      operationsOf: server.operationsOf,
      emailOf: server.emailOf,
      credentialOf: server.credentialOf,
      rateLimited: server.rateLimited,
    },
    ...(onExchange === undefined ? {} : { onExchange: (exchange) => onExchange({ tool: id, ...exchange }) }),
  });
}
