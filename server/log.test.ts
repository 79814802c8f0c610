import { expect, test } from "vitest";
import { HubError } from "./errors";
import { createLog } from "./log";

const canary = "cnry_5f2d9a7c41";

function capture() {
  const lines: string[] = [];
  const log = createLog({ level: "debug", destination: { write: (line: string) => void lines.push(line) } });
  return { log, lines };
}

test("a line is JSON with its level, time, message and the request id of its child", () => {
  const { log, lines } = capture();
  log.child({ requestId: "req-1" }).info({ workspace: "acme" }, "listed");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "info", requestId: "req-1", workspace: "acme", msg: "listed" });
});

test("no token, code, state, cookie or body is printed, however it is logged", () => {
  const { log, lines } = capture();
  log.info({ token: canary, headers: { authorization: `Bearer ${canary}`, cookie: canary, "set-cookie": canary } }, "call");
  log.info({ answer: { access_token: canary, refresh_token: canary, body: canary }, code: canary, state: canary }, "call");
  const cause = new Error(`fetch http://localhost/cb?code=${canary}&state=${canary} Authorization: Bearer ${canary}`);
  log.error({ error: Object.assign(new HubError("EIO", "The tool failed.", { cause }), { request: { body: canary } }) }, "failed");
  log.error({ error: new Error(`connect postgres://hub:${canary}@db/hub refused`) }, "failed");
  expect(lines).toHaveLength(4);
  expect(lines.join("")).not.toContain(canary);
  expect(lines[2]).toContain("EIO");
});
