import { describe, expect, it } from "vitest";
import { startTestSandbox } from "@/sandbox/linear/testing";
import { graphqlRequest, maxPageSize } from "./api";
import { complexityOf } from "./cost";
import { type DocumentName, documents } from "./documents";

const names = Object.keys(documents) as DocumentName[];

describe("a document's cost", () => {
  it("is counted by Linear's formula: 0.1 a property, 1 an object, a connection's children times its page", () => {
    // organization { id name urlKey }
    expect(complexityOf("organization", {})).toBe(2);
    // viewer of five properties, organization of three
    expect(complexityOf("identity", {})).toBe(3);
    // teams: each node an object of five properties, and the page's information beside it, an object of two
    const ofATeam = 1 + 0.5 + 1 + 0.2;
    expect(complexityOf("teams", { first: 10 })).toBe(Math.ceil(1 + 10 * ofATeam));
    expect(complexityOf("teams", { first: 250 })).toBe(Math.ceil(1 + 250 * ofATeam));
    expect(complexityOf("teams", {})).toBe(Math.ceil(1 + 50 * ofATeam));
  });

  it("stays below what Linear takes of one query, for each of ours with its largest page", () => {
    for (const name of names) {
      expect(complexityOf(name, { first: maxPageSize }), name).toBeLessThanOrEqual(10_000);
      expect(complexityOf(name, { first: maxPageSize }), name).toBeGreaterThanOrEqual(1);
    }
  });

  it("is not below what the simulated Linear counts for the same query, and hardly above", async () => {
    const sandbox = await startTestSandbox();
    try {
      const { access_token: token } = await sandbox.connect();
      for (const name of names.filter((one) => documents[one].startsWith("query"))) {
        const known = { first: 50, id: "none", team: "none", issue: "none" };
        const variables = Object.fromEntries(Object.entries(known).filter(([variable]) => documents[name].includes(`$${variable}:`)));
        const { url, body, headers, pays } = graphqlRequest(`${sandbox.origin}/graphql`, name, variables, "safe", token);
        const answer = await fetch(url, { method: "POST", headers: { ...headers }, body: String(body) });
        const counted = Number(answer.headers.get("x-complexity"));
        const estimated = pays?.find(({ group }) => group === "complexity")?.cost ?? 0;
        expect(estimated, name).toBeGreaterThanOrEqual(counted);
        expect(estimated, name).toBeLessThanOrEqual(counted + 2);
      }
    } finally {
      await sandbox.close();
    }
  });
});
