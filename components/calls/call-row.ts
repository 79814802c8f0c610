import type { CallView } from "@/server/transport/calls";

/** One attempt of one call to a tool, as the call log answers it; which connection it was is the page's to know. */
export type CallRow = Omit<CallView, "connection">;

/** How a tool's rows look: its name, icon and gradient, by integration id. */
export type ToolLooks = Readonly<Record<string, { readonly name: string; readonly icon: string; readonly gradient: string }>>;
