import { randomUUID } from "node:crypto";
import { z } from "zod";
import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import type { Change, DraftPlan, DraftStep, Location, MountContext, StepResult } from "@/server/vfs/tool-mount";
import type { DocsApi, DocsRequest } from "../../api/docs";
import type { DriveApi } from "../../api/drive";
import { parseAppended } from "../../format/document/append";
import { planEdits } from "../../format/document/edit";
import { changedBody, printDocument, printDocumentFile, readNewDocument } from "../../format/document/file";
import { appendRequests, editRequests, hasMarker } from "../../format/document/requests";
import type { GoogleDocument } from "../../schema/docs";
import type { DriveFile } from "../../schema/drive";

/** Documents: read as Markdown, edited in place, added to, created. Both ways to them, through `drive/` and `docs/`, end here. */

export interface Documents {
  /** The file's text. */
  print(file: DriveFile, call: CallContext): Promise<string>;
  /** Google's own conversion to Markdown. */
  export(file: DriveFile, call: CallContext): Promise<string>;
  planCreate(change: Extract<Change, { type: "create" }>): DraftPlan;
  planEdit(file: DriveFile, at: Location, change: Extract<Change, { type: "update" }>, context: MountContext): Promise<DraftPlan>;
  planAppend(file: DriveFile, at: Location, change: Extract<Change, { type: "append" }>): Promise<DraftPlan>;
  perform(step: DraftStep, context: MountContext): Promise<StepResult>;
}

const segment = z.discriminatedUnion("type", [
  z.object({ type: z.literal("fixed"), name: z.string() }),
  z.object({ type: z.literal("object"), kind: z.string(), externalId: z.string() }),
]);

/** What a planned step carries to `perform`; stored until the plan is executed, so it is checked again when it comes back. */
const stepArguments = z.discriminatedUnion("call", [
  z.object({ call: z.literal("documentCreate"), title: z.string(), markdown: z.string(), marker: z.string() }),
  z.object({
    call: z.literal("documentEdit"),
    document: z.string(),
    at: z.array(segment),
    revision: z.string(),
    requests: z.array(z.record(z.string(), z.record(z.string(), z.unknown()))),
    marker: z.string(),
  }),
  z.object({ call: z.literal("documentAppend"), document: z.string(), at: z.array(segment), markdown: z.string(), marker: z.string() }),
]);
type Step<C extends z.infer<typeof stepArguments>["call"]> = Extract<z.infer<typeof stepArguments>, { call: C }>;

const emptyPlan: DraftPlan = { steps: [], effects: [], undo: null };

const readOnly = (): HubError => new HubError("EACCES", "The person who connected Google may only read this document.");
const moved = (title: string): HubError =>
  new HubError("ESTALE", `"${title}" was changed in Google Docs since it was read. Read it again.`);

/** How often an addition is tried again on a document that somebody else is writing in. */
const appendAttempts = 5;

const isRefused = (error: unknown): error is HubError => error instanceof HubError && error.code === "EINVAL";

export function createDocuments(options: {
  readonly drive: DriveApi;
  readonly docs: DocsApi;
  /** Where a new document stands. */
  readonly placeNew: (file: DriveFile) => Location;
  /** Epoch milliseconds. */
  readonly now: () => number;
}): Documents {
  const { drive, docs, now } = options;

  const step = (call: string, changes: DraftStep["changes"], args: z.infer<typeof stepArguments>): DraftStep => ({
    call,
    changes,
    args: JSON.parse(JSON.stringify(args)),
  });

  async function create({ title, markdown, marker }: Step<"documentCreate">, call: CallContext): Promise<DriveFile> {
    const before = await drive.findByMarker(marker, call);
    if (before !== null) return before;
    try {
      return await drive.createDocument({ name: title, markdown, marker }, call);
    } catch (error) {
      if (!(error instanceof HubError) || error.details.outcome !== "unknown") throw error;
      // The answer was lost: the marker tells whether the document is there.
      const made = await drive.findByMarker(marker, call).catch(() => null);
      if (made === null) throw error;
      return made;
    }
  }

  /** A batch that Google refused: done before, outdated, or wrong. */
  async function afterRefusal(
    error: HubError,
    document: string,
    revision: string,
    marker: string,
    call: CallContext,
  ): Promise<"done" | GoogleDocument> {
    const current = await docs.getDocument(document, call);
    if (hasMarker(current, marker)) return "done";
    if (current.revisionId === revision) throw error;
    return current;
  }

  async function edit({ document, revision, requests, marker }: Step<"documentEdit">, call: CallContext): Promise<void> {
    try {
      await docs.batchUpdate(document, requests as readonly DocsRequest[], revision, call);
    } catch (error) {
      if (!isRefused(error)) throw error;
      const current = await afterRefusal(error, document, revision, marker, call);
      if (current !== "done") throw moved(current.title ?? "");
    }
  }

  async function append({ document, markdown, marker }: Step<"documentAppend">, call: CallContext): Promise<void> {
    const paragraphs = parseAppended(markdown);
    let current = await docs.getDocument(document, call);
    for (let attempt = 1; !hasMarker(current, marker); attempt += 1) {
      const { revisionId } = current;
      if (revisionId === undefined) throw readOnly();
      try {
        await docs.batchUpdate(document, appendRequests(current, paragraphs, marker, now()), revisionId, call);
        return;
      } catch (error) {
        if (!isRefused(error)) throw error;
        const next = await afterRefusal(error, document, revisionId, marker, call);
        if (next === "done") return;
        if (attempt === appendAttempts) throw moved(next.title ?? "");
        current = next;
      }
    }
  }

  return {
    async print(file, call) {
      try {
        return printDocument(await docs.getDocument(file.id, call));
      } catch (error) {
        // Too large to be taken apart: Google's own conversion, which cannot be edited.
        if (!(error instanceof HubError) || error.code !== "EFBIG") throw error;
        return printDocumentFile({ title: file.name, id: file.id }, (await drive.exportText(file.id, "text/markdown", call)).trimEnd());
      }
    },
    export: (file, call) => drive.exportText(file.id, "text/markdown", call),

    planCreate(change) {
      if (change.extension !== ".md") throw new HubError("EINVAL", `A document's file ends in .md, not "${change.extension}".`);
      const { title, markdown } = readNewDocument(change.name, change.text);
      const changes = [
        { field: "title", from: null, to: title },
        ...(markdown === "" ? [] : [{ field: "text", from: null, to: markdown }]),
      ];
      return {
        steps: [step(`drive.files.create ${title}`, changes, { call: "documentCreate", title, markdown, marker: change.seed })],
        effects: [],
        undo: "Move the document to the trash in Google Drive.",
      };
    },

    async planEdit(file, at, change, context) {
      const wanted = changedBody(change.base, change.text);
      if (wanted === null) return emptyPlan;
      const document = await docs.getDocument(file.id, context.call);
      if (printDocument(document) !== change.base) throw moved(file.name);
      if (document.revisionId === undefined) throw readOnly();
      const edits = planEdits(document, wanted);
      const marker = randomUUID();
      const changes = [{ field: "text", from: changedLines(change.base, change.text), to: changedLines(change.text, change.base) }];
      return {
        steps: [
          step(`docs.documents.batchUpdate ${file.name}`, changes, {
            call: "documentEdit",
            document: file.id,
            at: [...at] as Step<"documentEdit">["at"],
            revision: document.revisionId,
            requests: editRequests(document, edits, marker, now()) as Step<"documentEdit">["requests"],
            marker,
          }),
        ],
        effects: [],
        undo: "Write the old text back, or restore the earlier version in Google Docs (File, Version history).",
      };
    },

    async planAppend(file, at, change) {
      const markdown = change.text.replace(/^\s*\n/, "").trimEnd();
      if (parseAppended(markdown).length === 0) throw new HubError("EINVAL", "There is no text to add.");
      return {
        steps: [
          step(`docs.documents.batchUpdate ${file.name}`, [{ field: "text", from: null, to: markdown }], {
            call: "documentAppend",
            document: file.id,
            at: [...at] as Step<"documentAppend">["at"],
            markdown,
            marker: change.seed,
          }),
        ],
        effects: [],
        undo: "Delete the added text in Google Docs, or restore the earlier version there.",
      };
    },

    async perform(draft, context) {
      const parsed = stepArguments.safeParse(draft.args);
      if (!parsed.success) {
        throw new HubError("ESTALE", "This plan is of another version of the hub. Plan the change again.", { cause: parsed.error });
      }
      const { data } = parsed;
      if (data.call === "documentCreate") {
        const file = await create(data, context.call);
        return { location: options.placeNew(file), output: { id: file.id } };
      }
      if (data.call === "documentEdit") await edit(data, context.call);
      else await append(data, context.call);
      return { location: data.at };
    },
  };
}

/** The lines of one text that the other does not have at their place. */
function changedLines(text: string, other: string): string {
  const others = other.split("\n");
  return text
    .split("\n")
    .filter((line, at) => line !== others[at])
    .join("\n");
}
