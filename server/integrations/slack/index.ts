import type { Integration } from "../contract";
import { createSlackApi } from "./api";
import { slackReading } from "./errors";
import { slackRateGroups } from "./limits";
import { slackManifest } from "./manifest";
import { createDirectory } from "./mount/directory";
import { createSlackMount } from "./mount/slack-mount";
import { slackOAuth, slackOrigin } from "./oauth";

/** Slack, assembled. */
export const slack: Integration = {
  manifest: slackManifest,
  oauth: slackOAuth,
  reading: slackReading,
  rateGroups: slackRateGroups,
  mount: ({ send, settings, capabilities, identity }) => {
    const origin = slackOrigin(settings);
    const api = createSlackApi({ send, origin });
    const directory = createDirectory({ api, key: `${origin}\n${identity.orgId}\n${identity.accountId}`, capabilities });
    return createSlackMount({ api, directory, self: identity.accountId, capabilities });
  },
};
