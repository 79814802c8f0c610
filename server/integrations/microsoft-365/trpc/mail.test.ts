import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failureOf } from "@/server/compose/testing-tool";
import { drafts, mail, named, receiptOf, root, startWorld, subjectsOf, today, type World, withField } from "./testing";

/** Mail through the API. */

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.hub.close());

describe("mail, read over the API", () => {
  it("stands by folder and day, with the drafts and the outbox under their names", async () => {
    expect(named(await world.nodesOf(root))).toEqual(["calendar", "contacts", "files", "mail"]);
    const folders = named(await world.nodesOf(mail));
    expect(folders).toEqual(expect.arrayContaining(["Archive", "Deleted Items", "drafts", "Inbox", "Newsletters", "outbox", "Sent Items"]));
    expect(folders).not.toContain("Drafts");
    expect(folders).not.toContain("Sync Issues");
    const days = (await world.nodesOf(`${mail}/Inbox`)).map(({ name }) => name);
    expect(days).toContain(today());
    expect(days.every((day) => /^\d{4}-\d{2}-\d{2}$/.test(day))).toBe(true);
    expect((await world.messagesOf("Inbox")).length).toBeGreaterThan(3);
  });

  it("is front matter and a body of safe Markdown; as a thread, as JSON, and as the message that travelled", async () => {
    const html = (await world.messagesOf("Inbox")).concat(await world.messagesOf("Newsletters"));
    for (const { path } of html) {
      const { text } = await world.vfs.read({ path });
      expect(text).toMatch(/^---\nsubject: /);
      expect(text).not.toMatch(/<script|<img|onerror=|javascript:/i);
    }
    const [first] = html;
    const path = first?.path ?? "";
    expect(JSON.parse((await world.vfs.read({ path, as: "json" })).text)).toMatchObject({
      id: expect.stringContaining("AAkALg"),
      draft: false,
    });
    expect((await world.vfs.read({ path, as: "thread" })).text).toMatch(/^## .+, \d{4}-/);
    const raw = await world.vfs.read({ path, as: "raw" });
    expect(raw).toMatchObject({ mediaType: "message/rfc822", text: expect.stringMatching(/^From: /) });
    expect(await (await world.door(path, {}, "?as=raw")).text()).toBe(raw.text);
  });

  it("keeps emoji, right-to-left, an empty subject and one of nothing but slashes", async () => {
    const seeded = await world.messagesOf("Inbox");
    expect(seeded.map(({ name }) => name)).toEqual(expect.arrayContaining([expect.stringMatching(/^No subject~/)]));
    await world.ann("POST", "/me/sendMail", {
      message: {
        subject: "/".repeat(300),
        body: { contentType: "html", content: "<p>שלום 👩🏽‍🚀 𝔘𝔫𝔦</p><p>one<br>two</p>" },
        toRecipients: [{ emailAddress: { address: "ann@acme.example" } }],
      },
    });
    const inbox = `${mail}/Inbox/${today()}`;
    const slashes = (await world.freshNodesOf(inbox)).find(({ name }) => !/[A-Za-z]/.test(name.split("~")[0] ?? ""));
    const text = await world.textOf(slashes?.path ?? "");
    expect(text).toContain(`subject: ${"/".repeat(255)}\n`);
    expect(text).toContain("שלום 👩🏽‍🚀 𝔘𝔫𝔦\n\none\ntwo");
  });

  it("gives attachments as bytes, through the door", async () => {
    const created = await world.ann("POST", "/me/messages", {
      subject: "With a file",
      attachments: [
        { "@odata.type": "#microsoft.graph.fileAttachment", name: "a b.bin", contentType: "application/x-thing", contentBytes: "AAEC/w==" },
      ],
    });
    expect(created.status).toBe(201);
    await world.freshNodesOf(drafts);
    const [node] = await world.nodesOf(`${drafts}/With a file.d/attachments`);
    expect(node).toMatchObject({ kind: "file", binary: true, mediaType: "application/x-thing" });
    const answer = await world.door(node?.path ?? "");
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(new Uint8Array([0, 1, 2, 255]));
    expect(answer.headers.get("content-disposition")).toMatch(/^attachment/);
    expect((await failureOf(world.vfs.read({ path: node?.path ?? "" }))).code).toBe("ENOTSUP");
  });
});

describe("mail, written over the API", () => {
  it("is flagged, marked read and put into categories, on what was read", async () => {
    const { path } = await world.messageNamed("Inbox", "");
    const { text, etag } = await world.vfs.read({ path, fresh: true });
    const wanted = withField(withField(text, "flag", "flagged"), "categories", "[Blue, Urgent]");
    const receipt = receiptOf(await world.vfs.write({ path, text: wanted, ifMatch: etag }));
    expect(receipt.steps[0]?.changes.map(({ field }) => field)).toEqual(["flag", "categories"]);
    expect(await world.textOf(path)).toMatch(/^flag: flagged\ncategories:\n {2}- Blue\n {2}- Urgent$/m);
    expect((await failureOf(world.vfs.write({ path, text, ifMatch: etag }))).code).toBe("ESTALE");
    await world.change(path, (now) => withField(withField(now, "read", "false"), "flag", "complete"));
    expect(await world.textOf(path)).toMatch(/^read: false\nflag: complete$/m);
    await world.change(path, (now) => withField(withField(now, "categories", "null"), "flag", "null"));
    expect(await world.textOf(path)).toMatch(/^flag: none\ncategories: \[\]$/m);
  });

  it("stays as it was sent: other keys and the body are refused, naming them", async () => {
    const { path } = await world.messageNamed("Inbox", "");
    const { text, etag } = await world.vfs.read({ path, fresh: true });
    const subject = await failureOf(world.vfs.write({ path, text: withField(text, "subject", "Another"), ifMatch: etag }));
    expect(subject).toMatchObject({ code: "EINVAL", details: { key: "subject", line: 2 } });
    expect((await failureOf(world.vfs.write({ path, text: `${text}\nmore\n`, ifMatch: etag }))).code).toBe("ENOTSUP");
  });

  it("moves between folders, keeps its handle, and moves back", async () => {
    const node = await world.messageNamed("Inbox", "");
    const [, day = ""] = /\/(\d{4}-\d{2}-\d{2})\//.exec(node.path) ?? [];
    const folders = await world.nodesOf(mail);
    const archive = folders.find(({ name }) => name.startsWith("Archive"))?.path ?? "";
    const inbox = folders.find(({ name }) => name.startsWith("Inbox"))?.path ?? "";
    const receipt = receiptOf(await world.vfs.move({ path: node.path, to: archive }));
    expect(receipt.canonicalPath).toBe(`${archive}/${day}/${node.name}`);
    expect((await failureOf(world.vfs.stat({ path: node.path }))).code).toBe("ENOENT");
    expect(await world.vfs.stat({ path: receipt.canonicalPath })).toMatchObject({ externalId: node.externalId });
    const wrongDay = await failureOf(world.vfs.move({ path: receipt.canonicalPath, to: `${inbox}/${today()}` }));
    expect(wrongDay.message).toContain(day);
    expect(receiptOf(await world.vfs.move({ path: receipt.canonicalPath, to: inbox })).canonicalPath).toBe(node.path);
  });

  it("is removed to Deleted Items, and not from there", async () => {
    await world.ben("POST", "/me/sendMail", {
      message: { subject: "To be removed", toRecipients: [{ emailAddress: { address: "ann@acme.example" } }] },
    });
    const inbox = `${mail}/Inbox/${today()}`;
    const node = (await world.freshNodesOf(inbox)).find(({ name }) => name.startsWith("To be removed"));
    receiptOf(await world.vfs.remove({ path: node?.path ?? "" }));
    expect(await subjectsOf(world.ann, "deleteditems")).toContain("To be removed");
    const deleted = (await world.freshNodesOf(`${mail}/Deleted Items/${today()}`)).find(({ name }) => name.startsWith("To be removed"));
    expect((await failureOf(world.vfs.remove({ path: deleted?.path ?? "" }))).code).toBe("ENOTSUP");
  });
});

describe("drafts over the API", () => {
  it("are written, edited, planned to be sent, and sent by moving them to the outbox", async () => {
    const made = await world.makeDraft(
      "Depot opening",
      "to: [Ben Okafor <ben@acme.example>]\n",
      "Dear Ben,\n\n- **Friday**\n- at _nine_ 🎉",
    );
    expect(made.canonicalPath).toMatch(/\/mail\/drafts\/Depot opening~[a-z2-7]{8}\.md$/);
    const path = made.canonicalPath;
    expect(await world.textOf(path)).toContain("- **Friday**\n- at _nine_ 🎉");
    await world.change(path, (text) =>
      withField(withField(text, "cc", "[chloe@acme.example]"), "importance", "high").replace("Friday", "Saturday"),
    );
    expect(await world.textOf(path)).toMatch(/^cc:\n {2}- .*chloe@acme\.example/m);

    const planned = await world.vfs.move({ path, to: `${mail}/outbox`, dryRun: true });
    if (planned.kind !== "plan") throw new Error("a plan was expected");
    expect(planned.plan.effects).toEqual(["Mails 2 people: ben@acme.example, chloe@acme.example."]);
    expect(await subjectsOf(world.ben, "inbox")).not.toContain("Depot opening");
    const receipt = receiptOf(await world.vfs.execute({ plan: planned.plan.id }));
    expect(receipt).toMatchObject({ changed: true, undo: null });
    expect((await subjectsOf(world.ben, "inbox")).filter((subject) => subject === "Depot opening")).toHaveLength(1);
    expect((await failureOf(world.vfs.stat({ path }))).code).toBe("ENOENT");
    const sent = await world.messageNamed("Sent Items", "Depot opening");
    expect(await world.textOf(sent.path)).toContain("- **Saturday**");
  });

  it("are not written into the outbox, and not sent without recipients", async () => {
    const refused = await failureOf(world.vfs.write({ path: `${mail}/outbox/Now.md`, text: "Hello", ifNoneMatch: "*" }));
    expect(refused).toMatchObject({ code: "ENOTSUP", message: expect.stringContaining("mail/drafts") });
    const { canonicalPath } = await world.makeDraft("Nobody", "");
    const sendings = await world.callsOf("POST /me/messages/{message}/send");
    expect((await failureOf(world.vfs.move({ path: canonicalPath, to: `${mail}/outbox` }))).code).toBe("EINVAL");
    expect(await world.callsOf("POST /me/messages/{message}/send")).toBe(sendings);
    expect((await failureOf(world.vfs.move({ path: canonicalPath, to: `${mail}/Archive` }))).code).toBe("ENOTSUP");
  });

  it("answer a message, one person or all, in its conversation", async () => {
    const { path } = await world.messageNamed("Inbox", "To be answered").catch(async () => {
      await world.ben("POST", "/me/sendMail", {
        message: {
          subject: "To be answered",
          toRecipients: [{ emailAddress: { address: "ann@acme.example" } }],
          ccRecipients: [{ emailAddress: { address: "finn@acme.example" } }],
        },
      });
      await world.freshNodesOf(`${mail}/Inbox/${today()}`);
      return await world.messageNamed("Inbox", "To be answered");
    });
    const conversation = /^conversation_id: (.*)$/m.exec(await world.textOf(path))?.[1];
    const one = await world.textOf((await world.makeDraft("Answer one", `in_reply_to: ${path}\n`, "Yes.")).canonicalPath);
    expect(one).toMatch(/^subject: "?RE: To be answered"?$/m);
    expect(one).toMatch(/^to:\n {2}- Ben Okafor <ben@acme\.example>\ncc: \[\]$/m);
    expect(one).toContain(`conversation_id: ${conversation}`);
    expect(one).toMatch(/\n\nYes\.\n$/);
    const all = await world.textOf(
      (await world.makeDraft("Answer all", `in_reply_to: ${path.split("/").at(-1)}\nreply_all: true\n`, "Yes, all.")).canonicalPath,
    );
    expect(all).toMatch(/^cc:\n {2}- .*finn@acme\.example/m);
    const nowhere = await failureOf(
      world.vfs.write({ path: `${drafts}/X.md`, text: "---\nin_reply_to: Nowhere~aaaaaaaa\n---\n", ifNoneMatch: "*" }),
    );
    expect(nowhere).toMatchObject({ code: "EINVAL", details: { key: "in_reply_to", line: 2 } });
  });

  it("are made once although the answer was lost, and once for one idempotency key", async () => {
    await world.hub.sandbox.control.addFault({ match: { operation: "POST /me/messages" }, effect: { kind: "lost_answer" } });
    await world.makeDraft("Lost draft", "to: [ben@acme.example]\n");
    const write = () =>
      world.vfs.write({
        path: `${drafts}/Keyed draft.md`,
        text: "---\nto: [ben@acme.example]\n---\n\nOnce.\n",
        ifNoneMatch: "*",
        idempotencyKey: "keyed",
      });
    const first = await write();
    expect(await write()).toEqual(first);
    const subjects = await subjectsOf(world.ann, "drafts");
    for (const subject of ["Lost draft", "Keyed draft"]) expect(subjects.filter((each) => each === subject)).toHaveLength(1);
  });

  it("are sent once although the answer was lost, and told apart from one that was not sent", async () => {
    const { canonicalPath } = await world.makeDraft("Lost sending", "to: [ben@acme.example]\n");
    await world.hub.sandbox.control.addFault({ match: { operation: "POST /me/messages/{message}/send" }, effect: { kind: "lost_answer" } });
    const before = await world.callsOf("POST /me/messages/{message}/send");
    expect(receiptOf(await world.vfs.move({ path: canonicalPath, to: `${mail}/outbox` })).changed).toBe(true);
    expect(await world.callsOf("POST /me/messages/{message}/send")).toBe(before + 1);
    expect((await subjectsOf(world.ben, "inbox")).filter((subject) => subject === "Lost sending")).toHaveLength(1);

    const other = await world.makeDraft("Not sent", "to: [ben@acme.example]\n");
    await world.hub.sandbox.control.addFault({ match: { operation: "POST /me/messages/{message}/send" }, effect: { kind: "reset" } });
    expect(await failureOf(world.vfs.move({ path: other.canonicalPath, to: `${mail}/outbox` }))).toMatchObject({
      code: "EIO",
      details: { outcome: "unknown" },
    });
    expect(await subjectsOf(world.ben, "inbox")).not.toContain("Not sent");
    expect(receiptOf(await world.vfs.move({ path: other.canonicalPath, to: `${mail}/outbox` })).changed).toBe(true);
    expect((await subjectsOf(world.ben, "inbox")).filter((subject) => subject === "Not sent")).toHaveLength(1);
  });

  it("whose body was made in Outlook with what Markdown has not keep it; their fields can be written", async () => {
    await world.ann("POST", "/me/messages", {
      subject: "Styled",
      body: { contentType: "html", content: '<p style="color:red">Red <u>line</u></p>' },
    });
    await world.freshNodesOf(drafts);
    const path = `${drafts}/Styled.md`;
    const { text, etag } = await world.vfs.read({ path, fresh: true });
    const refused = await failureOf(world.vfs.write({ path, text: text.replace("Red", "Blue"), ifMatch: etag }));
    expect(refused).toMatchObject({ code: "ENOTSUP", message: expect.stringContaining("<u>") });
    await world.change(path, (now) => withField(now, "to", "[ben@acme.example]"));
    expect(await world.textOf(path)).toMatch(/^to:\n {2}- .*ben@acme\.example/m);
  });
});
