import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import type { ToolRequest } from "@/server/transport/send";
import { companionName } from "@/server/vfs/identity";
import type { Entry, Location, LocationSegment, MountContext, ToolMount } from "@/server/vfs/tool-mount";
import type { Integration, IntegrationSettings } from "./contract";
import { listCapabilities, scopesToAsk } from "./manifests";
import { placeUrl } from "./origins";
import { createTestContext, createTestTransport, testCall, toToolResponse } from "./testing";

/**
 * What every integration must do, whatever its tool. A tool's own test calls `describeIntegration` with a harness that starts a stand-in
 * of the vendor over real HTTP (the sandbox), and with recorded answers.
 */

export interface RunningVendor {
  readonly settings: IntegrationSettings;
  /** Goes through consent and code exchange with these scopes; the token endpoint's answer comes back. */
  authorize(scopes: readonly string[]): Promise<unknown>;
  close(): Promise<void>;
}

export interface AnswerExample {
  readonly what: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly request?: Partial<ToolRequest>;
  /** What `classify` says, or null when the answer passes. */
  readonly expected: Readonly<Record<string, unknown>> | null;
}

export interface IntegrationHarness {
  readonly start: () => Promise<RunningVendor>;
  /** Recorded answers; at least one for each of `requiredCodes`. */
  readonly examples: readonly AnswerExample[];
  /** A call of the tool's API, to which an example's `request` is added. */
  readonly exampleRequest: ToolRequest;
}

/** Each tool fails in these ways, and a test must show how it says so. */
const requiredCodes = ["ENOTCONN", "EACCES", "ENOENT", "EINVAL", "EAGAIN", "EIO"];

async function failureOf(work: Promise<unknown>): Promise<HubError> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof HubError) return outcome;
  throw new Error(outcome === null ? "nothing was refused" : `not a HubError: ${String(outcome)}`);
}

/** All entries of a directory, walked in pages of `limit`. */
async function listWhole(mount: ToolMount, directory: Location, limit: number, context: MountContext): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<ToolMount["list"]>> = await mount.list(directory, { cursor, limit }, context);
    entries.push(...page.entries);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return entries;
}

/** An item's companion directory, which no list shows. */
const companionOf = (segment: LocationSegment): LocationSegment =>
  segment.type === "object" ? { ...segment, companion: true } : { type: "fixed", name: companionName(segment.name) };

const keyOf = (entry: Entry): string => JSON.stringify(entry.segment);

/** Directories first seen, each once, down to `depth`; of each kind of directory at most two, so that a big tool stays a short test. */
async function walk(mount: ToolMount, context: MountContext): Promise<readonly { location: Location; entry: Entry }[]> {
  const found: { location: Location; entry: Entry }[] = [];
  const visited = new Map<string, number>();
  // Days, months and moments are of one kind, however many there are; of them more, since the newest may be empty.
  const nameOf = (name: string) => name.replace(/^(?:\d{4}-\d{2}(?:-\d{2})?|\d{6,}\.\d+)(?=\.|$)/, "<date>");
  const shapeOf = (location: Location) =>
    location.map((segment) => (segment.type === "fixed" ? nameOf(segment.name) : `<${segment.kind}>`)).join("/");
  const mostOf = (entry: Entry) => (entry.segment.type === "fixed" && nameOf(entry.segment.name) !== entry.segment.name ? 6 : 2);
  const queue: Location[] = [[]];
  for (let directory = queue.shift(); directory !== undefined; directory = queue.shift()) {
    for (const entry of await listWhole(mount, directory, 50, context)) {
      const location = [...directory, entry.segment];
      const seen = visited.get(shapeOf(location)) ?? 0;
      if (seen >= mostOf(entry)) continue;
      visited.set(shapeOf(location), seen + 1);
      found.push({ location, entry });
      if (entry.kind === "directory") queue.push(location);
      if (entry.companion === true) queue.push([...directory, companionOf(entry.segment)]);
    }
  }
  return found;
}

function describeManifest(integration: Integration): void {
  const { manifest, oauth } = integration;
  const settings: IntegrationSettings = {
    clientId: "id",
    clientSecret: "secret-never-in-a-url",
    origins: manifest.origins,
    redirectUri: `http://localhost:3000/oauth/callback/${manifest.id}`,
    pkce: true,
  };

  it("is in the catalogue as available, with scopes for each capability", () => {
    expect(manifest.available).toBe(true);
    expect(Object.keys(manifest.capabilityScopes).sort()).toEqual([...listCapabilities(manifest)].sort());
  });

  it("asks at the catalogue's URLs with PKCE and state, for exactly the scopes given", () => {
    const scopes = scopesToAsk(manifest, listCapabilities(manifest));
    const provider = oauth.provider(settings, scopes);
    expect(provider).toMatchObject({ id: manifest.id, name: manifest.name, type: "oauth", clientId: "id" });
    expect(provider.checks).toEqual(expect.arrayContaining(["pkce", "state"]));
    const { authorization, token } = provider;
    if (typeof authorization !== "object" || typeof token !== "object") throw new Error("endpoints must be objects");
    expect([authorization.url, token.url]).toEqual([manifest.oauth.authUrl, manifest.oauth.tokenUrl]);
    expect(authorization.params?.scope).toBe(scopes.join(manifest.oauth.scopeSeparator));
    expect(JSON.stringify(authorization)).not.toContain("secret-never-in-a-url");
  });

  it("goes wherever its origins are configured to be", () => {
    const origins = Object.fromEntries(Object.keys(manifest.origins).map((role, index) => [role, `http://localhost:${4200 + index}`]));
    const { authorization, token } = oauth.provider({ ...settings, origins }, manifest.oauth.scopes);
    if (typeof authorization !== "object" || typeof token !== "object") throw new Error("endpoints must be objects");
    expect(authorization.url).toBe(placeUrl(manifest.oauth.authUrl, manifest.origins, origins));
    expect(token.url).toBe(placeUrl(manifest.oauth.tokenUrl, manifest.origins, origins));
    const issuer = oauth.issuer?.(origins);
    if (issuer !== undefined) expect(Object.values(origins)).toContain(new URL(issuer.identifier).origin);
  });

  it("refuses a token answer without a token, and takes one without a refresh token", () => {
    for (const nonsense of [null, {}, [], "x", { access_token: 7 }, { access_token: "" }]) {
      expect(() => oauth.readTokens(nonsense)).toThrow(HubError);
    }
    expect(oauth.readTokens({ access_token: "a", token_type: "Bearer" })).toEqual({
      accessToken: "a",
      refreshToken: null,
      expiresInSeconds: null,
      scopes: null,
    });
  });

  it("says how far a revocation reaches exactly where it offers one", () => {
    expect(oauth.revocationEnds === null).toBe(oauth.revoke === null);
    expect(oauth.byHand.steps).toMatch(/\.$/);
    expect(new URL(oauth.byHand.url).protocol).toBe("https:");
  });

  it("declares each of the vendor's limits once, under a name that leaves room for a key", () => {
    const names = integration.rateGroups.map(({ group }) => group);
    expect(names).toContain("default");
    expect(new Set(names).size).toBe(names.length);
    for (const { group, ...sizes } of integration.rateGroups) {
      expect(group).toMatch(/^[^|]{1,100}$/);
      for (const size of Object.values(sizes)) expect(size).toBeGreaterThan(0);
    }
  });

  it("publishes a schema for each kind it lets be written", () => {
    const { description } = integration.mount({
      send: async () => {
        throw new Error("describing sends nothing");
      },
      settings,
      capabilities: listCapabilities(manifest),
      identity: { accountId: "a", orgId: "o" },
    });
    expect(description.actsAs).toBe(manifest.actsAs);
    const kinds = description.kinds.map((kind) => kind.kind);
    expect(new Set(kinds).size).toBe(kinds.length);
    const writes = description.kinds.some((kind) => kind.create || kind.update || kind.append || kind.remove !== null);
    expect(writes).toBe(manifest.capabilities.write.length > 0);
    for (const kind of description.kinds) {
      if (!kind.update) expect(kind.fields.filter((field) => field.writable)).toEqual([]);
    }
  });
}

function describeAnswers(integration: Integration, harness: IntegrationHarness): void {
  it.each(harness.examples)("reads $what", ({ status, headers, body, request, expected }) => {
    const response = toToolResponse(status, headers ?? {}, typeof body === "string" ? body : JSON.stringify(body));
    const error = integration.reading.classify(response, { ...harness.exampleRequest, ...request });
    if (expected === null) expect(error).toBeNull();
    else expect(error).toMatchObject(expected);
  });

  it("has a recorded answer for every way to fail", () => {
    expect(harness.examples.map((example) => example.expected?.code)).toEqual(expect.arrayContaining([...requiredCodes]));
  });
}

function describeVendor(integration: Integration, harness: IntegrationHarness): void {
  const { manifest, oauth } = integration;
  const capabilities = listCapabilities(manifest);
  let vendor: RunningVendor;
  let transport: ReturnType<typeof createTestTransport>;

  beforeAll(async () => {
    vendor = await harness.start();
    transport = createTestTransport(integration, vendor.settings);
  });
  afterAll(() => vendor.close());

  const connect = async () => oauth.readTokens(await vendor.authorize(scopesToAsk(manifest, capabilities)));

  it("reads the granted scopes from the token answer, and finds the base among them", async () => {
    const { scopes, refreshToken } = await connect();
    // Left out means as asked (RFC 6749 §5.1).
    if (scopes !== null) expect(scopes).toEqual(expect.arrayContaining([...manifest.oauth.scopes]));
    expect(refreshToken).not.toBeNull();
  });

  it("knows who authorised by the vendor's own stable ids", async () => {
    const send = transport.send(null);
    const [first, second] = [await connect(), await connect()];
    const identity = await oauth.identify(first.accessToken, vendor.settings, send, testCall);
    expect(identity.accountId).not.toBe("");
    expect(identity.orgId).not.toBe("");
    expect(identity.accountName).not.toBe("");
    expect(await oauth.identify(second.accessToken, vendor.settings, send, testCall)).toEqual(identity);
    expect((await failureOf(oauth.identify("wrong", vendor.settings, send, testCall))).code).toBe("ENOTCONN");
  });

  it("refreshes: the new token is another and works", async () => {
    const before = await connect();
    const after = await oauth.refresh(before.refreshToken ?? "", vendor.settings, transport.send(null), testCall);
    expect(after.accessToken).not.toBe(before.accessToken);
    expect((await oauth.identify(after.accessToken, vendor.settings, transport.send(null), testCall)).accountId).not.toBe("");
  });

  it("takes only the vendor's own word for a dead grant", async () => {
    const send = transport.send(null);
    const dead = await failureOf(oauth.refresh("never-issued", vendor.settings, send, testCall));
    expect([dead.code, dead.retryable]).toEqual(["ENOTCONN", false]);
    const { refreshToken } = await connect();
    const ours = await failureOf(oauth.refresh(refreshToken ?? "", { ...vendor.settings, clientSecret: "wrong" }, send, testCall));
    expect(["EIO", "EAGAIN"]).toContain(ours.code);
    expect((await oauth.refresh(refreshToken ?? "", vendor.settings, send, testCall)).accessToken).not.toBe("");
  });

  it.runIf(oauth.revoke !== null)("revokes: neither token works afterwards, and again is already revoked", async () => {
    const send = transport.send(null);
    const tokens = await connect();
    expect((await oauth.revoke?.(tokens, vendor.settings, send, testCall))?.outcome).toBe("revoked");
    expect((await failureOf(oauth.identify(tokens.accessToken, vendor.settings, send, testCall))).code).toBe("ENOTCONN");
    expect((await failureOf(oauth.refresh(tokens.refreshToken ?? "", vendor.settings, send, testCall))).code).toBe("ENOTCONN");
    expect((await oauth.revoke?.(tokens, vendor.settings, send, testCall))?.outcome).toBe("already_revoked");
  });

  it("leaves no token and no secret in the call log", async () => {
    const tokens = await connect();
    await oauth.refresh(tokens.refreshToken ?? "", vendor.settings, transport.send(null), testCall);
    const log = JSON.stringify(transport.calls);
    for (const secret of [tokens.accessToken, tokens.refreshToken ?? "", vendor.settings.clientSecret]) expect(log).not.toContain(secret);
    expect(transport.calls.length).toBeGreaterThan(0);
  });

  const openMount = async (words: readonly string[] = capabilities) => {
    const { accessToken } = await connect();
    const identity = await oauth.identify(accessToken, vendor.settings, transport.send(null), testCall);
    return integration.mount({ send: transport.send(accessToken), settings: vendor.settings, capabilities: words, identity });
  };

  it("is a tree in which everything listed can be looked at and read", async () => {
    const mount = await openMount();
    const context = createTestContext();
    const found = await walk(mount, context);
    expect(found.some(({ entry }) => entry.kind === "file")).toBe(true);
    for (const { location, entry } of found) {
      expect(entry.title).not.toBe("");
      const stat = await mount.stat(location, context);
      expect([stat.kind, stat.title, stat.extension, stat.revision]).toEqual([entry.kind, entry.title, entry.extension, entry.revision]);
      expect([stat.schemaKind, stat.creates, stat.companion]).toEqual([entry.schemaKind, entry.creates, entry.companion]);
      const kindOf = (name: string | undefined) => mount.description.kinds.find((kind) => kind.kind === name);
      const made = kindOf(entry.creates);
      if (entry.creates !== undefined) expect(made?.create === true || made?.upload !== undefined).toBe(true);
      if (entry.kind === "file") {
        expect(kindOf(entry.schemaKind ?? (entry.segment.type === "object" ? entry.segment.kind : undefined))).toBeDefined();
      }
      if (entry.kind === "directory") expect((await failureOf(mount.read(location, null, context))).code).toBe("EISDIR");
      if (entry.kind !== "file") continue;
      expect((await failureOf(mount.list(location, { cursor: null, limit: 1 }, context))).code).toBe("ENOTDIR");
      if (entry.binary === true) {
        expect((await failureOf(mount.read(location, null, context))).code).toBe("ENOTSUP");
        const opened = await mount.open?.(location, { range: null }, context);
        const bytes = Buffer.from(await new Response(opened?.body).arrayBuffer());
        if (opened?.sizeBytes !== null) expect(bytes.byteLength).toBe(opened?.sizeBytes);
        if (bytes.length < 2) continue;
        const end = await mount.open?.(location, { range: { start: 1, end: null } }, context);
        const range = end?.range ?? null;
        // A tool without ranges gives the whole, and says so.
        const part = range === null ? bytes : bytes.subarray(range.start, range.end + 1);
        expect(Buffer.from(await new Response(end?.body).arrayBuffer()).equals(part)).toBe(true);
        continue;
      }
      const file = await mount.read(location, null, context);
      expect(file.entry.sizeBytes).toBe(Buffer.byteLength(file.text));
      expect((await mount.read(location, null, context)).text).toBe(file.text);
    }
  });

  it("prints what each kind declares, and lists the declared parts of what has a companion", async () => {
    const mount = await openMount();
    const context = createTestContext();
    const checked = new Set<string>();
    for (const { location, entry } of await walk(mount, context)) {
      const name = entry.schemaKind ?? (entry.segment.type === "object" && entry.segment.companion !== true ? entry.segment.kind : null);
      const kind = mount.description.kinds.find((one) => one.kind === name);
      if (kind === undefined || entry.kind !== "file" || entry.binary === true || checked.has(kind.kind)) continue;
      checked.add(kind.kind);
      for (const format of kind.formats ?? []) {
        const file = await mount.read(location, format, context);
        expect([kind.kind, format, typeof file.text]).toEqual([kind.kind, format, "string"]);
      }
      const [natural] = kind.formats ?? [];
      if (natural !== undefined)
        expect((await mount.read(location, natural, context)).text).toBe((await mount.read(location, null, context)).text);
      const last = location.at(-1);
      if (entry.companion !== true || last === undefined) continue;
      const parts = await listWhole(mount, [...location.slice(0, -1), companionOf(last)], 50, context);
      const names = parts.map(({ segment }) => (segment.type === "fixed" ? segment.name : ""));
      expect(names).toEqual(expect.arrayContaining([...(kind.parts ?? [])]));
    }
  });

  it("names as personal only what stands at its root", async () => {
    const mount = await openMount();
    const names = (await listWhole(mount, [], 50, createTestContext())).map(({ segment }) =>
      segment.type === "fixed" ? segment.name : "",
    );
    expect(names).toEqual(expect.arrayContaining([...(mount.description.personal ?? [])]));
  });

  it("pages without losing or repeating anything, whatever the page's size", async () => {
    const mount = await openMount();
    const context = createTestContext();
    for (const { location, entry } of [...(await walk(mount, context)), { location: [], entry: null }]) {
      if (entry !== null && entry.kind !== "directory") continue;
      const whole = (await listWhole(mount, location, 1_000, context)).map(keyOf);
      expect(new Set(whole).size).toBe(whole.length);
      expect((await listWhole(mount, location, 7, context)).map(keyOf)).toEqual(whole);
    }
  });

  it("says ENOENT of what is not there", async () => {
    const mount = await openMount();
    const context = createTestContext();
    const nowhere: Location = [{ type: "fixed", name: "no-such-thing" }];
    expect((await failureOf(mount.stat(nowhere, context))).code).toBe("ENOENT");
    for (const { location, entry } of await walk(mount, context)) {
      if (entry.segment.type !== "object") continue;
      const gone: Location = [...location.slice(0, -1), { ...entry.segment, externalId: "00000000-0000-4000-8000-00000000dead" }];
      expect((await failureOf(mount.stat(gone, context))).code).toBe("ENOENT");
    }
  });

  it("opens nothing that was not ticked when connecting", async () => {
    const mount = await openMount([]);
    const context = createTestContext();
    const codes: string[] = [];
    for (const { location, entry } of await walk(await openMount(), context)) {
      if (entry.kind !== "directory") continue;
      const outcome = await mount.list(location, { cursor: null, limit: 1 }, context).then(
        () => "opened",
        (error: unknown) => {
          if (!(error instanceof HubError)) return "thrown";
          // By its name a person is offered exactly the consent that is missing.
          if (error.code === "ESCOPE") expect(capabilities).toContain(error.details.capability);
          return error.code;
        },
      );
      codes.push(outcome);
    }
    expect(codes).toContain("ESCOPE");
    expect(codes).not.toContain("thrown");
  });
}

/** Runs the suite; call it at a test file's top level. */
export function describeIntegration(integration: Integration, harness: IntegrationHarness): void {
  describe(`${integration.manifest.name}: manifest and provider`, () => describeManifest(integration));
  describe(`${integration.manifest.name}: answers`, () => describeAnswers(integration, harness));
  describe(`${integration.manifest.name}: over HTTP`, () => describeVendor(integration, harness));
}
