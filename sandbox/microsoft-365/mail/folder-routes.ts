import { z } from "zod";
import { answerOne, answerPage } from "../answers";
import { type GraphContext, newKey, noContent, readBody } from "../context";
import { answerDeltaCall, type Change } from "../delta";
import { badRequest, GraphFailure } from "../failures";
import type { Route } from "../route";
import type { FolderRow } from "../rows";
import { findFolder } from "./messages";
import { folderRules, readMail, writeMail } from "./rules";
import { folderId, shownFolder } from "./views";

/** Mail folders (https://learn.microsoft.com/graph/api/resources/mailfolder). */

const rootKey = "msgfolderroot";

const childrenOf = (context: GraphContext, parent: string | null): readonly FolderRow[] => {
  const hidden = context.url.searchParams.get("includeHiddenFolders") === "true";
  return [...context.mailbox.folders.values()]
    .filter((row) => row.key !== rootKey && row.parent === parent && (hidden || !row.isHidden))
    .toSorted((one, other) => one.displayName.localeCompare(other.displayName, "en"));
};

const list = (context: GraphContext, parent: string | null) =>
  answerPage(context, childrenOf(context, parent), folderRules, (row) => shownFolder(context.mailbox, row));

function create(context: GraphContext, parent: string | null) {
  const parsed = z.strictObject({ displayName: z.string().min(1), isHidden: z.boolean().optional() }).safeParse(readBody(context));
  if (!parsed.success) throw badRequest("A folder needs a displayName.", "ErrorInvalidRequest");
  const { displayName, isHidden = false } = parsed.data;
  if (childrenOf(context, parent).some((row) => row.displayName === displayName)) {
    throw new GraphFailure(409, "ErrorFolderExists", "A folder with the specified name already exists.");
  }
  context.mailbox.seq += 1;
  const row: FolderRow = { key: newKey(context.mailbox), displayName, parent, wellKnown: null, isHidden, seq: context.mailbox.seq };
  context.mailbox.folders.set(row.key, row);
  return answerOne(context, shownFolder(context.mailbox, row), folderRules, 201);
}

/** At the top stand the folders whose parent is the root, which are kept with no parent. */
const parentOf = (context: GraphContext, folder: string): string | null => {
  const { key } = findFolder(context.mailbox, folder);
  return key === rootKey ? null : key;
};

export const folderRoutes: readonly Route[] = [
  { method: "GET", pattern: "/me/mailFolders", scopes: readMail, limit: "mailbox", run: (context) => list(context, null) },
  { method: "POST", pattern: "/me/mailFolders", scopes: writeMail, limit: "mailbox", run: (context) => create(context, null) },
  {
    method: "GET",
    pattern: "/me/mailFolders/delta",
    scopes: readMail,
    limit: "mailbox",
    run: (context) =>
      answerDeltaCall(context, {
        of: "mailFolders",
        type: folderRules.type,
        properties: folderRules.properties,
        selects: true,
        gone: "outlook",
        changes: (since): readonly Change[] => [
          ...[...context.mailbox.folders.values()]
            .filter((row) => row.key !== rootKey && (since === 0 || row.seq > since))
            .map((row) => ({ seq: row.seq, show: () => shownFolder(context.mailbox, row) })),
          ...context.mailbox.tombstones
            .filter(({ type, seq }) => since > 0 && type === "mailFolder" && seq > since)
            .map(({ id, seq }) => ({ seq, show: () => ({ id, "@removed": { reason: "deleted" } }) })),
        ],
      }),
  },
  {
    method: "GET",
    pattern: "/me/mailFolders/{folder}",
    scopes: readMail,
    limit: "mailbox",
    run: (context, { folder = "" }) => answerOne(context, shownFolder(context.mailbox, findFolder(context.mailbox, folder)), folderRules),
  },
  {
    method: "PATCH",
    pattern: "/me/mailFolders/{folder}",
    scopes: writeMail,
    limit: "mailbox",
    run(context, { folder = "" }) {
      const row = findFolder(context.mailbox, folder);
      const parsed = z.strictObject({ displayName: z.string().min(1) }).safeParse(readBody(context));
      if (!parsed.success || row.wellKnown !== null)
        throw badRequest("Only the displayName of a person's own folder can be changed.", "ErrorInvalidRequest");
      row.displayName = parsed.data.displayName;
      context.mailbox.seq += 1;
      row.seq = context.mailbox.seq;
      return answerOne(context, shownFolder(context.mailbox, row), folderRules);
    },
  },
  {
    method: "DELETE",
    pattern: "/me/mailFolders/{folder}",
    scopes: writeMail,
    limit: "mailbox",
    run(context, { folder = "" }) {
      const { mailbox } = context;
      const row = findFolder(mailbox, folder);
      if (row.wellKnown !== null) throw new GraphFailure(403, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.");
      mailbox.folders.delete(row.key);
      for (const message of [...mailbox.messages.values()]) if (message.folder === row.key) mailbox.messages.delete(message.key);
      mailbox.seq += 1;
      mailbox.tombstones.push({ id: folderId(mailbox, row.key), type: "mailFolder", container: rootKey, seq: mailbox.seq });
      return noContent();
    },
  },
  {
    method: "GET",
    pattern: "/me/mailFolders/{folder}/childFolders",
    scopes: readMail,
    limit: "mailbox",
    run: (context, { folder = "" }) => list(context, parentOf(context, folder)),
  },
  {
    method: "POST",
    pattern: "/me/mailFolders/{folder}/childFolders",
    scopes: writeMail,
    limit: "mailbox",
    run: (context, { folder = "" }) => create(context, parentOf(context, folder)),
  },
];
