import { afterEach, expect, test } from "vitest";
import { createFaultBox, type FaultInput, faultInput } from "../control/faults";
import { createJournal } from "../control/journal";
import type { Exchange } from "./exchange";
import { type Handler, type Listening, listen } from "./server";

const running: Listening[] = [];
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())));

async function start(handler: Handler, maxBodyBytes?: (method: string, url: URL) => number) {
  const [faults, journal] = [createFaultBox(), createJournal()];
  const seen: Omit<Exchange, "tool">[] = [];
  const server = await listen({
    port: 0,
    handler,
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
    scripted: {
      faults,
      journal,
      operationsOf: ({ url }) => [url.pathname.slice(1)],
      emailOf: () => null,
      credentialOf: () => null,
      rateLimited: () => ({ status: 429 }),
    },
    onExchange: (exchange) => seen.push(exchange),
  });
  running.push(server);
  return { origin: `http://127.0.0.1:${server.port}`, seen, journal, fail: (fault: FaultInput) => faults.add(faultInput.parse(fault)) };
}

/** Bytes that are no UTF-8. */
const bytes = Uint8Array.from({ length: 1000 }, (_, index) => (index * 31) % 256);

test("bytes come and go as they are, and are observed so", async () => {
  const { origin, seen } = await start(({ bytes: sent }) => ({
    status: 200,
    headers: { "content-type": "application/octet-stream" },
    body: sent,
  }));
  const answer = await fetch(`${origin}/upload?name=a`, { method: "POST", body: bytes });
  expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
  expect(answer.headers.get("content-length")).toBe("1000");
  expect(seen).toMatchObject([{ request: { method: "POST", target: "/upload?name=a" }, response: { status: 200 }, fault: null }]);
  expect([seen[0]?.request.body, seen[0]?.response.body].map((body) => Buffer.from(body ?? []))).toEqual([
    Buffer.from(bytes),
    Buffer.from(bytes),
  ]);
});

test("a request may carry as much as its endpoint takes, said by length or found out", async () => {
  const { origin } = await start(
    ({ bytes: sent }) => ({ status: 200, body: String(sent.length) }),
    (_, { pathname }) => (pathname === "/upload" ? 8 * 1024 * 1024 : 1024),
  );
  const large = new Uint8Array(5 * 1024 * 1024);
  const inPieces = (of: Uint8Array<ArrayBuffer>) => new Blob([of]).stream();
  const send = async (path: string, body: BodyInit) => {
    const answer = await fetch(`${origin}${path}`, { method: "POST", body, ...(body instanceof ReadableStream ? { duplex: "half" } : {}) });
    return [answer.status, await answer.text()];
  };
  expect(await send("/upload", large)).toEqual([200, String(large.length)]);
  expect(await send("/upload", inPieces(large))).toEqual([200, String(large.length)]);
  expect(await send("/api", inPieces(large.slice(0, 4096)))).toEqual([413, "The body is larger than 1024 bytes."]);
  expect(await send("/api", large)).toEqual([413, "The body is larger than 1024 bytes."]);
});

test("an answer without a body says so as HTTP has it", async () => {
  const { origin } = await start(({ method }) => (method === "DELETE" ? { status: 204 } : { status: 200, body: "four" }));
  const gone = await fetch(origin, { method: "DELETE" });
  expect([gone.status, gone.headers.get("content-length")]).toEqual([204, null]);
  const head = await fetch(origin, { method: "HEAD" });
  expect([head.headers.get("content-length"), await head.text()]).toEqual(["4", ""]);
});

test("an observer hears which answers a fault put in the place of the tool's", async () => {
  const { origin, seen, fail, journal } = await start(() => ({ status: 200, body: "ok" }));
  fail({ match: { operation: "one" }, effect: { kind: "nonsense" } });
  fail({ match: { operation: "two" }, effect: { kind: "reset" } });
  fail({ match: { operation: "three" }, effect: { kind: "lost_answer" } });
  for (const path of ["/one", "/two", "/three", "/four"]) await fetch(`${origin}${path}`).catch(() => null);
  expect(seen.map(({ request, fault }) => [request.target, fault])).toEqual([
    ["/one", "nonsense"],
    ["/three", "lost_answer"],
    ["/four", null],
  ]);
  expect(journal.list().map(({ path, status, fault }) => [path, status, fault])).toEqual([
    ["/one", 200, "nonsense"],
    ["/two", null, "reset"],
    ["/three", null, "lost_answer"],
    ["/four", 200, null],
  ]);
});
