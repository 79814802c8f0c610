import { createEmulator, type Emulator } from "emulate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import type { Entry, Location, ToolMount } from "@/server/vfs/tool-mount";
import type { IntegrationSettings } from "../contract";
import { listCapabilities } from "../manifests";
import { createTestContext, createTestTransport, testCall } from "../testing";
import { createDriveApi, type DriveApi } from "./api/drive";
import { createGoogleHttp } from "./api/http";
import { googleWorkspaceManifest } from "./manifest";
import { googleOAuth } from "./oauth";
import { recorded } from "./testing";

/**
 * Drive and the sign-in against `emulate`'s Google, somebody else's reading of the same vendor. What it lacks or does otherwise is written down here
 * and in docs/tools/google-workspace.md, so that a new version which covers more is noticed.
 */

let emulator: Emulator;
let settings: IntegrationSettings;
let drive: DriveApi;
let mount: ToolMount;
const context = createTestContext();

beforeAll(async () => {
  emulator = await createEmulator({ service: "google", port: 0 });
  settings = {
    clientId: "example-client-id.apps.googleusercontent.com",
    clientSecret: "example_client_secret",
    origins: Object.fromEntries(Object.keys(googleWorkspaceManifest.origins).map((role) => [role, emulator.url])),
    redirectUri: "http://localhost:3000/api/auth/callback/google",
  };
  const send = createTestTransport(recorded, settings).send("emulated");
  drive = createDriveApi(createGoogleHttp({ send, settings }));
  const identity = { accountId: "a", orgId: "o" };
  mount = recorded.mount({ send, settings, capabilities: listCapabilities(googleWorkspaceManifest), identity });
});
afterAll(() => emulator.close());

const at = (...names: readonly string[]): Location => names.map((name) => ({ type: "fixed", name }));
const list = async (location: Location): Promise<readonly Entry[]> =>
  (await mount.list(location, { cursor: null, limit: 50 }, context)).entries;

async function ask(path: string, init: RequestInit = {}): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`${emulator.url}${path}`, { ...init, headers: { authorization: "Bearer emulated", ...init.headers } });
  return { status: response.status, text: await response.text() };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof HubError ? error.code : "thrown"),
  );

describe("Drive over emulate", () => {
  it("lists a folder, by pages, and gives metadata", async () => {
    const root = await drive.listFiles("'root' in parents", { in: "person" }, { cursor: null, limit: 10 }, testCall);
    const folder = root.items.find(({ name }) => name === "Receipts");
    expect(folder?.mimeType).toBe("application/vnd.google-apps.folder");
    const inside = await drive.listFiles(`'${folder?.id}' in parents`, { in: "person" }, { cursor: null, limit: 1 }, testCall);
    expect(inside.items).toHaveLength(1);
    expect(await drive.getFile(inside.items[0]?.id ?? "", testCall)).toMatchObject({ parents: [folder?.id] });
    expect(await codeOf(drive.getFile("nowhere", testCall))).toBe("ENOENT");
  });

  it("takes an upload of metadata and media in one call", async () => {
    const made = await drive.createDocument({ name: "Made", markdown: "# Made\n\nWords 🙂.\n", marker: "marker-1" }, testCall);
    expect(made).toMatchObject({ name: "Made", mimeType: "application/vnd.google-apps.document" });
    expect((await drive.getFile(made.id, testCall)).name).toBe("Made");
  });

  it("gives a file's bytes", async () => {
    const boundary = "b";
    const body = `--b\r\ncontent-type: application/json\r\n\r\n{"name":"x.txt","mimeType":"text/plain"}\r\n--b\r\ncontent-type: text/plain\r\n\r\nHello\r\n--b--\r\n`;
    const headers = { "content-type": `multipart/related; boundary=${boundary}` };
    const { id } = JSON.parse((await ask("/upload/drive/v3/files?uploadType=multipart", { method: "POST", headers, body })).text) as {
      id: string;
    };
    expect((await drive.readText(id, testCall)).trim()).toBe("Hello");
  });
});

describe("what emulate 0.12.2 has otherwise", () => {
  it.each([
    "/v1/documents/x",
    "/drive/v3/files/root",
    "/drive/v3/files/x/export?mimeType=text/csv",
    "/drive/v3/drives",
    "/drive/v3/changes/startPageToken",
    "/drive/v3/about?fields=user",
    "/v1/userinfo",
    "/token",
    "/revoke",
  ])("has no %s", async (path) => {
    expect((await ask(path)).status).toBe(404);
  });

  it("so the mount of Drive, which asks for the root, and the identity are not there", async () => {
    expect(await codeOf(list(at("drive", "my-drive")))).toBe("ENOENT");
    const send = createTestTransport(recorded, settings).send(null);
    expect(await codeOf(googleOAuth.identify("emulated", settings, send, testCall))).toBe("ENOENT");
  });

  it("takes any bearer, where Google says 401", async () => {
    expect((await ask("/drive/v3/files", { headers: { authorization: "Bearer made-up" } })).status).toBe(200);
  });

  it("ignores fields, ranges and the words of q that it does not know, so a marker finds every file", async () => {
    expect((await ask("/drive/v3/files?fields=files(id)")).text).toContain('"name"');
    expect(await drive.findByMarker("never made", testCall)).not.toBeNull();
  });
});
