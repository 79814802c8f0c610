import type { SandboxTool } from "../tool";
import { startGoogle } from "./server";

export const googleWorkspace: SandboxTool = {
  id: "google-workspace",
  name: "Google Workspace",
  road: {
    authorizePath: "/o/oauth2/v2/auth",
    tokenPath: "/token",
    scopeParameter: "scope",
    scopeSeparator: " ",
    parameters: { access_type: "offline", prompt: "consent", include_granted_scopes: "true" },
  },
  start: startGoogle,
};
