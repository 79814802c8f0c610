import type { Integration } from "../contract";
import { createCalendarApi } from "./api/calendar";
import { createGoogleHttp } from "./api/http";
import { googleReading } from "./errors";
import { googleRateGroups } from "./limits";
import { googleWorkspaceManifest } from "./manifest";
import { createCapabilityCheck } from "./mount/area";
import { createCalendarArea } from "./mount/calendar/calendar-area";
import { createGoogleMount } from "./mount/google-mount";
import { googleOAuth } from "./oauth";

/** Google Workspace, assembled. */
export const googleWorkspace: Integration = {
  manifest: googleWorkspaceManifest,
  oauth: googleOAuth,
  reading: googleReading,
  rateGroups: googleRateGroups,
  mount({ send, settings, capabilities }) {
    const http = createGoogleHttp({ send, settings });
    const check = createCapabilityCheck(capabilities);
    return createGoogleMount([createCalendarArea({ api: createCalendarApi(http), check })]);
  },
};
