import type { Integration } from "../contract";
import { createCalendarApi } from "./api/calendar";
import { createDocsApi } from "./api/docs";
import { createDriveApi } from "./api/drive";
import { createGmailApi } from "./api/gmail";
import { createGoogleHttp } from "./api/http";
import { googleReading } from "./errors";
import { googleRateGroups } from "./limits";
import { googleWorkspaceManifest } from "./manifest";
import { createCapabilityCheck, object } from "./mount/area";
import { createCalendarArea } from "./mount/calendar/calendar-area";
import { createDocsArea } from "./mount/docs/docs-area";
import { createDocuments } from "./mount/docs/documents";
import { createContent } from "./mount/drive/content";
import { createDriveArea } from "./mount/drive/drive-area";
import { myDrive } from "./mount/drive/place";
import { createGmailArea } from "./mount/gmail/gmail-area";
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
    const api = createDriveApi(http);
    const placeNew = ({ id }: { readonly id: string }) => [...myDrive, object("document", id)];
    const documents = createDocuments({ drive: api, docs: createDocsApi(http), placeNew, now: Date.now });
    const content = createContent({ api, documents });
    return createGoogleMount([
      createDriveArea({ api, content, documents, check }),
      createDocsArea({ api, content, documents, check }),
      createCalendarArea({ api: createCalendarApi(http), check }),
      createGmailArea({ api: createGmailApi(http), check }),
    ]);
  },
};
