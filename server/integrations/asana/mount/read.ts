import { HubError } from "@/server/errors";
import type { ReadFormat } from "@/server/vfs/node";
import type { Entry, MountContext, PrintedFile } from "@/server/vfs/tool-mount";
import type { AsanaApi } from "../api/asana-api";
import {
  printAttachment,
  printComments,
  printCommentsJson,
  printProject,
  printProjectJson,
  printTaskJson,
  printThread,
  printUser,
  printWorkspace,
} from "../format/records";
import { printTask } from "../format/task";
import { attachmentEntry, commentsEntry, isKeptByAsana, projectFileEntry, taskEntry, userEntry, workspaceFileEntry } from "./entries";
import type { Place } from "./place";
import { getAttachmentAt, getComments, getSections, getSubtasks, getTaskAt, getTaskRowAt, getWholeProjectAt } from "./records";

/** The format to print in; ENOTSUP names the ones there are. */
function chooseFormat<F extends ReadFormat>(as: ReadFormat | null, offered: readonly [F, ...F[]]): F {
  const chosen = as === null ? offered[0] : offered.find((format) => format === as);
  if (chosen === undefined) {
    throw new HubError("ENOTSUP", `This file has no "${as}" format; it has ${offered.join(" and ")}.`, { details: { operation: "read" } });
  }
  return chosen;
}

function printed(text: string, format: ReadFormat, entry: Entry): PrintedFile {
  const mediaType = format === "json" ? "application/json; charset=utf-8" : "text/markdown; charset=utf-8";
  return { text, mediaType, entry: { ...entry, sizeBytes: Buffer.byteLength(text) } };
}

/** The file at a place as text; EISDIR for directories, ENOTSUP for what has only bytes. */
export async function readPlace(place: Place, as: ReadFormat | null, api: AsanaApi, context: MountContext): Promise<PrintedFile> {
  const { call } = context;
  switch (place.at) {
    case "workspaceFile":
      chooseFormat(as, ["json"]);
      return printed(printWorkspace(await api.getWorkspace(place.workspace, call)), "json", workspaceFileEntry());
    case "user": {
      chooseFormat(as, ["json"]);
      const user = await api.getUser(place.workspace, place.user, call);
      return printed(printUser(user), "json", userEntry(user));
    }
    case "projectFile": {
      const format = chooseFormat(as, ["markdown", "json"]);
      const project = await getWholeProjectAt(api, place, call);
      const sections = await getSections(api, place.project, call);
      const text = format === "json" ? printProjectJson(project, sections) : await printProject(project, sections, context);
      return printed(text, format, projectFileEntry(project));
    }
    case "task": {
      const format = chooseFormat(as, ["markdown", "thread", "json"]);
      const task = await getTaskAt(api, place, call);
      const entry = taskEntry(task, place.container);
      if (format === "json") return printed(printTaskJson(task), format, entry);
      if (format === "markdown") return printed(await printTask(task, context), format, entry);
      const subtasks = await getSubtasks(api, task.gid, call);
      return printed(await printThread(task, subtasks, await getComments(api, task.gid, call), context), format, entry);
    }
    case "comments": {
      const format = chooseFormat(as, ["markdown", "json"]);
      const task = await getTaskRowAt(api, place, call);
      const comments = await getComments(api, task.gid, call);
      return printed(format === "json" ? printCommentsJson(comments) : printComments(comments), format, commentsEntry(task, place));
    }
    case "attachment": {
      await getTaskRowAt(api, place, call);
      const attachment = await getAttachmentAt(api, place, call);
      if (isKeptByAsana(attachment) && as !== "json") {
        throw new HubError(
          "ENOTSUP",
          'This file has bytes, not text. Fetch it by the streaming door (/api/files/…), or read its record as "json".',
          {
            details: { operation: "read" },
          },
        );
      }
      chooseFormat(as, ["json"]);
      return printed(printAttachment(attachment), "json", attachmentEntry(attachment, place));
    }
    default:
      throw new HubError("EISDIR", "This is a directory; list it.");
  }
}
