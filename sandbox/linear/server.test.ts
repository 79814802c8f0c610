import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestSandbox } from "./testing";

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox.close());

test("a person who consents gives the app a token that reads their own workspace", async () => {
  const tokens = await sandbox.connect("read");
  expect(tokens).toMatchObject({ token_type: "Bearer", expires_in: 86_399, scope: "read" });
  const answer = await sandbox.graphql(
    tokens.access_token,
    "{ viewer { name email displayName } organization { name urlKey } issues(first: 3) { nodes { identifier url state { type } } pageInfo { hasNextPage } } }",
  );
  expect(answer.status).toBe(200);
  expect(answer.body.errors).toBeUndefined();
  expect(answer.body.data).toMatchObject({
    viewer: { name: "Ann Smith", email: "ann@acme.example", displayName: "ann" },
    organization: { name: "Acme Parcels", urlKey: "acme" },
    issues: { pageInfo: { hasNextPage: true } },
  });
});
