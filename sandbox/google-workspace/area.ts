import type { Company } from "../company/work";
import type { Markup } from "../http/html";
import type { SandboxResponse } from "../http/server";
import { insufficientScopes, type RefusalShape } from "./failures";
import type { GoogleSettings } from "./settings";

/** What the parts of the simulated Google (Drive, Docs, Calendar, Gmail) have in common. */

/** Somebody with a Google account: one for each person of each company that lives here. */
export interface Account {
  /** Google's `sub`: digits. */
  readonly sub: string;
  /** The company's `urlKey`. */
  readonly company: string;
  readonly handle: string;
  readonly name: string;
  readonly email: string;
  /** The Workspace domain; null for a consumer account. */
  readonly domain: string | null;
  readonly timeZone: string;
}

export interface Accounts {
  readonly all: readonly Account[];
  find(sub: string): Account | null;
  byEmail(email: string): Account | null;
  byHandle(company: string, handle: string): Account | null;
}

/** One request of the APIs, whose token was checked. */
export interface ApiRequest {
  readonly method: string;
  /** Still encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: string;
  readonly bytes: Uint8Array;
  readonly account: Account;
  readonly clientId: string;
  readonly scopes: readonly string[];
}

/** One API behind its path prefixes. Its methods throw `GoogleRefusal`. */
export interface GoogleArea {
  readonly name: "drive" | "docs" | "calendar" | "gmail";
  /** Prefixes of the paths it answers: `/drive/v3/`. */
  readonly prefixes: readonly string[];
  readonly refusals: RefusalShape;
  handle(request: ApiRequest): Promise<SandboxResponse> | SandboxResponse;
  /** Google's names of what a request asks for (`drive.files.list`), for faults and the journal. */
  operationOf(method: string, path: string): string | null;
  /** Its own HTML page for a path below `/home/<sub>/<name>/`, as its owner sees it; null where there is none. */
  page(account: Account, rest: readonly string[]): { readonly title: string; readonly main: Markup } | null;
  save(): unknown;
  restore(saved: unknown): void;
  /** Back to the seed. */
  reset(): void;
  /** Numbers; no token and no text. */
  inspect(): Readonly<Record<string, unknown>>;
}

/** What an area is started with. */
export interface AreaOptions {
  readonly accounts: Accounts;
  readonly companies: readonly Company[];
  readonly size: "small" | "large";
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** The time of a write: later than any write before it, as RFC 3339 in UTC. */
  readonly writeTime: () => string;
  readonly settings: () => GoogleSettings;
  /** Where web links lead: `http://localhost:<port>`, or what the sandbox was given. */
  readonly webOrigin: () => string;
}

const prefix = "https://www.googleapis.com/auth/";

/** 403 unless the token has one of these scopes (short names: `drive.readonly`), as the method's discovery document lists them. */
export function requireScope(request: ApiRequest, ...anyOf: readonly string[]): void {
  const names = anyOf.map((name) => (name.startsWith("https:") ? name : `${prefix}${name}`));
  if (!names.some((name) => request.scopes.includes(name))) throw insufficientScopes(names);
}

export const hasScope = (request: ApiRequest, name: string): boolean => request.scopes.includes(`${prefix}${name}`);
