import type { SandboxTool } from "../tool";
import { startLinear } from "./server";

export const linear: SandboxTool = {
  id: "linear",
  name: "Linear",
  road: { authorizePath: "/oauth/authorize", tokenPath: "/oauth/token", scopeParameter: "scope", scopeSeparator: "," },
  // 2: attachments and webhooks.
  stateVersion: 2,
  start: startLinear,
};
