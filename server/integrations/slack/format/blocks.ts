import { z } from "zod";
import type { Message } from "../schema";
import { deepestLevel, type Line, type Marks, normalizeLines, type Run } from "./lines";
import { parseMrkdwn } from "./mrkdwn";

/**
 * What a message says. Blocks win over `text`, which is then only what a notification shows (https://docs.slack.dev/reference/block-kit/blocks):
 * `rich_text` is what people's clients write, exactly; of an app's other blocks their texts.
 */

const style = z
  .object({ bold: z.boolean().optional(), italic: z.boolean().optional(), strike: z.boolean().optional(), code: z.boolean().optional() })
  .optional();

const richElement = z.object({
  type: z.string(),
  text: z.string().optional(),
  url: z.string().optional(),
  user_id: z.string().optional(),
  channel_id: z.string().optional(),
  usergroup_id: z.string().optional(),
  range: z.string().optional(),
  name: z.string().optional(),
  skin_tone: z.number().optional(),
  fallback: z.string().optional(),
  style,
});
type RichElement = z.infer<typeof richElement>;

const richSection = z.object({ type: z.string(), elements: z.array(richElement).default([]) });
const richList = z.object({
  type: z.literal("rich_text_list"),
  style: z.string(),
  indent: z.number().default(0),
  offset: z.number().default(0),
  elements: z.array(richSection),
});
const richText = z.object({ type: z.literal("rich_text"), elements: z.array(z.union([richList, richSection])) });

const textObject = z.object({ type: z.string(), text: z.string() });
const section = z.object({
  type: z.literal("section"),
  text: textObject.optional(),
  fields: z.array(textObject).optional(),
});
const header = z.object({ type: z.literal("header"), text: textObject });
const context = z.object({
  type: z.literal("context"),
  elements: z.array(z.object({ type: z.string(), text: z.string().optional(), alt_text: z.string().optional() })),
});
const divider = z.object({ type: z.literal("divider") });
const image = z.object({ type: z.literal("image"), image_url: z.string().optional(), alt_text: z.string().optional() });
const markdownBlock = z.object({ type: z.literal("markdown"), text: z.string() });
const other = z.object({ type: z.string() });
const block = z.union([richText, section, header, context, divider, image, markdownBlock, other]);

function marksOf(element: RichElement): Marks {
  return {
    ...(element.style?.bold === true ? { bold: true } : {}),
    ...(element.style?.italic === true ? { italic: true } : {}),
    ...(element.style?.strike === true ? { strike: true } : {}),
  };
}

const plain = (text: string): readonly Line[] =>
  text.split("\n").map((part) => ({ type: "text", runs: part === "" ? [] : [{ type: "text", text: part }] }));

function runOf(element: RichElement): Run {
  const marks = marksOf(element);
  const mention = (target: string): Run => ({ type: "mention", target, ...marks });
  switch (element.type) {
    case "user":
      return mention(`@${element.user_id ?? ""}`);
    case "channel":
      return mention(`#${element.channel_id ?? ""}`);
    case "usergroup":
      return mention(`!subteam^${element.usergroup_id ?? ""}`);
    case "broadcast":
      return mention(`!${element.range ?? "here"}`);
    case "emoji": {
      const tone = element.skin_tone === undefined ? "" : `:skin-tone-${element.skin_tone}:`;
      return { type: "text", text: `:${element.name ?? ""}:${tone}`, ...marks };
    }
    case "link":
      return { type: "link", url: element.url ?? "", text: element.text ?? element.url ?? "", ...marks };
    default: {
      const text = element.text ?? element.fallback ?? "";
      return element.style?.code === true ? { type: "code", text, ...marks } : { type: "text", text, ...marks };
    }
  }
}

/** The elements' runs, a new line where a text has one. */
function runLines(elements: readonly RichElement[]): readonly (readonly Run[])[] {
  const lines: Run[][] = [[]];
  for (const element of elements) {
    const run = runOf(element);
    if (run.type !== "text") {
      lines.at(-1)?.push(run);
      continue;
    }
    for (const [index, text] of run.text.split("\n").entries()) {
      if (index > 0) lines.push([]);
      if (text !== "") lines.at(-1)?.push({ ...run, text });
    }
  }
  // A section's last line break only ends it.
  if (lines.length > 1 && lines.at(-1)?.length === 0) lines.pop();
  return lines;
}

function richLines(element: z.infer<typeof richList> | z.infer<typeof richSection>): readonly Line[] {
  if ("style" in element && "indent" in element) {
    const list = element;
    return list.elements.map((item, index): Line => {
      const runs = runLines(item.elements).flatMap((line, at): readonly Run[] =>
        at === 0 ? line : [{ type: "text", text: " " }, ...line],
      );
      if (list.style !== "ordered") return { type: "bullet", level: Math.min(list.indent, deepestLevel), runs };
      const number = `${" ".repeat(4 * list.indent)}${list.offset + index + 1}. `;
      return { type: "text", runs: [{ type: "text", text: number }, ...runs] };
    });
  }
  const section = richSection.parse(element);
  if (section.type === "rich_text_preformatted") {
    return [{ type: "code", text: section.elements.map((one) => one.text ?? one.url ?? "").join("") }];
  }
  const type = section.type === "rich_text_quote" ? "quote" : "text";
  return runLines(section.elements).map((runs) => ({ type, runs }));
}

const ofText = ({ type, text }: z.infer<typeof textObject>): readonly Line[] => (type === "mrkdwn" ? parseMrkdwn(text) : plain(text));

function blockLines(value: z.infer<typeof block>): readonly Line[] {
  if (value.type === "rich_text" && "elements" in value) return richText.parse(value).elements.flatMap(richLines);
  if (value.type === "section" && ("text" in value || "fields" in value)) {
    const { text, fields } = section.parse(value);
    return [...(text === undefined ? [] : ofText(text)), ...(fields ?? []).flatMap(ofText)];
  }
  if (value.type === "header" && "text" in value)
    return [{ type: "text", runs: [{ type: "text", text: header.parse(value).text.text, bold: true }] }];
  if (value.type === "context" && "elements" in value) {
    return context.parse(value).elements.flatMap(({ type, text, alt_text }) => ofText({ type, text: text ?? alt_text ?? "" }));
  }
  if (value.type === "divider") return plain("---");
  if (value.type === "image") {
    const { image_url, alt_text } = image.parse(value);
    return [{ type: "text", runs: [{ type: "link", url: image_url ?? "", text: alt_text ?? "image" }] }];
  }
  if (value.type === "markdown" && "text" in value) return plain(markdownBlock.parse(value).text);
  return [];
}

/** The lines of a message, from its blocks where it has any that say something. */
export function linesOf(message: Message): readonly Line[] {
  const blocks = (message.blocks ?? []).flatMap((value) => {
    const read = block.safeParse(value);
    return read.success ? [read.data] : [];
  });
  const lines = normalizeLines(blocks.flatMap(blockLines));
  const said = lines.length > 0 ? lines : parseMrkdwn(message.text);
  // What a link unfurls to is the link's; other attachments are what older apps say.
  const attached = (message.attachments ?? [])
    .filter(({ from_url }) => !from_url)
    .flatMap(({ text, fallback }) => parseMrkdwn(text ?? fallback ?? "").map(quotedLine));
  return attached.length === 0 ? said : normalizeLines([...said, ...attached]);
}

const quotedLine = (line: Line): Line => (line.type === "code" ? line : { type: "quote", runs: line.runs });

/** What a message holds that a text alone would drop, in words; null where there is no such thing. */
export function beyondText(message: Message): string | null {
  const types = (message.blocks ?? []).map((value) => other.safeParse(value).data?.type ?? "unknown");
  const blocks = types.filter((type) => type !== "rich_text");
  if (blocks.length > 0) return `blocks of layout (${[...new Set(blocks)].join(", ")})`;
  return (message.attachments ?? []).some(({ from_url }) => !from_url) ? "attachments" : null;
}
