import { beforeEach, describe, expect, it } from "vitest";
import {
  type ConnectEnvironment,
  type ConnectRequest,
  connectMessageType,
  createConnectFlow,
  type FlowAnswer,
  type PopupWindow,
} from "./connect-flow";

const request: ConnectRequest = {
  workspace: "acme",
  integration: "linear",
  capabilities: ["read:issues"],
  target: { visibility: "workspace" },
  returnPath: "/acme/integrations",
};
const answered = (status: FlowAnswer<string>["status"]): FlowAnswer<string> => ({
  status,
  title: `title of ${status}`,
  reason: `reason of ${status}`,
  next: "next",
  connection: status === "connected" ? "con_1" : null,
  question: status === "asking" ? { connection: "con_1" } : null,
});

/** A browser in which time passes only when told. */
function fakeBrowser() {
  const timers = new Set<() => void>();
  const listeners = new Set<(data: unknown) => void>();
  const log: string[] = [];
  const popup = {
    closed: false as boolean,
    location: { href: "about:blank" },
    close() {
      popup.closed = true;
    },
  } satisfies PopupWindow;
  const browser = {
    log,
    popup,
    blocked: false,
    server: answered("pending"),
    startFails: null as Error | null,
    /** What the hub says to a decision; an error refuses it. */
    decided: answered("connected") as FlowAnswer<string> | Error,
    hear(data: unknown) {
      for (const listener of listeners) listener(data);
    },
    tick() {
      const due = [...timers];
      timers.clear();
      for (const run of due) run();
    },
    /** Lets promises that are settled already run on. */
    async settle() {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    },
    get waiting() {
      return timers.size;
    },
  };
  const environment: ConnectEnvironment<string> = {
    openPopup() {
      log.push("open");
      return browser.blocked ? null : popup;
    },
    assign: (url) => void log.push(`assign ${url}`),
    async start(_request, isPopup) {
      log.push(`start popup=${isPopup}`);
      if (browser.startFails !== null) throw browser.startFails;
      return { url: "https://linear.test/consent", flow: "flw_1" };
    },
    async readFlow() {
      log.push("read");
      return browser.server;
    },
    async cancelFlow(_workspace, flow) {
      log.push(`cancel ${flow}`);
    },
    async answerFlow(_workspace, flow, decision) {
      log.push(`${decision} ${flow}`);
      if (browser.decided instanceof Error) throw browser.decided;
      return browser.decided;
    },
    listen(heard) {
      listeners.add(heard);
      return () => void listeners.delete(heard);
    },
    later(run) {
      timers.add(run);
      return () => void timers.delete(run);
    },
  };
  return { browser, flow: createConnectFlow(environment) };
}

let browser: ReturnType<typeof fakeBrowser>["browser"];
let flow: ReturnType<typeof fakeBrowser>["flow"];
beforeEach(() => {
  ({ browser, flow } = fakeBrowser());
});

describe("connecting in a popup", () => {
  it("opens the window in the click, before anything is asked, and then sends it to the consent page", async () => {
    const connecting = flow.connect(request);
    expect(browser.log[0]).toBe("open");
    await connecting;
    expect(browser.log).toEqual(["open", "start popup=true"]);
    expect(browser.popup.location.href).toBe("https://linear.test/consent");
    expect(flow.state).toMatchObject({ status: "connecting", flow: "flw_1" });
  });

  it("is connected once the hub says so, woken by a message", async () => {
    await flow.connect(request);
    browser.server = answered("connected");
    browser.hear({ type: connectMessageType, flow: "flw_1" });
    await browser.settle();
    expect(flow.state).toMatchObject({ status: "connected", connection: "con_1" });
    expect(browser.waiting).toBe(0);
    expect(browser.popup.closed).toBe(true);
  });

  it("is connected without any message, by asking", async () => {
    await flow.connect(request);
    browser.tick();
    await browser.settle();
    browser.server = answered("connected");
    browser.tick();
    await browser.settle();
    expect(flow.state.status).toBe("connected");
  });

  it.each([
    ["another flow's message", { type: connectMessageType, flow: "flw_2" }],
    ["another message", { type: "other", flow: "flw_1" }],
    ["no object", "flw_1"],
    ["null", null],
  ])("does not even look for %s", async (_what, data) => {
    await flow.connect(request);
    browser.server = answered("connected");
    browser.hear(data);
    await browser.settle();
    expect(browser.log).not.toContain("read");
    expect(flow.state.status).toBe("connecting");
  });

  it("believes the hub, not a forged message that claims success", async () => {
    await flow.connect(request);
    browser.hear({ type: connectMessageType, flow: "flw_1", status: "connected", connection: "con_evil" });
    await browser.settle();
    expect(browser.log).toContain("read");
    expect(flow.state).toMatchObject({ status: "connecting" });
  });

  it("goes on waiting while the window looks closed, and says so", async () => {
    await flow.connect(request);
    browser.popup.closed = true;
    browser.tick();
    await browser.settle();
    expect(flow.state).toMatchObject({ status: "connecting", windowGone: true });
    browser.server = answered("connected");
    browser.tick();
    await browser.settle();
    expect(flow.state.status).toBe("connected");
  });

  it.each([
    ["denied", "denied"],
    ["failed", "failed"],
    ["expired", "abandoned"],
  ] as const)("turns %s into %s with the hub's words", async (status, shown) => {
    await flow.connect(request);
    browser.server = answered(status);
    browser.tick();
    await browser.settle();
    expect(flow.state).toMatchObject({ status: shown, title: `title of ${status}`, reason: `reason of ${status}` });
    expect(browser.waiting).toBe(0);
  });

  it("sends the whole page when the popup is blocked", async () => {
    browser.blocked = true;
    await flow.connect(request);
    expect(browser.log).toEqual(["open", "start popup=false", "assign https://linear.test/consent"]);
    expect(flow.state).toMatchObject({ status: "connecting", fullPage: true });
  });

  it("closes the window and tells why when the hub refuses to start", async () => {
    browser.startFails = new Error("Linear waits for LINEAR_CLIENT_ID in the hub's environment.");
    await flow.connect(request);
    expect(flow.state).toMatchObject({ status: "failed", reason: "Linear waits for LINEAR_CLIENT_ID in the hub's environment." });
    expect(browser.popup.closed).toBe(true);
  });

  it("tells the hub when the person cancels, and asks no more", async () => {
    await flow.connect(request);
    await flow.cancel();
    expect(flow.state.status).toBe("abandoned");
    expect(browser.log).toContain("cancel flw_1");
    expect(browser.waiting).toBe(0);
  });

  it("forgets an earlier attempt when a new one starts", async () => {
    const first = flow.connect(request);
    await flow.connect({ ...request, integration: "slack" });
    await first;
    expect(flow.state).toMatchObject({ status: "connecting", request: { integration: "slack" } });
    expect(browser.waiting).toBe(1);
  });
});

describe("another account came back", () => {
  beforeEach(async () => {
    await flow.connect(request);
    browser.server = answered("asking");
    browser.tick();
    await browser.settle();
  });

  it("closes the window and asks, in the hub's words", () => {
    expect(flow.state).toMatchObject({ status: "asking", title: "title of asking", canRetry: true, deciding: null, problem: null });
    expect(browser.popup.closed).toBe(true);
  });

  it("adds it, or gives it back, as the person decides, once", async () => {
    const deciding = flow.decide("add");
    expect(flow.state).toMatchObject({ status: "asking", deciding: "add" });
    await flow.decide("give_back");
    await deciding;
    expect(flow.state).toMatchObject({ status: "connected", connection: "con_1" });
    expect(browser.log.filter((line) => line.endsWith("flw_1"))).toEqual(["add flw_1"]);
    expect(browser.waiting).toBe(0);
  });

  it("shows that it was given back as an end, not as a failure", async () => {
    browser.decided = answered("failed");
    await flow.decide("give_back");
    expect(flow.state).toMatchObject({ status: "abandoned", reason: "reason of failed" });
  });

  it("tries again with the right account: a window in the click, the other grant given back, the same consent", async () => {
    browser.log.length = 0;
    browser.popup.closed = false;
    const retrying = flow.retry();
    expect(browser.log[0]).toBe("open");
    await retrying;
    expect(browser.log).toEqual(["open", "give_back flw_1", "start popup=true"]);
    expect(flow.state).toMatchObject({ status: "connecting", request });
  });

  it("says why a decision did not arrive, and can be decided again", async () => {
    browser.decided = new Error("The hub did not answer.");
    await flow.decide("add");
    expect(flow.state).toMatchObject({ status: "asking", deciding: null, problem: "The hub did not answer." });
    browser.decided = answered("connected");
    await flow.decide("add");
    expect(flow.state.status).toBe("connected");
  });

  it("follows a decision that was made in another window, and the end of the time", async () => {
    browser.server = answered("connected");
    browser.tick();
    await browser.settle();
    expect(flow.state.status).toBe("connected");
  });

  it("believes the hub when the question is over already", async () => {
    browser.decided = new Error("This question was answered already, or too late.");
    browser.server = answered("expired");
    await flow.decide("add");
    expect(flow.state).toMatchObject({ status: "abandoned", title: "title of expired" });
  });

  it("is left open when the dialog is closed: nothing is decided, and nothing asked any more", async () => {
    browser.log.length = 0;
    await flow.cancel();
    flow.reset();
    expect(flow.state.status).toBe("idle");
    browser.tick();
    await browser.settle();
    expect(browser.log).toEqual([]);
  });
});
