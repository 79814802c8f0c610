"use client";

import { ChevronsUpDown } from "lucide-react";
import { Avatar } from "@/components/ui/avatar";
import { cn } from "@/components/ui/cn";
import { MenuButton } from "@/components/ui/menu-button";

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
    <MenuButton
      className={cn(
        "flex h-10 max-w-full items-center gap-2.5 rounded-md px-1.5 text-start hover:bg-sidebar-accent data-[state=open]:bg-sidebar-accent",
        labels === "wide" && "w-10 justify-center lg:w-full lg:justify-start",
      )}
      load={async () => (await import("./workspace-menu")).WorkspaceMenu}
      menuProps={{ current, workspaces }}
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
    </MenuButton>
  );
}
