import type { SandboxTool } from "../tool";
import { startAsana } from "./server";

export const asana: SandboxTool = {
  id: "asana",
  name: "Asana",
  road: { authorizePath: "/-/oauth_authorize", tokenPath: "/-/oauth_token", scopeParameter: "scope", scopeSeparator: " " },
  start: startAsana,
};
