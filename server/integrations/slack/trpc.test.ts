import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectedHub, failureOf } from "@/server/compose/testing-tool";
import type { Node } from "@/server/vfs/node";
import { type SlackTokens, unlimited, unpaced } from "./testing";

/** Slack through the API, in a hub whose workspace has it connected. */

let hub: Awaited<ReturnType<typeof connectedHub<SlackTokens>>>;
let general: string;
let dm: string;

beforeAll(async () => {
  hub = await connectedHub<SlackTokens>("slack", {
    integration: unpaced,
    tool: { settings: unlimited },
    variables: { SLACK_PKCE: "1" },
  });
  const named = async (directory: string, name: RegExp): Promise<Node> => {
    const node = (await hub.listAll(hub.admin.vfs, `${hub.root}/${directory}`)).find((one) => name.test(one.name));
    if (node === undefined) throw new Error(`There is no ${name} in ${directory}.`);
    return node;
  };
  general = (await named("channels", /^general~/)).path;
  dm = (await named("dms", /^Ann Smith~/)).path;
});
afterAll(() => hub.close());

/** The receipt of a change that was done. */
function receiptOf<Answer extends { readonly kind: string }>(answer: Answer): Extract<Answer, { kind: "receipt" }> {
  if (answer.kind !== "receipt") throw new Error("A plan came back.");
  return answer as Extract<Answer, { kind: "receipt" }>;
}

const read = async (path: string): Promise<string> => (await hub.member.vfs.read({ path, fresh: true })).text;

/** Timestamps of the messages in a transcript, oldest first. */
const timestampsIn = (text: string): readonly string[] =>
  [...text.matchAll(/\]\((?:\.\.\/)?messages\/(\d+\.\d{6})\.md\)/g)].map(([, ts = ""]) => ts);

/** Posts and answers the message's timestamp. */
async function post(text: string, where = general): Promise<string> {
  await hub.member.vfs.append({ path: `${where}/today.md`, text });
  return timestampsIn(await read(`${where}/today.md`)).at(-1) ?? "";
}

const today = (): string => new Date().toISOString().slice(0, 10);

describe("what is in Slack", () => {
  it("is read over the API: public and private channels, with what they are", async () => {
    const channels = await hub.listAll(hub.viewer.vfs, `${hub.root}/channels`);
    expect(channels.map(({ name }) => name.replace(/~.*/, ""))).toEqual(
      expect.arrayContaining(["general", "engineering", "leads", "porto-depot"]),
    );
    expect(JSON.parse(await read(`${general}/channel.json`))).toMatchObject({
      name: "general",
      private: false,
      member: true,
      creator: "Gita Rao",
    });
    const leads = channels.find(({ name }) => name.startsWith("leads~"));
    expect(JSON.parse(await read(`${leads?.path}/channel.json`))).toMatchObject({ private: true, topic: "Confidential" });
  });

  it("is read by days, oldest first, with names, threads, reactions and files", async () => {
    const days = (await hub.listAll(hub.viewer.vfs, general)).map(({ name }) => name);
    expect(days).toEqual(expect.arrayContaining(["channel.json", "today.md", "threads", "messages", `${today()}.md`]));
    expect(days.filter((name) => /^\d{4}-/.test(name)).length).toBeGreaterThan(50);
    const farewell = new Date(Date.now() - 41 * 86_400_000).toISOString().slice(0, 10);
    const text = await read(`${general}/${farewell}.md`);
    expect(text).toContain(`# #general, ${farewell}\n`);
    expect(text).toMatch(/^## 16:40 Jonas Weber$/m);
    expect(text).toContain("Today is my last day.");
    expect(text).toMatch(/^- \[Handover Jonas\]\(http:\/\/localhost:\d+\/acme\/files\//m);
    expect(text).toMatch(/:wave: 5 · \[2 replies\]\(threads\/\d+\.\d{6}\.md\)$/m);
    const [ts = ""] = timestampsIn(text);
    const thread = await read(`${general}/threads/${ts}.md`);
    expect(thread).toContain("Thank you for four good years, Jonas.");
    expect(thread).toContain("בהצלחה! Come and visit.");
    expect(timestampsIn(thread)).toHaveLength(3);
    expect((await hub.listAll(hub.viewer.vfs, `${general}/threads`)).map(({ name }) => name)).toContain(`${ts}.md`);
    const quiet = new Date(Date.now() - 40 * 86_400_000).toISOString().slice(0, 10);
    expect(await read(`${general}/${quiet}.md`)).toBe("");
  });

  it("has each message by its timestamp, replies too, though no list shows it", async () => {
    const farewell = new Date(Date.now() - 41 * 86_400_000).toISOString().slice(0, 10);
    const [ts = ""] = timestampsIn(await read(`${general}/${farewell}.md`));
    expect(await hub.listAll(hub.viewer.vfs, `${general}/messages`)).toEqual([]);
    const message = await read(`${general}/messages/${ts}.md`);
    expect(message).toMatch(/^user: Jonas Weber~[a-z2-7]{8}$/m);
    expect(message).toMatch(/^files:\n {2}- Handover Jonas </m);
    const [, reply = ""] = timestampsIn(await read(`${general}/threads/${ts}.md`));
    expect(await read(`${general}/messages/${reply}.md`)).toContain(`thread: "${ts}"`);
    const node = await hub.viewer.vfs.stat({ path: `${general}/messages/${ts}.md` });
    expect(node).toMatchObject({ kind: "file", webUrl: expect.stringMatching(/\/acme\/archives\/C\w+\/p\d{16}$/) });
    expect(JSON.parse((await hub.viewer.vfs.read({ path: node.path, as: "json" })).text)).toMatchObject({ id: ts, replies: 2 });
    for (const nowhere of ["1.000001.md", "today.md", "1.5.md"]) {
      expect((await failureOf(hub.viewer.vfs.read({ path: `${general}/messages/${nowhere}` }))).code).toBe("ENOENT");
    }
  });

  it("has people, by name", async () => {
    expect(JSON.parse(await read(`${hub.root}/users/Chloé Martín.json`))).toMatchObject({
      email: "chloe@acme.example",
      title: "Product designer",
      time_zone: "Europe/Madrid",
      active: true,
    });
    expect(JSON.parse(await read(`${hub.root}/users/Jonas Weber.json`))).toMatchObject({ active: false });
  });

  it("has direct messages with the app, of one and of several, for the one who connected it alone", async () => {
    expect(JSON.parse((await hub.admin.vfs.read({ path: `${dm}/channel.json` })).text)).toMatchObject({ members: ["Ann Smith"] });
    const group = (await hub.listAll(hub.admin.vfs, `${hub.root}/dms`)).find(({ name }) => name.startsWith("ann, "));
    expect(JSON.parse((await hub.admin.vfs.read({ path: `${group?.path}/channel.json` })).text).members).toEqual(
      expect.arrayContaining(["Ann Smith"]),
    );
    const text = (await hub.admin.vfs.read({ path: `${dm}/today.md` })).text;
    const yesterday = (await hub.admin.vfs.read({ path: `${dm}/${new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)}.md` })).text;
    expect(text + yesterday).toContain("Please remind me of the open reviews on Friday.");
  });

  it("says how to be let into a channel that the app is not in", async () => {
    const porto = (await hub.listAll(hub.viewer.vfs, `${hub.root}/channels`)).find(({ name }) => name.startsWith("porto-depot~"));
    expect((await hub.listAll(hub.viewer.vfs, porto?.path ?? "")).map(({ name }) => name)).toEqual(["channel.json"]);
    const refusal = await failureOf(hub.member.vfs.append({ path: `${porto?.path}/today.md`, text: "Hello" }));
    expect(refusal).toMatchObject({ code: "EACCES", message: expect.stringContaining("/invite") });
  });
});

describe("writing in Slack", () => {
  it("posts by appending to today, once for one key, and says who will notice", async () => {
    const change = {
      path: `${general}/today.md`,
      text: "**Hello** from the hub 🎉 שלום\r\n\n- one\n- two <3 & more",
      idempotencyKey: "hello",
    };
    const planned = await hub.member.vfs.append({ ...change, idempotencyKey: "planned", dryRun: true });
    expect(planned).toMatchObject({ kind: "plan", plan: { effects: ["The members of #general see the message."] } });
    const { receipt } = receiptOf(await hub.member.vfs.append(change));
    expect(receipt).toMatchObject({ changed: true, actsAs: { type: "app" } });
    expect(receiptOf(await hub.member.vfs.append(change)).receipt).toEqual(receipt);
    const text = await read(`${general}/today.md`);
    expect(text.split("from the hub")).toHaveLength(2);
    expect(text).toContain("**Hello** from the hub :tada: שלום\n\n- one\n- two <3 & more");
    expect((await failureOf(hub.viewer.vfs.append(change))).code).toBe("EACCES");
  });

  it("mentions people and channels by the links that reading gives", async () => {
    const day = await read(`${general}/${new Date(Date.now() - 4 * 86_400_000).toISOString().slice(0, 10)}.md`);
    const [link = ""] = /\[@Ben Okafor\]\([^)]+\)/.exec(day) ?? [];
    expect(link).toMatch(/\/acme\/team\/U\w+\)$/);
    const planned = await hub.member.vfs.append({ path: `${general}/today.md`, text: `${link}, please`, dryRun: true });
    expect(planned).toMatchObject({ plan: { effects: [expect.any(String), "Slack notifies whom the message mentions."] } });
    await post(`${link}, please`);
    expect(await read(`${general}/today.md`)).toContain(`${link}, please`);
  });

  it("replies in a thread, and begins one under any message", async () => {
    const ts = await post("Who brings cake?");
    await hub.member.vfs.append({ path: `${general}/threads/${ts}.md`, text: "Me." });
    const thread = await read(`${general}/threads/${ts}.md`);
    expect(thread).toMatch(/Who brings cake\?[\s\S]*Me\./);
    expect(await read(`${general}/today.md`)).toContain(`[1 reply](threads/${ts}.md)`);
    expect((await failureOf(hub.member.vfs.append({ path: `${general}/threads/1.000001.md`, text: "x" }))).code).toBe("ENOENT");
  });

  it("edits a message that the app posted, on what was read, and nobody else's", async () => {
    const path = `${general}/messages/${await post("Lunch at 12")}.md`;
    const { text, etag } = await hub.member.vfs.read({ path, fresh: true });
    const changed = text.replace("at 12", "at **13**");
    const plan = await hub.member.vfs.write({ path, text: changed, ifMatch: etag, dryRun: true });
    expect(plan).toMatchObject({ plan: { steps: [{ changes: [{ field: "text", from: "Lunch at 12", to: "Lunch at **13**" }] }] } });
    await hub.member.vfs.write({ path, text: changed, ifMatch: etag });
    expect(await read(path)).toContain("Lunch at **13**");
    expect((await failureOf(hub.member.vfs.write({ path, text, ifMatch: etag }))).code).toBe("ESTALE");
    const farewell = new Date(Date.now() - 41 * 86_400_000).toISOString().slice(0, 10);
    const [others = ""] = timestampsIn(await read(`${general}/${farewell}.md`));
    const theirs = await hub.member.vfs.read({ path: `${general}/messages/${others}.md` });
    const edit = { path: theirs.node.path, text: theirs.text.replace("last day", "first day"), ifMatch: theirs.etag };
    expect(await failureOf(hub.member.vfs.write(edit))).toMatchObject({ code: "EACCES", message: expect.stringContaining("only its own") });
    expect((await failureOf(hub.member.vfs.remove({ path: theirs.node.path, ifMatch: theirs.etag }))).code).toBe("EACCES");
  });

  it("deletes a message of its own", async () => {
    const path = `${general}/messages/${await post("Oops")}.md`;
    const { etag, node } = await hub.member.vfs.read({ path, fresh: true });
    expect(node.can).toEqual(["stat", "read", "write", "edit", "remove"]);
    await hub.member.vfs.remove({ path, ifMatch: etag });
    expect((await failureOf(hub.member.vfs.read({ path, fresh: true }))).code).toBe("ENOENT");
    expect(await read(`${general}/today.md`)).not.toContain("Oops");
  });

  it("reacts, and takes it back", async () => {
    const ts = await post("Done!");
    const reactions = `${general}/messages/${ts}.d/reactions`;
    const { receipt } = receiptOf(await hub.member.vfs.write({ path: `${reactions}/tada`, text: "", ifNoneMatch: "*" }));
    expect(receipt.canonicalPath).toMatch(/\/tada~U[A-Z0-9]+$/);
    expect((await hub.listAll(hub.viewer.vfs, reactions, { fresh: true })).map(({ path }) => path)).toEqual([receipt.canonicalPath]);
    expect(JSON.parse(await read(receipt.canonicalPath))).toMatchObject({ emoji: "tada", user: "Test app" });
    expect(await read(`${general}/today.md`)).toContain(":tada: 1");
    expect((await failureOf(hub.member.vfs.write({ path: `${reactions}/tada~U00`, text: "" }))).code).toBe("EACCES");
    expect((await failureOf(hub.member.vfs.write({ path: `${reactions}/eyes`, text: "words" }))).code).toBe("EINVAL");
    expect((await failureOf(hub.member.vfs.write({ path: `${reactions}/no_such_emoji`, text: "" }))).code).toBe("EINVAL");
    await hub.member.vfs.remove({ path: receipt.canonicalPath });
    expect(await hub.listAll(hub.viewer.vfs, reactions, { fresh: true })).toEqual([]);
  });

  it("refuses what Slack cannot show as written, or takes no more of", async () => {
    const append = (text: string) => failureOf(hub.member.vfs.append({ path: `${general}/today.md`, text }));
    expect(await append("literal \\*stars\\*")).toMatchObject({ code: "EINVAL", message: expect.stringContaining("line 1") });
    expect((await append("   \n")).code).toBe("EINVAL");
    expect(await append("x".repeat(40_001))).toMatchObject({ code: "EFBIG", details: { limit: 40_000 } });
    const path = `${general}/messages/${await post("short")}.md`;
    const { text, etag } = await hub.member.vfs.read({ path, fresh: true });
    const long = failureOf(hub.member.vfs.write({ path, text: text.replace("short", "x".repeat(4_001)), ifMatch: etag }));
    expect(await long).toMatchObject({ code: "EFBIG", details: { limit: 4_000 } });
  });

  it("keeps texts of every kind", async () => {
    for (const text of ["/".repeat(300), "👩🏽‍🚀 𠮷野家", "שלום עולם", "a\r\nb", "1 < 2 && 3 > 2", "`code *stays*`"]) {
      await post(text);
      const shown = await read(`${general}/today.md`);
      expect(shown).toContain(text.replace("a\r\nb", "a\\\nb"));
    }
  });

  it("is not there for another workspace", async () => {
    const { vfs } = await hub.stranger();
    expect((await failureOf(vfs.read({ path: `${general}/today.md` }))).code).toBe("ENOTCONN");
  });
});
