import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { FaultInput } from "./control/faults";
import type { Exchange } from "./http/exchange";
import { startSandbox } from "./start";
import { startTestTool, type TestTool, testClientOf } from "./testing";
import { sandboxTools } from "./tools";

/** What every simulated tool does, whatever its vendor: consent, grants, faults, state and pages. */

const scopes: Readonly<Record<string, readonly string[]>> = {
  asana: ["default"],
  "google-workspace": ["openid", "email", "https://www.googleapis.com/auth/drive.readonly"],
  slack: ["channels:read", "users:read"],
  linear: ["read", "write"],
  "microsoft-365": ["offline_access", "User.Read", "Mail.Read"],
};

const guide = readFileSync(new URL("../docs/sandbox.md", import.meta.url), "utf8");
const ofEveryTool = ["codeSeconds", "accessTokenSeconds", "coopOnConsent", "denyConsent"];

const hex = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
/** WCAG 2.2: the relative luminance of `#rrggbb`. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = hex(colour).map((part) => (part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((left, right) => right - left);
  return (light + 0.05) / (dark + 0.05);
}

/** Every text of the answer that is long enough to be a token. */
const longTexts = (value: unknown): readonly string[] =>
  typeof value === "string"
    ? value.length >= 20
      ? [value]
      : []
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(longTexts)
      : [];

const folder = mkdtempSync(path.join(tmpdir(), "sandbox-tools-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(sandboxTools)("$name", ({ id, name }) => {
  const asked = scopes[id] ?? [];
  let tool: TestTool<Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>>;
  const seen: Exchange[] = [];
  beforeAll(async () => {
    tool = await startTestTool(id, { onExchange: (exchange) => seen.push(exchange) });
  });
  beforeEach(() => tool.control.reset());
  afterAll(() => tool.close());

  test("asks a person, gives a code once, and sends nobody to an address that is not the app's", async () => {
    const page = await fetch(tool.authorizeUrl(asked));
    const text = await page.text();
    expect(page.status).toBe(200);
    expect(text).toContain(`Test app wants to use your ${name}`);
    expect(text).not.toMatch(/<script|\sstyle=|\son[a-z]+=/i);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const code = (await tool.consent(asked)).get("code") ?? "";
    const first: unknown = await (await tool.exchange(code)).json();
    const again = await tool.exchange(code);
    expect(JSON.stringify(await again.json())).toMatch(/"error":/);
    expect(longTexts(first).length).toBeGreaterThan(0);
    const changes: readonly Readonly<Record<string, string>>[] = [
      { redirect_uri: "https://evil.example/callback" },
      { client_id: "somebody" },
    ];
    for (const change of changes) {
      const refused = await fetch(tool.authorizeUrl(asked, change), { redirect: "manual" });
      expect([refused.status >= 400, refused.headers.get("location")]).toEqual([true, null]);
    }
    expect((await tool.consent(asked, {}, { decision: "cancel" })).get("error")).toBe("access_denied");
  });

  test("counts its grants, and ends them for one person or for all", async () => {
    const grants = async () => (await tool.control.state()).grants as { liveGrants: number; liveAccessTokens: number };
    await tool.control.connect({ clientId: tool.client.clientId, email: "ann@acme.example", scopes: asked });
    await tool.control.connect({ clientId: tool.client.clientId, email: "ben@acme.example", scopes: asked });
    expect(await grants()).toMatchObject({ liveGrants: 2, liveAccessTokens: 2 });
    expect(await tool.control.expireAccessTokens("ben@acme.example")).toEqual({ expired: 1 });
    expect(await tool.control.revokeGrants("ann@acme.example")).toEqual({ revoked: 1 });
    expect(await grants()).toMatchObject({ liveGrants: 1, liveAccessTokens: 0 });
    await tool.control.reset();
    expect(await grants()).toMatchObject({ liveGrants: 0 });
    await expect(tool.control.connect({ clientId: "somebody", email: "ann@acme.example", scopes: asked })).rejects.toThrow(
      "No such person or app",
    );
  });

  test("strikes with every fault, once, and says so in its journal and to observers", async () => {
    // The home page, or the way to it.
    const usual = (await fetch(`${tool.origin}/`, { redirect: "manual" })).status;
    const effects: readonly [FaultInput["effect"], number | null][] = [
      [{ kind: "status", status: 503 }, 503],
      [{ kind: "nonsense" }, 200],
      [{ kind: "slow", delayMs: 1 }, usual],
      [{ kind: "reset" }, null],
      [{ kind: "lost_answer" }, null],
      [{ kind: "cut_answer" }, null],
    ];
    for (const [effect, status] of effects) {
      await tool.control.addFault({ match: { path: "/" }, effect });
      const read = async () => {
        const answer = await fetch(`${tool.origin}/`, { redirect: "manual" });
        await answer.text();
        return answer.status;
      };
      expect(await read().catch(() => null), effect.kind).toBe(status);
      expect(await read()).toBe(usual);
    }
    const { entries } = await tool.control.journal();
    expect(entries.map(({ fault }) => fault).filter((fault) => fault !== null)).toEqual(effects.map(([{ kind }]) => kind));
    expect(seen.at(-1)).toMatchObject({ tool: id, request: { method: "GET", target: "/" }, response: { status: usual }, fault: null });
    await tool.control.addFault({ match: { path: "/" }, effect: { kind: "rate_limited", seconds: 7 } });
    const limited = await fetch(`${tool.origin}/`);
    expect(limited.status).toBeGreaterThanOrEqual(400);
    await tool.control.addFault({ match: { path: "/" }, effect: { kind: "rate_limited", form: "retry_after_seconds", seconds: 7 } });
    const told = await fetch(`${tool.origin}/`);
    expect([403, 429]).toContain(told.status);
    expect(told.headers.get("retry-after")).toBe("7");
  });

  test("takes the settings that it has, and says which it has not", async () => {
    const { settings } = await tool.control.state();
    expect(settings).toMatchObject({ coopOnConsent: false, denyConsent: false });
    const documented = new RegExp(`^\\| \`${id}\` \\| ([^|]+) \\|`, "m").exec(guide)?.[1] ?? "";
    const named = [...documented.matchAll(/`([^`]+)`/g)].map(([, setting]) => setting ?? "");
    expect([...named, ...ofEveryTool].sort()).toEqual(Object.keys(settings).sort());
    await tool.control.set({ denyConsent: true });
    expect((await tool.consent(asked)).get("error")).toBe("access_denied");
    await expect(tool.control.set({ nonsense: true })).rejects.toThrow("nonsense");
    await tool.control.reset();
    expect((await tool.control.state()).settings).toEqual(settings);
  });

  test("keeps what was granted over a restart, and tells no token", async () => {
    const options = { stateFolder: path.join(folder, id) };
    const first = await startTestTool(id, options);
    const tokens = await first.connect(asked);
    const told = JSON.stringify([await first.control.state(), await first.control.journal()]);
    const secrets = longTexts(tokens).filter(
      (text) => !text.includes(" ") && !asked.some((scope) => text.includes(scope)) && /\d/.test(text),
    );
    expect(secrets.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(told).not.toContain(secret);
    await first.close();
    const second = await startTestTool(id, options);
    expect((await second.control.state()).grants).toMatchObject({ liveGrants: 1 });
    await second.close();
  });

  test("has a home page, and colours that can be read in light and dark", async () => {
    const home = await fetch(`${tool.origin}/`);
    expect(home.status).toBe(200);
    expect(await home.text()).toContain(`${name} sandbox`);
    const css = await (await fetch(`${tool.origin}/sandbox.css`)).text();
    const schemes = [
      ...css.matchAll(
        /--bg: (#[0-9a-f]{6}); --panel: (#[0-9a-f]{6}); --text: (#[0-9a-f]{6}); --quiet: (#[0-9a-f]{6}); --line: [^;]+; --accent: (#[0-9a-f]{6}); --on-accent: (#[0-9a-f]{6}); --bar: (#[0-9a-f]{6}); --on-bar: (#[0-9a-f]{6})/g,
      ),
    ];
    expect(schemes.length).toBe(2);
    for (const [, background = "", panel = "", text = "", quiet = "", accent = "", onAccent = "", bar = "", onBar = ""] of schemes) {
      for (const [ink, ground] of [
        [text, background],
        [text, panel],
        [quiet, background],
        [quiet, panel],
        [accent, background],
        [accent, panel],
        [onAccent, accent],
        [onBar, bar],
      ] as const) {
        expect(contrast(ink, ground), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
    expect((await fetch(`${tool.origin}/nothing/is/here`)).status).toBe(404);
  });
});

test("all tools start together, each on an origin of its own, and a tool that there is not is named", async () => {
  const sandbox = await startSandbox({ clients: sandboxTools.map(({ id }) => testClientOf(id, { tools: [id] })) });
  expect(Object.keys(sandbox.origins)).toEqual(sandboxTools.map(({ id }) => id));
  expect(new Set(Object.values(sandbox.origins)).size).toBe(sandboxTools.length);
  const front = await (await fetch(sandbox.controlOrigin)).text();
  for (const [id, origin] of Object.entries(sandbox.origins)) expect(front, id).toContain(`href="${origin}/"`);
  await sandbox.close();
  await expect(startSandbox({ clients: [], tools: ["jira"] })).rejects.toThrow(/no tool "jira"/);
});
