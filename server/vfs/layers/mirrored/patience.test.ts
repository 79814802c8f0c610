import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { createTestDb, seedWorkspace } from "@/db/testing";
import type { CallContext } from "@/server/transport/send";
import type { FileSystem } from "../../file-system";
import { planOf } from "../../storage/testing";
import type { MountContext } from "../../tool-mount";
import { type FixtureHub, items, startFixtureHub } from "./testing";

let db: Database;
let scope: WorkspaceScope;
let hub: FixtureHub;
let files: FileSystem;
/** What each call to the tool was given. */
let seen: CallContext[] = [];

beforeAll(async () => {
  db = await createTestDb();
  scope = (await seedWorkspace(db, { slug: "patience" })).scope;
});
afterAll(() => db.close());
beforeEach(async () => {
  const now = new Date("2026-11-23T12:00:00.000Z");
  hub = await startFixtureHub(db, scope, () => now);
  files = hub.files;
  const { mount } = hub.tool;
  /** The method, noting the context, which is its last argument. */
  const noting =
    <Args extends unknown[], T>(method: (...args: Args) => Promise<T>, contextOf: (args: Args) => MountContext) =>
    (...args: Args): Promise<T> => {
      seen.push(contextOf(args).call);
      return method.apply(mount, args);
    };
  Object.assign(mount, {
    list: noting(mount.list, (args) => args[2]),
    stat: noting(mount.stat, (args) => args[1]),
    read: noting(mount.read, (args) => args[2]),
    plan: noting(mount.plan, (args) => args[1]),
    perform: noting(mount.perform, (args) => args[1]),
  });
  seen = [];
});

const path = `${items}/Fix login.md`;
const maxWaitMs = 1234;

/** The contexts of what `work` asked the tool for its caller, not of what went on behind it. */
async function askedBy(work: () => Promise<unknown>): Promise<readonly CallContext[]> {
  seen = [];
  await work();
  const asked = seen.filter(({ priority }) => priority !== "background");
  await hub.walks.idle();
  return asked;
}

describe("how long a caller waits", () => {
  it("is the caller's choice in every operation that asks the tool, counted over all the calls of one request and anew in the next", async () => {
    const plan = async () => planOf(await files.remove(scope, { path, dryRun: true, ifMatch: (await files.read(scope, { path })).etag }));
    const { etag } = await files.read(scope, { path });
    const operations: Record<string, () => Promise<unknown>> = {
      stat: () => files.stat(scope, { path, fresh: true, maxWaitMs }),
      list: () => files.list(scope, { path: items, fresh: true, maxWaitMs }),
      read: () => files.read(scope, { path, fresh: true, maxWaitMs }),
      edit: () => files.edit(scope, { path, find: "broken", replace: "mended", ifMatch: etag, maxWaitMs }),
      // The tool refuses this one, after it was asked.
      append: () => files.append(scope, { path, text: "More.", maxWaitMs }).catch(() => null),
      write: async () => {
        const before = await files.read(scope, { path });
        seen = [];
        return files.write(scope, { path, text: before.text.replace("mended", "whole"), ifMatch: before.etag, maxWaitMs });
      },
      execute: async () => {
        const made = await plan();
        seen = [];
        return files.execute(scope, { plan: made.id, maxWaitMs });
      },
    };
    const spans = new Set<unknown>();
    for (const [name, work] of Object.entries(operations)) {
      const asked = await askedBy(work);
      expect(asked.length, name).toBeGreaterThan(0);
      for (const context of asked) expect(context, name).toMatchObject({ maxWaitMs, request: { startedAtMs: null } });
      const own = new Set(asked.map(({ request }) => request));
      expect(own.size, name).toBeLessThanOrEqual(1);
      for (const span of own) {
        expect(spans.has(span), name).toBe(false);
        spans.add(span);
      }
    }
  });

  it("does not bound what goes on after the answer", async () => {
    await files.list(scope, { path: items, maxWaitMs: 1 });
    await hub.walks.idle();
    const behind = seen.filter(({ priority }) => priority === "background");
    expect(behind.length).toBeGreaterThan(0);
    for (const context of behind) expect(context).not.toHaveProperty("request");
    for (const context of behind) expect(context.maxWaitMs).toBeUndefined();
  });
});
