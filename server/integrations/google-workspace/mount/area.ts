import { HubError } from "@/server/errors";
import type { Operation, ReadFormat } from "@/server/vfs/node";
import type { Entry, EntryPage, KindSchema, Location, LocationSegment, PrintedFile, ToolMount } from "@/server/vfs/tool-mount";
import { googleWorkspaceManifest } from "../manifest";

/** What the four areas of the mount (`drive`, `docs`, `calendar`, `gmail`) are made of. */

export type AreaName = "drive" | "docs" | "calendar" | "gmail";

/**
 * One directory at the mount's root and all below it. Locations are whole, from the mount's root: the first segment is the area's name.
 * Kinds and step calls are the area's own; the mount hands a step to the area whose plan it came from.
 */
export interface Area extends Omit<ToolMount, "description"> {
  readonly name: AreaName;
  readonly kinds: readonly KindSchema[];
  /** The kind that a new file directly in the area's directory becomes. */
  readonly creates?: string;
}

/** Refuses (ESCOPE) what this connection was not connected for. */
export interface CapabilityCheck {
  /** Passes when one of the catalogue's words (`read:drive`) is switched on. */
  require(...words: readonly [string, ...string[]]): void;
}

export function createCapabilityCheck(granted: readonly string[]): CapabilityCheck {
  return {
    require(...words) {
      if (words.some((word) => granted.includes(word))) return;
      const [word] = words;
      const scope = googleWorkspaceManifest.capabilityScopes[word]?.at(-1);
      throw new HubError("ESCOPE", `"${word}" is not switched on for this Google connection.`, {
        details: { capability: word, ...(scope === undefined ? {} : { scope }) },
      });
    },
  };
}

export const fixed = (name: string): LocationSegment => ({ type: "fixed", name });
export const object = (kind: string, externalId: string): LocationSegment => ({ type: "object", kind, externalId });

/** An entry about which nothing is known. */
export const blankEntry = {
  mediaType: null,
  sizeBytes: null,
  createdAt: null,
  modifiedAt: null,
  revision: null,
  webUrl: null,
} as const;

/** A directory of the tree itself. */
export const directoryEntry = (name: string, more: Partial<Entry> = {}): Entry => ({
  ...blankEntry,
  segment: fixed(name),
  kind: "directory",
  title: name,
  extension: "",
  ...more,
});

export const wholePage = (entries: readonly Entry[]): EntryPage => ({ entries, nextCursor: null });

export const nothingHere = (): HubError => new HubError("ENOENT", "There is nothing of Google's at this path.");
export const isDirectory = (): HubError => new HubError("EISDIR", "This is a directory; list it.");
export const isFile = (): HubError => new HubError("ENOTDIR", "This is a file, not a directory.");

export function unsupported(operation: Operation, sentence: string): HubError {
  return new HubError("ENOTSUP", sentence, { details: { operation } });
}

/** The format to print in; ENOTSUP names the ones there are. */
export function chooseFormat<F extends ReadFormat>(as: ReadFormat | null, offered: readonly [F, ...F[]]): F {
  const chosen = as === null ? offered[0] : offered.find((format) => format === as);
  if (chosen === undefined) throw unsupported("read", `This file has no "${as}" format; it has ${offered.join(" and ")}.`);
  return chosen;
}

export const markdownType = "text/markdown; charset=utf-8";
export const jsonType = "application/json; charset=utf-8";

export function printed(text: string, mediaType: string, entry: Entry): PrintedFile {
  return { text, mediaType, entry: { ...entry, sizeBytes: Buffer.byteLength(text) } };
}

/** A pattern of a location (`drive/my-drive/<folder>`), for routes, and the ids of its objects. */
export function patternOf(location: Location): { readonly pattern: string; readonly ids: readonly string[] } {
  const pattern = location.map((segment) => {
    if (segment.type === "fixed") return segment.name;
    return segment.companion === true ? `<${segment.kind}>.d` : `<${segment.kind}>`;
  });
  return { pattern: pattern.join("/"), ids: location.flatMap((segment) => (segment.type === "object" ? [segment.externalId] : [])) };
}
