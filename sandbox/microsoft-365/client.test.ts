import {
  AuthenticationHandler,
  Client,
  type Context,
  GraphError,
  type Middleware,
  PageIterator,
  ResponseType,
} from "@microsoft/microsoft-graph-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allScopes, startTestMicrosoft365, type TestMicrosoft365 } from "./testing";

/** Microsoft's own client against the sandbox: what it cannot do here is a fault of the sandbox. */

const graphOrigin = "https://graph.microsoft.com";

/** The wire: the client gives its token to https addresses of Graph alone and follows links there, so both are put where the sandbox is. */
const wireTo = (origin: string): Middleware => ({
  async execute(context: Context) {
    const url = String(context.request).replace(graphOrigin, origin);
    const { method = "GET", headers, body } = context.options ?? {};
    const answer = await fetch(url, {
      method,
      redirect: "manual",
      headers: new Headers(headers as HeadersInit | undefined),
      body: body ?? null,
    });
    const text = await answer.text();
    const empty = [204, 304].includes(answer.status);
    context.response = new Response(empty ? null : text.replaceAll(`${origin}/v1.0`, `${graphOrigin}/v1.0`), {
      status: answer.status,
      headers: answer.headers,
    });
  },
});

let tool: TestMicrosoft365;
let client: Client;
beforeAll(async () => {
  tool = await startTestMicrosoft365();
  const { access_token } = await tool.connect(allScopes);
  const authentication = new AuthenticationHandler({ getAccessToken: async () => access_token });
  authentication.setNext(wireTo(tool.origin));
  client = Client.initWithMiddleware({ middleware: authentication });
});
afterAll(() => tool.close());

interface Item {
  readonly id: string;
  readonly subject?: string;
  readonly displayName?: string;
  readonly isDraft?: boolean;
  readonly conversationId?: string;
}

describe("the official client", () => {
  it("reads the person, folders and messages with its query builders, and walks every page", async () => {
    expect(await client.api("/me").select("displayName").get()).toMatchObject({ displayName: "Ann Smith" });
    const folders: { value: Item[] } = await client.api("/me/mailFolders").top(50).select(["id", "displayName"]).get();
    expect(folders.value.map(({ displayName }) => displayName)).toEqual(expect.arrayContaining(["Inbox", "Sent Items"]));
    const first = await client.api("/me/messages").top(3).select("subject").orderby("receivedDateTime desc").get();
    const seen: string[] = [];
    const pages = new PageIterator(client, first, (item: Item) => {
      seen.push(item.id);
      return true;
    });
    await pages.iterate();
    const all: { value: Item[] } = await client.api("/me/messages").top(1_000).select("subject").get();
    expect(seen).toHaveLength(all.value.length);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("drafts, sends, and finds the message again by its immutable id", async () => {
    const draft: Item = await client
      .api("/me/messages")
      .header("Prefer", 'IdType="ImmutableId"')
      .post({ subject: "By the client", toRecipients: [{ emailAddress: { address: "ben@acme.example" } }] });
    await client.api(`/me/messages/${draft.id}/send`).post({});
    const sent: Item = await client.api(`/me/messages/${draft.id}`).header("Prefer", 'IdType="ImmutableId"').get();
    expect(sent).toMatchObject({ id: draft.id, isDraft: false });
    const delta = await client.api("/me/mailFolders/sentitems/messages/delta").select("subject").get();
    expect(delta).toHaveProperty(["@odata.deltaLink"]);
  });

  it("makes, changes and deletes an event, and sees the view", async () => {
    const time = (hour: string) => ({ dateTime: `2030-06-03T${hour}:00:00`, timeZone: "Europe/Lisbon" });
    const event: Item = await client.api("/me/events").post({ subject: "Lease", start: time("09"), end: time("10") });
    await client.api(`/me/events/${event.id}`).patch({ subject: "Lease signed" });
    const view: { value: Item[] } = await client
      .api("/me/calendarView")
      .query({ startDateTime: "2030-06-03T00:00:00Z", endDateTime: "2030-06-04T00:00:00Z" })
      .header("Prefer", 'outlook.timezone="Europe/Lisbon"')
      .get();
    expect(view.value.map(({ subject }) => subject)).toContain("Lease signed");
    await client.api(`/me/events/${event.id}`).delete();
    const error: unknown = await client
      .api(`/me/events/${event.id}`)
      .get()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(GraphError);
    expect(error).toMatchObject({ statusCode: 404, code: "ErrorItemNotFound", requestId: expect.any(String) });
  });

  it("uploads and downloads a file, and lists contacts", async () => {
    await client.api("/me/drive/root:/notes.txt:/content").header("content-type", "text/plain").put("Grüße 👩🏽‍🚀");
    const item: Item & { "@microsoft.graph.downloadUrl": string } = await client.api("/me/drive/root:/notes.txt").get();
    // The client would follow the redirect with its token; the address of the record is for a request without.
    expect(await (await fetch(item["@microsoft.graph.downloadUrl"])).text()).toBe("Grüße 👩🏽‍🚀");
    const children: { value: (Item & { name: string })[] } = await client.api("/me/drive/root/children").get();
    expect(children.value.map(({ name }) => name)).toContain("notes.txt");
    const contacts: { value: Item[] } = await client.api("/me/contacts").select("displayName").get();
    expect(contacts.value.length).toBeGreaterThan(0);
    const raw = await client.api("/me/messages").top(1).responseType(ResponseType.RAW).get();
    expect(raw.headers.get("request-id")).toBeTruthy();
  });

  it("sends a batch", async () => {
    const answer: { responses: { id: string; status: number }[] } = await client.api("/$batch").post({
      requests: [
        { id: "1", method: "GET", url: "/me" },
        { id: "2", method: "GET", url: "/me/drive" },
      ],
    });
    expect(answer.responses.map(({ status }) => status)).toEqual([200, 200]);
  });
});
