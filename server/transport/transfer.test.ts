import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BudgetStore } from "./budget";
import { placesOf } from "./origins";
import type { TokenSource } from "./send";
import { failure, listen, startTestTool, type TestTool } from "./test-tool";
import { testContext } from "./testing";

let tool: TestTool;
beforeAll(async () => {
  tool = await startTestTool();
});
afterAll(() => tool.close());
beforeEach(() => {
  tool.seen = [];
});

const pieceBytes = 64 * 1024;

/** Pieces made as they are asked for, counted. */
function bodyOf(pieces: number) {
  const state = { opened: 0, made: 0, cancelled: 0 };
  const stream = (): ReadableStream<Uint8Array> => {
    state.opened += 1;
    let made = 0;
    return new ReadableStream(
      {
        pull(controller) {
          if (made === pieces) return controller.close();
          made += 1;
          state.made += 1;
          controller.enqueue(new Uint8Array(pieceBytes).fill(made % 251));
        },
        cancel() {
          state.cancelled += 1;
        },
      },
      { highWaterMark: 0 },
    );
  };
  return { state, body: { sizeBytes: pieces * pieceBytes, stream } };
}

async function readAll(stream: ReadableStream<Uint8Array> | null): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream ?? []) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("an upload", () => {
  it("says its length, sends the bytes as they are read, and is opened again for a repeated call", async () => {
    let answers = 0;
    tool.handler = (_request, response) => {
      answers += 1;
      response.statusCode = answers === 1 ? 503 : 200;
      response.end();
    };
    const { send, calls } = tool.setUp();
    const { body, state } = bodyOf(3);
    await send(tool.request({ method: "PUT", body, repeatability: "idempotent" }), testContext());
    expect(state.opened).toBe(2);
    expect(tool.seen.map((call) => call.body.length)).toEqual([tool.seen[1]?.body.length, tool.seen[0]?.body.length]);
    expect(calls.map(({ requestBytes, status }) => [requestBytes, status])).toEqual([
      [3 * pieceBytes, 503],
      [3 * pieceBytes, 200],
    ]);
  });

  it("is opened again when its token was refused", async () => {
    tool.handler = (request, response) => {
      response.statusCode = request.headers.authorization === "Bearer new" ? 200 : 401;
      response.end();
    };
    const token: TokenSource = {
      current: async () => ({ accessToken: "old", version: 1 }),
      reload: async () => ({ accessToken: "old", version: 1 }),
      renew: async () => ({ accessToken: "new", version: 2 }),
      refused: () => {},
    };
    const { body, state } = bodyOf(2);
    await tool.setUp({ token }).send(tool.request({ method: "POST", body, repeatability: "unsafe" }), testContext());
    expect(state.opened).toBe(2);
  });

  it("has a content-length and no chunks of unknown number, and arrives whole", async () => {
    const hash = createHash("sha256");
    const seen: { length: string | undefined; encoding: string | undefined }[] = [];
    const server = createServer((request, response) => {
      seen.push({ length: request.headers["content-length"], encoding: request.headers["transfer-encoding"] });
      request.on("data", (piece: Buffer) => hash.update(piece));
      request.on("end", () => response.end());
    });
    const origin = await listen(server);
    const { body } = bodyOf(40);
    await tool.setUp({ origins: [origin] }).send(tool.request({ method: "PUT", url: `${origin}/up`, body }), testContext());
    server.close();
    expect(seen).toEqual([{ length: String(40 * pieceBytes), encoding: undefined }]);
    const expected = createHash("sha256");
    for (let piece = 1; piece <= 40; piece += 1) expected.update(new Uint8Array(pieceBytes).fill(piece % 251));
    expect(hash.digest("hex")).toBe(expected.digest("hex"));
  });

  it("reads no further ahead than the tool takes it, and lets go of the rest when it fails", async () => {
    const server = createServer((request, response) => {
      // Reads one piece and no more, then goes away.
      request.once("data", () => {
        request.pause();
        setImmediate(() => response.destroy());
      });
    });
    const origin = await listen(server);
    const { body, state } = bodyOf(4_000);
    const { send } = tool.setUp({ origins: [origin] });
    const request = tool.request({ method: "PUT", url: `${origin}/up`, body, repeatability: "unsafe" });
    expect(await failure(send, request)).toMatchObject({ code: "EIO", details: { outcome: "unknown" } });
    server.closeAllConnections();
    server.close();
    expect(state.opened).toBe(1);
    // The system's socket buffers take some megabytes; of 250 MB most was never made.
    expect(state.made).toBeLessThan(1_000);
    expect(state.cancelled).toBe(1);
  });
});

describe("a streamed answer", () => {
  it("comes as it is sent, uncompressed, and is logged with its bytes when it ended", async () => {
    tool.handler = (request, response) => {
      response.writeHead(206, {
        "content-range": "bytes 0-3/10",
        "x-request-id": "v-1",
        "x-encoding": request.headers["accept-encoding"],
      });
      response.end("abcd");
    };
    const { send, calls } = tool.setUp();
    const answer = await send(tool.request({ answer: "stream", headers: { range: "bytes=0-3" } }), testContext());
    expect(answer).toMatchObject({ status: 206 });
    expect(answer.body.byteLength).toBe(0);
    expect(answer.headers.get("x-encoding")).toBe("identity");
    expect(calls).toEqual([]);
    expect((await readAll(answer.stream)).toString()).toBe("abcd");
    expect(calls).toMatchObject([{ status: 206, responseBytes: 4, errorCode: null, vendorRequestId: "v-1", attempt: 1 }]);
  });

  it("of 100 MB is never held: the tool is read no further ahead than its reader reads", async () => {
    const total = 1_600;
    let written = 0;
    const server = createServer((_request, response) => {
      const write = (): void => {
        while (written < total) {
          written += 1;
          if (!response.write(Buffer.alloc(pieceBytes))) {
            response.once("drain", write);
            return;
          }
        }
        response.end();
      };
      write();
    });
    const origin = await listen(server);
    const { send } = tool.setUp({ origins: [origin] });
    const answer = await send(tool.request({ url: `${origin}/big`, answer: "stream" }), testContext());
    const reader = answer.stream?.getReader();
    await reader?.read();
    // The server writes on only as sockets drain: whatever of 100 MB is written now fits into the buffers of two sockets.
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(written).toBeLessThan(total / 2);
    let size = 0;
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) size += piece.value.byteLength;
    expect(written).toBe(total);
    expect(size).toBeGreaterThan(total * pieceBytes - 1024 * 1024);
    server.close();
  });

  it("that failed is read and classified like any other", async () => {
    tool.handler = (_request, response) => {
      response.writeHead(404);
      response.end("gone");
    };
    const { send, calls } = tool.setUp();
    expect(await failure(send, tool.request({ answer: "stream" }))).toMatchObject({ code: "ENOENT" });
    expect(calls).toMatchObject([{ status: 404, responseBytes: 4, errorCode: "ENOENT" }]);
  });

  it("that is a redirect is not followed, and its caller reads where it leads", async () => {
    tool.handler = (_request, response) => {
      response.writeHead(302, { location: "https://bytes.tool.test/1" });
      response.end();
    };
    const answer = await tool.setUp().send(tool.request({ answer: "stream" }), testContext());
    expect([answer.status, answer.headers.get("location"), answer.stream]).toEqual([302, "https://bytes.tool.test/1", null]);
    expect(tool.seen).toHaveLength(1);
  });

  it("that breaks off is EIO to its reader and in the log", async () => {
    tool.handler = (_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("half");
      setImmediate(() => response.destroy());
    };
    const { send, calls } = tool.setUp();
    const answer = await send(tool.request({ answer: "stream" }), testContext());
    await expect(readAll(answer.stream)).rejects.toMatchObject({ code: "EIO", details: { outcome: "not_done" } });
    expect(calls).toMatchObject([{ status: 200, errorCode: "EIO", responseBytes: 4 }]);
  });

  it("larger than asked for is EFBIG, before its body where its length says so", async () => {
    let declared = true;
    tool.handler = (_request, response) => {
      if (declared) response.setHeader("content-length", "5");
      response.write("12345");
      response.end();
    };
    const { send } = tool.setUp();
    expect(await failure(send, tool.request({ answer: "stream", maxResponseBytes: 4 }))).toMatchObject({ code: "EFBIG" });
    declared = false;
    const answer = await send(tool.request({ answer: "stream", maxResponseBytes: 4 }), testContext());
    await expect(readAll(answer.stream)).rejects.toMatchObject({ code: "EFBIG" });
  });

  it("ends at the tool when its reader goes, by cancelling or by the call's signal", async () => {
    const gone: Promise<void>[] = [];
    tool.handler = (_request, response) => {
      gone.push(new Promise((resolve) => response.once("close", resolve)));
      response.write("first");
    };
    const { send, calls } = tool.setUp();
    const cancelled = await send(tool.request({ answer: "stream" }), testContext());
    await cancelled.stream?.cancel();
    await gone[0];
    const leaving = new AbortController();
    const aborted = await send(tool.request({ answer: "stream" }), testContext({ signal: leaving.signal }));
    const reading = readAll(aborted.stream);
    leaving.abort(new Error("the client left"));
    await expect(reading).rejects.toThrow("the client left");
    await gone[1];
    expect(calls.map(({ errorCode }) => errorCode)).toEqual([null, "aborted"]);
  });

  it("holds its slot of the rate budget until it ended", async () => {
    tool.handler = (_request, response) => void response.end("x");
    let held = 0;
    const budget: BudgetStore = {
      take: async () => {
        held += 1;
        return {
          outcome: "granted",
          release: () => {
            held -= 1;
          },
        };
      },
      block: async () => {},
      learn: () => {},
    };
    const answer = await tool.setUp({ budget }).send(tool.request({ answer: "stream" }), testContext());
    expect(held).toBe(1);
    await readAll(answer.stream);
    expect(held).toBe(0);
  });

  it("is taken out of its compression when the tool compresses all the same", async () => {
    tool.handler = (_request, response) => {
      response.setHeader("content-encoding", "gzip");
      response.end(gzipSync("plain"));
    };
    const answer = await tool.setUp().send(tool.request({ answer: "stream" }), testContext());
    expect((await readAll(answer.stream)).toString()).toBe("plain");
  });
});

describe("content origins", () => {
  it("take calls without credentials only, and the log keeps no more of them than the host", async () => {
    tool.handler = (_request, response) => void response.end("bytes");
    const other = await startTestTool();
    const { send, calls } = other.setUp({ contentOrigins: [tool.origin] });
    const url = `${tool.origin}/signed/abc?tempauth=secret`;
    expect(await failure(send, other.request({ url }))).toMatchObject({ code: "EINVAL" });
    expect(await failure(send, other.request({ url, authorization: "none", headers: { Cookie: "a=b" } }))).toMatchObject({
      code: "EINVAL",
    });
    expect(tool.seen).toEqual([]);
    await send(other.request({ url, authorization: "none" }), testContext());
    expect(tool.seen).toMatchObject([{ authorization: undefined }]);
    expect(calls).toMatchObject([{ url: `${tool.origin}/…` }]);
    other.close();
  });

  it("with a star are hosts below that name on https alone", () => {
    const placeOf = placesOf({ origins: ["https://graph.test"], contentOrigins: ["https://*.sharepoint.test"] });
    const urls = {
      "https://acme.sharepoint.test/x?a=1": "content",
      "https://a.b.sharepoint.test/": "content",
      "https://ACME.SHAREPOINT.TEST/": "content",
      "https://graph.test/v1": "own",
      "https://sharepoint.test/": null,
      "https://evilsharepoint.test/": null,
      "http://acme.sharepoint.test/": null,
      "https://acme.sharepoint.test:8443/": null,
      "https://acme.sharepoint.test.evil.test/": null,
      "https://me:pw@acme.sharepoint.test/": null,
      "https://evil.test/#.sharepoint.test": null,
      "https://evil.test\\.sharepoint.test/": null,
      "ftp://acme.sharepoint.test/": null,
      "not a url": null,
    };
    expect(Object.fromEntries(Object.keys(urls).map((url) => [url, placeOf(url)]))).toEqual(urls);
  });
});
