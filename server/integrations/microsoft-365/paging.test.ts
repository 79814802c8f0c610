import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GraphClient, startTestMicrosoft365, type TestMicrosoft365 } from "@/sandbox/microsoft-365/testing";
import type { Send, ToolRequest } from "@/server/transport/send";
import type { MountContext, ToolMount } from "@/server/vfs/tool-mount";
import { listCapabilities } from "../manifests";
import { createTestContext, createTestTransport } from "../testing";
import { createMicrosoft365Api } from "./api/microsoft-365-api";
import { microsoft365 } from "./index";
import { mailLocations } from "./mount/mail/place";
import { createMicrosoft365Mount } from "./mount/microsoft-365-mount";
import { graphUrl } from "./oauth";

/** A directory of 10,000, walked to its end: by pages, none larger than Graph's cap, none kept. */

const many = 10_000;

let tool: TestMicrosoft365;
let mount: ToolMount;
let context: MountContext;
const requests: ToolRequest[] = [];

async function fill(graph: GraphClient): Promise<void> {
  for (let from = 0; from < many; from += 20) {
    const requestsOf = Array.from({ length: 20 }, (_, index) => ({
      id: String(index),
      method: "POST",
      url: "/me/messages",
      headers: { "content-type": "application/json" },
      body: { subject: `Draft ${from + index}` },
    }));
    await graph("POST", "/$batch", { requests: requestsOf });
  }
}

beforeAll(async () => {
  tool = await startTestMicrosoft365({ settings: { answerDelayMs: 0, requestsPer10Minutes: 1_000_000 } });
  await fill(await tool.graph());
  const settings = tool.settingsFor(microsoft365.manifest);
  const { access_token } = await tool.connect(["Mail.Read"]);
  const real = createTestTransport(microsoft365, settings).send(access_token);
  const send: Send = (request, call) => {
    requests.push(request);
    return real(request, call);
  };
  mount = createMicrosoft365Mount({
    api: createMicrosoft365Api({ send, base: graphUrl(settings) }),
    capabilities: listCapabilities(microsoft365.manifest),
  });
  context = createTestContext();
}, 120_000);
afterAll(() => tool.close());

describe("a folder of 10,000", () => {
  it("is walked to its end, each once, in pages of at most 250, whatever is asked for", async () => {
    const seen = new Set<string>();
    let pages = 0;
    let largest = 0;
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<ToolMount["list"]>> = await mount.list(mailLocations.drafts, { cursor, limit: 1_000 }, context);
      for (const { segment } of page.entries) if (segment.type === "object") seen.add(segment.externalId);
      largest = Math.max(largest, page.entries.length);
      pages += 1;
      cursor = page.nextCursor;
    } while (cursor !== null);
    // The seed has one draft more.
    expect(seen.size).toBe(many + 1);
    expect([pages, largest]).toEqual([Math.ceil((many + 1) / 250), 250]);
    const asked = requests.filter(({ operation }) => operation === "GET /me/mailFolders/{id}/messages");
    expect(asked).toHaveLength(pages);
    for (const { url, headers } of asked) {
      expect(Number(new URL(url).searchParams.get("$top"))).toBeLessThanOrEqual(1_000);
      expect(new URL(url).origin).toBe(tool.origin);
      expect(headers?.prefer).toContain('IdType="ImmutableId"');
    }
  }, 120_000);

  it("begins again where its cursor is none of Graph's", async () => {
    for (const cursor of ["https://evil.example/v1.0/me/messages", "nonsense"]) {
      const outcome: unknown = await mount.list(mailLocations.drafts, { cursor, limit: 10 }, context).catch((error: unknown) => error);
      expect(outcome).toMatchObject({ code: "ESTALE", details: { restart: true } });
    }
  });
});
