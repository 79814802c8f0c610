import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectedHub, failureOf } from "@/server/compose/testing-tool";
import type { ChangeAnswer } from "@/server/vfs/changes";
import type { Node, Receipt } from "@/server/vfs/node";
import { googleWorkspace } from "./index";

/** Drive and Docs through the API, in a hub whose workspace has Google connected as Ann. */

interface Tokens {
  readonly access_token: string;
}

let hub: Awaited<ReturnType<typeof connectedHub<Tokens>>>;
beforeAll(async () => {
  hub = await connectedHub<Tokens>("google-workspace", { integration: googleWorkspace });
});
afterAll(() => hub.close());

const bare = (name: string): string => name.replace(/~[a-z2-7]{8}/, "");
const at = (path: string): string => `${hub.root}/${path}`;
const list = (path: string): Promise<readonly Node[]> => hub.listAll(hub.member.vfs, at(path));
const names = async (path: string): Promise<readonly string[]> => (await list(path)).map(({ name }) => bare(name));
const read = async (path: string, as?: "raw" | "json"): Promise<string> =>
  (await hub.member.vfs.read({ path: at(path), fresh: true, ...(as === undefined ? {} : { as }) })).text;

/** The receipt of a change that was done. */
function receiptOf(answer: ChangeAnswer): Receipt {
  if (answer.kind !== "receipt") throw new Error("A plan came back.");
  return answer.receipt;
}

describe("files of Drive over the API", () => {
  it("stand in the person's drive, in shared drives and among what is shared", async () => {
    expect(await names("drive")).toEqual(["my-drive", "shared-drives", "shared-with-me"]);
    expect(await names("drive/my-drive")).toEqual(expect.arrayContaining(["My work", "Notes.md"]));
    expect(await names("drive/shared-drives")).toEqual(["Acme"]);
    expect(await names("drive/shared-drives/Acme/Team/Engineering/Runbooks")).toEqual(
      expect.arrayContaining(["Runbook: key rotation.md", "Runbook: message broker 4.1.md"]),
    );
    expect(await names("drive/shared-with-me")).toEqual(expect.arrayContaining(["Porto", "Porto: budget.csv"]));
    expect(await names("drive/shared-with-me/Porto")).toEqual(expect.arrayContaining(["Porto: budget.csv", "Fire brigade, protocol.pdf"]));
  });

  it("have one place each: what is shared by itself and in a folder is a link to the folder", async () => {
    await list("drive/shared-with-me/Porto");
    const link = (await list("drive/shared-with-me")).find(({ name }) => bare(name) === "Porto: budget.csv");
    expect(link).toMatchObject({ kind: "link" });
    expect(bare(bare(link?.canonicalPath ?? ""))).toBe(at("drive/shared-with-me/Porto/Porto: budget.csv"));
  });

  it("have shortcuts as links that read through", async () => {
    const shortcut = (await list("drive/my-drive/My work")).find(({ name }) => bare(name) === "Courier app 3.0: plan.md");
    expect(shortcut?.kind).toBe("link");
    const { text } = await hub.member.vfs.read({ path: shortcut?.path ?? "" });
    expect(text).toContain("# Courier app 3.0: plan");
    const lost = (await list("drive/my-drive/My work")).find(({ name }) => bare(name).startsWith("Last year"));
    expect((await failureOf(hub.member.vfs.read({ path: lost?.path ?? "" }))).code).toBe("ENOENT");
  });

  it("read as text where they have one", async () => {
    expect(await read("drive/shared-drives/Acme/Team/Data/Estimates, October.csv")).toContain(
      '2026-10-26,1277,922,72.2 %,"quoted ""again"""',
    );
    expect(await read("drive/shared-drives/Acme/Team/Engineering/Sprint review.txt")).toContain("640 scans, 12 hours, in order");
    expect(await read("drive/shared-drives/Acme/Team/Data/depots.csv")).toBe(
      "id;name;city\r\n1;Hafen;Hamburg\r\n2;Süd;München\r\n3;Kanal;Berlin\r\n4;Foz;Porto\r\n",
    );
    expect(JSON.parse(await read("drive/my-drive/My work/Courier survey.json"))).toMatchObject({
      type: "application/vnd.google-apps.form",
    });
    expect(await names("drive/my-drive/My work")).toEqual(expect.arrayContaining(["Untitled.md", "Van from the side.svg"]));
    expect(await names("drive/my-drive/My work")).not.toContain("Old plan.md");
  });

  it("say that bytes are bytes", async () => {
    const error = await failureOf(hub.member.vfs.read({ path: at("drive/shared-with-me/Porto/Fire brigade, protocol.pdf") }));
    expect(error.code).toBe("ENOTSUP");
  });
});

describe("a document over the API", () => {
  it("is Markdown: headings, lists, tables, links, emphasis", async () => {
    expect(await read("drive/shared-drives/Acme/Team/Engineering/Courier app 3.0: plan.md")).toMatch(
      /^---\ntitle: "?Courier app 3.0: plan"?\nid: ".+"\n---\n\n# Courier app 3.0: plan\n\nWhat couriers told us, in the order of how often they said it:\n\n1\. It signs me out \(ENG-17\)\n2\. /,
    );
    const text = await read("drive/shared-drives/Acme/Team/Engineering/Courier app 3.0: plan.md");
    expect(text).toContain("| Milestone | Owner | When |\n| --- | --- | --- |\n| Sessions survive a key rotation | Ben | this sprint |");
    expect(text).toContain("- tips\n- chat\n  - also no stickers\n");
    expect(text).toContain(
      "Read [the test script](https://docs.acme.example/usability) before Lisbon. Nothing here is **final**, *everything* is ~~late~~ on time.",
    );
  });

  it("has its tabs, chips, pictures and footnotes, and no suggestion that nobody accepted", async () => {
    const text = await read("drive/my-drive/My work/Courier app 3.0: decisions.md");
    expect(text).toContain("<!-- tab: Decisions -->\n\n# Decisions");
    expect(text).toContain("| Sessions | Ben \\| Ann |");
    expect(text).toContain(
      "Asked for by [@Gita Rao](mailto:gita@acme.example), written down in [Sprint review](https://docs.google.com/presentation/d/1/edit) with ![the blue van]().[^1]",
    );
    expect(text).toContain("The map stays light until the courier says otherwise.");
    expect(text).toContain("[^1]: ");
    expect(text).toContain(
      "<!-- tab: Open questions -->\n\nWho tells the couriers?\n\n1. Emi\n2. Gita\n   - in Porto\n\n<!-- tab: Open questions / Later -->\n\n**Tips** and *chat*.",
    );
  });

  it("is listed once more in docs, as a link to its place", async () => {
    await list("drive/shared-drives/Acme/Team/Engineering/Runbooks");
    const docs = await list("docs");
    const runbook = docs.find(({ name }) => bare(name) === "Runbook: key rotation.md");
    expect(runbook).toMatchObject({ kind: "link", objectKind: "document" });
    expect(runbook?.canonicalPath.replaceAll(/~[a-z2-7]{8}/g, "")).toBe(
      at("drive/shared-drives/Acme/Team/Engineering/Runbooks/Runbook: key rotation.md"),
    );
    expect((await hub.member.vfs.read({ path: runbook?.path ?? "" })).text).toContain("The job starts at **02:00 UTC**.");
    expect(await read("docs/Runbook: key rotation.md", "raw")).toContain("# Runbook: key rotation");
  });

  it("is edited inside a paragraph, on what was read, with its formatting kept", async () => {
    const { vfs } = hub.member;
    const path = at("drive/shared-drives/Acme/Team/Engineering/Runbooks/Runbook: key rotation.md");
    const { text, etag } = await vfs.read({ path, fresh: true });
    const wanted = text.replace("**02:00 UTC**", "**03:30 UTC**").replace("Call the bridge", "Call the *bridge*".replaceAll("*", ""));
    receiptOf(await vfs.write({ path, text: wanted, ifMatch: etag }));
    expect((await vfs.read({ path, fresh: true })).text).toBe(wanted);
    expect((await failureOf(vfs.write({ path, text, ifMatch: etag }))).code).toBe("ESTALE");
    receiptOf(await vfs.edit({ path, find: "Look at the open sessions", replace: "Look at the open sessions 🔑 first" }));
    expect((await vfs.read({ path, fresh: true })).text).toContain("1. Look at the open sessions 🔑 first\n");
  });

  it("refuses what Markdown cannot carry back, naming it", async () => {
    const { vfs } = hub.member;
    const path = at("drive/my-drive/My work/Courier app 3.0: decisions.md");
    const attempts: readonly (readonly [string, string, RegExp])[] = [
      ["We ship the beta on Friday.", "We **ship** the beta on Friday.", /formatting cannot be carried back/],
      ["@Gita Rao", "@Emi", /formatting or an object/],
      ["We ship the beta on Friday.", "We ship\n\nthe beta on Friday.", /adds or removes lines/],
      ["stays light until", "stays dim until", /suggest/],
      ["has no power", "has power", /footnote/],
    ];
    for (const [find, replace, words] of attempts) {
      const error = await failureOf(vfs.edit({ path, find, replace }));
      expect([error.code, error.message]).toEqual(["ENOTSUP", expect.stringMatching(words)]);
    }
  });

  it("takes additions at its end, once for one idempotency key", async () => {
    const { vfs } = hub.member;
    const path = at("drive/my-drive/Notes.md");
    const added =
      "## Tomorrow\n\nCall **Ben** about [ENG-17](https://linear.app/acme/issue/ENG-17).\n\n1. first\n   1. inner\n2. second 🙂";
    const append = () => vfs.append({ path, text: `${added}\n`, idempotencyKey: "notes-1" });
    const before = (await vfs.read({ path, fresh: true })).text;
    expect(receiptOf(await append())).toEqual(receiptOf(await append()));
    expect((await vfs.read({ path, fresh: true })).text).toBe(`${before.trimEnd()}\n\n${added}\n`);
  });

  it("is created at the top of My Drive, by way of docs too, and is there at once", async () => {
    const { vfs } = hub.member;
    for (const [directory, title] of [
      ["drive/my-drive", "Beta plan"],
      ["docs", "Beta notes"],
    ] as const) {
      const receipt = receiptOf(
        await vfs.write({ path: at(`${directory}/${title}.md`), text: `# ${title}\n\n- one\n- *two*\n`, ifNoneMatch: "*" }),
      );
      expect(receipt.canonicalPath.replace(/~[a-z2-7]{8}/, "")).toBe(at(`drive/my-drive/${title}.md`));
      expect((await vfs.read({ path: receipt.canonicalPath })).text).toMatch(
        new RegExp(`^---\\ntitle: ${title}\\nid: ".+"\\n---\\n\\n# ${title}\\n\\n- one\\n- \\*two\\*\\n$`),
      );
    }
    const error = await failureOf(vfs.write({ path: at("drive/my-drive/My work/Elsewhere.md"), text: "x", ifNoneMatch: "*" }));
    expect([error.code, error.message]).toEqual(["ENOTSUP", expect.stringContaining("top of My Drive")]);
  });

  it("is not for viewers to change, and not there for another workspace", async () => {
    const path = at("drive/my-drive/Notes.md");
    expect((await failureOf(hub.viewer.vfs.append({ path, text: "no" }))).code).toBe("EACCES");
    const stranger = await hub.stranger();
    expect(["ENOENT", "ENOTCONN"]).toContain((await failureOf(stranger.vfs.read({ path }))).code);
  });
});
