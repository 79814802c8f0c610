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
  "another_server",
  "not_allowed",
  "access_stopped",
  "not_configured",
  "disconnecting",
  "tool_failed",
  "abandoned",
  "replaced",
  "interrupted",
  "given_back",
  "unanswered",
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
    case "another_server":
      return {
        title: "Another server answered",
        happened: `The answer that came back names another server than ${tool}'s, or none where ${tool} always gives its name. It was not used. Nothing was stored.`,
        next: `Choose Connect again, and open ${tool} only from there. If it happens again, tell whoever runs the hub.`,
      };
    case "not_allowed":
      return {
        title: "You may no longer connect tools here",
        happened: `Your role in the workspace changed while you were at ${tool}. Nothing was stored.`,
        next: "Ask an admin of the workspace to connect it.",
      };
    case "access_stopped":
      return {
        title: "Access to tools is stopped",
        happened: `All access to tools was stopped in this workspace while you were at ${tool}. Nothing was stored.`,
        next: "An admin can resume it in the settings; then connect again.",
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
    case "interrupted":
      return {
        title: "Connecting was interrupted",
        happened: `The hub stopped while it was taking ${tool}'s answer. Nothing was stored, but ${tool} may have granted the access already.`,
        next: `Connect again. If you do not want to, look in the settings of ${tool} whether the hub is listed there, and remove it.`,
      };
    case "given_back":
      return {
        title: `Nothing was connected`,
        happened: `${givenBack(detail, tool)} Nothing was stored.`,
        next: remainsWords(detail, tool) ?? again,
      };
    case "unanswered":
      return {
        title: "The question was not answered in time",
        happened: `Another account than the expected one came back from ${tool}, and nobody said what to do with it. ${givenBack(detail, tool)} Nothing was stored.`,
        next: remainsWords(detail, tool) ?? again,
      };
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
        next: `Wait a minute and connect again. The call log shows what it answered. If you do not connect again, look in the settings of ${tool} whether the hub is listed there.`,
      };
  }
}

/** What became of the access that was given back; `outcome` is what `giveBackGrant` answered, or nothing while that is under way. */
function givenBack(outcome: string | undefined, tool: string): string {
  switch (outcome) {
    case "revoked":
    case "already_revoked":
      return `${tool} ended the access.`;
    case "not_offered":
      return `The hub deleted its tokens; ${tool} offers no way to end the access from here.`;
    case "kept":
      return `The hub deleted its tokens; ${tool} was not asked to end the access, because that would end every connection of this account.`;
    case "failed":
      return `The hub deleted its tokens, but ${tool} could not be asked to end the access.`;
    default:
      return `The access is being given back to ${tool}.`;
  }
}

/** What to do at the tool where the access may remain there. */
function remainsWords(outcome: string | undefined, tool: string): string | null {
  return outcome === "not_offered" || outcome === "failed" ? `Remove the hub in the settings of ${tool}, or connect again.` : null;
}

/** Of an account, what a person knows it by. */
export interface AccountNames {
  readonly accountName: string;
  readonly accountEmail: string | null;
  readonly orgName: string | null;
}

/** `Bob at Acme`; with the e-mail address where the names alone do not tell the two apart. */
function accountWords(account: AccountNames, other: AccountNames | null): string {
  const place = account.orgName === null ? "" : ` at ${account.orgName}`;
  const isAlike = other !== null && other.accountName === account.accountName && other.orgName === account.orgName;
  const email = isAlike && account.accountEmail !== null ? ` (${account.accountEmail})` : "";
  return `${account.accountName}${email}${place}`;
}

/**
 * What is asked when another account came back: who was expected (null when that connection is gone by now), who came, and what can be done.
 * `seenBy`: who would see the account's own connection.
 */
export function describeQuestion(
  expected: AccountNames | null,
  came: AccountNames,
  tool: string,
  seenBy: "private" | "workspace",
): FlowWords {
  const title = `Another ${tool} account came back`;
  const who = accountWords(came, expected);
  const held = `Nothing is used until you decide; after a few minutes it is given back to ${tool}.`;
  const added = `as a connection of its own, which ${seenBy === "private" ? "only you" : "everyone in this workspace"} will see`;
  if (expected === null) {
    return {
      title,
      happened: `The connection that this was meant for has been disconnected meanwhile. You signed in as ${who}.`,
      next: `Add it ${added}, or give it back. ${held}`,
    };
  }
  const meant = accountWords(expected, came);
  const happened =
    meant === who
      ? `This connection is ${meant}; you signed in as another account of the same name.`
      : `This connection is ${meant}; you signed in as ${who}.`;
  return { title, happened, next: `Try again with the right account, add this one ${added}, or give it back. ${held}` };
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
