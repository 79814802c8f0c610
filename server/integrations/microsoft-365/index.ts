import type { Integration } from "../contract";
import { createMicrosoft365Api } from "./api/microsoft-365-api";
import { microsoft365Reading } from "./errors";
import { microsoft365RateGroups } from "./limits";
import { microsoft365Manifest } from "./manifest";
import { createMicrosoft365Mount } from "./mount/microsoft-365-mount";
import { graphUrl, microsoft365OAuth } from "./oauth";

/** Microsoft 365, assembled. */
export const microsoft365: Integration = {
  manifest: microsoft365Manifest,
  oauth: microsoft365OAuth,
  reading: microsoft365Reading,
  rateGroups: microsoft365RateGroups,
  mount: ({ send, settings, capabilities }) =>
    createMicrosoft365Mount({ api: createMicrosoft365Api({ send, base: graphUrl(settings) }), capabilities }),
};
