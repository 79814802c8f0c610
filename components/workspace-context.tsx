"use client";

import { createContext, type ReactNode, useContext, useMemo } from "react";
import type { Permission } from "@/server/workspaces/roles";

export interface WorkspaceFacts {
  readonly slug: string;
  readonly name: string;
  readonly role: string;
  readonly permissions: readonly Permission[];
  /** Whether this hub is the demo, whose tools are a sandbox. */
  readonly demo: boolean;
  /** What each tool of the catalogue looks like, by its id; the manifests themselves stay on the server. */
  readonly tools: Readonly<Record<string, { readonly icon: string; readonly gradient: string }>>;
}

export interface CurrentWorkspace extends WorkspaceFacts {
  /** Whether this person's role has the permission; the server enforces the same matrix. */
  readonly can: (permission: Permission) => boolean;
}

const WorkspaceContext = createContext<CurrentWorkspace | null>(null);

export function WorkspaceProvider({ workspace, children }: { readonly workspace: WorkspaceFacts; readonly children: ReactNode }) {
  const value = useMemo(() => ({ ...workspace, can: (permission: Permission) => workspace.permissions.includes(permission) }), [workspace]);
  return <WorkspaceContext value={value}>{children}</WorkspaceContext>;
}

/** The workspace whose pages these are; null on pages of none. */
export const useWorkspaceIfAny = (): CurrentWorkspace | null => useContext(WorkspaceContext);

/** The workspace whose pages these are. Throws outside a workspace's layout. */
export function useWorkspace(): CurrentWorkspace {
  const workspace = useContext(WorkspaceContext);
  if (workspace === null) throw new Error("useWorkspace is called outside a workspace's layout.");
  return workspace;
}
