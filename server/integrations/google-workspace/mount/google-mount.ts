import { HubError } from "@/server/errors";
import type { Location, ToolMount } from "@/server/vfs/tool-mount";
import { googleWorkspaceManifest } from "../manifest";
import { type Area, directoryEntry, isDirectory, nothingHere, unsupported, wholePage } from "./area";

/** Google Workspace as a tree: one directory an area. Mail and calendars are their owner's, also on a shared connection. */
export function createGoogleMount(areas: readonly Area[]): ToolMount {
  const byName = new Map<string, Area>(areas.map((area) => [area.name, area]));

  function areaOf(location: Location): Area {
    const [first] = location;
    const area = first?.type === "fixed" ? byName.get(first.name) : undefined;
    if (area === undefined) throw nothingHere();
    return area;
  }

  return {
    description: {
      actsAs: googleWorkspaceManifest.actsAs,
      // Calendar takes `If-Match`, Docs `requiredRevisionId`; nothing else here is changed.
      guard: "atomic",
      kinds: areas.flatMap(({ kinds }) => kinds),
      personal: ["calendar", "gmail"].filter((name) => byName.has(name)),
    },
    list: async (directory, page, context) => {
      if (directory.length === 0)
        return wholePage(areas.map(({ name, creates }) => directoryEntry(name, creates === undefined ? {} : { creates })));
      return await areaOf(directory).list(directory, page, context);
    },
    stat: async (location, context) => {
      if (location.length === 0) return directoryEntry("");
      return await areaOf(location).stat(location, context);
    },
    read: async (location, as, context) => {
      if (location.length === 0) throw isDirectory();
      return await areaOf(location).read(location, as, context);
    },
    open: async (location, options, context) => {
      if (location.length === 0) throw isDirectory();
      const { open } = areaOf(location);
      if (open === undefined) throw unsupported("read", "This file has no bytes of its own; read it as text.");
      return await open(location, options, context);
    },
    plan: async (change, context) => {
      const at = change.type === "create" || change.type === "upload" ? change.parent : change.location;
      if (at.length === 0) throw unsupported("write", "Nothing can be made beside the areas of this mount.");
      const area = areaOf(at);
      const draft = await area.plan(change, context);
      return { ...draft, steps: draft.steps.map((step) => ({ ...step, args: { ...step.args, area: area.name } })) };
    },
    perform: async (step, context, content) => {
      const area = typeof step.args.area === "string" ? byName.get(step.args.area) : undefined;
      if (area === undefined) throw new HubError("ESTALE", "This plan is of another version of the hub. Plan the change again.");
      return await area.perform(step, context, content);
    },
  };
}
