import type { Microsoft365Inspected } from "@/sandbox/microsoft-365/server";
import { createGraphClient, type EntraTokens, type GraphClient, recordsOf } from "@/sandbox/microsoft-365/testing";
import { type ConnectedHub, connectedHub } from "@/server/compose/testing-tool";
import { answerFiles } from "@/server/files/door";
import type { Node, Receipt } from "@/server/vfs/node";
import { microsoft365Manifest } from "../manifest";

/** For tests of Microsoft 365 through the API: a hub whose workspace has it connected by its admin, who is Ann of Acme there. */

export const root = microsoft365Manifest.vfsPath;
export const mail = `${root}/mail`;
export const drafts = `${mail}/drafts`;
/** Today in UTC, which is the mount's time zone. */
export const today = (): string => new Date().toISOString().slice(0, 10);

export interface World {
  readonly hub: ConnectedHub<EntraTokens, Microsoft365Inspected>;
  /** At Graph itself, as Ann and as Ben. */
  readonly ann: GraphClient;
  readonly ben: GraphClient;
  /** The file system as Ann has it. */
  readonly vfs: ConnectedHub<EntraTokens, Microsoft365Inspected>["admin"]["vfs"];
  nodesOf(path: string): Promise<readonly Node[]>;
  freshNodesOf(path: string): Promise<readonly Node[]>;
  textOf(path: string): Promise<string>;
  /** Reads, edits and writes back. */
  change(path: string, edit: (text: string) => string): Promise<Receipt>;
  /** Everything in a folder of mail, day by day. */
  messagesOf(folder: string): Promise<readonly Node[]>;
  /** The newest message of a folder whose subject begins so. */
  messageNamed(folder: string, start: string): Promise<Node>;
  makeDraft(name: string, front: string, body?: string): Promise<Receipt>;
  /** Requests that reached the sandbox, by the vendor's name of the call. */
  callsOf(operation: string): Promise<number>;
  /** The streaming door, as Ann's browser asks it. */
  door(path: string, headers?: Readonly<Record<string, string>>, query?: string): Promise<Response>;
}

/** Names without their handles. */
export const named = (nodes: readonly Node[]): readonly string[] => nodes.map(({ name }) => name.replace(/~[a-z2-7]{8}/, ""));

/** The receipt of a change that was done. */
export function receiptOf(answer: { readonly kind: string; readonly receipt?: Receipt }): Receipt {
  if (answer.receipt === undefined) throw new Error("A plan came back.");
  return answer.receipt;
}

/** The front matter with another value of a key, its list included. */
export const withField = (text: string, key: string, value: string): string =>
  text.replace(new RegExp(`^${key}:.*(?:\\n {2}- .*)*`, "m"), `${key}: ${value}`);

/** Subjects of what is in somebody's folder. */
export async function subjectsOf(graph: GraphClient, folder: string): Promise<readonly unknown[]> {
  return recordsOf(await graph("GET", `/me/mailFolders/${folder}/messages?$top=200&$select=subject`)).map(({ subject }) => subject);
}

export async function startWorld(): Promise<World> {
  const hub = await connectedHub<EntraTokens, Microsoft365Inspected>("microsoft-365");
  const { vfs } = hub.admin;
  const world: World = {
    hub,
    vfs,
    ann: await createGraphClient(hub.sandbox),
    ben: await createGraphClient(hub.sandbox, undefined, "ben@acme.example"),
    nodesOf: (path) => hub.listAll(vfs, path),
    freshNodesOf: (path) => hub.listAll(vfs, path, { fresh: true }),
    textOf: async (path) => (await vfs.read({ path, fresh: true })).text,
    async change(path, edit) {
      const { text, etag } = await vfs.read({ path, fresh: true });
      return receiptOf(await vfs.write({ path, text: edit(text), ifMatch: etag }));
    },
    async messagesOf(folder) {
      const found: Node[] = [];
      for (const { name, path } of await world.nodesOf(`${mail}/${folder}`)) {
        if (/^\d{4}-\d{2}-\d{2}$/.test(name)) found.push(...(await world.nodesOf(path)));
      }
      return found;
    },
    async messageNamed(folder, start) {
      const found = (await world.messagesOf(folder)).find(({ name }) => name.startsWith(start));
      if (found === undefined) throw new Error(`No message of ${folder} begins with ${start}.`);
      return found;
    },
    makeDraft: async (name, front, body = "Hello.") =>
      receiptOf(await vfs.write({ path: `${drafts}/${name}.md`, text: `---\n${front}---\n\n${body}\n`, ifNoneMatch: "*" })),
    async callsOf(operation) {
      const { operations } = (await hub.sandbox.control.journal()) as { readonly operations: Readonly<Record<string, number>> };
      return operations[operation] ?? 0;
    },
    door(path, headers = {}, query = "") {
      const { scope, browser } = hub.admin;
      const address = path.split("/").map(encodeURIComponent).join("/");
      const request = new Request(`${hub.world.origin}/api/files/${scope.slug}${address}${query}`, {
        headers: { origin: hub.world.origin, "sec-fetch-site": "same-origin", ...headers },
      });
      const person = { id: browser.userId, email: "admin@test", name: "admin", image: null };
      return answerFiles(request, hub.world.origin, async () => ({ hub: hub.hub, person, requestId: "test", log: hub.hub.log }));
    },
  };
  return world;
}
