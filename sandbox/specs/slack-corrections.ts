/** Where the frozen description of 2021 is wrong by one of Slack's newer pages: arguments and fields, each with its page. */

type Plain = Readonly<Record<string, unknown>>;

/** Arguments that a method takes today. */
export const newerArguments: Readonly<Record<string, readonly string[]>> = {
  // https://docs.slack.dev/reference/methods/chat.postMessage
  "chat.postMessage": ["metadata"],
  // https://docs.slack.dev/reference/methods/conversations.history
  "conversations.history": ["include_all_metadata"],
  // https://docs.slack.dev/reference/methods/conversations.replies
  "conversations.replies": ["include_all_metadata"],
};

const text = { type: "string" };
const cursor = { type: "object", properties: { next_cursor: text } };
const messages = { type: "array", items: { $ref: "#/definitions/objs_message" } };

/** Fields that a message has today. */
const ofMessages: Plain = {
  // https://docs.slack.dev/reference/events/message
  edited: { type: "object", properties: { user: text, ts: text } },
  // https://docs.slack.dev/messaging/message-metadata
  metadata: { type: "object", properties: { event_type: text, event_payload: {} } },
};

/** Fields of a method's answer as they are today, in the place of those of the same name. */
export const newerFields: Readonly<Record<string, Plain>> = {
  // https://docs.slack.dev/reference/methods/conversations.history: a channel may have no messages, and the next page is a cursor.
  "conversations.history": { messages, response_metadata: cursor },
  // https://docs.slack.dev/reference/methods/conversations.replies: its messages are messages as everywhere.
  "conversations.replies": { messages, response_metadata: cursor },
};

/** The definitions with what newer pages add to them. */
export function correctDefinitions(definitions: Plain): Plain {
  const message = definitions.objs_message;
  if (typeof message !== "object" || message === null || !("properties" in message)) return definitions;
  const { properties } = message;
  const known = typeof properties === "object" && properties !== null ? properties : {};
  return { ...definitions, objs_message: { ...message, properties: { ...known, ...ofMessages } } };
}
