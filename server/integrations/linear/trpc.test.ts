import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConnectedHub, connectedHub, failureOf } from "@/server/compose/testing-tool";
import type { Node } from "@/server/vfs/node";

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

/** The receipt of a change that was done. */
function receiptOf<Answer extends { readonly kind: string }>(answer: Answer): Extract<Answer, { kind: "receipt" }> {
  if (answer.kind !== "receipt") throw new Error("A plan came back.");
  return answer as Extract<Answer, { kind: "receipt" }>;
}

const named = async (directory: string, name: RegExp): Promise<readonly Node[]> =>
  (await hub.listAll(hub.member.vfs, directory)).filter((node) => name.test(node.name));

async function labelsOf(team: string): Promise<readonly { readonly name: string; readonly group: string | null }[]> {
  const { labels } = JSON.parse((await hub.member.vfs.read({ path: `${hub.root}/teams/${team}/team.json` })).text);
  return labels;
}

/** An issue that a pull request is linked to. */
async function withPullRequest(): Promise<Node> {
  for (const issue of await named(`${hub.root}/teams/ENG/issues`, /\.md$/)) {
    if ((await hub.listAll(hub.member.vfs, `${issue.companion}/attachments`)).length > 0) return issue;
  }
  throw new Error("No issue has a link.");
}

describe("what Linear has beside issues", () => {
  it("is read over the API: organization, people, teams with states and labels, cycles, projects", async () => {
    const { viewer, root } = hub;
    const json = async (path: string) => JSON.parse((await viewer.vfs.read({ path })).text);
    expect(await json(`${root}/organization.json`)).toMatchObject({ name: "Acme Parcels" });
    expect(await json(`${root}/users/Ann Smith.json`)).toMatchObject({ email: "ann@acme.example" });
    const team = await json(`${root}/teams/ENG/team.json`);
    expect(team.states.map((state: { name: string }) => state.name)).toContain("In Progress");
    expect(await labelsOf("ENG")).toContainEqual(expect.objectContaining({ name: "Bug" }));
    const [cycle] = await named(`${root}/teams/ENG/cycles`, /^Cycle 14 /);
    expect((await viewer.vfs.read({ path: cycle?.path ?? "" })).text).toMatch(/^starts_at: "\d{4}-/m);
    const project = await viewer.vfs.read({ path: `${root}/projects/Courier app 3.0/project.md` });
    expect(project.text).toMatch(/^lead: .*~[a-z2-7]{8}$/m);
    expect(project.text).toMatch(/^teams:\n {2}- /m);
  });
});

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

  it("is made with every field that can be written, all of it in the tool afterwards", async () => {
    const { member, root } = hub;
    const labels = (await labelsOf("ENG")).map(({ name }) => name);
    const [project] = await named(`${root}/projects`, /^Courier app 3\.0~/);
    const [cycle] = await named(`${root}/teams/ENG/cycles`, /~/);
    const parent = await firstIssue(hub);
    const text = `---
state: Todo
priority: High
assignee: ben@acme.example
labels: [${labels.slice(0, 2).join(", ")}]
project: ${project?.name}
cycle: ${cycle?.name.replace(/\.md$/, "")}
parent: ${parent.name.split(" ")[0]}
due_date: "2031-03-31"
---

Scans **twice**.
`;
    const path = `${root}/teams/ENG/issues/Parcel scanner.md`;
    const { receipt } = receiptOf(await member.vfs.write({ path, text, ifNoneMatch: "*", idempotencyKey: "scanner" }));
    // The key's second use is the first one's answer: nothing more is made.
    expect(receiptOf(await member.vfs.write({ path, text, ifNoneMatch: "*", idempotencyKey: "scanner" })).receipt).toEqual(receipt);
    const printed = (await member.vfs.read({ path: receipt.canonicalPath, fresh: true })).text;
    expect(printed).toMatch(/^priority: High$/m);
    expect(printed).toMatch(/^assignee: Ben Okafor~[a-z2-7]{8}$/m);
    expect(printed).toMatch(/^project: Courier app 3\.0~[a-z2-7]{8}$/m);
    expect(printed).toMatch(/^cycle: Cycle \d+.*~[a-z2-7]{8}$/m);
    expect(printed).toMatch(/^parent: ENG-\d+ .*~[a-z2-7]{8}$/m);
    expect(printed).toMatch(/^due_date: "2031-03-31"$/m);
    for (const label of labels.slice(0, 2)) expect(printed).toContain(`  - ${label}\n`);
    expect(printed).toContain("Scans **twice**.");

    const { etag } = await member.vfs.read({ path: receipt.canonicalPath });
    const cleared = "---\npriority: null\nassignee: null\nlabels: []\nproject: null\ncycle: null\nparent: null\ndue_date: null\n---\n";
    await member.vfs.write({ path: receipt.canonicalPath, text: cleared, ifMatch: etag });
    expect((await member.vfs.read({ path: receipt.canonicalPath, fresh: true })).text).toMatch(
      /^priority: No priority\nassignee: null\nlabels: \[\]\nproject: null\ncycle: null\nparent: null\ndue_date: null$/m,
    );
  });

  it("is read as its thread and as JSON, with its comments and links beside it", async () => {
    const { member } = hub;
    const issue = await withPullRequest();
    await member.vfs.append({ path: `${issue.companion}/comments.md`, text: "Seen 👋 שלום.\n" });
    expect((await member.vfs.read({ path: `${issue.companion}/comments.md`, fresh: true })).text).toContain("> Seen 👋 שלום.");
    expect((await member.vfs.read({ path: issue.path, as: "thread" })).text).toContain("> Seen 👋 שלום.");
    expect(JSON.parse((await member.vfs.read({ path: issue.path, as: "json" })).text)).toMatchObject({ team: { key: "ENG" } });
    const [link] = await hub.listAll(member.vfs, `${issue.companion}/attachments`);
    expect(link?.name).toMatch(/^ENG-\d+: .*~[a-z2-7]{8}\.json$/);
    expect(JSON.parse((await member.vfs.read({ path: link?.path ?? "" })).text)).toMatchObject({
      url: expect.stringMatching(/^https:\/\/github\.com\//),
      source_type: "github",
    });
  });

  it("goes into the archive when it is removed, and is read there", async () => {
    const { member, root, listAll } = hub;
    const [, issue] = (await listAll(member.vfs, `${root}/teams/ENG/issues`)).filter(({ kind }) => kind === "file");
    const path = issue?.path ?? "";
    const { etag } = await member.vfs.read({ path });
    await member.vfs.remove({ path, ifMatch: etag });
    expect((await failureOf(member.vfs.read({ path, fresh: true }))).code).toBe("ENOENT");
    const archived = (await listAll(member.vfs, `${root}/teams/ENG/archive`, { fresh: true })).find(({ name }) => name === issue?.name);
    expect(archived?.can).not.toContain("write");
    expect((await member.vfs.read({ path: archived?.path ?? "" })).text).toMatch(/^archived_at: "\d{4}-/m);
    const read = await member.vfs.read({ path: archived?.path ?? "" });
    const change = { path: archived?.path ?? "", text: read.text.replace(/^state: .*$/m, "state: Todo"), ifMatch: read.etag };
    expect((await failureOf(member.vfs.write(change))).code).toBe("ENOTSUP");
    // And back: the same issue, at the path that it had.
    const back = receiptOf(await member.vfs.move({ path: archived?.path ?? "", to: `${root}/teams/ENG/issues` }));
    expect(back.receipt.canonicalPath).toBe(path);
    expect((await member.vfs.read({ path, fresh: true })).etag).toBe(etag);
  });

  it("is not there for another workspace", async () => {
    const { path } = await firstIssue(hub);
    const { vfs } = await hub.stranger();
    expect((await failureOf(vfs.read({ path }))).code).toBe("ENOTCONN");
  });
});
