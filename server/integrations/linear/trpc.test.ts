import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConnectedHub, connectedHub, failureOf } from "@/server/compose/testing-tool";

/** Linear through the API, in a hub whose workspace has it connected. */

let hub: Awaited<ReturnType<typeof connectedHub>>;
beforeAll(async () => {
  hub = await connectedHub("linear");
});
afterAll(() => hub.close());

const firstIssue = async ({ member, root, listAll }: ConnectedHub<unknown, unknown>) => {
  const [issue] = (await listAll(member.vfs, `${root}/teams/ENG/issues`)).filter(({ kind }) => kind === "file");
  if (issue === undefined) throw new Error("The team has no issues.");
  return issue;
};

describe("an issue over the API", () => {
  it("is read by every role, and edited by who may write, on what was read", async () => {
    const { path } = await firstIssue(hub);
    const { text, etag } = await hub.viewer.vfs.read({ path });
    const changed = text.replace(/^state: .*$/m, "state: Done");
    expect((await failureOf(hub.viewer.vfs.write({ path, text: changed, ifMatch: etag }))).code).toBe("EACCES");
    const answer = await hub.member.vfs.write({ path, text: changed, ifMatch: etag });
    expect(answer).toMatchObject({ kind: "receipt", receipt: { changed: true, actsAs: { type: "person" } } });
    expect((await hub.viewer.vfs.read({ path, fresh: true })).text).toMatch(/^state: Done$/m);
    expect(await failureOf(hub.member.vfs.write({ path, text, ifMatch: etag }))).toMatchObject({ code: "ESTALE" });
  });

  it("is not there for another workspace", async () => {
    const { path } = await firstIssue(hub);
    const { vfs } = await hub.stranger();
    expect((await failureOf(vfs.read({ path }))).code).toBe("ENOTCONN");
  });
});
