import { HubError } from "@/server/errors";
import { linearManifest } from "../manifest";
import type { Place } from "./place";

/** Which of the catalogue's words each place belongs to; any one of them opens it. Places without a word come with the connection. */
const readWords: Readonly<Record<Place["at"], readonly string[]>> = {
  root: [],
  organization: [],
  users: [],
  user: [],
  // The way to a team's issues and cycles leads through its directory.
  teams: ["read:teams", "read:issues", "read:cycles"],
  team: ["read:teams", "read:issues", "read:cycles"],
  teamFile: ["read:teams"],
  issues: ["read:issues"],
  archive: ["read:issues"],
  issue: ["read:issues"],
  companion: ["read:issues"],
  comments: ["read:issues"],
  attachments: ["read:issues"],
  attachment: ["read:issues"],
  cycles: ["read:cycles"],
  cycle: ["read:cycles"],
  projects: ["read:projects"],
  project: ["read:projects"],
  projectFile: ["read:projects"],
};

function refuse(words: readonly string[]): never {
  const [word = ""] = words;
  const scope = linearManifest.capabilityScopes[word]?.[0];
  throw new HubError("ESCOPE", `"${word}" is not switched on for this Linear connection.`, {
    details: { capability: word, ...(scope === undefined ? {} : { scope }) },
  });
}

/** Refuses (ESCOPE) what this connection was not connected for. */
export function createCapabilityCheck(granted: readonly string[]): {
  canRead(place: Place): boolean;
  requireRead(place: Place): void;
  requireWrite(word: "write:issues" | "write:comments"): void;
} {
  const canRead = (place: Place): boolean => {
    const words = readWords[place.at];
    return words.length === 0 || words.some((word) => granted.includes(word));
  };
  return {
    canRead,
    requireRead(place) {
      if (!canRead(place)) refuse(readWords[place.at]);
    },
    requireWrite(word) {
      if (!granted.includes(word)) refuse([word]);
    },
  };
}
