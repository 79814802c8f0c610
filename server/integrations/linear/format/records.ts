import type { ReferencePrinter } from "@/server/vfs/tool-mount";
import { printReference } from "../../references";
import type { Attachment, Cycle, Label, Organization, Project, Team, User } from "../schema";
import { json, printFields, priorityOf, referenceOrNull } from "./words";

/** Records that are only read, as files: normalised, in snake_case, with ids, without what changes by itself. */

/** A cycle as Markdown, to be read only. */
export function printCycle(cycle: Cycle): string {
  return printFields(
    {
      name: cycle.name ?? null,
      number: cycle.number,
      team: cycle.team.key,
      starts_at: cycle.startsAt ?? null,
      ends_at: cycle.endsAt ?? null,
      completed_at: cycle.completedAt ?? null,
      created_at: cycle.createdAt,
      id: cycle.id,
    },
    cycle.description ?? "",
  );
}

/** A project as Markdown, to be read only. */
export async function printProject(project: Project, printer: ReferencePrinter): Promise<string> {
  return printFields(
    {
      name: project.name,
      status: project.status?.name ?? null,
      lead: await referenceOrNull(printer, "user", project.lead, project.lead?.name ?? ""),
      start_date: project.startDate ?? null,
      target_date: project.targetDate ?? null,
      priority: project.priority === null || project.priority === undefined ? null : priorityOf(project.priority),
      health: project.health ?? null,
      teams: project.teams.nodes.map((team) => team.key).sort(),
      members: await Promise.all(project.members.nodes.map((member) => printReference(printer, "user", member.id, member.name))),
      summary: project.description ?? null,
      created_at: project.createdAt,
      archived_at: project.archivedAt ?? null,
      id: project.id,
    },
    project.content ?? "",
  );
}

/** `organization.json`. */
export const printOrganization = (organization: Organization): string =>
  json({ id: organization.id, name: organization.name, url_key: organization.urlKey });

/** `team.json`, with the states in workflow order and the labels that issues of the team can have. */
export const printTeam = (team: Team, labels: readonly Label[]): string =>
  json({
    id: team.id,
    key: team.key,
    name: team.name,
    description: team.description ?? null,
    visibility: team.visibility ?? null,
    time_zone: team.timezone ?? null,
    cycles_enabled: team.cyclesEnabled ?? null,
    states: [...team.states.nodes]
      .sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || a.name.localeCompare(b.name))
      .map((state) => ({ id: state.id, name: state.name, type: state.type })),
    labels: labels
      .filter((label) => label.isGroup !== true)
      .toSorted((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id))
      .map((label) => ({ id: label.id, name: label.name, group: label.parent?.name ?? null, of: label.team ? "team" : "workspace" })),
    created_at: team.createdAt,
  });

/** A link of an issue to something outside Linear. */
export const printAttachment = (attachment: Attachment): string =>
  json({
    id: attachment.id,
    title: attachment.title,
    subtitle: attachment.subtitle ?? null,
    url: attachment.url,
    source_type: attachment.sourceType ?? null,
    creator: attachment.creator ?? null,
    created_at: attachment.createdAt,
  });

/** A person as JSON. */
export const printUser = (user: User): string =>
  json({
    id: user.id,
    name: user.name,
    display_name: user.displayName ?? null,
    email: user.email ?? null,
    active: user.active,
    admin: user.admin ?? null,
    guest: user.guest ?? null,
    app: user.app ?? null,
    time_zone: user.timezone ?? null,
    created_at: user.createdAt,
  });

export const printCycleJson = (cycle: Cycle): string =>
  json({
    id: cycle.id,
    number: cycle.number,
    name: cycle.name ?? null,
    description: cycle.description ?? null,
    starts_at: cycle.startsAt ?? null,
    ends_at: cycle.endsAt ?? null,
    completed_at: cycle.completedAt ?? null,
    team: cycle.team,
    created_at: cycle.createdAt,
  });

export const printProjectJson = (project: Project): string =>
  json({
    id: project.id,
    name: project.name,
    summary: project.description ?? null,
    content: project.content ?? null,
    status: project.status ?? null,
    lead: project.lead ?? null,
    start_date: project.startDate ?? null,
    target_date: project.targetDate ?? null,
    priority: project.priority ?? null,
    health: project.health ?? null,
    teams: project.teams.nodes,
    members: project.members.nodes,
    created_at: project.createdAt,
    archived_at: project.archivedAt ?? null,
    url: project.url ?? null,
  });
