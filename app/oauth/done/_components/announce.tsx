"use client";

import { useEffect } from "react";
import { type ConnectMessage, connectChannel, connectMessageType } from "@/components/connect/connect-flow";

/**
 * Tells the page that started the flow to look at it, and closes the popup. Two ways, because a consent page with COOP `same-origin` cuts
 * `window.opener`; the message holds the flow's id and nothing else, and goes to our own origin only.
 */
export function Announce({ flow, close }: { readonly flow: string; readonly close: boolean }) {
  useEffect(() => {
    const message: ConnectMessage = { type: connectMessageType, flow };
    const channel = new BroadcastChannel(connectChannel);
    channel.postMessage(message);
    channel.close();
    if (window.opener instanceof Object) (window.opener as Window).postMessage(message, window.location.origin);
    if (close) window.close();
  }, [flow, close]);
  return null;
}
