import type { Location, ToolMount } from "@/server/vfs/tool-mount";
import type { Microsoft365Api } from "../api/microsoft-365-api";
import {
  type Area,
  type AreaName,
  areaNames,
  fixedDirectory,
  isDirectory,
  notThere,
  requireCapability,
  unsupported,
  wholePage,
} from "./area";
import { createCalendarArea } from "./calendar/calendar-area";
import { createContactsArea } from "./contacts/contacts-area";
import { microsoft365Description } from "./description";
import { createFilesArea } from "./files/files-area";
import { createMailArea } from "./mail/mail-area";

/** Which area a step belongs to, by its call. */
const areaOfStep: Readonly<Record<string, AreaName>> = {
  draftCreate: "mail",
  replyCreate: "mail",
  messageUpdate: "mail",
  draftSend: "mail",
  messageMove: "mail",
  eventCreate: "calendar",
  eventUpdate: "calendar",
  eventDelete: "calendar",
};

const rootEntry = fixedDirectory("");

/** Microsoft 365 as a tree: mail, calendars, OneDrive and contacts. `now` gives epoch milliseconds, and with it today. */
export function createMicrosoft365Mount(options: {
  readonly api: Microsoft365Api;
  readonly capabilities: readonly string[];
  readonly now?: () => number;
}): ToolMount {
  const { api, capabilities, now = Date.now } = options;
  const areas: Readonly<Record<AreaName, Area>> = {
    mail: createMailArea({ api, now }),
    calendar: createCalendarArea({ api, now }),
    files: createFilesArea({ api }),
    contacts: createContactsArea({ api }),
  };

  /** The area of a location that may be read; ENOENT where there is none, ESCOPE where it is not switched on. */
  function areaAt(location: Location): { readonly name: AreaName; readonly area: Area } {
    const [first] = location;
    const name = first?.type === "fixed" ? areaNames.find((known) => known === first.name) : undefined;
    if (name === undefined) throw notThere();
    requireCapability(capabilities, `read:${name}`);
    return { name, area: areas[name] };
  }

  /** Files and contacts are never written, so nothing of theirs can be switched on. */
  const requireWrite = (name: AreaName): void => {
    if (name === "mail" || name === "calendar") requireCapability(capabilities, `write:${name}`);
  };

  return {
    description: microsoft365Description,
    async list(directory, page, context) {
      if (directory.length === 0) return wholePage(areaNames.map((name) => fixedDirectory(name)));
      return await areaAt(directory).area.list(directory, page, context);
    },
    async stat(location, context) {
      return location.length === 0 ? rootEntry : await areaAt(location).area.stat(location, context);
    },
    async read(location, as, context) {
      if (location.length === 0) throw isDirectory();
      return await areaAt(location).area.read(location, as, context);
    },
    async open(location, opening, context) {
      if (location.length === 0) throw isDirectory();
      return await areaAt(location).area.open(location, opening, context);
    },
    async plan(change, context) {
      const location = change.type === "create" || change.type === "upload" ? change.parent : change.location;
      if (location.length === 0) throw unsupported("write", "Nothing can be written beside the areas.");
      const { name, area } = areaAt(location);
      requireWrite(name);
      return await area.plan(change, context);
    },
    async perform(step, context) {
      const name = areaOfStep[String(step.args.call)];
      if (name === undefined) throw unsupported("execute", "This step is none of Microsoft 365's.");
      requireWrite(name);
      return await areas[name].perform(step, context);
    },
  };
}
