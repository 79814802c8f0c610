import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordsOf, textAt } from "@/sandbox/microsoft-365/testing";
import { failureOf } from "@/server/compose/testing-tool";
import { mountConformance } from "@/server/vfs/conformance";
import { listCapabilities } from "../../manifests";
import { microsoft365Manifest } from "../manifest";
import { drafts, mail, named, root, startWorld, type World } from "./testing";

/** OneDrive and contacts through the API, who sees what of a shared connection, and what every mount must do. */

const files = `${root}/files`;
const month = new Date(Date.now() + 70 * 86_400_000).toISOString().slice(0, 7);

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.hub.close());

/** Puts a file at the top of Ann's drive, at Graph itself. */
async function upload(name: string, bytes: Uint8Array<ArrayBuffer>, type: string): Promise<string> {
  const { access_token } = await world.hub.sandbox.connect(["Files.ReadWrite"]);
  const response = await fetch(`${world.hub.sandbox.origin}/v1.0/me/drive/root:/${encodeURIComponent(name)}:/content`, {
    method: "PUT",
    headers: { authorization: `Bearer ${access_token}`, "content-type": type },
    body: bytes,
  });
  expect(response.status).toBe(201);
  await world.freshNodesOf(files);
  return `${files}/${name}`;
}

describe("OneDrive over the API", () => {
  it("is folders and files; text is read, a shortcut to another drive is a record", async () => {
    expect(named(await world.nodesOf(files))).toEqual(expect.arrayContaining(["My work", "Team"]));
    const [folder] = (await world.nodesOf(files)).filter(({ name }) => name.startsWith("My work"));
    const inside = await world.nodesOf(folder?.path ?? "");
    expect(named(inside)).toEqual(expect.arrayContaining(["Draft.md", "Draft 1.md", "Empty.md", "Untitled.md"]));
    expect((await world.vfs.read({ path: `${folder?.path}/Draft 1.md` })).text).toBe("The second draft.\n");
    expect((await world.vfs.read({ path: `${folder?.path}/Empty.md` })).text).toBe("");
    const shared = await world.ann("GET", "/me/drive/root/children");
    expect(recordsOf(shared).length).toBeGreaterThan(0);
  });

  it("gives bytes whole and in parts, from the signed address, to which no token goes", async () => {
    const bytes = Uint8Array.from({ length: 5_000 }, (_, index) => index % 251);
    const path = await upload("scan 1.bin", bytes, "application/octet-stream");
    const node = await world.vfs.stat({ path });
    expect(node).toMatchObject({ binary: true, sizeBytes: 5_000, mediaType: "application/octet-stream" });
    // The sandbox answers 401 to a request that brings a token to the signed address.
    const whole = await world.door(path);
    expect(whole.status).toBe(200);
    expect(whole.headers.get("x-content-type-options")).toBe("nosniff");
    expect(new Uint8Array(await whole.arrayBuffer())).toEqual(bytes);
    const part = await world.door(path, { range: "bytes=100-199" });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 100-199/5000"]);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.subarray(100, 200));
    const tail = await world.door(path, { range: "bytes=4990-" });
    expect(new Uint8Array(await tail.arrayBuffer())).toEqual(bytes.subarray(4_990));
    expect((await world.door(path, { range: "bytes=9000-" })).status).toBe(416);
    expect((await failureOf(world.vfs.read({ path }))).code).toBe("ENOTSUP");
  });

  it("says so where a file of a text's type is no text, and gives its bytes all the same", async () => {
    const path = await upload("latin.txt", new Uint8Array([0xe4, 0xf6, 0xfc]), "text/plain");
    expect((await failureOf(world.vfs.read({ path }))).code).toBe("ENOTSUP");
    const answer = await world.door(path, {}, "?as=raw");
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(new Uint8Array([0xe4, 0xf6, 0xfc]));
    // What follows reads everything that there is.
    await world.ann("DELETE", `/me/drive/items/${(await world.vfs.stat({ path })).externalId}`);
    await world.freshNodesOf(files);
  });

  it("is read only, as contacts are", async () => {
    expect(await failureOf(world.vfs.write({ path: `${files}/New.md`, text: "x", ifNoneMatch: "*" }))).toMatchObject({ code: "ENOTSUP" });
    expect(await failureOf(world.vfs.write({ path: `${root}/contacts/New.json`, text: "{}", ifNoneMatch: "*" }))).toMatchObject({
      code: "ENOTSUP",
    });
  });
});

describe("contacts over the API", () => {
  it("are records, folder by folder, and vCards", async () => {
    expect(named(await world.nodesOf(`${root}/contacts`))).toEqual(["Partners", "Petra Kowalczyk.json", "Renée Müller-Østergård.json"]);
    expect(named(await world.nodesOf(`${root}/contacts/Partners`))).toContain("王小明.json");
    const path = `${root}/contacts/Petra Kowalczyk.json`;
    expect(JSON.parse((await world.vfs.read({ path })).text)).toMatchObject({
      name: "Petra Kowalczyk",
      company: "Meridian Versicherung",
      emails: [{ address: "p.kowalczyk@meridian-versicherung.example" }],
      business_phones: ["+49 30 5550 142"],
    });
    const card = await world.vfs.read({ path, as: "raw" });
    expect(card.mediaType).toMatch(/^text\/vcard/);
    expect(card.text).toMatch(
      /^BEGIN:VCARD\r\nVERSION:4\.0\r\nFN:Petra Kowalczyk\r\nN:Kowalczyk;Petra;;;\r\n[\s\S]*TEL;TYPE=work:\+49 30 5550 142/,
    );
  });
});

describe("a shared connection", () => {
  it("shows files to everybody, mail, calendars and contacts to whom they belong, until shared by name", async () => {
    const { member, admin, connection } = world.hub;
    expect(named(await world.hub.listAll(member.vfs, root))).toEqual(["files"]);
    expect((await failureOf(member.vfs.stat({ path: mail }))).code).toBe("ENOENT");
    await admin.caller.connections.sharePersonalArea({
      workspace: admin.scope.slug,
      connection: connection.id,
      area: "contacts",
      shared: true,
    });
    expect(named(await world.hub.listAll(member.vfs, root))).toEqual(["contacts", "files"]);
    expect((await failureOf(member.vfs.stat({ path: mail }))).code).toBe("ENOENT");
  });

  it("never asks one mailbox for more than four things at once", async () => {
    const days = (await world.nodesOf(`${mail}/Inbox`)).slice(0, 16);
    await Promise.all(days.map(({ path }) => world.vfs.list({ path, fresh: true })));
    const { mostAtOnce } = await world.hub.sandbox.control.state();
    expect(mostAtOnce).toBeLessThanOrEqual(4);
    expect(textAt(await world.ann("GET", "/me"), "mail")).toBe("ann@acme.example");
  });
});

const calendar = `${root}/calendar/Calendar`;
mountConformance("Microsoft 365", {
  operations: ["stat", "list", "read", "write", "edit", "move", "remove", "execute"],
  words: listCapabilities(microsoft365Manifest),
  start: async () => ({
    files: world.hub.hub.files,
    scope: world.hub.admin.scope,
    root,
    stranger: (await world.hub.stranger()).scope,
    settle: () => world.hub.settle(),
    colleague: { scope: world.hub.member.scope, hidden: ["mail", "calendar"] },
  }),
  cases: [
    { words: ["read:mail"], does: "list", path: mail, atLeast: 7 },
    { words: ["read:calendar"], does: "list", path: `${calendar}/series`, atLeast: 2 },
    { words: ["read:files"], does: "list", path: `${files}/My work`, atLeast: 4 },
    { words: ["read:contacts"], does: "read", path: `${root}/contacts/Petra Kowalczyk.json`, as: "raw", contains: "BEGIN:VCARD" },
    {
      words: ["write:mail"],
      does: "create",
      path: `${drafts}/Parcel scanner.md`,
      text: "---\nto: [ben@acme.example]\n---\n\nIt beeps **twice**.\n",
      contains: "It beeps **twice**.",
    },
    { words: ["write:mail"], does: "edit", path: `${drafts}/Parcel scanner.md`, find: "importance: normal", replace: "importance: high" },
    { words: ["read:mail"], does: "read", path: `${drafts}/Parcel scanner.md`, as: "json", contains: '"importance": "high"' },
    { words: ["write:mail"], does: "remove", path: `${drafts}/Parcel scanner.md` },
    {
      words: ["write:calendar"],
      does: "create",
      path: `${calendar}/${month}/Parcel day.md`,
      text: `---\nstart: "${month}-10"\nend: "${month}-11"\n---\n\nBring **tape**.\n`,
      contains: "Bring **tape**.",
    },
    {
      words: ["write:calendar"],
      does: "edit",
      path: `${calendar}/${month}/Parcel day.md`,
      find: "location: null",
      replace: "location: Porto",
    },
    { words: ["write:calendar"], does: "remove", path: `${calendar}/${month}/Parcel day.md` },
  ],
});
