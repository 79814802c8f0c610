import type { DocumentSeed } from "../../company/work";
import { rootKey } from "../files/items";
import type { DriveItemRow, Mailbox, User } from "../rows";
import { isoOf, type SeedWorld } from "./world";

/** The company's documents, each in the drive of its owner. */

const extensions: Readonly<Record<DocumentSeed["kind"], readonly [extension: string, mimeType: string]>> = {
  doc: [".md", "text/markdown"],
  sheet: [".csv", "text/csv"],
  slides: [".slides.md", "text/markdown"],
  file: ["", "application/octet-stream"],
};

/** What OneDrive allows: no `"*:<>?/\|`, nothing empty, nothing that only a letter case tells apart. */
function freeName(mailbox: Mailbox, parent: string, wanted: string, extension: string): string {
  const safe =
    wanted
      .replaceAll(/["*:<>?/\\|]/g, "_")
      .trim()
      .slice(0, 200) || "Untitled";
  const taken = new Set([...mailbox.drive.values()].filter((row) => row.parent === parent).map((row) => row.name.toLowerCase()));
  for (let count = 0; ; count += 1) {
    const name = `${safe}${count === 0 ? "" : ` ${count}`}${extension}`;
    if (!taken.has(name.toLowerCase())) return name;
  }
}

function folderAt(mailbox: Mailbox, path: string, at: string): string {
  return path
    .split("/")
    .filter((name) => name !== "")
    .reduce((parent, name) => {
      const key = `${parent}/${name}`;
      if (!mailbox.drive.has(key)) add(mailbox, { key, parent, name, createdAt: at, modifiedAt: at, content: null, remote: null });
      return key;
    }, rootKey);
}

function add(mailbox: Mailbox, row: Omit<DriveItemRow, "version" | "seq">): void {
  mailbox.seq += 1;
  mailbox.drive.set(row.key, { ...row, version: 1, seq: mailbox.seq });
}

const bytesOf = (mimeType: string, text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text, mimeType.startsWith("text/") ? "utf8" : "base64"));

export function seedFiles(world: SeedWorld, user: User): void {
  const mailbox = world.mailboxOf(user);
  const start = isoOf(world.nowMs - 120 * 86_400_000);
  if (!mailbox.drive.has(rootKey))
    add(mailbox, { key: rootKey, parent: null, name: "root", createdAt: start, modifiedAt: start, content: null, remote: null });
  for (const document of world.company.documents) {
    if (world.people.find(document.owner)?.id !== user.id) continue;
    const at = isoOf(world.nowMs - document.daysAgo * 86_400_000);
    const parent = folderAt(mailbox, document.folder, at);
    const [extension, known] = extensions[document.kind];
    const mimeType = document.kind === "file" ? (document.mediaType ?? known) : known;
    const name = freeName(mailbox, parent, document.title, extension);
    add(mailbox, {
      key: document.key,
      parent,
      name,
      createdAt: at,
      modifiedAt: at,
      content: { mimeType, bytes: bytesOf(mimeType, document.text) },
      remote: null,
    });
    if (document.shortcutIn !== undefined) shareWith(world, user, document, name, at);
  }
}

/** A shortcut in the drive of whoever administers the company, or else of the next one who does not own it. */
function shareWith(world: SeedWorld, owner: User, document: DocumentSeed, name: string, at: string): void {
  const [other] = world.company.people
    .map(({ handle }) => world.people.find(handle))
    .filter((user) => user !== null && user.id !== owner.id);
  if (other === undefined || other === null) return;
  const mailbox = world.mailboxOf(other);
  if (!mailbox.drive.has(rootKey)) {
    const start = isoOf(world.nowMs - 120 * 86_400_000);
    add(mailbox, { key: rootKey, parent: null, name: "root", createdAt: start, modifiedAt: start, content: null, remote: null });
  }
  const parent = folderAt(mailbox, document.shortcutIn ?? "", at);
  add(mailbox, {
    key: `shortcut-${document.key}`,
    parent,
    name,
    createdAt: at,
    modifiedAt: at,
    content: null,
    remote: { owner: owner.id, key: document.key },
  });
}
