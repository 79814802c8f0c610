"use client";

import { Check, Plus } from "lucide-react";
import Link from "next/link";
import { Avatar } from "@/components/ui/avatar";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/components/ui/dropdown-menu";
import type { LoadedMenuProps } from "@/components/ui/menu-button";
import type { WorkspaceSwitcherProps } from "./workspace-switcher";

export interface WorkspaceMenuProps extends LoadedMenuProps, Pick<WorkspaceSwitcherProps, "current" | "workspaces"> {}

/** The workspaces of the person, and the way to a new one. */
export function WorkspaceMenu({ trigger, current, workspaces }: WorkspaceMenuProps) {
  return (
    <DropdownMenu defaultOpen>
      <DropdownMenuTrigger asChild>{trigger}</DropdownMenuTrigger>
      <DropdownMenuContent align="start" className="w-64">
        <DropdownMenuLabel>Workspaces</DropdownMenuLabel>
        {workspaces.map((workspace) => (
          <DropdownMenuItem key={workspace.slug} asChild>
            <Link href={`/${workspace.slug}/files`} aria-current={workspace.slug === current.slug ? "true" : undefined}>
              <Avatar name={workspace.name} shape="workspace" className="size-6" />
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{workspace.name}</span>
                <span className="block truncate text-muted-foreground text-xs">
                  /{workspace.slug} · {workspace.role}
                </span>
              </span>
              {workspace.slug === current.slug ? <Check aria-hidden="true" /> : null}
            </Link>
          </DropdownMenuItem>
        ))}
        <DropdownMenuSeparator />
        <DropdownMenuItem asChild>
          <Link href="/welcome">
            <Plus /> New workspace
          </Link>
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
