import { HubError } from "@/server/errors";
import { asanaManifest } from "../manifest";
import type { Place } from "./place";

export type WriteWord = "write:tasks" | "write:comments" | "write:attachments";

/** Which of the catalogue's words each place belongs to; any one of them opens it. Places without a word come with the connection. */
const readWords: Readonly<Record<Place["at"], readonly string[]>> = {
  root: [],
  // The way to everything else leads through the workspace's directory.
  workspace: [],
  workspaceFile: ["read:workspaces"],
  users: ["read:users"],
  user: ["read:users"],
  projects: ["read:projects", "read:tasks"],
  project: ["read:projects", "read:tasks"],
  projectFile: ["read:projects"],
  tasks: ["read:tasks"],
  task: ["read:tasks"],
  companion: ["read:tasks"],
  comments: ["read:tasks"],
  attachments: ["read:tasks"],
  attachment: ["read:tasks"],
};

function refuse(words: readonly string[]): never {
  const [word = ""] = words;
  const scope = asanaManifest.capabilityScopes[word]?.[0];
  throw new HubError("ESCOPE", `"${word}" is not switched on for this Asana connection.`, {
    details: { capability: word, ...(scope === undefined ? {} : { scope }) },
  });
}

/** Refuses (ESCOPE) what this connection was not connected for. */
export function createCapabilityCheck(granted: readonly string[]): {
  requireRead(place: Place): void;
  requireWrite(word: WriteWord): void;
} {
  return {
    requireRead(place) {
      const words = readWords[place.at];
      if (words.length > 0 && !words.some((word) => granted.includes(word))) refuse(words);
    },
    requireWrite(word) {
      if (!granted.includes(word)) refuse([word]);
    },
  };
}
