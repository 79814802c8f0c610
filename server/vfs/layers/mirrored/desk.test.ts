import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { auditEvents } from "@/db/schema/workspaces";
import { failureOf } from "@/server/compose/testing-tool";
import { deskUploadBytes, someBytes } from "../../fixture-desk";
import { nameOf } from "../../path";
import { type DeskHub, type DeskMember, deskRoot, startDeskHub } from "../../testing-desk";

/** Bytes, moves, names that no list shows, and what is personal, over the API of a real hub. */

let hub: DeskHub;
const workspace = "acme";
const plans = `${deskRoot}/files/plans`;
const archive = `${deskRoot}/files/archive`;
const inbox = `${deskRoot}/mail/inbox`;
const outbox = `${deskRoot}/mail/outbox`;
let number = 0;
beforeAll(async () => {
  hub = await startDeskHub();
});
afterAll(() => hub.close());
beforeEach(() => {
  number += 1;
});

const vfs = ({ caller }: DeskMember) => caller.vfs;
async function names(who: DeskMember, path: string, fresh = true) {
  if (fresh) await seen(path);
  return (await vfs(who).list({ workspace, path })).nodes.map(({ name }) => name.replace(/~[a-z2-7]{8}/, "")).toSorted();
}
/** A file that somebody put there at the tool, and that the hub has seen since. */
async function file(name: string, folder = "plans") {
  const made = hub.desk.addFile({ id: `file-${number}-${name}`, name, folder, mediaType: "application/pdf", bytes: someBytes(100) });
  await seen(`${deskRoot}/files/${folder}`);
  return made;
}
async function mail(subject: string) {
  const id = `mail-${number}`;
  hub.desk.mails.set(id, { id, subject, text: "Words." });
  await seen(inbox);
  return `${inbox}/${subject}.md`;
}
async function seen(path: string): Promise<void> {
  const { complete } = await vfs(hub.ann).list({ workspace, path, fresh: true });
  if (!complete) await hub.world.hub.walks.idle();
}

describe("a file of bytes", () => {
  it("says so, where it is listed and where it is looked at, and what can be done with it", async () => {
    await file("One.pdf");
    const [node] = (await vfs(hub.ben).list({ workspace, path: plans })).nodes.filter(({ name }) => name.startsWith("One~"));
    expect(node).toMatchObject({ binary: true, sizeBytes: 100, tokenEstimate: null, can: ["stat", "read", "move", "remove"] });
    expect(node?.etag).toMatch(/^[0-9a-f]{32}$/);
    expect(await vfs(hub.ben).stat({ workspace, path: `${plans}/One.pdf` })).toMatchObject({ id: node?.id, etag: node?.etag });
    expect(await vfs(hub.ben).stat({ workspace, path: plans })).toMatchObject({ creates: "file", uploadBytes: deskUploadBytes });
    expect((await vfs(hub.viewer).stat({ workspace, path: `${plans}/One.pdf` })).can).toEqual(["stat", "read"]);
  });

  it("is neither read nor written as text, and its directory names the door for new ones", async () => {
    await file("Two.pdf");
    const path = `${plans}/Two.pdf`;
    for (const call of [
      () => vfs(hub.ben).read({ workspace, path }),
      () => vfs(hub.ben).read({ workspace, path, as: "raw" }),
      () => vfs(hub.ben).write({ workspace, path, text: "x", ifMatch: "x" }),
      () => vfs(hub.ben).write({ workspace, path: `${plans}/new.pdf`, text: "x" }),
    ]) {
      expect((await failureOf(call())).code).toBe("ENOTSUP");
    }
    expect((await failureOf(vfs(hub.ben).write({ workspace, path: `${plans}/new.pdf`, text: "x" }))).message).toContain("/api/files");
  });
});

describe("a move", () => {
  it("goes into a directory, under a new name, or both; the old place is empty at once and the new one has it", async () => {
    const made = await file("Plan.pdf");
    const { etag } = await vfs(hub.ben).stat({ workspace, path: `${plans}/Plan.pdf` });
    const into = await vfs(hub.ben).move({ workspace, path: `${plans}/Plan.pdf`, to: archive, ifMatch: etag ?? "" });
    expect(into).toMatchObject({ receipt: { changed: true, canonicalPath: expect.stringMatching(/archive\/Plan~[a-z2-7]{8}\.pdf$/) } });
    expect([made.folder, await names(hub.ann, plans, false), await names(hub.ann, archive, false)]).toEqual([
      "archive",
      expect.not.arrayContaining(["Plan.pdf"]),
      expect.arrayContaining(["Plan.pdf"]),
    ]);
    await vfs(hub.ben).move({ workspace, path: `${archive}/Plan.pdf`, to: `${archive}/Other plan.pdf` });
    expect([made.folder, made.name]).toEqual(["archive", "Other plan.pdf"]);
    const handle = /~([a-z2-7]{8})/.exec((await vfs(hub.ben).stat({ workspace, path: `${archive}/Other plan.pdf` })).path)?.[1];
    await vfs(hub.ben).move({ workspace, path: `${archive}/x~${handle}.pdf`, to: `${plans}/Third~${handle}.pdf` });
    expect([made.folder, made.name]).toEqual(["plans", "Third.pdf"]);
    await vfs(hub.ben).move({ workspace, path: `${plans}/Third.pdf`, to: `${plans}/Fourth~${handle}.pdf` });
    expect(made.name).toBe("Fourth.pdf");
    expect((await names(hub.ann, plans)).filter((name) => /Third|Fourth/.test(name))).toEqual(["Fourth.pdf"]);
  });

  it("to where it is sends nothing", async () => {
    await file("Still.pdf");
    for (const to of [plans, `${plans}/Still.pdf`]) {
      expect(await vfs(hub.ben).move({ workspace, path: `${plans}/Still.pdf`, to })).toMatchObject({
        receipt: { changed: false, steps: [] },
      });
    }
    expect(hub.desk.calls.filter((call) => call === `move file-${number}-Still.pdf`)).toEqual([]);
  });

  it("is shown before it is made, and is ESTALE when the file changed meanwhile", async () => {
    const made = await file("Shown.pdf");
    const planned = await vfs(hub.ben).move({ workspace, path: `${plans}/Shown.pdf`, to: archive, dryRun: true });
    expect(planned).toMatchObject({ kind: "plan", plan: { steps: [{ call: "move" }] } });
    made.revision += 1;
    const plan = planned.kind === "plan" ? planned.plan.id : "";
    expect((await failureOf(vfs(hub.ben).execute({ workspace, plan }))).code).toBe("ESTALE");
    expect(made.folder).toBe("plans");
    const { etag } = await vfs(hub.ben).stat({ workspace, path: `${plans}/Shown.pdf` });
    made.revision += 1;
    const late = vfs(hub.ben).move({ workspace, path: `${plans}/Shown.pdf`, to: archive, ifMatch: etag ?? "" });
    expect((await failureOf(late)).code).toBe("ESTALE");
  });

  it("says what people will notice, and leaves nothing behind where what was moved is gone from view", async () => {
    const path = await mail("Invitation");
    const planned = await vfs(hub.ann).move({ workspace, path, to: outbox, dryRun: true });
    expect(planned).toMatchObject({ plan: { effects: ["mails 1 person"] } });
    const plan = planned.kind === "plan" ? planned.plan.id : "";
    expect(await vfs(hub.ann).execute({ workspace, plan })).toMatchObject({ receipt: { changed: true, etag: null } });
    expect(hub.desk.sent.map(({ subject }) => subject)).toEqual(["Invitation"]);
    expect((await failureOf(vfs(hub.ann).stat({ workspace, path }))).code).toBe("ENOENT");
  });

  it("is made once for one idempotency key", async () => {
    const path = await mail("Once");
    const send = () => vfs(hub.ann).move({ workspace, path, to: outbox, idempotencyKey: `send-${number}` });
    const first = await send();
    expect(await send()).toEqual(first);
    expect(hub.desk.sent.filter(({ subject }) => subject === "Once")).toHaveLength(1);
  });

  it("over a file, to nowhere, of what stays, or by who may not is refused, and nothing is sent", async () => {
    const made = await file("Mine.pdf");
    await file("Taken.pdf", "archive");
    const code = async (who: DeskMember, path: string, to: string) => (await failureOf(vfs(who).move({ workspace, path, to }))).code;
    const path = `${plans}/Mine.pdf`;
    expect(await code(hub.ben, path, `${archive}/Taken.pdf`)).toBe("EEXIST");
    expect(await code(hub.ben, path, `${archive}/Taken.pdf/x.pdf`)).toBe("ENOTDIR");
    expect(await code(hub.ben, path, `${deskRoot}/files/none/x.pdf`)).toBe("ENOENT");
    expect(await code(hub.ben, path, "/context/memory/facts/x.pdf")).toBe("ENOTSUP");
    expect(await code(hub.ben, plans, archive)).toBe("ENOTSUP");
    expect(await code(hub.ben, deskRoot, archive)).toBe("EACCES");
    expect(await code(hub.viewer, path, archive)).toBe("EACCES");
    expect([made.folder, made.name]).toEqual(["plans", "Mine.pdf"]);
  });
});

describe("what no list shows", () => {
  it("is found by its name, read, and removed; the list stays empty", async () => {
    const index = hub.desk.log.push("Opened the shop.") - 1;
    const path = `${deskRoot}/log/${index}.md`;
    const node = await vfs(hub.ben).stat({ workspace, path });
    expect(node).toMatchObject({ path, kind: "file", companion: `${deskRoot}/log/${index}.d`, can: ["stat", "read", "remove"] });
    expect((await vfs(hub.ben).list({ workspace, path: node.companion ?? "" })).nodes).toEqual([]);
    expect((await vfs(hub.ben).read({ workspace, path })).text).toBe("Opened the shop.\n");
    for (const fresh of [false, true]) expect(await names(hub.ben, `${deskRoot}/log`, fresh)).toEqual([]);
    expect((await vfs(hub.ben).stat({ workspace, path })).path).toBe(path);
    expect(await vfs(hub.ben).remove({ workspace, path })).toMatchObject({ receipt: { changed: true, etag: null } });
    for (const gone of [path, node.companion ?? ""])
      expect((await failureOf(vfs(hub.ben).stat({ workspace, path: gone }))).code).toBe("ENOENT");
  });

  it("stays out of a list that was read before, also when it has been looked at and read since", async () => {
    await seen(`${deskRoot}/log`);
    const index = hub.desk.log.push("Closed the shop.") - 1;
    const path = `${deskRoot}/log/${index}.md`;
    await vfs(hub.ben).stat({ workspace, path });
    await vfs(hub.ben).read({ workspace, path });
    expect(await names(hub.ben, `${deskRoot}/log`, false)).toEqual([]);
    expect((await vfs(hub.ben).stat({ workspace, path })).path).toBe(path);
  });

  it("is ENOENT where the tool has no such thing", async () => {
    expect((await failureOf(vfs(hub.ben).stat({ workspace, path: `${deskRoot}/log/999.md` }))).code).toBe("ENOENT");
  });
});

describe("what is personal in a shared connection", () => {
  const share = (who: DeskMember, shared: boolean, area = "mail") =>
    who.caller.connections.sharePersonalArea({ workspace, connection: hub.connection, area, shared });
  const everyDoor = async (who: DeskMember, path: string): Promise<readonly string[]> => {
    const codes: string[] = [];
    for (const call of [
      () => vfs(who).stat({ workspace, path }),
      () => vfs(who).list({ workspace, path: inbox }),
      () => vfs(who).read({ workspace, path }),
      () => vfs(who).move({ workspace, path, to: outbox }),
      () => vfs(who).move({ workspace, path: `${plans}/Own.pdf`, to: inbox }),
      () => vfs(who).write({ workspace, path: `${inbox}/x.md`, text: "x" }),
      () => vfs(who).remove({ workspace, path }),
    ]) {
      codes.push((await failureOf(call())).code);
    }
    for (const init of [{}, { method: "HEAD" }, { method: "PUT", body: "x" }]) codes.push(String((await who.door(path, init)).status));
    return codes;
  };

  it("is its owner's alone: to others it is as if nothing were there, at every door", async () => {
    await file("Own.pdf");
    const path = await mail("Private");
    expect((await vfs(hub.ann).read({ workspace, path })).text).toContain("Private");
    expect(await names(hub.ann, deskRoot)).toEqual(["files", "log", "mail"]);
    expect(await names(hub.ben, deskRoot)).toEqual(["files", "log"]);
    expect(await vfs(hub.ben).list({ workspace, path: deskRoot, limit: 1 })).toMatchObject({ nodes: [{ name: "files" }] });
    const handled = (await vfs(hub.ann).stat({ workspace, path })).path;
    for (const who of [path, handled]) {
      expect(new Set(await everyDoor(hub.ben, who))).toEqual(new Set(["ENOENT", "404"]));
    }
    const { workspaces } = hub.world.hub;
    const { key } = await workspaces.apiKeys.create(hub.ann.browser.scope, { name: "partner", access: "read_write" });
    expect((await hub.doorWith({ authorization: `Bearer ${key}` }, `/~${path}`)).status).toBe(404);
    expect(hub.desk.mails.has(`mail-${number}`)).toBe(true);
  });

  it("is not reached by a name that somebody kept of it", async () => {
    const path = await mail("Aliased");
    const { db } = hub.world.hub;
    const { scope } = hub.ben.browser;
    const handled = (await vfs(hub.ann).stat({ workspace, path })).path;
    const idPath = await db.withScope(scope, (tx) =>
      tx.execute<{ path: string }>(sql`select path from vfs_node where name = ${nameOf(handled)}`),
    );
    const root = idPath.rows[0]?.path.split("/").slice(0, 4).join("/") ?? "";
    const keep = (name: string, to: string) =>
      db.withScope(scope, (tx) =>
        tx.execute(sql`insert into vfs_alias (workspace_id, owner_id, parent_path, name, path, expires_at)
          values (${scope.workspaceId}, ${hub.ben.browser.userId}, ${root}, ${name}, ${to}, now() + interval '1 hour')`),
      );
    await keep("kept.md", idPath.rows[0]?.path ?? "");
    await keep("plans", `${root}/files/plans`);
    expect((await failureOf(vfs(hub.ben).stat({ workspace, path: `${deskRoot}/kept.md` }))).code).toBe("ENOENT");
    expect((await vfs(hub.ben).stat({ workspace, path: `${deskRoot}/plans` })).kind).toBe("directory");
  });

  it("is shared by name by its owner and by nobody else, and taken back; both are in the audit", async () => {
    const path = await mail("Shared");
    const connection = { workspace, connection: hub.connection };
    expect(await hub.ann.caller.connections.personalAreas(connection)).toEqual({ mine: true, areas: [{ name: "mail", shared: false }] });
    expect(await hub.ben.caller.connections.personalAreas(connection)).toMatchObject({ mine: false });
    const admin = await hub.world.colleague(hub.ann.browser, "admin");
    const byAdmin = hub.world.hub.connections.sharePersonalArea(admin.scope, hub.connection, { area: "mail", shared: true });
    expect((await failureOf(byAdmin)).code).toBe("EACCES");
    expect((await failureOf(share(hub.ann, true, "files"))).code).toBe("EINVAL");

    expect(await share(hub.ann, true)).toMatchObject({ areas: [{ name: "mail", shared: true }] });
    expect((await vfs(hub.ben).read({ workspace, path })).text).toContain("Shared");
    expect(await names(hub.viewer, deskRoot)).toEqual(["files", "log", "mail"]);
    const planned = await vfs(hub.ben).move({ workspace, path, to: outbox, dryRun: true });
    await share(hub.ann, false);
    expect((await failureOf(vfs(hub.ben).read({ workspace, path }))).code).toBe("ENOENT");
    // What he planned while he saw it is not done any more.
    const plan = planned.kind === "plan" ? planned.plan.id : "";
    expect((await failureOf(vfs(hub.ben).execute({ workspace, plan }))).code).toBe("ENOENT");
    expect(hub.desk.sent.map(({ subject }) => subject)).not.toContain("Shared");
    const events = await hub.world.hub.db.withScope(hub.ann.browser.scope, (tx) => tx.select().from(auditEvents));
    expect(events.filter(({ action }) => action.startsWith("connection.area_")).map(({ action, detail }) => [action, detail])).toEqual([
      ["connection.area_shared", { area: "mail" }],
      ["connection.area_withdrawn", { area: "mail" }],
    ]);
  });

  it("is no matter in a private connection, whose calls are its owner's to read in full", async () => {
    const admin = await hub.world.colleague(hub.ann.browser, "admin");
    const connection = await hub.connectPrivately({ ...hub.ben, browser: admin });
    const { files, connections } = hub.world.hub;
    const path = "/context/user/tools/fake/mail/inbox";
    await files.list(admin.scope, { path });
    expect(hub.desk.paths).toContain(path);
    expect(await connections.personalAreas(admin.scope, connection)).toEqual({ mine: true, areas: [] });
    const sharing = connections.sharePersonalArea(admin.scope, connection, { area: "mail", shared: true });
    expect((await failureOf(sharing)).code).toBe("EINVAL");
    expect((await failureOf(files.list(hub.ann.browser.scope, { path }))).code).not.toBe("EIO");
  });

  it("leaves no more of its paths in what others may read than the mount", async () => {
    hub.desk.paths.length = 0;
    const path = await mail("Secret subject");
    await seen(plans);
    await vfs(hub.ann).move({ workspace, path, to: outbox });
    const scope = hub.ann.browser.scope;
    const events = await hub.world.hub.db.withScope(scope, (tx) => tx.select().from(auditEvents));
    const moved = events.filter(({ action }) => action === "vfs.move").map(({ subject }) => subject);
    expect(moved).toContain(deskRoot);
    expect(moved.join()).not.toContain("/mail/");
    expect(hub.desk.paths.length).toBeGreaterThan(0);
    expect(hub.desk.paths.filter((said) => said.startsWith(`${deskRoot}/mail`))).toEqual([]);
    expect(hub.desk.paths).toContain(plans);
  });
});
