import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFile } from "../../../front-matter";
import { maxHtmlLength } from "../../../rich-text";
import type { Message, MessagePart } from "../../schema/gmail";
import { decodeText, decodeWords, findUtf8 } from "./charset";
import { findAddresses, parseParameters } from "./headers";
import { printMessage, printThread } from "./message";
import { attachmentsOf } from "./parts";

/** Mail as the world sends it: charsets, encoded words, groups, parts within parts. */

const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64url");

const part = (
  mimeType: string,
  content: Uint8Array | string,
  more: Partial<MessagePart> & { readonly type?: string } = {},
): MessagePart => ({
  mimeType,
  filename: more.filename ?? "",
  partId: more.partId ?? "0",
  headers: [{ name: "Content-Type", value: more.type ?? mimeType }, ...(more.headers ?? [])],
  body: more.body ?? { size: Buffer.from(content).length, data: base64(content) },
});

const multipart = (kind: string, ...parts: readonly MessagePart[]): MessagePart => ({
  mimeType: `multipart/${kind}`,
  filename: "",
  partId: "",
  headers: [],
  body: { size: 0 },
  parts,
});

function message(payload: MessagePart, headers: Readonly<Record<string, string>> = {}): Message {
  const own = Object.entries(headers).map(([name, value]) => ({ name, value }));
  return {
    id: "18f1",
    threadId: "18f0",
    labelIds: ["INBOX", "Label_1"],
    internalDate: "1725184800000",
    payload: { ...payload, headers: [...own, ...(payload.headers ?? [])] },
  };
}

const never = () => () => Promise.reject(new Error("Nothing is to be fetched."));
const bodyOf = async (payload: MessagePart): Promise<string | null> => parseFile(await printMessage(message(payload), [], never)).body;

describe("text of parts", () => {
  it("is read in the charset that it came in, or in UTF-8 where Gmail made it that", async () => {
    const latin = part("text/plain", Buffer.from("Grüße", "latin1"), { type: "text/plain; charset=ISO-8859-1" });
    const turned = part("text/plain", "Grüße", { type: "text/plain; charset=ISO-8859-1" });
    expect([await bodyOf(latin), await bodyOf(turned)]).toEqual(["Grüße", "Grüße"]);
    expect(decodeText(Buffer.from("1b2442467c4b5c1b2842", "hex"), "ISO-2022-JP")).toBe("日本");
    expect(decodeText(Buffer.from("93fa967b", "hex"), "Shift_JIS")).toBe("日本");
    expect(decodeText(Buffer.from([0x80, 0x35]), null)).toBe("€5");
    expect(decodeText(Buffer.from([0x80]), "no-such-charset")).toBe("€");
    expect(findUtf8(Buffer.from([0xff]))).toBeNull();
  });

  it("is the same for any text in UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(decodeText(new TextEncoder().encode(text), "utf-8")).toBe(text.replace(/^\uFEFF/, ""));
      }),
    );
  });

  it("is the richest alternative that says something, made safe", async () => {
    const plain = part("text/plain", "plain");
    const rich = part("text/html", "<p onclick='x()'>rich <b>text</b><script>alert(1)</script></p>", { partId: "1" });
    expect(await bodyOf(multipart("alternative", plain, rich))).toBe("rich **text**");
    expect(await bodyOf(multipart("alternative", plain, part("text/html", "<style>p{}</style><img src='https://t.example/x.gif'>")))).toBe(
      "plain",
    );
    expect(await bodyOf(multipart("mixed", plain, multipart("related", rich), part("text/plain", "below")))).toBe(
      "plain\n\nrich **text**\n\nbelow",
    );
    expect(await bodyOf(multipart("mixed"))).toBeNull();
  });

  it("of plain mail keeps its lines, and joins those that format=flowed broke", async () => {
    expect(await bodyOf(part("text/plain", "Hello,\r\n\r\n# no heading\r\n> quoted\r\n-- \r\nAnn"))).toBe(
      "Hello,\n\n\\# no heading\n\\> quoted\n\\--\nAnn",
    );
    const flowed = part("text/plain", "one \r\nline\r\nanother", { type: 'text/plain; format="flowed"' });
    expect(await bodyOf(flowed)).toBe("one line\nanother");
  });

  it("that is too long to convert says where the whole is", async () => {
    expect(await bodyOf(part("text/html", "x".repeat(maxHtmlLength + 1)))).toMatch(/^_.*raw form\._$/);
  });

  it("that came by reference is fetched", async () => {
    const reference = part("text/plain", "", { body: { size: 5, attachmentId: "large" } });
    const text = await printMessage(
      message(reference),
      [],
      (id) => async (attachmentId) => new TextEncoder().encode(`${id} ${attachmentId}`),
    );
    expect(parseFile(text).body).toBe("18f1 large");
  });
});

describe("headers", () => {
  it("are decoded, also where a character is cut between two words", () => {
    expect(decodeWords("=?UTF-8?B?R3LDvMOf?= =?iso-8859-1?Q?e_aus_K=F6ln?=")).toBe("Grüße aus Köln");
    expect(decodeWords("=?UTF-8?Q?=F0=9F=98?=\r\n =?UTF-8?Q?=80?= plain =?x")).toBe("😀 plain =?x");
    expect(decodeWords("=?UTF-8*de?Q?Z=C3=BCrich?=")).toBe("Zürich");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (text) => {
        expect(decodeWords(`=?utf-8?B?${Buffer.from(text).toString("base64")}?=`)).toBe(text.replace(/^\uFEFF/, ""));
      }),
    );
  });

  it.each([
    ["Ann Smith <ann@x.example>, bo@y.example", ["Ann Smith ann@x.example", "null bo@y.example"]],
    ['"Smith, Ann (CEO)" <ann@x.example>', ["Smith, Ann (CEO) ann@x.example"]],
    ["Team: ann@x.example, Bo <bo@y.example>;", ["null ann@x.example", "Bo bo@y.example"]],
    ["undisclosed-recipients:;", []],
    ["ann@x.example (Ann, at work)", ["null ann@x.example"]],
    ["=?UTF-8?B?5L2Q6Jek?= <emi@x.example>", ["佐藤 emi@x.example"]],
    ["", []],
  ])("name the people of %j", (value, people) => {
    const found = findAddresses({ headers: [{ name: "To", value }] }, "to");
    expect(found.map(({ name, address }) => `${name} ${address}`)).toEqual(people);
  });

  it("have parameters, quoted or not", () => {
    expect(parseParameters('Text/HTML; charset="utf-8"; name="a;b\\"c"; x=1')).toEqual({
      value: "text/html",
      parameters: { charset: "utf-8", name: 'a;b"c', x: "1" },
    });
    expect(parseParameters(null)).toEqual({ value: "", parameters: {} });
  });
});

describe("attachments", () => {
  it("are the parts with names, and what no reader shows; a mail in a mail is one", () => {
    const found = attachmentsOf(
      multipart(
        "mixed",
        part("text/plain", "body"),
        part("text/plain", "notes", { filename: "notes.txt", partId: "1" }),
        part("text/calendar", "BEGIN:VCALENDAR", { partId: "2" }),
        part("text/html", "<p>x</p>", { partId: "3", headers: [{ name: "Content-Disposition", value: "attachment" }] }),
        {
          ...multipart("x", part("text/plain", "inside", { filename: "in.txt" })),
          mimeType: "message/rfc822",
          partId: "4",
          body: { size: 9, attachmentId: "a" },
        },
        part("image/png", "png", { partId: "5", filename: "=?UTF-8?Q?B=C3=A4r.png?=" }),
      ),
    );
    expect(found.map(({ partId, name }) => [partId, name])).toEqual([
      ["1", "notes.txt"],
      ["2", "part 2.ics"],
      ["3", "part 3.html"],
      ["4", "part 4.eml"],
      ["5", "Bär.png"],
    ]);
  });
});

describe("a message's file", () => {
  it("is front matter that reads back, whatever the headers hold", async () => {
    const text = fc.oneof(
      fc.constantFrom("", "Hi", "😀 𝒳", "مرحبا", "/".repeat(300), "a: b # c", "null", "---", "line\r\n folded"),
      fc.string({ unit: "grapheme" }),
    );
    await fc.assert(
      fc.asyncProperty(text, text, async (subject, body) => {
        const printed = await printMessage(
          message(part("text/plain", body), { Subject: subject, From: "Ann <ann@x.example>" }),
          [{ id: "Label_1", name: "Work/Clients" }],
          never,
        );
        const { fields } = parseFile(printed);
        expect(fields.get("labels")?.value).toEqual(["INBOX", "Work/Clients"]);
        expect(fields.get("from")?.value).toBe("Ann <ann@x.example>");
        expect(fields.get("date")?.value).toBe("2024-09-01T10:00:00.000Z");
        expect(fields.get("subject")?.value).toBe(
          decodeWords(subject.replaceAll(/\r?\n(?=[ \t])/g, ""))
            .replaceAll(/\s+/g, " ")
            .trim(),
        );
      }),
    );
  });

  it("has its conversation oldest first, each mail quoted under who wrote it", async () => {
    const first = {
      ...message(part("text/plain", "# First"), { Subject: "Topic", From: "Ann <ann@x.example>" }),
      internalDate: "1725184800000",
    };
    const second = {
      ...message(part("text/plain", "Second"), { Subject: "Re: Topic", From: "bo@x.example" }),
      internalDate: "1725188400000",
    };
    expect(await printThread({ id: "18f0", messages: [second, first] }, never)).toBe(
      "# Topic\n\n## Ann <ann@x.example>, 2024-09-01T10:00:00.000Z\n\n> \\# First\n\n## bo@x.example, 2024-09-01T11:00:00.000Z\n\n> Second\n",
    );
  });
});
