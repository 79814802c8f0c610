import { describe, expect, test } from "vitest";
import { type ActivityView, filterOf, isNarrowed, readView, wholeView, writeView } from "./call-filter";

const from = (query: string) => {
  const params = new URLSearchParams(query);
  return readView((name) => params.get(name));
};

const full: ActivityView = {
  text: "100% & more?",
  integration: "linear",
  result: "code:EAGAIN",
  actor: "hub:token-refresh",
  connection: `con_${"a".repeat(32)}`,
  path: "/context/tools/linear/ä b",
  operation: "issueUpdate",
  from: "2026-11-23T14:00:00.000Z",
  to: "2026-11-24T14:00:00.000Z",
  call: `cal_${"0".repeat(32)}`,
};

describe("the address of a view", () => {
  test("brings back exactly the view that it was made of", () => {
    expect(from(writeView(full).slice(1))).toEqual(full);
    expect(writeView(wholeView)).toBe("");
  });

  test("leaves out what it does not understand", () => {
    const query = "q=%00&tool=&result=great&who=me&connection=con_1&from=yesterday&to=2026-13-45T99:99:99Z&call=cal_x&other=1";
    expect(from(query)).toEqual(wholeView);
  });

  test("asks the API for each kind of result, and never for the open call", () => {
    expect(filterOf(from("result=failed"))).toEqual({ outcome: "failed" });
    expect(filterOf(from("result=status:5xx"))).toEqual({ status: "5xx" });
    expect(filterOf(from("result=code:aborted&q=a"))).toEqual({ errorCode: "aborted", text: "a" });
    expect(isNarrowed(from(`call=cal_${"0".repeat(32)}`))).toBe(false);
    expect(isNarrowed(full)).toBe(true);
  });
});
