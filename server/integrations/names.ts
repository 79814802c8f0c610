/** File names that callers choose for new records: a name cannot carry every character of a title, and may be a shortened one. */

/** Only letters, digits and symbols count. */
const comparable = (text: string): string =>
  text
    .normalize("NFC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{S}]+/gu, "");

/** From this length on a name may be a shortened title. */
const longNameBytes = 100;

/** Whether a file of this name (without extension) may hold a record of this title. */
export function isNamedAfter(name: string, title: string): boolean {
  if (Buffer.byteLength(name) >= longNameBytes) return comparable(title).startsWith(comparable(name));
  return comparable(title) === comparable(name);
}
