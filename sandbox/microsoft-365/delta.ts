import type { SandboxResponse } from "../http/server";
import { answerDelta } from "./answers";
import type { GraphContext } from "./context";
import { badQuery, badRequest, GraphFailure } from "./failures";
import type { Shown } from "./odata/filter";
import { readSelect, selected } from "./odata/query";

/**
 * Delta walks (https://learn.microsoft.com/graph/delta-query-overview): the first round gives everything, later ones what changed since,
 * with `@removed` for what is gone. Options are said once, and travel in the links.
 */

interface Mark {
  /** Changes up to this count were given before this round. */
  readonly since: number;
  /** Up to this count they are given in this round. */
  readonly until: number;
  readonly skip: number;
  readonly epoch: number;
  readonly select: readonly string[] | null;
  readonly size: number;
  /** What else the first call said (`startDateTime`). */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface Change {
  readonly seq: number;
  /** What to answer; made only for the page that has it. */
  show(): Shown;
}

export interface DeltaOptions {
  readonly of: string;
  readonly type: string;
  readonly properties: readonly string[];
  /** Whether `$select` is taken. */
  readonly selects: boolean;
  readonly parameters?: readonly string[];
  /** `Location` is where a walk begins anew after 410, as OneDrive says it; Outlook only names the code. */
  readonly gone: "drive" | "outlook";
  /** Everything that there is (`since` 0), or what changed after `since`, removals among it, the oldest change first. */
  changes(since: number, parameters: Readonly<Record<string, string>>): readonly Change[];
}

const encode = (mark: Mark): string => Buffer.from(JSON.stringify(mark)).toString("base64url");

function decode(text: string): Mark {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as Mark;
  } catch {
    throw badRequest("Badly formed token.", "SyncStateInvalid");
  }
}

function outdated(context: GraphContext, options: DeltaOptions): GraphFailure {
  if (options.gone === "outlook") return new GraphFailure(410, "SyncStateNotFound", "The sync state generation is not found.");
  return new GraphFailure(410, "resyncChangesApplyDifferences", "Resync required. Replace any local items with the server's version.", {
    location: `${context.origin}${context.url.pathname}?$deltatoken=${encode({ ...begin(context, options, {}), since: 0 })}`,
  });
}

const begin = (context: GraphContext, options: DeltaOptions, parameters: Readonly<Record<string, string>>): Mark => ({
  since: 0,
  until: context.mailbox.seq,
  skip: 0,
  epoch: context.settings.syncEpoch,
  select: options.selects ? readSelect(context.url.searchParams, options) : null,
  size: Math.min(1_000, context.preferences.maxPageSize ?? 200),
  parameters,
});

function first(context: GraphContext, options: DeltaOptions): Mark {
  const query = context.url.searchParams;
  const allowed = [...(options.selects ? ["$select"] : []), ...(options.parameters ?? [])];
  for (const name of query.keys()) {
    if (!allowed.includes(name)) throw badQuery(`The query parameter '${name}' is not supported with 'Change Tracking'.`);
  }
  const parameters = Object.fromEntries(
    (options.parameters ?? []).map((name) => {
      const value = query.get(name);
      if (value === null)
        throw badRequest(
          `This request requires a time window specified by the query string parameters ${(options.parameters ?? []).join(" and ")}.`,
        );
      return [name, value];
    }),
  );
  return begin(context, options, parameters);
}

/** One call of a delta walk: the first, a `$skiptoken` or a `$deltatoken`. */
export function answerDeltaCall(context: GraphContext, options: DeltaOptions): SandboxResponse {
  const query = context.url.searchParams;
  const skipToken = query.get("$skiptoken");
  const deltaToken = query.get("$deltatoken") ?? query.get("token");
  let mark: Mark;
  if (deltaToken === "latest") mark = { ...begin(context, options, {}), since: context.mailbox.seq };
  else if (skipToken !== null) mark = decode(skipToken);
  else if (deltaToken !== null) mark = { ...decode(deltaToken), until: context.mailbox.seq, skip: 0 };
  else mark = first(context, options);
  if (mark.epoch !== context.settings.syncEpoch) throw outdated(context, options);

  const changes = options.changes(mark.since, mark.parameters).filter(({ seq }) => seq <= mark.until);
  const page = changes.slice(mark.skip, mark.skip + mark.size);
  const value = page.map((change) => selected(change.show(), mark.select));
  const isLast = mark.skip + mark.size >= changes.length;
  const link = (name: string, next: Mark) => `${context.origin}${context.url.pathname}?${name}=${encode(next)}`;
  return answerDelta(
    context,
    options.of,
    value,
    isLast
      ? { kind: "deltaLink", url: link("$deltatoken", { ...mark, since: mark.until, skip: 0 }) }
      : { kind: "nextLink", url: link("$skiptoken", { ...mark, skip: mark.skip + mark.size }) },
  );
}
