import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestSandbox } from "@/sandbox/linear/testing";
import { createTestContext, createTestTransport } from "../testing";
import { createLinearApi, maxPageSize } from "./api";
import { linear } from "./index";
import { createLinearMount } from "./mount/linear-mount";
import { locations } from "./mount/place";
import { graphqlUrl } from "./oauth";

/** A team of 10,000 issues, walked to its end. */

/** The page size of each request with one. */
const asked: number[] = [];
let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;

beforeAll(async () => {
  sandbox = await startTestSandbox({
    size: "large",
    onExchange: ({ request }) => {
      const { variables } = request.target === "/graphql" ? JSON.parse(Buffer.from(request.body).toString("utf8")) : {};
      if (typeof variables?.first === "number") asked.push(variables.first);
    },
  });
}, 120_000);
afterAll(() => sandbox.close());

describe("a list of 10,000 issues", () => {
  it("ends, has each issue once, and asks for no more at a time than Linear gives", async () => {
    const { access_token } = await sandbox.connect();
    const settings = sandbox.settingsFor(linear.manifest);
    const api = createLinearApi({ send: createTestTransport(linear, settings).send(access_token), url: graphqlUrl(settings) });
    const mount = createLinearMount({ api, capabilities: Object.keys(linear.manifest.capabilityScopes) });
    const context = createTestContext();
    const sizes = new Map<string, number>();
    for (const { segment } of (await mount.list(locations.teams, { cursor: null, limit: 250 }, context)).entries) {
      if (segment.type !== "object") continue;
      asked.length = 0;
      // Of each page only ids are kept: what is in memory does not grow with the records.
      const seen = new Set<string>();
      let pages = 0;
      for (let cursor: string | null = null, more = true; more; more = cursor !== null) {
        const page = await mount.list(locations.issues(segment.externalId), { cursor, limit: 100_000 }, context);
        expect(page.entries.length).toBeLessThanOrEqual(maxPageSize);
        for (const entry of page.entries) if (entry.segment.type === "object") seen.add(entry.segment.externalId);
        pages += 1;
        cursor = page.nextCursor;
      }
      expect(asked).toEqual(Array.from({ length: pages }, () => maxPageSize));
      expect(pages).toBe(Math.max(1, Math.ceil(seen.size / maxPageSize)));
      sizes.set(segment.externalId, seen.size);
    }
    expect(Math.max(...sizes.values())).toBeGreaterThanOrEqual(10_000);
  }, 120_000);
});
