import type { CallView } from "@/server/transport/call-views";

/** One call to a tool, as the call log answers it. */
export type CallRow = CallView;

/** How a tool's rows look: its name, icon and gradient, by integration id. */
export type ToolLooks = Readonly<Record<string, { readonly name: string; readonly icon: string; readonly gradient: string }>>;
