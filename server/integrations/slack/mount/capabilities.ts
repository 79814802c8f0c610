import { HubError } from "@/server/errors";
import { slackManifest } from "../manifest";
import type { Place } from "./place";

/** Which of the catalogue's words each place belongs to; any one of them opens it. Places without a word come with the connection. */
const readWords: Readonly<Record<Place["at"], readonly string[]>> = {
  root: [],
  // The way to messages leads through their conversation.
  channels: ["read:channels", "read:messages"],
  dms: ["read:channels", "read:messages"],
  conversation: ["read:channels", "read:messages"],
  conversationFile: ["read:channels"],
  today: ["read:messages"],
  day: ["read:messages"],
  threads: ["read:messages"],
  thread: ["read:messages"],
  messages: ["read:messages"],
  message: ["read:messages"],
  companion: ["read:messages"],
  reactions: ["read:messages"],
  reaction: ["read:messages"],
  users: ["read:users"],
  user: ["read:users"],
};

export type WriteWord = "write:messages" | "write:reactions";

function refuse(words: readonly string[]): never {
  const [word = ""] = words;
  const scope = slackManifest.capabilityScopes[word]?.[0];
  throw new HubError("ESCOPE", `"${word}" is not switched on for this Slack connection.`, {
    details: { capability: word, ...(scope === undefined ? {} : { scope }) },
  });
}

export interface CapabilityCheck {
  requireRead(place: Place): void;
  requireWrite(word: WriteWord): void;
  has(word: string): boolean;
}

/** Refuses (ESCOPE) what this connection was not connected for. */
export function createCapabilityCheck(granted: readonly string[]): CapabilityCheck {
  return {
    requireRead(place) {
      const words = readWords[place.at];
      if (words.length > 0 && !words.some((word) => granted.includes(word))) refuse(words);
    },
    requireWrite(word) {
      if (!granted.includes(word)) refuse([word]);
    },
    has: (word) => granted.includes(word),
  };
}
