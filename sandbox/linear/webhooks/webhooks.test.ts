import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { LinearWebhookClient } from "@linear/sdk/webhooks";
import { buildSchema, isNonNullType, isObjectType } from "graphql";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findSpec } from "../../specs/folder";
import { startTestSandbox } from "../testing";

/** Webhooks of the simulated Linear at a receiver of HTTP. */

interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly raw: Buffer;
  readonly body: Readonly<Record<string, unknown>>;
}

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let server: Server;
let url: string;
let token: string;
let received: Received[];
/** What the receiver answers, one after the other; 200 when there is none left. */
let answers: number[];
const secret = "lin_wh_test";

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const raw = Buffer.concat(chunks);
    received.push({ headers: request.headers, raw, body: JSON.parse(raw.toString("utf8")) });
    response.statusCode = answers.shift() ?? 200;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}/in` : "";
});
afterAll(async () => {
  await sandbox.close();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(async () => {
  await sandbox.control.reset();
  received = [];
  answers = [];
  token = (await sandbox.connect("read,write,admin")).access_token;
});

async function ask<T>(document: string, variables: Readonly<Record<string, unknown>> = {}): Promise<T> {
  const { body } = await sandbox.graphql(token, document, variables);
  if (body.errors !== undefined) throw new Error(body.errors[0]?.message);
  return body.data as T;
}

const create = (input: Readonly<Record<string, unknown>>) =>
  ask<{ webhookCreate: { webhook: { id: string; secret: string } } }>(
    "mutation($input: WebhookCreateInput!) { webhookCreate(input: $input) { webhook { id secret } } }",
    { input: { url, secret, allPublicTeams: true, ...input } },
  );

async function team(key: string): Promise<string> {
  const { teams } = await ask<{ teams: { nodes: { id: string }[] } }>(
    "query($key: String!) { teams(filter: { key: { eq: $key } }) { nodes { id } } }",
    {
      key,
    },
  );
  return teams.nodes[0]?.id ?? "";
}

const makeIssue = async (key: string, title: string): Promise<string> =>
  (
    await ask<{ issueCreate: { issue: { id: string } } }>(
      "mutation($input: IssueCreateInput!) { issueCreate(input: $input) { issue { id } } }",
      {
        input: { teamId: await team(key), title },
      },
    )
  ).issueCreate.issue.id;

const arrived = (count: number) => expect.poll(() => received.length).toBe(count);

describe("a delivery", () => {
  it("is signed over its raw body, and tells who did what", async () => {
    await create({ resourceTypes: ["Issue", "Comment"] });
    const id = await makeIssue("ENG", "Told 👋");
    await arrived(1);
    const [first] = received;
    const verified = new LinearWebhookClient(secret).verify(
      first?.raw ?? Buffer.alloc(0),
      String(first?.headers["linear-signature"]),
      Number(first?.body.webhookTimestamp),
    );
    expect(verified).toBe(true);
    expect(first?.headers).toMatchObject({ "linear-event": "Issue", "linear-delivery": expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(first?.body).toMatchObject({
      action: "create",
      type: "Issue",
      actor: { type: "user", name: "Ann Smith" },
      data: { id, title: "Told 👋", team: { key: "ENG" } },
    });
    await ask('mutation($id: String!) { issueUpdate(id: $id, input: { title: "Changed" }) { success } }', { id });
    await arrived(2);
    expect(received[1]?.body).toMatchObject({ action: "update", updatedFrom: { title: "Told 👋", updatedAt: expect.any(String) } });
    await ask('mutation($id: String!) { commentCreate(input: { issueId: $id, body: "Said" }) { success } }', { id });
    await arrived(3);
    expect(received[2]?.body).toMatchObject({ type: "Comment", data: { body: "Said", issue: { title: "Changed" } } });
    await ask("mutation($id: String!) { issueDelete(id: $id) { success } }", { id });
    await arrived(4);
    expect(received[3]?.body).toMatchObject({ action: "remove", type: "Issue" });
  });

  it("comes only for the types and the team that were asked for", async () => {
    await create({ resourceTypes: ["Comment"] });
    await create({ resourceTypes: ["Issue"], allPublicTeams: undefined, teamId: await team("DES") });
    await makeIssue("ENG", "Not told");
    await makeIssue("DES", "Told");
    await arrived(1);
    expect(received[0]?.body).toMatchObject({ data: { title: "Told" } });
  });

  it("that is not answered with 200 comes again after a minute, an hour and six hours, then counts as failed", async () => {
    const { webhookCreate } = await create({ resourceTypes: ["Issue"] });
    answers = [500, 404, 301, 503];
    await makeIssue("ENG", "Insisted on");
    for (const [index, wait] of [60_000, 3_600_000, 21_600_000].entries()) {
      await arrived(index + 1);
      // The next attempt is planned once this one's answer is read.
      await expect.poll(async () => (await sandbox.control.state()).deliveries.attempted).toBe(index + 1);
      await sandbox.control.advanceClock(wait - 1_000);
      await sandbox.control.advanceClock(1_000);
    }
    await arrived(4);
    expect(new Set(received.map(({ headers }) => headers["linear-delivery"])).size).toBe(1);
    const stamps = received.map(({ body }) => Number(body.webhookTimestamp));
    expect(stamps.toSorted((left, right) => left - right)).toEqual(stamps);
    expect((stamps[3] ?? 0) - (stamps[0] ?? 0)).toBeGreaterThanOrEqual(25_260_000);
    const failures = () =>
      ask<{ webhook: { failures: { httpStatus: number }[] } }>("query($id: String!) { webhook(id: $id) { failures { httpStatus } } }", {
        id: webhookCreate.webhook.id,
      });
    await expect.poll(async () => (await failures()).webhook.failures).toEqual([{ httpStatus: 503 }]);
  });

  it("is for admins, or apps with the scope", async () => {
    token = (await sandbox.connect("read,write", "ben@acme.example")).access_token;
    await expect(create({ resourceTypes: ["Issue"] })).rejects.toThrow(/admin/);
    token = (await sandbox.connect("read,write")).access_token;
    await expect(create({ resourceTypes: ["Team"] })).rejects.toThrow("Argument Validation Error");
  });
});

const vendorFile = findSpec("linear-schema.graphql");
describe.skipIf(vendorFile === null)("what a delivery holds", () => {
  it("has no field that Linear's schema does not describe, and every one that must be there", async () => {
    const schema = buildSchema(vendorFile === null ? "" : readFileSync(vendorFile, "utf8"), { noLocation: true, assumeValidSDL: true });
    await create({ resourceTypes: ["Issue", "Comment", "Attachment"] });
    const id = await makeIssue("ENG", "Told");
    await ask('mutation($id: String!) { commentCreate(input: { issueId: $id, body: "Said" }) { success } }', { id });
    await ask(
      'mutation($id: String!) { attachmentCreate(input: { issueId: $id, title: "Page", url: "https://example.com" }) { success } }',
      { id },
    );
    await arrived(3);
    const fault = (name: string, value: unknown): readonly string[] => {
      const type = schema.getType(name);
      if (!isObjectType(type) || typeof value !== "object" || value === null) return [`${name} is no object`];
      const fields = type.getFields();
      const unknown = Object.keys(value).filter((key) => !(key in fields));
      const missing = Object.values(fields).filter(
        (field) => isNonNullType(field.type) && (Reflect.get(value, field.name) ?? null) === null,
      );
      return [...unknown.map((key) => `${name}.${key}`), ...missing.map((field) => `no ${name}.${field.name}`)];
    };
    for (const { body } of received) {
      expect(fault("EntityWebhookPayload", body)).toEqual([]);
      expect(fault(`${body.type}WebhookPayload`, body.data)).toEqual([]);
      expect(fault("UserActorWebhookPayload", body.actor)).toEqual([]);
    }
  });
});
