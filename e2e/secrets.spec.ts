import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, request } from "node:http";
import path from "node:path";
import { deserialize } from "node:v8";
import type { Page } from "@playwright/test";
import type { SavedLinear } from "@/sandbox/linear/server";
import { stateFileOf } from "@/sandbox/start";
import { expect, test } from "./fixtures";
import { askForLink, chooseAccount, connectButton, control, createWorkspace, newEmail, openConsent, row } from "./journeys";
import { baseURL, dataDir, logFile } from "./playwright.config";

/**
 * Secrets that a journey makes are looked for, after it, wherever they must not be: in what the browser was answered and keeps, in the hub's
 * log, and in every byte of the database's folder, its write-ahead log and dead rows included.
 */

const account = "chloe@acme.example";

interface Secret {
  readonly name: string;
  readonly value: string;
}

/** The ways in which a text could stand somewhere without being hidden. */
const spellings = ({ name, value }: Secret): readonly Secret[] => [
  { name, value },
  ...(encodeURIComponent(value) === value ? [] : [{ name: `${name}, percent-encoded`, value: encodeURIComponent(value) }]),
  { name: `${name}, in hex`, value: Buffer.from(value).toString("hex") },
  { name: `${name}, in base64`, value: Buffer.from(value).toString("base64").replace(/=+$/, "") },
];

const found = (secrets: readonly Secret[], bytes: Buffer): string[] =>
  secrets.filter(({ value }) => bytes.includes(value)).map(({ name }) => name);

/** What one person's account was given by the simulated tool: codes, access and refresh tokens, the rotated ones too. */
function tokensOf(email: string): Secret[] {
  const { state: linear } = deserialize(readFileSync(stateFileOf(path.join(dataDir, "sandbox"), "linear"))) as { state: SavedLinear };
  const people = [...linear.workspaces.values()].flatMap(({ users }) => [...users.values()]);
  const id = people.find((person) => person.email === email)?.id;
  const { codes, access, refreshes } = linear.grants;
  const pick = (name: string, rows: ReadonlyMap<string, { readonly grant: { readonly userId: string } }>): Secret[] =>
    [...rows].filter(([, { grant }]) => grant.userId === id).map(([value]) => ({ name, value }));
  return [...pick("an authorization code", codes), ...pick("an access token", access), ...pick("a refresh token", refreshes)];
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}

/** Everything that pages of the hub keep in this browser and that a script could read. */
const kept = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const stores: unknown[] = [];
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name ?? "");
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      for (const store of db.objectStoreNames) {
        stores.push(
          await new Promise((resolve, reject) => {
            const all = db.transaction(store).objectStore(store).getAll();
            all.onsuccess = () => resolve(all.result);
            all.onerror = () => reject(all.error);
          }),
        );
      }
      db.close();
    }
    const caches = await Promise.all(
      (await window.caches.keys()).map(async (name) => [name, (await (await window.caches.open(name)).keys()).map(({ url }) => url)]),
    );
    return JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie, stores, caches]);
  });

/**
 * A proxy between the browser and the hub that keeps every body the hub answers: a browser forgets a body with its page. `shows`: pages
 * whose very purpose is to show one secret, by the secret's name.
 */
async function startRecorder(shows: readonly (readonly [part: string, secret: string])[]) {
  const answers: { path: string; body: Buffer }[] = [];
  const server = createServer((asked, answer) => {
    const { host, pathname, search, hostname, port } = new URL(asked.url ?? "/", "http://hub.invalid");
    const passed = request(
      { hostname, port, path: `${pathname}${search}`, method: asked.method, headers: { ...asked.headers, "accept-encoding": "identity" } },
      (got) => {
        const chunks: Buffer[] = [];
        got.on("data", (chunk: Buffer) => chunks.push(chunk));
        got.on("end", () => host === new URL(baseURL).host && answers.push({ path: pathname, body: Buffer.concat(chunks) }));
        answer.writeHead(got.statusCode ?? 502, got.rawHeaders);
        got.pipe(answer);
      },
    );
    // The browser gave up, or the hub did: either way the other side is told.
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    origin: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    close: () => server.close(),
    sizeBytes: () => answers.reduce((sum, { body }) => sum + body.length, 0),
    search: (secrets: readonly Secret[]): string[] =>
      answers.flatMap(({ path: asked, body }) => {
        const allowed = shows.filter(([part]) => asked.includes(part)).map(([, secret]) => secret);
        const hidden = secrets.filter(({ name }) => !allowed.some((secret) => name.startsWith(secret)));
        return found(hidden, body).map((name) => `${name} in ${asked}`);
      }),
  };
}

test("no secret of a journey is anywhere it must not be", async ({ browser, watch }) => {
  test.setTimeout(180_000);
  const canary = "canary-in-a-file-7731";
  const secrets: Secret[] = [];
  const answers = await startRecorder([
    ["/oauth/start/", "the state"],
    ["/mailbox", "the sign-in token"],
    ["/sign-in/confirm", "the sign-in token"],
    ["invitations.create", "the invitation's token"],
    ["/invite/", "the invitation's token"],
  ]);
  // Chromium goes to this machine's own addresses past any proxy, unless it is told not to.
  const context = await browser.newContext({ baseURL, proxy: { server: answers.origin, bypass: "<-loopback>" } });
  const page = await context.newPage();
  watch.page(page);

  await test.step("sign in, connect, read, edit, invite, let a token expire", async () => {
    const link = await askForLink(page, newEmail("canary"));
    secrets.push({ name: "the sign-in token", value: new URL(link).searchParams.get("token") ?? "" });
    await page.goto(link);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/welcome");
    const slug = await createWorkspace(page, "Canary");
    await page.goto(`/${slug}/integrations`);
    const consent = await openConsent(page, connectButton(page));
    await chooseAccount(consent, account);
    const callback = page.context().waitForEvent("request", { predicate: (request) => request.url().includes("/oauth/callback/linear?") });
    await consent.getByRole("button", { name: "Authorize" }).click();
    const answer = new URL((await callback).url());
    secrets.push({ name: "the state", value: answer.searchParams.get("state") ?? "" });
    await expect(page.getByRole("dialog").getByText("Linear is connected")).toBeVisible();
    const replay = await context.newPage();
    await replay.goto(answer.href);
    await expect(replay.getByRole("heading", { name: "This answer was used before" })).toBeVisible();
    await replay.close();

    await page.goto(`/${slug}/files/context/tools/linear/teams/DES/issues`);
    await row(page, "Icons for 27 parcel states").click();
    await expect(page.getByRole("tabpanel")).toContainText("Hugo");
    await control.expireAccessTokens(account);
    await page.getByRole("button", { name: "Refresh" }).click();
    await expect.poll(() => tokensOf(account).filter(({ name }) => name === "an access token").length).toBeGreaterThan(1);
    await page.getByRole("tab", { name: "Thread" }).click();
    await page.getByLabel("Comment").fill(canary);
    await page.getByRole("button", { name: "Add comment" }).click();
    // While the comment is on its way, it is in the field alone.
    await expect(page.getByLabel("Comment")).toHaveValue("");
    await expect(page.getByRole("tabpanel")).toContainText(canary);

    await page.goto(`/${slug}/members`);
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByRole("button", { name: "Make a link" }).click();
    const invitation = await page.getByLabel("Invitation link").inputValue();
    secrets.push({ name: "the invitation's token", value: invitation.split("/").at(-1) ?? "" });
    await page.goto(invitation);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    for (const end of ["activity", "integrations/linear", "settings"]) {
      await page.goto(`/${slug}/${end}`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    }
    watch.expectedStatuses.add(404);
    await page.goto(`/${slug}/files/context/memory/facts/nothing.md`);
    await expect(page.getByText("This path cannot be opened")).toBeVisible();
  });

  const session = (await context.cookies(baseURL)).find(({ name }) => name.includes("session"));
  expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax" });
  const own = JSON.parse(readFileSync(path.join(dataDir, "secrets.json"), "utf8")) as Record<string, string>;
  secrets.push(
    { name: "the session", value: session?.value ?? "" },
    ...Object.entries(own).map(([name, value]) => ({ name, value })),
    ...tokensOf(account),
  );
  const kinds = new Set(secrets.map(({ name }) => name));
  for (const kind of ["an authorization code", "an access token", "a refresh token", "AUTH_SECRET", "VAULT_KEY", "the session"])
    expect([...kinds]).toContain(kind);
  for (const { name, value } of secrets) expect(value.length, name).toBeGreaterThan(15);
  const all = secrets.flatMap(spellings);
  const key: Buffer = Buffer.from(own.VAULT_KEY ?? "", "base64");

  await test.step("not in an answer that the browser got", async () => {
    expect(answers.sizeBytes()).toBeGreaterThan(100_000);
    expect(answers.search(all)).toEqual([]);
    expect(answers.search([{ name: "canary", value: canary }]), "the search finds what is there").not.toEqual([]);
  });

  await test.step("not in what the browser keeps for scripts", async () => {
    expect(found(all, Buffer.from(await kept(page)))).toEqual([]);
  });

  await test.step("not in the log", async () => {
    const log = readFileSync(logFile);
    expect(log.includes("hub       ready")).toBe(true);
    expect(found(all, log)).toEqual([]);
  });

  await test.step("not in a byte of the database", async () => {
    const files = filesBelow(path.join(dataDir, "database"));
    const leaks: string[] = [];
    let sawCanary = false;
    for (const file of files) {
      const bytes = readFileSync(file);
      sawCanary ||= bytes.includes(canary);
      leaks.push(...found(all, bytes).map((name) => `${name} in ${path.basename(file)}`));
      if (bytes.includes(key)) leaks.push(`VAULT_KEY, as bytes, in ${path.basename(file)}`);
    }
    expect(sawCanary, "the search finds what is there").toBe(true);
    expect(leaks).toEqual([]);
  });
  await context.close();
  answers.close();
});
