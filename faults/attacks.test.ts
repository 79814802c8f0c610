import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectChannel, connectMessageType, createConnectFlow } from "@/components/connect/connect-flow";
import { listenFrom } from "@/components/connect/connect-messages";
import { oauthFlows } from "@/db/schema/connections";
import type { Browser } from "@/server/connections/testing-hub";
import { type OidcHub, startOidcHub } from "./oidc/oidc-hub";

/**
 * State and code attacks, with codes that a real authorization server gave (`oidc-provider`) and two more such servers to mix it up with.
 *
 * | attack | here | also |
 * |---|---|---|
 * | replay | "replay" | flows.test.ts: an answer … the second time, … of two at the same moment |
 * | swap between people | "a swap between people" | flows.test.ts: … in another person's session |
 * | between workspaces | "a swap between workspaces" | flows.test.ts: belongs to its own workspace only |
 * | between integrations | "a swap between integrations" | auth.test.ts: refuses cookies that another tool's flow set |
 * | mix-up | "a mix-up" | issuers.test.ts |
 * | missing cookie | "a missing cookie" | auth.test.ts: sends the code nowhere with … |
 * | expired row | "an expired row" | flows.test.ts: is refused after ten minutes |
 * | forged `postMessage` | "a forged message" | connect-flow.test.ts; in a browser: e2e/connect.spec.ts |
 * | open redirect through the return path | "an open redirect" | flows.test.ts: starting; safe-path.test.ts |
 */

let world: OidcHub;
let ann: Browser;
let number = 0;
beforeAll(async () => {
  world = await startOidcHub([
    { id: "oidc" },
    { id: "second" },
    { id: "unnamed", change: (made) => ({ ...made, oauth: { ...made.oauth, issuer: null } }) },
  ]);
});
afterAll(() => world.close());
beforeEach(async () => {
  number += 1;
  ann = await world.browser(`acme-${number}`);
});

const tools = ["oidc", "second", "unnamed"] as const;
const serverOf = (id: string) => world.tool(id).server;
/** All that the three servers' token and userinfo endpoints were asked. */
const asked = () => tools.reduce((sum, id) => sum + serverOf(id).requests.length, 0);
const listOf = (browser: Browser) => world.hub.connections.list(browser.scope);
const flowOf = (browser: Browser, flow: string) => world.hub.connections.flows.view(browser.scope, flow);

/** A flow begun in the browser, and consented to at its server: the URL that the server sends the browser back to. */
async function consented(browser: Browser, integration = "oidc", fields: Record<string, unknown> = {}, login = "ann") {
  const { url, flow } = await browser.begin(integration, fields);
  return { flow, back: new URL(await serverOf(integration).consent(url, { login })) };
}

/** The same answer with other parameters (null removes one), or at another tool's address. */
function changed(back: URL, parameters: Readonly<Record<string, string | null>>, integration?: string): string {
  const url = new URL(back);
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  if (integration !== undefined) url.pathname = `/oauth/callback/${integration}`;
  return url.href;
}
const of = (back: URL, name: string) => back.searchParams.get(name) ?? "";

/** Whatever `act` does, no server is sent a code, and nobody is connected. */
async function refused(act: () => Promise<unknown>, ...others: readonly Browser[]) {
  const before = asked();
  await act();
  expect(asked()).toBe(before);
  for (const browser of [ann, ...others]) expect(await listOf(browser)).toEqual([]);
}

describe("replay", () => {
  it("of an answer, with the cookies of the first time, changes nothing", async () => {
    const { flow, back } = await consented(ann);
    const cookies = new Map(ann.jar);
    await ann.follow(back.href);
    for (const [name, cookie] of cookies) ann.jar.set(name, cookie);
    const before = asked();
    expect((await ann.follow(back.href)).query.get("problem")).toBe("replayed");
    expect(asked()).toBe(before);
    expect((await flowOf(ann, flow)).status).toBe("connected");
    expect(JSON.parse(await world.readProfile(ann))).toMatchObject({ sub: "ann" });
  });

  it("of an answer at the same moment sends its code once", async () => {
    const { back } = await consented(ann);
    const exchanges = () => serverOf("oidc").requests.filter(({ grantType }) => grantType === "authorization_code").length;
    const before = exchanges();
    const ends = await Promise.all(Array.from({ length: 8 }, () => ann.follow(back.href)));
    expect(ends.map((end) => end.query.get("problem")).filter((problem) => problem !== "replayed")).toEqual([null]);
    expect(exchanges()).toBe(before + 1);
    expect(await listOf(ann)).toHaveLength(1);
  });

  it("of a used code in a flow of one's own gives nothing: the server takes a code once", async () => {
    const first = await consented(ann);
    await ann.follow(first.back.href);
    const mallory = await world.browser(`mallory-${number}`);
    const own = await consented(mallory, "oidc", {}, "mallory");
    await mallory.follow(changed(own.back, { code: of(first.back, "code") }));
    expect(await flowOf(mallory, own.flow)).toMatchObject({ status: "failed", connection: null });
    expect(await listOf(mallory)).toEqual([]);
  });
});

describe("a swap between people", () => {
  it("in which one brings another's answer, cookies and all, is refused, and the answer spent", async () => {
    const bob = await world.colleague(ann, "owner");
    const { flow, back } = await consented(ann);
    for (const [name, cookie] of ann.jar) if (name.startsWith("hub.oidc.")) bob.jar.set(name, cookie);
    await refused(async () => expect((await bob.follow(back.href)).query.get("problem")).toBe("wrong_person"), bob);
    expect(await flowOf(ann, flow)).toMatchObject({ status: "failed", title: "Somebody else started this" });
    await refused(() => ann.follow(back.href), bob);
  });

  it("in which one is made to open an attacker's answer connects nobody to the attacker's account", async () => {
    const mallory = await world.colleague(ann, "admin");
    const { back } = await consented(mallory, "oidc", {}, "mallory");
    await refused(async () => expect((await ann.follow(back.href)).query.get("problem")).toBe("wrong_person"), mallory);
  });

  it("of the code alone fails at the server: the verifier is another (RFC 7636)", async () => {
    const mallory = await world.browser(`mallory-${number}`);
    const [mine, theirs] = [await consented(ann), await consented(mallory, "oidc", {}, "mallory")];
    await ann.follow(changed(mine.back, { code: of(theirs.back, "code") }));
    expect(serverOf("oidc").requests.at(-1)).toMatchObject({ grantType: "authorization_code", status: 400 });
    expect(await flowOf(ann, mine.flow)).toMatchObject({ status: "failed", connection: null });
    expect(await listOf(ann)).toEqual([]);
  });
});

describe("a swap between workspaces", () => {
  /** A second workspace of the same person. */
  const anotherOf = async (browser: Browser) => {
    const { slug } = await world.hub.workspaces.create(browser.userId, { name: `Other ${number}`, slug: `other-${number}` });
    return { ...browser, scope: await world.hub.workspaces.getScope({ type: "person", userId: browser.userId }, slug) };
  };

  it("is not to be had: the answer ends in the workspace it was begun in, whatever it says", async () => {
    const other = await anotherOf(ann);
    const { flow, back } = await consented(ann);
    const end = await ann.follow(changed(back, { workspace: other.scope.slug, flow: "flw_00000000000000000000000000000000" }));
    expect(Object.fromEntries(end.query)).toEqual({ flow, workspace: ann.scope.slug });
    expect(await listOf(ann)).toHaveLength(1);
    expect(await listOf(other)).toEqual([]);
    await expect(flowOf(other, flow)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("of the code alone fails at the server, for the same person too", async () => {
    const other = await anotherOf(ann);
    const mine = await consented(ann);
    const theirs = await consented(ann, "oidc", { workspace: other.scope.slug });
    await ann.follow(changed(mine.back, { code: of(theirs.back, "code") }));
    expect(await listOf(ann)).toEqual([]);
    expect(await listOf(other)).toEqual([]);
  });

  it("is refused at the start, into a workspace of others", async () => {
    const stranger = await world.browser(`stranger-${number}`);
    expect((await stranger.start("oidc", { workspace: ann.scope.slug })).status).toBe(404);
  });

  it("is refused to whom was removed, or may no longer connect, while at the server", async () => {
    const [leaver, demoted] = [await world.colleague(ann, "admin"), await world.colleague(ann, "admin")];
    const owner = await world.colleague(ann, "owner");
    const [left, kept] = [await consented(leaver), await consented(demoted)];
    await world.hub.workspaces.members.remove(owner.scope, leaver.userId);
    await world.hub.workspaces.members.setRole(owner.scope, demoted.userId, "viewer");
    await refused(async () => {
      expect((await leaver.follow(left.back.href)).query.get("problem")).toBe("unknown");
      await demoted.follow(kept.back.href);
    }, owner);
    expect(await flowOf(demoted, kept.flow)).toMatchObject({ status: "failed", title: "You may no longer connect tools here" });
  });
});

describe("a swap between integrations", () => {
  it("in which one tool's answer comes to another's address is refused, and the answer spent", async () => {
    const { flow, back } = await consented(ann);
    await refused(() => ann.follow(changed(back, {}, "second")));
    expect(await flowOf(ann, flow)).toMatchObject({ status: "failed", title: "This answer came to the wrong address" });
    await refused(() => ann.follow(back.href));
  });

  it("of the state is refused: each flow is one tool's", async () => {
    const [first, second] = [await consented(ann, "oidc"), await consented(ann, "second")];
    await refused(() => ann.follow(changed(first.back, { state: of(second.back, "state") })));
    expect(await flowOf(ann, second.flow)).toMatchObject({ status: "failed" });
  });
});

describe("a mix-up", () => {
  /** The person begins at one tool, whose server is the attacker's and sends the browser on to another tool's; then its code comes back. */
  const mixedUp = async (honest: string, attacked: string) => {
    const victim = await consented(ann, honest);
    const begun = await consented(ann, attacked);
    return { flow: begun.flow, answer: changed(begun.back, { code: of(victim.back, "code"), iss: of(victim.back, "iss") }) };
  };
  const another = { status: "failed", title: "Another server answered", connection: null };

  it.each(["second", "unnamed"])(
    "does not deliver one server's code to another (%s): the answer names the first (RFC 9207)",
    async (attacked) => {
      const { flow, answer } = await mixedUp("oidc", attacked);
      await refused(() => ann.follow(answer));
      expect(await flowOf(ann, flow)).toMatchObject(another);
    },
  );

  it("does not when the name is taken away, or given twice", async () => {
    for (const spoil of [
      (url: URL) => url.searchParams.delete("iss"),
      (url: URL) => url.searchParams.append("iss", serverOf("second").origin),
      (url: URL) => url.searchParams.set("iss", `${serverOf("second").origin}/`),
    ]) {
      const { flow, answer } = await mixedUp("oidc", "second");
      const url = new URL(answer);
      spoil(url);
      await refused(() => ann.follow(url.href));
      expect(await flowOf(ann, flow)).toMatchObject(another);
    }
  });

  it("does not in the classic way either, since each tool has its own address (RFC 9700 §4.4)", async () => {
    const begun = await ann.begin("second");
    const sentOn = new URL((await ann.begin("oidc")).url);
    sentOn.searchParams.set("state", of(new URL(begun.url), "state"));
    sentOn.searchParams.set("code_challenge", of(new URL(begun.url), "code_challenge"));
    const back = await serverOf("oidc").consent(sentOn.href);
    expect(new URL(back).pathname).toBe("/oauth/callback/oidc");
    await refused(() => ann.follow(back));
    expect(await flowOf(ann, begun.flow)).toMatchObject({ status: "failed", title: "This answer came to the wrong address" });
  });

  it("is none: each server's own answer is taken", async () => {
    for (const id of tools) expect((await world.connect(ann, { integration: id })).id).toMatch(/^con_/);
  });
});

describe("a missing cookie", () => {
  it.each(["state", "pkce", ""])("keeps the code here (%s), and the words say to allow cookies", async (which) => {
    const { flow, back } = await consented(ann);
    for (const name of [...ann.jar.keys()]) if (name.startsWith("hub.oidc.") && name.endsWith(which)) ann.jar.delete(name);
    await refused(() => ann.follow(back.href));
    expect(await flowOf(ann, flow)).toMatchObject({ status: "failed", next: expect.stringContaining("Allow cookies") });
  });

  it("is not made up for by those of another flow of the same tool", async () => {
    const [first, second] = [await consented(ann), await consented(ann)];
    const nameOf = (flow: string, what: string) => `hub.oidc.${flow.slice("flw_".length)}.${what}`;
    for (const what of ["state", "pkce"]) {
      const cookie = ann.jar.get(nameOf(second.flow, what));
      if (cookie === undefined) throw new Error("The flow has no cookies.");
      ann.jar.set(nameOf(first.flow, what), cookie);
    }
    await refused(() => ann.follow(first.back.href));
  });
});

describe("an expired row", () => {
  it("keeps the code here, though the cookies still live", async () => {
    const { flow, back } = await consented(ann);
    await world.hub.db.withScope(ann.scope, (tx) => tx.update(oauthFlows).set({ expiresAt: new Date(Date.now() - 1) }));
    expect([...ann.jar.keys()].filter((name) => name.startsWith("hub.oidc."))).toHaveLength(2);
    await refused(() => ann.follow(back.href));
    expect(await flowOf(ann, flow)).toMatchObject({ status: "expired", title: "That took too long" });
  });

  it("that is gone altogether makes the answer nobody's", async () => {
    const { back } = await consented(ann);
    await world.hub.db.withScope(ann.scope, (tx) => tx.delete(oauthFlows));
    await refused(async () => expect((await ann.follow(back.href)).query.get("problem")).toBe("unknown"));
  });
});

describe("a forged message", () => {
  /** The page that waits for the popup, over the hub's own answer; `looks` counts how often it asked. */
  async function waitingPage() {
    const events = new EventTarget();
    const page = { looks: 0, asked: Promise.withResolvers<void>() };
    const flow = createConnectFlow({
      openPopup: () => ({ closed: false, location: { href: "" }, close: () => undefined }),
      assign: () => undefined,
      start: () => ann.begin("oidc"),
      async readFlow(_workspace, id) {
        page.looks += 1;
        const { status, title, reason, next, connection, question } = await flowOf(ann, id);
        setImmediate(() => page.asked.resolve());
        return { status, title, reason, next, connection, question };
      },
      cancelFlow: async () => undefined,
      answerFlow: async () => Promise.reject(new Error("Nothing is asked.")),
      listen: (heard) => listenFrom({ events, origin: world.origin }, heard),
      later: () => () => undefined,
    });
    await flow.connect({
      workspace: ann.scope.slug,
      integration: "oidc",
      capabilities: [],
      target: { visibility: "workspace" },
      returnPath: "/",
    });
    const id = flow.state.status === "connecting" ? flow.state.flow : null;
    const data = { type: connectMessageType, flow: id, status: "connected", connection: { id: "con_evil" } };
    return { events, page, flow, data, post: (origin: string) => events.dispatchEvent(new MessageEvent("message", { data, origin })) };
  }

  it.each(["https://evil.test", "null", ""])("of the origin %j is not even heard", async (origin) => {
    const { page, flow, post } = await waitingPage();
    post(origin);
    expect(page.looks).toBe(0);
    expect(flow.state.status).toBe("connecting");
    flow.reset();
  });

  it("of our own origin, by window or channel, makes the page ask the hub, which knows better", async () => {
    const { page, flow, post, data } = await waitingPage();
    post(world.origin);
    await page.asked.promise;
    expect([page.looks, flow.state.status]).toEqual([1, "connecting"]);
    page.asked = Promise.withResolvers();
    const channel = new BroadcastChannel(connectChannel);
    channel.postMessage(data);
    await page.asked.promise;
    channel.close();
    expect([page.looks, flow.state.status]).toEqual([2, "connecting"]);
    await flow.cancel();
    expect(await listOf(ann)).toEqual([]);
  });
});

describe("an open redirect", () => {
  const evil = ["https://evil.test/", "//evil.test", "/\\evil.test", "/\t/evil.test", "/.//evil.test", "javascript:alert(1)"];

  it.each(evil)("through the return path %j is none: the flow ends on a page of the hub", async (returnPath) => {
    const { flow, back } = await consented(ann, "oidc", { returnPath, popup: false });
    const { path } = await ann.follow(back.href);
    expect([path, (await flowOf(ann, flow)).returnPath]).toEqual(["/oauth/done", `/${ann.scope.slug}/integrations`]);
  });

  it.each(["returnPath", "next", "redirect_uri", "error_uri"])("through the answer's %s is none", async (name) => {
    const { back } = await consented(ann);
    // `follow` throws when the hub sends the browser to another origin.
    const { path, query } = await ann.follow(changed(back, { [name]: "https://evil.test/" }));
    expect([path, query.toString().includes("evil")]).toEqual(["/oauth/done", false]);
  });

  it("through the request's own words of where the hub is, is none", async () => {
    const { back } = await consented(ann);
    const cookie = [...ann.jar].map(([key, { value }]) => `${key}=${value}`).join("; ");
    const headers = { cookie, "x-forwarded-host": "evil.test", "x-forwarded-proto": "https", forwarded: "host=evil.test" };
    const response = await fetch(back, { headers, redirect: "manual" });
    expect(response.headers.get("location")).toMatch(`${world.origin}/oauth/done?`);
  });
});
