import type { Integration } from "../contract";
import { createLinearApi } from "./api";
import { linearReading } from "./errors";
import { linearManifest } from "./manifest";
import { createLinearMount } from "./mount/linear-mount";
import { graphqlUrl, linearOAuth } from "./oauth";

/** Linear, assembled. */
export const linear: Integration = {
  manifest: linearManifest,
  oauth: linearOAuth,
  reading: linearReading,
  // 5,000 requests an hour for each person and app (https://linear.app/developers/rate-limiting); the answers' headers correct it. Pages
  // of 250 flat rows cost about 425 points, so the other budget, 2,000,000 points an hour, binds at about the same pace.
  rateGroups: [{ group: "default", capacity: 5_000, refillPerSecond: 5_000 / 3_600 }],
  mount: ({ send, settings, capabilities }) =>
    createLinearMount({ api: createLinearApi({ send, url: graphqlUrl(settings) }), capabilities }),
};
