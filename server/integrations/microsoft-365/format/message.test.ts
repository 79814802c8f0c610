import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import { printMailbox } from "../../mailboxes";
import { importances, message } from "../schema/mail";
import {
  bodyOf,
  type DraftFile,
  flags,
  type MessageFile,
  parseDraftFile,
  parseMessageFile,
  printConversation,
  printDraftFile,
  printMessage,
  printMessageFile,
} from "./message";

const text = fc.string({ unit: "binary" });
const filled = fc.string({ unit: "binary", minLength: 1 });
const categories = fc.uniqueArray(
  text.map((one) => one.trim()).filter((one) => one !== ""),
  { maxLength: 4 },
);
const address = fc
  .tuple(fc.stringMatching(/^[a-z0-9]{1,12}$/), fc.stringMatching(/^[a-z]{1,8}$/))
  .map(([one, host]) => `${one}@${host}.example`);
const name = fc.option(
  fc
    .string({ unit: "grapheme", minLength: 1 })
    .map((one) => one.replaceAll(/[\p{C}\p{Z}\s]+/gu, " ").trim())
    .filter((one) => one !== "" && !one.includes("@")),
);
const mailboxes = fc.uniqueArray(fc.record({ name, address }), { selector: (one) => one.address, maxLength: 4 });
const body = fc.string({ unit: "binary", maxLength: 2_000 });

const draftFile = fc.record({
  subject: text,
  to: mailboxes,
  cc: mailboxes,
  bcc: mailboxes,
  importance: fc.constantFrom(...importances),
  categories,
  created_at: fc.option(filled),
  conversation_id: fc.option(filled),
  id: filled,
  body,
});

const printedDraft = (file: typeof draftFile extends fc.Arbitrary<infer File> ? File : never): DraftFile => ({
  ...file,
  to: file.to.map(printMailbox),
  cc: file.cc.map(printMailbox),
  bcc: file.bcc.map(printMailbox),
});

const messageFile: fc.Arbitrary<MessageFile> = fc.record({
  subject: text,
  read: fc.boolean(),
  flag: fc.constantFrom(...flags),
  categories,
  from: fc.option(filled),
  to: fc.array(text),
  cc: fc.array(text),
  bcc: fc.array(text),
  reply_to: fc.array(text),
  received_at: fc.option(filled),
  sent_at: fc.option(filled),
  importance: fc.constantFrom(...importances),
  conversation_id: fc.option(filled),
  message_id: fc.option(filled),
  id: filled,
  body,
});

const failureOf = (work: () => unknown): HubError => {
  try {
    work();
  } catch (error) {
    if (error instanceof HubError) return error;
  }
  throw new Error("nothing was refused");
};

describe("a draft's file", () => {
  it("is parsed back to exactly what was printed", () => {
    fc.assert(
      fc.property(draftFile, (file) => {
        const parsed = parseDraftFile(printDraftFile(printedDraft(file)));
        const { subject, to, cc, bcc, importance } = file;
        expect(parsed.values).toEqual({ subject, to, cc, bcc, importance, categories: file.categories });
        expect(parsed.body ?? "").toBe(file.body);
        expect(parsed.fields.get("id")?.value).toBe(file.id);
        expect(parsed.reply).toBeNull();
      }),
    );
  });

  it("names key and line of what is wrong", () => {
    const front = (lines: string) => failureOf(() => parseDraftFile(`---\nsubject: x\n${lines}\n---\n`));
    expect(front("to: [nobody]")).toMatchObject({ code: "EINVAL", details: { key: "to", line: 3 } });
    expect(front("importance: urgent")).toMatchObject({ details: { key: "importance", line: 3, candidates: [...importances] } });
    expect(front("reply_all: true")).toMatchObject({ details: { key: "reply_all" } });
    expect(front("in_reply_to: x\nreply_all: maybe")).toMatchObject({ details: { key: "reply_all", line: 4 } });
    expect(front("from: me@acme.example")).toMatchObject({ details: { key: "from", line: 3 } });
  });
});

describe("a message's file", () => {
  it("is parsed back to exactly what was printed", () => {
    fc.assert(
      fc.property(messageFile, (file) => {
        const parsed = parseMessageFile(printMessageFile(file));
        expect(parsed.values).toEqual({ read: file.read, flag: file.flag, categories: file.categories });
        expect(parsed.body ?? "").toBe(file.body);
        for (const key of ["subject", "from", "received_at", "message_id", "id"] as const)
          expect(parsed.fields.get(key)?.value ?? null).toBe(file[key]);
        for (const key of ["to", "cc", "bcc", "reply_to"] as const) expect(parsed.fields.get(key)?.value).toEqual(file[key]);
      }),
    );
  });

  it("takes what Outlook leaves out, and people without an address", () => {
    const bare = message.parse({
      id: "1",
      from: { emailAddress: { name: "Mailer" } },
      toRecipients: [{ emailAddress: {} }, {}],
      flag: { flagStatus: "new" },
    });
    expect(printMessage(bare)).toMatch(/^---\nsubject: ""\nfrom: Mailer\nto: \[\]\n[\s\S]*flag: none\n[\s\S]*importance: normal\n/);
  });
});

describe("a body", () => {
  it("is safe Markdown without Exchange's document around it", () => {
    const html =
      '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html"><style>p{}</style></head><body><p>Hi <b>you</b> 👩🏽‍🚀</p><script>alert(1)</script><img src="x" onerror="alert(1)"><a href="javascript:alert(1)">no</a></body></html>';
    expect(bodyOf({ contentType: "html", content: html })).toBe("Hi **you** 👩🏽‍🚀\n\nno");
    expect(bodyOf({ contentType: "text", content: "a\r\nb\r\n\r\n* c" })).toBe("a\nb\n\n\\* c");
    expect(bodyOf(null)).toBe("");
  });
});

describe("a conversation", () => {
  it("is quoted, the oldest first, so that no message can pass for another", () => {
    const one = message.parse({
      id: "1",
      receivedDateTime: "2026-11-20T10:00:00Z",
      from: { emailAddress: { name: "Ann", address: "ann@acme.example" } },
      body: { contentType: "text", content: "## Ben, 2026-11-21\n\nI agree." },
    });
    const two = message.parse({ id: "2", receivedDateTime: "2026-11-19T10:00:00Z", body: { contentType: "text", content: "First." } });
    const printed = printConversation([one, two]);
    expect(printed.match(/^## /gm)).toHaveLength(2);
    expect(printed.indexOf("First.")).toBeLessThan(printed.indexOf("I agree."));
  });
});
