import { auth, gmail, type gmail_v1 } from "@googleapis/gmail";
import PostalMime from "postal-mime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestTool, type TestTool } from "../../testing";

/** The simulated Gmail, driven by Google's own client; what it gives as raw is read by a mail parser of somebody else's. */

const scope = (name: string) => `https://www.googleapis.com/auth/${name}`;

let tool: TestTool<{ access_token: string }, Readonly<Record<string, unknown>>>;
let ann: gmail_v1.Gmail;

async function clientOf(person: string, ...names: readonly string[]): Promise<gmail_v1.Gmail> {
  const { access_token } = await tool.connect(["openid", "email", ...names.map(scope)], person);
  const credentials = new auth.OAuth2();
  credentials.setCredentials({ access_token });
  return gmail({ version: "v1", auth: credentials, rootUrl: `${tool.origin}/` });
}

beforeAll(async () => {
  tool = await startTestTool("google-workspace");
  ann = await clientOf("ann@acme.example", "gmail.readonly", "gmail.modify");
});
afterAll(() => tool.close());

async function refusalOf(work: Promise<unknown>): Promise<{ readonly status: number; readonly reason: string | undefined }> {
  try {
    await work;
  } catch (error) {
    const { response } = error as { response?: { status: number; data?: { error?: { errors?: { reason?: string }[] } } } };
    return { status: response?.status ?? 0, reason: response?.data?.error?.errors?.[0]?.reason };
  }
  throw new Error("A refusal was expected.");
}

const me = { userId: "me" } as const;
const idsOf = async (q: string, more: Readonly<Record<string, unknown>> = {}) => {
  const answer = await ann.users.messages.list({ ...me, q, maxResults: 500, ...more });
  return (answer.data.messages ?? []).map(({ id }) => id ?? "");
};
const only = async (q: string): Promise<string> => {
  const [id = "", another] = await idsOf(q);
  if (another !== undefined || id === "") throw new Error(`"${q}" is not one mail.`);
  return id;
};

describe("messages", () => {
  it("have headers in words, parts in bytes, and attachments by an id that is another one each time", async () => {
    const id = await only('subject:"Policy 88-1207" from:petra');
    const { data } = await ann.users.messages.get({ ...me, id, format: "full" });
    const headers = Object.fromEntries((data.payload?.headers ?? []).map(({ name, value }) => [name, value]));
    expect(headers.From).toBe("Petra Kowalczyk <p.kowalczyk@meridian-versicherung.example>");
    expect(data.payload?.mimeType).toBe("multipart/alternative");
    const [plain, rich] = data.payload?.parts ?? [];
    expect(Buffer.from(plain?.body?.data ?? "", "base64url").toString("latin1")).toContain("Mit freundlichen Grüßen");
    expect(Buffer.from(rich?.body?.data ?? "", "base64url").toString("latin1")).toContain("<b>list of vans");
    const calls = await only("filename:calls.csv");
    const attached = async () => (await ann.users.messages.get({ ...me, id: calls })).data.payload?.parts?.[1];
    const [first, second] = [await attached(), await attached()];
    expect(first?.partId).toBe(second?.partId);
    expect(first?.body?.attachmentId).not.toBe(second?.body?.attachmentId);
    const { data: bytes } = await ann.users.messages.attachments.get({ ...me, messageId: calls, id: first?.body?.attachmentId ?? "" });
    expect(Buffer.from(bytes.data ?? "", "base64url").toString()).toMatch(/^courier,depot,time\n/);
    expect(bytes.size).toBe(first?.body?.size);
    expect(
      await refusalOf(ann.users.messages.attachments.get({ ...me, messageId: id, id: first?.body?.attachmentId ?? "" })),
    ).toMatchObject({ status: 400 });
  });

  it("are mails that another parser reads the same", async () => {
    for (const id of (await idsOf("in:anywhere")).slice(0, 40)) {
      const { data } = await ann.users.messages.get({ ...me, id, format: "raw" });
      const mail = await PostalMime.parse(Buffer.from(data.raw ?? "", "base64url"));
      const told = (await ann.users.messages.get({ ...me, id, format: "metadata", metadataHeaders: ["Subject", "From"] })).data;
      const header = (name: string) => told.payload?.headers?.find((one) => one.name === name)?.value ?? "";
      expect(mail.subject ?? "").toBe(header("Subject"));
      expect(header("From")).toContain(mail.from?.address);
      expect(told.payload?.parts).toBeUndefined();
    }
  });

  it("are found by what Gmail's search knows, and a search of anything else is refused", async () => {
    const all = await idsOf("");
    const { data } = await ann.users.messages.get({ ...me, id: all[3] ?? "" });
    const second = Math.floor(Number(data.internalDate) / 1000);
    expect(await idsOf(`after:${second} before:${second + 1}`)).toContain(all[3]);
    expect(await idsOf(`after:${second + 1}`)).toEqual(all.slice(0, 3));
    expect(await idsOf("is:unread")).not.toEqual([]);
    expect((await idsOf("from:petra")).length).toBe(
      (await idsOf("from:kowalczyk is:unread")).length + (await idsOf("from:kowalczyk -is:unread")).length,
    );
    expect(await refusalOf(ann.users.messages.list({ ...me, q: "from:a OR from:b" }))).toEqual({ status: 400, reason: "invalidArgument" });
    expect(await refusalOf(ann.users.messages.list({ ...me, q: "list:x" }))).toMatchObject({ status: 400 });
  });

  it("page to the end, each once, the newest first, in pages of at most 500", async () => {
    const ids: string[] = [];
    for (let pageToken: string | undefined; ; ) {
      const { data } = await ann.users.messages.list({ ...me, maxResults: 3, ...(pageToken === undefined ? {} : { pageToken }) });
      expect(data.messages?.length).toBeLessThanOrEqual(3);
      ids.push(...(data.messages ?? []).map(({ id }) => id ?? ""));
      if (!data.nextPageToken) break;
      pageToken = data.nextPageToken;
    }
    expect(ids).toEqual(await idsOf(""));
    expect(new Set(ids).size).toBe(ids.length);
    expect(await refusalOf(ann.users.messages.list({ ...me, pageToken: "made-up" }))).toMatchObject({ status: 400 });
  });

  it("stand together in threads, and bear labels by id", async () => {
    const { data } = await ann.users.threads.get({
      ...me,
      id: (await ann.users.messages.get({ ...me, id: await only('subject:"Re: Policy" from:ann') })).data.threadId ?? "",
    });
    expect(data.messages?.length).toBeGreaterThan(1);
    const { data: labels } = await ann.users.labels.list(me);
    expect(labels.labels?.map(({ id }) => id)).toEqual(expect.arrayContaining(["INBOX", "SENT", "TRASH"]));
    const inbox = await idsOf("", { labelIds: ["INBOX"] });
    expect(inbox.length).toBeGreaterThan(3);
    expect(await refusalOf(ann.users.messages.list({ ...me, labelIds: ["Label_none"] }))).toMatchObject({ status: 400 });
    expect((await ann.users.labels.get({ ...me, id: "INBOX" })).data.messagesTotal).toBe(inbox.length);
  });
});

describe("scopes", () => {
  it("open what they name: metadata has no bodies and no search", async () => {
    const head = await clientOf("finn@acme.example", "gmail.metadata");
    const [first] = (await head.users.messages.list(me)).data.messages ?? [];
    expect(
      (await head.users.messages.get({ ...me, id: first?.id ?? "", format: "metadata" })).data.payload?.headers?.length,
    ).toBeGreaterThan(3);
    expect(await refusalOf(head.users.messages.get({ ...me, id: first?.id ?? "", format: "full" }))).toMatchObject({ status: 403 });
    expect(await refusalOf(head.users.messages.list({ ...me, q: "x" }))).toMatchObject({ status: 403 });
    const none = await clientOf("ines@acme.example", "drive.readonly");
    expect(await refusalOf(none.users.getProfile(me))).toMatchObject({ status: 403, reason: "insufficientPermissions" });
    expect(await refusalOf(ann.users.messages.list({ userId: "ben@acme.example" }))).toMatchObject({ status: 403 });
  });
});

describe("history", () => {
  it("tells what changed since an id, until it is forgotten", async () => {
    const { historyId } = (await ann.users.getProfile(me)).data;
    const startHistoryId = historyId ?? "";
    const raw = Buffer.from("From: a@b.example\r\nSubject: Zanzibar\r\n\r\nHello").toString("base64url");
    const { data: made } = await ann.users.messages.insert({ ...me, requestBody: { raw, labelIds: ["INBOX", "UNREAD"] } });
    await ann.users.messages.modify({ ...me, id: made.id ?? "", requestBody: { removeLabelIds: ["UNREAD"] } });
    await ann.users.messages.trash({ ...me, id: made.id ?? "" });
    const since = (await ann.users.history.list({ ...me, startHistoryId })).data;
    expect(since.history?.map((record) => Object.keys(record).filter((key) => key !== "id" && key !== "messages")[0])).toEqual([
      "messagesAdded",
      "labelsRemoved",
      "labelsAdded",
      "labelsRemoved",
    ]);
    expect((await ann.users.history.list({ ...me, startHistoryId, historyTypes: ["messageAdded"] })).data.history).toHaveLength(1);
    expect(await idsOf("subject:Zanzibar")).toEqual([]);
    expect(await idsOf("subject:Zanzibar in:trash")).toEqual([made.id]);
    await tool.control.set({ historySeconds: 0.000_001 });
    expect(await refusalOf(ann.users.history.list({ ...me, startHistoryId }))).toEqual({ status: 404, reason: "notFound" });
  });

  it("is watched by a topic of Pub/Sub, for a week", async () => {
    const { data } = await ann.users.watch({ ...me, requestBody: { topicName: "projects/p/topics/t" } });
    expect(Number(data.expiration)).toBeGreaterThan(Date.now() + 6 * 86_400_000);
    expect(await refusalOf(ann.users.watch({ ...me, requestBody: { topicName: "nothing" } }))).toMatchObject({ status: 400 });
    expect((await ann.users.stop(me)).status).toBe(204);
  });
});
