import { createHash } from "node:crypto";
import { HubError } from "@/server/errors";
import { stretchOf } from "./bytes";
import { splitName } from "./identity";
import type {
  ByteRange,
  Change,
  DraftPlan,
  DraftStep,
  Entry,
  EntryPage,
  Location,
  OpenedFile,
  PrintedFile,
  StepResult,
  ToolMount,
  UploadContent,
} from "./tool-mount";

/**
 * A second small tool in memory, for what the first has not: files of bytes that are uploaded, opened, renamed and moved, a person's own
 * mail whose raw form is bytes and whose drafts leave by being moved, and a log that no list shows.
 */

export interface DeskFile {
  readonly id: string;
  name: string;
  folder: string;
  mediaType: string;
  bytes: Uint8Array<ArrayBuffer>;
  revision: number;
}

export interface DeskMail {
  readonly id: string;
  subject: string;
  text: string;
}

export interface FixtureDesk {
  readonly mount: ToolMount;
  readonly files: Map<string, DeskFile>;
  readonly mails: Map<string, DeskMail>;
  readonly sent: DeskMail[];
  readonly log: string[];
  /** What was asked and sent, in order: `open f1 0-9`, `move f1`. */
  readonly calls: string[];
  /** The paths that its calls would be logged with. */
  readonly paths: string[];
  /** Pieces of files that were asked for so far, of all opened ones, and how many of them were cancelled. */
  readonly opened: { pieces: number; cancelled: number };
  addFile(file: Omit<DeskFile, "revision">): DeskFile;
}

export const deskUploadBytes = 1024 * 1024;
const pieceBytes = 64 * 1024;
const gone = () => new HubError("ENOENT", "The desk has no such thing.");
const refused = (operation: string) => new HubError("ENOTSUP", "The desk cannot do that.", { details: { operation } });

const blank = { mediaType: null, sizeBytes: null, createdAt: null, modifiedAt: null, revision: null, webUrl: null } as const;
const directory = (name: string, more: Partial<Entry> = {}): Entry => ({
  ...blank,
  segment: { type: "fixed", name },
  kind: "directory",
  title: name,
  extension: "",
  ...more,
});
const object = (kind: string, externalId: string, more: Partial<Entry>): Entry => ({
  ...directory(""),
  segment: { type: "object", kind, externalId },
  ...more,
});

export function createFixtureDesk(): FixtureDesk {
  const files = new Map<string, DeskFile>();
  const mails = new Map<string, DeskMail>();
  const sent: DeskMail[] = [];
  const log: string[] = [];
  const calls: string[] = [];
  const paths: string[] = [];
  const opened = { pieces: 0, cancelled: 0 };
  const folders = ["plans", "archive"];

  const isText = (file: DeskFile): boolean => file.mediaType.startsWith("text/");
  const fileEntry = (file: DeskFile): Entry => {
    const { stem, extension } = splitName(file.name);
    return object("file", file.id, {
      kind: "file",
      title: stem,
      extension,
      mediaType: file.mediaType,
      sizeBytes: file.bytes.byteLength,
      revision: String(file.revision),
      ...(isText(file) ? {} : { binary: true }),
    });
  };
  const mailEntry = (mail: DeskMail): Entry =>
    object("mail", mail.id, { kind: "file", title: mail.subject, extension: ".md", mediaType: "text/markdown", revision: "1" });
  const lineEntry = (index: number): Entry =>
    directory(`${index}.md`, { kind: "file", extension: ".md", mediaType: "text/markdown", schemaKind: "line", companion: true });
  const folderEntry = (name: string): Entry => directory(name, { creates: "file" });

  type Place =
    | { readonly at: "root" | "files" | "mail" | "inbox" | "outbox" | "log" }
    | { readonly at: "folder"; readonly folder: string }
    | { readonly at: "file"; readonly file: DeskFile }
    | { readonly at: "letter"; readonly mail: DeskMail }
    | { readonly at: "line" | "line.d"; readonly index: number };

  function placeOf(location: Location): Place {
    const names = location.map((segment) => (segment.type === "fixed" ? segment.name : null));
    const last = location.at(-1);
    const where = names.slice(0, last?.type === "object" ? -1 : undefined).join("/");
    if (last?.type === "object") {
      const file = files.get(last.externalId);
      if (last.kind === "file" && file !== undefined && where === `files/${file.folder}`) return { at: "file", file };
      const mail = mails.get(last.externalId);
      if (last.kind === "mail" && mail !== undefined && where === "mail/inbox") return { at: "letter", mail };
      throw gone();
    }
    if (where === "") return { at: "root" };
    if (where === "files" || where === "mail" || where === "log") return { at: where };
    if (where === "mail/inbox") return { at: "inbox" };
    if (where === "mail/outbox") return { at: "outbox" };
    const folder = folders.find((name) => where === `files/${name}`);
    if (folder !== undefined) return { at: "folder", folder };
    const line = /^log\/(\d+)\.(md|d)$/.exec(where);
    const index = Number(line?.[1] ?? -1);
    if (line !== null && log[index] !== undefined) return { at: line[2] === "md" ? "line" : "line.d", index };
    throw gone();
  }

  function childrenOf(place: Place): readonly Entry[] {
    switch (place.at) {
      case "root":
        return [directory("files"), directory("mail"), directory("log", { unlisted: true })];
      case "files":
        return folders.map(folderEntry);
      case "folder":
        return [...files.values()].filter(({ folder }) => folder === place.folder).map(fileEntry);
      case "mail":
        return [directory("inbox"), directory("outbox")];
      case "inbox":
        return [...mails.values()].map(mailEntry);
      case "outbox":
      case "log":
      case "line.d":
        return [];
      default:
        throw new HubError("ENOTDIR", "The desk says that this is a file.");
    }
  }

  function entryOf(place: Place): Entry {
    switch (place.at) {
      case "folder":
        return folderEntry(place.folder);
      case "file":
        return fileEntry(place.file);
      case "letter":
        return mailEntry(place.mail);
      case "line":
        return lineEntry(place.index);
      case "line.d":
        return directory(`${place.index}.d`);
      case "root":
        return directory("");
      case "log":
        return directory("log", { unlisted: true });
      default:
        return directory(place.at);
    }
  }

  function print(place: Place, as: string | null): PrintedFile {
    const entry = entryOf(place);
    const mediaType = entry.mediaType ?? "text/plain";
    if (place.at === "file" && isText(place.file) && (as === null || as === "raw")) {
      return { text: new TextDecoder().decode(place.file.bytes), mediaType, entry };
    }
    if (place.at === "letter" && (as === null || as === "markdown")) {
      return { text: `# ${place.mail.subject}\n\n${place.mail.text}\n`, mediaType, entry };
    }
    if (place.at === "line" && (as === null || as === "markdown")) return { text: `${log[place.index]}\n`, mediaType, entry };
    if (entry.kind === "directory") throw new HubError("EISDIR", "The desk says that this is a directory.");
    throw refused("read");
  }

  function open(place: Place, range: ByteRange | null): OpenedFile {
    const [whole, mediaType] =
      place.at === "file"
        ? [place.file.bytes, place.file.mediaType]
        : place.at === "letter"
          ? [new TextEncoder().encode(`Subject: ${place.mail.subject}\r\n\r\n${place.mail.text}`), "message/rfc822"]
          : [null, ""];
    if (whole === null) throw refused("read");
    const stretch = range === null ? null : stretchOf(range, whole.byteLength);
    const bytes = stretch === null ? whole : whole.subarray(stretch.start, stretch.end + 1);
    let position = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          opened.pieces += 1;
          const piece = bytes.subarray(position, position + pieceBytes);
          position += piece.byteLength;
          if (piece.byteLength > 0) controller.enqueue(piece);
          if (position >= bytes.byteLength) controller.close();
        },
        cancel() {
          opened.cancelled += 1;
        },
      },
      { highWaterMark: 0 },
    );
    return { entry: entryOf(place), mediaType, sizeBytes: whole.byteLength, range: stretch, body };
  }

  const step = (call: string, args: DraftStep["args"]): DraftPlan => ({
    steps: [{ call, changes: [], args: { call, ...args } }],
    effects: [],
    undo: null,
  });

  function plan(change: Change): DraftPlan {
    const place = placeOf("parent" in change ? change.parent : change.location);
    if (change.type === "upload") {
      if (place.at !== "folder") throw refused("write");
      return step("upload", { id: change.seed, folder: place.folder, name: change.name, mediaType: change.mediaType });
    }
    if (change.type === "move") {
      const to = placeOf(change.to);
      if (place.at === "letter" && to.at === "outbox") return { ...step("send", { id: place.mail.id }), effects: ["mails 1 person"] };
      if (place.at !== "file" || to.at !== "folder") throw refused("move");
      return step("move", { id: place.file.id, folder: to.folder, name: change.name ?? place.file.name });
    }
    if (change.type === "remove" && place.at === "line") return step("strike", { index: place.index });
    if (change.type === "remove" && place.at === "file") return step("delete", { id: place.file.id });
    throw refused(change.type === "create" || change.type === "update" ? "write" : change.type);
  }

  const locationOf = (file: DeskFile): Location => [
    { type: "fixed", name: "files" },
    { type: "fixed", name: file.folder },
    { type: "object", kind: "file", externalId: file.id },
  ];

  async function perform({ call, args }: DraftStep, content: UploadContent | undefined): Promise<StepResult> {
    const id = String(args.id);
    calls.push(`${call} ${id}`);
    if (call === "upload") {
      if (content === undefined) throw new Error("an upload without bytes");
      const pieces: Uint8Array[] = [];
      for await (const piece of content.stream()) pieces.push(piece);
      const bytes = new Uint8Array(Buffer.concat(pieces));
      const made =
        files.get(id) ?? addFile({ id, name: String(args.name), folder: String(args.folder), mediaType: String(args.mediaType), bytes });
      return { location: locationOf(made) };
    }
    if (call === "strike") {
      delete log[Number(args.index)];
      return { location: null };
    }
    const mail = mails.get(id);
    if (call === "send" && mail !== undefined) {
      mails.delete(id);
      sent.push(mail);
      return { location: null };
    }
    const file = files.get(id);
    if (file === undefined) throw gone();
    if (call === "delete") {
      files.delete(id);
      return { location: null };
    }
    file.folder = String(args.folder);
    file.name = String(args.name);
    file.revision += 1;
    return { location: locationOf(file) };
  }

  function addFile(file: Omit<DeskFile, "revision">): DeskFile {
    const made = { ...file, revision: 1 };
    files.set(file.id, made);
    return made;
  }

  const none = { fields: [], body: null, create: false, update: false, append: false, remove: null } as const;
  const mount: ToolMount = {
    description: {
      actsAs: "person",
      guard: "checked",
      kinds: [
        {
          ...none,
          kind: "file",
          remove: "deletes the file",
          move: "puts the file into that folder",
          upload: { maxBytes: deskUploadBytes },
          writeCapability: "write:things",
        },
        { ...none, kind: "mail", move: "sends the mail, where it is moved to the outbox" },
        { ...none, kind: "line", remove: "strikes the line out" },
      ],
      personal: ["mail"],
    },
    async list(location, page, { call }): Promise<EntryPage> {
      calls.push("list");
      paths.push(call.path ?? "");
      const entries = childrenOf(placeOf(location));
      const start = Number(page.cursor ?? 0);
      const end = start + Math.min(2, page.limit);
      return { entries: entries.slice(start, end), nextCursor: end < entries.length ? String(end) : null };
    },
    async stat(location, { call }) {
      paths.push(call.path ?? "");
      return entryOf(placeOf(location));
    },
    async read(location, as, { call }) {
      paths.push(call.path ?? "");
      return print(placeOf(location), as);
    },
    async open(location, { range }) {
      const place = placeOf(location);
      calls.push(`open ${place.at} ${range === null ? "all" : `${range.start}-${range.end ?? ""}`}`);
      return open(place, range);
    },
    plan: async (change) => plan(change),
    perform: (made, _context, content) => perform(made, content),
  };
  return { mount, files, mails, sent, log, calls, paths, opened, addFile };
}

/** Bytes that are no text, the same each time. */
export function someBytes(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const seed = createHash("sha256").update("desk").digest();
  for (let index = 0; index < size; index += 1) bytes[index] = ((seed[index % 32] ?? 0) + index * 7) & 0xff;
  return bytes;
}
