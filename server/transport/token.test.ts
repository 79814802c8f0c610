import { describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import { toToolResponse } from "./response";
import { retrying } from "./retry";
import type { HeldToken, Send, TokenSource, ToolRequest } from "./send";
import { testContext, VirtualClock } from "./testing";
import { authorizing, staleToken } from "./token";

const ok = toToolResponse({ status: 200, headers: new Headers() }, new Uint8Array());
const unauthorized = () => new HubError("ENOTCONN", "The token is not accepted.", { details: { vendorStatus: 401 } });

function request(over: Partial<ToolRequest> = {}): ToolRequest {
  return { method: "POST", url: "https://tool.test/", repeatability: "unsafe", operation: "create", authorization: "connection", ...over };
}

/** Each call of `renew` or `reload` gives the next version. */
function countingSource(): TokenSource & { readonly log: string[] } {
  const log: string[] = [];
  let version = 1;
  const held = (): HeldToken => ({ accessToken: `token-${version}`, version });
  return {
    log,
    async current() {
      return held();
    },
    async reload() {
      log.push("reload");
      version += 1;
      return held();
    },
    async renew(refused) {
      log.push(`renew ${refused.version}`);
      version += 1;
      return held();
    },
    refused(token) {
      log.push(`refused ${token.version}`);
    },
  };
}

function vendor(errors: readonly unknown[]) {
  const sent: (string | undefined)[] = [];
  const next: Send = async (sentRequest) => {
    const error = errors[sent.length];
    sent.push(sentRequest.headers?.authorization);
    if (error !== undefined) throw error;
    return ok;
  };
  return { next, sent };
}

describe("the token layer", () => {
  it("adds the token to calls that ask for it, and to no others", async () => {
    const { next, sent } = vendor([]);
    const send = authorizing(countingSource())(next);
    await send(request(), testContext());
    await send(request({ authorization: "none" }), testContext());
    expect(sent).toEqual(["Bearer token-1", undefined]);
  });

  it("answers a refused token with one refresh and one replay, for an unsafe call too", async () => {
    const source = countingSource();
    const { next, sent } = vendor([unauthorized()]);
    expect(await authorizing(source)(next)(request(), testContext())).toBe(ok);
    expect(sent).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect(source.log).toEqual(["renew 1"]);
  });

  it("ends as ENOTCONN after a second refusal, and tells the source that the new token is no good", async () => {
    const source = countingSource();
    const { next, sent } = vendor([unauthorized(), unauthorized(), unauthorized()]);
    await expect(authorizing(source)(next)(request(), testContext())).rejects.toMatchObject({ code: "ENOTCONN" });
    expect(sent.length).toBe(2);
    expect(source.log).toEqual(["renew 1", "refused 2"]);
  });

  it("takes a renewal that failed for none: the call tries it again, and nobody holds the token for worthless", async () => {
    const source = countingSource();
    const { renew } = source;
    let failures = 0;
    source.renew = async (refused, context) => {
      failures += 1;
      if (failures <= 2) throw new HubError("EAGAIN", "The token endpoint does not answer.", { retryAfterMs: 10 });
      return renew(refused, context);
    };
    const { next, sent } = vendor([unauthorized(), unauthorized(), unauthorized()]);
    const clock = new VirtualClock();
    const send = retrying({ clock, random: () => 0 })(authorizing(source)(next));
    expect(await clock.run(send(request(), testContext()))).toBe(ok);
    expect(sent).toEqual(["Bearer token-1", "Bearer token-1", "Bearer token-1", "Bearer token-2"]);
    expect(source.log).toEqual(["renew 1"]);
  });

  it("spends one refresh a call, even when the call is repeated for another reason in between", async () => {
    const source = countingSource();
    const { next } = vendor([unauthorized(), new HubError("EIO", "Down.", { retryable: true }), unauthorized()]);
    const send = authorizing(source)(next);
    const context = testContext({
      progress: {
        callId: "c",
        startedAtMs: 0,
        idleSinceMs: 0,
        attempts: 0,
        waitMs: 0,
        tokenVersion: null,
        tokenRenewed: false,
        answer: null,
      },
    });
    await expect(send(request(), context)).rejects.toMatchObject({ code: "EIO" });
    await expect(send(request(), context)).rejects.toMatchObject({ code: "ENOTCONN" });
    expect(source.log.filter((line) => line.startsWith("renew"))).toEqual(["renew 1"]);
  });

  it("takes up a token that another process stored, without a refresh", async () => {
    const source = countingSource();
    const { next, sent } = vendor([staleToken()]);
    await authorizing(source)(next)(request(), testContext());
    expect(sent).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect(source.log).toEqual(["reload"]);
  });

  it("leaves other refusals alone", async () => {
    const source = countingSource();
    const { next } = vendor([new HubError("EACCES", "Not yours.", { details: { vendorStatus: 403 } })]);
    await expect(authorizing(source)(next)(request(), testContext())).rejects.toMatchObject({ code: "EACCES" });
    expect(source.log).toEqual([]);
  });
});
