import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readRecorded, recordInto } from "./recording";
import { cover, printCoverage, violationsIn } from "./report";
import { exchangeOf } from "./testing";
import type { SpecValidator, Verdict } from "./validator";

const folder = mkdtempSync(path.join(tmpdir(), "specs-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("what is recorded", () => {
  it("is read back as it went over the wire, without its credentials", async () => {
    const record = recordInto(folder);
    const body = Uint8Array.from([0, 255, 10, 13]);
    record({
      tool: "linear",
      request: { method: "POST", target: "/graphql?a=b", headers: { Authorization: "Bearer lin_secret", "content-type": "x" }, body },
      response: { status: 200, headers: { "set-cookie": ["session=lin_secret"], "x-many": ["a", "b"] }, body },
      fault: null,
    });
    const { value: exchange } = await readRecorded(folder).next();
    expect(exchange).toMatchObject({ tool: "linear", method: "POST", target: "/graphql?a=b", fault: null });
    expect(exchange?.request.headers).toEqual({ "content-type": "x" });
    expect(exchange?.response).toMatchObject({ status: 200, headers: { "x-many": "a, b" }, whole: true });
    expect([...(exchange?.response.body ?? [])]).toEqual([...body]);
    for (const file of readdirSync(folder)) expect(readFileSync(path.join(folder, file), "utf8")).not.toContain("lin_secret");
  });
});

describe("the coverage", () => {
  const verdicts: Readonly<Record<string, Verdict>> = {
    "/good": { kind: "checked", operation: "good", refused: false, violations: [] },
    "/bad": { kind: "checked", operation: "bad", refused: false, violations: [{ where: "answer", what: '"x" is not described' }] },
    "/wrong": { kind: "checked", operation: "good", refused: true, violations: [] },
    "/oauth": { kind: "outside", what: "the vendor's OAuth" },
    "/new": { kind: "not describable", operation: "files.new" },
  };
  const validator: SpecValidator = {
    tool: "slack",
    files: [],
    check: ({ target }) => verdicts[target] ?? { kind: "outside", what: "else" },
  };
  const seen = ["/good", "/good", "/bad", "/bad", "/wrong", "/oauth", "/new"].map((target) => exchangeOf("slack", "GET", target));

  it("counts operations, refusals, what is outside and each violation", async () => {
    const coverage = await cover([validator], [...seen, exchangeOf("asana", "GET", "/good")]);
    expect(violationsIn(coverage)).toBe(2);
    const [slack] = coverage;
    expect(slack).toMatchObject({ tool: "slack", exchanges: 7, refused: 1 });
    expect([...(slack?.operations ?? [])]).toEqual([
      ["good", 3],
      ["bad", 2],
    ]);
    expect(printCoverage(coverage).split("\n").slice(0, 6)).toEqual([
      "tool                 operations   exchanges   refused   outside  not describable  violations",
      "slack                         2           7         1         1                1           2",
      "",
      "slack, outside of its description: the vendor's OAuth (1)",
      "slack, newer than its description: files.new",
      "",
    ]);
    expect(printCoverage(coverage)).toContain('2 × bad: answer: "x" is not described');
  });
});
