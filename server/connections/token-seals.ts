import type { WorkspaceScope } from "@/db/scope";
import type { TokenAnswer } from "@/server/integrations/contract";
import type { Clock } from "@/server/transport/send";
import type { LiveToken, SealedTokens, TokenRow, TokenTiming } from "./token-contract";
import type { Vault } from "./vault";

/** A refresh token is looked after no more often than this, however short it lasts. */
const minKeepAliveMs = 3_600_000;

export interface TokenSeals {
  /** Makes an answer ready for its row. */
  seal(scope: WorkspaceScope, row: { connectionId: string; ownerId: string | null }, answer: TokenAnswer): Promise<SealedTokens>;
  /** The access token in hand. */
  open(scope: WorkspaceScope, connectionId: string, row: TokenRow): Promise<LiveToken>;
  /** The refresh token; null when there is none. */
  openRefresh(scope: WorkspaceScope, connectionId: string, row: TokenRow): Promise<string | null>;
}

/** Token answers into the vault's hands and out again, with the times that their expiry means. */
export function createTokenSeals(parts: {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: () => number;
  readonly times: TokenTiming;
}): TokenSeals {
  const { vault, clock, random, times } = parts;
  /** Between half and all of it, so that what began together does not come back together. */
  const jitter = () => (1 + random()) / 2;
  const inSeconds = (seconds: number | null | undefined) =>
    seconds === null || seconds === undefined ? null : new Date(clock.now() + seconds * 1000);

  /** A token that cannot be renewed any more is left alone; one of unknown expiry waits for the tool's refusal. */
  function refreshAt(row: TokenRow): number | null {
    if (row.accessExpiresAt === null || row.refreshEnc === null || row.terminalError !== null) return null;
    const expiresAtMs = row.accessExpiresAt.getTime();
    const lifetimeMs = Math.max(0, expiresAtMs - (row.refreshedAt?.getTime() ?? clock.now()));
    return Math.max(expiresAtMs - jitter() * Math.min(times.aheadMs, lifetimeMs / 2), clock.now() + row.backoffMs);
  }

  function keepAliveMs(answer: TokenAnswer): number | null {
    if (answer.refreshToken === null) return null;
    const halfLifeMs = ((answer.refreshExpiresInSeconds ?? Infinity) * 1000) / 2;
    return Math.max(minKeepAliveMs, Math.min(times.keepAliveMs * jitter(), halfLifeMs));
  }

  return {
    async seal(scope, row, answer) {
      const { connectionId, ownerId } = row;
      return {
        connectionId,
        workspaceId: scope.workspaceId,
        ownerId,
        accessEnc: await vault.seal(scope, { rowId: connectionId, field: "access" }, answer.accessToken),
        refreshEnc:
          answer.refreshToken === null ? null : await vault.seal(scope, { rowId: connectionId, field: "refresh" }, answer.refreshToken),
        accessExpiresAt: inSeconds(answer.expiresInSeconds),
        refreshExpiresAt: inSeconds(answer.refreshExpiresInSeconds),
        keepAliveMs: keepAliveMs(answer),
      };
    },

    async open(scope, connectionId, row) {
      const accessToken = await vault.open(scope, { rowId: connectionId, field: "access" }, row.accessEnc);
      return {
        accessToken,
        version: row.version,
        expiresAtMs: row.accessExpiresAt?.getTime() ?? null,
        refreshAtMs: refreshAt(row),
      };
    },

    async openRefresh(scope, connectionId, row) {
      if (row.refreshEnc === null) return null;
      return vault.open(scope, { rowId: connectionId, field: "refresh" }, row.refreshEnc);
    },
  };
}
