import type { ConnectionBudget, ConnectionFailure, ConnectionHealth, ConnectionStatus } from "@/server/integrations/catalogue";
import type { MissingConsent } from "./capabilities";

/** How a connection does, in words: facts in, sentences out. What is read for it is read in `health-facts.ts`. */

export interface TokenFacts {
  readonly expiresAt: Date | null;
  readonly refreshedAt: Date | null;
  readonly renews: boolean;
  /** Only a person can mend it. */
  readonly terminal: boolean;
  readonly failures: number;
  /** Milliseconds until the next try after a failed renewal; 0 when one may be made. */
  readonly pauseMs: number;
  readonly refreshExpiresAt: Date | null;
}

/** What a card knows of a token; the page knows more. */
type TokenLife = Pick<TokenFacts, "expiresAt" | "renews" | "terminal"> & Partial<TokenFacts>;

export interface HealthFacts {
  /** The tool's name. */
  readonly tool: string;
  readonly now: Date;
  readonly status: ConnectionStatus;
  /** Null when there is none. */
  readonly token: TokenFacts | null;
  readonly scopes: readonly string[];
  readonly missing: readonly MissingConsent[];
  readonly lastSync: Date | null;
  readonly budgets: readonly ConnectionBudget[];
  readonly lastFailure: ConnectionFailure | null;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
/** How long before it expires a token is renewed for those who call, at most. */
const aheadMs = 2 * minute;
/** An older failure is in the data, and not worth a sentence. */
const failureIsNewsMs = day;
/** Of limits beside that of calls in general, those that run low are worth a sentence. */
const lowShare = 0.2;

/** `42 min`, in the largest unit that leaves two or more of it, rounded. */
export function spanWords(ms: number): string {
  const units = [
    [day, "d"],
    [hour, "h"],
    [minute, "min"],
    [second, "s"],
  ] as const;
  const [unit, name] = units.find(([length]) => ms >= 2 * length) ?? units[3];
  return `${Math.max(1, Math.round(ms / unit))} ${name}`;
}

/** Everything of a connection's health. */
export function describeHealth(facts: HealthFacts): ConnectionHealth {
  const { now, token, lastFailure } = facts;
  const sentences = [
    facts.status.reason,
    tokenWords(facts.tool, token, now),
    renewedWords(token, now),
    lapseWords(token, now),
    syncWords(facts),
    ...facts.budgets.map((budget) => budgetWords(facts.tool, budget, now)),
    failureWords(lastFailure, now),
  ];
  return {
    status: facts.status,
    sentences: sentences.filter((sentence) => sentence !== null),
    token: token === null ? null : tokenData(token),
    scopes: { granted: facts.scopes, missing: missingScopesOf(facts.missing) },
    budgets: facts.budgets,
    lastFailure,
  };
}

/** How the access lasts; null where the status says it: only a person can mend it, or there is none. */
export function tokenWords(tool: string, token: TokenLife | null, now: Date): string | null {
  if (token === null || token.terminal) return null;
  const { failures = 0, pauseMs = 0 } = token;
  const leftMs = token.expiresAt === null ? null : token.expiresAt.getTime() - now.getTime();
  if (failures > 0) {
    const times = failures === 1 ? "the last time" : `the last ${failures} times`;
    const next = pauseMs > 0 ? `in ${spanWords(pauseMs)}` : "with the next call";
    const works = leftMs !== null && leftMs > 0 ? ` The token works for another ${spanWords(leftMs)}.` : "";
    return `${tool} did not renew the token ${times}; the hub tries again ${next}.${works}`;
  }
  if (leftMs === null) {
    return token.renews
      ? `${tool} does not say how long the token works; it is renewed when ${tool} refuses it.`
      : `${tool} does not say how long the token works; when it ends, somebody signs in again.`;
  }
  if (!token.renews) {
    return leftMs > 0
      ? `Token ends in ${spanWords(leftMs)}; then somebody signs in again.`
      : "Token has ended; somebody has to sign in again.";
  }
  return leftMs > 0 ? `Token renews itself in ${spanWords(leftMs)}.` : "Token renews itself with the next call.";
}

function renewedWords(token: TokenFacts | null, now: Date): string | null {
  if (token === null || token.refreshedAt === null) return null;
  return `Last renewed ${spanWords(now.getTime() - token.refreshedAt.getTime())} ago.`;
}

function lapseWords(token: TokenFacts | null, now: Date): string | null {
  if (token === null || token.terminal || token.refreshExpiresAt === null) return null;
  const leftMs = token.refreshExpiresAt.getTime() - now.getTime();
  return leftMs > 0 ? `The authorization would lapse in ${spanWords(leftMs)}; the hub renews it before that.` : null;
}

function syncWords({ lastSync, status, now }: HealthFacts): string | null {
  if (lastSync !== null) return `Last sync ${spanWords(now.getTime() - lastSync.getTime())} ago.`;
  return status.state === "connected" ? "Files are read from the tool as they are opened." : null;
}

function budgetWords(tool: string, budget: ConnectionBudget, now: Date): string | null {
  const { group, left, capacity, blockedUntil } = budget;
  const ofGroup = group === "default" ? "calls" : `calls of ${group.split("|").join(" ")}`;
  const blockedMs = blockedUntil === null ? 0 : new Date(blockedUntil).getTime() - now.getTime();
  if (blockedMs > 0) return `${tool} lets no ${ofGroup} through for another ${spanWords(blockedMs)}.`;
  const span = windowWords(budget.windowSeconds);
  if (group === "default") return `${tool} allows ${number(left)} more calls ${span}.`;
  return left < capacity * lowShare
    ? `Of ${group.split("|").join(" ")}, ${tool} allows ${number(left)} of ${number(capacity)} ${span}.`
    : null;
}

const number = (value: number): string => Math.max(0, Math.floor(value)).toLocaleString("en");

function windowWords(seconds: number): string {
  const isAbout = (length: number) => Math.abs(seconds - length) < length / 10;
  if (isAbout(60)) return "this minute";
  if (isAbout(3600)) return "this hour";
  return isAbout(86_400) ? "today" : `in ${spanWords(seconds * second)}`;
}

function failureWords(failure: ConnectionFailure | null, now: Date): string | null {
  if (failure === null) return null;
  const agoMs = now.getTime() - new Date(failure.at).getTime();
  if (agoMs > failureIsNewsMs) return null;
  return failure.isOver
    ? `A call failed ${spanWords(agoMs)} ago; calls after it succeeded.`
    : `The last call failed ${spanWords(agoMs)} ago.`;
}

function tokenData(token: TokenFacts): ConnectionHealth["token"] {
  const { expiresAt, renews, terminal } = token;
  const renewsAt = expiresAt === null || !renews || terminal ? null : new Date(expiresAt.getTime() - aheadMs);
  return {
    expiresAt: expiresAt?.toISOString() ?? null,
    renews,
    renewedAt: token.refreshedAt?.toISOString() ?? null,
    renewsAt: renewsAt?.toISOString() ?? null,
    failedRenewals: token.failures,
    lapsesAt: token.refreshExpiresAt?.toISOString() ?? null,
  };
}

/** By scope, because that is what a vendor's consent page asks. */
function missingScopesOf(missing: readonly MissingConsent[]): ConnectionHealth["scopes"]["missing"] {
  const scopes = [...new Set(missing.flatMap((consent) => consent.scopes))];
  return scopes.map((scope) => ({
    scope,
    capabilities: missing.filter((consent) => consent.scopes.includes(scope)).map(({ capability }) => capability),
  }));
}
