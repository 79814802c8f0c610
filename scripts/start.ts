import { assertPortFree, portFrom, runCommand } from "./processes";
import { loadEnvironmentFile, serve } from "./production-server";

/** `npm start`: the production hub. It needs the variables of `.env.example`; `server/env.ts` refuses to start without them. */
runCommand(async () => {
  loadEnvironmentFile();
  const port = portFrom("PORT", 3000);
  const host = process.env.HOST ?? "0.0.0.0";
  await assertPortFree(port, host, "PORT");
  await serve({ PORT: String(port), HOSTNAME: host, HUB_ROLE: "web" });
});
