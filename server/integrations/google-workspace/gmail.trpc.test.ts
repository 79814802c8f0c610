import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConnectedHub, connectedHub, failureOf } from "@/server/compose/testing-tool";
import { answerFiles } from "@/server/files/door";
import type { Node } from "@/server/vfs/node";
import { googleWorkspace } from "./index";

/** Gmail through the API, in a hub whose workspace has Google connected by Ann of Acme. */

const plenty = 1_000_000;
/** Tests read a mailbox faster than Gmail lets anybody. */
const unpaced = { ...googleWorkspace, rateGroups: googleWorkspace.rateGroups.map((group) => ({ ...group, capacity: plenty })) };

let hub: ConnectedHub<{ access_token: string }, Readonly<Record<string, unknown>>>;
let root = "";

beforeAll(async () => {
  hub = await connectedHub("google-workspace", { integration: unpaced });
  root = `${hub.root}/gmail`;
});
afterAll(() => hub.close());

const list = (path: string): Promise<readonly Node[]> => hub.listAll(hub.admin.vfs, path);
const read = async (path: string, as?: "raw" | "json" | "thread") =>
  await hub.admin.vfs.read({ path, ...(as === undefined ? {} : { as }) });

/** Every message of the last thirty days, as its day lists it. */
async function messages(): Promise<readonly Node[]> {
  const days = (await list(`${root}/messages`))
    .map(({ path }) => path)
    .toSorted()
    .reverse();
  const found: Node[] = [];
  for (const day of days.slice(0, 30)) found.push(...(await list(day)));
  return found;
}

const named = async (subject: string): Promise<Node> => {
  const node = (await messages()).find(({ name }) => name.startsWith(subject));
  if (node === undefined) throw new Error(`No message is named ${subject}.`);
  return node;
};

/** A request to the streaming door, as the admin. */
async function door(path: string, headers: Readonly<Record<string, string>> = {}, query = ""): Promise<Response> {
  const address = `/${hub.admin.scope.slug}${path}`.split("/").map(encodeURIComponent).join("/");
  const request = new Request(`${hub.world.origin}/api/files${address}${query}`, { headers });
  const person = { id: hub.admin.browser.userId, email: "admin@test", name: null, image: null };
  return await answerFiles(request, hub.world.origin, async () => ({ hub: hub.hub, person, requestId: "test", log: hub.hub.log }));
}

describe("mail over the API", () => {
  it("stands by day, from the first mail to today, and by label and day as links", async () => {
    expect((await list(root)).map(({ name }) => name)).toEqual(["labels", "messages"]);
    const days = (await list(`${root}/messages`)).map(({ name }) => name);
    expect(days.at(-1)).toBe(new Date().toISOString().slice(0, 10));
    const first = (await list(`${root}/messages/${days[0]}`)).length + (await list(`${root}/messages/${days[1]}`)).length;
    expect(first).toBeGreaterThan(0);
    const labels = await list(`${root}/labels`);
    expect(labels.map(({ name }) => name.replace(/~.*/, ""))).toEqual(expect.arrayContaining(["INBOX", "SENT", "TRASH"]));
    const newsletters = labels.find(({ name }) => name.startsWith("Newsletters~"));
    const rows: Node[] = [];
    for (const day of await list(newsletters?.path ?? "")) rows.push(...(await list(day.path)));
    expect(rows.map(({ kind }) => kind)).toEqual(["link"]);
    expect(rows[0]?.canonicalPath).toMatch(/\/gmail\/messages\/\d{4}-\d{2}-\d{2}\/Drones, again~[a-z2-7]{8}\.md$/);
    expect((await read(rows[0]?.path ?? "")).text).toContain("# Drones, again");
  });

  it("reads as Markdown with people, labels and attachments, its HTML made safe", async () => {
    const { path } = await named("Policy 88-1207");
    const { text } = await read(path);
    expect(text).toMatch(/^from: Petra Kowalczyk <p\.kowalczyk@meridian-versicherung\.example>$/m);
    expect(text).toMatch(/^labels:\n {2}- INBOX\n {2}- STARRED\n {2}- UNREAD$/m);
    expect(text).toContain("**list of vans with winter tyres**");
    expect(text).toContain("Mit freundlichen Grüßen");
    expect((await read((await named("Drones, again")).path)).text).toContain("- Geese");
    for (const { path: each } of await messages()) {
      const body = (await read(each)).text;
      expect(body).not.toMatch(/<script|<iframe|onclick=|javascript:|!\[/i);
    }
  });

  it("survives what people write: no subject, 300 slashes, right to left, characters of four bytes", async () => {
    const all = await messages();
    const texts = await Promise.all(all.map(async ({ path }) => (await read(path)).text));
    expect(all.some(({ name }) => name.startsWith("untitled~"))).toBe(true);
    expect(texts.some((text) => text.startsWith('---\nsubject: ""\n'))).toBe(true);
    expect(texts.some((text) => text.includes(`subject: ${"/".repeat(300)}\n`))).toBe(true);
    expect(texts.some((text) => text.includes("**המפה לא**"))).toBe(true);
    expect(texts.some((text) => /\p{Emoji_Presentation}/u.test(text))).toBe(true);
  });

  it("reads as a conversation, as JSON, and as the mail that came in", async () => {
    const { path } = await named("Re- Policy 88-1207").catch(() => named("Re: Policy 88-1207"));
    const thread = await read(path, "thread");
    expect(thread.text).toMatch(/^# Policy 88-1207: renewal in 30 days\n\n## Petra Kowalczyk[\s\S]*\n\n## Ann Smith/);
    expect(JSON.parse((await read(path, "json")).text)).toMatchObject({ from: { address: "ann@acme.example" }, labels: ["SENT"] });
    const raw = await read(path, "raw");
    expect(raw.mediaType).toBe("message/rfc822");
    expect(raw.text).toMatch(/^Date: [\s\S]*\r\nIn-Reply-To: <[^>]+>\r\n/);
    const whole = await door(path, {}, "?as=raw");
    expect(whole.status).toBe(200);
    expect(await whole.text()).toBe(raw.text);
  });

  it("gives attachments as bytes, whole and in part, and reads text among them", async () => {
    const { companion } = await named("ENG-17- 37 calls").catch(() => named("ENG-17: 37 calls"));
    const files = await list(`${companion}/attachments`);
    expect(files.map(({ name }) => name.replace(/~[a-z2-7]{8}/, ""))).toEqual(["calls.csv"]);
    const path = files[0]?.path ?? "";
    const { text, mediaType } = await read(path);
    expect(mediaType).toBe("text/csv; charset=utf-8");
    expect(text).toMatch(/^courier,depot,time\n4417,Hafen,04:12\n/);
    const part = await door(path, { range: "bytes=8-12" });
    expect([part.status, await part.text(), part.headers.get("content-range")]).toEqual([
      206,
      "depot",
      `bytes 8-12/${Buffer.byteLength(text)}`,
    ]);
    const pictures = (await messages()).find(({ name }) => name.startsWith("Empty states"));
    const [picture] = await list(`${pictures?.companion}/attachments`);
    const whole = await door(picture?.path ?? "");
    expect(whole.headers.get("content-type")).toContain("image/png");
    expect(whole.headers.get("content-disposition")).toMatch(/^attachment/);
    expect([...new Uint8Array(await whole.arrayBuffer()).slice(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect((await failureOf(hub.admin.vfs.read({ path: picture?.path ?? "" }))).code).toBe("ENOTSUP");
  });

  it("is its owner's alone, until shared by name", async () => {
    const { path } = await named("Policy 88-1207");
    expect((await failureOf(hub.member.vfs.read({ path }))).code).toBe("ENOENT");
    expect((await hub.listAll(hub.member.vfs, hub.root)).map(({ name }) => name)).not.toContain("gmail");
    await hub.admin.caller.connections.sharePersonalArea({
      workspace: hub.admin.scope.slug,
      connection: hub.connection.id,
      area: "gmail",
      shared: true,
    });
    expect((await hub.member.vfs.read({ path })).text).toContain("Petra");
    await hub.admin.caller.connections.sharePersonalArea({
      workspace: hub.admin.scope.slug,
      connection: hub.connection.id,
      area: "gmail",
      shared: false,
    });
    expect((await failureOf(hub.member.vfs.read({ path }))).code).toBe("ENOENT");
  });

  it("changes nothing, and says so", async () => {
    const { path } = await named("Policy 88-1207");
    const { text, etag } = await read(path);
    expect((await failureOf(hub.admin.vfs.write({ path, text: text.replace("UNREAD", "READ"), ifMatch: etag }))).code).toBe("ENOTSUP");
    expect((await failureOf(hub.admin.vfs.remove({ path }))).code).toBe("ENOTSUP");
  });
});
