import { HubError } from "@/server/errors";
import type { IntegrationSettings } from "@/server/integrations/contract";
import type { CallContext, Send } from "@/server/transport/send";
import type { Entry, Location, ToolMount } from "@/server/vfs/tool-mount";
import { endpoint, readUserinfo } from "./oauth";

/** One directory with one file: `person/profile.json`, which is userinfo. */

const blank = { mediaType: null, sizeBytes: null, createdAt: null, modifiedAt: null, revision: null, webUrl: null };
const directory = (name: string): Entry => ({
  ...blank,
  segment: { type: "fixed", name },
  kind: "directory",
  title: name,
  extension: "",
});
const profile: Entry = {
  ...blank,
  segment: { type: "fixed", name: "profile.json" },
  kind: "file",
  title: "profile.json",
  extension: ".json",
  mediaType: "application/json",
  schemaKind: "profile",
};

const readOnly = (): never => {
  throw new HubError("ENOTSUP", "A profile cannot be changed here.", { details: { operation: "write" } });
};

/** The profile of the person who connected, read anew each time. */
export function createOidcMount(options: {
  readonly send: Send;
  readonly settings: IntegrationSettings;
  readonly capabilities: readonly string[];
}): ToolMount {
  const { send, settings, capabilities } = options;

  function open(location: Location): "root" | "person" | "profile" {
    const [person, file, ...more] = location.map((segment) => (segment.type === "fixed" ? segment.name : ""));
    if (person === undefined) return "root";
    if (person !== "person" || more.length > 0 || (file !== undefined && file !== "profile.json")) {
      throw new HubError("ENOENT", "There is no such thing.");
    }
    if (!capabilities.includes("read:profile")) {
      const details = { capability: "read:profile", scope: "profile" };
      throw new HubError("ESCOPE", '"read:profile" is not switched on for this connection.', { details });
    }
    return file === undefined ? "person" : "profile";
  }

  async function print(call: CallContext): Promise<string> {
    const request = {
      method: "GET",
      url: endpoint(settings, "/me"),
      repeatability: "safe",
      operation: "GET /me",
      authorization: "connection",
    } as const;
    return `${JSON.stringify(readUserinfo(await send(request, call)), null, 2)}\n`;
  }

  return {
    description: {
      actsAs: "person",
      guard: "checked",
      kinds: [{ kind: "profile", fields: [], body: null, create: false, update: false, append: false, remove: null }],
    },
    async list(location) {
      const place = open(location);
      if (place === "profile") throw new HubError("ENOTDIR", "This is a file.");
      return { entries: [place === "root" ? directory("person") : profile], nextCursor: null };
    },
    async stat(location) {
      const place = open(location);
      return place === "profile" ? profile : directory(place === "root" ? "" : place);
    },
    async read(location, as, { call }) {
      if (open(location) !== "profile") throw new HubError("EISDIR", "This is a directory.");
      if (as !== null && as !== "json") throw new HubError("ENOTSUP", "The profile is JSON.", { details: { operation: "read" } });
      const text = await print(call);
      return { text, mediaType: "application/json; charset=utf-8", entry: { ...profile, sizeBytes: Buffer.byteLength(text) } };
    },
    plan: readOnly,
    perform: readOnly,
  };
}
