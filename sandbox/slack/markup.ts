import { html, type Markup } from "../http/html";
import { toNames, toPictures } from "./emoji";

/** mrkdwn (docs.slack.dev/messaging/formatting-message-text): how the seed's Markdown is stored, and how a page shows a message. */

const escapeText = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const unescapeText = (text: string): string => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

export interface Mentionable {
  /** By handle. */
  readonly people: ReadonlyMap<string, string>;
  /** By name. */
  readonly channels: ReadonlyMap<string, string>;
}

/** The seed's Markdown as a person's client would have sent it. */
export function storeMarkdown(markdown: string, known: Mentionable): string {
  return splitCode(markdown)
    .map(({ code, text }) => (code ? escapeText(text.replace(/^```[a-z]+\n/, "```\n")) : inline(text)))
    .join("");

  function inline(text: string): string {
    const escaped = escapeText(text)
      .replaceAll(/\*\*(.+?)\*\*/g, "\u0001$1\u0001")
      .replaceAll(/(?<![\p{L}\p{N}*])\*([^\s*][^*\n]*?)\*(?![\p{L}\p{N}*])/gu, "_$1_")
      .replaceAll("\u0001", "*")
      .replaceAll(/\\([\\_*~])/g, "$1");
    return toNames(linkUrls(escaped))
      .replaceAll(/(?<![\p{L}\p{N}])@([a-z]+)\b/gu, (whole, handle: string) => {
        const id = known.people.get(handle);
        return id === undefined ? whole : `<@${id}>`;
      })
      .replaceAll(/(?<![\p{L}\p{N}&])#([a-z][a-z-]+)\b/gu, (whole, name: string) => {
        const id = known.channels.get(name);
        return id === undefined ? whole : `<#${id}|${name}>`;
      });
  }
}

/** Code in backticks and what is around it. */
function splitCode(text: string): readonly { readonly code: boolean; readonly text: string }[] {
  return text
    .split(/(```[\s\S]*?```|`[^`\n]+`)/)
    .map((part, index) => ({ code: index % 2 === 1, text: part }))
    .filter((part) => part.text !== "");
}

/** Addresses become links, as Slack makes them of what is typed. */
const linkUrls = (text: string): string =>
  text.replaceAll(/(?<![<|\w])https?:\/\/(?:(?!&[lg]t;)[^\s<>|])+/g, (url) => `<${url}>`).replaceAll(/(https?:\/\/[^\s>]*)\|/g, "$1%7C");

/** What an app posts, as Slack keeps it: emoji by their names, bare addresses as links. */
export function storePosted(text: string): string {
  return splitCode(text)
    .map((part) =>
      part.code
        ? part.text
        : toNames(part.text.replaceAll(/(<[^>\n]*>)|(https?:\/\/[^\s<>|]+)/g, (_, token: string, url: string) => token ?? `<${url}>`)),
    )
    .join("");
}

export interface Names {
  person(id: string): string;
  channel(id: string): string;
}

/** A message as a page shows it. */
export function showMrkdwn(text: string, names: Names): Markup {
  return html`${splitCode(text).map((part) => {
    if (part.code && part.text.startsWith("```"))
      return html`<pre class="code">${unescapeText(part.text.slice(3, -3)).replace(/^\n|\n$/g, "")}</pre>`;
    if (part.code) return html`<code>${unescapeText(part.text.slice(1, -1))}</code>`;
    return html`${part.text.split(/(<[^>\n]+>)/).map((piece, index) => (index % 2 === 1 ? showToken(piece.slice(1, -1), names) : showMarks(piece)))}`;
  })}`;
}

function showToken(token: string, names: Names): Markup {
  const [target = "", label] = token.split("|");
  if (target.startsWith("@")) return html`<b class="mention">@${names.person(target.slice(1))}</b>`;
  if (target.startsWith("#")) return html`<b class="mention">#${names.channel(target.slice(1))}</b>`;
  if (target.startsWith("!")) return html`<b class="mention">${label ?? `@${target.slice(1)}`}</b>`;
  const url = unescapeText(target);
  const shown = unescapeText(label ?? target);
  return /^(?:https?|mailto):/.test(url) ? html`<a href="${url}" rel="noreferrer">${shown}</a>` : html`${shown}`;
}

const markPattern = /(?<![\p{L}\p{N}])([*_~])(?=\S)(.+?)(?<=\S)\1(?![\p{L}\p{N}])/u;

function showMarks(text: string): Markup {
  const found = markPattern.exec(text);
  if (found === null) return html`${toPictures(unescapeText(text))}`;
  const [whole, mark, inner = ""] = found;
  const before = text.slice(0, found.index);
  const after = text.slice(found.index + whole.length);
  const shown =
    mark === "*"
      ? html`<strong>${showMarks(inner)}</strong>`
      : mark === "_"
        ? html`<em>${showMarks(inner)}</em>`
        : html`<s>${showMarks(inner)}</s>`;
  return html`${showMarks(before)}${shown}${showMarks(after)}`;
}
