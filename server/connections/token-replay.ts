import { HubError } from "@/server/errors";
import type { IntegrationOAuth } from "@/server/integrations/contract";
import type { TokenRow } from "./token-contract";

/** When a refresh token may be sent, and when it may be sent again: nobody may look like a thief who replays one (RFC 9700 §4.14.2). */

/** `send` it; `wait` for another holder's outcome; or it is `lost`, and only a person can mend the connection. */
export type Replay = "send" | "wait" | "lost";

/**
 * What may be done about a token whose lease is free. A pending intent means that it was sent, or was about to be, and nobody stored what came of
 * it. Where it may be sent once only, an expired lease proves nothing: its holder may be paused, or cut off from the database, with the
 * answer in its hands. So the others wait `lostAfterMs` for it; a holder that gave its lease back has no answer.
 */
export function replayOf(rule: IntegrationOAuth["refreshReplay"], row: Pick<TokenRow, "intentMs" | "isHeld">, lostAfterMs: number): Replay {
  if (row.intentMs === null || rule === "always") return "send";
  if (rule === "never") return row.isHeld && row.intentMs < lostAfterMs ? "wait" : "lost";
  return row.intentMs < rule.graceMs ? "send" : "lost";
}

/**
 * Whether a failed refresh certainly changed nothing at the vendor. What never left did not, nor what was refused: a 4xx (RFC 6749 §5.2, RFC 6585
 * §4), or a 503, which says that the server cannot handle it now and invites to come again (RFC 9110 §15.6.4). Every other status
 * above may come after the rotation, from the vendor or from a gateway before it (502, 504), and so may an answer that is not one.
 */
export function provesNothingDone(error: unknown): boolean {
  if (!(error instanceof HubError)) return false;
  const { outcome, vendorStatus = 0 } = error.details;
  return outcome === "not_done" || (vendorStatus >= 400 && vendorStatus < 500) || vendorStatus === 503;
}

/** Why a connection whose renewal got lost waits for a person. */
export function lostWords(name: string, rule: IntegrationOAuth["refreshReplay"]): string {
  const why =
    typeof rule === "string"
      ? `${name} lets the hub ask only once`
      : `the ${minutesOf(rule.graceMs)} in which ${name} lets the hub ask again are over`;
  return `The answer of ${name} to a renewal was lost, and ${why}. Connect ${name} again.`;
}

const minutesOf = (ms: number): string => (ms < 120_000 ? `${Math.round(ms / 1000)} seconds` : `${Math.round(ms / 60_000)} minutes`);
