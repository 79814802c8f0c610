import type { Person } from "./people";

/** What the companies work on, told without the words of any one tool; ages are in days before the sandbox starts. */

export interface TeamSeed {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly members: readonly string[];
  readonly sprints: boolean;
  readonly triage: boolean;
}

export interface ProjectSeed {
  readonly slug: string;
  readonly name: string;
  readonly summary: string;
  readonly text: string;
  readonly teams: readonly string[];
  readonly lead: string;
  readonly status: "backlog" | "planned" | "started" | "completed" | "canceled";
  readonly health: "onTrack" | "atRisk" | "offTrack" | null;
  readonly ageDays: number;
  /** Days from the start of the sandbox. */
  readonly dueInDays: number | null;
}

export type Stage = "triage" | "backlog" | "todo" | "doing" | "review" | "done" | "canceled";

export interface WorkItem {
  readonly team: string;
  readonly title: string;
  readonly stage: Stage;
  readonly ageDays: number;
  readonly by: string;
  readonly to?: string;
  /** 1 urgent, 2 high, 3 medium, 4 low. */
  readonly priority?: 1 | 2 | 3 | 4;
  readonly labels?: readonly string[];
  readonly project?: string;
  /** Sprint relative to the running one: 0 is now. */
  readonly sprint?: -2 | -1 | 0 | 1;
  readonly dueInDays?: number;
  readonly estimate?: number;
  readonly text?: string;
  /** The title of the item that this one belongs to. */
  readonly partOf?: string;
  readonly archived?: true;
  readonly trashed?: true;
  /** [who, text, days before now]; an indented `>` in front of who answers the comment before. */
  readonly comments?: readonly (readonly [string, string, number])[];
}

export interface Company {
  readonly urlKey: string;
  readonly name: string;
  readonly people: readonly Person[];
  readonly teams: readonly TeamSeed[];
  readonly labels: readonly {
    readonly name: string;
    readonly color: string;
    readonly team?: string;
    readonly group?: string;
    readonly isGroup?: true;
  }[];
  readonly projects: readonly ProjectSeed[];
  readonly items: readonly WorkItem[];
}
