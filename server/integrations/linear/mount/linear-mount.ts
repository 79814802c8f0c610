import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import type { Operation, ReadFormat } from "@/server/vfs/node";
import type { Entry, EntryPage, MountContext, PrintedFile, ToolMount } from "@/server/vfs/tool-mount";
import { type LinearApi, listAll, type Page } from "../api";
import { printComments, printCommentsJson, printThread } from "../format/comments";
import { printIssue, printIssueJson } from "../format/issue";
import {
  printAttachment,
  printCycle,
  printCycleJson,
  printOrganization,
  printProject,
  printProjectJson,
  printTeam,
  printUser,
} from "../format/records";
import { createCapabilityCheck } from "./capabilities";
import { linearDescription } from "./description";
import {
  attachmentEntry,
  commentsEntry,
  companionEntry,
  cycleEntry,
  directoryEntry,
  issueEntry,
  organizationEntry,
  projectEntry,
  projectFileEntry,
  teamEntry,
  teamFileEntry,
  userEntry,
} from "./entries";
import { performStep } from "./perform";
import { type Place, placeOf } from "./place";
import { planArchive, planComment, planCreate, planUpdate } from "./plan";
import { getAttachmentAt, getComments, getCycleAt, getIssueAt, maxCandidates } from "./records";

const wholePage = (entries: readonly Entry[]): EntryPage => ({ entries, nextCursor: null });

const toEntries = <T>(page: Page<T>, entryOf: (node: T) => Entry): EntryPage => ({
  entries: page.nodes.map(entryOf),
  nextCursor: page.nextCursor,
});

function unsupported(operation: Operation, what: string): HubError {
  return new HubError("ENOTSUP", `${what} cannot be changed here that way.`, { details: { operation } });
}

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

/** Linear as a tree: teams with their issues and cycles, projects, people. */
export function createLinearMount(options: { readonly api: LinearApi; readonly capabilities: readonly string[] }): ToolMount {
  const { api } = options;
  const check = createCapabilityCheck(options.capabilities);

  function open(location: Parameters<ToolMount["stat"]>[0]): Place {
    const place = placeOf(location);
    check.requireRead(place);
    return place;
  }

  async function statPlace(place: Place, call: CallContext): Promise<Entry> {
    switch (place.at) {
      case "root":
        return directoryEntry("");
      case "organization":
        return organizationEntry();
      case "teams":
      case "projects":
      case "users":
        return directoryEntry(place.at);
      case "team":
        return teamEntry(await api.getTeam(place.team, call));
      case "teamFile":
        return teamFileEntry(await api.getTeam(place.team, call));
      case "issues":
      case "archive":
      case "cycles":
        await api.getTeam(place.team, call);
        return directoryEntry(place.at);
      case "issue":
        return issueEntry(await getIssueAt(api, place, call));
      case "companion":
        return companionEntry(await getIssueAt(api, place, call));
      case "comments":
        return commentsEntry(await getIssueAt(api, place, call));
      case "attachments":
        await getIssueAt(api, place, call);
        return directoryEntry(place.at);
      case "attachment":
        return attachmentEntry(await getAttachmentAt(api, place, call));
      case "cycle":
        return cycleEntry(await getCycleAt(api, place.team, place.cycle, call));
      case "project":
        return projectEntry(await api.getProject(place.project, call));
      case "projectFile":
        return projectFileEntry(await api.getProject(place.project, call));
      case "user":
        return userEntry(await api.getUser(place.user, call));
    }
  }

  async function listPlace(place: Place, page: Parameters<ToolMount["list"]>[1], call: CallContext): Promise<EntryPage> {
    switch (place.at) {
      case "root":
        return wholePage([organizationEntry(), directoryEntry("teams"), directoryEntry("projects"), directoryEntry("users")]);
      case "teams":
        return toEntries(await api.listTeams(page, call), teamEntry);
      case "team":
        return wholePage([
          teamFileEntry(await api.getTeam(place.team, call)),
          directoryEntry("issues"),
          directoryEntry("archive"),
          directoryEntry("cycles"),
        ]);
      case "issues":
        return toEntries(await api.listIssues(place.team, page, call), issueEntry);
      case "archive":
        return toEntries(await api.listArchivedIssues(place.team, page, call), issueEntry);
      case "companion":
        return wholePage([commentsEntry(await getIssueAt(api, place, call)), directoryEntry("attachments")]);
      case "attachments":
        await getIssueAt(api, place, call);
        return toEntries(await api.listAttachments(place.issue, page, call), attachmentEntry);
      case "cycles":
        return toEntries(await api.listCycles(place.team, page, call), cycleEntry);
      case "projects":
        return toEntries(await api.listProjects(page, call), projectEntry);
      case "project":
        return wholePage([projectFileEntry(await api.getProject(place.project, call))]);
      case "users":
        return toEntries(await api.listUsers(page, call), userEntry);
      default:
        throw new HubError("ENOTDIR", "This is a file, not a directory.");
    }
  }

  async function readPlace(place: Place, as: ReadFormat | null, context: MountContext): Promise<PrintedFile> {
    const { call } = context;
    switch (place.at) {
      case "organization":
        chooseFormat(as, ["json"]);
        return printed(printOrganization(await api.getOrganization(call)), "json", organizationEntry());
      case "teamFile": {
        chooseFormat(as, ["json"]);
        const team = await api.getTeam(place.team, call);
        const labels = await listAll((page) => api.listLabels(place.team, page, call), maxCandidates);
        return printed(printTeam(team, labels), "json", teamFileEntry(team));
      }
      case "user": {
        chooseFormat(as, ["json"]);
        const user = await api.getUser(place.user, call);
        return printed(printUser(user), "json", userEntry(user));
      }
      case "issue": {
        const format = chooseFormat(as, ["markdown", "thread", "json"]);
        const issue = await getIssueAt(api, place, call);
        if (format === "json") return printed(printIssueJson(issue), format, issueEntry(issue));
        const text =
          format === "thread"
            ? await printThread(issue, await getComments(api, issue.id, call), context)
            : await printIssue(issue, context);
        return printed(text, format, issueEntry(issue));
      }
      case "comments": {
        const format = chooseFormat(as, ["markdown", "json"]);
        const issue = await getIssueAt(api, place, call);
        const comments = await getComments(api, issue.id, call);
        return printed(format === "json" ? printCommentsJson(comments) : printComments(comments), format, commentsEntry(issue));
      }
      case "attachment": {
        chooseFormat(as, ["json"]);
        const attachment = await getAttachmentAt(api, place, call);
        return printed(printAttachment(attachment), "json", attachmentEntry(attachment));
      }
      case "cycle": {
        const format = chooseFormat(as, ["markdown", "json"]);
        const cycle = await getCycleAt(api, place.team, place.cycle, call);
        return printed(format === "json" ? printCycleJson(cycle) : printCycle(cycle), format, cycleEntry(cycle));
      }
      case "projectFile": {
        const format = chooseFormat(as, ["markdown", "json"]);
        const project = await api.getProject(place.project, call);
        const text = format === "json" ? printProjectJson(project) : await printProject(project, context);
        return printed(text, format, projectFileEntry(project));
      }
      default:
        throw new HubError("EISDIR", "This is a directory; list it.");
    }
  }

  return {
    description: linearDescription,
    list: async (directory, page, context) => await listPlace(open(directory), page, context.call),
    stat: async (location, context) => await statPlace(open(location), context.call),
    read: async (location, as, context) => await readPlace(open(location), as, context),
    async plan(change, context) {
      const place = open("parent" in change ? change.parent : change.location);
      switch (change.type) {
        case "create":
          if (place.at !== "issues") throw unsupported("write", "Only issues can be created, in a team's issues directory; this");
          check.requireWrite("write:issues");
          return await planCreate(change, place, api, context);
        case "update":
          if (place.at !== "issue")
            throw unsupported("write", place.at === "comments" ? "Comments are appended, never rewritten; this file" : "This");
          if (place.archived) throw unsupported("write", "An archived issue is read only until it is moved back to issues; this file");
          check.requireWrite("write:issues");
          return await planUpdate(change, place, api, context);
        case "append":
          if (place.at === "comments" && place.archived)
            throw unsupported("append", "An archived issue is read only until it is moved back to issues; this file");
          if (place.at !== "comments") throw unsupported("append", "Only an issue's comments.md is appended to; this");
          check.requireWrite("write:comments");
          return await planComment(change, place, api, context);
        case "remove":
          if (place.at !== "issue") throw unsupported("remove", "This");
          if (place.archived) throw unsupported("remove", "An archived issue is deleted in Linear only; this file");
          check.requireWrite("write:issues");
          return await planArchive(change, place, api, context);
        case "move": {
          const to = placeOf(change.to);
          const wanted = place.at !== "issue" ? null : place.archived ? "issues" : "archive";
          if (place.at !== "issue" || to.at !== wanted || to.team !== place.team) {
            throw unsupported("move", "An issue moves between its team's issues and its archive, and nothing else moves; this");
          }
          if (change.name !== null) throw unsupported("move", "An issue is named by its title, which is edited in the file; the name");
          check.requireWrite("write:issues");
          return await planArchive(change, place, api, context);
        }
        case "upload":
          throw unsupported("write", "Linear's issues are text; a directory here takes no uploaded bytes. This");
      }
    },
    async perform(step, context) {
      check.requireWrite(step.args.call === "commentCreate" ? "write:comments" : "write:issues");
      return await performStep(step, api, context);
    },
  };
}
