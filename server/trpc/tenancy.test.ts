import { TRPCError } from "@trpc/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/client";
import { createTestDb, seedMember, seedWorkspace } from "@/db/testing";
import type { Person } from "@/server/auth/person";
import { createTestHub } from "@/server/compose/testing";
import { HubError } from "@/server/errors";
import { encodeId } from "@/server/ids";
import { createCallerFactory } from "./init";
import { appRouter } from "./root";
import { type TenancyFixture, type TenancyWorld, tenancyFixtures } from "./tenancy-fixtures";

const procedures: readonly string[] = Object.keys(appRouter._def.procedures);
const createCaller = createCallerFactory(appRouter);

let db: Database;
let runs = 0;
beforeAll(async () => {
  db = await createTestDb();
});
afterAll(() => db.close());

const personOf = (id: string, email: string): Person => ({ id, email, name: email, image: null });

/** Two workspaces that know nothing of each other. */
async function makeWorld(): Promise<TenancyWorld> {
  runs += 1;
  const hub = await createTestHub({ db });
  const a = await seedWorkspace(db, { slug: `tenant-a-${runs}` });
  const b = await seedWorkspace(db, { slug: `tenant-b-${runs}` });
  const member = await seedMember(db, a.scope, { email: `member@tenant-a-${runs}.test`, role: "member" });
  return {
    hub,
    a: { slug: a.slug, scope: a.scope, owner: personOf(a.userId, `owner@tenant-a-${runs}.test`), memberId: member.userId },
    b: { slug: b.slug, owner: personOf(b.userId, `owner@tenant-b-${runs}.test`) },
  };
}

/** Calls a procedure by its path, as the API's door does. */
async function call(world: TenancyWorld, person: Person | null, path: string, input: unknown): Promise<unknown> {
  const caller = createCaller({ hub: world.hub, person, requestId: "test", log: world.hub.log });
  let target: unknown = caller;
  for (const segment of path.split(".")) target = Reflect.get(Object(target), segment);
  if (typeof target !== "function") throw new Error(`${path} is no procedure`);
  return target(input);
}

async function failureOf(answer: Promise<unknown>): Promise<Pick<HubError, "code" | "message" | "details">> {
  const error: unknown = await answer.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof TRPCError && error.cause instanceof HubError) return error.cause;
  throw error instanceof Error ? error : new Error("the call was answered");
}

function fixtureOf(path: string): TenancyFixture {
  const fixture = tenancyFixtures[path];
  if (fixture === undefined) throw new Error(`${path} has no fixture in tenancy-fixtures.ts`);
  return fixture;
}

test("every procedure has a fixture, and every fixture a procedure", () => {
  expect(procedures.length).toBeGreaterThan(10);
  expect(Object.keys(tenancyFixtures).sort()).toEqual([...procedures].sort());
});

describe.each(procedures)("%s", (path) => {
  test("is refused to nobody, not there for B, and answers A", async () => {
    const fixture = fixtureOf(path);
    const world = await makeWorld();
    const { a, b } = world;

    expect((await failureOf(call(world, null, path, await fixture.input(world)))).code).toBe("EAUTH");

    if (fixture.stranger === "own") {
      const answer = JSON.stringify((await call(world, b.owner, path, await fixture.input(world))) ?? null);
      for (const trace of [a.slug, a.owner.email, encodeId("user", a.owner.id), encodeId("workspace", a.scope.workspaceId)]) {
        expect(answer).not.toContain(trace);
      }
    } else {
      const input = await (fixture.strangerInput ?? fixture.input)(world);
      expect((await failureOf(call(world, b.owner, path, input))).code).toBe("ENOENT");
    }

    const own = async () => call(world, a.owner, path, await fixture.input(world));
    if (fixture.unsupported === true) {
      expect(await failureOf(own())).toMatchObject({ code: "ENOTSUP", details: { operation: path.split(".")[1] } });
    } else if (fixture.refused !== undefined) {
      expect((await failureOf(own())).code).toBe(fixture.refused);
    } else await own();
  });
});

test("a role without the permission is refused in words that name the role it takes", async () => {
  const world = await makeWorld();
  const viewer = await seedMember(db, world.a.scope, { email: `viewer@${world.a.slug}.test`, role: "viewer" });
  const person = personOf(viewer.userId, "viewer");
  const failure = await failureOf(call(world, person, "invitations.create", { workspace: world.a.slug, role: "viewer" }));
  expect(failure).toMatchObject({ code: "EACCES" });
  expect(failure.message).toContain("admin");
  await call(world, person, "members.list", { workspace: world.a.slug });
});
