"use client";

import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { readFailure } from "@/components/failure";
import { useTRPCClient } from "@/components/trpc/provider";
import type { ConnectionView } from "@/server/integrations/catalogue";
import {
  type ConnectFlow,
  type ConnectRequest,
  type ConnectState,
  createConnectFlow,
  type Decision,
  type FlowAnswer,
  type PopupWindow,
} from "./connect-flow";
import { listenFrom } from "./connect-messages";

/** Centred over the page; a consent page needs about this much. */
function openPopup(): PopupWindow | null {
  const [width, height] = [560, 720];
  const left = Math.max(0, window.screenX + (window.outerWidth - width) / 2);
  const top = Math.max(0, window.screenY + (window.outerHeight - height) / 2);
  return window.open("about:blank", "_blank", `popup,width=${width},height=${height},left=${left},top=${top}`);
}

async function start(request: ConnectRequest, popup: boolean): Promise<{ url: string; flow: string }> {
  const { integration, target, ...rest } = request;
  const response = await fetch(`/oauth/start/${encodeURIComponent(integration)}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...rest, ...target, popup }),
  });
  const answer: unknown = await response.json().catch(() => null);
  if (typeof answer === "object" && answer !== null) {
    if ("url" in answer && typeof answer.url === "string" && "flow" in answer && typeof answer.flow === "string") {
      return { url: answer.url, flow: answer.flow };
    }
    if ("message" in answer && typeof answer.message === "string") throw new Error(answer.message);
  }
  throw new Error("The hub did not answer. Check your connection and try again.");
}

const forgotten: FlowAnswer<ConnectionView> = {
  status: "expired",
  title: "That took too long",
  reason: "The consent was not finished in time. Nothing was stored.",
  next: "Choose Connect to start again.",
  connection: null,
  question: null,
};

export interface UseConnect {
  readonly state: ConnectState<ConnectionView>;
  /** Call it directly in the click's handler: a browser opens popups only there. */
  readonly connect: (request: ConnectRequest) => void;
  readonly cancel: () => void;
  /** Says what to do with another account than the expected one. */
  readonly decide: (decision: Decision) => void;
  /** Gives it back and asks again; call it directly in the click's handler. */
  readonly retry: () => void;
  /** Back to `idle` after an end was shown. */
  readonly reset: () => void;
}

/** Connecting a tool: the popup protocol as React state. `onConnected` runs once a connection is there (refetch the catalogue). */
export function useConnect(onConnected: (connection: ConnectionView | null) => void): UseConnect {
  const client = useTRPCClient();
  const [flow] = useState<ConnectFlow<ConnectionView>>(() =>
    createConnectFlow<ConnectionView>({
      openPopup,
      assign: (url) => window.location.assign(url),
      start,
      readFlow: (workspace, id) =>
        client.connections.flow.query({ workspace, flow: id }).catch((error: unknown) => {
          // Long over, and forgotten by the hub.
          if (readFailure(error).code === "ENOENT") return forgotten;
          throw error;
        }),
      answerFlow: (workspace, id, answer) =>
        client.connections.answerFlow.mutate({ workspace, flow: id, answer }).catch((error: unknown) => {
          throw new Error(readFailure(error).message);
        }),
      cancelFlow: (workspace, id) => client.connections.cancelFlow.mutate({ workspace, flow: id }),
      listen: (heard) => listenFrom({ events: window, origin: window.location.origin }, heard),
      later(run, delayMs) {
        const timer = window.setTimeout(run, delayMs);
        return () => window.clearTimeout(timer);
      },
    }),
  );
  const read = () => flow.state;
  const state = useSyncExternalStore(flow.subscribe, read, read);
  useEffect(() => {
    if (state.status === "connected") onConnected(state.connection);
  }, [state, onConnected]);
  return {
    state,
    connect: useCallback((request) => void flow.connect(request), [flow]),
    cancel: useCallback(() => void flow.cancel(), [flow]),
    decide: useCallback((decision) => void flow.decide(decision), [flow]),
    retry: useCallback(() => void flow.retry(), [flow]),
    reset: useCallback(() => flow.reset(), [flow]),
  };
}
