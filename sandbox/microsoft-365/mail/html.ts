/** Bodies as Outlook gives them back: HTML in a document, scripts taken out, or the text of it. */

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: "\u00a0" };

export const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const head = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">';

/** HTML in Exchange's document, without what it never keeps. */
export function storedHtml(html: string): string {
  const clean = html.replaceAll(/<script\b[\s\S]*?<\/script\s*>/gi, "").replaceAll(/\son\w+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)/gi, "");
  if (/<html[\s>]/i.test(clean)) return clean;
  return `<html><head>\r\n${head}</head><body>${clean}</body></html>`;
}

/** A text body shown as HTML. */
export const textAsHtml = (text: string): string =>
  `<html><head>\r\n${head}</head><body><div class="PlainText">${escapeHtml(text).replaceAll(/\r\n|\r|\n/g, "<br>\r\n")}</div></body></html>`;

/** The text of HTML. */
export function htmlAsText(html: string): string {
  return html
    .replaceAll(/<(head|style|script)\b[\s\S]*?<\/\1\s*>/gi, "")
    .replaceAll(/[\r\n]+/g, " ")
    .replaceAll(/<br\s*\/?>/gi, "\r\n")
    .replaceAll(/<\/(p|div|h[1-6]|li|tr|blockquote|pre)\s*>/gi, "\r\n")
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/&(#\d+|#x[\da-f]+|\w+);/gi, (whole, name: string) => {
      if (/^#x/i.test(name)) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
      if (name.startsWith("#") && entities[name] === undefined) return String.fromCodePoint(Number(name.slice(1)));
      return entities[name.toLowerCase()] ?? whole;
    })
    .trim();
}

/** The first words, as lists show them. */
export const previewOf = (text: string): string => text.replaceAll(/\s+/g, " ").trim().slice(0, 255);
