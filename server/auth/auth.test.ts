import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/client";
import { createTestDb } from "@/db/testing";
import { createLog } from "@/server/log";
import { attemptWindowMs, clientAddress, publicLimits } from "./attempts";
import { createAuth, type HubAuth } from "./auth";
import type { SignInMail } from "./mail";

let db: Database;
let sent: SignInMail[] = [];
let nowMs = Date.now();
const lines: string[] = [];
const log = createLog({ level: "debug", destination: { write: (line: string) => void lines.push(line) } });
const env = { origin: "http://localhost:3000", authSecret: "test-secret-test-secret-test-secret", oidc: undefined };

function makeAuth(origin = env.origin): HubAuth {
  return createAuth({
    env: { ...env, origin },
    db,
    log,
    limits: publicLimits,
    clock: () => nowMs,
    sendMail: async (mail) => {
      if (mail.to.startsWith("refused")) throw new Error(`mail server refused Bearer ${canary}`);
      sent.push(mail);
    },
  });
}
const canary = "cnry_8b1d4e6f20";
let auth: HubAuth;

beforeAll(async () => {
  db = await createTestDb();
  auth = makeAuth();
});
afterAll(() => db.close());
beforeEach(() => {
  sent = [];
  // A window of its own for each test.
  nowMs += 2 * attemptWindowMs;
});

async function askForLink(email: string, next: unknown = "/acme"): Promise<{ email: string; token: string; next: string; url: URL }> {
  await auth.requestLink({ email, address: "192.0.2.1", next });
  const url = new URL(sent.at(-1)?.url ?? "");
  const { searchParams } = url;
  return { email: searchParams.get("email") ?? "", token: searchParams.get("token") ?? "", next: searchParams.get("next") ?? "", url };
}
const count = async (text: string) => Number((await db.executeSql<{ n: number }>(`select count(*)::int as n from ${text}`)).rows[0]?.n);

describe("a sign-in link", () => {
  test("leads to a page of the hub, not to the endpoint that uses it up", async () => {
    const link = await askForLink("Ada@Example.com");
    expect(link.url.origin + link.url.pathname).toBe("http://localhost:3000/sign-in/confirm");
    expect(link).toMatchObject({ email: "ada@example.com", next: "/acme" });
    expect(link.token).toHaveLength(43);
  });

  test("signs in once, and the same person again by another", async () => {
    const link = await askForLink("ada@example.com");
    const confirmed = await auth.confirmLink(link);
    expect(confirmed.path).toBe("/acme");
    const cookie = confirmed.cookies[0];
    expect(confirmed.cookies).toHaveLength(1);
    expect(cookie).toMatchObject({ name: "byte-session", options: { httpOnly: true, sameSite: "lax", path: "/", secure: false } });
    const person = await auth.findPerson(cookie?.value);
    expect(person).toMatchObject({ email: "ada@example.com" });
    await expect(auth.confirmLink(link)).rejects.toMatchObject({ code: "ENOENT" });

    const again = await auth.confirmLink(await askForLink("ADA@example.com"));
    expect((await auth.findPerson(again.cookies[0]?.value))?.id).toBe(person?.id);
  });

  test("used by two at the same moment signs one in", async () => {
    const link = await askForLink("race@example.com");
    const used = await Promise.allSettled([auth.confirmLink(link), auth.confirmLink(link)]);
    expect(used.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("is refused after ten minutes, for another address, and when changed", async () => {
    const old = await askForLink("old@example.com");
    expect((sent.at(-1)?.expiresAt.getTime() ?? 0) - Date.now()).toBeLessThanOrEqual(600_000);
    await db.executeSql("update verification_token set expires = now() - interval '1 second' where identifier = 'old@example.com'");
    const link = await askForLink("bob@example.com");
    const attempts = [
      old,
      { ...link, email: "eve@example.com" },
      { ...link, token: link.token.replace(/.$/, (last) => (last === "A" ? "B" : "A")) },
    ];
    for (const attempt of attempts) await expect(auth.confirmLink(attempt)).rejects.toMatchObject({ code: "ENOENT" });
    for (const token of [undefined, "", "x".repeat(43), ["a"]]) {
      await expect(auth.confirmLink({ ...link, token })).rejects.toMatchObject({ code: "ENOENT" });
    }
    expect(await auth.findPerson((await auth.confirmLink(link)).cookies[0]?.value)).toMatchObject({ email: "bob@example.com" });
  });

  test.each(["https://evil.example/x", "//evil.example", "/\\evil.example", "http://localhost:3000.evil.example/", null])(
    "never leads away: next=%s ends at the start page",
    async (next) => {
      const link = await askForLink("next@example.com", next);
      expect(link.next).toBe("/");
      expect((await auth.confirmLink({ ...link, next })).path).toBe("/");
    },
  );

  test("is asked for by an address only, and a failed mail says nothing of why", async () => {
    await expect(auth.requestLink({ email: "a@example.com\nBcc: b@example.com", address: null, next: "/" })).rejects.toMatchObject({
      code: "EINVAL",
    });
    await expect(auth.requestLink({ email: "refused@example.com", address: null, next: "/" })).rejects.toMatchObject({ code: "EIO" });
    expect(lines.join("")).not.toContain(canary);
  });

  test("over https comes with a __Host- cookie", async () => {
    const secure = makeAuth("https://hub.example.com");
    await secure.requestLink({ email: "secure@example.com", address: null, next: "/" });
    const url = new URL(sent.at(-1)?.url ?? "");
    expect(url.origin).toBe("https://hub.example.com");
    const { cookies } = await secure.confirmLink({ email: "secure@example.com", token: url.searchParams.get("token"), next: "/" });
    expect(cookies[0]).toMatchObject({ name: "__Host-byte-session", options: { secure: true, httpOnly: true, path: "/" } });
  });
});

test("neither a session's nor a link's token is in the database or the log", async () => {
  const link = await askForLink("secrets@example.com");
  const pending = await askForLink("secrets@example.com");
  const token = (await auth.confirmLink(link)).cookies[0]?.value ?? "";
  const dump = await db.executeSql<{ all: string }>(
    `select (select string_agg(to_jsonb(s)::text, '') from session s) || (select string_agg(to_jsonb(v)::text, '') from verification_token v) as all`,
  );
  expect(token).toHaveLength(43);
  for (const secret of [token, link.token, pending.token]) {
    expect(dump.rows[0]?.all).not.toContain(secret);
    expect(lines.join("")).not.toContain(secret);
  }
});

describe("a session", () => {
  test("ends alone, or with all others of the person, and not anyone else's", async () => {
    const tokens: string[] = [];
    for (const email of ["many@example.com", "many@example.com", "other@example.com"]) {
      tokens.push((await auth.confirmLink(await askForLink(email))).cookies[0]?.value ?? "");
    }
    const [first, second, other] = tokens;
    await auth.endSession(first ?? "");
    expect(await auth.findPerson(first)).toBeNull();
    const person = await auth.findPerson(second);
    await auth.endAllSessions(person?.id ?? "");
    expect(await auth.findPerson(second)).toBeNull();
    expect(await auth.findPerson(other)).not.toBeNull();
  });

  test("that has expired, or was made up, is nobody's", async () => {
    const token = (await auth.confirmLink(await askForLink("late@example.com"))).cookies[0]?.value ?? "";
    await db.executeSql("update session set expires = now() - interval '1 second'");
    for (const value of [token, "", "made-up", null, undefined]) expect(await auth.findPerson(value)).toBeNull();
  });
});

describe("attempts", () => {
  const ask = (email: string, address: string | null) => auth.requestLink({ email, address, next: "/" });

  test("are limited for one e-mail from any address, and free again in the next window", async () => {
    for (let attempt = 0; attempt < publicLimits.perEmail; attempt += 1) await ask("target@example.com", `192.0.2.${attempt}`);
    await expect(ask("TARGET@example.com", "198.51.100.1")).rejects.toMatchObject({ code: "EAGAIN", retryable: true });
    expect(sent).toHaveLength(publicLimits.perEmail);
    await ask("someone-else@example.com", "198.51.100.1");
    nowMs += attemptWindowMs;
    await ask("target@example.com", "198.51.100.1");
  });

  test("are limited for one address over any e-mails, counted together when made at once", async () => {
    const tries = Array.from({ length: publicLimits.perAddress + 5 }, (_, index) => ask(`user${index}@example.com`, "203.0.113.9"));
    const results = await Promise.allSettled(tries);
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(publicLimits.perAddress);
  });

  test("answer alike for a person who is known and one who is not", async () => {
    await auth.confirmLink(await askForLink("known@example.com"));
    expect(await ask("known@example.com", null)).toEqual(await ask("unknown@example.com", null));
    expect(await count(`"user" where email = 'unknown@example.com'`)).toBe(0);
  });

  test("are kept without the e-mail or the address", async () => {
    await ask("private@example.com", "203.0.113.77");
    const dump = await db.executeSql<{ all: string }>("select string_agg(to_jsonb(a)::text, '') as all from sign_in_attempt a");
    expect(dump.rows[0]?.all).toContain("count");
    expect(dump.rows[0]?.all).not.toMatch(/private|203\.0/);
  });

  test.each([
    ["203.0.113.1", 0, null],
    ["6.6.6.6, 203.0.113.1", 1, "203.0.113.1"],
    ["6.6.6.6, 203.0.113.1, 10.0.0.1", 2, "203.0.113.1"],
    ["203.0.113.1", 2, null],
    ["", 1, null],
    ["unknown", 1, null],
    [null, 1, null],
    ["203.0.113.1:51234", 1, "203.0.113.1"],
    ["::ffff:203.0.113.1", 1, "203.0.113.1"],
    ["2001:db8:0:7::1", 1, "2001:db8:0:7::/64"],
    ["[2001:DB8:0:7:1:2:3:4]:443", 1, "2001:db8:0:7::/64"],
    ["2001:db8::9", 1, "2001:db8:0:0::/64"],
    ["::1", 1, "0:0:0:0::/64"],
  ])("X-Forwarded-For %j behind %i proxies names %j", (header, hops, address) => {
    expect(clientAddress(header, hops)).toBe(address);
  });
});
