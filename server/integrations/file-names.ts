/** A new record's file is named after its title; what the front matter says wins, and a name that says another title is a mistake. */

/** Only letters, digits and symbols count: a file name cannot carry every character of a title. */
const comparable = (text: string): string =>
  text
    .normalize("NFC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{S}]+/gu, "");

/** From this length on a name may be a shortened title. */
const longNameBytes = 100;

/** Whether a file's name, without extension, can be this title's. */
export function isNamedAfter(name: string, title: string): boolean {
  if (Buffer.byteLength(name) >= longNameBytes) return comparable(title).startsWith(comparable(name));
  return comparable(title) === comparable(name);
}
