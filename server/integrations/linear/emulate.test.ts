import { randomUUID } from "node:crypto";
import { createEmulator, type Emulator } from "emulate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import type { Send } from "@/server/transport/send";
import type { Location, ToolMount } from "@/server/vfs/tool-mount";
import type { IntegrationSettings } from "../contract";
import { createTestContext, createTestTransport, testCall } from "../testing";
import { createLinearApi, type LinearApi } from "./api";
import { type DocumentName, documents } from "./documents";
import { linear } from "./index";
import { linearManifest } from "./manifest";
import { createLinearMount } from "./mount/linear-mount";
import { locations } from "./mount/place";
import { graphqlUrl, linearOAuth } from "./oauth";

/**
 * The connector against `emulate`'s Linear, somebody else's reading of the same vendor. It runs its own, smaller schema; what that lacks
 * is written down here and in docs/tools/linear.md, so that a new version which covers more is noticed.
 */

/** Documents of ours that use what emulate 0.12.2 does not have, with a word of its refusal; all are valid by Linear's SDL. */
const notCovered: Partial<Record<DocumentName, string>> = {
  comments: 'Cannot query field "editedAt" on type "Comment"',
  comment: 'Cannot query field "editedAt" on type "Comment"',
  commentCreate: 'Cannot query field "editedAt" on type "Comment"',
  cycle: 'Cannot query field "description" on type "Cycle"',
  projects: 'Cannot query field "url" on type "Project"',
  project: 'Cannot query field "slugId" on type "Project"',
  labels: 'Unknown type "IssueLabelFilter"',
  archivedIssues: 'Unknown argument "includeArchived" on field "Team.issues"',
  attachments: 'Cannot query field "attachments" on type "Issue"',
  attachment: 'Cannot query field "attachment" on type "Query"',
};

/** It knows no parents of issues either. That one selection is taken out on the way, so that the rest of these calls is covered. */
const parent = "parent { id identifier title }";
const withoutParent = (text: string): string => text.replace(parent, "");

/** A `Send` whose documents are without it. */
const sendWithoutParent =
  (send: Send): Send =>
  (request, context) =>
    send(typeof request.body === "string" ? { ...request, body: withoutParent(request.body) } : request, context);

let emulator: Emulator;
let settings: IntegrationSettings;
let api: LinearApi;
let mount: ToolMount;
const context = createTestContext();

beforeAll(async () => {
  emulator = await createEmulator({ service: "linear", port: 0 });
  settings = {
    clientId: "lin_example_client_id",
    clientSecret: "example_client_secret",
    origins: { app: emulator.url, api: emulator.url },
    redirectUri: "http://localhost:3000/api/auth/callback/linear",
  };
  const send = sendWithoutParent(createTestTransport(linear, settings).send("lin_test_admin"));
  api = createLinearApi({ send, url: graphqlUrl(settings) });
  mount = createLinearMount({ api, capabilities: Object.keys(linearManifest.capabilityScopes) });
});
afterAll(() => emulator.close());

async function askRaw(name: DocumentName, query = withoutParent(documents[name])): Promise<string> {
  const response = await fetch(graphqlUrl(settings), {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer lin_test_admin" },
    body: JSON.stringify({ operationName: name, query, variables: {} }),
  });
  return await response.text();
}

/** Consent and code exchange as a person's browser and Auth.js do them. */
async function authorize(): Promise<unknown> {
  const parameters = {
    client_id: settings.clientId,
    redirect_uri: settings.redirectUri,
    response_type: "code",
    scope: "read,write",
    state: "s",
  };
  const page = await (await fetch(`${settings.origins.app}/oauth/authorize?${new URLSearchParams(parameters)}`)).text();
  const user = /name="user_ref" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const consent = await fetch(`${settings.origins.app}/oauth/authorize/callback`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ ...parameters, scope: "read write", user_ref: user }),
  });
  const code = new URL(consent.headers.get("location") ?? "http://none.invalid").searchParams.get("code") ?? "";
  const answer = await fetch(`${settings.origins.api}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: settings.redirectUri,
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
    }),
  });
  return await answer.json();
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof HubError ? error.code : "thrown"),
  );

describe("emulate's schema", () => {
  it.each(Object.keys(documents) as DocumentName[])("takes or refuses %s as written down", async (name) => {
    const answer = await askRaw(name);
    const refusal = /Cannot query field|Unknown (?:type|argument)/.test(answer);
    expect(refusal).toBe(notCovered[name] !== undefined);
    if (notCovered[name] !== undefined) expect(answer.replaceAll('\\"', '"')).toContain(notCovered[name]);
  });
});

describe("OAuth over emulate", () => {
  it("identifies, refreshes with rotation, refuses the old refresh token, revokes", async () => {
    const send = createTestTransport(linear, settings).send(null);
    const tokens = linearOAuth.readTokens(await authorize());
    expect(tokens.scopes).toEqual(["read", "write"]);
    const identity = await linearOAuth.identify(tokens.accessToken, settings, send, testCall);
    expect(identity).toMatchObject({ accountEmail: "admin@linear.local", orgName: "Emulate", timeZone: "UTC" });

    const next = await linearOAuth.refresh(tokens.refreshToken ?? "", settings, send, testCall);
    expect(next.refreshToken).not.toBe(tokens.refreshToken);
    // Linear itself lets a lost refresh be repeated for 30 minutes; emulate refuses at once.
    expect(await codeOf(linearOAuth.refresh(tokens.refreshToken ?? "", settings, send, testCall))).toBe("ENOTCONN");
    expect(await codeOf(linearOAuth.refresh(next.refreshToken ?? "", { ...settings, clientSecret: "wrong" }, send, testCall))).toBe("EIO");

    expect(await linearOAuth.revoke?.(next, settings, send, testCall)).toMatchObject({ outcome: "revoked" });
    expect(await codeOf(linearOAuth.identify(next.accessToken, settings, send, testCall))).toBe("ENOTCONN");
  });
});

describe("the mount over emulate", () => {
  const issueLocation = async (): Promise<{ team: string; location: Location }> => {
    const [team] = (await mount.list(locations.teams, { cursor: null, limit: 10 }, context)).entries;
    if (team?.segment.type !== "object") throw new Error("no team");
    const id = team.segment.externalId;
    const [issue] = (await mount.list(locations.issues(id), { cursor: null, limit: 10 }, context)).entries;
    if (issue === undefined) throw new Error("no issue");
    return { team: id, location: [...locations.issues(id), issue.segment] };
  };

  it("lists and reads what it covers", async () => {
    const { team, location } = await issueLocation();
    const file = await mount.read(location, null, context);
    expect(file.entry.title).toBe("ENG-1 Ship Linear emulator");
    expect(file.text).toMatch(/^state: Todo$/m);
    expect(file.text).toMatch(/^labels:\n {2}- Bug$/m);
    expect((await api.getTeam(team, testCall)).states.nodes).toHaveLength(4);
    const cycles = await mount.list(locations.cycles(team), { cursor: null, limit: 10 }, context);
    expect(cycles.entries.map((entry) => entry.title)).toEqual(["Cycle 1"]);
    const users = await mount.list(locations.users, { cursor: null, limit: 1 }, context);
    expect([users.entries.length, users.nextCursor === null]).toEqual([1, false]);
  });

  it("edits and archives an issue", async () => {
    const { location } = await issueLocation();
    const { text, entry } = await mount.read(location, null, context);
    const wanted = text.replace("state: Todo", "state: Done").replace(/^assignee: .*$/m, "assignee: admin@linear.local");
    const plan = await mount.plan({ type: "update", location, base: text, revision: entry.revision, text: wanted }, context);
    for (const step of plan.steps) await mount.perform(step, context);
    const after = await mount.read(location, null, context);
    expect(after.text).toMatch(/^state: Done$/m);
    expect(after.text).toMatch(/^assignee: Admin User~/m);

    const removal = await mount.plan({ type: "remove", location, revision: after.entry.revision }, context);
    for (const step of removal.steps) await mount.perform(step, context);
    expect(await codeOf(mount.stat(location, context))).toBe("ENOENT");
  });

  it("has nothing of parents, which Linear's SDL has", async () => {
    expect(documents.issue).toContain(parent);
    const answer = await askRaw("issue", documents.issue);
    expect(JSON.parse(answer).errors[0].message).toBe('Cannot query field "parent" on type "Issue".');
  });

  it("cannot create with an id of ours there, which Linear's SDL has", async () => {
    const { nodes } = await api.listTeams({ cursor: null, limit: 1 }, testCall);
    expect(await codeOf(api.createIssue({ id: randomUUID(), teamId: nodes[0]?.id ?? "", title: "x" }, testCall))).toMatch(/^(EINVAL|EIO)$/);
  });
});
