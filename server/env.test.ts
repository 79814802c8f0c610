import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ensureDemoSecrets } from "./demo-secrets";
import { EnvError, integrationSettings, integrationVariables, parseEnv, variableNames } from "./env";
import { manifests } from "./integrations/manifests";

const key = Buffer.alloc(32, 7).toString("base64");
const production = {
  NODE_ENV: "production",
  HUB_MODE: "production",
  DATABASE_URL: "postgres://hub:hunter2@db.example.com/hub?sslmode=require",
  AUTH_URL: "https://hub.example.com",
  AUTH_SECRET: "a-secret-of-more-than-32-characters",
  VAULT_KEY: key,
  SMTP_URL: "smtps://hub:hunter2@mail.example.com:465",
  MAIL_FROM: "Byte <hub@example.com>",
};
const secrets = () => ({ AUTH_SECRET: "made-secret-made-secret-made-secret", VAULT_KEY: key });

function refusal(record: Record<string, string | undefined>): EnvError {
  try {
    parseEnv(record, secrets);
  } catch (error) {
    if (error instanceof EnvError) return error;
    throw error;
  }
  throw new Error("the start was not refused");
}

describe("a production start", () => {
  test("is accepted when everything is there", () => {
    const env = parseEnv(production);
    expect(env.mode).toBe("production");
    expect(env.databaseKind).toBe("postgres");
    expect(env.vaultKeys).toEqual({ VAULT_KEY: key });
    expect(env.origin).toBe("https://hub.example.com");
  });

  test.each(["DATABASE_URL", "AUTH_URL", "AUTH_SECRET", "VAULT_KEY", "SMTP_URL", "MAIL_FROM"] as const)("is refused without %s", (name) => {
    for (const value of [undefined, ""]) {
      const error = refusal({ ...production, [name]: value });
      expect(error.problems.map((problem) => problem.variable)).toContain(name);
      expect(error.message).toContain(name);
    }
  });

  test("is what a built hub does when no mode is given", () => {
    expect(refusal({ NODE_ENV: "production" }).problems.length).toBeGreaterThanOrEqual(5);
  });

  test.each([
    ["DATABASE_URL", "postgres://hub:hunter2@db.example.com/hub"],
    ["AUTH_URL", "http://hub.example.com"],
    ["AUTH_URL", "https://hub.example.com/path"],
    ["AUTH_URL", "https://user:pass@hub.example.com"],
    ["AUTH_URL", "javascript:alert(1)"],
    ["AUTH_SECRET", "short"],
    ["VAULT_KEY", Buffer.alloc(16).toString("base64")],
    ["VAULT_KEY", "not base64 at all, but of a length!!!!!!!!!!"],
    ["VAULT_KEY_NEXT", Buffer.alloc(31).toString("base64")],
    ["VAULT_KEY_PREVIOUS", `${"A".repeat(42)}B=`],
    ["DATABASE_URL", "mysql://hub"],
    ["SMTP_URL", "https://mail.example.com"],
    ["SMTP_URL", "smtp://hub:50%off@mail.example.com"],
    ["MAIL_FROM", "hub@example.com\r\nBcc: all@example.com"],
    ["HUB_MODE", "staging"],
    ["HUB_ROLE", "cron"],
    ["PORT", "70000"],
    ["PORT", "80 "],
    ["DATABASE_DRIVER", "neon"],
    ["TRUSTED_PROXY_HOPS", "-1"],
    ["LOG_LEVEL", "loud"],
    ["CALL_LOG_DAYS", "99999"],
    ["OIDC_ISSUER", "https://issuer.example.com"],
    ["OIDC_CLIENT_ID", "only-the-id"],
  ])("is refused with %s=%s, and the value is not printed", (name, value) => {
    const error = refusal({ ...production, [name]: value });
    expect(error.message).toContain(name.startsWith("OIDC") ? "OIDC_ISSUER" : name);
    expect(error.message).not.toContain(value.slice(0, 200));
    expect(error.message).not.toContain("hunter2");
  });

  test("takes http on localhost only, and OIDC in place of mail", () => {
    expect(parseEnv({ ...production, AUTH_URL: "http://localhost:3000" }).origin).toBe("http://localhost:3000");
    const oidc = { OIDC_ISSUER: "https://id.example.com", OIDC_CLIENT_ID: "id", OIDC_CLIENT_SECRET: "secret" };
    expect(parseEnv({ ...production, ...oidc, SMTP_URL: undefined, MAIL_FROM: undefined }).oidc?.name).toBe("your organisation");
    expect(refusal({ ...production, ...oidc, OIDC_ISSUER: "http://id.example.com" }).message).toContain("OIDC_ISSUER");
  });

  test("never makes its own secrets", () => {
    expect(() => parseEnv({ ...production, VAULT_KEY: undefined }, secrets)).toThrow(EnvError);
  });
});

describe("the demo", () => {
  const demo = { NODE_ENV: "production", HUB_MODE: "demo", HOSTNAME: "127.0.0.1" };
  test("starts with nothing else, on this machine only, and makes its secrets", () => {
    const env = parseEnv(demo, secrets);
    expect(env).toMatchObject({ mode: "demo", host: "127.0.0.1", databaseKind: "pglite", origin: "http://localhost:3000" });
    expect(env.authSecret).toBe(secrets().AUTH_SECRET);
  });
  test.each([
    ["a Postgres", { DATABASE_URL: "postgres://hub@localhost/hub" }, "DATABASE_URL"],
    ["a public address", { AUTH_URL: "https://hub.example.com" }, "AUTH_URL"],
    ["every interface by HOST", { HOST: "0.0.0.0" }, "HOST"],
    ["every interface by HOSTNAME", { HOSTNAME: "0.0.0.0" }, "HUB_MODE"],
    ["every interface by default", { HOSTNAME: undefined }, "HUB_MODE"],
  ])("refuses %s", (_what, change, name) => {
    expect(refusal({ ...demo, ...change }).message).toContain(name);
  });
  test("secrets are made once, private to the user, and a damaged file is said so", () => {
    const parent = mkdtempSync(join(tmpdir(), "hub-secrets-"));
    onTestFinished(() => rmSync(parent, { recursive: true }));
    const folder = join(parent, "data");
    const first = ensureDemoSecrets(folder);
    expect(ensureDemoSecrets(folder)).toEqual(first);
    expect(statSync(join(folder, "secrets.json")).mode & 0o777).toBe(0o600);
    expect(Buffer.from(first.VAULT_KEY, "base64")).toHaveLength(32);
    writeFileSync(join(folder, "secrets.json"), "{");
    expect(() => ensureDemoSecrets(folder)).toThrow(/damaged/);
  });
});

test("development mode is refused for a built hub, and a worker without Postgres anywhere", () => {
  expect(refusal({ NODE_ENV: "production", HUB_MODE: "development" }).message).toContain("HUB_MODE");
  expect(refusal({ HUB_ROLE: "worker" }).message).toContain("worker");
  expect(parseEnv({ ...production, HUB_ROLE: "worker" }).role).toBe("worker");
});

describe("an integration's variables", () => {
  const origins = { api: "https://api.linear.app", authorize: "https://linear.app" };
  test("without credentials it says which it waits for", () => {
    const settings = integrationSettings({ id: "google-workspace", origins }, "http://localhost:3000", {
      GOOGLE_WORKSPACE_CLIENT_ID: "id",
    });
    expect(settings).toEqual({
      configured: false,
      missingVariables: ["GOOGLE_WORKSPACE_CLIENT_SECRET"],
      clientId: "id",
      origins,
      redirectUri: "http://localhost:3000/oauth/callback/google-workspace",
    });
  });
  test("a vendor host can be replaced, but not by plain http on the network", () => {
    const record = { LINEAR_CLIENT_ID: "id", LINEAR_CLIENT_SECRET: "secret", LINEAR_API_ORIGIN: "http://127.0.0.1:4001" };
    expect(integrationSettings({ id: "linear", origins }, "https://hub.example.com", record)).toMatchObject({
      configured: true,
      settings: { origins: { api: "http://127.0.0.1:4001", authorize: "https://linear.app" } },
    });
    for (const bad of ["http://10.0.0.1", "https://api.linear.app/graphql", "linear"]) {
      expect(() => integrationSettings({ id: "linear", origins }, "https://hub.example.com", { LINEAR_API_ORIGIN: bad })).toThrow(EnvError);
    }
    const files = { id: "linear", origins, contentOrigins: ["https://*.sharepoint.com"] };
    const contentOf = (CONTENT: string) =>
      integrationSettings(files, "https://hub.example.com", { ...record, LINEAR_CONTENT_ORIGINS: CONTENT });
    expect(integrationSettings(files, "https://hub.example.com", record)).toMatchObject({
      settings: { contentOrigins: ["https://*.sharepoint.com"] },
    });
    expect(contentOf("http://localhost:4001, https://*.Files.example.com")).toMatchObject({
      settings: { contentOrigins: ["http://localhost:4001", "https://*.files.example.com"] },
    });
    for (const bad of [
      "http://*.example.com",
      "https://*",
      "https://*.com",
      "https://a.*.com",
      "http://10.0.0.1",
      "https://a.test/x",
      "",
    ]) {
      expect(() => contentOf(`https://a.test,${bad}`), bad).toThrow(EnvError);
    }
    expect(integrationVariables(files)).toContain("LINEAR_CONTENT_ORIGINS");
    expect(integrationVariables({ id: "linear", origins })).toContain("LINEAR_AUTHORIZE_ORIGIN");
  });
  test("an app says whether it has PKCE, in a word that is not guessed at", () => {
    const read = (SLACK_PKCE?: string) =>
      integrationSettings({ id: "slack", origins: {} }, "https://hub.example.com", {
        SLACK_CLIENT_ID: "id",
        SLACK_CLIENT_SECRET: "secret",
        SLACK_PKCE,
      });
    expect(read("1")).toMatchObject({ settings: { pkce: true } });
    for (const off of [undefined, "", "0"]) expect(read(off)).not.toHaveProperty("settings.pkce");
    expect(() => read("yes")).toThrow(/SLACK_PKCE/);
  });
});

test(".env.example explains exactly the variables that are read", () => {
  const text = readFileSync(new URL("../.env.example", import.meta.url), "utf8");
  const explained = [...text.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1] ?? "");
  const ofTools = manifests.flatMap((manifest) => integrationVariables(manifest));
  expect(explained.sort()).toEqual([...variableNames, ...ofTools].sort());
});
