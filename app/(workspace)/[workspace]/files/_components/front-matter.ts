/** A file's front matter and the text below it, as the preview shows them; the server is what parses it. */
export interface SplitText {
  /** Key and printed value of each top-level line, in order. */
  readonly fields: readonly (readonly [key: string, value: string])[];
  readonly body: string;
}

/** Splits printed Markdown. A value over several lines keeps its lines; text without front matter is all body. */
export function splitFrontMatter(text: string): SplitText {
  const match = /^---\r?\n([\s\S]*?)\r?\n?---[ \t]*(?:\r?\n|$)/.exec(text);
  if (match === null) return { fields: [], body: text };
  const fields: [string, string][] = [];
  for (const line of (match[1] ?? "").split(/\r?\n/)) {
    const field = /^([A-Za-z_][\w-]*):[ \t]*(.*)$/.exec(line);
    const last = fields.at(-1);
    if (field !== null) fields.push([field[1] ?? "", unquote(field[2] ?? "")]);
    else if (last !== undefined && line.trim() !== "") last[1] = last[1] === "" ? listItem(line) : `${last[1]}\n${listItem(line)}`;
  }
  return { fields, body: text.slice(match[0].length) };
}

const listItem = (line: string): string => unquote(line.trim().replace(/^- /, ""));

function unquote(value: string): string {
  if (value.length >= 2 && value.startsWith('"') && value.endsWith('"')) {
    try {
      return String(JSON.parse(value));
    } catch {
      return value.slice(1, -1);
    }
  }
  return value.length >= 2 && value.startsWith("'") && value.endsWith("'") ? value.slice(1, -1).replaceAll("''", "'") : value;
}
