import "server-only";
import type { WorkspaceScope } from "@/db/scope";
import type { Person } from "@/server/auth/person";
import type { Hub } from "@/server/compose/hub";
import { claimFlow, holdConsent, insertFlow } from "@/server/connections/flow-store";
import { seedConnection } from "@/server/connections/test-connection";
import type { ErrorCode } from "@/server/errors";
import { encodeId, randomId } from "@/server/ids";
import { createCallWriter } from "@/server/transport/call-store";
import { listCalls } from "@/server/transport/calls";
import { callRecord } from "@/server/transport/test-calls";

/**
 * For `tenancy.test.ts`: one fixture for each procedure of the API. Workspace A has `a.owner` and a second member; `b` owns another one and
 * is a member of nothing of A's. A procedure without a fixture fails the test.
 */
export interface TenancyWorld {
  readonly hub: Hub;
  readonly a: { readonly slug: string; readonly scope: WorkspaceScope; readonly owner: Person; readonly memberId: string };
  readonly b: { readonly slug: string; readonly owner: Person };
}

export interface TenancyFixture {
  /** An input from A's real rows, good for one successful call by A's owner. Made anew for each call. */
  input(world: TenancyWorld): unknown;
  /**
   * What B's owner gets for that input. `not_found` (the default): ENOENT. `own`: the procedure takes nothing of a workspace and answers for
   * the person who asks; nothing of A may be in the answer.
   */
  readonly stranger?: "not_found" | "own";
  /** What B's owner sends instead, where the input is itself the permission (an invitation's token). */
  strangerInput?(world: TenancyWorld): unknown;
  /** An operation that is not built yet: even A is told so, ENOTSUP. */
  readonly unsupported?: true;
  /** What A's owner gets too, where a fixture cannot make what the procedure changes. */
  readonly refused?: ErrorCode;
}

const inWorkspace = (more: (world: TenancyWorld) => object | Promise<object> = () => ({})): TenancyFixture => ({
  input: async (world) => ({ workspace: world.a.slug, ...(await more(world)) }),
});

async function invitationToken({ hub, a }: TenancyWorld): Promise<string> {
  const { url } = await hub.workspaces.invitations.create(a.scope, "viewer");
  return url.split("/").at(-1) ?? "";
}

/** A private connection of A's owner. */
const onConnection = inWorkspace(async ({ hub, a }) => ({
  connection: encodeId("connection", await seedConnection(hub.db, a.scope, { integration: "linear", visibility: "private" })),
}));

/** A private connection has no areas to share: even A is told so. */
const onPersonalArea: TenancyFixture = {
  ...inWorkspace(async (world) => ({ ...((await onConnection.input(world)) as object), area: "mail", shared: true })),
  refused: "EINVAL",
};

/** A consent that A's owner has started. */
async function startedFlow({ hub, a }: TenancyWorld): Promise<string> {
  const id = randomId();
  const createdAt = new Date();
  await hub.db.withScope(a.scope, (tx) =>
    insertFlow(tx, a.scope, {
      id,
      userId: a.owner.id,
      integration: "linear",
      stateHash: id,
      visibility: "workspace",
      capabilities: [],
      askedScopes: [],
      targetConnectionId: null,
      returnPath: "/",
      popup: true,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + 600_000),
    }),
  );
  return id;
}
const onFlow = inWorkspace(async (world) => ({ flow: encodeId("flow", await startedFlow(world)) }));

/** One in which another account came back: it asks A's owner, and gives back when told so. */
const onQuestion = inWorkspace(async (world) => {
  const { hub, a } = world;
  const flow = await startedFlow(world);
  const enc = await hub.tools.vault.seal(a.scope, { rowId: flow, field: "held consent" }, "{}");
  const identity = { accountId: "bob", orgId: "acme", accountName: "Bob", accountEmail: null, orgName: "Acme", timeZone: null };
  await hub.db.withScope(a.scope, async (tx) => {
    const until = new Date(Date.now() + 600_000);
    await claimFlow(tx, a.scope, flow, new Date(), until);
    await holdConsent(tx, a.scope, flow, { enc, identity, until });
  });
  return { flow: encodeId("flow", flow), answer: "give_back" };
});

let files = 0;
/** A file that A's owner has just written in the shared memory, for a call about it. */
const onFile = (more: (path: string, world: TenancyWorld) => object | Promise<object> = () => ({})): TenancyFixture =>
  inWorkspace(async (world) => {
    files += 1;
    const path = `/context/memory/facts/tenancy-${files}.md`;
    await world.hub.files.write(world.a.scope, { path, text: "One line of A.\n" });
    return { path, ...(await more(path, world)) };
  });

const notYet: TenancyFixture = { ...inWorkspace(() => ({ path: "/context/memory" })), unsupported: true };

export const tenancyFixtures: Readonly<Record<string, TenancyFixture>> = {
  "account.me": { input: () => undefined, stranger: "own" },
  "account.signOutEverywhere": { input: () => undefined, stranger: "own" },
  "workspaces.list": { input: () => undefined, stranger: "own" },
  "workspaces.create": { input: () => ({ name: "One more" }), stranger: "own" },
  "workspaces.get": inWorkspace(),
  "workspaces.rename": inWorkspace(() => ({ name: "Tenant A" })),
  "workspaces.access": inWorkspace(),
  "workspaces.stopAccess": inWorkspace(),
  "workspaces.resumeAccess": inWorkspace(),
  "workspaces.disconnectEverything": inWorkspace(),
  "workspaces.endingProgress": inWorkspace(),
  "workspaces.delete": inWorkspace(({ a }) => ({ name: a.slug })),
  "workspaces.deletion": {
    async input({ hub, a }) {
      const { slug } = await hub.workspaces.create(a.owner.id, { name: "Going" });
      const scope = await hub.workspaces.getScope({ type: "person", userId: a.owner.id }, slug);
      return hub.endings.deleteWorkspace(scope, "Going");
    },
  },
  "members.list": inWorkspace(),
  "members.setRole": inWorkspace(({ a }) => ({ member: encodeId("user", a.memberId), role: "member" })),
  "members.remove": inWorkspace(({ a }) => ({ member: encodeId("user", a.memberId) })),
  "members.leave": inWorkspace(async ({ hub, a }) => {
    // The owner may leave only when there is another one.
    await hub.workspaces.members.setRole(a.scope, a.memberId, "owner");
    return {};
  }),
  "catalogue.list": inWorkspace(),
  "catalogue.get": inWorkspace(() => ({ integration: "linear" })),
  "connections.list": inWorkspace(),
  "connections.get": onConnection,
  "connections.health": onConnection,
  "connections.flow": onFlow,
  "connections.cancelFlow": onFlow,
  "connections.questions": inWorkspace(),
  "connections.answerFlow": onQuestion,
  "connections.switchCapability": inWorkspace(async (world) => ({
    connection: encodeId("connection", await seedConnection(world.hub.db, world.a.scope, { integration: "linear", visibility: "private" })),
    capability: "read:issues",
    on: true,
  })),
  "connections.personalAreas": onConnection,
  "connections.sharePersonalArea": onPersonalArea,
  "connections.disconnect": onConnection,
  "connections.disconnectPreview": onConnection,
  "connections.receipts": inWorkspace(),
  "connections.receipt": inWorkspace(async ({ hub, a }) => {
    const connection = encodeId("connection", await seedConnection(hub.db, a.scope, { integration: "linear", visibility: "private" }));
    await hub.connections.disconnect(a.scope, connection);
    return { connection };
  }),
  "vfs.stat": onFile(),
  "vfs.list": inWorkspace(() => ({ path: "/context/memory" })),
  "vfs.read": onFile(),
  "vfs.schema": onFile(),
  "vfs.write": onFile(() => ({ text: "Another line of A.\n" })),
  "vfs.append": onFile(() => ({ text: "One more.\n" })),
  "vfs.edit": onFile(() => ({ find: "One line", replace: "A line" })),
  "vfs.mkdir": onFile((path) => ({ path: path.replace(/\.md$/, "") })),
  "vfs.move": onFile((path) => ({ to: path.replace(/\.md$/, "-moved.md") })),
  "vfs.remove": onFile(),
  "vfs.execute": inWorkspace(async ({ hub, a }) => {
    files += 1;
    const planned = await hub.files.write(a.scope, { path: `/context/memory/facts/plan-${files}.md`, text: "Planned.\n", dryRun: true });
    return { plan: "plan" in planned ? planned.plan.id : "" };
  }),
  "vfs.glob": notYet,
  "vfs.grep": notYet,
  "vfs.search": notYet,
  "vfs.watch": notYet,
  "vfs.history": notYet,
  "vfs.explain": notYet,
  "vfs.copy": notYet,
  "vfs.restore": notYet,
  "vfs.batch": notYet,
  "calls.list": inWorkspace(),
  "calls.tail": inWorkspace(async ({ hub, a }) => ({ tail: (await listCalls(hub.db, a.scope, { limit: 1 })).tail })),
  "calls.get": inWorkspace(async ({ hub, a }) => {
    const call = callRecord({ workspaceId: a.scope.workspaceId, actorUserId: a.owner.id });
    await createCallWriter(hub.db, () => a.scope)(a.scope.workspaceId, [call]);
    return { call: encodeId("call", call.callId) };
  }),
  "calls.retention": inWorkspace(),
  "calls.setRetention": inWorkspace(() => ({ days: 90 })),
  "apiKeys.create": inWorkspace(() => ({ name: "Partner", access: "read" })),
  "apiKeys.list": inWorkspace(),
  "apiKeys.revoke": inWorkspace(async ({ hub, a }) => ({
    key: (await hub.workspaces.apiKeys.create(a.scope, { name: "Old", access: "read" })).id,
  })),
  "invitations.create": inWorkspace(() => ({ role: "viewer" })),
  "invitations.list": inWorkspace(),
  "invitations.revoke": inWorkspace(async ({ hub, a }) => ({
    invitation: (await hub.workspaces.invitations.create(a.scope, "viewer")).id,
  })),
  "invitations.preview": { input: async (world) => ({ token: await invitationToken(world) }), strangerInput: () => ({ token: "guessed" }) },
  "invitations.accept": { input: async (world) => ({ token: await invitationToken(world) }), strangerInput: () => ({ token: "guessed" }) },
};
