import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { auth, type drive_v3, drive as driveClient } from "@googleapis/drive";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestTool, type TestTool } from "../../testing";

/** The simulated Drive, driven by Google's own client. */

const scope = (name: string) => `https://www.googleapis.com/auth/${name}`;
const documentType = "application/vnd.google-apps.document";

let tool: TestTool<{ access_token: string }, Readonly<Record<string, unknown>>>;
let ann: drive_v3.Drive;
let gita: drive_v3.Drive;

async function clientOf(person: string, ...scopes: readonly string[]): Promise<drive_v3.Drive> {
  const { access_token } = await tool.connect(scopes.map(scope), person);
  const credentials = new auth.OAuth2();
  credentials.setCredentials({ access_token });
  return driveClient({ version: "v3", auth: credentials, rootUrl: `${tool.origin}/`, retry: false });
}

beforeAll(async () => {
  tool = await startTestTool("google-workspace", { settings: { archivedFiles: 2_500 } });
  [ann, gita] = [await clientOf("ann@acme.example", "drive.readonly", "drive.file"), await clientOf("gita@acme.example", "drive")];
});
afterAll(() => tool.close());

interface Failure {
  readonly status: number;
  readonly reason: string | undefined;
  readonly challenge: string;
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    const { response } = error as {
      response?: { status: number; headers?: Headers; data?: { error?: { errors?: { reason?: string }[] } } };
    };
    const challenge = response?.headers?.get?.("www-authenticate") ?? "";
    return { status: response?.status ?? 0, reason: response?.data?.error?.errors?.[0]?.reason, challenge };
  }
  throw new Error("A refusal was expected.");
}

const find = async (client: drive_v3.Drive, name: string): Promise<string> => {
  const { data } = await client.files.list({
    q: `name = '${name}'`,
    corpora: "allDrives",
    supportsAllDrives: true,
    includeItemsFromAllDrives: true,
  });
  return data.files?.[0]?.id ?? "";
};

describe("lists of files", () => {
  it("page to the end by opaque tokens, a thousand at most, each file once", async () => {
    const seen: string[] = [];
    const sizes: number[] = [];
    const archive = await find(ann, "Archive");
    let pageToken: string | undefined;
    do {
      const { data }: { data: drive_v3.Schema$FileList } = await ann.files.list({
        q: `'${archive}' in parents and trashed = false`,
        pageSize: 5_000,
        fields: "nextPageToken,files(id)",
        ...(pageToken === undefined ? {} : { pageToken }),
      });
      sizes.push(data.files?.length ?? 0);
      seen.push(...(data.files ?? []).map(({ id }) => id ?? ""));
      pageToken = data.nextPageToken ?? undefined;
    } while (pageToken !== undefined);
    expect(sizes).toEqual([1000, 1000, 500]);
    expect(new Set(seen).size).toBe(2_500);
  });

  it("refuse a token of another list, and one that is too old", async () => {
    const { data } = await ann.files.list({ q: "trashed = false", pageSize: 1 });
    const pageToken = data.nextPageToken ?? "";
    expect(await failureOf(ann.files.list({ q: "trashed = true", pageToken }))).toMatchObject({ status: 400, reason: "invalidParameter" });
    expect(await failureOf(ann.files.list({ q: "trashed = false", pageToken: "next" }))).toMatchObject({ status: 400 });
    await tool.control.set({ pageTokenSeconds: 0.001 });
    await tool.control.advanceClock(1_000);
    expect(await failureOf(ann.files.list({ q: "trashed = false", pageToken }))).toMatchObject({ status: 400 });
    await tool.control.set({ pageTokenSeconds: 10_800 });
  });

  it("find by name, kind, place, time, words and people", async () => {
    const names = async (q: string) =>
      (await ann.files.list({ q: `${q} and trashed = false`, fields: "files(name)" })).data.files?.map(({ name }) => name);
    expect(await names("name contains 'Courier app 3.0: dec'")).toEqual(["Courier app 3.0: decisions"]);
    expect(await names(`mimeType = '${documentType}' and fullText contains 'insurer'`)).toEqual(["Notes"]);
    expect(await names("sharedWithMe and mimeType != 'application/vnd.google-apps.folder'")).toEqual(
      expect.arrayContaining(["Porto: budget"]),
    );
    expect(await names("'gita@acme.example' in owners and name = 'Porto'")).toEqual(["Porto"]);
    expect(await names("modifiedTime > '2999-01-01T00:00:00'")).toEqual([]);
    expect(await names("(name = 'Notes' or name = 'Draft') and not name = 'Notes'")).toEqual(["Draft", "Draft"]);
    expect((await ann.files.list({ q: "name = 'Old plan' and trashed = true" })).data.files).toHaveLength(1);
  });

  it("refuse what they do not understand, and an order of full text", async () => {
    for (const q of ["size > 3", "name like 'x'", "name = 'x", "'x' in nowhere"]) {
      expect(await failureOf(ann.files.list({ q }))).toMatchObject({ status: 400, reason: "invalidParameter" });
    }
    expect(await failureOf(ann.files.list({ q: "fullText contains 'x'", orderBy: "name" }))).toMatchObject({ reason: "badRequest" });
    expect(await failureOf(ann.files.list({ fields: "files(nope)" }))).toMatchObject({ status: 400, reason: "invalidParameter" });
    expect(await failureOf(ann.files.list({ corpora: "drive" }))).toMatchObject({ status: 400 });
  });

  it("show just the asked-for fields, and few without", async () => {
    const { data } = await ann.files.list({ q: "name = 'Notes'" });
    expect(Object.keys(data.files?.[0] ?? {}).sort()).toEqual(["id", "kind", "mimeType", "name"]);
    const fileId = await find(ann, "Notes");
    const { data: file } = await ann.files.get({ fileId, fields: "name,owners/emailAddress,capabilities(canEdit)" });
    expect(file).toEqual({ name: "Notes", owners: [{ emailAddress: "ann@acme.example" }], capabilities: { canEdit: true } });
    expect(await failureOf(ann.about.get({}))).toMatchObject({ status: 400, reason: "required" });
    expect((await ann.about.get({ fields: "importFormats" })).data.importFormats?.["text/markdown"]).toEqual([documentType]);
  });
});

describe("shared drives", () => {
  it("are listed, and their files are not there without the flags", async () => {
    const [drive] = (await ann.drives.list({ pageSize: 1 })).data.drives ?? [];
    expect(drive?.name).toBe("Acme");
    const fileId = await find(ann, "Runbook: key rotation");
    expect(await failureOf(ann.files.get({ fileId }))).toMatchObject({ status: 404, reason: "notFound" });
    expect((await ann.files.get({ fileId, supportsAllDrives: true, fields: "driveId" })).data.driveId).toBe(drive?.id);
    expect((await ann.files.list({ q: "name = 'Runbook: key rotation'" })).data.files).toEqual([]);
    const hugo = await clientOf("hugo@freelance.example", "drive.readonly");
    expect(await failureOf(hugo.files.get({ fileId, supportsAllDrives: true }))).toMatchObject({ status: 404 });
  });
});

describe("bytes", () => {
  it("come whole and in ranges, and not from behind the end", async () => {
    const fileId = await find(ann, "Fire brigade, protocol.pdf");
    const get = (range?: string) =>
      ann.files.get({ fileId, alt: "media" }, { responseType: "arraybuffer", ...(range === undefined ? {} : { headers: { range } }) });
    const whole = Buffer.from((await get()).data as unknown as ArrayBuffer);
    expect(whole.subarray(0, 8).toString("latin1")).toBe("%PDF-1.4");
    const part = await get("bytes=2-5");
    expect([part.status, Buffer.from(part.data as unknown as ArrayBuffer).equals(whole.subarray(2, 6))]).toEqual([206, true]);
    expect(Buffer.from((await get("bytes=-3")).data as unknown as ArrayBuffer).equals(whole.subarray(-3))).toBe(true);
    expect((await failureOf(get(`bytes=${whole.length}-`))).status).toBe(416);
  });

  it("are exported where they are Google's own, up to ten megabytes", async () => {
    const fileId = await find(ann, "Notes");
    expect(await failureOf(ann.files.get({ fileId, alt: "media" }))).toMatchObject({ status: 403, reason: "fileNotDownloadable" });
    expect(String((await ann.files.export({ fileId, mimeType: "text/markdown" })).data)).toContain("# Notes");
    expect(await failureOf(ann.files.export({ fileId, mimeType: "image/gif" }))).toMatchObject({ status: 400 });
    const pdf = await find(ann, "Fire brigade, protocol.pdf");
    expect(await failureOf(ann.files.export({ fileId: pdf, mimeType: "text/plain" }))).toMatchObject({ reason: "fileNotExportable" });
    await tool.control.set({ exportBytes: 10 });
    expect(await failureOf(ann.files.export({ fileId, mimeType: "text/markdown" }))).toMatchObject({
      status: 403,
      reason: "exportSizeLimitExceeded",
    });
    await tool.control.set({ exportBytes: 10_485_760 });
  });
});

describe("scopes", () => {
  it("are asked for by each method, and named when they are missing", async () => {
    const other = await clientOf("emi@acme.example", "calendar.readonly");
    const refused = await failureOf(other.files.list({}));
    expect(refused).toMatchObject({ status: 403, reason: "insufficientPermissions" });
    expect(refused.challenge).toContain('error="insufficient_scope"');
    const wrong = driveClient({
      version: "v3",
      auth: "",
      headers: { authorization: "Bearer wrong" },
      rootUrl: `${tool.origin}/`,
      retry: false,
    });
    expect(await failureOf(wrong.files.list({}))).toMatchObject({ status: 401, reason: "authError" });
  });

  it("drive.file alone shows and changes only what the app made", async () => {
    const ines = await clientOf("ines@acme.example", "drive.file");
    expect((await ines.files.list({})).data.files).toEqual([]);
    const { data } = await ines.files.create({ requestBody: { name: "Mine" } });
    expect((await ines.files.list({})).data.files?.map(({ name }) => name)).toEqual(["Mine"]);
    await ines.files.update({ fileId: data.id ?? "", requestBody: { name: "Still mine" } });
    const notes = await find(ann, "Notes");
    const folder = await find(ann, "My work");
    expect(await failureOf(ann.files.update({ fileId: notes, requestBody: { name: "x" } }))).toMatchObject({
      reason: "appNotAuthorizedToFile",
    });
    expect(await failureOf(ann.files.create({ requestBody: { name: "x", parents: [folder] } }))).toMatchObject({
      reason: "appNotAuthorizedToFile",
    });
  });
});

describe("uploads", () => {
  it("turn Markdown into a document, and keep properties that only the app finds again", async () => {
    // The client sends uploads to Google unless each call says where.
    const here = { rootUrl: `${tool.origin}/` };
    const { data } = await ann.files.create(
      {
        requestBody: { name: "Made", mimeType: documentType, appProperties: { key: "v'1" } },
        media: { mimeType: "text/markdown", body: "# Made\n\n- one\n" },
        fields: "id,mimeType,parents",
      },
      here,
    );
    expect(data.mimeType).toBe(documentType);
    const q = "appProperties has { key='key' and value='v\\'1' }";
    expect((await ann.files.list({ q })).data.files?.map(({ id }) => id)).toEqual([data.id]);
    expect(String((await ann.files.export({ fileId: data.id ?? "", mimeType: "text/plain" })).data)).toContain("one");
    const tooLong = { name: "x", appProperties: { key: "v".repeat(125) } };
    expect(await failureOf(ann.files.create({ requestBody: tooLong }))).toMatchObject({ status: 400 });
    const [id] = (await ann.files.generateIds({ count: 1 })).data.ids ?? [];
    await ann.files.create({ requestBody: { id: id ?? "", name: "own id" } });
    expect(await failureOf(ann.files.create({ requestBody: { id: id ?? "", name: "again" } }))).toMatchObject({ status: 409 });
  });
});

describe("changes", () => {
  it("come in their order, the last of each file, trash and loss among them", async () => {
    const pageToken = (await ann.changes.getStartPageToken({})).data.startPageToken ?? "";
    const { data: made } = await gita.files.create({ requestBody: { name: "Changing" } });
    const porto = await find(gita, "Porto");
    await gita.files.update({ fileId: made.id ?? "", addParents: porto, requestBody: {} });
    const fields = "newStartPageToken,nextPageToken,changes(fileId,removed,file(name,trashed))";
    const list = async (token: string, pageSize = 100) => (await ann.changes.list({ pageToken: token, pageSize, fields })).data;
    const first = await list(pageToken);
    expect(first.changes).toEqual([{ fileId: made.id, removed: false, file: { name: "Changing", trashed: false } }]);
    await gita.files.update({ fileId: made.id ?? "", requestBody: { trashed: true } });
    const second = await list(first.newStartPageToken ?? "");
    expect(second.changes?.[0]).toMatchObject({ removed: false, file: { trashed: true } });
    await gita.files.delete({ fileId: made.id ?? "" });
    const third = await list(second.newStartPageToken ?? "");
    expect(third.changes).toEqual([{ fileId: made.id, removed: true }]);
    expect((await list(pageToken)).changes).toHaveLength(1);
    expect(await failureOf(ann.changes.list({ pageToken: "yesterday" }))).toMatchObject({ status: 400 });
  });

  it("are pushed to who watches: sync first, then each change, until the channel is stopped", async () => {
    const seen: string[] = [];
    const receiver = createServer((request, response) => {
      const header = (name: string) => request.headers[`x-goog-${name}`]?.toString();
      seen.push([header("channel-id"), header("resource-state"), header("changed"), header("channel-token")].filter(Boolean).join(" "));
      response.end();
    });
    await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", () => done()));
    const address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    try {
      const { data: file } = await gita.files.create({ requestBody: { name: "Watched" } });
      const fileId = file.id ?? "";
      const pageToken = (await gita.changes.getStartPageToken({})).data.startPageToken ?? "";
      await gita.files.watch({ fileId, requestBody: { id: "one", type: "web_hook", address, token: "secret" } });
      const all = await gita.changes.watch({ pageToken, requestBody: { id: "all", type: "web_hook", address } });
      expect(Number(all.data.expiration) - Date.now()).toBeGreaterThan(3_000_000);
      await gita.files.update({ fileId, requestBody: { name: "Watched again" } });
      await gita.files.update({ fileId, requestBody: { trashed: true } });
      await expect
        .poll(() => seen.toSorted())
        .toEqual(["all change", "all change", "all sync", "one sync secret", "one trash secret", "one update properties secret"]);
      await gita.channels.stop({ requestBody: { id: "all", resourceId: all.data.resourceId ?? "" } });
      expect(await failureOf(ann.channels.stop({ requestBody: { id: "one", resourceId: "x" } }))).toMatchObject({ status: 404 });
    } finally {
      await new Promise((done) => receiver.close(done));
    }
  });
});
