import "server-only";

/**
 * Why a flow ended without a connection: one closed list, kept in the flow's row (a refusal with the vendor's code behind a colon), and
 * the words a person reads. The page at the end of a flow and the explorer's card print the same ones.
 */
const flowProblems = [
  "denied",
  "refused",
  "expired",
  "rejected",
  "wrong_person",
  "wrong_integration",
  "not_allowed",
  "not_configured",
  "disconnecting",
  "tool_failed",
  "abandoned",
  "replaced",
] as const;
export type FlowProblem = (typeof flowProblems)[number];

/** What could not be tied to a flow of the person who asks. Safe in a query: each is only one of these words. */
export const strayProblems = ["unknown", "signed_out", "wrong_person", "replayed", "no_integration"] as const;
export type StrayProblem = (typeof strayProblems)[number];

export interface FlowWords {
  readonly title: string;
  readonly happened: string;
  readonly next: string;
}

const again = "Close this window and choose Connect again.";

/** What happened and what to do, in words. `reason` is the row's. */
export function describeProblem(reason: string | null, tool: string): FlowWords {
  const [code, detail] = (reason ?? "").split(":", 2);
  switch (code) {
    case "denied":
      return { title: `${tool} was not connected`, happened: `The consent was declined at ${tool}. Nothing was stored.`, next: again };
    case "refused":
      return {
        title: `${tool} refused`,
        happened: `${tool} answered "${detail ?? "an unnamed error"}" instead of granting access. Nothing was stored.`,
        next: `Check that the app registered at ${tool} allows these scopes and this redirect address, then connect again.`,
      };
    case "expired":
      return {
        title: "That took too long",
        happened: `The consent was not finished within ten minutes, so it is no longer accepted. Nothing was stored.`,
        next: again,
      };
    case "rejected":
      return {
        title: "This answer was not accepted",
        happened: `What came back from ${tool} does not belong to the browser that started connecting: it was changed, or the browser's cookies are gone. Nothing was stored.`,
        next: "Allow cookies for this site, then connect again in one browser.",
      };
    case "wrong_person":
      return {
        title: "Somebody else started this",
        happened: `You are signed in as another person than the one who started connecting ${tool}. Nothing was stored.`,
        next: "Sign in as the person who started, and connect again.",
      };
    case "wrong_integration":
      return {
        title: "This answer came to the wrong address",
        happened: `The answer to connecting ${tool} arrived at another tool's address, so it was not used. Nothing was stored.`,
        next: `Check the redirect address registered at ${tool}, then connect again.`,
      };
    case "not_allowed":
      return {
        title: "You may no longer connect tools here",
        happened: `Your role in the workspace changed while you were at ${tool}. Nothing was stored.`,
        next: "Ask an admin of the workspace to connect it.",
      };
    case "not_configured":
      return {
        title: `${tool} is not set up`,
        happened: `The hub no longer has its credentials for ${tool}. Nothing was stored.`,
        next: "Ask whoever runs the hub to set them, then connect again.",
      };
    case "disconnecting":
      return {
        title: "Still disconnecting",
        happened: `This account of ${tool} is being disconnected just now. Nothing was stored.`,
        next: "Wait until it is done, then connect again.",
      };
    case "abandoned":
      return { title: "Connecting was cancelled", happened: `Connecting ${tool} was cancelled. Nothing was stored.`, next: again };
    case "replaced":
      return {
        title: "A newer attempt replaced this one",
        happened: `Connecting ${tool} was started again several times since. Nothing was stored from this attempt.`,
        next: "Finish in the newest window, or connect again.",
      };
    default:
      return {
        title: `${tool} did not answer as expected`,
        happened: `${tool} could not be reached, or its answer could not be used. Nothing was stored.`,
        next: "Wait a minute and connect again. The call log shows what it answered.",
      };
  }
}

/** The words for an answer that belongs to no flow of this person. */
export function describeStray(problem: StrayProblem, redirectUris: readonly string[]): FlowWords {
  switch (problem) {
    case "signed_out":
      return {
        title: "You are signed out",
        happened: "The answer of the tool arrived, but nobody is signed in here. Nothing was stored.",
        next: "Sign in and connect again.",
      };
    case "wrong_person":
      return describeProblem("wrong_person", "the tool");
    case "replayed":
      return {
        title: "This answer was used before",
        happened: "Each answer of a tool is accepted once. This one was used already, so nothing happened now.",
        next: "Close this window. If the tool is not connected, connect it again.",
      };
    case "no_integration":
      return {
        title: "This address misses its tool",
        happened: "Each tool has its own redirect address here, so that one tool's answer is never taken for another's.",
        next: `Register the tool's own address${redirectUris.length === 0 ? "" : `: ${redirectUris.join(", ")}`}.`,
      };
    default:
      return {
        title: "Nothing waits for this answer",
        happened: "The hub did not start this, or it was too long ago. Nothing was stored.",
        next: "Close this window and choose Connect again.",
      };
  }
}
