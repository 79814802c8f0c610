import type { Integration } from "@/server/integrations/contract";
import { type BudgetStore, budgeting } from "./budget";
import { type CallSink, logging } from "./call-log";
import { classifying } from "./classify";
import { systemClock } from "./clock";
import { type IsStopped, lettingOut } from "./letting-out";
import { loggedContentUrl, loggedUrl } from "./logged-url";
import { placesOf, withinOrigins } from "./origins";
import { retrying } from "./retry";
import type { Clock, Send, TokenSource, VendorReading } from "./send";
import { type Fetch, fetchWithTimeout } from "./timeout";
import { authorizing } from "./token";

export interface TransportOptions {
  readonly calls: CallSink;
  readonly budget: BudgetStore;
  /** Whether a workspace's access to tools is stopped: then nothing leaves. */
  readonly isStopped: IsStopped;
  readonly fetch?: Fetch;
  readonly clock?: Clock;
  /** Below 1; for jitter. */
  readonly random?: () => number;
}

export interface SendOptions {
  readonly integration: Pick<Integration, "reading" | "rateGroups"> & { readonly manifest: { readonly id: string } };
  /** Where calls may go: the integration's origins by role, environment applied (`IntegrationSettings.origins`). */
  readonly origins: Readonly<Record<string, string>>;
  /** Where bytes may be fetched from and sent to without a token (`IntegrationSettings.contentOrigins`). */
  readonly contentOrigins?: readonly string[] | undefined;
  /** Null for OAuth's own calls. */
  readonly token: TokenSource | null;
  /** Reads answers in place of the integration's own reading; `plainReading` lets every answer through, for Auth.js. */
  readonly reading?: VendorReading;
}

export interface Transport {
  sendFor(options: SendOptions): Send;
}

/** Joins the layers: origins → retry → call log (refusals) → token → rate budget → letting out → call log (attempts) → classify → timeout → fetch. */
export function createTransport(options: TransportOptions): Transport {
  const { calls, budget, isStopped, clock = systemClock, random = Math.random, fetch = globalThis.fetch } = options;
  return {
    sendFor({ integration, origins, contentOrigins, token, reading = integration.reading }) {
      const placeOf = placesOf({ origins: Object.values(origins), contentOrigins });
      const urlOf = (url: string): string => (placeOf(url) === "content" ? loggedContentUrl(url) : loggedUrl(url, reading.loggedQuery));
      const log = logging({ integration: integration.manifest.id, urlOf, sink: calls, clock });
      const layers = [
        withinOrigins(placeOf),
        retrying({ clock, random }),
        log.refusals,
        authorizing(token),
        budgeting({ groups: integration.rateGroups, store: budget, clock }),
        lettingOut({ isStopped, clock }),
        log.attempts,
        classifying({ reading, clock }),
      ];
      return layers.reduceRight<Send>((next, layer) => layer(next), fetchWithTimeout({ fetch, clock }));
    },
  };
}

/** Lets every answer but a redirect through, and logs no query value. */
export const plainReading: VendorReading = {
  classify: () => null,
  limits: () => [],
  requestId: (response) => response.headers.get("x-request-id"),
  loggedQuery: new Set(),
};
