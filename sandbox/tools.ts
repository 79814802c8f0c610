import { asana } from "./asana/tool";
import { googleWorkspace } from "./google-workspace/tool";
import { linear } from "./linear/tool";
import { microsoft365 } from "./microsoft-365/tool";
import { slack } from "./slack/tool";
import type { SandboxTool } from "./tool";

/** The simulated tools, one line each, in the catalogue's order. */
export const sandboxTools: readonly SandboxTool[] = [asana, googleWorkspace, slack, linear, microsoft365];
