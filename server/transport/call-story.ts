import type { AttemptView, CallView } from "./call-views";

/** Why a call ended as it did, for a person: what happened, and what to do where there is something to do. */
export interface CallStory {
  readonly what: string;
  readonly advice: string | null;
}

export interface CallEvents {
  readonly call: CallView;
  /** Renewals of the connection's token while the call was under way. */
  readonly renewals: readonly CallView[];
}

/** Shorter waits are not worth a word. */
const noticedWaitMs = 100;
const slowMs = 5_000;

/** Tells a call's story from its records alone; `tool` is the tool's name. */
export function explainCall({ call, renewals }: CallEvents, tool: string): CallStory {
  const last = call.attempts.at(-1);
  if (last === undefined) return { what: "Nothing is recorded of this call.", advice: null };
  const before = call.attempts.slice(0, -1);
  const renewal = renewals.at(-1);
  const parts = [...runs(before).map((run) => failedRun(run, tool, renewal)), lastPart(last, call, tool, renewal)];
  return {
    what: sentence(parts.join("; ")),
    advice: call.outcome === "ok" ? (last.durationMs >= slowMs ? slowAdvice(tool) : null) : adviceFor(last, tool),
  };
}

const sentence = (text: string): string => {
  const ended = /[.!?]$/.test(text) ? text : `${text}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
};

/** `14:03:02 UTC` */
const clockTime = (iso: string): string => `${iso.slice(11, 19)} UTC`;

function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

/** Failures of one kind in a row, which are told as one. */
function runs(attempts: readonly AttemptView[]): AttemptView[][] {
  const kind = (one: AttemptView) => `${one.sent} ${one.status} ${one.errorCode} ${one.reason}`;
  const grouped: AttemptView[][] = [];
  for (const attempt of attempts) {
    const current = grouped.at(-1);
    if (current?.[0] !== undefined && kind(current[0]) === kind(attempt)) current.push(attempt);
    else grouped.push([attempt]);
  }
  return grouped;
}

function failedRun(run: readonly AttemptView[], tool: string, renewal: CallView | undefined): string {
  const [first] = run;
  if (first === undefined) return "";
  const times = run.length === 1 ? "" : run.length === 2 ? " twice" : ` ${run.length} times`;
  const renewed = isTokenRefusal(first) && renewal !== undefined ? `; ${renewalWords(renewal, tool)}` : "";
  return `${failure(first, tool)}${times}${when(first, tool)}${renewed}`;
}

/** The time, set off with a comma from a clause that is a sentence of its own. */
const when = (attempt: AttemptView, tool: string): string =>
  `${failure(attempt, tool).endsWith(")") ? "" : ","} at ${clockTime(attempt.at)}`;

const isTokenRefusal = ({ errorCode, status }: AttemptView): boolean => errorCode === "ENOTCONN" && status !== null;

function renewalWords(renewal: CallView, tool: string): string {
  if (renewal.outcome === "ok") return `the hub renewed the token in ${span(renewal.elapsedMs)}`;
  const answer = renewal.status === null ? "got no answer" : `was answered with ${renewal.status}`;
  return `the hub asked ${tool} for a new token and ${answer}`;
}

/** What went wrong with one attempt, without a full stop. */
function failure(attempt: AttemptView, tool: string): string {
  const { errorCode, status, reason, sent } = attempt;
  if (errorCode === "aborted") return sent ? "whoever asked gave up before the answer came" : "whoever asked gave up before it was sent";
  if (!sent) return `the hub did not send it: ${withoutStop(reason ?? "it had no reason to give")}`;
  if (status === null) return withoutStop(reason ?? `${tool} gave no answer`);
  if (isTokenRefusal(attempt)) return `${tool} refused the token (${status})`;
  const words: Readonly<Record<string, string>> = {
    EAGAIN: `${tool} said that its rate limit is reached (${status})`,
    EACCES: `${tool} does not allow this to the person who connected it (${status})`,
    ESCOPE: `${tool} refused because the connection lacks a scope (${status})`,
    ENOENT: `${tool} has no such thing (${status})`,
    EINVAL: `${tool} refused the values (${status})`,
    EEXIST: `${tool} already has it (${status})`,
    ESTALE: `${tool} has changed it meanwhile (${status})`,
    EDQUOT: `${tool} said that a limit of its plan is reached (${status})`,
    EFBIG: `${tool} refused it as too large (${status})`,
  };
  const known = errorCode === null ? undefined : words[errorCode];
  if (known !== undefined) return known;
  if (status >= 500) return `${tool} failed (${status})`;
  if (status >= 300 && status < 400) return `${tool} answered with a redirect (${status}), which the hub does not follow`;
  if (status < 300) return `${tool} answered ${status}, but with an error or with something the hub cannot read`;
  return `${tool} refused the call (${status})`;
}

const withoutStop = (text: string): string => text.replace(/\.$/, "");

function lastPart(last: AttemptView, call: CallView, tool: string, renewal: CallView | undefined): string {
  const alone = call.attempts.length === 1;
  const waited = last.waitMs < noticedWaitMs ? null : `waited ${span(last.waitMs)} ${waitCause(last, call, tool, renewal)}`;
  const end =
    call.outcome === "failed"
      ? `${failure(last, tool)}${when(last, tool)}${alone ? "" : `; the ${ordinal(last.attempt)} attempt was the last`}`
      : alone
        ? `${tool} answered in ${span(last.durationMs)}`
        : `the ${ordinal(last.attempt)} attempt succeeded`;
  return waited === null ? end : `${waited}, then ${end}`;
}

/** What the wait before an attempt was for, as the attempt before it tells. */
function waitCause(attempt: AttemptView, call: CallView, tool: string, renewal: CallView | undefined): string {
  const previous = call.attempts.find((other) => other.attempt === attempt.attempt - 1);
  if (previous === undefined) {
    return renewal === undefined ? "for its turn" : "for a new token";
  }
  if (isTokenRefusal(previous)) return "for a new token";
  return previous.errorCode === "EAGAIN" ? `for ${tool}'s rate limit` : "before trying again";
}

const ordinals = ["", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"] as const;
const ordinal = (n: number): string => ordinals[n] ?? `${n}th`;

const slowAdvice = (tool: string): string => `${tool} itself was slow; the hub passed its answer on at once.`;

function adviceFor(last: AttemptView, tool: string): string | null {
  const support =
    last.vendorRequestId === null ? "" : ` If it stays so, ask ${tool}'s support about the request id ${last.vendorRequestId}.`;
  switch (last.errorCode) {
    case "aborted":
      return "Nothing to mend: a page was left, or the request behind it ended.";
    case "ENOTCONN":
      return `Open ${tool} under Integrations; if it says so there, connect it again.`;
    case "EAGAIN":
      return last.sent
        ? `Try again later${resetWords(last)}. Other work on the same connection uses the same limit.`
        : "Try again in a moment. Where it goes on, the connection's page says what it waits for.";
    case "ESCOPE":
      return `Open ${tool} under Integrations and switch on what is missing; ${tool} then asks for that consent.`;
    case "EACCES":
      return `Ask for that right in ${tool}, for the person who connected it, or let somebody connect who has it.`;
    case "ENOENT":
      return `It was probably deleted or moved in ${tool}: refresh the folder.`;
    case "EINVAL":
    case "EEXIST":
    case "ESTALE":
      return "Whoever made the change was told what to correct. The log keeps no contents.";
    case "EDQUOT":
      return `Ask an admin of ${tool} about the plan.`;
    case "EFBIG":
      return "Nothing to mend here: it is larger than may be moved in one piece.";
    case null:
      return null;
    default:
      return last.status === null
        ? `Try again. If this was a change, look in ${tool} first: it may have been made although no answer came.`
        : `Nothing to mend here: try again later.${support}`;
  }
}

/** When the tool says that the spent limit begins anew. */
function resetWords({ limits }: AttemptView): string {
  const spent = Object.keys(limits).filter((key) => key.endsWith(".remaining") && Number(limits[key]) <= 0);
  const resets = spent.flatMap((key) => limits[key.replace(/\.remaining$/, ".reset")] ?? []).sort();
  const latest = resets.at(-1);
  return latest === undefined ? "" : `, after ${clockTime(latest)}`;
}
