import type { SandboxTool } from "../tool";
import { startMicrosoft365 } from "./server";

export const microsoft365: SandboxTool = {
  id: "microsoft-365",
  name: "Microsoft 365",
  road: {
    authorizePath: "/common/oauth2/v2.0/authorize",
    tokenPath: "/common/oauth2/v2.0/token",
    scopeParameter: "scope",
    scopeSeparator: " ",
  },
  start: startMicrosoft365,
};
