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
  /** What the consent is for: a connection that is there, or a new one and who sees it. */
  readonly target: { readonly connection: string } | { readonly visibility: "private" | "workspace" };
  /** New: what to use it for. Of one that is there: what to switch on. */
  readonly capabilities: readonly string[];
  /** Where a full-page flow comes back to: a path of the hub. */
  readonly returnPath: string;
}

/** How far the hub says the flow is (`connections.flow`). */
export interface FlowAnswer<Connection> {
  readonly status: "pending" | "exchanging" | "asking" | "connected" | "denied" | "failed" | "expired";
  readonly title: string | null;
  readonly reason: string | null;
  readonly next: string | null;
  readonly connection: Connection | null;
  /** While `asking`: the connection that the consent was meant for; null when it is gone. */
  readonly question: { readonly connection: string | null } | null;
}

/** What to do with another account than the expected one: keep it as a connection of its own, or give back what it granted. */
export type Decision = "add" | "give_back";

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
  | {
      /** Another account came back than the one that the connection is of. */
      readonly status: "asking";
      readonly request: ConnectRequest;
      readonly flow: string;
      readonly title: string;
      readonly reason: string;
      readonly next: string;
      /** Whether the connection is still there to be tried again. */
      readonly canRetry: boolean;
      /** The decision that is on its way to the hub. */
      readonly deciding: Decision | null;
      /** Why the last decision did not arrive. */
      readonly problem: string | null;
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
  answerFlow(workspace: string, flow: string, decision: Decision): Promise<FlowAnswer<Connection>>;
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
  /** Answers while `asking`. */
  decide(decision: Decision): Promise<void>;
  /** Gives back, and starts the same consent again; call it in the click itself. */
  retry(): Promise<void>;
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

  const closePopup = () => {
    // Severed by COOP it cannot be closed from here; the page in it closes itself.
    if (popup !== null && !popup.closed) popup.close();
    popup = null;
  };

  const end = (next: ConnectState<Connection>) => {
    stop();
    stop = nothing;
    closePopup();
    set(next);
  };

  /** Shows what the hub says of the flow; true once it has ended. */
  const settle = (request: ConnectRequest, flow: string, answer: FlowAnswer<Connection> | null): boolean => {
    const words = { title: answer?.title ?? "", reason: answer?.reason ?? "", next: answer?.next ?? "" };
    switch (answer?.status) {
      case "connected":
        end({ status: "connected", request, connection: answer.connection });
        return true;
      case "denied":
      case "failed":
        end({ status: answer.status, request, ...words });
        return true;
      case "expired":
        end({ status: "abandoned", request, ...words });
        return true;
      case "asking":
        closePopup();
        if (state.status !== "asking") {
          const canRetry = (answer.question?.connection ?? null) !== null;
          set({ status: "asking", request, flow, ...words, canRetry, deciding: null, problem: null });
        }
        return false;
      default: {
        const windowGone = popup?.closed ?? false;
        if (state.status === "connecting" && state.windowGone !== windowGone) set({ ...state, windowGone });
        return false;
      }
    }
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
      // A decision that is on its way brings its own answer.
      const isDeciding = state.status === "asking" && state.deciding !== null;
      if (isDeciding || !settle(request, flow, answer)) cancelTimer = environment.later(() => void look(), pollMs);
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

  /** Starts a consent. `instead`: the flow that asks, and that this one is to take the place of. */
  const begin = async (request: ConnectRequest, instead: string | null): Promise<void> => {
    stop();
    closePopup();
    const opened = environment.openPopup();
    popup = opened;
    let superseded = false;
    stop = () => {
      superseded = true;
    };
    set({ status: "connecting", request, flow: null, windowGone: false, fullPage: opened === null });
    try {
      // Refused when it was answered already, or too late: what it held is not there any more either way.
      if (instead !== null) await environment.answerFlow(request.workspace, instead, "give_back").catch(nothing);
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
  };

  return {
    get state() {
      return state;
    },
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    connect: (request) => begin(request, null),
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
    async decide(decision) {
      if (state.status !== "asking" || state.deciding !== null) return;
      const asked = state;
      const { request, flow } = asked;
      set({ ...asked, deciding: decision, problem: null });
      try {
        const answer = await environment.answerFlow(request.workspace, flow, decision);
        const words = { title: answer.title ?? "", reason: answer.reason ?? "", next: answer.next ?? "" };
        if (decision === "give_back") end({ status: "abandoned", request, ...words });
        else settle(request, flow, answer);
      } catch (error) {
        // Answered in another window, or too late: what the hub says of the flow now is the answer.
        const now = await environment.readFlow(request.workspace, flow).catch(() => null);
        if (!settle(request, flow, now)) set({ ...asked, deciding: null, problem: sentence(error) });
      }
    },
    async retry() {
      if (state.status === "asking") await begin(state.request, state.flow);
    },
    reset() {
      if (state.status === "connecting") return;
      stop();
      stop = nothing;
      set({ status: "idle" });
    },
  };
}
