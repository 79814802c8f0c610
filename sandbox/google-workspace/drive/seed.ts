import type { Company, DocumentSeed } from "../../company/work";
import { idAlphabets, stableId } from "../../ids";
import type { Account, AreaOptions } from "../area";
import { importMarkdown } from "../docs/import";
import { type DocumentRow, newTab, paragraphOf, type TextRun } from "../docs/model";
import { type FileRow, mime } from "./rows";
import type { DriveStore } from "./store";

/** The companies' documents as files: everybody's own drive, the companies' shared drives, what is shared and what is a shortcut. */

const dayMs = 86_400_000;

const mimeTypes: Readonly<Record<DocumentSeed["kind"], string | null>> = {
  doc: mime.document,
  sheet: mime.spreadsheet,
  slides: mime.presentation,
  file: null,
};

const isText = (mediaType: string): boolean => /^text\/|json|xml/.test(mediaType);

function contentOf(seed: DocumentSeed): Uint8Array | undefined {
  if (seed.kind === "doc") return undefined;
  if (seed.kind === "slides")
    return Buffer.from(
      seed.text
        .split(/^---$/m)
        .map((slide) => slide.trim().replaceAll(/^[#-] */gm, ""))
        .join("\n\n"),
    );
  if (seed.kind === "sheet") return Buffer.from(seed.text.trimEnd().replaceAll(/\r?\n/g, "\r\n"));
  return isText(seed.mediaType ?? "") ? Buffer.from(seed.text) : Buffer.from(seed.text, "base64");
}

/** What only Google's documents have: tabs, chips, footnotes, pictures, and a suggestion that is not accepted yet. */
function fillDecisions(document: DocumentRow): void {
  const [tab] = document.tabs;
  if (tab === undefined) return;
  tab.title = "Decisions";
  importMarkdown(
    document,
    tab,
    "# Decisions\n\nWe ship the beta on Friday.\n\n| What | Who |\n| --- | --- |\n| Sessions | Ben \\| Ann |\n",
  );
  const text = (content: string, style: TextRun["style"] = {}): TextRun => ({ kind: "text", text: content, style });
  tab.inlineObjects.set("kix.picture", { description: "the blue van", imageProperties: { contentUri: "https://lh3.example/van" } });
  tab.footnotes.set("kix.note", [paragraphOf(" Unless the depot in Porto has no power.")]);
  tab.body.splice(-1, 0, {
    ...paragraphOf(""),
    runs: [
      text("Asked for by "),
      {
        kind: "object",
        name: "person",
        value: { personId: "kix.person", personProperties: { name: "Gita Rao", email: "gita@acme.example" } },
        style: {},
      },
      text(", written down in "),
      {
        kind: "object",
        name: "richLink",
        value: {
          richLinkId: "kix.link",
          richLinkProperties: { title: "Sprint review", uri: "https://docs.google.com/presentation/d/1/edit" },
        },
        style: {},
      },
      text(" with "),
      { kind: "object", name: "inlineObjectElement", value: { inlineObjectId: "kix.picture" }, style: {} },
      text("."),
      { kind: "object", name: "footnoteReference", value: { footnoteId: "kix.note", footnoteNumber: "1" }, style: {} },
    ],
  });
  tab.body.splice(-1, 0, {
    ...paragraphOf(""),
    runs: [
      text("The map stays "),
      { kind: "text", text: "light", style: {}, suggestedDeletionIds: ["suggest.1"] },
      { kind: "text", text: "dark", style: {}, suggestedInsertionIds: ["suggest.1"] },
      text(" until the courier says otherwise."),
    ],
  });
  const open = newTab("t.open", "Open questions");
  importMarkdown(document, open, "Who tells the couriers?\n\n1. Emi\n2. Gita\n   - in Porto\n");
  const later = newTab("t.later", "Later", open.id);
  importMarkdown(document, later, "**Tips** and *chat*.\n");
  document.tabs.push(open, later);
}

/** Fills an empty store, dated back from now. */
export function seedDrive(store: DriveStore, options: AreaOptions, archivedFiles: number): void {
  const nowMs = options.clock();
  const at = (daysAgo: number) => new Date(nowMs - 1_800_000 - Math.round(daysAgo * dayMs)).toISOString();

  for (const account of options.accounts.all) {
    store.add({
      id: store.rootOf(account),
      name: "My Drive",
      mimeType: mime.folder,
      owner: account.sub,
      parentId: null,
      at: at(400),
      by: account.sub,
    });
  }
  for (const company of options.companies) seedCompany(company);

  function seedCompany(company: Company): void {
    const member = (handle: string): Account | null => options.accounts.byHandle(company.urlKey, handle);
    const folders = new Map<string, FileRow>();

    /** The folder of a path below a root, made where it is not there yet. */
    function folderAt(root: string, driveId: string | null, owner: string | null, path: string, by: string): string {
      let parentId = root;
      let walked = "";
      for (const name of path.split("/").filter((part) => part !== "")) {
        walked = `${walked}/${name}`;
        const key = `${root} ${walked}`;
        const folder =
          folders.get(key) ??
          store.add({ id: store.newId("folder", key), name, mimeType: mime.folder, owner, parentId, driveId, at: at(300), by });
        folders.set(key, folder);
        parentId = folder.id;
      }
      return parentId;
    }

    function sharedDrive(name: string): string {
      const id = `0A${stableId(idAlphabets.base64url, 15, "shared drive", company.urlKey, name)}PVA`;
      if (store.drives.has(id)) return id;
      const members = options.accounts.all.filter((account) => account.company === company.urlKey && account.domain !== null);
      store.drives.set(id, {
        id,
        name,
        company: company.urlKey,
        createdTime: at(390),
        members: new Map(members.map(({ sub, handle }) => [sub, handle === "ann" || handle === "gita" ? "organizer" : "writer"])),
      });
      store.add({ id, name, mimeType: mime.folder, owner: null, parentId: null, driveId: id, at: at(390), by: members[0]?.sub ?? "" });
      return id;
    }

    for (const seed of company.documents) {
      const author = member(seed.owner) ?? options.accounts.all.find((account) => account.company === company.urlKey);
      if (author === undefined) continue;
      const driveId = seed.sharedDrive === undefined ? null : sharedDrive(seed.sharedDrive);
      const owner = driveId === null ? author.sub : null;
      const root = driveId ?? store.rootOf(author);
      const content = contentOf(seed);
      const file = store.add({
        id: store.newId("document", company.urlKey, seed.key),
        name: seed.title,
        mimeType: mimeTypes[seed.kind] ?? seed.mediaType ?? "application/octet-stream",
        owner,
        parentId: folderAt(root, driveId, owner, seed.folder, author.sub),
        driveId,
        at: at(seed.daysAgo),
        by: author.sub,
        ...(content === undefined ? {} : { content }),
      });
      const document = store.documents.get(file.id);
      const [tab] = document?.tabs ?? [];
      if (document !== undefined && tab !== undefined) importMarkdown(document, tab, seed.text);
      if (seed.shortcutIn !== undefined) {
        const parentId = folderAt(store.rootOf(author), null, author.sub, seed.shortcutIn, author.sub);
        const id = store.newId("shortcut", company.urlKey, seed.key);
        store.add({
          id,
          name: seed.title,
          mimeType: mime.shortcut,
          owner: author.sub,
          parentId,
          at: at(seed.daysAgo),
          by: author.sub,
          shortcutTo: file.id,
        });
      }
    }
    if (company.urlKey === "acme") seedAcme(member, folderAt);
  }

  function seedAcme(
    member: (handle: string) => Account | null,
    folderAt: (root: string, driveId: string | null, owner: string | null, path: string, by: string) => string,
  ): void {
    const [ann, gita, emi] = [member("ann"), member("gita"), member("emi")];
    if (ann === null || gita === null || emi === null) return;
    const work = folderAt(store.rootOf(ann), null, ann.sub, "My work", ann.sub);
    const own = { owner: ann.sub, parentId: work, by: ann.sub };
    const decisions = store.add({
      ...own,
      id: store.newId("decisions"),
      name: "Courier app 3.0: decisions",
      mimeType: mime.document,
      at: at(1),
    });
    fillDecisions(store.document(decisions));
    decisions.shares.set(gita.sub, { role: "reader", at: at(1), by: ann.sub });
    const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64"><rect width="96" height="64" fill="#0b57d0"/></svg>`;
    store.add({
      ...own,
      id: store.newId("drawing"),
      name: "Van from the side",
      mimeType: mime.drawing,
      content: Buffer.from(picture),
      at: at(20),
    });
    store.add({ ...own, id: store.newId("form"), name: "Courier survey", mimeType: mime.form, at: at(30) });
    const gone = store.add({ ...own, id: store.newId("trashed"), name: "Old plan", mimeType: mime.document, at: at(200) });
    gone.trashed = true;
    // Gita shares a whole folder, and one file of it by itself; Emi lets Ann write.
    const porto = store.childrenOf(store.rootOf(gita)).find(({ name }) => name === "Porto");
    porto?.shares.set(ann.sub, { role: "reader", at: at(5), by: gita.sub });
    const budget = porto === undefined ? undefined : store.childrenOf(porto.id).find(({ name }) => name === "Porto: budget");
    budget?.shares.set(ann.sub, { role: "writer", at: at(4), by: gita.sub });
    for (const file of store.files.values()) {
      if (file.owner === emi.sub && file.mimeType === mime.document) file.shares.set(ann.sub, { role: "writer", at: at(26), by: emi.sub });
    }
    // A shortcut whose target is gone.
    store.add({
      ...own,
      id: store.newId("lost shortcut"),
      name: "Last year",
      mimeType: mime.shortcut,
      shortcutTo: store.newId("never made"),
      at: at(90),
    });
    if (archivedFiles === 0) return;
    const archive = folderAt(store.rootOf(ann), null, ann.sub, "Archive", ann.sub);
    for (let number = 1; number <= archivedFiles; number += 1) {
      const name = `Delivery note ${String(number).padStart(5, "0")}.txt`;
      store.add({
        owner: ann.sub,
        by: ann.sub,
        parentId: archive,
        id: store.newId("archived", String(number)),
        name,
        mimeType: "text/plain",
        content: Buffer.from(`No. ${number}\n`),
        at: at(100),
      });
    }
  }
}
