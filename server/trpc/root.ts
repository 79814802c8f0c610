import "server-only";
import { router } from "./init";
import { accountRouter } from "./routers/account";

/** The API: one router a domain. */
export const appRouter = router({ account: accountRouter });
export type AppRouter = typeof appRouter;
