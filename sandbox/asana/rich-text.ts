import { badRequest } from "./failures";

/** Asana's rich text is strict XML in `<body>`; anything else is refused (https://developers.asana.com/docs/rich-text). */

const common = ["body", "strong", "em", "u", "s", "code", "pre", "blockquote", "ol", "ul", "li", "a"];
const allowed = { notes: new Set([...common, "h1", "h2", "hr", "img"]), comment: new Set(common) };
const attributesOf: Readonly<Record<string, ReadonlySet<string>>> = {
  a: new Set([
    "href",
    "data-asana-gid",
    "data-asana-dynamic",
    "data-asana-project",
    "data-asana-tag",
    "data-asana-accessible",
    "data-asana-type",
  ]),
  img: new Set(["data-asana-gid", "src", "alt"]),
};
const notInLists = new Set(["h1", "h2", "blockquote", "pre"]);

const invalid = (why: string) => badRequest(`xml: XML is invalid: ${why}`);

const token = /<!--[\s\S]*?-->|<(\/?)([A-Za-z][\w-]*)((?:\s+[\w-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)|(<)/gy;
const attribute = /([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const entity = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)/;
const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Text of XML as it is read. */
export const fromXml = (text: string): string =>
  text.replaceAll(/&(amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);/g, (_, name: string) =>
    name.startsWith("#") ? String.fromCodePoint(Number(name.startsWith("#x") ? `0${name.slice(1)}` : name.slice(1))) : (named[name] ?? ""),
  );

export const toXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

export interface Mentionable {
  readonly type: string;
  readonly name: string;
  readonly url: string;
}

function readAttributes(tag: string, text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", double, single] of text.matchAll(attribute)) {
    const value = double ?? single ?? "";
    if (entity.test(value)) throw invalid("an attribute holds a bare &");
    if (attributes.has(name)) throw invalid(`the attribute ${name} is repeated`);
    if (attributesOf[tag]?.has(name) !== true) throw invalid(`<${tag}> may not have the attribute ${name}`);
    attributes.set(name, fromXml(value));
  }
  return attributes;
}

/** An anchor as Asana gives it back: one that names an object spells it out, its own text unless `data-asana-dynamic` is false. */
function anchorOf(attributes: ReadonlyMap<string, string>, inner: string, find: (gid: string) => Mentionable | null): string {
  const gid = attributes.get("data-asana-gid");
  if (gid === undefined) return `<a href="${toXml(attributes.get("href") ?? "")}">${inner}</a>`;
  const object = find(gid);
  if (object === null) {
    const href = attributes.get("href");
    if (href === undefined) throw badRequest(`html_notes: Unknown object: ${gid}`);
    return `<a href="${toXml(href)}" data-asana-gid="${gid}" data-asana-accessible="false">${inner}</a>`;
  }
  const isFixed = attributes.get("data-asana-dynamic") === "false";
  return `<a href="${toXml(object.url)}" data-asana-gid="${gid}" data-asana-accessible="true" data-asana-type="${object.type}" data-asana-dynamic="${isFixed ? "false" : "true"}">${isFixed ? inner : toXml(object.name)}</a>`;
}

interface Open {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  inner: string;
}

function checkNesting(tag: string, place: "notes" | "comment", open: readonly Open[]): void {
  if (!allowed[place].has(tag)) throw invalid(`<${tag}> is not allowed here`);
  const parents = open.map((one) => one.tag);
  if ((tag === "body") !== (parents.length === 0)) throw invalid("there must be one <body>, around everything");
  if (tag === "li" && parents.at(-1) !== "ul" && parents.at(-1) !== "ol") throw invalid("<li> stands in a list");
  if (notInLists.has(tag) && parents.includes("li")) throw invalid(`<${tag}> may not stand in a list`);
  if ((tag === "ul" || tag === "ol") && parents.some((parent) => notInLists.has(parent)))
    throw invalid(`a list may not stand in <${parents.at(-1)}>`);
}

/** Checks a rich text and gives it as Asana keeps it, mentions spelled out. Throws 400. */
export function keepRichText(xml: string, place: "notes" | "comment", find: (gid: string) => Mentionable | null): string {
  const open: Open[] = [];
  let whole: string | null = null;
  const add = (text: string) => {
    const top = open.at(-1);
    if (top !== undefined) top.inner += text;
    else if (text.trim() !== "") throw invalid("text outside of <body>");
  };
  const close = () => {
    const done = open.pop();
    if (done === undefined) throw invalid("a tag is closed that was not opened");
    const { tag, attributes, inner } = done;
    const rest = [...attributes].map(([name, value]) => ` ${name}="${toXml(value)}"`).join("");
    const text =
      tag === "a"
        ? anchorOf(attributes, inner, find)
        : inner === "" && (tag === "hr" || tag === "img")
          ? `<${tag}${rest}/>`
          : `<${tag}${rest}>${inner}</${tag}>`;
    if (open.length === 0) whole = text;
    else add(text);
  };
  token.lastIndex = 0;
  while (token.lastIndex < xml.length) {
    const found = token.exec(xml);
    if (found === null || found[6] !== undefined) throw invalid("it is not well-formed");
    const [, slash, tag, attributes = "", selfClosing, text] = found;
    if (text !== undefined) {
      if (entity.test(text)) throw invalid("it holds a bare &");
      const parent = open.at(-1)?.tag;
      if ((parent === "ul" || parent === "ol") && text.trim() !== "") throw invalid("text stands between list items");
      if (parent !== "ul" && parent !== "ol") add(text);
    } else if (tag !== undefined && slash === "/") {
      if (open.at(-1)?.tag !== tag) throw invalid(`</${tag}> closes nothing`);
      close();
    } else if (tag !== undefined) {
      if (whole !== null) throw invalid("there must be one <body>, around everything");
      checkNesting(tag, place, open);
      open.push({ tag, attributes: readAttributes(tag, attributes), inner: "" });
      if (selfClosing === "/") close();
    }
  }
  if (open.length > 0 || whole === null) throw invalid("<body> is missing or not closed");
  return whole;
}

/** Plain text as rich text. */
export const fromPlain = (text: string): string => `<body>${toXml(text)}</body>`;

/** Rich text as Asana's `notes` and `text` have it: the words alone. */
export function toPlain(xml: string): string {
  const spaced = xml
    .replaceAll(/<li>/g, "\n• ")
    .replaceAll(/<\/(?:ul|ol|h1|h2|pre|blockquote)>|<hr\/>/g, "\n")
    .replaceAll(/<[^>]*>/g, "");
  return fromXml(spaced).replace(/^\n+|\n+$/g, "");
}
