import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deskUploadBytes, someBytes } from "@/server/vfs/fixture-desk";
import { type DeskHub, deskRoot, startDeskHub } from "@/server/vfs/testing-desk";

/** The streaming door of a real hub, in front of a tool with bytes. */

let hub: DeskHub;
const picture = someBytes(200_000);
const plans = `${deskRoot}/files/plans`;
const picturePath = `${plans}/Ground plan.png`;
beforeAll(async () => {
  hub = await startDeskHub();
  hub.desk.addFile({ id: "f1", name: "Ground plan.png", folder: "plans", mediaType: "image/png", bytes: picture });
  hub.desk.addFile({ id: "f2", name: "notes.txt", folder: "plans", mediaType: "text/plain", bytes: new Uint8Array(Buffer.from("añb\n")) });
  hub.desk.addFile({ id: "f3", name: 'Kö"nig\\ 💾%.html', folder: "plans", mediaType: "text/html\r\nx: y", bytes: someBytes(3) });
  hub.desk.mails.set("m1", { id: "m1", subject: "Hello", text: "Words." });
});
afterAll(() => hub.close());

const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());
const codeOf = async (response: Response) => [response.status, ((await response.json()) as { error: { code: string } }).error.code];
const text = (method: string, body: BodyInit, headers: Record<string, string> = {}): RequestInit => ({ method, body, headers });

describe("GET", () => {
  it("gives a file's bytes as a download that no browser runs, frames or guesses at", async () => {
    const response = await hub.viewer.door(picturePath);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "image/png",
      "content-length": "200000",
      "content-disposition": 'attachment; filename="Ground plan.png"',
      "accept-ranges": "bytes",
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'",
      "cache-control": "private, no-store",
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
    });
    expect((await bytesOf(response)).equals(picture)).toBe(true);
  });

  it("gives ranges: from, to, between, the last so many; and all of it where a range is none", async () => {
    const ranges: Record<string, [number, number]> = {
      "bytes=0-99": [0, 100],
      "bytes=199990-": [199_990, 200_000],
      "bytes=199990-999999": [199_990, 200_000],
      "bytes=-7": [199_993, 200_000],
      "bytes=-999999": [0, 200_000],
    };
    for (const [range, [start, end]] of Object.entries(ranges)) {
      const response = await hub.ann.door(picturePath, { headers: { range } });
      expect([response.status, response.headers.get("content-range"), response.headers.get("content-length")]).toEqual([
        206,
        `bytes ${start}-${end - 1}/200000`,
        String(end - start),
      ]);
      expect((await bytesOf(response)).equals(picture.subarray(start, end)), range).toBe(true);
    }
    for (const range of ["bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=-", "bytes=a-b"]) {
      const response = await hub.ann.door(picturePath, { headers: { range } });
      expect([response.status, (await bytesOf(response)).length], range).toEqual([200, 200_000]);
    }
    for (const range of ["bytes=200000-", "bytes=-0"]) {
      const response = await hub.ann.door(picturePath, { headers: { range } });
      expect([response.status, response.headers.get("content-range")], range).toEqual([416, "bytes */200000"]);
    }
  });

  it("answers conditions: unchanged is 304, and a range of another version is the whole", async () => {
    const etag = (await hub.ann.door(picturePath, { method: "HEAD" })).headers.get("etag") ?? "";
    const before = hub.desk.calls.filter((call) => call.startsWith("open")).length;
    for (const value of [etag, `"x", W/${etag}`, "*"]) {
      expect((await hub.ann.door(picturePath, { headers: { "if-none-match": value } })).status).toBe(304);
    }
    expect(hub.desk.calls.filter((call) => call.startsWith("open"))).toHaveLength(before);
    const ranged = (value: string) => hub.ann.door(picturePath, { headers: { range: "bytes=0-9", "if-range": value } });
    expect((await ranged(etag)).status).toBe(206);
    expect((await ranged(`W/${etag}`)).status).toBe(200);
    expect((await ranged('"old"')).status).toBe(200);
    const file = hub.desk.files.get("f1");
    if (file !== undefined) file.revision += 1;
    expect((await ranged(etag)).status).toBe(200);
    expect((await hub.ann.door(picturePath, { headers: { "if-none-match": etag } })).status).toBe(200);
  });

  it("answers HEAD without asking for a byte", async () => {
    const before = hub.desk.opened.pieces;
    const response = await hub.ann.door(picturePath, { method: "HEAD" });
    expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([200, "200000", ""]);
    expect(hub.desk.opened.pieces).toBe(before);
  });

  it("names what it gives in UTF-8 and in ASCII, and calls nothing by a kind that could break a header", async () => {
    const response = await hub.ann.door(`${plans}/Kö"nig\\ 💾%.html`);
    expect(response.headers.get("content-disposition")).toBe(
      `attachment; filename="K__nig_ ___.html"; filename*=UTF-8''K%C3%B6%22nig%5C%20%F0%9F%92%BE%25.html`,
    );
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
  });

  it("gives texts too: a tool's, its raw form, and the hub's own, with ranges of bytes", async () => {
    const note = await hub.ann.door(`${plans}/notes.txt`);
    expect([note.headers.get("content-type"), await note.text()]).toEqual(["text/plain; charset=utf-8", "añb\n"]);
    const part = await hub.ann.door(`${plans}/notes.txt`, { headers: { range: "bytes=1-2" } });
    expect([part.status, await part.text()]).toEqual([206, "ñ"]);
    const mail = await hub.ann.door(`${deskRoot}/mail/inbox/Hello.md`);
    expect(await mail.text()).toBe("# Hello\n\nWords.\n");
    const raw = await hub.ann.door(`${deskRoot}/mail/inbox/Hello.md`, {}, "?as=raw");
    expect([raw.headers.get("content-type"), raw.headers.get("content-disposition"), await raw.text()]).toEqual([
      "message/rfc822",
      'attachment; filename="Hello.eml"',
      "Subject: Hello\r\n\r\nWords.",
    ]);
    const path = "/context/memory/facts/door.md";
    await hub.ann.caller.vfs.write({ workspace: "acme", path, text: "Kept.\n" });
    const kept = await hub.viewer.door(path);
    expect(await kept.text()).toBe("Kept.\n");
    expect((await hub.viewer.door(path, { headers: { "if-none-match": kept.headers.get("etag") ?? "" } })).status).toBe(304);
  });

  it("is not there for others, and says in words what it cannot", async () => {
    expect(await codeOf(await hub.stranger.door(picturePath))).toEqual([404, "ENOENT"]);
    expect(await codeOf(await hub.doorWith({}, `/acme${picturePath}`))).toEqual([401, "EAUTH"]);
    expect(await codeOf(await hub.doorWith({ authorization: "Bearer nonsense" }, `/acme${picturePath}`))).toEqual([401, "EAUTH"]);
    expect(await codeOf(await hub.ann.door(`${plans}/none.png`))).toEqual([404, "ENOENT"]);
    expect(await codeOf(await hub.ann.door(plans))).toEqual([400, "EISDIR"]);
    expect(await codeOf(await hub.ann.door(picturePath, {}, "?as=words"))).toEqual([400, "EINVAL"]);
    expect(await codeOf(await hub.ann.door(`${plans}/a/../b`.replace("a/../", "a%2F")))).toEqual([404, "ENOENT"]);
    const failed = await hub.ann.caller.vfs.read({ workspace: "acme", path: picturePath }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ message: expect.stringContaining("/api/files") });
  });

  it("lets go of the tool when the client leaves", async () => {
    const before = { ...hub.desk.opened };
    const response = await hub.ann.door(picturePath);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(hub.desk.opened.cancelled).toBe(before.cancelled + 1);
    expect(hub.desk.opened.pieces - before.pieces).toBeLessThanOrEqual(2);
  });
});

describe("PUT", () => {
  const image = someBytes(150_000);
  const put = (path: string, over: RequestInit = {}, who = hub.ben) =>
    who.door(path, { ...text("PUT", image, { "content-type": "image/png; q=1" }), ...over });

  it("uploads a file, byte for byte, and answers its receipt", async () => {
    const response = await put(`${plans}/New.png`);
    expect(response.status).toBe(201);
    const receipt = (await response.json()) as { canonicalPath: string };
    expect(receipt).toMatchObject({
      operation: "write",
      changed: true,
      canonicalPath: expect.stringMatching(/\/files\/plans\/New~[a-z2-7]{8}\.png$/),
    });
    const made = [...hub.desk.files.values()].find(({ name }) => name === "New.png");
    expect(made).toMatchObject({ mediaType: "image/png", folder: "plans" });
    expect(Buffer.from(made?.bytes ?? []).equals(image)).toBe(true);
    expect((await bytesOf(await hub.ann.door(receipt.canonicalPath))).equals(image)).toBe(true);
    const [listed] = (await hub.ann.caller.vfs.list({ workspace: "acme", path: plans })).nodes.filter(({ name }) =>
      name.startsWith("New~"),
    );
    expect(listed).toMatchObject({ path: receipt.canonicalPath, binary: true, sizeBytes: 150_000 });
  });

  it("makes one file for one idempotency key, and refuses other bytes under it", async () => {
    const headers = { "content-type": "image/png", "idempotency-key": "put-1" };
    const first = await (await put(`${plans}/Once.png`, { headers })).json();
    expect(first).toMatchObject({ changed: true });
    expect(await (await put(`${plans}/Once.png`, { headers })).json()).toEqual(first);
    expect([...hub.desk.files.values()].filter(({ name }) => name === "Once.png")).toHaveLength(1);
    expect(await codeOf(await put(`${plans}/Once.png`, { headers, body: someBytes(9) }))).toEqual([400, "EINVAL"]);
  });

  it("never replaces: what is there is 409, or 412 where the client said so", async () => {
    expect((await put(picturePath)).status).toBe(409);
    expect((await put(picturePath, { headers: { "if-none-match": "*" } })).status).toBe(412);
    expect((await put(`${plans}/x.png`, { headers: { "if-match": '"e"' } })).status).toBe(412);
  });

  it("keeps to the kind's limit, by what is said and by what comes", async () => {
    const big = someBytes(deskUploadBytes + 1);
    expect(await codeOf(await put(`${plans}/Big.png`, { body: big }))).toEqual([413, "EFBIG"]);
    let read = 0;
    const unread = new ReadableStream<Uint8Array>(
      {
        pull() {
          read += 1;
        },
      },
      { highWaterMark: 0 },
    );
    const said: RequestInit & { duplex: "half" } = {
      body: unread,
      duplex: "half",
      headers: { "content-length": String(deskUploadBytes + 1) },
    };
    expect(await codeOf(await put(`${plans}/Big.png`, said))).toEqual([413, "EFBIG"]);
    expect(read).toBe(0);
    const unsaid = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(big);
        controller.close();
      },
    });
    const init: RequestInit & { duplex: "half" } = { body: unsaid, duplex: "half" };
    expect(await codeOf(await put(`${plans}/Big.png`, init))).toEqual([413, "EFBIG"]);
    expect((await put(`${plans}/Just.png`, { body: someBytes(deskUploadBytes) })).status).toBe(201);
    expect((await put(`${plans}/Empty.png`, { body: new Uint8Array() })).status).toBe(201);
  });

  it("is for those who may write, from the hub's own pages or with a key", async () => {
    expect(await codeOf(await put(`${plans}/v.png`, {}, hub.viewer))).toEqual([403, "EACCES"]);
    expect(await codeOf(await put(`${plans}/s.png`, {}, hub.stranger))).toEqual([404, "ENOENT"]);
    expect(await codeOf(await put(`${plans}/o.png`, { headers: { origin: "https://evil.test" } }))).toEqual([403, "EACCES"]);
    const { workspaces } = hub.world.hub;
    const key = async (access: "read" | "read_write") =>
      (await workspaces.apiKeys.create(hub.ann.browser.scope, { name: access, access })).key;
    const withKey = async (access: "read" | "read_write", path: string) =>
      hub.doorWith({ authorization: `Bearer ${await key(access)}`, "content-type": "image/png" }, `/~${path}`, {
        method: "PUT",
        body: image,
      });
    expect((await withKey("read_write", `${plans}/Key.png`)).status).toBe(201);
    expect(await codeOf(await withKey("read", `${plans}/Key2.png`))).toEqual([403, "EACCES"]);
    expect([...hub.desk.files.values()].filter(({ name }) => /^[vso]\.png$|^Key2/.test(name))).toEqual([]);
  });

  it("without the capability is ESCOPE, which names what to switch on and where, before a byte is kept", async () => {
    const { connections } = hub.world.hub;
    const turn = (on: boolean) => connections.switchCapability(hub.ann.browser.scope, hub.connection, { capability: "write:things", on });
    await turn(false);
    const response = await put(`${plans}/Scope.png`);
    expect([response.status, await response.json()]).toMatchObject([
      403,
      { error: { code: "ESCOPE", details: { capability: "write:things" }, actionUrl: expect.stringContaining("enable=write%3Athings") } },
    ]);
    expect((await hub.ann.caller.vfs.stat({ workspace: "acme", path: plans })).uploadBytes).toBeNull();
    await turn(true);
    expect((await put(`${plans}/Scope.png`)).status).toBe(201);
  });

  it("is refused where no file can be put, before a byte is kept", async () => {
    for (const path of [`${deskRoot}/mail/inbox/x.png`, "/context/memory/facts/x.png", `${deskRoot}/files/x.png`]) {
      expect(await codeOf(await put(path, {}, hub.ann)), path).toEqual([501, "ENOTSUP"]);
    }
    expect(await codeOf(await put(`${plans}/none/x.png`))).toEqual([404, "ENOENT"]);
  });
});
