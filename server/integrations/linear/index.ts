import type { Integration } from "../contract";
import { createLinearApi } from "./api";
import { linearReading } from "./errors";
import { linearRateGroups } from "./limits";
import { linearManifest } from "./manifest";
import { createLinearMount } from "./mount/linear-mount";
import { graphqlUrl, linearOAuth } from "./oauth";

/** Linear, assembled. */
export const linear: Integration = {
  manifest: linearManifest,
  oauth: linearOAuth,
  reading: linearReading,
  rateGroups: linearRateGroups,
  mount: ({ send, settings, capabilities }) =>
    createLinearMount({ api: createLinearApi({ send, url: graphqlUrl(settings) }), capabilities }),
};
