import { DateTime } from "luxon";
import { GoogleRefusal } from "../failures";
import type { Mailbox, StoredMessage } from "./store";

/**
 * The `q` of Gmail (https://support.google.com/mail/answer/7190), as far as it is simulated; what is not is refused, so that nothing is found
 * by luck.
 */

/** What a search looks at beside labels and time; made when a word asks for it. */
export interface Searched {
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  readonly subject: string;
  readonly messageId: string;
  readonly text: string;
  readonly files: readonly string[];
  readonly sizeBytes: number;
}

type Test = (message: StoredMessage, content: () => Searched) => boolean;

const refuse = (word: string) =>
  new GoogleRefusal(400, "invalidArgument", `The sandbox does not simulate this part of a search: ${word.slice(0, 80)}`);

/** Epoch seconds, or a day as it begins in California, where Gmail's days begin. */
function instantOf(value: string): number {
  if (/^\d{9,11}$/.test(value)) return Number(value) * 1000;
  const day = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})$/.exec(value);
  if (day === null) throw new GoogleRefusal(400, "invalidArgument", `Invalid date in the search: ${value.slice(0, 40)}`);
  const [, year, month, date] = day.map(Number);
  return DateTime.fromObject({ year: year ?? 0, month: month ?? 1, day: date ?? 1 }, { zone: "America/Los_Angeles" }).toMillis();
}

const has = (text: string, word: string): boolean => text.toLowerCase().includes(word.toLowerCase());

const places: Readonly<Record<string, string | null>> = {
  inbox: "INBOX",
  sent: "SENT",
  trash: "TRASH",
  spam: "SPAM",
  draft: "DRAFT",
  drafts: "DRAFT",
  anywhere: null,
};
const states: Readonly<Record<string, readonly [string, boolean]>> = {
  unread: ["UNREAD", true],
  read: ["UNREAD", false],
  starred: ["STARRED", true],
  important: ["IMPORTANT", true],
};

function labelTest(mailbox: Mailbox, name: string): Test {
  const wanted = name.toLowerCase().replaceAll(/[\s/]/g, "-");
  const label = [...mailbox.labels.values()].find((one) => one.name.toLowerCase().replaceAll(/[\s/]/g, "-") === wanted);
  return (message) => label !== undefined && message.labelIds.includes(label.id);
}

function operatorTest(mailbox: Mailbox, operator: string, value: string, word: string): Test {
  switch (operator) {
    case "after":
    case "newer": {
      const fromMs = instantOf(value);
      return (message) => Math.floor(message.internalDateMs / 1000) * 1000 >= fromMs;
    }
    case "before":
    case "older": {
      const toMs = instantOf(value);
      return (message) => message.internalDateMs < toMs;
    }
    case "from":
      return (_, content) => has(content().from, value);
    case "to":
      return (_, content) => has(`${content().to} ${content().cc}`, value);
    case "cc":
      return (_, content) => has(content().cc, value);
    case "subject":
      return (_, content) => has(content().subject, value);
    case "label":
      return labelTest(mailbox, value);
    case "in": {
      const place = places[value.toLowerCase()];
      if (place === undefined) return labelTest(mailbox, value);
      return (message) => place === null || message.labelIds.includes(place);
    }
    case "is": {
      const state = states[value.toLowerCase()];
      if (state === undefined) throw refuse(word);
      return (message) => message.labelIds.includes(state[0]) === state[1];
    }
    case "has":
      if (value.toLowerCase() !== "attachment") throw refuse(word);
      return (_, content) => content().files.length > 0;
    case "filename":
      return (_, content) => content().files.some((file) => has(file, value));
    case "rfc822msgid":
      return (_, content) => content().messageId.replaceAll(/[<>]/g, "") === value.replaceAll(/[<>]/g, "");
    case "larger":
      return (_, content) => content().sizeBytes > Number(value);
    case "smaller":
      return (_, content) => content().sizeBytes < Number(value);
    default:
      throw refuse(word);
  }
}

const words = /-?(?:[a-z0-9_]+:)?(?:"[^"]*"|\S+)/gi;

/** A test of messages for a search; 400 for what it does not know. Whether it names a place itself is told beside it. */
export function parseSearch(q: string, mailbox: Mailbox): { readonly test: Test; readonly namesPlace: boolean } {
  let namesPlace = false;
  const tests = (q.match(words) ?? []).map((word): Test => {
    if (/[{}()]/.test(word) || word === "OR" || word === "AND" || word === "AROUND") throw refuse(word);
    const negated = word.startsWith("-");
    const bare = negated ? word.slice(1) : word;
    const [, operator, rest] = /^([a-z0-9_]+):(.*)$/is.exec(bare) ?? [];
    const value = (rest ?? bare).replaceAll('"', "");
    if (operator === "in" || (operator === "label" && /^(spam|trash)$/i.test(value))) namesPlace = true;
    const test: Test =
      operator === undefined
        ? (_, content) => has([content().subject, content().from, content().to, content().text].join("\n"), value)
        : operatorTest(mailbox, operator.toLowerCase(), value, word);
    return negated ? (message, content) => !test(message, content) : test;
  });
  return { test: (message, content) => tests.every((one) => one(message, content)), namesPlace };
}
