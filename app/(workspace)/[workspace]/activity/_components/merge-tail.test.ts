import { describe, expect, test } from "vitest";
import type { CallRow } from "@/components/calls/call-row";
import { callsOf, type LoadedPage, mergeTail } from "./merge-tail";

/** A call that began in this minute; `status` tells its versions apart. */
function call(id: string, minute: number, status = 200): CallRow {
  const at = new Date(Date.UTC(2026, 10, 1, 12, minute)).toISOString();
  return {
    ...{ id, at, status, connection: null, integration: "linear", operation: id, method: "GET", path: null, actor: "Ann", actorId: null },
    ...{ outcome: "ok", errorCode: null, elapsedMs: 1, waitMs: 0, attempts: [] },
  };
}
const page = (calls: CallRow[], over: Partial<LoadedPage> = {}): LoadedPage => ({
  ...{ calls, nextCursor: "more", lookedBackTo: null, tail: null },
  ...over,
});
const answer = (calls: CallRow[], unmatched: string[] = []) => ({ calls, unmatched, tail: "next" });
const shown = (pages: readonly LoadedPage[]) => callsOf(pages).map(({ id, status }) => `${id} ${status}`);

const loaded = [page([call("e", 50), call("d", 40)], { tail: "first" }), page([call("c", 30), call("b", 20)])];

describe("what the live log brings", () => {
  test("comes to its place by time, and the place to go on is kept", () => {
    const { pages, added } = mergeTail(loaded, answer([call("f", 60), call("late", 45)]));
    expect(shown(pages)).toEqual(["f 200", "e 200", "late 200", "d 200", "c 200", "b 200"]);
    expect(added).toEqual(["f", "late"]);
    expect(pages[0]?.tail).toBe("next");
  });

  test("replaces a call that is there, on whatever page, and twice the same changes nothing", () => {
    const once = mergeTail(loaded, answer([call("c", 30, 503), call("f", 60)]));
    const twice = mergeTail(once.pages, answer([call("c", 30, 503), call("f", 60)]));
    expect(shown(twice.pages)).toEqual(["f 200", "e 200", "d 200", "c 503", "b 200"]);
    expect(twice.added).toEqual([]);
  });

  test("takes away what no longer matches", () => {
    expect(shown(mergeTail(loaded, answer([], ["d", "b", "unknown"])).pages)).toEqual(["e 200", "c 200"]);
  });

  test("leaves to the next page what is older than all that is loaded, unless everything is", () => {
    expect(mergeTail(loaded, answer([call("a", 10)])).added).toEqual([]);
    expect(mergeTail([page([call("e", 50)], { nextCursor: null })], answer([call("a", 10)])).added).toEqual(["a"]);
    const looked = [page([], { lookedBackTo: new Date(Date.UTC(2026, 10, 1, 12, 5)).toISOString() })];
    expect(mergeTail(looked, answer([call("a", 10), call("older", 1)])).added).toEqual(["a"]);
  });

  test("is shown once when a page brings it as well", () => {
    const { pages } = mergeTail(loaded, answer([call("late", 35)]));
    expect(shown([...pages, page([call("late", 35), call("a", 10)])])).toEqual(["e 200", "d 200", "late 200", "c 200", "b 200", "a 200"]);
  });
});
