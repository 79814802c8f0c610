import type { PostSeed } from "./work";

/** One message of a conversation, in the order in which it is told: who, how many days ago, when, what. */
export function say(by: string, daysAgo: number, at: string, text: string, more: Partial<PostSeed> = {}): PostSeed {
  return { by, daysAgo, at, text, ...more };
}
