import { HubError } from "@/server/errors";
import { type Line, sameLines } from "./lines";
import { parseMarkdown } from "./markdown";
import { parseMrkdwn, printMrkdwn } from "./mrkdwn";

/** Markdown on its way to Slack. */

/** "Messages longer than 40,000 characters are truncated" (https://docs.slack.dev/reference/methods/chat.postMessage). */
export const longestPost = 40_000;
/** `chat.update` refuses more (`msg_too_long`), and Slack recommends no more for new messages either. */
export const longestEdit = 4_000;

export interface Outgoing {
  /** mrkdwn. */
  readonly text: string;
  readonly lines: readonly Line[];
}

/**
 * A Markdown text as a message's. EINVAL where Slack would show something else: it has no way to write `*` or `_` as themselves where they
 * would mark; EFBIG past `limit` characters.
 */
export function toMessage(markdown: string, base: string, limit: number): Outgoing {
  const lines = parseMarkdown(markdown, base);
  if (lines.length === 0) throw new HubError("EINVAL", "A message needs some text.");
  const text = printMrkdwn(lines);
  const shown = parseMrkdwn(text);
  if (!sameLines(shown, lines)) {
    const at = lines.findIndex((line, index) => !sameLines([line], shown.slice(index, index + 1)));
    throw new HubError(
      "EINVAL",
      `Slack would show line ${at + 1} of the message otherwise than it is written: it takes *, _, ~, backticks and a > at the beginning of a line for marks and cannot escape them. Put such text in code marks, or write it another way.`,
    );
  }
  if (text.length > limit) {
    throw new HubError(
      "EFBIG",
      `The message has ${text.length} characters; Slack takes ${limit} ${limit === longestEdit ? "in an edit" : "at most"}.`,
      {
        details: { limit },
      },
    );
  }
  return { text, lines };
}

/** Who a message calls, in words; null for nobody. */
export function callsOf(lines: readonly Line[], where: string): string | null {
  const targets = lines.flatMap((line) =>
    line.type === "code" ? [] : line.runs.flatMap((run) => (run.type === "mention" ? [run.target] : [])),
  );
  if (targets.some((target) => /^!(?:channel|everyone)\b/.test(target))) return `Slack notifies every member of ${where}.`;
  if (targets.some((target) => /^!here\b/.test(target))) return `Slack notifies every member of ${where} who is active.`;
  const people = new Set(targets.filter((target) => target.startsWith("@") || target.startsWith("!subteam")));
  if (people.size === 0) return null;
  return people.size === 1 ? "Slack notifies whom the message mentions." : `Slack notifies the ${people.size} whom the message mentions.`;
}
