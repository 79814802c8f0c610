import type { Grant } from "../oauth/grants";
import { missingScope, unauthenticated } from "./failures";
import type { LimitState } from "./limits";
import type { AttachmentRow, CommentRow, IssueRow, UserRow, Workspace } from "./rows";
import type { Store } from "./store";

/** A write, as webhooks tell of it; `before` is the row as it was. */
export type ChangeEvent = { readonly action: "create" | "update" | "remove" } & (
  | { readonly type: "Issue"; readonly row: IssueRow; readonly before?: IssueRow }
  | { readonly type: "Comment"; readonly row: CommentRow; readonly before?: CommentRow }
  | { readonly type: "Attachment"; readonly row: AttachmentRow; readonly before?: AttachmentRow }
);

/** What a resolver works in: one request of one grant, or of nobody. */
export interface RequestContext {
  readonly store: Store;
  readonly webOrigin: string;
  readonly grant: Grant | null;
  /** Whether a comment moves its issue's `updatedAt`; the vendor does not say. */
  readonly commentTouchesIssue: boolean;
  /** What a write did, for webhooks. */
  readonly tell: (event: ChangeEvent) => void;
  /** The caller's limits, this request paid. */
  readonly limits: { readonly requests: LimitState; readonly complexity: LimitState };
}

/** The workspace and person of the grant; 401 without one, 403 without `read`. */
export function authorized(context: RequestContext): { readonly workspace: Workspace; readonly viewer: UserRow; readonly grant: Grant } {
  const { grant } = context;
  const workspace = grant === null ? undefined : context.store.workspaces.get(grant.workspaceId);
  const viewer = grant === null ? undefined : workspace?.users.get(grant.userId);
  if (grant === null || workspace === undefined || viewer === undefined || !viewer.active) throw unauthenticated();
  if (!grant.scopes.includes("read")) throw missingScope("read");
  return { workspace, viewer, grant };
}

/** Refuses a write unless the grant has one of the scopes; the message names the first. */
export function requireScope(grant: Grant, ...anyOf: readonly string[]): void {
  if (!anyOf.some((scope) => grant.scopes.includes(scope))) throw missingScope(anyOf[0] ?? "write");
}
