/**
 * Connecting a tool in a popup, without looks: opens the window in the click, asks the hub for the consent page, and then believes nobody
 * but the hub. Messages from the popup (BroadcastChannel and `opener.postMessage`) only say "look now"; a forged one makes it look once.
 * `popup.closed` is a hint at most, because a consent page with COOP `same-origin` makes it true while the page is open.
 */

/** The one channel and message of the popup protocol. No token, code or state is ever in a message. */
export const connectChannel = "byte-hub-connect";
export const connectMessageType = "byte-hub:flow-ended";
export interface ConnectMessage {
  readonly type: typeof connectMessageType;
  /** `flw_…` */
  readonly flow: string;
}

export interface ConnectRequest {
  readonly workspace: string;
  readonly integration: string;
  readonly capabilities: readonly string[];
  readonly visibility: "private" | "workspace";
  /** Where a full-page flow comes back to: a path of the hub. */
  readonly returnPath: string;
}

/** How far the hub says the flow is (`connections.flow`). */
export interface FlowAnswer<Connection> {
  readonly status: "pending" | "exchanging" | "connected" | "denied" | "failed" | "expired";
  readonly title: string | null;
  readonly reason: string | null;
  readonly next: string | null;
  readonly connection: Connection | null;
}

export type ConnectState<Connection> =
  | { readonly status: "idle" }
  | {
      readonly status: "connecting";
      readonly request: ConnectRequest;
      /** Null until the hub has started the flow. */
      readonly flow: string | null;
      /** The window looks closed: say that it may be cancelled here or finished there. */
      readonly windowGone: boolean;
      /** The popup was blocked: the whole page goes to the tool. */
      readonly fullPage: boolean;
    }
  | { readonly status: "connected"; readonly request: ConnectRequest; readonly connection: Connection | null }
  | {
      readonly status: "denied" | "failed" | "abandoned";
      readonly request: ConnectRequest;
      readonly title: string;
      readonly reason: string;
      readonly next: string;
    };

/** The popup, as far as it is used. */
export interface PopupWindow {
  readonly closed: boolean;
  readonly location: { href: string };
  close(): void;
}

export interface ConnectEnvironment<Connection> {
  /** Opens `about:blank` now, in the click; null when the browser blocks it. */
  openPopup(): PopupWindow | null;
  /** Sends the whole page away. */
  assign(url: string): void;
  /** POST /oauth/start/<integration>. Rejects with a sentence. */
  start(request: ConnectRequest, popup: boolean): Promise<{ readonly url: string; readonly flow: string }>;
  readFlow(workspace: string, flow: string): Promise<FlowAnswer<Connection>>;
  cancelFlow(workspace: string, flow: string): Promise<unknown>;
  /** Calls back with the data of each message of our own origin; the answer ends it. */
  listen(heard: (data: unknown) => void): () => void;
  /** Calls back after a while; the answer cancels it. */
  later(run: () => void, delayMs: number): () => void;
}

export interface ConnectFlow<Connection> {
  readonly state: ConnectState<Connection>;
  subscribe(changed: () => void): () => void;
  /** Call it in the click itself, so that the popup is allowed. */
  connect(request: ConnectRequest): Promise<void>;
  cancel(): Promise<void>;
  reset(): void;
}

const pollMs = 1500;

const isMessage = (data: unknown, flow: string): boolean =>
  typeof data === "object" && data !== null && "type" in data && data.type === connectMessageType && "flow" in data && data.flow === flow;

const sentence = (error: unknown): string => (error instanceof Error && error.message !== "" ? error.message : "The hub did not answer.");
const nothing = () => undefined;

export function createConnectFlow<Connection>(environment: ConnectEnvironment<Connection>): ConnectFlow<Connection> {
  let state: ConnectState<Connection> = { status: "idle" };
  let popup: PopupWindow | null = null;
  let stop: () => void = nothing;
  const listeners = new Set<() => void>();
  const set = (next: ConnectState<Connection>) => {
    state = next;
    for (const listener of listeners) listener();
  };

  const end = (next: ConnectState<Connection>) => {
    stop();
    stop = nothing;
    // Severed by COOP it cannot be closed from here; the page in it closes itself.
    if (popup !== null && !popup.closed) popup.close();
    popup = null;
    set(next);
  };

  /** Asks the hub until the flow has ended; a message makes the next look happen now. */
  const watch = (request: ConnectRequest, flow: string) => {
    let cancelTimer: () => void = nothing;
    let looking = false;
    let ended = false;
    const look = async () => {
      if (looking || ended) return;
      looking = true;
      cancelTimer();
      const answer = await environment.readFlow(request.workspace, flow).catch(() => null);
      looking = false;
      if (ended) return;
      const failed = { title: answer?.title ?? "", reason: answer?.reason ?? "", next: answer?.next ?? "" };
      switch (answer?.status) {
        case "connected":
          return end({ status: "connected", request, connection: answer.connection });
        case "denied":
          return end({ status: "denied", request, ...failed });
        case "expired":
          return end({ status: "abandoned", request, ...failed });
        case "failed":
          return end({ status: "failed", request, ...failed });
        default: {
          const windowGone = popup?.closed ?? false;
          if (state.status === "connecting" && state.windowGone !== windowGone) set({ ...state, windowGone });
          cancelTimer = environment.later(() => void look(), pollMs);
        }
      }
    };
    const unlisten = environment.listen((data) => {
      if (isMessage(data, flow)) void look();
    });
    cancelTimer = environment.later(() => void look(), pollMs);
    stop = () => {
      ended = true;
      cancelTimer();
      unlisten();
    };
  };

  return {
    get state() {
      return state;
    },
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    async connect(request) {
      stop();
      if (popup !== null && !popup.closed) popup.close();
      const opened = environment.openPopup();
      popup = opened;
      let superseded = false;
      stop = () => {
        superseded = true;
      };
      set({ status: "connecting", request, flow: null, windowGone: false, fullPage: opened === null });
      try {
        const { url, flow } = await environment.start(request, opened !== null);
        if (superseded) {
          void environment.cancelFlow(request.workspace, flow).catch(nothing);
          return;
        }
        if (opened === null) return environment.assign(url);
        opened.location.href = url;
        set({ status: "connecting", request, flow, windowGone: false, fullPage: false });
        watch(request, flow);
      } catch (error) {
        if (!superseded) {
          end({ status: "failed", request, title: "Connecting could not start", reason: sentence(error), next: "Try again." });
        }
      }
    },
    async cancel() {
      if (state.status !== "connecting") return;
      const { request, flow } = state;
      end({
        status: "abandoned",
        request,
        title: "Connecting was cancelled",
        reason: "Nothing was stored.",
        next: "Choose Connect to start again.",
      });
      // An answer that arrives all the same is then refused; a lost cancel ends by itself with the flow's ten minutes.
      if (flow !== null) await environment.cancelFlow(request.workspace, flow).catch(nothing);
    },
    reset() {
      if (state.status !== "connecting") set({ status: "idle" });
    },
  };
}
