import { assertPortFree, portFrom, runCommand } from "./processes";
import { loadEnvironmentFile, serve } from "./production-server";

/** `npm run worker`: one more process of the same build that runs the jobs, on Postgres only. It answers its health endpoints on PORT. */
runCommand(async () => {
  loadEnvironmentFile();
  const port = portFrom("PORT", 3001);
  const host = process.env.HOST ?? "0.0.0.0";
  await assertPortFree(port, host, "PORT");
  await serve({ PORT: String(port), HOSTNAME: host, HUB_ROLE: "worker" });
});
