import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findIntegration } from "@/server/integrations/registry";
import { openSandboxAccount, type SandboxAccount } from "./sandbox-account";
import { findWriteChecks, hasFailed, printVerified, verifyAccount } from "./verify";

/** The sandbox as the live side, with a difference put between it and the connector where a test asks for one. */

const integration = findIntegration("linear");
if (integration === null) throw new Error("Linear is not built.");

let account: SandboxAccount;
let proxy: Server;
let proxyOrigin: string;
/** What the proxy makes of an answer. */
let change: (text: string, headers: Headers) => string;

beforeAll(async () => {
  account = await openSandboxAccount(integration);
  const target = Object.values(account.settings.origins)[0] ?? "";
  proxy = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? "GET",
      headers: { "content-type": request.headers["content-type"] ?? "", authorization: request.headers.authorization ?? "" },
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
    });
    const headers = new Headers(answer.headers);
    const text = change(await answer.text(), headers);
    for (const name of ["content-length", "transfer-encoding", "connection", "keep-alive"]) headers.delete(name);
    response.writeHead(answer.status, Object.fromEntries(headers)).end(text);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  proxyOrigin = typeof address === "object" && address !== null ? `http://localhost:${address.port}` : "";
});
afterAll(async () => {
  await account.close();
  await new Promise((resolve) => proxy.close(resolve));
});

const verify =
  (writes = false) =>
  async () => {
    const origins = Object.fromEntries(Object.keys(account.settings.origins).map((role) => [role, proxyOrigin]));
    const checks = writes ? await findWriteChecks("linear") : null;
    return verifyAccount({
      integration,
      settings: { ...account.settings, origins },
      credentials: { accessToken: account.accessToken },
      checks,
    });
  };

describe("a live account", () => {
  it("that is the sandbox itself differs in nothing, and what it holds is not printed", async () => {
    change = (text) => text;
    const verified = await verify()();
    expect(verified.differences).toEqual([]);
    expect(verified.walked.refusals).toEqual([]);
    expect([verified.walked.read > 15, hasFailed(verified)]).toEqual([true, false]);
    const printed = printVerified(verified);
    expect(printed).toContain("Nothing differs from the sandbox.");
    expect(printed).not.toMatch(/Ann|Acme|acme/);
  });

  it("that differs is told: a type, a field more, a field less, a null, a header", async () => {
    change = (text, headers) => {
      if (headers.has("x-complexity")) headers.delete("x-complexity");
      headers.set("x-ratelimit-burst-remaining", "12");
      return text
        .replaceAll(/"priority":(\d)/g, '"priority":"$1"')
        .replaceAll('"dueDate":', '"due":')
        .replaceAll(/"timezone":"[^"]*"/g, '"timezone":null')
        .replaceAll('"identifier":', '"riskLevel":3,"identifier":');
    };
    const verified = await verify()();
    const told = new Map(verified.differences.map(({ operation, lines }) => [operation, lines]));
    expect(told.get("identity")).toContain("200.data.viewer.timezone: null live, text in the sandbox");
    expect(told.get("issues")).toEqual(
      expect.arrayContaining([
        "header x-ratelimit-burst-remaining: number live, not in the sandbox",
        "header x-complexity: in the sandbox, not seen live",
        "200.data.team.issues.nodes[].riskLevel: number live, not in the sandbox",
      ]),
    );
    // The connector does not take such an issue for one, and the walk goes on.
    expect(verified.walked.refusals).toContain("read as markdown /teams/<team>/issues/<issue>: EIO");
    expect(told.get("issue")).toEqual(
      expect.arrayContaining([
        "200.data.issue.priority: text live, number in the sandbox",
        expect.stringMatching(/^200\.data\.issue\.due: .* live, not in the sandbox$/),
        "200.data.issue.dueDate: in the sandbox, not seen live",
      ]),
    );
  });

  it("is written to in a container of its own, which is taken back", async () => {
    change = (text) => text;
    const verified = await verify(true)();
    expect(verified.written).toMatchObject({ failure: null, left: [] });
    expect(verified.written?.done.join("\n")).toMatch(
      /issueCreate[\s\S]*issueUpdate[\s\S]*commentCreate[\s\S]*issueArchive[\s\S]*issueUnarchive[\s\S]*issueArchive/,
    );
    expect(verified.differences).toEqual([]);
  });

  it("whose writes fail says so, and is taken back all the same", async () => {
    change = (text) => text.replace(/"body":"A comment[^"]*"/, '"body":"Something else"');
    const verified = await verify(true)();
    expect(hasFailed(verified)).toBe(true);
    expect(printVerified(verified)).toContain("FAILED: Expected: the comment is there.");
    expect(verified.written?.left).toEqual([]);
    expect(verified.written?.done.at(-1)).toMatch(/^remove .*issueArchive/);
  });
});
