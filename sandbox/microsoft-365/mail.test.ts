import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { at, type GraphClient, recordsOf, startTestMicrosoft365, type TestMicrosoft365, textAt } from "./testing";

/** Outlook's mail as the fact sheet (§2, §3, §8) has it. */

let tool: TestMicrosoft365;
let graph: GraphClient;
beforeAll(async () => {
  tool = await startTestMicrosoft365();
});
afterAll(() => tool.close());
beforeEach(async () => {
  await tool.control.reset();
  graph = await tool.graph();
});

const immutable = { prefer: 'IdType="ImmutableId"' };
const to = (...addresses: readonly string[]) => addresses.map((address) => ({ emailAddress: { address } }));

describe("ids", () => {
  it("by default change when a message moves; immutable ones do not, and are told apart from wrong ones", async () => {
    const draft = await graph("POST", "/me/messages", { subject: "Wanderer" });
    const before = textAt(draft, "id");
    const stable = textAt(await graph("GET", `/me/messages/${before}`, undefined, immutable), "id");
    const moved = await graph("POST", `/me/messages/${before}/move`, { destinationId: "archive" });
    expect(moved.status).toBe(201);
    expect(textAt(moved, "id")).not.toBe(before);
    expect((await graph("GET", `/me/messages/${before}`)).status).toBe(404);
    const now = await graph("GET", `/me/messages/${stable}`, undefined, immutable);
    expect([now.status, textAt(now, "id")]).toEqual([200, stable]);
    expect(now.headers.get("preference-applied")).toContain("ImmutableId");
    expect(at(await graph("GET", `/me/messages/${stable.toLowerCase()}`), "error", "code")).toBe("ErrorInvalidIdMalformed");
    const ben = await tool.graph(undefined, "ben@acme.example");
    expect((await ben("GET", `/me/messages/${stable}`)).status).toBe(404);
  });
});

describe("lists", () => {
  it("page by links that are followed verbatim, and refuse pages that are too big", async () => {
    const all = recordsOf(await graph("GET", "/me/messages?$top=1000&$select=id")).map(({ id }) => id);
    const seen: unknown[] = [];
    for (let next = "/me/messages?$top=3&$select=id"; next !== ""; ) {
      const page = await graph("GET", next);
      expect(recordsOf(page).length).toBeLessThanOrEqual(3);
      seen.push(...recordsOf(page).map(({ id }) => id));
      next = textAt(page, "@odata.nextLink");
    }
    expect(seen).toEqual(all);
    expect((await graph("GET", "/me/messages?$top=1001")).status).toBe(400);
    expect(recordsOf(await graph("GET", "/me/messages"))).toHaveLength(10);
    expect((await graph("GET", "/me/messages?$skiptoken=bm9uc2Vuc2U")).status).toBe(400);
  });

  it("refuse what the model does not have, and an order that does not lead the filter", async () => {
    const codeOf = async (path: string) => at(await graph("GET", path), "error", "code");
    expect(await codeOf("/me/messages?$select=colour")).toBe("RequestBroker--ParseUri");
    expect(await codeOf("/me/messages?$filter=colour eq 'x'")).toBe("ErrorInvalidUrlQueryFilter");
    expect(await codeOf("/me/messages?$search=x")).toBe("RequestBroker--ParseUri");
    expect(await codeOf("/me/messages?$filter=subject eq")).toBe("BadRequest");
    const filtered = "/me/messages?$filter=isRead eq false&$orderby=receivedDateTime desc";
    expect(await codeOf(filtered)).toBe("InefficientFilter");
    const led = "/me/messages?$filter=receivedDateTime ge 2020-01-01T00:00:00Z and isRead eq false&$orderby=receivedDateTime desc";
    expect((await graph("GET", led)).status).toBe(200);
    expect(await codeOf("/me/nothing")).toBe("BadRequest");
    expect((await graph("PUT", "/me/messages")).status).toBe(405);
  });

  it("hide hidden folders, and find well-known ones by name", async () => {
    const names = async (path: string) => recordsOf(await graph("GET", path)).map(({ displayName }) => displayName);
    expect(await names("/me/mailFolders?$top=50")).not.toContain("Sync Issues");
    expect(await names("/me/mailFolders?$top=50&includeHiddenFolders=true")).toContain("Sync Issues");
    for (const name of ["inbox", "drafts", "sentitems", "deleteditems", "archive", "junkemail", "outbox", "msgfolderroot"]) {
      expect((await graph("GET", `/me/mailFolders/${name}`)).status).toBe(200);
    }
    expect((await graph("GET", "/me/mailFolders('inbox')/messages")).status).toBe(200);
  });
});

describe("drafts", () => {
  it("are written in HTML or text, found by a named property, and only drafts are rewritten", async () => {
    const property = { id: "String {00020329-0000-0000-c000-000000000046} Name x", value: "it's" };
    const draft = await graph("POST", "/me/messages", {
      subject: "Draft",
      body: { contentType: "html", content: "<p>Hi</p><script>alert(1)</script>" },
      singleValueExtendedProperties: [property],
    });
    expect(at(draft, "body", "content")).toMatch(/^<html>[\s\S]*<meta [\s\S]*<p>Hi<\/p><\/body><\/html>$/);
    expect(at(draft, "singleValueExtendedProperties")).toBeUndefined();
    const filter = `singleValueExtendedProperties/any(ep: ep/id eq '${property.id}' and ep/value eq 'it''s')`;
    expect(recordsOf(await graph("GET", `/me/messages?$filter=${encodeURIComponent(filter)}`))).toHaveLength(1);
    const text = await graph("GET", `/me/messages/${textAt(draft, "id")}`, undefined, { prefer: 'outlook.body-content-type="text"' });
    expect(at(text, "body")).toEqual({ contentType: "text", content: "Hi" });
    const [received] = recordsOf(await graph("GET", "/me/mailFolders/inbox/messages?$top=1"));
    expect((await graph("PATCH", `/me/messages/${String(received?.id)}`, { subject: "Other" })).status).toBe(400);
    expect((await graph("PATCH", `/me/messages/${String(received?.id)}`, { isRead: false, flag: { flagStatus: "flagged" } })).status).toBe(
      200,
    );
    expect((await graph("POST", "/me/messages", { colour: "red" })).status).toBe(400);
  });

  it("are written by who read them last, where an etag is said", async () => {
    const draft = await graph("POST", "/me/messages", { subject: "One" });
    const path = `/me/messages/${textAt(draft, "id")}`;
    const etag = textAt(draft, "@odata.etag");
    expect((await graph("PATCH", path, { subject: "Two" }, { "if-match": etag })).status).toBe(200);
    const stale = await graph("PATCH", path, { subject: "Three" }, { "if-match": etag });
    expect([stale.status, at(stale, "error", "code")]).toEqual([412, "ErrorIrresolvableConflict"]);
  });

  it("leave for Sent Items and their receivers' inboxes, hidden receivers hidden, once", async () => {
    const ben = await tool.graph(undefined, "ben@acme.example");
    const draft = await graph(
      "POST",
      "/me/messages",
      { subject: "To both", toRecipients: to("ben@acme.example"), bccRecipients: to("finn@acme.example") },
      immutable,
    );
    const id = textAt(draft, "id");
    const sent = await graph("POST", `/me/messages/${id}/send`);
    expect([sent.status, sent.body]).toEqual([202, ""]);
    expect(at(await graph("GET", `/me/messages/${id}`), "isDraft")).toBe(false);
    expect((await graph("POST", `/me/messages/${id}/send`)).status).toBe(400);
    const [copy] = recordsOf(await ben("GET", "/me/mailFolders/inbox/messages?$top=1&$orderby=receivedDateTime desc"));
    expect(copy).toMatchObject({ subject: "To both", isRead: false, bccRecipients: [] });
    const nobody = await graph("POST", "/me/messages", { subject: "To nobody" });
    expect((await graph("POST", `/me/messages/${textAt(nobody, "id")}/send`)).status).toBe(400);
  });

  it("stay in the outbox for as long as Exchange takes", async () => {
    await tool.control.set({ sendDelayMs: 60_000 });
    const draft = await graph("POST", "/me/messages", { subject: "Slow", toRecipients: to("ben@acme.example") }, immutable);
    const id = textAt(draft, "id");
    await graph("POST", `/me/messages/${id}/send`);
    const folderOf = async () => at(await graph("GET", `/me/messages/${id}`), "parentFolderId");
    const outbox = at(await graph("GET", "/me/mailFolders/outbox"), "id");
    expect(await folderOf()).toBe(outbox);
    await tool.control.advanceClock(61_000);
    expect(await folderOf()).toBe(at(await graph("GET", "/me/mailFolders/sentitems"), "id"));
  });

  it("answer a message: to the sender or to all, with a comment or a body, never both", async () => {
    const ben = await tool.graph(undefined, "ben@acme.example");
    await ben("POST", "/me/sendMail", {
      message: { subject: "Question", toRecipients: to("ann@acme.example", "finn@acme.example"), ccRecipients: to("gita@acme.example") },
    });
    const [question] = recordsOf(await graph("GET", "/me/mailFolders/inbox/messages?$top=1&$orderby=receivedDateTime desc"));
    const path = `/me/messages/${String(question?.id)}`;
    const one = await graph("POST", `${path}/createReply`, { comment: "Yes <b>" });
    expect([one.status, at(one, "subject"), at(one, "conversationId")]).toEqual([201, "RE: Question", question?.conversationId]);
    expect(at(one, "body", "content")).toContain("Yes &lt;b&gt;");
    expect(at(one, "toRecipients", 0, "emailAddress", "address")).toBe("ben@acme.example");
    const all = await graph("POST", `${path}/createReplyAll`, { message: { body: { contentType: "text", content: "All" } } });
    const addresses = (name: string) =>
      (at(all, name) as { emailAddress: { address: string } }[]).map(({ emailAddress }) => emailAddress.address);
    expect([addresses("toRecipients"), addresses("ccRecipients")]).toEqual([
      ["ben@acme.example", "finn@acme.example"],
      ["gita@acme.example"],
    ]);
    const both = await graph("POST", `${path}/createReply`, { comment: "a", message: { body: { contentType: "text", content: "b" } } });
    expect(both.status).toBe(400);
    expect((await graph("POST", `${path}/reply`, { comment: "Sent" })).status).toBe(202);
  });
});

describe("attachments", () => {
  it("are listed, given as bytes, taken off, and part of the message that travelled", async () => {
    const file = {
      "@odata.type": "#microsoft.graph.fileAttachment",
      name: "größe.bin",
      contentType: "application/x-a",
      contentBytes: "AAEC",
    };
    const draft = await graph("POST", "/me/messages", { subject: "Grüße 👩🏽‍🚀", attachments: [file] });
    const path = `/me/messages/${textAt(draft, "id")}`;
    const [attachment] = recordsOf(await graph("GET", `${path}/attachments?$select=id,name,contentType,size,isInline`));
    expect(attachment).toMatchObject({ "@odata.type": "#microsoft.graph.fileAttachment", name: "größe.bin" });
    expect(attachment).not.toHaveProperty("contentBytes");
    const bytes = await graph("GET", `${path}/attachments/${String(attachment?.id)}/$value`);
    expect([bytes.headers.get("content-type"), bytes.body]).toEqual(["application/x-a", "\u0000\u0001\u0002"]);
    const mime = String((await graph("GET", `${path}/$value`)).body);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what travels is 7 bit.
    expect(mime).toMatch(/^[\x00-\x7f]*$/);
    expect(mime).toMatch(/\r\nSubject: =\?utf-8\?B\?/);
    expect(mime).toContain("AAEC");
    expect((await graph("DELETE", `${path}/attachments/${String(attachment?.id)}`)).status).toBe(204);
    expect(recordsOf(await graph("GET", `${path}/attachments`))).toEqual([]);
  });
});
