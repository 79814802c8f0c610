import type { ReferencePrinter } from "@/server/vfs/tool-mount";
import { printFile } from "../../front-matter";
import { toMarkdown } from "../rich-text/to-markdown";
import type { AttachmentRow, Named, Project, Section, Story, Task, TaskRow, User, Workspace } from "../schema";
import { printTask, referencesTo, referenceTo } from "./task";

/** Asana's other records as files, to be read only. */

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** `workspace.json`. */
export const printWorkspace = (workspace: Workspace): string =>
  json({
    id: workspace.gid,
    name: workspace.name,
    is_organization: workspace.is_organization ?? null,
    email_domains: workspace.email_domains ?? [],
  });

/** A person as JSON. */
export const printUser = (user: User): string => json({ id: user.gid, name: user.name, email: user.email ?? null });

/** A project and its sections, in their order, as Markdown. */
export async function printProject(project: Project, sections: readonly Section[], printer: ReferencePrinter): Promise<string> {
  return printFile(
    [
      { name: "name", value: project.name },
      { name: "archived", value: project.archived ?? false },
      { name: "completed", value: project.completed ?? false },
      { name: "owner", value: await referenceTo(printer, "user", project.owner) },
      { name: "team", value: project.team?.name ?? null },
      { name: "start_on", value: project.start_on ?? null, quoted: true },
      { name: "due_on", value: project.due_on ?? null, quoted: true },
      { name: "sections", value: await referencesTo(printer, "section", sections) },
      { name: "created_at", value: project.created_at, quoted: true },
      { name: "id", value: project.gid, quoted: true },
    ],
    toMarkdown(project.html_notes),
  );
}

export const printProjectJson = (project: Project, sections: readonly Section[]): string =>
  json({
    id: project.gid,
    name: project.name,
    notes: toMarkdown(project.html_notes),
    archived: project.archived ?? false,
    completed: project.completed ?? false,
    owner: project.owner ?? null,
    team: project.team ?? null,
    start_on: project.start_on ?? null,
    due_on: project.due_on ?? null,
    sections: sections.map(({ gid, name }) => ({ id: gid, name })),
    created_at: project.created_at,
    url: project.permalink_url ?? null,
  });

const identified = (record: Named | null | undefined) =>
  record === null || record === undefined ? null : { id: record.gid, name: record.name };

/** A task as normalised JSON: snake_case, with ids, without what changes by itself. */
export const printTaskJson = (task: Task): string =>
  json({
    id: task.gid,
    name: task.name,
    notes: toMarkdown(task.html_notes),
    type: task.resource_subtype,
    completed: task.completed,
    assignee: identified(task.assignee),
    due_on: task.due_on ?? null,
    due_at: task.due_at ?? null,
    parent: identified(task.parent),
    memberships: (task.memberships ?? []).map(({ project, section }) => ({ project: identified(project), section: identified(section) })),
    tags: (task.tags ?? []).map(identified),
    custom_fields: (task.custom_fields ?? []).map(({ name, display_value }) => ({ name, display_value: display_value ?? null })),
    created_at: task.created_at,
    url: task.permalink_url ?? null,
  });

const authorOf = (story: Story): string => story.created_by?.name || "Somebody";

/** Older stories have no rich text. */
const bodyOf = (story: Story): string => (story.html_text === "" ? story.text : toMarkdown(story.html_text));

const quote = (text: string): string =>
  text
    .split("\n")
    .map((line) => (line === "" ? ">" : `> ${line}`))
    .join("\n");

/** Comments in the order they were written; each is quoted, so that none can pass for the file's own headings. */
export function printComments(comments: readonly Story[]): string {
  return comments
    .map((story) => {
      const heading = `## ${authorOf(story)}, ${story.created_at}${story.is_edited === true ? " (edited)" : ""}`;
      return `${heading.replaceAll(/\s+/g, " ")}\n\n${quote(bodyOf(story))}\n`;
    })
    .join("\n");
}

export const printCommentsJson = (comments: readonly Story[]): string =>
  json(
    comments.map((story) => ({
      id: story.gid,
      author: { id: story.created_by?.gid ?? null, name: authorOf(story) },
      body: bodyOf(story),
      created_at: story.created_at,
      edited: story.is_edited === true,
    })),
  );

/** The task, its subtasks and its comments in one text, to be read. */
export async function printThread(
  task: Task,
  subtasks: readonly TaskRow[],
  comments: readonly Story[],
  printer: ReferencePrinter,
): Promise<string> {
  const references = await referencesTo(printer, "task", subtasks);
  const below =
    references.length === 0 ? "None.\n" : `${references.map((reference) => `- ${reference.replaceAll(/\s+/g, " ")}`).join("\n")}\n`;
  return `${await printTask(task, printer)}\n# Subtasks\n\n${below}\n# Comments\n\n${comments.length === 0 ? "None yet.\n" : printComments(comments)}`;
}

/** An attachment's record; where its file is not Asana's own, this is all there is to read. */
export const printAttachment = (attachment: AttachmentRow): string =>
  json({
    id: attachment.gid,
    name: attachment.name,
    host: attachment.host ?? null,
    size_bytes: attachment.size ?? null,
    created_at: attachment.created_at,
    url: attachment.permanent_url ?? attachment.view_url ?? null,
  });
