/** What reached the sandbox: enough to prove what the hub sent, without query, headers or body, where secrets are. */
export interface JournalEntry {
  readonly method: string;
  readonly path: string;
  /** GraphQL operation and root fields, or the OAuth grant type. */
  readonly operations: readonly string[];
  /** Null when the connection was dropped without an answer. */
  readonly status: number | null;
  readonly fault: string | null;
  /** A digest of the refresh token or code that the request carried, which tells one that is sent twice; null without one. */
  readonly credential: string | null;
}

export interface Journal {
  record(entry: JournalEntry): void;
  /** The newest entries last. */
  list(): readonly JournalEntry[];
  /** Requests by `METHOD /path` and by operation. */
  counts(): { readonly endpoints: Readonly<Record<string, number>>; readonly operations: Readonly<Record<string, number>> };
  clear(): void;
}

const kept = 5_000;

export function createJournal(): Journal {
  const entries: JournalEntry[] = [];
  const endpoints = new Map<string, number>();
  const operations = new Map<string, number>();
  const bump = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  return {
    record(entry) {
      entries.push(entry);
      if (entries.length > kept) entries.splice(0, entries.length - kept);
      bump(endpoints, `${entry.method} ${entry.path}`);
      for (const operation of entry.operations) bump(operations, operation);
    },
    list: () => [...entries],
    counts: () => ({ endpoints: Object.fromEntries(endpoints), operations: Object.fromEntries(operations) }),
    clear() {
      entries.length = 0;
      endpoints.clear();
      operations.clear();
    },
  };
}
