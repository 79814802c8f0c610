import { describe, expect, it } from "vitest";
import { findSpecs } from "./folder";
import type { RecordedExchange } from "./recording";
import { exchangeOf } from "./testing";
import type { SpecValidator } from "./validator";
import { createSpecValidator } from "./validators";

/** Each validator finds nothing in a true exchange, and one fault where one field of it is corrupted. */

interface Sound {
  readonly what: string;
  readonly exchange: RecordedExchange;
  readonly operation: string;
}

const change = (exchange: RecordedExchange, side: "request" | "response", from: string, to: string): RecordedExchange => {
  const text = new TextDecoder().decode(exchange[side].body);
  if (!text.includes(from)) throw new Error(`"${from}" is not in the ${side}.`);
  return { ...exchange, [side]: { ...exchange[side], body: new TextEncoder().encode(text.replace(from, to)) } };
};
const asked = (exchange: RecordedExchange, more: string): RecordedExchange => ({
  ...exchange,
  target: `${exchange.target}${exchange.target.includes("?") ? "&" : "?"}${more}`,
});

function prove(
  tool: string,
  sound: readonly Sound[],
  corrupted: (find: (what: string) => RecordedExchange) => Readonly<Record<string, readonly [RecordedExchange, RegExp]>>,
) {
  describe.skipIf(findSpecs() === null)(`the description of ${tool}`, () => {
    let validator: SpecValidator | null = null;
    const check = async (exchange: RecordedExchange) => {
      validator ??= createSpecValidator(tool);
      if (validator === null) throw new Error("The description is not here.");
      return await validator.check(exchange);
    };
    it.each(sound.map((one) => [one.what, one] as const))("fits %s", async (_what, { exchange, operation }) => {
      expect(await check(exchange)).toEqual({ kind: "checked", operation, refused: false, violations: [] });
    });
    const find = (what: string): RecordedExchange => {
      const one = sound.find((known) => known.what === what);
      if (one === undefined) throw new Error(`There is no exchange "${what}".`);
      return one.exchange;
    };
    it.each(Object.entries(corrupted(find)))("tells %s", async (_what, [exchange, words]) => {
      const verdict = await check(exchange);
      const told = verdict.kind === "checked" ? verdict.violations.map(({ where, what }) => `${where}: ${what}`) : [];
      expect(told).toEqual([expect.stringMatching(words)]);
    });
  });
}

prove(
  "asana",
  [
    {
      what: "a task that is read",
      exchange: exchangeOf("asana", "GET", "/api/1.0/tasks/12?opt_fields=name,assignee.name", {
        answer: { data: { gid: "12", resource_type: "task", name: "Fix login", assignee: { gid: "3", name: "Ann" } } },
      }),
      operation: "getTask",
    },
    {
      what: "a task that is made",
      exchange: exchangeOf("asana", "POST", "/api/1.0/tasks", {
        sent: { data: { name: "Fix login", projects: ["7"], due_on: "2026-11-30", assignee: null } },
        status: 201,
        answer: { data: { gid: "12", resource_type: "task", name: "Fix login", completed: false, due_on: "2026-11-30", assignee: null } },
      }),
      operation: "createTask",
    },
    {
      what: "a list with its next page",
      exchange: exchangeOf("asana", "GET", "/api/1.0/projects?workspace=1&limit=1", {
        answer: {
          data: [{ gid: "7", resource_type: "project", name: "Website" }],
          next_page: { offset: "x", path: "/projects?offset=x", uri: "https://app.asana.com/api/1.0/projects?offset=x" },
        },
      }),
      operation: "getProjects",
    },
  ],
  (find) => ({
    "an unknown field of an answer": [
      change(find("a task that is read"), "response", '"name":"Fix', '"nome":"Fix'),
      /"nome" is not described/,
    ],
    "an unknown field inside a reference": [
      change(find("a task that is read"), "response", '"name":"Ann', '"nick":"Ann'),
      /assignee: "nick" is not described/,
    ],
    "a wrong type": [
      change(find("a task that is made"), "response", '"completed":false', '"completed":"no"'),
      /completed: must be boolean/,
    ],
    "an unknown field that is sent": [
      change(find("a task that is made"), "request", '"due_on"', '"due"'),
      /request body.*"due" is not described/,
    ],
    "an unknown parameter": [asked(find("a task that is read"), "fields=name"), /query: "fields" is not described/],
    "an unknown value of opt_fields": [
      exchangeOf("asana", "GET", "/api/1.0/tasks/12?opt_fields=nome", { answer: { data: {} } }),
      /query opt_fields/,
    ],
    "an address that is not there": [exchangeOf("asana", "GET", "/api/1.0/tusks/12", { answer: {} }), /no such operation/],
  }),
);

prove(
  "google-workspace",
  [
    {
      what: "files that are listed",
      exchange: exchangeOf("google-workspace", "GET", "/drive/v3/files?pageSize=2&fields=files(id,name)&supportsAllDrives=true", {
        answer: { files: [{ id: "a", name: "Plan", size: "120", capabilities: { canEdit: true } }], nextPageToken: "t" },
      }),
      operation: "drive.files.list",
    },
    {
      what: "an event that is changed",
      exchange: exchangeOf("google-workspace", "PATCH", "/calendar/v3/calendars/primary/events/e1?sendUpdates=none", {
        sent: { summary: "Standup", location: null, start: { dateTime: "2026-11-23T09:00:00+01:00", timeZone: "Europe/Berlin" } },
        answer: { kind: "calendar#event", id: "e1", summary: "Standup", sequence: 1 },
      }),
      operation: "calendar.events.patch",
    },
    {
      what: "a mail that is read",
      exchange: exchangeOf("google-workspace", "GET", "/gmail/v1/users/me/messages/m1?format=full", {
        answer: { id: "m1", internalDate: "1763884800000", payload: { mimeType: "text/plain", body: { size: 3, data: "YWJj" } } },
      }),
      operation: "gmail.users.messages.get",
    },
    {
      what: "a document that is written",
      exchange: exchangeOf("google-workspace", "POST", "/v1/documents/d1:batchUpdate", {
        sent: { requests: [{ insertText: { location: { index: 1 }, text: "Hi" } }], writeControl: { requiredRevisionId: "r1" } },
        answer: { documentId: "d1", replies: [{}], writeControl: { requiredRevisionId: "r2" } },
      }),
      operation: "docs.documents.batchUpdate",
    },
  ],
  (find) => ({
    "an unknown field of an answer": [
      change(find("files that are listed"), "response", '"canEdit"', '"mayEdit"'),
      /capabilities: "mayEdit" is not described/,
    ],
    "a number where text stands for one": [change(find("files that are listed"), "response", '"120"', "120"), /size: must be string/],
    "an unknown field that is sent": [
      change(find("an event that is changed"), "request", '"timeZone"', '"zone"'),
      /start: "zone" is not described/,
    ],
    "an unknown parameter": [asked(find("files that are listed"), "page_size=3"), /query: "page_size" is not described/],
    "a value that is none of a parameter's": [
      asked(
        find("a mail that is read").target.includes("?")
          ? { ...find("a mail that is read"), target: "/gmail/v1/users/me/messages/m1" }
          : find("a mail that is read"),
        "format=fool",
      ),
      /query format/,
    ],
    "a corrupted document": [
      change(find("a document that is written"), "request", '"index"', '"place"'),
      /location: "place" is not described/,
    ],
  }),
);

const message = { type: "message", user: "U12345678", text: "Hi", ts: "1763884800.000100" };
prove(
  "slack",
  [
    {
      what: "a message that is posted",
      exchange: exchangeOf("slack", "POST", "/api/chat.postMessage", {
        sent: "channel=C12345678&text=Hi&unfurl_links=false",
        type: "application/x-www-form-urlencoded",
        answer: { ok: true, channel: "C12345678", ts: "1763884800.000100", message },
      }),
      operation: "chat.postMessage",
    },
    {
      what: "the same as JSON, called by its other method",
      exchange: exchangeOf("slack", "POST", "/api/reactions.add", {
        sent: { channel: "C12345678", timestamp: "1763884800.000100", name: "tada" },
        answer: { ok: true },
      }),
      operation: "reactions.add",
    },
  ],
  (find) => ({
    "an unknown field of an answer": [
      change(find("a message that is posted"), "response", '"text":"Hi"', '"text":"Hi","body":"Hi"'),
      /message: "body" is not described/,
    ],
    "an unknown argument": [
      change(find("a message that is posted"), "request", "unfurl_links", "unfold_links"),
      /request: "unfold_links" is not described/,
    ],
    "an argument that is missing": [
      change(find("the same as JSON, called by its other method"), "request", '"name"', '"token"'),
      /request: "name" is missing/,
    ],
    "a method that is not there": [exchangeOf("slack", "POST", "/api/chat.shout", { answer: { ok: true } }), /no such method/],
  }),
);

describe.skipIf(findSpecs() === null)("Slack's methods that are newer than its description", () => {
  it("are named, not passed", async () => {
    const verdict = await createSpecValidator("slack")?.check(
      exchangeOf("slack", "POST", "/api/files.getUploadURLExternal", { answer: { ok: true } }),
    );
    expect(verdict).toEqual({ kind: "not describable", operation: "files.getUploadURLExternal" });
  });
});

prove(
  "linear",
  [
    {
      what: "an issue that is read",
      exchange: exchangeOf("linear", "POST", "/graphql", {
        sent: {
          operationName: "issue",
          query: "query issue($id: String!) { issue(id: $id) { id title priority state { name } } }",
          variables: { id: "ENG-1" },
        },
        answer: { data: { issue: { id: "1", title: "Fix login", priority: 2, state: { name: "Todo" } } } },
      }),
      operation: "query issue",
    },
  ],
  (find) => ({
    "a field that was not asked for": [
      change(find("an issue that is read"), "response", '"title"', '"url":"x","title"'),
      /"url" was not asked for/,
    ],
    "a wrong type": [change(find("an issue that is read"), "response", '"priority":2', '"priority":"2"'), /priority: is no Float/],
    "a null that may not be": [change(find("an issue that is read"), "response", '{"name":"Todo"}', "null"), /state: is null/],
    "an unknown field of a document": [
      change(change(find("an issue that is read"), "request", " priority", " prio"), "response", '"priority"', '"prio"'),
      /Cannot query field "prio"/,
    ],
    "an undeclared variable": [
      change(find("an issue that is read"), "request", '"id":"ENG-1"', '"id":"ENG-1","x":1'),
      /"x" is not declared/,
    ],
  }),
);

prove(
  "microsoft-365",
  [
    {
      what: "mails that are listed",
      exchange: exchangeOf(
        "microsoft-365",
        "GET",
        "/v1.0/me/mailFolders/inbox/messages?$select=subject,from&$top=2&$filter=receivedDateTime%20ge%202026-11-23T00:00:00Z",
        {
          answer: {
            "@odata.context": "c",
            "@odata.nextLink": "n",
            value: [
              {
                "@odata.etag": 'W/"1"',
                id: "m1",
                subject: "Hi",
                importance: "normal",
                receivedDateTime: "2026-11-23T09:00:00Z",
                from: { emailAddress: { name: "Ann", address: "ann@acme.example" } },
              },
            ],
          },
        },
      ),
      operation: "GET /me/mailFolders/{id}/messages",
    },
    {
      what: "a draft that is made",
      exchange: exchangeOf("microsoft-365", "POST", "/v1.0/me/messages", {
        sent: {
          subject: "Hi",
          body: { contentType: "html", content: "<p>Hi" },
          toRecipients: [{ emailAddress: { address: "ben@acme.example" } }],
        },
        status: 201,
        answer: { id: "m2", isDraft: true, flag: { flagStatus: "notFlagged" } },
      }),
      operation: "POST /me/messages",
    },
    {
      what: "a delta with a removal",
      exchange: exchangeOf("microsoft-365", "GET", "/v1.0/me/mailFolders('inbox')/messages/delta?$deltatoken=x", {
        answer: { "@odata.deltaLink": "d", value: [{ id: "m3", "@removed": { reason: "deleted" } }] },
      }),
      operation: "GET /me/mailFolders/{id}/messages/delta",
    },
    {
      what: "a drive item by its path",
      exchange: exchangeOf("microsoft-365", "GET", "/v1.0/me/drive/root:/Reports/May%20plan.txt", {
        answer: {
          id: "i1",
          name: "May plan.txt",
          size: 12,
          file: { mimeType: "text/plain" },
          "@microsoft.graph.downloadUrl": "https://x.sharepoint.com/d",
        },
      }),
      operation: "GET /me/drive/root",
    },
    {
      what: "a reply as a draft",
      exchange: exchangeOf("microsoft-365", "POST", "/v1.0/me/messages/m1/createReply", {
        sent: { comment: "Yes" },
        status: 201,
        answer: { id: "m4" },
      }),
      operation: "POST /me/messages/{id}/createReply",
    },
    {
      what: "occurrences of a window",
      exchange: exchangeOf(
        "microsoft-365",
        "GET",
        "/v1.0/me/calendars/c1/calendarView?startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-12-01T00:00:00Z",
        {
          answer: { value: [{ id: "e1", type: "occurrence", start: { dateTime: "2026-11-23T09:00:00.0000000", timeZone: "UTC" } }] },
        },
      ),
      operation: "GET /me/calendars/{id}/calendarView",
    },
    {
      what: "a batch",
      exchange: exchangeOf("microsoft-365", "POST", "/v1.0/$batch", {
        sent: { requests: [{ id: "1", method: "GET", url: "/me/messages/m1?$select=subject" }] },
        answer: { responses: [{ id: "1", status: 200, body: { id: "m1", subject: "Hi" } }] },
      }),
      operation: "POST /$batch",
    },
  ],
  (find) => ({
    "an unknown property of an answer": [
      change(find("mails that are listed"), "response", '"subject"', '"title"'),
      /"title" is no property of microsoft.graph.message/,
    ],
    "an unknown property inside": [
      change(find("mails that are listed"), "response", '"address"', '"mail"'),
      /emailAddress: "mail" is no property/,
    ],
    "no member of an enumeration": [
      change(find("mails that are listed"), "response", '"normal"', '"usual"'),
      /importance: "usual" is no microsoft.graph.importance/,
    ],
    "a wrong type": [change(find("a draft that is made"), "response", '"isDraft":true', '"isDraft":"yes"'), /isDraft: is no Edm.Boolean/],
    "an unknown property that is sent": [
      change(find("a draft that is made"), "request", '"toRecipients"', '"to"'),
      /request body: "to" is no property/,
    ],
    "an unknown parameter of an action": [
      change(find("a reply as a draft"), "request", '"comment"', '"text"'),
      /"text" is no parameter of createReply/,
    ],
    "an unknown option": [asked(find("occurrences of a window"), "$page=2"), /query: "\$page" is not described/],
    "an unknown property that is selected": [asked(find("a draft that is made"), "$select=title"), /\$select: "title" is no member/],
    "an unknown property of a filter": [
      asked(find("a delta with a removal"), "$filter=received%20ge%202026-11-23T00:00:00Z"),
      /\$filter: "received" is no member/,
    ],
    "an address that is not there": [
      exchangeOf("microsoft-365", "GET", "/v1.0/me/mails", { answer: { value: [] } }),
      /"mails" is no member of microsoft.graph.user/,
    ],
    "a fault inside a batch": [change(find("a batch"), "response", '"subject"', '"title"'), /"title" is no property/],
  }),
);
