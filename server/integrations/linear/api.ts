import type { z } from "zod";
import { HubError } from "@/server/errors";
import type { CallContext, Repeatability, Send, ToolRequest } from "@/server/transport/send";
import { complexityOf } from "./cost";
import { type DocumentName, documents } from "./documents";
import { complexityGroup, requestsGroup } from "./limits";
import {
  type Attachment,
  answers,
  type Comment,
  type Cycle,
  type CycleRow,
  graphqlAnswer,
  type Issue,
  type IssueRow,
  type Label,
  type Organization,
  type Project,
  type ProjectRow,
  type Team,
  type TeamRow,
  type User,
  type Viewer,
} from "./schema";

/** The most nodes Linear gives a page; more is a validation error. */
export const maxPageSize = 250;

export interface Page<T> {
  readonly nodes: readonly T[];
  readonly nextCursor: string | null;
}

export interface PageRequest {
  readonly cursor: string | null;
  readonly limit: number;
}

/** Fields of a new issue; ids are Linear's, `id` is ours: a UUIDv4 that makes the call safe to repeat. */
export interface IssueCreateInput extends IssueFields {
  readonly id: string;
  readonly teamId: string;
  readonly title: string;
}

/** Null clears. */
export interface IssueFields {
  readonly title?: string;
  readonly description?: string;
  readonly stateId?: string;
  readonly assigneeId?: string | null;
  readonly priority?: number;
  readonly labelIds?: readonly string[];
  readonly addedLabelIds?: readonly string[];
  readonly removedLabelIds?: readonly string[];
  readonly projectId?: string | null;
  readonly cycleId?: string | null;
  readonly parentId?: string | null;
  readonly dueDate?: string | null;
}

export interface CommentCreateInput {
  readonly id: string;
  readonly issueId: string;
  readonly body: string;
}

/** One GraphQL request over HTTP; `token` only where the token layer does not add it (identity, before the connection exists). */
export function graphqlRequest(
  url: string,
  name: DocumentName,
  variables: Readonly<Record<string, unknown>>,
  repeatability: Repeatability,
  token?: string,
): ToolRequest {
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ operationName: name, query: documents[name], variables }),
    repeatability,
    operation: name,
    authorization: token === undefined ? "connection" : "none",
    pays: [{ group: requestsGroup }, { group: complexityGroup, cost: complexityOf(name, variables) }],
  };
}

/** The `data` of an answer that `classify` let pass, checked against its schema; EIO when Linear's shape is not as documented. */
export function readAnswer<N extends DocumentName>(name: N, body: unknown): z.infer<(typeof answers)[N]> {
  const envelope = graphqlAnswer.safeParse(body);
  const parsed = answers[name].safeParse(envelope.success ? envelope.data.data : null);
  if (!parsed.success) {
    throw new HubError("EIO", `Linear's answer to ${name} is not what its documentation says.`, {
      details: documents[name].startsWith("mutation") ? { outcome: "unknown" } : {},
      cause: parsed.error,
    });
  }
  return parsed.data as z.infer<(typeof answers)[N]>;
}

export interface LinearApi {
  getIdentity(context: CallContext): Promise<{ viewer: Viewer; organization: Organization }>;
  getOrganization(context: CallContext): Promise<Organization>;
  listTeams(page: PageRequest, context: CallContext): Promise<Page<TeamRow>>;
  /** ENOENT where there is none; so do all `get` below. */
  getTeam(id: string, context: CallContext): Promise<Team>;
  listIssues(teamId: string, page: PageRequest, context: CallContext): Promise<Page<IssueRow>>;
  /** Archived issues of the team, those in the trash included. */
  listArchivedIssues(teamId: string, page: PageRequest, context: CallContext): Promise<Page<IssueRow>>;
  /** By id or identifier (`ENG-12`), archived or not. */
  getIssue(id: string, context: CallContext): Promise<Issue>;
  /** Links of the issue to things outside Linear. */
  listAttachments(issueId: string, page: PageRequest, context: CallContext): Promise<Page<Attachment>>;
  getAttachment(id: string, context: CallContext): Promise<Attachment & { readonly issue: { readonly id: string } }>;
  listComments(issueId: string, page: PageRequest, context: CallContext): Promise<Page<Comment>>;
  getComment(id: string, context: CallContext): Promise<Comment>;
  listCycles(teamId: string, page: PageRequest, context: CallContext): Promise<Page<CycleRow>>;
  getCycle(id: string, context: CallContext): Promise<Cycle>;
  /** Archived ones included. */
  listProjects(page: PageRequest, context: CallContext): Promise<Page<ProjectRow>>;
  getProject(id: string, context: CallContext): Promise<Project>;
  listUsers(page: PageRequest, context: CallContext): Promise<Page<User>>;
  getUser(id: string, context: CallContext): Promise<User>;
  /** Labels of the team and of the whole workspace. */
  listLabels(teamId: string, page: PageRequest, context: CallContext): Promise<Page<Label>>;
  /** Creates under our own id; repeating it finds the issue that the first call made. */
  createIssue(input: IssueCreateInput, context: CallContext): Promise<Issue>;
  /** Sets absolute values, so repeating it changes nothing more. */
  updateIssue(id: string, input: IssueFields, context: CallContext): Promise<Issue>;
  archiveIssue(id: string, context: CallContext): Promise<void>;
  unarchiveIssue(id: string, context: CallContext): Promise<void>;
  createComment(input: CommentCreateInput, context: CallContext): Promise<Comment>;
}

interface Connection<T> {
  readonly nodes: readonly T[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
}

const toPage = <T>(connection: Connection<T>): Page<T> => ({
  nodes: connection.nodes,
  nextCursor: connection.pageInfo.hasNextPage ? (connection.pageInfo.endCursor ?? null) : null,
});

const pageArguments = (page: PageRequest) => ({ first: Math.min(maxPageSize, Math.max(1, page.limit)), after: page.cursor });

/** Linear's calls over an authorised `Send`; `url` is the GraphQL endpoint. */
export function createLinearApi(options: { readonly send: Send; readonly url: string }): LinearApi {
  async function call<N extends DocumentName>(
    name: N,
    variables: Readonly<Record<string, unknown>>,
    context: CallContext,
    repeatability: Repeatability = "safe",
  ): Promise<z.infer<(typeof answers)[N]>> {
    const response = await options.send(graphqlRequest(options.url, name, variables, repeatability), context);
    return readAnswer(name, response.json());
  }

  /**
   * A create whose first answer was lost is refused with "conflict on insert" when repeated (live probe, 2026-08-09): the record is there,
   * so it is read back.
   */
  async function createOrFind<T>(create: () => Promise<T | null | undefined>, find: () => Promise<T>): Promise<T> {
    try {
      return (await create()) ?? (await find());
    } catch (error) {
      if (error instanceof HubError && error.code === "EEXIST") return await find();
      throw error;
    }
  }

  const api: LinearApi = {
    getIdentity: (context) => call("identity", {}, context),
    getOrganization: async (context) => (await call("organization", {}, context)).organization,
    listTeams: async (page, context) => toPage((await call("teams", pageArguments(page), context)).teams),
    getTeam: async (id, context) => (await call("team", { id }, context)).team,
    listIssues: async (team, page, context) => toPage((await call("issues", { team, ...pageArguments(page) }, context)).team.issues),
    listArchivedIssues: async (team, page, context) =>
      toPage((await call("archivedIssues", { team, ...pageArguments(page) }, context)).team.issues),
    listAttachments: async (issue, page, context) =>
      toPage((await call("attachments", { issue, ...pageArguments(page) }, context)).issue.attachments),
    getAttachment: async (id, context) => (await call("attachment", { id }, context)).attachment,
    getIssue: async (id, context) => (await call("issue", { id }, context)).issue,
    listComments: async (issue, page, context) =>
      toPage((await call("comments", { issue, ...pageArguments(page) }, context)).issue.comments),
    getComment: async (id, context) => (await call("comment", { id }, context)).comment,
    listCycles: async (team, page, context) => toPage((await call("cycles", { team, ...pageArguments(page) }, context)).team.cycles),
    getCycle: async (id, context) => (await call("cycle", { id }, context)).cycle,
    listProjects: async (page, context) => toPage((await call("projects", pageArguments(page), context)).projects),
    getProject: async (id, context) => (await call("project", { id }, context)).project,
    listUsers: async (page, context) => toPage((await call("users", pageArguments(page), context)).users),
    getUser: async (id, context) => (await call("user", { id }, context)).user,
    listLabels: async (teamId, page, context) => {
      const filter = { or: [{ team: { id: { eq: teamId } } }, { team: { null: true } }] };
      return toPage((await call("labels", { ...pageArguments(page), filter }, context)).issueLabels);
    },
    createIssue: (input, context) =>
      createOrFind(
        async () => (await call("issueCreate", { input }, context, "idempotent")).issueCreate.issue,
        () => api.getIssue(input.id, context),
      ),
    updateIssue: async (id, input, context) => {
      const { issueUpdate } = await call("issueUpdate", { id, input }, context, "idempotent");
      return issueUpdate.issue ?? (await api.getIssue(id, context));
    },
    archiveIssue: async (id, context) => {
      await call("issueArchive", { id }, context, "idempotent");
    },
    unarchiveIssue: async (id, context) => {
      await call("issueUnarchive", { id }, context, "idempotent");
    },
    createComment: (input, context) =>
      createOrFind(
        async () => (await call("commentCreate", { input }, context, "idempotent")).commentCreate.comment,
        () => api.getComment(input.id, context),
      ),
  };
  return api;
}

/** Walks every page; EFBIG past `maxNodes`, so that a resolution never becomes an endless walk. */
export async function listAll<T>(fetchPage: (page: PageRequest) => Promise<Page<T>>, maxNodes: number): Promise<readonly T[]> {
  const nodes: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await fetchPage({ cursor, limit: maxPageSize });
    nodes.push(...page.nodes);
    if (nodes.length > maxNodes) {
      throw new HubError("EFBIG", `Linear has more than ${maxNodes} of these; the hub reads no more at once.`, {
        details: { limit: maxNodes },
      });
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return nodes;
}
