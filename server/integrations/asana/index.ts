import type { Integration } from "../contract";
import { createAsanaApi } from "./api/asana-api";
import { asanaReading } from "./errors";
import { asanaRateGroups } from "./limits";
import { asanaManifest } from "./manifest";
import { createAsanaMount } from "./mount/asana-mount";
import { apiBase, asanaOAuth } from "./oauth";

/** Asana, assembled. */
export const asana: Integration = {
  manifest: asanaManifest,
  oauth: asanaOAuth,
  reading: asanaReading,
  rateGroups: asanaRateGroups,
  mount: ({ send, settings, capabilities, identity }) =>
    createAsanaMount({ api: createAsanaApi({ send, base: apiBase(settings) }), capabilities, account: identity.accountId }),
};
