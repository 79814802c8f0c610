import { HubError } from "@/server/errors";
import { invalidField, type ParsedFile, parseFile, printFile, refuseUnknownKeys, textOf } from "../../../front-matter";
import type { GoogleDocument } from "../../schema/docs";
import { printDocumentBody } from "./print";

/** A document's file: its title and id, and its text. */

export const documentKeys = ["title", "id"] as const;

/** The file of a title and a body. */
export const printDocumentFile = (facts: { readonly title: string; readonly id: string }, body: string): string =>
  printFile(
    [
      { name: "title", value: facts.title },
      { name: "id", value: facts.id, quoted: true },
    ],
    body,
  );

export const printDocument = (document: GoogleDocument): string =>
  printDocumentFile({ title: document.title ?? "", id: document.documentId }, printDocumentBody(document).text);

/** EINVAL for front matter that would change what cannot be changed here. */
function refuseChangedKeys(base: ParsedFile, wanted: ParsedFile): void {
  refuseUnknownKeys(wanted, documentKeys);
  for (const key of documentKeys) {
    const field = wanted.fields.get(key);
    const before = base.fields.get(key);
    if (field === undefined || (before !== undefined && textOf(key, field) === textOf(key, before))) continue;
    throw invalidField(key, field, key === "title" ? "rename the document in Google Drive." : "this is Google's own and stays as it is.");
  }
}

/** The body that the caller wants in place of the one printed; null where it stays. EINVAL names key and line. */
export function changedBody(base: string, text: string): string | null {
  const [before, wanted] = [parseFile(base), parseFile(text)];
  refuseChangedKeys(before, wanted);
  return wanted.body === null || wanted.body === (before.body ?? "") ? null : wanted.body;
}

/** Only letters and digits count: a file name cannot carry every character of a title. */
const comparable = (text: string): string =>
  text
    .normalize("NFC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{S}]+/gu, "");

/** From this length on a name may be a shortened title. */
const longNameBytes = 100;

/** A new document out of a file and its name. EINVAL where the two disagree, or a key cannot be set. */
export function readNewDocument(name: string, text: string): { readonly title: string; readonly markdown: string } {
  const file = parseFile(text);
  refuseUnknownKeys(file, documentKeys);
  const id = file.fields.get("id");
  if (id !== undefined && id.value !== null) throw invalidField("id", id, "Google sets this itself; leave it out of a new document.");
  const field = file.fields.get("title");
  const title = (field === undefined ? null : textOf("title", field)) ?? name;
  const [short, long] = [comparable(name), comparable(title)];
  const agrees = Buffer.byteLength(name) >= longNameBytes ? long.startsWith(short) : long === short;
  if (field !== undefined && !agrees) {
    throw invalidField("title", field, `the file is named "${name}"; name it after its title, or leave the title out.`);
  }
  if (title.trim() === "") throw new HubError("EINVAL", "A new document needs a title.", { details: { key: "title" } });
  return { title, markdown: file.body ?? "" };
}
