import type { Mailbox, Tenant, User } from "./rows";

/** Everything in the simulated Microsoft 365, and the time it lives in. */
export interface Store {
  readonly tenants: Map<string, Tenant>;
  readonly users: Map<string, User>;
  readonly mailboxes: Map<string, Mailbox>;
  /** Epoch milliseconds. */
  nowMs(): number;
  /** The time of a write: later than any write before it. */
  writeTime(): string;
  /** The person with this address in any tenant; null for one who has no mailbox here. */
  findByAddress(address: string): User | null;
  mailboxOf(userId: string): Mailbox;
  reset(): void;
  save(): SavedStore;
  restore(saved: SavedStore): void;
}

export interface SavedStore {
  readonly tenants: ReadonlyMap<string, Tenant>;
  readonly users: ReadonlyMap<string, User>;
  readonly mailboxes: ReadonlyMap<string, Mailbox>;
}

/** An empty mailbox. */
export const emptyMailbox = (userId: string): Mailbox => ({
  userId,
  seq: 0,
  nextKey: 0,
  folders: new Map(),
  messages: new Map(),
  calendars: new Map(),
  events: new Map(),
  contactFolders: new Map(),
  contacts: new Map(),
  drive: new Map(),
  tombstones: [],
});

export function createStore(options: { readonly clock: () => number; readonly seed: (nowMs: number) => SavedStore }): Store {
  const tenants = new Map<string, Tenant>();
  const users = new Map<string, User>();
  const mailboxes = new Map<string, Mailbox>();
  let lastMs = 0;

  const fill = (saved: SavedStore): void => {
    for (const map of [tenants, users, mailboxes]) map.clear();
    for (const [id, tenant] of saved.tenants) tenants.set(id, tenant);
    for (const [id, user] of saved.users) users.set(id, user);
    for (const [id, mailbox] of saved.mailboxes) mailboxes.set(id, mailbox);
  };

  const store: Store = {
    tenants,
    users,
    mailboxes,
    nowMs: options.clock,
    writeTime() {
      lastMs = Math.max(options.clock(), lastMs + 1);
      return new Date(lastMs).toISOString();
    },
    findByAddress: (address) => [...users.values()].find(({ mail }) => mail.toLowerCase() === address.toLowerCase()) ?? null,
    mailboxOf(userId) {
      const mailbox = mailboxes.get(userId) ?? emptyMailbox(userId);
      mailboxes.set(userId, mailbox);
      return mailbox;
    },
    reset: () => fill(options.seed(options.clock())),
    save: () => ({ tenants, users, mailboxes }),
    restore: fill,
  };
  store.reset();
  return store;
}
