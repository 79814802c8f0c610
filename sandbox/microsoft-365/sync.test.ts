import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { at, type GraphClient, recordsOf, startTestMicrosoft365, type TestMicrosoft365, textAt } from "./testing";

/** Files, delta, subscriptions, batches and limits as the fact sheet (§2, §4, §5, §6) has them. */

let tool: TestMicrosoft365;
let graph: GraphClient;
beforeAll(async () => {
  tool = await startTestMicrosoft365();
});
afterAll(() => tool.close());
beforeEach(async () => {
  await tool.control.reset();
  graph = await tool.graph();
});

/** Walks a delta to its end; everything it gave, and the link to go on with. */
async function walkDelta(path: string, headers: Readonly<Record<string, string>> = {}) {
  const records: Readonly<Record<string, unknown>>[] = [];
  for (let next = path; ; ) {
    const page = await graph("GET", next, undefined, headers);
    expect(page.status).toBe(200);
    records.push(...recordsOf(page));
    const link = textAt(page, "@odata.deltaLink");
    if (link !== "") return { records, link };
    next = textAt(page, "@odata.nextLink");
  }
}

describe("a delta", () => {
  it("of messages gives all, then what changed, what left the folder as removed, in pages", async () => {
    const first = await walkDelta("/me/mailFolders/inbox/messages/delta?$select=subject", { prefer: "odata.maxpagesize=2" });
    const all = recordsOf(await graph("GET", "/me/mailFolders/inbox/messages?$top=100"));
    expect(new Set(first.records.map(({ id }) => id))).toEqual(new Set(all.map(({ id }) => id)));
    expect((await walkDelta(first.link)).records).toEqual([]);
    const [one, two] = all;
    await graph("PATCH", `/me/messages/${String(one?.id)}`, { isRead: false });
    await graph("POST", `/me/messages/${String(two?.id)}/move`, { destinationId: "archive" });
    const second = await walkDelta(first.link);
    expect(second.records).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: one?.id, subject: one?.subject }),
        { id: two?.id, "@removed": { reason: "deleted" } },
      ]),
    );
    // A link that was used before may be used again.
    expect((await walkDelta(first.link)).records).toEqual(second.records);
  });

  it("of the drive, of a calendar's window, of contacts and of folders", async () => {
    const drive = await walkDelta("/me/drive/root/delta");
    expect(drive.records.some(({ root }) => root !== undefined)).toBe(true);
    expect(drive.records.every((item) => !("path" in (item.parentReference as object)))).toBe(true);
    const [file] = drive.records.filter((item) => item.file !== undefined);
    await graph("DELETE", `/me/drive/items/${String(file?.id)}`);
    expect((await walkDelta(drive.link)).records).toEqual([{ id: file?.id, deleted: { state: "deleted" } }]);
    expect((await walkDelta("/me/drive/root/delta?token=latest")).records).toEqual([]);
    expect(
      (await walkDelta("/me/calendarView/delta?startDateTime=2026-01-01T00:00:00Z&endDateTime=2027-01-01T00:00:00Z")).records.length,
    ).toBeGreaterThan(0);
    expect((await graph("GET", "/me/calendarView/delta")).status).toBe(400);
    expect((await graph("GET", "/me/calendarView/delta?startDateTime=2026-01-01&endDateTime=2027-01-01&$select=id")).status).toBe(400);
    const [folder] = recordsOf(await graph("GET", "/me/contactFolders"));
    expect((await walkDelta(`/me/contactFolders/${String(folder?.id)}/contacts/delta`)).records.length).toBeGreaterThan(0);
    expect((await walkDelta("/me/mailFolders/delta")).records.length).toBeGreaterThan(6);
  });

  it("whose state was forgotten is 410: with Location from OneDrive, with a code from Outlook", async () => {
    const [drive, mail] = [await walkDelta("/me/drive/root/delta"), await walkDelta("/me/mailFolders/inbox/messages/delta")];
    await tool.control.set({ syncEpoch: 1 });
    const resync = await graph("GET", drive.link);
    expect([resync.status, at(resync, "error", "code")]).toEqual([410, "resyncChangesApplyDifferences"]);
    expect((await walkDelta(resync.headers.get("location") ?? "")).records.length).toBe(drive.records.length);
    const lost = await graph("GET", mail.link);
    expect([lost.status, at(lost, "error", "code")]).toEqual([410, "SyncStateNotFound"]);
  });
});

describe("a file's content", () => {
  it("is a redirect to a signed address, which takes ranges, no token, and no delay", async () => {
    const upload = await fetch(`${tool.origin}/v1.0/me/drive/root:/numbers.bin:/content`, {
      method: "PUT",
      headers: {
        authorization: `Bearer ${(await tool.connect(["Files.ReadWrite"])).access_token}`,
        "content-type": "application/octet-stream",
      },
      body: new Uint8Array([0, 1, 2, 3, 4]),
    });
    expect(upload.status).toBe(201);
    const { id, eTag } = (await upload.json()) as { id: string; eTag: string };
    const redirect = await graph("GET", `/me/drive/items/${id}/content`);
    expect(redirect.status).toBe(302);
    const address = redirect.headers.get("location") ?? "";
    const get = async (headers: Readonly<Record<string, string>> = {}) => {
      const answer = await fetch(address, { headers });
      return [answer.status, [...new Uint8Array(await answer.arrayBuffer())], answer.headers.get("content-range")];
    };
    expect(await get()).toEqual([200, [0, 1, 2, 3, 4], null]);
    expect(await get({ range: "bytes=1-2" })).toEqual([206, [1, 2], "bytes 1-2/5"]);
    expect(await get({ range: "bytes=-2" })).toEqual([206, [3, 4], "bytes 3-4/5"]);
    expect((await get({ range: "bytes=9-" }))[0]).toBe(416);
    expect((await get({ authorization: "Bearer x" }))[0]).toBe(401);
    expect((await fetch(`${address}x`)).status).toBe(401);
    expect((await graph("GET", `/me/drive/items/${id}/content`, undefined, { "if-none-match": eTag })).status).toBe(304);
    await tool.control.advanceClock(301_000);
    expect((await get())[0]).toBe(401);
    const byPath = await graph("GET", "/me/drive/root:/numbers.bin");
    expect([at(byPath, "id"), textAt(byPath, "@microsoft.graph.downloadUrl")]).toEqual([
      id,
      expect.stringContaining("/sharepoint/download/"),
    ]);
  });
});

describe("a subscription", () => {
  const received: { readonly url: string; readonly body: string }[] = [];
  let echo: "token" | "wrong" = "token";
  let arrived: () => void = () => undefined;
  const listener = createServer(async (incoming, outgoing) => {
    const url = new URL(incoming.url ?? "/", "http://listener.invalid");
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const token = url.searchParams.get("validationToken");
    if (token !== null) {
      outgoing.setHeader("content-type", "text/plain");
      outgoing.end(echo === "token" ? token : "no");
      return;
    }
    received.push({ url: url.pathname, body: Buffer.concat(chunks).toString("utf8") });
    outgoing.statusCode = 202;
    outgoing.end();
    arrived();
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => {
    listener.closeAllConnections();
    listener.close();
  });
  afterEach(() => {
    echo = "token";
    received.length = 0;
  });

  const wish = (changes: Readonly<Record<string, unknown>> = {}) => ({
    changeType: "created,updated,deleted",
    notificationUrl: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/notes?x=1`,
    resource: "me/messages",
    expirationDateTime: new Date(Date.now() + 86_400_000).toISOString(),
    clientState: "secret",
    ...changes,
  });

  it("begins with a handshake, tells of changes with its clientState, and ends", async () => {
    const made = await graph("POST", "/subscriptions", wish());
    expect([made.status, at(made, "resource"), at(made, "clientState")]).toEqual([201, "me/messages", "secret"]);
    expect((await graph("POST", "/subscriptions", wish())).status).toBe(409);
    const note = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const draft = await graph("POST", "/me/messages", { subject: "Noticed" }, { prefer: 'IdType="ImmutableId"' });
    await note;
    expect(JSON.parse(received[0]?.body ?? "")).toMatchObject({
      value: [
        {
          subscriptionId: at(made, "id"),
          clientState: "secret",
          changeType: "created",
          resourceData: { "@odata.type": "#Microsoft.Graph.Message", id: at(draft, "id") },
        },
      ],
    });
    const path = `/subscriptions/${textAt(made, "id")}`;
    expect((await graph("PATCH", path, { expirationDateTime: new Date(Date.now() + 172_800_000).toISOString() })).status).toBe(200);
    expect((await graph("DELETE", path)).status).toBe(204);
    expect((await graph("GET", path)).status).toBe(404);
  });

  it("is refused without the handshake, for too long, without the permission, and for files that are only read", async () => {
    echo = "wrong";
    expect(at(await graph("POST", "/subscriptions", wish()), "error", "code")).toBe("ValidationError");
    echo = "token";
    const long = new Date(Date.now() + 8 * 86_400_000).toISOString();
    expect((await graph("POST", "/subscriptions", wish({ expirationDateTime: long }))).status).toBe(400);
    const reader = await tool.graph(["Mail.Read", "Files.Read"]);
    expect((await reader("POST", "/subscriptions", wish({ resource: "me/drive/root", changeType: "updated" }))).status).toBe(403);
    expect((await reader("POST", "/subscriptions", wish({ resource: "me/events" }))).status).toBe(403);
    expect((await graph("POST", "/subscriptions", wish({ notificationUrl: "http://example.com/n" }))).status).toBe(400);
  });
});

describe("a batch", () => {
  it("answers each of up to 20 requests, those after a failed one with 424", async () => {
    const answer = await graph("POST", "/$batch", {
      requests: [
        { id: "1", method: "GET", url: "/me?$select=mail" },
        { id: "2", method: "GET", url: "/me/messages/nothing" },
        { id: "3", method: "GET", url: "/me", dependsOn: ["2"] },
        { id: "4", method: "POST", url: "/me/messages", headers: { "content-type": "application/json" }, body: { subject: "Batched" } },
      ],
    });
    expect(at(answer, "responses")).toMatchObject([
      { id: "1", status: 200, body: { mail: "ann@acme.example" } },
      { id: "2", status: 400 },
      { id: "3", status: 424 },
      { id: "4", status: 201 },
    ]);
    const many = Array.from({ length: 21 }, (_, index) => ({ id: String(index), method: "GET", url: "/me" }));
    expect((await graph("POST", "/$batch", { requests: many })).status).toBe(400);
  });
});

describe("the limits", () => {
  it("let four calls of a mailbox be under way, and refuse the fifth", async () => {
    await tool.control.set({ answerDelayMs: 1_500 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => graph("GET", "/me/mailFolders/inbox")));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.map((each) => [at(each, "error", "code"), each.headers.get("retry-after")])).toEqual(
      Array(2).fill(["ApplicationThrottled", "1"]),
    );
  });

  it("count ten minutes of a mailbox and five of a drive, each for itself", async () => {
    await tool.control.spend({ clientId: tool.client.clientId, email: "ann@acme.example", mailbox: 10_000 });
    const limited = await graph("GET", "/me/messages");
    expect([limited.status, at(limited, "error", "code")]).toEqual([429, "ApplicationThrottled"]);
    expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(500);
    expect((await graph("GET", "/me/drive/root")).status).toBe(200);
    await tool.control.advanceClock(601_000);
    const later = await tool.graph();
    expect((await later("GET", "/me/messages")).status).toBe(200);
    await tool.control.spend({ clientId: tool.client.clientId, email: "ann@acme.example", drive: 3_000 });
    expect(at(await later("GET", "/me/drive/root"), "error", "code")).toBe("activityLimitReached");
  });
});
