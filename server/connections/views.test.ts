import { describe, expect, it } from "vitest";
import type { WorkspaceScope } from "@/db/scope";
import { createScope } from "@/db/scope";
import { integrationSettings } from "@/server/env";
import { connectionStates } from "@/server/integrations/catalogue";
import type { Manifest } from "@/server/integrations/contract";
import { linearManifest } from "@/server/integrations/linear/manifest";
import { slackManifest } from "@/server/integrations/slack/manifest";
import type { ConnectionRecord, ConnectionRow } from "./connection-store";
import { catalogueEntry, connectionStatus, connectionView } from "./views";

const now = new Date("2026-11-23T12:00:00.000Z");
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);
const userId = "00000000-0000-4000-8000-000000000001";
const scope: WorkspaceScope = createScope({
  workspaceId: "00000000-0000-4000-8000-000000000002",
  slug: "acme",
  role: "owner",
  actor: { type: "person", userId },
});
const origin = "https://hub.test";
const environmentOf = (manifest: Manifest, variables: Record<string, string> = { LINEAR_CLIENT_ID: "id", LINEAR_CLIENT_SECRET: "hush" }) =>
  integrationSettings(manifest, origin, variables);

function record(changes: Partial<ConnectionRow> = {}, more: Partial<ConnectionRecord> = {}): ConnectionRecord {
  return {
    row: {
      id: "00000000-0000-4000-8000-000000000003",
      workspaceId: scope.workspaceId,
      integration: "linear",
      ownerId: userId,
      visibility: "workspace",
      mountName: "linear",
      status: "connected",
      statusSince: minutes(-60),
      statusReason: null,
      externalOrgId: "org",
      externalAccountId: "account",
      accountName: "Ann Smith",
      accountEmail: "ann@acme.test",
      orgName: "Acme",
      scopes: ["read", "write"],
      capabilities: ["read:issues"],
      sharedAreas: [],
      timeZone: "Europe/Berlin",
      mirrorPolicy: "titles",
      lastSyncAt: null,
      createdAt: minutes(-60),
      endingBy: null,
      endingUntil: null,
      revocation: null,
      ...changes,
    },
    ownerName: "Ann",
    stop: null,
    blockedUntil: null,
    token: { expiresAt: minutes(30), refreshedAt: null, renews: true, terminal: false },
    ...more,
  };
}

const entryOf = (records: readonly ConnectionRecord[], pendingSince: Date | null = null, manifest: Manifest = linearManifest) =>
  catalogueEntry({
    scope,
    manifest,
    environment: environmentOf(manifest),
    connections: records.map((one) => connectionView(scope, one, manifest, now)),
    pendingSince,
  });

describe("a catalogue entry", () => {
  it("has the catalogue's fields, and never a secret", () => {
    const entry = entryOf([record()]);
    expect(entry).toMatchObject({
      id: "linear",
      name: "Linear",
      category: "Development",
      icon: "circle-dot",
      gradient: "from-indigo-500 to-violet-400",
      oauth: {
        authUrl: "https://linear.app/oauth/authorize",
        tokenUrl: "https://api.linear.app/oauth/token",
        clientId: "id",
        scopes: ["read", "write"],
        redirectUri: "https://hub.test/oauth/callback/linear",
      },
      vfsPath: "/context/tools/linear",
      capabilities: { read: ["issues", "projects", "teams", "cycles"], write: ["issues", "comments"], webhooks: true },
      capabilityAsks: { "read:issues": ["read"], "write:comments": ["write"] },
      actsAs: "person",
    });
    expect(Object.keys(entry.oauth)).toHaveLength(5);
    expect(JSON.stringify(entry)).not.toContain("hush");
  });

  it("has the earliest connection's date and the oldest sync of several", () => {
    expect(entryOf([])).toMatchObject({ connected: false, connectionDate: null, lastSync: null });
    const records = [
      record({ createdAt: minutes(-50), lastSyncAt: minutes(-1) }),
      record({ createdAt: minutes(-40), lastSyncAt: minutes(-9) }),
      record({ createdAt: minutes(-45) }),
    ];
    expect(entryOf(records)).toMatchObject({
      connected: true,
      connectionDate: minutes(-50).toISOString(),
      lastSync: minutes(-9).toISOString(),
    });
  });

  it("says of each capability whether it can be used", () => {
    expect(new Set(Object.values(entryOf([]).capabilityStates))).toEqual(new Set(["not_connected", "not_available_yet"]));
    expect(entryOf([record()]).capabilityStates).toMatchObject({ "read:issues": "granted", "write:comments": "not_connected" });
    const partly = record({ scopes: ["read"], capabilities: ["read:issues", "write:comments"] });
    expect(entryOf([partly]).capabilityStates).toMatchObject({ "read:issues": "granted", "write:comments": "missing_scope" });
    // What one connection lacks, another may have.
    const able = record({ capabilities: ["write:comments"] });
    expect(entryOf([partly, able]).capabilityStates).toMatchObject({ "write:comments": "granted", "write:issues": "not_connected" });
    expect(new Set(Object.values(entryOf([], null, slackManifest).capabilityStates))).toEqual(new Set(["not_available_yet"]));
  });

  it("is not connected where no connection works, and shows first the one that needs a person", () => {
    const token = { expiresAt: minutes(-1), refreshedAt: null, renews: true, terminal: true };
    const dead = record({ status: "reauth_required" }, { token });
    expect(entryOf([dead])).toMatchObject({ connected: false, status: { state: "reauth_required" } });
    expect(entryOf([record(), dead])).toMatchObject({ connected: true, status: { state: "reauth_required" } });
  });
});

describe("a status", () => {
  const stop = { at: minutes(-30).toISOString(), by: "Bea" };
  const cases: readonly [state: (typeof connectionStates)[number], status: () => ReturnType<typeof connectionStatus>][] = [
    [
      "not_configured",
      () =>
        catalogueEntry({
          scope,
          manifest: linearManifest,
          environment: environmentOf(linearManifest, {}),
          connections: [],
          pendingSince: null,
        }).status,
    ],
    ["disconnected", () => entryOf([]).status],
    ["connecting", () => entryOf([], minutes(-1)).status],
    ["connected", () => connectionStatus(record(), linearManifest, "acme", now)],
    ["limited", () => connectionStatus(record({}, { blockedUntil: minutes(1) }), linearManifest, "acme", now)],
    [
      "missing_scope",
      () => connectionStatus(record({ scopes: ["read"], capabilities: ["read:issues", "write:issues"] }), linearManifest, "acme", now),
    ],
    ["reauth_required", () => connectionStatus(record({}, { token: null }), linearManifest, "acme", now)],
    ["failed", () => connectionStatus(record({ status: "failed" }), linearManifest, "acme", now)],
    ["stopped", () => connectionStatus(record({}, { stop }), linearManifest, "acme", now)],
    ["disconnecting", () => connectionStatus(record({ status: "disconnecting" }), linearManifest, "acme", now)],
  ];

  it.each(cases)("%s says why in words, since when, and where to mend it", (state, make) => {
    const status = make();
    expect(status.state).toBe(state);
    expect(status.reason).toMatch(/\.$/);
    if (state === "not_configured") expect(status).toMatchObject({ missingVariables: ["LINEAR_CLIENT_ID", "LINEAR_CLIENT_SECRET"] });
    const isWithoutPast = state === "not_configured" || state === "disconnected";
    expect(status.since === null).toBe(isWithoutPast);
    const mendsItself = ["not_configured", "connected", "limited"].includes(state);
    const consent = "/acme/integrations/linear?connection=con_00000000000040008000000000000003";
    const places: Partial<Record<typeof state, string>> = {
      stopped: "/acme/settings",
      reauth_required: consent,
      missing_scope: `${consent}&enable=write%3Aissues`,
    };
    expect(status.actionUrl).toBe(mendsItself ? null : (places[state] ?? "/acme/integrations/linear"));
  });

  it("of a stopped workspace says who stopped it and when, whatever else is wrong, but for what is ending", () => {
    const status = connectionStatus(record({ status: "reauth_required" }, { stop }), linearManifest, "acme", now);
    expect(status).toEqual({
      state: "stopped",
      since: stop.at,
      reason: "Bea stopped all access to tools on 2026-11-23 at 11:30 UTC. An admin can resume it in the settings.",
      actionUrl: "/acme/settings",
    });
    expect(connectionStatus(record({ status: "disconnecting" }, { stop }), linearManifest, "acme", now).state).toBe("disconnecting");
    expect(connectionStatus(record({}, { stop: { ...stop, by: null } }), linearManifest, "acme", now).reason).toContain("A former member");
  });

  it("that asks to connect again says until when it still works, if it does", () => {
    const ending = (expiresAt: Date | null) =>
      connectionStatus(
        record(
          { status: "reauth_required", statusReason: "It ended." },
          { token: { expiresAt, refreshedAt: null, renews: true, terminal: true } },
        ),
        linearManifest,
        "acme",
        now,
      ).reason;
    // Noon in UTC is one o'clock in Berlin, where the account is at home.
    expect(ending(minutes(65))).toBe("It ended. It still works until 14:05 CET; connect it again before then.");
    expect(ending(minutes(24 * 60))).toBe("It ended. It still works until 24 Nov, 13:00 CET; connect it again before then.");
    expect(ending(null)).toBe("It ended. It may still work for a while; connect it again before it stops.");
    expect(ending(minutes(0))).toBe("It ended.");
  });

  it("of a connection whose access lasts leaves it usable, and no longer", () => {
    const usable = (expiresAt: Date | null, status: ConnectionRow["status"] = "reauth_required") =>
      connectionView(
        scope,
        record({ status }, { token: { expiresAt, refreshedAt: null, renews: true, terminal: true } }),
        linearManifest,
        now,
      ).usable;
    expect([usable(minutes(1)), usable(null), usable(minutes(0)), usable(minutes(1), "disconnecting")]).toEqual([true, true, false, false]);
    expect(entryOf([record({ status: "reauth_required" })]).connected).toBe(true);
  });

  it("is one of the catalogue's, and every one but the sync's comes up", () => {
    // Nothing is synced in the background yet; the state is the catalogue's.
    expect([...cases.map(([state]) => state), "syncing"].sort()).toEqual([...connectionStates].sort());
  });
});
