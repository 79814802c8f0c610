import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { randomId } from "@/server/ids";
import type { AnswerIssuer, Integration } from "@/server/integrations/contract";
import type { ToolRequest } from "@/server/transport/send";
import { type ConsentOf, createSealedAuth } from "./auth";
import { createIssuers } from "./issuers";
import { bareSends, type FakeTool, startFakeTool } from "./testing";

/** RFC 9207: whose answer it is, decided before a code is sent anywhere. Two tools, each an authorization server of its own. */

const hub = "http://localhost:4220";
const context = { workspaceId: randomId(), connectionId: null, actor: { userId: null, job: null }, path: null };
let tool: FakeTool;
let neighbour: FakeTool;
let sent: ToolRequest[] = [];
beforeAll(async () => {
  [tool, neighbour] = await Promise.all([startFakeTool(), startFakeTool()]);
});
afterAll(() => Promise.all([tool.close(), neighbour.close()]));
beforeEach(() => {
  sent = [];
});

type Sent = AnswerIssuer["sent"] | "unknown";

const issuerOf = (sentHow: Sent): Integration["oauth"]["issuer"] =>
  sentHow === "unknown" ? null : (origins) => ({ identifier: `${origins.auth}/tenant`, sent: sentHow });

/** Connects the tool, whose answer the vendor sends as `answer` leaves it. */
async function connect(sentHow: Sent, answer: (back: URLSearchParams) => void, deny = false) {
  const made = tool.integration("fake");
  const integration: Integration = { ...made, oauth: { ...made.oauth, issuer: issuerOf(sentHow) } };
  const all = [integration, neighbour.integration("other")];
  const issuers = createIssuers({
    manifests: all.map(({ manifest }) => manifest),
    findIntegration: (id) => all.find(({ manifest }) => manifest.id === id) ?? null,
    originsOf: ({ origins }) => origins,
  });
  const sealed = createSealedAuth({ origin: hub, authSecret: "a-secret-of-at-least-32-characters", issuers });
  const consent: ConsentOf = { integration, settings: tool.settings(hub), scopes: ["read"], flowId: randomId() };
  const begun = await sealed.begin(consent);
  const back = new URL(await tool.consent(begun.url, { deny })).searchParams;
  answer(back);
  const cookies = begun.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  return sealed.finish(consent, back, cookies, bareSends(integration, sent), context);
}

const foreign = { ok: false, failure: { kind: "foreign" } };
const own = () => `${tool.origin}/tenant`;

describe("an answer that says who gave it", () => {
  it.each(["always", "sometimes"] as const)("is taken when it is the tool, which %s says so", async (sentHow) => {
    expect(await connect(sentHow, (back) => back.set("iss", own()))).toMatchObject({ ok: true });
  });

  it.each([
    ["another tool's issuer", () => `${neighbour.origin}/tenant`],
    ["a slash more", () => `${own()}/`],
    ["another path of the same origin", () => tool.origin],
    ["capitals", () => own().replace("http:", "HTTP:")],
    ["no value", () => ""],
  ])("sends its code nowhere with %s instead", async (_what, iss) => {
    for (const sentHow of ["always", "sometimes"] as const) {
      expect(await connect(sentHow, (back) => back.set("iss", iss()))).toEqual(foreign);
    }
    expect(sent).toEqual([]);
  });

  it.each(["always", "sometimes", "unknown"] as const)("sends its code nowhere when it says so twice (%s)", async (sentHow) => {
    const twice = (back: URLSearchParams) => {
      back.append("iss", own());
      back.append("iss", own());
    };
    expect(await connect(sentHow, twice)).toEqual(foreign);
    expect(sent).toEqual([]);
  });

  it("is no denial of the tool's when another server gave it", async () => {
    expect(await connect("sometimes", (back) => back.set("iss", neighbour.origin), true)).toEqual(foreign);
    expect(await connect("sometimes", (back) => back.set("iss", own()), true)).toEqual({ ok: false, failure: { kind: "denied" } });
  });
});

describe("an answer that does not say who gave it", () => {
  it("sends its code nowhere when the tool promises to say so (RFC 9207 §2.4)", async () => {
    expect(await connect("always", () => undefined)).toEqual(foreign);
    expect(sent).toEqual([]);
  });

  it.each(["sometimes", "unknown"] as const)("is taken of a tool that promises nothing (%s)", async (sentHow) => {
    expect(await connect(sentHow, () => undefined)).toMatchObject({ ok: true });
  });
});

describe("a tool whose issuer nobody knows", () => {
  it.each([
    ["its own origin", () => tool.origin],
    ["a server that no tool of the catalogue has", () => "https://login.vendor.example/7f3a"],
    ["words that are no address", () => "vendor"],
  ])("is connected when its answer names %s", async (_what, iss) => {
    expect(await connect("unknown", (back) => back.set("iss", iss()))).toMatchObject({ ok: true });
  });

  it("is not, and its code goes nowhere, when the answer names another tool of the catalogue", async () => {
    expect(await connect("unknown", (back) => back.set("iss", `${neighbour.origin}/any/path`))).toEqual(foreign);
    expect(sent).toEqual([]);
  });
});
