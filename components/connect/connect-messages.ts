import { connectChannel } from "./connect-flow";

/** The page that listens, and the origin whose messages it hears; a browser's window and its own origin. */
export interface ConnectPage {
  readonly events: EventTarget;
  readonly origin: string;
}

/** Hears the messages of our own origin only: the channel has no other, and of the window's the origin is compared. The answer ends it. */
export function listenFrom({ events, origin }: ConnectPage, heard: (data: unknown) => void): () => void {
  const channel = new BroadcastChannel(connectChannel);
  channel.onmessage = (event) => heard(event.data);
  const onMessage = (event: Event) => {
    if (event instanceof MessageEvent && event.origin === origin) heard(event.data);
  };
  events.addEventListener("message", onMessage);
  return () => {
    channel.close();
    events.removeEventListener("message", onMessage);
  };
}
