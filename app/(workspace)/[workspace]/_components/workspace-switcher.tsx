"use client";

import { Check, ChevronsUpDown, Plus } from "lucide-react";
import Link from "next/link";
import { Avatar } from "@/components/ui/avatar";
import { cn } from "@/components/ui/cn";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/components/ui/dropdown-menu";

export interface ShellWorkspace {
  readonly slug: string;
  readonly name: string;
  readonly role: string;
}

export interface WorkspaceSwitcherProps {
  readonly current: ShellWorkspace;
  readonly workspaces: readonly ShellWorkspace[];
  /** `wide`: the name shows from the large breakpoint on, the mark alone below it. */
  readonly labels: "always" | "wide";
}

export function WorkspaceSwitcher({ current, workspaces, labels }: WorkspaceSwitcherProps) {
  return (
    <DropdownMenu>
      <DropdownMenuTrigger
        className={cn(
          "flex h-10 max-w-full items-center gap-2.5 rounded-md px-1.5 text-start hover:bg-sidebar-accent data-[state=open]:bg-sidebar-accent",
          labels === "wide" && "w-10 justify-center lg:w-full lg:justify-start",
        )}
      >
        <span className="sr-only">Switch workspace, now </span>
        <Avatar name={current.name} shape="workspace" />
        <span
          className={cn(
            "min-w-0 flex-1 truncate font-semibold text-foreground text-sm",
            labels === "wide" && "sr-only lg:not-sr-only lg:truncate",
          )}
        >
          {current.name}
        </span>
        <ChevronsUpDown
          aria-hidden="true"
          className={cn("size-3.5 shrink-0 text-muted-foreground", labels === "wide" && "hidden lg:block")}
        />
      </DropdownMenuTrigger>
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
