import type { AreaOptions, GoogleArea } from "./area";
import { createCalendarArea } from "./calendar/calendar-area";
import { createDocsArea } from "./docs/area";
import { createDriveArea } from "./drive/area";
import { seedDrive } from "./drive/seed";
import { DriveStore } from "./drive/store";
import { createGmailArea } from "./gmail/gmail-area";

/** The simulated APIs. */
export function createAreas(options: AreaOptions): readonly GoogleArea[] {
  const files = new DriveStore(options);
  const reseed = () => {
    files.clear();
    const { archivedFiles } = options.settings();
    seedDrive(files, options, options.size === "large" ? Math.max(archivedFiles, 10_000) : archivedFiles);
  };
  reseed();
  return [createDriveArea(options, files, reseed), createDocsArea(files), createCalendarArea(options), createGmailArea(options)];
}
