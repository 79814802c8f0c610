import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { createKeeper } from "./keeper";
import { startTestSandbox } from "./linear/testing";
import { stateFileOf } from "./start";

const folder = mkdtempSync(path.join(tmpdir(), "sandbox-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a grant and a write live on over a restart, and a revocation is kept too", async () => {
  const stateFolder = path.join(folder, "deep", "sandbox");
  const first = await startTestSandbox({ stateFolder });
  const tokens = await first.connect("read,write");
  await first.graphql(tokens.access_token, 'mutation { issueUpdate(id: "ENG-1", input: { title: "Kept" }) { success } }');
  await first.close();
  expect(statSync(stateFileOf(stateFolder, "linear")).mode & 0o777).toBe(0o600);

  const second = await startTestSandbox({ stateFolder });
  const answer = await second.graphql(tokens.access_token, '{ issue(id: "ENG-1") { title } }');
  expect(answer.body).toEqual({ data: { issue: { title: "Kept" } } });
  const rotated = await second.refresh(tokens.refresh_token);
  expect(rotated.status).toBe(200);
  expect(await second.control.revokeGrants()).toEqual({ revoked: 1 });
  await second.close();

  const third = await startTestSandbox({ stateFolder });
  expect((await third.graphql(tokens.access_token, "{ viewer { id } }")).status).toBe(401);
  await third.close();
});

test("a file that is not a state starts from the seed", async () => {
  const stateFolder = path.join(folder, "broken");
  mkdirSync(stateFolder);
  writeFileSync(stateFileOf(stateFolder, "linear"), "not a state");
  const sandbox = await startTestSandbox({ stateFolder });
  expect((await sandbox.connect("read")).scope).toBe("read");
  await sandbox.close();
});

test("what another version saved, or a company of another size, is not read", async () => {
  const file = path.join(folder, "stamped.state");
  const write = createKeeper(file, "1 small", () => ({ rows: 3 }));
  write.changed();
  write.flush();
  expect(createKeeper(file, "1 small", () => null).load()).toEqual({ rows: 3 });
  for (const stamp of ["2 small", "1 large"]) expect(createKeeper(file, stamp, () => null).load()).toBeNull();
});
