import type { SandboxTool } from "../tool";
import { startSlack } from "./server";

export const slack: SandboxTool = {
  id: "slack",
  name: "Slack",
  road: { authorizePath: "/oauth/v2/authorize", tokenPath: "/api/oauth.v2.access", scopeParameter: "scope", scopeSeparator: "," },
  start: startSlack,
};
