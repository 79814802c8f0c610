import "server-only";
import { router } from "./init";
import { accountRouter } from "./routers/account";
import { apiKeysRouter } from "./routers/api-keys";
import { callsRouter } from "./routers/calls";
import { catalogueRouter } from "./routers/catalogue";
import { connectionsRouter } from "./routers/connections";
import { invitationsRouter } from "./routers/invitations";
import { membersRouter } from "./routers/members";
import { vfsRouter } from "./routers/vfs";
import { workspacesRouter } from "./routers/workspaces";

/** The API: one router a domain. */
export const appRouter = router({
  account: accountRouter,
  workspaces: workspacesRouter,
  members: membersRouter,
  invitations: invitationsRouter,
  catalogue: catalogueRouter,
  connections: connectionsRouter,
  calls: callsRouter,
  apiKeys: apiKeysRouter,
  vfs: vfsRouter,
});
export type AppRouter = typeof appRouter;
