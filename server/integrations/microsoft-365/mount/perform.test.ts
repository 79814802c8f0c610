import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { at, type GraphClient, recordsOf, startTestMicrosoft365, type TestMicrosoft365 } from "@/sandbox/microsoft-365/testing";
import { HubError } from "@/server/errors";
import type { Send, ToolRequest } from "@/server/transport/send";
import type { DraftPlan, Location, MountContext, ToolMount } from "@/server/vfs/tool-mount";
import { listCapabilities } from "../../manifests";
import { createTestContext, createTestTransport } from "../../testing";
import { createMicrosoft365Api } from "../api/microsoft-365-api";
import { microsoft365 } from "../index";
import { graphUrl } from "../oauth";
import { fixed } from "./area";
import { mailLocations } from "./mail/place";
import { createMicrosoft365Mount } from "./microsoft-365-mount";

/** Steps as the mount runs them: what somebody else did meanwhile, and steps that come twice. */

let tool: TestMicrosoft365;
let graph: GraphClient;
let mount: ToolMount;
let context: MountContext;
/** What happens just before a request leaves. */
let before: (request: ToolRequest) => Promise<void>;

beforeAll(async () => {
  tool = await startTestMicrosoft365();
});
afterAll(() => tool.close());
beforeEach(async () => {
  await tool.control.reset();
  graph = await tool.graph();
  before = async () => undefined;
  const settings = tool.settingsFor(microsoft365.manifest);
  const { access_token } = await tool.connect(["Mail.ReadWrite", "Mail.Send", "Calendars.ReadWrite"]);
  const real = createTestTransport(microsoft365, settings).send(access_token);
  const send: Send = async (request, call) => {
    await before(request);
    return await real(request, call);
  };
  mount = createMicrosoft365Mount({
    api: createMicrosoft365Api({ send, base: graphUrl(settings) }),
    capabilities: listCapabilities(microsoft365.manifest),
  });
  context = createTestContext();
});

async function perform(plan: DraftPlan): Promise<Location | null> {
  let location: Location | null = null;
  for (const step of plan.steps) location = (await mount.perform(step, context)).location;
  return location;
}

async function failureOf(work: Promise<unknown>): Promise<HubError> {
  const outcome: unknown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof HubError) return outcome;
  throw new Error(outcome === null ? "nothing was refused" : `not a HubError: ${String(outcome)}`);
}

const seed = "0f8fad5b-d9cb-469f-a165-70867728950e";
const idOf = (location: Location | null): string => {
  const last = location?.at(-1);
  return last?.type === "object" ? last.externalId : "";
};

async function makeDraft(): Promise<Location> {
  const text = "---\nsubject: Draft\nto: [ben@acme.example]\n---\n\nOne.\n";
  const made = await perform(
    await mount.plan({ type: "create", parent: mailLocations.drafts, name: "Draft", extension: ".md", text, seed }, context),
  );
  return made ?? [];
}

async function makeEvent(): Promise<Location> {
  const [calendar] = (await mount.list([fixed("calendar")], { cursor: null, limit: 10 }, context)).entries.filter(
    ({ title }) => title === "Calendar",
  );
  if (calendar === undefined) throw new Error("no calendar");
  const parent = [fixed("calendar"), calendar.segment, fixed("2027-03")];
  const text = '---\nstart: "2027-03-12T09:00:00"\nend: "2027-03-12T10:00:00"\n---\n\nOne.\n';
  return (await perform(await mount.plan({ type: "create", parent, name: "Event", extension: ".md", text, seed }, context))) ?? [];
}

async function planUpdate(location: Location, edit: (text: string) => string): Promise<DraftPlan> {
  const { text, entry } = await mount.read(location, null, context);
  return await mount.plan({ type: "update", location, base: text, revision: entry.revision, text: edit(text) }, context);
}

describe.each([
  ["a draft", makeDraft, "/me/messages", "subject", "Draft"],
  ["an event", makeEvent, "/me/events", "title", "Event"],
] as const)("%s", (_what, make, path, key, name) => {
  const other = { subject: "Somebody else's" };

  it("that somebody else changed after the plan is not written over", async () => {
    const location = await make();
    const plan = await planUpdate(location, (text) => text.replace(`${key}: ${name}`, `${key}: Mine`));
    await graph("PATCH", `${path}/${idOf(location)}`, other);
    expect((await failureOf(perform(plan))).code).toBe("ESTALE");
    expect(at(await graph("GET", `${path}/${idOf(location)}`), "subject")).toBe(other.subject);
  });

  it("that somebody else changes between the last look and the write is not either: its etag is sent along", async () => {
    const location = await make();
    const plan = await planUpdate(location, (text) => text.replace(`${key}: ${name}`, `${key}: Mine`));
    before = async ({ method }) => {
      if (method !== "PATCH") return;
      before = async () => undefined;
      await graph("PATCH", `${path}/${idOf(location)}`, other);
    };
    expect((await failureOf(perform(plan))).code).toBe("ESTALE");
    expect(at(await graph("GET", `${path}/${idOf(location)}`), "subject")).toBe(other.subject);
  });

  it("is changed once although the step comes twice, and although its answer is lost", async () => {
    const location = await make();
    const plan = await planUpdate(location, (text) => text.replace(`${key}: ${name}`, `${key}: Mine`).replace("One.", "**Two**\nthree"));
    let writes = 0;
    before = async ({ method }) => {
      if (method === "PATCH") writes += 1;
    };
    await tool.control.addFault({
      match: { operation: path === "/me/messages" ? "PATCH /me/messages/{message}" : "PATCH /me/calendars/{calendar}/events/{event}" },
      effect: { kind: "lost_answer" },
    });
    await perform(plan);
    await perform(plan);
    expect(writes).toBe(1);
    expect((await mount.read(location, null, context)).text).toContain("**Two**\nthree");
  });

  it("is made once although the step comes twice", async () => {
    const first = await make();
    expect(await make()).toEqual(first);
  });
});

describe("a message", () => {
  const isSent = async (id: string) => at(await graph("GET", `/me/messages/${id}`), "isDraft") === false;

  it("is sent once although the step comes twice, while Exchange is slow too", async () => {
    await tool.control.set({ sendDelayMs: 3_600_000 });
    const location = await makeDraft();
    const plan = await mount.plan({ type: "move", location, to: mailLocations.outbox, name: null, revision: null, seed }, context);
    let sendings = 0;
    before = async ({ operation }) => {
      if (operation === "POST /me/messages/{id}/send") sendings += 1;
    };
    // Until it is in Sent Items there is no place to show.
    expect(await perform(plan)).toBeNull();
    expect(await perform(plan)).toBeNull();
    expect([sendings, await isSent(idOf(location))]).toEqual([1, true]);
    const outbox = (await mount.list(mailLocations.outbox, { cursor: null, limit: 10 }, context)).entries;
    expect(outbox.map(({ segment }) => segment)).toEqual([{ type: "object", kind: "outgoing", externalId: idOf(location) }]);
  });

  it("is moved once although the step comes twice, and not after it went elsewhere", async () => {
    const [folder] = recordsOf(await graph("GET", "/me/mailFolders?$filter=displayName eq 'Archive'"));
    const [message] = recordsOf(await graph("GET", "/me/mailFolders/inbox/messages?$top=1", undefined, { prefer: 'IdType="ImmutableId"' }));
    const inbox = String(at(await graph("GET", "/me/mailFolders/inbox"), "id"));
    const day = String(message?.receivedDateTime).slice(0, 10);
    const location = mailLocations.message([inbox], day, String(message?.id));
    const to = mailLocations.folder([String(folder?.id)]);
    const plan = await mount.plan({ type: "move", location, to, name: null, revision: null, seed }, context);
    const moved = mailLocations.message([String(folder?.id)], day, String(message?.id));
    expect(await perform(plan)).toEqual(moved);
    expect(await perform(plan)).toEqual(moved);
    await graph("POST", `/me/messages/${String(message?.id)}/move`, { destinationId: "junkemail" });
    expect((await failureOf(perform(plan))).code).toBe("ESTALE");
  });

  it("of another version's plan is not touched", async () => {
    expect((await failureOf(mount.perform({ call: "x", changes: [], args: { call: "draftSend" } }, context))).code).toBe("ESTALE");
    expect((await failureOf(mount.perform({ call: "x", changes: [], args: { call: "never" } }, context))).code).toBe("ENOTSUP");
  });
});
